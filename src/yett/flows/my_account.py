"""The My Account API: what an application may do for its user's own account, with the user's token (Auth0's /me/v1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.assurance import MULTI_FACTOR
from yett.domain.client import Api
from yett.domain.requirement import Requirement
from yett.flows.current import Current
from yett.flows.gate import stands
from yett.flows.mint import Mint
from yett.flows.owner import Owner
from yett.flows.steps import Browser
from yett.oauth.claims import judge_access
from yett.oauth.errors import OAuthError
from yett.ports import Signer, Tokens

# How old the login of its tokens may be, in seconds: then the application asks again.
LIVES = 900
VERBS = ("create", "read", "update", "delete")
SCOPES = (*(f"{verb}:me:authentication_methods" for verb in VERBS), "read:me:factors")
TYPS = ("JWT", "at+jwt")


def my_account(issuer: str) -> Api:
    """The API as it exists by itself: its tokens want multi-factor of whoever has a factor, from the last quarter of an hour."""
    return Api(
        "my-account",
        f"{issuer}me/",
        "Yett My Account API",
        SCOPES,
        token_lifetime=LIVES,
        token_lifetime_for_web=LIVES,
        allow_offline_access=True,
        requirement=Requirement((MULTI_FACTOR,), lifetime=LIVES, if_able=True),
        extra=b'{"is_system":true}',
    )


class Unwelcome(NamedTuple):
    """A token that does not open this door: invalid, or without the `scope` that is needed."""

    scope: str = ""


@dataclass(frozen=True, slots=True)
class MyAccount:
    """Who comes with a token, and what their grant vouches for."""

    store: Tokens
    current: Current
    signer: Signer
    mint: Mint
    issuer: str

    async def __call__(self, authorization: str, scope: str, browser: Browser) -> Owner | Unwelcome:
        """The owner that this Bearer token speaks of (RFC 6750, 2.1), if its grant still stands and it carries `scope`."""
        kind, _, token = authorization.partition(" ")
        catalogue, now = await self.current.latest(), self.mint.clock()
        said = self.signer.verify(catalogue, token.strip(), TYPS) if kind.lower() == "bearer" else None
        try:
            scopes = judge_access(said, self.issuer, f"{self.issuer}me/", now)
        except OAuthError:
            return Unwelcome()
        found = await self.store.granted(_grant_of(said or {}), now)
        if found is None or not stands(found.grant, found.account, catalogue, now):
            return Unwelcome()
        if scope not in scopes:
            return Unwelcome(scope)
        locale = catalogue.tenant.locales[0]
        return Owner(found.account, found.enrolments, found.grant.proofs, catalogue, found.grant.client, browser, locale)


def _grant_of(said: Mapping[str, object]) -> str:
    """A person's token names its grant in front of its jti; a machine's names none, and finds none."""
    grant, dot, _ = str(said.get("jti", "")).partition(".")
    return grant if dot else ""
