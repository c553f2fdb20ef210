"""Who comes to the MFA API with a token of its own: an access token for it, or the mfa_token of a login in progress."""

import hashlib
from dataclasses import dataclass

from yett.domain.assurance import MULTI_FACTOR
from yett.domain.attempt import Attempt
from yett.domain.client import Api
from yett.domain.requirement import Requirement
from yett.flows.gate import stands
from yett.flows.here import Here
from yett.flows.mfa_api import VIA, MfaApi
from yett.flows.owner import Owner
from yett.flows.steps import Browser
from yett.oauth import errors
from yett.oauth.claims import judge_access
from yett.ports import Arrival, Granted, Signer, Store

# Its tokens live ten minutes, whatever the application is (Auth0).
LIVES = 600
ENROL, READ, REMOVE = "enroll", "read:authenticators", "remove:authenticators"
TYPS = ("JWT", "at+jwt")
# How an attempt is held that an access token was made for.
BY_TOKEN = "mfa-access"
SEGMENTS = 3


def mfa_api(issuer: str) -> Api:
    """The API as it exists by itself: its tokens want multi-factor of whoever has a factor, and no remembered browser will do."""
    return Api(
        "mfa",
        f"{issuer}mfa/",
        "Yett MFA API",
        (ENROL, READ, REMOVE),
        token_lifetime=LIVES,
        token_lifetime_for_web=LIVES,
        allow_offline_access=True,
        requirement=Requirement((MULTI_FACTOR,), if_able=True),
        extra=b'{"is_system":true}',
    )


@dataclass(frozen=True, slots=True)
class Bearer:
    """Finds the attempt of either token; every refusal is an OAuthError."""

    store: Store
    signer: Signer
    api: MfaApi
    issuer: str

    async def owner(self, token: str, scope: str, browser: Browser) -> Owner:
        """Whose account an access token may change. Raises OAuthError; for an mfa_token always: whoever holds one has shown a password alone."""
        if not is_access_token(token) and await self._holds(token):
            raise errors.insufficient_scope(scope)
        found = await self._granted(token, scope)
        catalogue = await self.api.whereabouts.current.at(found.version)
        return Owner(found.account, found.enrolments, found.grant.proofs, catalogue, found.grant.client, browser, catalogue.tenant.locales[0])

    async def here(self, token: str, scope: str = "", *, begin: bool = False) -> Here:
        """Where the holder of this token stands; `begin`: to begin an enrolment. Raises OAuthError."""
        if not is_access_token(token):
            held = await self._holds(token)
            if held is None:
                raise self.api.unheld(token)
            return self.api.logged_in(held)
        found = await self._granted(token, scope)
        attempt = self._attempt(token, found)
        if begin:
            await self.store.renew(attempt)
        known = await self._known(attempt, token)
        if known is not None:
            return known
        arrival = Arrival(found.version, attempt, found.account, found.enrolments)
        return self.api.whereabouts.stand(attempt, arrival, await self.api.whereabouts.current.at(found.version))

    async def _holds(self, mfa_token: str) -> Here | None:
        return await self.api.whereabouts.find(mfa_token.partition(".")[0], Browser(holder=mfa_token), VIA)

    async def _known(self, attempt: Attempt, token: str) -> Here | None:
        return await self.api.whereabouts.find(attempt.id, Browser(holder=token), BY_TOKEN)

    async def _granted(self, token: str, scope: str) -> Granted:
        """What the token rests on, if it was made for this API, still stands, and carries the scope."""
        catalogue, now = await self.api.whereabouts.current.latest(), self.api.mint.clock()
        said = self.signer.verify(catalogue, token, TYPS)
        scopes = judge_access(said, self.issuer, f"{self.issuer}mfa/", now)
        grant, dot, _ = str((said or {}).get("jti", "")).partition(".")
        found = await self.store.granted(grant, now) if dot else None
        if found is None or not stands(found.grant, found.account, catalogue, now):
            raise errors.invalid_token("The access token is invalid or has expired.")
        if scope and scope not in scopes:
            raise errors.insufficient_scope(scope)
        return found

    def _attempt(self, token: str, found: Granted) -> Attempt:
        """One for each token and each state of the account: the token finds it again, and nothing else does."""
        now, name = self.api.mint.clock(), f"{token}|{found.account.security_version}"
        return Attempt(
            id=hashlib.sha256(name.encode()).hexdigest()[:40],
            via=BY_TOKEN,
            holder=hashlib.sha256(token.encode()).digest(),
            client=found.grant.client,
            arrived_at=now,
            expires_at=now + LIVES,
            account=found.account.id,
            request=found.grant.request,
            base=found.grant.proofs,
            waivers=found.grant.waivers,
        )


def is_access_token(token: str) -> bool:
    """Whether it has the form of one: a JWT, whose middle is no number."""
    parts = token.split(".")
    return len(parts) == SEGMENTS and not parts[1].isdecimal()
