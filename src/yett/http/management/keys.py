"""keys/signing."""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from yett.domain.tenant import SigningKey
from yett.flows.manage.keys import Keys
from yett.http.management.certificates import Certified, certified
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Id, iso, settled


class KeyView(Struct, omit_defaults=True):
    """A signing key: its public half, in a certificate that nobody but itself has signed."""

    kid: str
    cert: str
    pkcs7: str
    fingerprint: str
    thumbprint: str
    current: bool | UnsetType = UNSET
    next: bool | UnsetType = UNSET
    previous: bool | UnsetType = UNSET
    current_since: str | UnsetType = UNSET
    current_until: str | UnsetType = UNSET
    revoked: bool | UnsetType = UNSET
    revoked_at: str | UnsetType = UNSET


class KeyName(Struct):
    """Which key it is."""

    kid: str
    cert: str


class KeysApi:
    """Handlers of keys/signing."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/keys/signing", self.all),
            Route("GET", "/keys/signing/{kid}", self.one),
            Route("POST", "/keys/signing/rotate", self.rotate, 201),
            Route("PUT", "/keys/signing/{kid}/revoke", self.revoke),
        )

    async def all(self) -> list[KeyView]:
        """All of them, the oldest first."""
        return [view(key) for key in await self.keys.all()]

    async def one(self, kid: Id) -> KeyView:
        """One of them."""
        return view(settled(await self.keys.one(kid)))

    async def rotate(self, request: Asked) -> KeyName:
        """The next key signs from now on; the one before is good for what it signed."""
        return _name(settled(await self.keys.rotate(request.auth)))

    async def revoke(self, request: Asked, kid: Id) -> KeyName:
        """What a key that signs no longer has signed is good no more."""
        return _name(settled(await self.keys.revoke(request.auth, kid)))


def view(key: SigningKey) -> KeyView:
    """The key as Auth0 shows it."""
    shown: Certified = certified(key)
    changed = iso(key.changed_at or key.created_at)
    return KeyView(
        key.kid,
        shown.cert,
        shown.pkcs7,
        shown.fingerprint,
        shown.thumbprint,
        current=key.use == "current" or UNSET,
        next=key.use == "next" or UNSET,
        previous=key.use in {"previous", "revoked"} or UNSET,
        current_since=changed if key.use == "current" else UNSET,
        current_until=changed if key.use == "previous" else UNSET,
        revoked=key.use == "revoked" or UNSET,
        revoked_at=changed if key.use == "revoked" else UNSET,
    )


def _name(key: SigningKey) -> KeyName:
    return KeyName(key.kid, certified(key).cert)
