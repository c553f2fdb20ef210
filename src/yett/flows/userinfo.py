"""/userinfo: claims about whoever the access token speaks of (OIDC Core 5.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yett.domain.account import Account
from yett.domain.session import Grant
from yett.flows.current import Current
from yett.flows.gate import stands
from yett.flows.issue import profile_of
from yett.flows.mint import Mint, digest
from yett.flows.steps import asked_by
from yett.oauth import claims, errors
from yett.ports import Signer, Store

# Of a compact JWS; an opaque token has no dot.
SEGMENTS = 3
GONE = "The access token is invalid or has expired."


@dataclass(frozen=True, slots=True)
class Userinfo:
    """Answers with the claims that the token's scopes allow; raises OAuthError."""

    store: Store
    current: Current
    signer: Signer
    mint: Mint
    issuer: str

    async def __call__(self, authorization: str, in_form: str) -> Mapping[str, object]:
        """One token, by one method (RFC 6750, 2)."""
        scheme, _, in_header = authorization.partition(" ")
        if in_header and in_form:
            raise errors.invalid_request("Send the access token by one method only.")
        token = in_form or (in_header.strip() if scheme.lower() == "bearer" else "")
        if not token:
            raise errors.invalid_token("An access token is needed.")
        return await (self._signed(token) if token.count(".") == SEGMENTS - 1 else self._opaque(token))

    async def _opaque(self, token: str) -> Mapping[str, object]:
        now = self.mint.clock()
        found = await self.store.token("access", digest(token), now)
        if found is None or found.token.expires_at <= now:
            raise errors.invalid_token(GONE)
        if not stands(found.grant, found.account, await self.current.at(found.version), now):
            raise errors.invalid_token(GONE)
        return self._told(found.account, found.grant, found.token.scope)

    async def _signed(self, token: str) -> Mapping[str, object]:
        """A JWT for an API is good here if it was made for us as well, and its grant still stands."""
        catalogue, now = await self.current.latest(), self.mint.clock()
        said = self.signer.verify(catalogue, token, ("JWT", "at+jwt"))
        scope = claims.judge_access(said, self.issuer, self.issuer + "userinfo", now)
        grant = str(said["jti"]).partition(".")[0] if said else ""
        found = await self.store.granted(grant, now)
        if found is None or not said or found.account.id != said["sub"] or not stands(found.grant, found.account, catalogue, now):
            raise errors.invalid_token(GONE)
        return self._told(found.account, found.grant, scope)

    def _told(self, account: Account, grant: Grant, scope: Sequence[str]) -> Mapping[str, object]:
        return claims.userinfo(account, profile_of(account), scope, asked_by(grant).userinfo_claims)
