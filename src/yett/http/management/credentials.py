"""clients/{id}/credentials: the keys by which applications authenticate themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.client import Credential
from yett.flows.manage.credentials import Credentials, NewKey
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Id, iso, or_else, settled

Algorithm = Literal["RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519"]
When = Annotated[datetime, Meta(tz=True)]


class PublicKeyCredential(Body, kw_only=True):
    """A public key, or a certificate that holds one, in PEM."""

    credential_type: Literal["public_key"]
    pem: Annotated[str, Meta(min_length=1, max_length=16384)]
    name: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    alg: Algorithm = "RS256"
    parse_expiry_from_cert: bool = False
    expires_at: When | UnsetType | None = UNSET
    kid: Annotated[str, Meta(pattern="^[0-9a-zA-Z_-]{10,64}$")] | UnsetType = UNSET


class ChangedCredential(Body):
    """When it ends; null: not by itself."""

    expires_at: When | None


class CredentialView(Struct, omit_defaults=True):
    """A credential; the key itself is its owner's to know."""

    id: str
    kid: str
    alg: str
    name: str
    credential_type: Literal["public_key"]
    created_at: str
    updated_at: str
    expires_at: str | UnsetType = UNSET


class CredentialsApi:
    """Handlers of clients/{id}/credentials."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/clients/{id}/credentials", self.all),
            Route("POST", "/clients/{id}/credentials", self.create, 201),
            Route("GET", "/clients/{id}/credentials/{credential_id}", self.one),
            Route("PATCH", "/clients/{id}/credentials/{credential_id}", self.change),
            Route("DELETE", "/clients/{id}/credentials/{credential_id}", self.delete, 204),
        )

    async def all(self, id: Id) -> list[CredentialView]:
        """Those of an application."""
        return [view(one) for one in settled(await self.credentials.all(id))]

    async def create(self, request: Asked, id: Id, data: JSONBody[PublicKeyCredential]) -> CredentialView:
        """A new one; the application uses it once its `client_authentication_methods` name it."""
        return view(settled(await self.credentials.create(request.auth, id, new_key(data))))

    async def one(self, id: Id, credential_id: Id) -> CredentialView:
        """One of them."""
        return view(settled(await self.credentials.one(id, credential_id)))

    async def change(self, request: Asked, id: Id, credential_id: Id, data: JSONBody[ChangedCredential]) -> CredentialView:
        """When it ends."""
        ends_at = None if data.expires_at is None else int(data.expires_at.timestamp())
        return view(settled(await self.credentials.change(request.auth, id, credential_id, ends_at)))

    async def delete(self, request: Asked, id: Id, credential_id: Id) -> None:
        """What it signs is believed no longer."""
        settled(await self.credentials.delete(request.auth, id, credential_id))


def new_key(body: PublicKeyCredential) -> NewKey:
    """The key that a body describes."""
    ends_at = or_else(body.expires_at, None)
    seconds = int(ends_at.timestamp()) if ends_at else None
    return NewKey(body.pem, body.alg, or_else(body.name, ""), or_else(body.kid, ""), seconds, body.parse_expiry_from_cert)


def view(one: Credential) -> CredentialView:
    """The credential as it is shown."""
    ends_at = UNSET if one.expires_at is None else iso(one.expires_at)
    return CredentialView(one.id, one.kid, one.alg, one.name, "public_key", iso(one.created_at), iso(one.updated_at), ends_at)
