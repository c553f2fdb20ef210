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
from yett.oauth import claims
from yett.ports import Signer

OPAQUE_LIVES = 86400


@dataclass(frozen=True)
class Issued:
    """Tokens that we keep digests of, and the values of all that are handed out once those are written."""

    kept: tuple[Token, ...]
    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Issue:
    """Makes the token response of a grant."""

    mint: Mint
    signer: Signer
    issuer: str

    def prepare(self, grant: Grant, scope: tuple[str, ...], client: Client, api: Api | None, now: int, *, refresh: bool) -> Issued:
        """What must be written before the response leaves: a refresh token, and an opaque access token without an API."""
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
        return Issued(tuple(kept), opaque, rotated, lifetime)

    def response(
        self, issued: Issued, grant: Grant, scope: tuple[str, ...], account: Account, client: Client, api: Api | None, catalogue: Catalogue, now: int
    ) -> dict[str, object]:
        """The token response (RFC 6749, 5.1; OIDC Core 3.1.3.3)."""
        answer: dict[str, object] = {"access_token": issued.access_token, "token_type": "Bearer", "expires_in": issued.expires_in, "scope": " ".join(scope)}
        if api is not None:
            answer["access_token"] = self._access(grant, scope, client, api, catalogue, now, issued.expires_in)
        if issued.refresh_token:
            answer["refresh_token"] = issued.refresh_token
        if "openid" in scope:
            request = asked_by(grant)
            said = claims.id_token(self.issuer, grant, client, account, profile_of(account), scope, request.nonce, now)
            answer["id_token"] = self.signer.sign(catalogue, client.id_token_alg, "JWT", said)
        return answer

    def machine(self, client: Client, api: Api, scope: tuple[str, ...], catalogue: Catalogue, now: int) -> dict[str, object]:
        """A token for the client itself: nobody was authenticated, so it says nothing about that."""
        said = claims.machine_token(self.issuer, client, api, scope, self.mint.name(), now)
        token = self.signer.sign(catalogue, api.signing_alg, claims.typ(api), said)
        return {"access_token": token, "token_type": "Bearer", "expires_in": api.token_lifetime, "scope": " ".join(scope)}

    def _access(self, grant: Grant, scope: tuple[str, ...], client: Client, api: Api, catalogue: Catalogue, now: int, lifetime: int) -> str:
        said = claims.access_token(self.issuer, grant, client, api, scope, f"{grant.id}.{self.mint.name(size=12)}", now, lifetime)
        return self.signer.sign(catalogue, api.signing_alg, claims.typ(api), said)


def profile_of(account: Account) -> Mapping[str, object]:
    """What people and applications read of an account."""
    decoded: Mapping[str, object] = msgspec.json.decode(account.profile, type=dict[str, object])
    return decoded
