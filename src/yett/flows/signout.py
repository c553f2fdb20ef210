"""Sign out: tokens are revoked, sessions end, and the browser goes only where it is known to belong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.client import Client
from yett.domain.tenant import Catalogue
from yett.flows.authenticate_client import AuthenticateClient
from yett.flows.current import Current
from yett.flows.introspect import TYPS
from yett.flows.login import csrf_token, same
from yett.flows.mint import Mint, digest
from yett.flows.steps import Browser
from yett.oauth import introspection, logout, token
from yett.ports import Granted, Redemption, Signer, Store


class Away(NamedTuple):
    """Signed out; on to this address."""

    url: str


class Asked(NamedTuple):
    """Nobody has proven that the person wants this: ask first. `state` is the address for afterwards, and `csrf` vouches for it."""

    csrf: str
    state: str


class Refused(NamedTuple):
    """The address is not one that is allowed; shown, never followed."""

    error: str
    description: str


class Done(NamedTuple):
    """Signed out, and nowhere to go."""


class Stayed(NamedTuple):
    """The person said no: nothing has happened."""


Ended = Away | Asked | Refused | Done | Stayed


@dataclass(frozen=True, slots=True)
class SignOut:
    """The three ways out."""

    store: Store
    current: Current
    signer: Signer
    mint: Mint
    admit: AuthenticateClient

    async def revoke(self, fields: Mapping[str, str], authorization: str) -> None:
        """RFC 7009: an unknown token, or one of another client, is no error and no news. Raises OAuthError for the client."""
        catalogue = await self.current.latest()
        client = await self.admit(fields, authorization, catalogue)
        now, value = self.mint.clock(), token.required(fields, "token")
        found = await self._found(value, client, catalogue, now)
        if found and found.grant.client == client.id:
            fact = self.mint.fact("srrt", found.account.id, client.id, grant=found.grant.id)
            await self.store.revoke(found.grant.id, now, (fact,))

    async def _found(self, value: str, client: Client, catalogue: Catalogue, now: int) -> Redemption | Granted | None:
        """What a token rests on, be it one that we keep or one that says so itself; an API may ask about what was made for it, and no more (2.1)."""
        for kind in ("refresh", "access"):
            if kept := await self.store.token(kind, digest(value), now):
                return kept
        said = introspection.access(self.signer.verify(catalogue, value, TYPS), self.admit.issuer, client, now)
        return await self.store.granted(introspection.grant_of(said), now) if said else None

    async def v2(self, query: Mapping[str, str], browser: Browser) -> Ended:
        """/v2/logout: Auth0 asks nobody, and neither do we; SameSite cannot help, so it only ever ends this session."""
        catalogue = await self.current.latest()
        url = logout.v2_target(query, catalogue.clients, catalogue.tenant.logout_urls)
        if url is None:
            return Refused("invalid_request", "The returnTo address is not allowed.")
        return await self._away(url, browser)

    async def oidc(self, given: Mapping[str, str], browser: Browser) -> Ended:
        """RP-initiated logout 1.0; without an id_token_hint of this session the person confirms."""
        if given.get("action") == "cancel":
            return Stayed()
        back = given.get("state", "")
        if browser.session and same(given.get("csrf", ""), _vouched(browser, back)):
            return await self._away(back, browser)
        catalogue = await self.current.latest()
        hint = self.signer.verify(catalogue, given["id_token_hint"], ("JWT",)) if given.get("id_token_hint") else None
        plan = logout.oidc_target(given, hint, catalogue.clients)
        if plan is None:
            return Refused("invalid_request", "The post_logout_redirect_uri is not allowed.")
        if browser.session and not await self._is_ours(plan, browser):
            return Asked(_vouched(browser, plan.url), plan.url)
        return await self._away(plan.url, browser)

    async def _is_ours(self, plan: logout.Plan, browser: Browser) -> bool:
        """Whether the hint names the session of this very browser: anyone may hold some ID token of ours."""
        if not plan.hinted or not browser.session:
            return False
        session = (await self.store.arrive(digest(browser.session), None, self.mint.clock())).session
        return session is None or (session.account == plan.account and plan.sid in {"", session.sid})

    async def _away(self, url: str, browser: Browser) -> Away | Done:
        if browser.session:
            await self.store.sign_out(digest(browser.session), self.mint.clock(), (self.mint.fact("slo", ip=browser.ip),))
        return Away(url) if url else Done()


def _vouched(browser: Browser, url: str) -> str:
    """Says that this browser was asked, and that the address was judged then."""
    return csrf_token(browser.session, "logout:" + url)
