"""The grants that turn an mfa_token into tokens, for what is enrolled and for what is being enrolled: Auth0's three, and ours for keys."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from yett.domain.client import Client
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue
from yett.domain.verdict import Accepted, Settled, Verdict
from yett.factors.base import Factor, Replaces
from yett.flows.accounts import Births
from yett.flows.gate import regime_of
from yett.flows.here import Here
from yett.flows.mfa_api import VIA, MfaApi, ended, moved
from yett.flows.mfa_bearer import Bearer, is_access_token
from yett.flows.models import Models
from yett.flows.steps import Browser
from yett.oauth import errors, token
from yett.policy.decide import address_first, change_wants, may_change, permitted
from yett.ports import Judged

Authenticate = Callable[[Catalogue], Awaitable[Client]]
Wrong = Callable[[], errors.OAuthError]
SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class MfaGrants:
    """Each judges an answer; every refusal is an OAuthError."""

    api: MfaApi
    bearer: Bearer
    births: Births
    models: Models

    async def __call__(self, asked: token.MfaRequest, authenticate: Authenticate, browser: Browser) -> dict[str, object]:
        """The token response; `browser` is where the request comes from."""
        here = await self._held(asked.mfa_token, authenticate)
        match asked:
            case token.MfaOtpRequest():
                return await self._otp(here, asked.otp, browser)
            case token.MfaOobRequest():
                return await self._oob(here, asked, browser)
            case token.MfaRecoveryRequest():
                return await self._recovery(here, asked.recovery_code, browser)
            case token.MfaKeyRequest():
                return await self._key(here, asked.answer, browser)

    async def _otp(self, here: Here, otp: str, browser: Browser) -> dict[str, object]:
        """Compares all enrolments of its kind, for one try of each and one of the account."""
        factor, question = self._of_grant(token.MFA_OTP), here.arrival.challenge
        if question is not None and question.offer and question.kind == factor.kind:
            return await self._confirm(here, question, otp, browser, errors.wrong_otp, event="otpft")
        ask, mine = self.api.whereabouts.ask(here, factor), self._usable(here, factor)
        judged = _one_winner([Judged(one, factor.verify(one, None, otp.encode(), ask)) for one in mine])
        return await self.api.settle(here, judged, factor, browser, errors.wrong_otp, event="otpft")

    async def _oob(self, here: Here, asked: token.MfaOobRequest, browser: Browser) -> dict[str, object]:
        """The code of the question that oob_code names, which must be this token's own (attacks: row 4)."""
        question = self._question(here, asked.oob_code)
        if not asked.binding_code:
            raise errors.missing("binding_code")
        if question.offer:
            return await self._confirm(here, question, asked.binding_code, browser, errors.wrong_binding_code, event="oobft")
        factor = self.api.whereabouts.gate.factors[question.kind]
        one = next((one for one in self._usable(here, factor) if one.id in question.to), None)
        if one is None:
            raise errors.expired_oob_code()
        verdict = factor.verify(one, question, asked.binding_code.encode(), self.api.whereabouts.ask(here, factor))
        return await self.api.settle(here, (Judged(one, verdict),), factor, browser, errors.wrong_binding_code, asked=question, event="oobft")

    async def _recovery(self, here: Here, code: str, browser: Browser) -> dict[str, object]:
        """A code of the account's own sheet (CVE-2025-64175); the one that takes its place is stored with the verdict, and told once."""
        factor = self._of_grant(token.MFA_RECOVERY)
        one, ask, more = self._usable(here, factor)[0], self.api.whereabouts.ask(here, factor), dict[str, object]()
        verdict = factor.verify(one, None, code.encode(), ask)
        if isinstance(verdict, Accepted) and isinstance(factor, Replaces):
            state, fresh = factor.replaced(verdict.state, ask)
            verdict, more = verdict._replace(state=state), {"recovery_code": fresh}
        return await self.api.settle(here, (Judged(one, verdict),), factor, browser, errors.rejected, event="rcft", more=more)

    async def _key(self, here: Here, answer: str, browser: Browser) -> dict[str, object]:
        """What a key said to the question that is open; one that was not asked costs a try of one that was."""
        question, factors = here.arrival.challenge, self.api.whereabouts.gate.factors
        if question is None or factors[question.kind].words.grant != token.WEBAUTHN:
            raise errors.wrong_answer()
        factor = factors[question.kind]
        if question.offer:
            return await self._confirm(here, question, answer, browser, errors.wrong_answer)
        asked = [one for one in self._usable(here, factor) if one.id in question.to]
        lookup = factor.locate(answer.encode(errors="replace"))
        one = next((one for one in asked if one.lookup == lookup), asked[0] if asked else None)
        if one is None:
            raise errors.wrong_answer()
        verdict = factor.verify(one, question, answer.encode(errors="replace"), self.api.whereabouts.ask(here, factor))
        return await self.api.settle(here, (Judged(one, verdict),), factor, browser, errors.wrong_answer, asked=question)

    def may_enrol(self, here: Here, factor: Factor) -> None:
        """Whether its holder may add a factor of this kind. Raises OAuthError where a stronger proof is needed first (attacks: row 5)."""
        case, now, about = here.case, self.api.mint.clock(), factor.promise(None)
        if case.account is None or case.account.blocked:
            raise errors.denied("blocked")
        if not self.api.whereabouts.gate.on(factor, here.catalogue) or not permitted(about, case.regime):
            raise errors.invalid_request("This authenticator type is not enabled.")
        if address_first(case):
            raise errors.denied("unverified")
        if may_change(case, now, about) is None:
            return
        if here.attempt.via == VIA:
            raise errors.already_enrolled()
        raise errors.too_weak([acr for clause in change_wants(case, about) for acr in clause.acrs], regime_of(here.catalogue).fresh)

    async def _held(self, mfa_token: str, authenticate: Authenticate) -> Here:
        """The attempt of an mfa_token; an access token holds one only while an enrolment waits for its code."""
        if not is_access_token(mfa_token):
            return await self.api.find(mfa_token, authenticate)
        client = await authenticate(await self.api.whereabouts.current.latest())
        here = await self.bearer.here(mfa_token, "enroll")
        if here.attempt.client != client.id:
            raise errors.mfa_token_of_another_client()
        if here.arrival.challenge is None:
            raise errors.malformed_mfa_token()
        return here

    def _question(self, here: Here, oob_code: str) -> Challenge:
        """The one that is open, if this is its name. Raises OAuthError."""
        attempt, _, name = oob_code.partition(".")
        if attempt != here.attempt.id:
            raise errors.oob_code_of_another_token()
        question = here.arrival.challenge
        if question is None or question.id != name or self.api.whereabouts.gate.factors[question.kind].words.grant != token.MFA_OOB:
            raise errors.expired_oob_code()
        return question

    async def _confirm(self, here: Here, question: Challenge, answer: str, browser: Browser, wrong: Wrong, *, event: str = "") -> dict[str, object]:
        """Complete an enrolment: a confirm is a try, and whether the account may have it is decided again here and in the commit."""
        factor, account = self.api.whereabouts.gate.factors[question.kind], here.arrival.account
        self.may_enrol(here, factor)
        if account is None:
            raise errors.denied("blocked")
        ask = await self.models.judging(factor, self.api.whereabouts.ask(here, factor))
        verdict = factor.confirm(question, answer.encode(errors="replace"), ask)
        new = self._new(here, factor, question, verdict)
        after, ahead, issued = here.attempt, here, None
        if new and isinstance(verdict, Accepted):
            shown = ((new[0].id, new[0].generation, verdict.shown),) if verdict.shown else ()
            after = here.attempt._replace(shown=(*here.attempt.shown, *shown))
            has = (*(one for one in here.arrival.enrolments if one.id not in {each.id for each in new}), *new)
            ahead = self.api.whereabouts.stand(after, here.arrival._replace(attempt=after, challenge=None, enrolments=has), here.catalogue)
            issued = await self.api.conclude_if(ahead)
        settled = await self.api.store.enrol(
            here.attempt,
            question,
            verdict,
            account,
            new,
            self.api.whereabouts.budget(here, first=False),
            self.api.mint.clock(),
            self._facts(here, factor, verdict, browser, event=event, issued=issued is not None),
            ended(after) if new else after,
            issued[0] if issued else None,
            self._told(here, factor),
        )
        if settled == "no tries":
            await self.api.spent(here)
        if settled == "used" or not new:
            raise wrong()
        self.api.alarm.post()
        return issued[1]() if issued else await self.api.require(moved(ahead), browser)

    def _new(self, here: Here, factor: Factor, question: Challenge, verdict: Verdict) -> tuple[Enrolment, ...]:
        """The enrolment, under the name that it was listed by; and the recovery codes that were shown with it."""
        account, now = here.arrival.account, self.api.mint.clock()
        if account is None or not isinstance(verdict, Accepted):
            return ()
        used = now if verdict.shown else None
        one = Enrolment(pending(factor, question), account.id, factor.kind, verdict.state, lookup=verdict.lookup, created_at=now, used_at=used)
        other = companion(here, self.api)
        if SHEET not in question.show or other is None:
            return (one,)
        return one, self.births.companion(account, other, State(b"", question.show[SHEET].encode()), here.arrival.enrolments)

    def _usable(self, here: Here, factor: Factor) -> list[Enrolment]:
        """Those of its kind that may be asked now. Raises OAuthError where there are none."""
        mine = [one for one in here.case.enrolments if one.kind == factor.kind and one.id in here.case.usable]
        if not mine:
            raise errors.not_enrolled()
        return mine

    def _of_grant(self, grant: str) -> Factor:
        factors = self.api.whereabouts.gate.factors.values()
        return next(factor for factor in factors if factor.words.grant == grant)

    def _told(self, here: Here, factor: Factor) -> Sequence[Message]:
        account, data = here.arrival.account, {"factor": factor.words.factor, "client": here.client.name}
        if account is None or not account.email:
            return ()
        return (Message("email", account.email, "factor_added", (here.request.ui_locales or ("en",))[0], data),)

    def _facts(self, here: Here, factor: Factor, verdict: Verdict, browser: Browser, *, event: str, issued: bool) -> Mapping[Settled, Sequence[Fact]]:
        def fact(type: str, **data: object) -> Fact:
            return self.api.mint.fact(type, here.attempt.account, here.attempt.client, factor=factor.kind, ip=browser.ip, **data)

        failed, exchanged = ((fact(f"fe{event}"),), (fact(f"se{event}"),)) if event else ((), ())
        if isinstance(verdict, Accepted):
            done = (fact(factor.words.log_enrolled), *(exchanged if issued else ()))
        else:
            done = fact("gd_start_enroll_failed", reason=verdict.reason), *failed
        return {"done": done, "used": (fact("gd_start_enroll_failed", reason="already_used"), *failed), "no tries": (fact(factor.words.log_limit),)}


def pending(factor: Factor, question: Challenge) -> str:
    """The name that an enrolment has from its beginning."""
    return f"{factor.words.id_prefix}|dev_{question.id[:16]}"


def companion(here: Here, api: MfaApi) -> Factor | None:
    """The factor that comes along with the first one, where it is on and the account has nothing left of it."""
    gate = api.whereabouts.gate
    other = next((one for one in gate.factors.values() if one.words.companion and gate.on(one, here.catalogue)), None)
    if other is None or any(one.kind == other.kind and one.status == "active" and not other.spent(one) for one in here.arrival.enrolments):
        return None
    return other


def _one_winner(judged: list[Judged]) -> list[Judged]:
    """The first that is right; the rest were wrong for it, whatever they said."""
    won = next((one for one in judged if isinstance(one.verdict, Accepted)), None)
    return [won] if won and len(judged) == 1 else [one for one in judged if one is won or not isinstance(one.verdict, Accepted)]
