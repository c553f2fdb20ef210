"""The browserless way through the same gate: password-realm, mfa_required, /mfa/challenge, mfa-otp."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from yett.domain.account import canonical
from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.enrolment import Enrolment
from yett.domain.fact import Fact
from yett.domain.outcome import Allow, Deny, Enrol, StepUp, Verify
from yett.domain.session import Conclusion
from yett.domain.tenant import Catalogue
from yett.domain.tries import Bucket
from yett.domain.verdict import Accepted, Settled
from yett.factors.base import Factor
from yett.flows.alarm import Alarm
from yett.flows.conclude import Conclude
from yett.flows.gate import regime_of
from yett.flows.here import Here, Whereabouts
from yett.flows.issue import Issue
from yett.flows.mint import Mint, digest
from yett.flows.rehash import Rehash
from yett.flows.steps import Browser, asked_by
from yett.oauth import errors, token
from yett.oauth.authorize import AuthorizationRequest
from yett.ports import Arrival, Busy, Hasher, Judged, Limiter, Redemption, Store

MFA_TOKEN_LIVES = 600


@dataclass(frozen=True, slots=True)
class MfaApi:
    """An attempt that is held by an mfa_token instead of a cookie."""

    store: Store
    whereabouts: Whereabouts
    conclude: Conclude
    issue: Issue
    hasher: Hasher
    limiter: Limiter
    mint: Mint
    alarm: Alarm
    address_bucket: Bucket | None
    rehash: Rehash

    async def password(self, asked: token.PasswordRequest, client: Client, catalogue: Catalogue, browser: Browser) -> dict[str, object]:
        """Resource owner password: tokens, or mfa_required with an mfa_token. Raises OAuthError."""
        now = self.mint.clock()
        request = token.as_authorization(asked, client, catalogue.apis)
        if self.address_bucket and not await self.limiter.take(f"password:{client.id}:{browser.ip}", self.address_bucket, now):
            raise errors.too_many_attempts()
        identifier = canonical(asked.username)
        account = await self.store.find(identifier)
        # Looked for whether there is one or not: a load less would tell.
        found = await self.store.account(account.id if account else identifier)
        attempt = self._attempt(client, request, identifier, catalogue, now)
        arrival = Arrival(catalogue.version, attempt, *(found or (None, ())))
        here = self.whereabouts.stand(attempt, arrival, catalogue)
        one = next((one for one in arrival.enrolments if one.kind == self.whereabouts.password.kind and one.id in here.case.usable), None)
        try:
            matched = await self.hasher.verify(one.state.secret if one else None, asked.password)
        except Busy:
            raise errors.too_many_attempts() from None
        factor = self.whereabouts.password
        verdict = factor.verify(one or self.whereabouts.nobodys[0], None, b"match" if matched else b"", self.whereabouts.ask(here, factor))
        if one is None:
            return await self._nobody(here, browser, now)
        # Not before the password is right: a wrong one costs one commit, as it does where there is no account.
        if matched:
            await self.store.begin(attempt, ())
        return await self._settle(here, (Judged(one, verdict),), factor, browser, errors.wrong_password, password=asked.password)

    async def otp(self, asked: token.MfaOtpRequest, authenticate: Callable[[Catalogue], Client], browser: Browser) -> dict[str, object]:
        """The mfa-otp grant: compares all enrolments of its kind, for one try of each and one of the account."""
        here = await self.find(asked.mfa_token, authenticate)
        factor = self._of_grant(token.MFA_OTP)
        ask = self.whereabouts.ask(here, factor)
        mine = [one for one in here.case.enrolments if one.kind == factor.kind and one.id in here.case.usable]
        if not mine:
            raise errors.not_enrolled()
        judged = _one_winner([Judged(one, factor.verify(one, None, asked.otp.encode(), ask)) for one in mine])
        return await self._settle(here, judged, factor, browser, errors.wrong_otp)

    async def challenge(self, fields: Mapping[str, str], authenticate: Callable[[Catalogue], Client]) -> dict[str, object]:
        """/mfa/challenge: the kind of challenge that this account can meet, the strongest first."""
        here = await self.find(fields.get("mfa_token", ""), authenticate)
        wanted = fields.get("challenge_type", "").split() or ["otp", "oob"]
        types = [self.whereabouts.gate.factors[one.kind].words.challenge_type for one in self._acceptable(here)]
        found = next((kind for kind in types if kind in wanted and kind == "otp"), None)
        if found is None:
            raise errors.unsupported_challenge_type(fields.get("challenge_type", ""), [kind for kind in types if kind])
        await self.store.record((self.mint.fact("gd_start_auth", here.attempt.account, here.attempt.client),))
        return {"challenge_type": found}

    async def find(self, mfa_token: str, authenticate: Callable[[Catalogue], Client]) -> Here:
        """The attempt that this token holds, for the client that it was given to. Raises OAuthError."""
        attempt, _, rest = mfa_token.partition(".")
        until = rest.partition(".")[0]
        now = self.mint.clock()
        here = await self.whereabouts.find(attempt, Browser(holder=mfa_token), "client")
        client = authenticate(here.catalogue if here else await self.whereabouts.current.latest())
        if here is None:
            raise errors.expired_mfa_token() if until.isdecimal() and until <= f"{now:010}" else errors.malformed_mfa_token()
        if here.attempt.client != client.id:
            raise errors.mfa_token_of_another_client()
        return here

    async def require_for(self, judged: Attempt, found: Redemption, client: Client, catalogue: Catalogue, browser: Browser) -> NoReturn:
        """A refresh that needs more than was `judged`: what is proven afterwards makes a new grant. Raises mfa_required."""
        request = asked_by(found.grant)
        attempt = self._attempt(client, request, "", catalogue, self.mint.clock())
        attempt = attempt._replace(account=judged.account, base=judged.base, wants=judged.wants, waivers=judged.waivers, present_only=judged.present_only)
        await self.store.begin(attempt, ())
        arrival = Arrival(catalogue.version, attempt, found.account, found.enrolments)
        await self._require(self.whereabouts.stand(attempt, arrival, catalogue), browser)

    def _attempt(self, client: Client, request: AuthorizationRequest, identifier: str, catalogue: Catalogue, now: int) -> Attempt:
        """Not held by anyone yet: `_require` hands out its token."""
        return Attempt(
            id=self.mint.name(),
            via="client",
            holder=self.mint.random(32),
            client=client.id,
            arrived_at=now,
            expires_at=now + min(MFA_TOKEN_LIVES, regime_of(catalogue).attempt_lives),
            identifier=identifier,
            request=msgspec.json.encode(request),
        )

    async def _settle(
        self, here: Here, judged: Sequence[Judged], factor: Factor, browser: Browser, wrong: Callable[[], errors.OAuthError], *, password: str = ""
    ) -> dict[str, object]:
        won = next((one for one in judged if isinstance(one.verdict, Accepted)), None)
        after, ahead, conclusion = here.attempt, here, None
        issued = None
        if won and isinstance(won.verdict, Accepted) and won.verdict.shown:
            shown = (won.enrolment.id, won.enrolment.generation, won.verdict.shown)
            after = here.attempt._replace(account=won.enrolment.account, shown=(*here.attempt.shown, shown))
            ahead = self.whereabouts.stand(after, here.arrival._replace(attempt=after), here.catalogue)
            if isinstance(ahead.outcome, Allow):
                issued = await self._conclude(ahead)
                conclusion = issued[0]
        first = factor.promise(judged[0].enrolment).first
        settled = await self.store.settle(
            here.attempt,
            judged,
            None,
            self.whereabouts.budget(here, first=first),
            self.mint.clock(),
            self._facts(here, factor, browser, won=won is not None, first=first),
            after,
            conclusion,
        )
        if settled == "no tries":
            await self.alarm(here.arrival.account, here.attempt.identifier, (here.request.ui_locales or ("en",))[0])
            raise errors.too_many_attempts()
        if settled == "used" or won is None:
            raise wrong()
        if password:
            await self.rehash(won.enrolment, password)
        if issued:
            return issued[1]()
        return await self._require(ahead._replace(attempt=after._replace(version=here.attempt.version + 1)), browser)

    async def _conclude(self, ahead: Here) -> tuple[Conclusion, Callable[[], dict[str, object]]]:
        """The grant and its tokens, to be written with the verdict; and the response, to be signed after it."""
        if not isinstance(ahead.outcome, Allow) or ahead.arrival.account is None:
            raise TypeError("an attempt that the gate did not allow has no conclusion")
        now, account, client, catalogue = self.mint.clock(), ahead.arrival.account, ahead.client, ahead.catalogue
        grant = self.conclude.grant(ahead.attempt, ahead.outcome, account, ahead.request, ahead.case.regime, now)
        api = ahead.case.api
        issued = await self.issue.prepare(grant, grant.scope, client, api, now, refresh="offline_access" in grant.scope)
        return Conclusion(grant=grant, tokens=issued.kept), lambda: self.issue.response(issued, grant, account, client, api, catalogue, now)

    async def _require(self, here: Here, browser: Browser) -> NoReturn:
        """mfa_required, with a token that holds the attempt from here on."""
        factors = self.whereabouts.gate.factors
        by_id = {one.id: one.kind for one in here.case.enrolments}
        match here.outcome:
            case Deny(reason):
                raise errors.denied(reason)
            case StepUp(_, acceptable) if acceptable:
                needs = {"challenge": _types(factors[by_id[one]].words.requirement for one in acceptable)}
            case Verify():
                raise errors.denied("unverified")
            case Enrol(_, kinds):
                needs = {"enroll": _types(factors[kind].words.requirement for kind in kinds)}
            case _:
                raise errors.denied("access_denied")
        mfa_token = f"{here.attempt.id}.{here.attempt.expires_at}.{self.mint.token()}"
        await self.store.update(
            here.attempt, here.attempt._replace(holder=digest(mfa_token)), (self.mint.fact("mfar", here.attempt.account, here.attempt.client, ip=browser.ip),)
        )
        raise errors.mfa_required(mfa_token, needs)

    async def _nobody(self, here: Here, browser: Browser, now: int) -> NoReturn:
        """No such account: the same work, pace and words as where there is one."""
        said: Mapping[Settled, str] = {"done": "fu", "used": "fu", "no tries": self.whereabouts.password.words.log_limit}
        facts = {settled: (self.mint.fact(type, None, here.attempt.client, ip=browser.ip),) for settled, type in said.items()}
        if await self.store.miss(digest(here.attempt.identifier), self.whereabouts.budget(here, first=True).enrolment, now, facts):
            raise errors.wrong_password()
        await self.alarm(None, here.attempt.identifier, "en")
        raise errors.too_many_attempts()

    def _acceptable(self, here: Here) -> list[Enrolment]:
        wanted = here.outcome.acceptable if isinstance(here.outcome, StepUp) else ()
        by_id = {one.id: one for one in here.case.enrolments}
        return [by_id[one] for one in wanted]

    def _of_grant(self, grant: str) -> Factor:
        factors = self.whereabouts.gate.factors.values()
        return next(factor for factor in factors if factor.words.grant == grant)

    def _facts(self, here: Here, factor: Factor, browser: Browser, *, won: bool, first: bool) -> Mapping[Settled, Sequence[Fact]]:
        def fact(type: str, **data: object) -> Fact:
            account = here.arrival.account.id if here.arrival.account else None
            return self.mint.fact(type, account, here.attempt.client, factor=factor.kind, ip=browser.ip, **data)

        happened = fact(factor.words.log_done if won else factor.words.log_failed)
        return {
            "done": (fact("sepft"),) if first and won else (happened,),
            "used": (fact(factor.words.log_failed, reason="already_used"),),
            "no tries": (fact(factor.words.log_limit),),
        }


def _one_winner(judged: list[Judged]) -> list[Judged]:
    """The first that is right; the rest were wrong for it, whatever they said."""
    won = next((one for one in judged if isinstance(one.verdict, Accepted)), None)
    return [won] if won and len(judged) == 1 else [one for one in judged if one is won or not isinstance(one.verdict, Accepted)]


def _types(kinds: object) -> list[dict[str, str]]:
    return [{"type": kind} for kind in dict.fromkeys(kinds) if kind]  # type: ignore[call-overload]
