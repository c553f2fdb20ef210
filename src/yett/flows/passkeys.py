"""Passkeys in an application's own screens: sign up and log in by one gesture, without a page of ours (Auth0's native passkeys)."""

from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import msgspec

from yett.domain.account import CONNECTION, Account
from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.tenant import Catalogue
from yett.domain.tries import Bucket
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Factor
from yett.flows.asking import at_home
from yett.flows.gate import regime_of
from yett.flows.here import Here
from yett.flows.mfa_api import MFA_TOKEN_LIVES, MfaApi, ceremony, ended, moved
from yett.flows.mint import digest
from yett.flows.models import Models
from yett.flows.signals import seen
from yett.flows.signup import SignUp, Wish
from yett.flows.steps import Browser
from yett.oauth import errors, token
from yett.oauth.authorize import AuthorizationRequest
from yett.policy.regimes import budget
from yett.ports import Arrival, Judged

# How an attempt is held whose question an application has: to log in, or to sign up. None is found for the other purpose.
LOGIN, SIGNUP = "passkey", "passkey-signup"
# Auth0's pace for one address (WebAuthn challenges: 15 a minute).
PACE = Bucket(15, 4)


class Newcomer(NamedTuple):
    """Who signs up, as it waits for their passkey."""

    account: Account
    locale: str


class Held(NamedTuple):
    """What an auth_session holds."""

    attempt: Attempt
    question: Challenge
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Off for an application until its grant_types say so. Nothing here says who has an account; every refusal is an OAuthError."""

    api: MfaApi
    signup: SignUp
    models: Models

    async def challenge(self, realm: str, client: Client, catalogue: Catalogue, browser: Browser) -> dict[str, object]:
        """Ask whoever holds a passkey: nobody is named, so nothing can be told of anybody."""
        factor = self._factor(realm, client, catalogue)
        if self.api.address_bucket and not await self.api.limiter.take(f"passkey:{browser.ip}", PACE, self.api.mint.clock()):
            raise errors.too_many_attempts()
        here, held = self._begun(LOGIN, client, catalogue, browser)
        return await self._asked(here.attempt, held, factor.challenge((), at_home(self.api.whereabouts.ask(here, factor), client)), browser)

    async def register(self, wish: Wish, realm: str, client: Client, catalogue: Catalogue, browser: Browser, locale: str) -> dict[str, object]:
        """Ask for the passkey of a new account: the same for every address, whether it is taken or not."""
        factor = self._factor(realm, client, catalogue)
        new = await self.signup.newcomer(wish, catalogue, browser.ip)
        if isinstance(new, str):
            raise errors.no_signup(new)
        self._open(catalogue)
        here, held = self._begun(SIGNUP, client, catalogue, browser)
        ask = at_home(self.api.whereabouts.ask(here, factor), client)._replace(label=new.email, account=new.id)
        waiting = here.attempt._replace(request=msgspec.json.encode(Newcomer(new, locale)))
        return await self._asked(waiting, held, factor.offer(ask, ()), browser)

    async def __call__(self, asked: token.PasskeyRequest, client: Client, catalogue: Catalogue, browser: Browser) -> dict[str, object]:
        """The grant: tokens, or mfa_required where more is demanded than a passkey."""
        factor = self._factor(asked.realm, client, catalogue)
        request = msgspec.json.encode(token.as_authorization(asked, client, catalogue.apis))
        held = await self._held(asked.auth_session, client)
        answer = asked.answer.encode(errors="replace")
        if held.attempt.via == SIGNUP:
            return await self._born(held, request, answer, factor, catalogue, browser)
        lookup = factor.locate(answer)
        found = await self.api.store.bearer(lookup) if lookup else None
        if found is None:
            await self._missed(held, factor, catalogue, browser, "unknown")
        arrival = held.arrival._replace(account=found[0], enrolments=found[1])
        here = self.api.whereabouts.stand(held.attempt._replace(request=request), arrival, catalogue)
        one = next((one for one in here.case.enrolments if one.lookup == lookup and one.kind == factor.kind and one.id in here.case.usable), None)
        if one is None:
            await self._missed(held, factor, catalogue, browser, "unusable")
        verdict = factor.verify(one, held.question, answer, self.api.whereabouts.ask(here, factor))
        return await self.api.settle(here, (Judged(one, verdict),), factor, browser, errors.wrong_answer, asked=held.question)

    def _factor(self, realm: str, client: Client, catalogue: Catalogue) -> Factor:
        """The factor that says by itself who it is, if this application may use it here."""
        if token.WEBAUTHN not in client.grant_types or not client.first_party:
            raise errors.unauthorized_client(token.WEBAUTHN)
        gate = self.api.whereabouts.gate
        factor = next((one for one in gate.factors.values() if one.words.unnamed and gate.on(one, catalogue)), None)
        if factor is None or realm not in {"", CONNECTION}:
            raise errors.no_connection()
        return factor

    def _open(self, catalogue: Catalogue) -> None:
        """Whether people may sign up so, judged at both ends: a strict regime has an address confirmed before its first factor."""
        if not catalogue.tenant.signup:
            raise errors.no_signup("closed")
        if regime_of(catalogue).strict:
            raise errors.denied("unverified")

    def _begun(self, via: str, client: Client, catalogue: Catalogue, browser: Browser) -> tuple[Here, str]:
        """An attempt that is not written yet, and the token that will hold it."""
        now, held = self.api.mint.clock(), self.api.mint.token()
        lives = min(MFA_TOKEN_LIVES, regime_of(catalogue).attempt_lives)
        request = msgspec.json.encode(AuthorizationRequest(client.id))
        attempt = Attempt(self.api.mint.name(), via, digest(held), client.id, now, now + lives, request=request, signals=seen(browser))
        return self.api.whereabouts.stand(attempt, Arrival(catalogue.version, attempt), catalogue), held

    async def _asked(self, attempt: Attempt, held: str, question: Challenge, browser: Browser) -> dict[str, object]:
        """Keep the question, and say what to show of it."""
        await self.api.store.begin(attempt, ())
        await self.api.store.ask(attempt, question, (self.api.mint.fact("passkey_challenge_started", None, attempt.client, ip=browser.ip),))
        return {"auth_session": f"{attempt.id}.{held}", **ceremony(question)}

    async def _held(self, auth_session: str, client: Client) -> Held:
        """Another client's, another flow's and one that is over hold nothing."""
        id, _, held = auth_session.partition(".")
        arrival = await self.api.store.scene(id, digest(held), None, None, self.api.mint.clock())
        attempt, question = arrival.attempt, arrival.challenge
        if attempt is None or question is None or attempt.via not in {LOGIN, SIGNUP} or attempt.client != client.id:
            raise errors.wrong_auth_session()
        return Held(attempt, question, arrival)

    async def _missed(self, held: Held, factor: Factor, catalogue: Catalogue, browser: Browser, reason: str) -> NoReturn:
        """What proves nothing here is a try of the question, whatever was wrong with it."""
        seen = {"ip": browser.ip, "factor": factor.kind, "reason": reason}
        happened = (self.api.mint.fact("passkey_challenge_failed", None, held.attempt.client, **seen),)
        cost = budget(regime_of(catalogue), known=False, first=True)
        await self.api.store.settle(held.attempt, (), held.question, cost, self.api.mint.clock(), {"done": happened, "used": happened})
        raise errors.wrong_answer()

    async def _born(self, held: Held, request: bytes, answer: bytes, factor: Factor, catalogue: Catalogue, browser: Browser) -> dict[str, object]:
        """A right answer opens the account with its passkey, its grant and its tokens: in one commit, or not at all."""
        self._open(catalogue)
        new, now = msgspec.json.decode(held.attempt.request, type=Newcomer), self.api.mint.clock()
        account = new.account._replace(created_at=now, updated_at=now)
        seen = held.attempt._replace(request=request)
        here = self.api.whereabouts.stand(seen, held.arrival._replace(account=account), catalogue)
        verdict = factor.confirm(held.question, answer, await self.models.judging(factor, self.api.whereabouts.ask(here, factor)))
        if isinstance(verdict, Rejected):
            await self._missed(held, factor, catalogue, browser, verdict.reason)
        may_tell = await self.signup.may_tell(account.email)
        if await self._taken(account):
            await self._turned_away(held, new, browser, told=may_tell)
        one = self._first(account, factor, verdict, now)
        shown = ((one.id, one.generation, verdict.shown),) if verdict.shown else ()
        after = ended(seen._replace(account=account.id, shown=shown))
        ahead = self.api.whereabouts.stand(after, held.arrival._replace(attempt=after, account=account, enrolments=(one,), challenge=None), catalogue)
        issued = await self.api.conclude_if(ahead)
        types = ("ss", factor.words.log_enrolled, *(("s",) if issued else ()))
        facts = [self.api.mint.fact(type, account.id, held.attempt.client, ip=browser.ip, factor=factor.kind) for type in types]
        cost = budget(here.case.regime, known=False, first=True)
        conclusion = issued[0] if issued else None
        done = await self.api.store.enrol(seen, held.question, verdict, account, (one,), cost, now, {"done": facts}, after, conclusion, opens=True)
        if done != "done":
            raise errors.wrong_answer()
        await self.signup.welcome(account, held.attempt.client, new.locale, browser.ip)
        return issued[1]() if issued else await self.api.require(moved(ahead), browser)

    async def _taken(self, account: Account) -> bool:
        found = [await self.api.store.find(name) for name in (account.email, account.username) if name]
        return any(found)

    async def _turned_away(self, held: Held, new: Newcomer, browser: Browser, *, told: bool) -> NoReturn:
        """Said to whoever has made a passkey for it, and once: a sign-up with a password, and a login with it, say as much."""
        if not await self.api.store.update(held.attempt, held.attempt._replace(done=True)):
            raise errors.wrong_answer()
        await self.signup.known(new.account.email, held.attempt.client, new.locale, browser.ip, told=told)
        raise errors.signup_failed()

    def _first(self, account: Account, factor: Factor, verdict: Accepted, now: int) -> Enrolment:
        id = f"{factor.words.id_prefix}|{self.api.mint.name('dev_', 12)}"
        return Enrolment(id, account.id, factor.kind, verdict.state, lookup=verdict.lookup, created_at=now, used_at=now)
