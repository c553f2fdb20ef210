"""/oauth/introspect: whether a token is good now, and whether its one use is still to be had (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.client import Client
from yett.domain.tenant import Catalogue
from yett.flows.authenticate_client import AuthenticateClient
from yett.flows.current import Current
from yett.flows.gate import stands, within_regime
from yett.flows.mint import Mint, digest
from yett.oauth import claims, errors, introspection
from yett.oauth.person import Said
from yett.ports import Signer, Store

TYPS = ("JWT", "at+jwt")
# Of a compact JWS; an opaque token has no dot.
SEGMENTS = 3


@dataclass(frozen=True, slots=True)
class Introspect:
    """Answers a client that has authenticated itself; raises OAuthError. Whoever may not know is told what holds for a token that never was."""

    store: Store
    current: Current
    signer: Signer
    admit: AuthenticateClient
    mint: Mint
    issuer: str

    async def __call__(self, fields: Mapping[str, str], authorization: str) -> Mapping[str, object]:
        """Take the decoded fields of the body and the Authorization header."""
        catalogue = await self.current.latest()
        client = await self.admit(fields, authorization, catalogue)
        if client.auth_method == "none":
            # Anybody can say that they are a public client: they could try tokens here (4).
            raise errors.invalid_client()
        asked = introspection.parse(fields)
        if asked.token.count(".") == SEGMENTS - 1:
            return await self._signed(asked, client, catalogue)
        return await self._kept(asked, client, catalogue)

    async def _signed(self, asked: introspection.Inquiry, client: Client, catalogue: Catalogue) -> Mapping[str, object]:
        """A JWT access token: what it says is good for as long as what it rests on stands."""
        now = self.mint.clock()
        said = introspection.access(self.signer.verify(catalogue, asked.token, TYPS), self.issuer, client, now)
        if said is None or not await self._stands(said, catalogue, now):
            return introspection.INACTIVE
        once = said.get(claims.ONE_USE) is True
        if asked.consume and not once:
            raise errors.not_for_one_use()
        if once and not await self._unspent(asked, said, client, now):
            return introspection.INACTIVE
        return introspection.answer(said)

    async def _unspent(self, asked: introspection.Inquiry, said: Said, client: Client, now: int) -> bool:
        """Whether its use is still to be had; where it is to be consumed, that is asked and done in one commit, and one alone hears yes."""
        name, grant = digest(f"jti {said['jti']}"), introspection.grant_of(said)
        if not asked.consume:
            return not await self.store.spent(name)
        told = {"grant": grant, "scope": said["scope"], "audience": str(said["aud"])}
        return await self.store.spend(name, int(str(said["exp"])), now, (self.mint.fact("one_use", str(said["sub"]), client.id, **told),), grant)

    async def _stands(self, said: Said, catalogue: Catalogue, now: int) -> bool:
        """Whether there still are its client, its API, and the grant that it names in front of its jti; a machine's token rests on the client's own."""
        api = next((catalogue.apis[str(one)] for one in claims.audiences(said) if one in catalogue.apis), None)
        if api is None or said["client_id"] not in catalogue.clients:
            return False
        grant = introspection.grant_of(said)
        if not grant:
            held = next((one.scope for one in catalogue.grants if (one.client, one.audience) == (said["client_id"], api.identifier)), None)
            return held is not None and set(str(said["scope"]).split()) <= set(held)
        found = await self.store.granted(grant, now)
        return found is not None and found.account.id == said["sub"] and stands(found.grant, found.account, catalogue, now)

    async def _kept(self, asked: introspection.Inquiry, client: Client, catalogue: Catalogue) -> Mapping[str, object]:
        """An opaque access token or a refresh token: nobody's business but their client's."""
        now = self.mint.clock()
        for kind in ("access", "refresh"):
            found = await self.store.token(kind, digest(asked.token), now)
            if found is None or found.grant.client != client.id or found.account.blocked:
                continue
            grant = within_regime(found.grant, catalogue)
            used = found.token.used_at is not None and client.rotating
            if used or min(found.token.expires_at, grant.ends_at) <= now:
                return introspection.INACTIVE
            if asked.consume:
                raise errors.not_for_one_use()
            return introspection.kept(self.issuer, found.token, grant)
        return introspection.INACTIVE
