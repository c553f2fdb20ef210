"""Issue tokens from a grant: what they say is a fact of the grant, and the same at every refresh."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from yett.domain.account import Account
from yett.domain.client import Api, Client
from yett.domain.session import Grant, Token
from yett.domain.tenant import Catalogue
from yett.flows.mint import Mint, digest
from yett.flows.steps import asked_by
from yett.oauth import claims, details, scopes
from yett.ports import Rights, Signer

OPAQUE_LIVES = 86400


@dataclass(frozen=True)
class Issued:
    """Tokens that we keep digests of, and the values of all that are handed out once those are written.

    `scope` is what they carry; `held` the permissions that it was judged by (None: by none).
    """

    kept: tuple[Token, ...]
    access_token: str
    refresh_token: str
    expires_in: int
    scope: tuple[str, ...] = ()
    held: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Makes the token response of a grant: for people there is no other way to a token, so here their permissions are judged."""

    mint: Mint
    signer: Signer
    issuer: str
    rights: Rights

    async def prepare(self, grant: Grant, scope: tuple[str, ...], client: Client, api: Api | None, now: int, *, refresh: bool) -> Issued:
        """What must be written before the response leaves: a refresh token, and an opaque access token without an API.

        Where the API enforces it, no token carries more than its person may do now.
        """
        held = await self.rights.held(grant.account, api.identifier) if api and api.enforce_policies else None
        scope = scopes.permitted(scope, held)
        kept: list[Token] = []
        opaque, rotated = "", ""
        lifetime = claims.access_lifetime(grant, scope, client, api, now) if api else min(OPAQUE_LIVES, grant.ends_at - now)
        if api is None:
            opaque = self.mint.token()
            kept.append(Token(digest(opaque), "access", grant.id, now + lifetime, scope))
        if refresh:
            rotated = self.mint.token()
            ends_at = min(now + client.refresh_idle_lifetime, grant.created_at + client.refresh_lifetime, grant.ends_at)
            kept.append(Token(digest(rotated), "refresh", grant.id, ends_at, scope))
        return Issued(tuple(kept), opaque, rotated, lifetime, scope, held)

    def response(self, issued: Issued, grant: Grant, account: Account, client: Client, api: Api | None, catalogue: Catalogue, now: int) -> dict[str, object]:
        """The token response (RFC 6749, 5.1; OIDC Core 3.1.3.3)."""
        scope = issued.scope
        answer: dict[str, object] = {"access_token": issued.access_token, "token_type": "Bearer", "expires_in": issued.expires_in, "scope": " ".join(scope)}
        if api is not None:
            answer["access_token"] = self._access(issued, grant, client, api, catalogue, now)
        if issued.refresh_token:
            answer["refresh_token"] = issued.refresh_token
        if approved := _approved(issued, grant):
            answer["authorization_details"] = details.parsed(approved)
        if "openid" in scope:
            answer["id_token"] = self.id_token(grant, account, client, catalogue, scope, now)
        return answer

    def id_token(self, grant: Grant, account: Account, client: Client, catalogue: Catalogue, scope: tuple[str, ...], now: int) -> str:
        """An ID token, signed (OIDC Core 2)."""
        request = asked_by(grant)
        said = claims.id_token(self.issuer, grant, client, account, profile_of(account), scope, request.nonce, now, request.id_token_claims)
        return self.signer.sign(catalogue, client.id_token_alg, "JWT", said)

    def machine(self, client: Client, api: Api, scope: tuple[str, ...], catalogue: Catalogue, now: int) -> dict[str, object]:
        """A token for the client itself: nobody was authenticated, so it says nothing about that."""
        said = claims.machine_token(self.issuer, client, api, scope, self.mint.name(), now)
        token = self.signer.sign(catalogue, api.signing_alg, claims.typ(api), said)
        return {"access_token": token, "token_type": "Bearer", "expires_in": api.token_lifetime, "scope": " ".join(scope)}

    def _access(self, issued: Issued, grant: Grant, client: Client, api: Api, catalogue: Catalogue, now: int) -> str:
        jti = f"{grant.id}.{self.mint.name(size=12)}"
        said = claims.access_token(self.issuer, grant, client, api, issued.scope, jti, now, issued.expires_in, issued.held)
        if approved := _approved(issued, grant):
            said["authorization_details"] = details.parsed(approved)
        return self.signer.sign(catalogue, api.signing_alg, claims.typ(api), said)


def _approved(issued: Issued, grant: Grant) -> str:
    """What its person approved; nothing where they may not do what it was asked for with: an API that looks at the details alone would let them."""
    return asked_by(grant).authorization_details if set(grant.scope) <= set(issued.scope) else ""


def profile_of(account: Account) -> Mapping[str, object]:
    """What people and applications read of an account."""
    decoded: Mapping[str, object] = msgspec.json.decode(account.profile, type=dict[str, object])
    return decoded
