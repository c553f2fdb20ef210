"""A code in place of the password: sent to an address or a number that an account has, where the tenant allows it to stand first."""

import hashlib
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from yett.domain.account import canonical
from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.enrolment import Enrolment, State
from yett.domain.tenant import Catalogue
from yett.domain.verdict import Accepted
from yett.factors.base import Factor, Told
from yett.flows import spending
from yett.flows.accounts import is_address
from yett.flows.asking import Asker, Asking
from yett.flows.gate import regime_of
from yett.flows.here import Here
from yett.flows.mfa_api import MFA_TOKEN_LIVES, MfaApi
from yett.flows.mint import digest
from yett.flows.numbers import e164
from yett.flows.steps import Browser
from yett.oauth import errors, token
from yett.policy.regimes import budget
from yett.ports import Arrival, Judged

# How an attempt is held that a destination was sent a code for.
VIA = "passwordless"
CHANNELS = {"email": "email", "sms": "sms"}


@dataclass(frozen=True, slots=True)
class Passwordless:
    """Off unless the tenant says so. For a destination that is nobody's all is as for one that is, but that nothing leaves."""

    api: MfaApi
    asking: Asking

    async def start(self, connection: str, destination: str, client: Client, catalogue: Catalogue, browser: Browser, locale: str = "en") -> str:
        """Send a code; returns the destination in the form that is kept. Raises OAuthError, for everybody's destination alike."""
        factor, to = self._by(connection, destination, client, catalogue)
        now, channel = self.api.mint.clock(), CHANNELS[connection]
        key = hashlib.sha256(to.encode()).hexdigest()[:32]
        for name, bucket in ((f"passwordless:to:{key}", spending.account(channel)), (f"passwordless:from:{browser.ip}", spending.ADDRESS)):
            if (self.asking.by_address or ":to:" in name) and not await self.api.limiter.take(name, bucket, now):
                raise errors.too_many_attempts()
        id = _name(client, connection, to)
        lives = min(MFA_TOKEN_LIVES, regime_of(catalogue).attempt_lives)
        # Written anew and loaded, whether there is such an account or not.
        await self.api.store.renew(Attempt(id, VIA, digest(id), client.id, now, now + lives, identifier=to, request=_request(locale)))
        here = await self._find(id)
        if here is None:
            raise errors.busy()
        mine = self._mine(here, factor, to)
        one = mine or Enrolment("nobody", "", factor.kind, _bound(factor, to))
        asker = Asker(here.arrival.account if mine else None, catalogue.tenant, client.name, browser.ip, pace=None)
        # Whatever is withheld is not told: it would say that there is an account.
        await self.asking.challenge(here.attempt, factor, (one,), self.api.whereabouts.ask(here, factor, channel=channel), asker)
        return to

    async def __call__(self, asked: token.PasswordlessRequest, client: Client, catalogue: Catalogue, browser: Browser) -> dict[str, object]:
        """The grant: tokens, or mfa_required. Raises OAuthError."""
        factor, to = self._by(asked.realm, asked.username, client, catalogue)
        request = token.as_authorization(asked, client, catalogue.apis)
        here = await self._find(_name(client, asked.realm, to)) or await self._unasked(to, client, catalogue)
        one, question = self._mine(here, factor, to), here.arrival.challenge
        if one is None:
            await self._nobody(to, asked.realm, client, catalogue, browser)
        here = here._replace(attempt=here.attempt._replace(request=msgspec.json.encode(request)), request=request)
        # A guess is counted where there is no question as well: one count for each destination, whoever's it is (attacks: row 15).
        question = question if question and one.id in question.to else None
        verdict = factor.verify(one, question, asked.otp.encode(), self.api.whereabouts.ask(here, factor))
        first = verdict.shown._replace(first=True) if isinstance(verdict, Accepted) and verdict.shown else None
        judged, wrong = (Judged(one, verdict),), lambda: errors.wrong_passwordless(asked.realm)
        return await self.api.settle(here, judged, factor, browser, wrong, asked=question, shown=first)

    def _by(self, connection: str, destination: str, client: Client, catalogue: Catalogue) -> tuple[Factor, str]:
        """The factor of a connection that is on, and the destination in the form that is kept. Raises OAuthError."""
        if token.PASSWORDLESS not in client.grant_types:
            raise errors.unauthorized_client(token.PASSWORDLESS)
        factors = (one for one in self.api.whereabouts.gate.factors.values() if CHANNELS.get(connection) in one.words.channels)
        factor = next(factors, None)
        if factor is None or connection not in catalogue.tenant.passwordless or not self.api.whereabouts.gate.on(factor, catalogue):
            raise errors.no_connection()
        to = _kept(connection, destination)
        if not to:
            raise errors.invalid_request("Invalid phone_number." if connection == "sms" else "Invalid email.")
        return factor, to

    async def _find(self, id: str) -> Here | None:
        return await self.api.whereabouts.find(id, Browser(holder=id), VIA)

    async def _unasked(self, to: str, client: Client, catalogue: Catalogue) -> Here:
        """Where there is no attempt, nobody was sent a code, or long ago."""
        account = await self.api.store.find(to)
        # Looked for whether there is one or not: a load less would tell.
        found = await self.api.store.account(account.id if account else to)
        now = self.api.mint.clock()
        attempt = Attempt(self.api.mint.name(), VIA, b"", client.id, now, now, identifier=to, request=_request("en"))
        return self.api.whereabouts.stand(attempt, Arrival(catalogue.version, attempt, *(found or (None, ()))), catalogue)

    def _mine(self, here: Here, factor: Factor, to: str) -> Enrolment | None:
        """The account's own enrolment of this destination, if it may be asked now."""
        if here.arrival.account is None or here.arrival.account.blocked:
            return None
        alike = (one for one in here.case.enrolments if one.kind == factor.kind and one.id in here.case.usable)
        return next((one for one in alike if isinstance(factor, Told) and factor.described(one)[factor.told] == to), None)

    async def _nobody(self, to: str, realm: str, client: Client, catalogue: Catalogue, browser: Browser) -> NoReturn:
        """The same work, pace and words as where there is an account."""
        facts = (self.api.mint.fact("fu", None, client.id, ip=browser.ip),)
        cost = budget(regime_of(catalogue), known=False, first=False)
        if await self.api.store.miss(digest(f"{VIA}|{realm}|{to}"), cost, self.api.mint.clock(), {"done": facts, "no tries": facts}):
            raise errors.wrong_passwordless(realm)
        await self.api.alarm(None, to, "en")
        raise errors.too_many_attempts()


def _name(client: Client, connection: str, to: str) -> str:
    """One attempt for each application and destination; a code asked for again voids the one before."""
    return hashlib.sha256(f"{client.id}|{connection}|{to}".encode()).hexdigest()[:40]


def _kept(connection: str, destination: str) -> str | None:
    if connection == "sms":
        return e164(destination)
    return canonical(destination) if is_address(destination.strip()) else None


def _request(locale: str) -> bytes:
    from yett.oauth.authorize import AuthorizationRequest

    return msgspec.json.encode(AuthorizationRequest("", ui_locales=(locale,)))


def _bound(factor: Factor, to: str) -> State:
    return factor.bound(to) if isinstance(factor, Told) else State()
