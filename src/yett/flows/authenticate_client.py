"""Which client a request is from: a secret is compared, an assertion is verified and used up (RFC 6749, 2.3; RFC 7523, 2.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.client import Client
from yett.domain.tenant import Catalogue
from yett.flows.mint import Mint, digest
from yett.oauth import assertion, clients, errors
from yett.ports import ClientKeys, Tokens


@dataclass(frozen=True, slots=True)
class AuthenticateClient:
    """The one way in for clients, at every endpoint that wants them proven. Raises OAuthError."""

    store: Tokens
    keys: ClientKeys
    mint: Mint
    issuer: str

    async def __call__(self, fields: Mapping[str, str], authorization: str, catalogue: Catalogue) -> Client:
        """Take the fields of the body and the Authorization header; the client may use the grant that they name."""
        token = assertion.presented(fields, authorization)
        if not token:
            return clients.authenticate(fields, authorization, catalogue.clients)
        client = catalogue.clients.get(fields.get("client_id") or self.keys.claimed(token))
        if client is None or client.auth_method != "private_key_jwt":
            raise errors.invalid_client()
        now = self.mint.clock()
        said = self.keys.verify(token, tuple(one for one in client.credentials if one.good(now)))
        once = assertion.judge(said, client.id, self.issuer, now)
        clients.may_use(client, fields)
        # Last of all: what was refused for another reason may be sent again, what was accepted may not.
        if not await self.store.spend(digest(f"assertion {client.id} {once.jti}"), once.until, now):
            raise errors.invalid_client()
        return client
