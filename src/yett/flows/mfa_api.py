"""The browserless way through the same gate: password-realm, mfa_required, and what a right answer leads to."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from yett.domain.account import CONNECTION, canonical
from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.enrolment import Challenge, Message
from yett.domain.fact import Fact
from yett.domain.outcome import Allow, Deny, Enrol, StepUp, Verify
from yett.domain.proof import Shown
from yett.domain.session import Conclusion
from yett.domain.tenant import Catalogue
from yett.domain.tries import Bucket
from yett.domain.verdict import Accepted, Rejected, Settled
from yett.factors.base import Factor, Words
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
from yett.oauth.consent import lacking, without_asking
from yett.ports import Arrival, Busy, Hasher, Judged, Limiter, Redemption, Store

MFA_TOKEN_LIVES = 600
Issuing = tuple[Conclusion, Callable[[], dict[str, object]]]
NOTHING: Mapping[str, object] = {}
# How an attempt is held that an mfa_token was made for.
VIA = "client"
OF_ALL = frozenset({token.MFA_OTP, token.MFA_OOB, token.MFA_RECOVERY})


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
        if asked.realm not in {"", CONNECTION}:
            raise errors.no_connection()
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
        return await self.settle(here, (Judged(one, verdict),), factor, browser, errors.wrong_password, password=asked.password)

    async def find(self, mfa_token: str, authenticate: Callable[[Catalogue], Awaitable[Client]]) -> Here:
        """The attempt that this token holds, for the client that it was given to. Raises OAuthError."""
        here = await self.whereabouts.find(mfa_token.partition(".")[0], Browser(holder=mfa_token), VIA)
        client = await authenticate(here.catalogue if here else await self.whereabouts.current.latest())
        if here is None:
            raise self.unheld(mfa_token)
        if here.attempt.client != client.id:
            raise errors.mfa_token_of_another_client()
        if lacking(without_asking(here.request, client, here.case.api), here.arrival.consents):
            raise errors.consent_required()
        return self.logged_in(here)

    def logged_in(self, here: Here) -> Here:
        """No second factor brings back a login that is lacking, or opens an account that was blocked (attacks: row 4). Raises OAuthError.

        A login is lacking where a refresh is too old, or the password was changed since: nothing is tried for it, and nothing of the account told.
        """
        if here.outcome == Deny("blocked"):
            raise errors.denied("blocked")
        if isinstance(here.outcome, StepUp) and "first" in here.outcome.reasons:
            raise errors.login_required(errors.LOGIN_REQUIRED)
        return here

    def unheld(self, mfa_token: str) -> errors.OAuthError:
        """Why a token holds nothing: as far as it says itself, its time is over."""
        until = mfa_token.partition(".")[2].partition(".")[0]
        return errors.expired_mfa_token() if until.isdecimal() and until <= f"{self.mint.clock():010}" else errors.malformed_mfa_token()

    async def require_for(self, judged: Attempt, found: Redemption, client: Client, catalogue: Catalogue, browser: Browser) -> NoReturn:
        """A refresh that needs more than was `judged`: what is proven afterwards makes a new grant. Raises mfa_required.

        Where a login is what it needs, it is told so: as /authorize would with prompt=none.
        """
        request = asked_by(found.grant)
        attempt = self._attempt(client, request, "", catalogue, self.mint.clock())
        attempt = attempt._replace(account=judged.account, base=judged.base, wants=judged.wants, waivers=judged.waivers, present_only=judged.present_only)
        arrival = Arrival(catalogue.version, attempt, found.account, found.enrolments)
        here = self.whereabouts.stand(attempt, arrival, catalogue)
        self._needs(here)
        await self.store.begin(attempt, ())
        await self.require(here, browser)

    def _attempt(self, client: Client, request: AuthorizationRequest, identifier: str, catalogue: Catalogue, now: int) -> Attempt:
        """Not held by anyone yet: `_require` hands out its token."""
        return Attempt(
            id=self.mint.name(),
            via=VIA,
            holder=self.mint.random(32),
            client=client.id,
            arrived_at=now,
            expires_at=now + min(MFA_TOKEN_LIVES, regime_of(catalogue).attempt_lives),
            identifier=identifier,
            request=msgspec.json.encode(token.pageless(request, catalogue.apis)),
        )

    async def settle(
        self,
        here: Here,
        judged: Sequence[Judged],
        factor: Factor,
        browser: Browser,
        wrong: Callable[[], errors.OAuthError],
        *,
        asked: Challenge | None = None,
        shown: Shown | None = None,
        password: str = "",
        event: str = "",
        more: Mapping[str, object] = NOTHING,
    ) -> dict[str, object]:
        """Tokens, or mfa_required, for the one that is right; both say `more`. Raises OAuthError.

        `asked` is the question that was answered; `shown` what a right answer proves, where that is not what its factor says;
        `event` is what the log calls the exchange.
        """
        won = next((one for one in judged if isinstance(one.verdict, Accepted)), None)
        after, ahead, issued = here.attempt, here, None
        if won and isinstance(won.verdict, Accepted) and won.verdict.shown:
            proved = (won.enrolment.id, won.enrolment.generation, shown or won.verdict.shown)
            after = here.attempt._replace(account=won.enrolment.account, shown=(*here.attempt.shown, proved))
            ahead = self.whereabouts.stand(after, here.arrival._replace(attempt=after, challenge=None), here.catalogue)
            issued = await self.conclude_if(ahead)
        first = factor.promise(judged[0].enrolment).first
        settled = await self.store.settle(
            here.attempt,
            judged,
            asked,
            self.whereabouts.budget(here, first=first),
            self.mint.clock(),
            self._facts(here, factor, browser, won=won is not None, first=first, event=event, issued=issued is not None),
            ended(after) if won else after,
            issued[0] if issued else None,
            self._notices(here, judged, factor),
        )
        if settled == "no tries":
            await self.spent(here)
        if alarmed(judged):
            self.alarm.post()
        if settled == "used" or won is None:
            raise wrong()
        if password:
            await self.rehash(won.enrolment, password)
        if factor.words.companion:
            self.alarm.post()
        return {**issued[1](), **more} if issued else await self.require(moved(ahead), browser, more)

    async def spent(self, here: Here) -> NoReturn:
        """No tries are left: the owner is told, and whoever asked is told nothing else."""
        await self.alarm(here.arrival.account, here.attempt.identifier, (here.request.ui_locales or ("en",))[0])
        raise errors.too_many_attempts()

    async def conclude_if(self, ahead: Here) -> Issuing | None:
        """Where the gate allows it: the grant and its tokens, to be written with the verdict; and the response, to be signed after it."""
        if not isinstance(ahead.outcome, Allow) or ahead.arrival.account is None:
            return None
        now, account, client, catalogue = self.mint.clock(), ahead.arrival.account, ahead.client, ahead.catalogue
        grant = self.conclude.grant(ahead.attempt, ahead.outcome, account, ahead.request, ahead.case.regime, now)
        api = ahead.case.api
        issued = await self.issue.prepare(grant, grant.scope, client, api, now, refresh="offline_access" in grant.scope)
        return Conclusion(grant=grant, tokens=issued.kept), lambda: self.issue.response(issued, grant, account, client, api, catalogue, now)

    async def require(self, here: Here, browser: Browser, more: Mapping[str, object] = NOTHING) -> NoReturn:
        """mfa_required, with a token that holds the attempt from here on; one that nothing can hold goes on as another."""
        needs, seen = self._needs(here), here.attempt
        held = seen if seen.via == VIA else seen._replace(id=self.mint.name(), via=VIA, version=0, done=False)
        mfa_token = f"{held.id}.{held.expires_at}.{self.mint.token()}"
        held, fact = held._replace(holder=digest(mfa_token)), self.mint.fact("mfar", seen.account, seen.client, ip=browser.ip)
        if seen.via == VIA:
            await self.store.update(seen, held, (fact,))
        else:
            await self.store.begin(held, (fact,))
        raise errors.mfa_required(mfa_token, needs, more)

    def _needs(self, here: Here) -> Mapping[str, object]:
        """`mfa_requirements`. Raises OAuthError where nothing that can be given here helps."""
        factors, outcome = self.whereabouts.gate.factors, here.outcome
        by_id = {one.id: one.kind for one in here.case.enrolments}
        match outcome:
            case Deny(reason):
                raise errors.denied(reason)
            case Verify():
                raise errors.denied("unverified")
            case Enrol(_, kinds):
                needs = {"enroll": _types(here.client, (factors[kind].words for kind in kinds))}
            case StepUp(_, acceptable):
                needs = {"challenge": _types(here.client, (factors[by_id[one]].words for one in acceptable))}
            case _:
                needs = {}
        # At a refresh these words make spa-js open its popup, where a login can begin, whatever can be shown here.
        if any(needs.values()) or here.attempt.base:
            return needs
        raise errors.login_required(errors.LOGIN_REQUIRED)

    async def _nobody(self, here: Here, browser: Browser, now: int) -> NoReturn:
        """No such account: the same work, pace and words as where there is one."""
        said: Mapping[Settled, str] = {"done": "fu", "used": "fu", "no tries": self.whereabouts.password.words.log_limit}
        facts = {settled: (self.mint.fact(type, None, here.attempt.client, ip=browser.ip),) for settled, type in said.items()}
        if await self.store.miss(digest(here.attempt.identifier), self.whereabouts.budget(here, first=True), now, facts):
            raise errors.wrong_password()
        await self.alarm(None, here.attempt.identifier, "en")
        raise errors.too_many_attempts()

    def _notices(self, here: Here, judged: Sequence[Judged], factor: Factor) -> Sequence[Message]:
        """A way back that was used is worth telling, and a key of which somebody has a copy."""
        account, won = here.arrival.account, any(isinstance(one.verdict, Accepted) for one in judged)
        template = "factor_copied" if alarmed(judged) else "recovery_used" if won and factor.words.companion else ""
        if account is None or not template or not account.email:
            return ()
        data = {"factor": factor.words.factor, "client": here.client.name}
        return (Message("email", account.email, template, (here.request.ui_locales or ("en",))[0], data),)

    def _facts(self, here: Here, factor: Factor, browser: Browser, *, won: bool, first: bool, event: str, issued: bool) -> Mapping[Settled, Sequence[Fact]]:
        def fact(type: str, **data: object) -> Fact:
            account = here.arrival.account.id if here.arrival.account else None
            return self.mint.fact(type, account, here.attempt.client, factor=factor.kind, ip=browser.ip, **data)

        happened = fact(factor.words.log_done if won else factor.words.log_failed)
        failed = (fact(f"fe{event}"),) if event else ()
        exchanged = (fact(f"se{event}"),) if event and issued else failed if not won else ()
        return {
            "done": (fact("sepft" if factor is self.whereabouts.password else "s"),) if first and won else (happened, *exchanged),
            "used": (fact(factor.words.log_failed, reason="already_used"), *failed),
            "no tries": (fact(factor.words.log_limit),),
        }


def alarmed(judged: Sequence[Judged]) -> bool:
    """Whether an answer says that somebody has a copy."""
    return any(isinstance(one.verdict, Rejected) and one.verdict.alarm for one in judged)


def speaks(client: Client, words: Words) -> bool:
    """Whether a client can be asked for it by this API: Auth0's own three grants are told of to all, ours to those that have it."""
    return bool(words.grant) and (words.grant in OF_ALL or words.grant in client.grant_types)


def ceremony(question: Challenge) -> dict[str, object]:
    """What a browser is to be asked; what is empty is left out, as Auth0 does."""
    options: dict[str, object] = msgspec.json.decode(question.show["ceremony"])
    return {"authn_params_public_key": {name: value for name, value in options.items() if value != []}}


def ended(attempt: Attempt) -> Attempt:
    """As a right answer leaves it: what no mfa_token holds is over."""
    return attempt if attempt.via == VIA else attempt._replace(done=True)


def moved(ahead: Here) -> Here:
    """As it stands in the store once it has moved on."""
    return ahead._replace(attempt=ahead.attempt._replace(version=ahead.attempt.version + 1))


def _types(client: Client, words: Iterable[Words]) -> list[dict[str, str]]:
    """Each once, and only what can be asked for by this API."""
    kinds = (one.requirement for one in words if speaks(client, one))
    return [{"type": kind} for kind in dict.fromkeys(kinds) if kind]
