"""The keys by which applications authenticate themselves (RFC 7523): registered, put to use, ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.client import Client, Credential
from yett.domain.tenant import Catalogue
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.refused import Refused, absent, invalid
from yett.ports import ClientKeys

# As with Auth0: the one that is in use, and the one that takes its place.
MOST = 2


class NewKey(NamedTuple):
    """A public key as its owner gives it to us, in PEM. `by_certificate`: it ends with the certificate that it stands in."""

    pem: str
    alg: str = "RS256"
    name: str = ""
    kid: str = ""
    expires_at: int | None = None
    by_certificate: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """Each belongs to one application. It authenticates nobody before the application is told to use it."""

    configure: Configure
    keys: ClientKeys

    async def all(self, client: str) -> Sequence[Credential] | Refused:
        """Those of an application, the oldest first."""
        found = (await self.configure.current.latest()).clients.get(client)
        return found.credentials if found else absent("client")

    async def one(self, client: str, id: str) -> Credential | Refused:
        """One of them."""
        found = (await self.configure.current.latest()).clients.get(client)
        return (found and _of(found, id)) or absent("client credential")

    async def create(self, caller: Caller, client: str, new: NewKey) -> Credential | Refused:
        """Register a key."""
        made = self.made((new,))
        if isinstance(made, Refused):
            return made

        def added(old: Client) -> Client | Refused:
            if any(one.kid == made[0].kid for one in old.credentials):
                return Refused("taken", "The client has a credential with this kid already.", "resource_already_exists")
            if len(old.credentials) >= MOST:
                return invalid(f"A client has {MOST} credentials at most: delete one first.", "operation_not_supported")
            return old._replace(credentials=(*old.credentials, made[0]))

        done = await self._change(caller, client, made[0].id, added)
        return done if isinstance(done, Refused) else made[0]

    async def change(self, caller: Caller, client: str, id: str, expires_at: int | None) -> Credential | Refused:
        """When it ends; None: not by itself."""
        now = self.configure.mint.clock()
        if expires_at is not None and expires_at <= now:
            return invalid("expires_at must be in the future.")

        def changed(old: Client) -> Client | Refused:
            held = tuple(one._replace(expires_at=expires_at, updated_at=now) if one.id == id else one for one in old.credentials)
            return old._replace(credentials=held) if _of(old, id) else absent("client credential")

        done = await self._change(caller, client, id, changed)
        return done if isinstance(done, Refused) else _of(done.clients[client], id) or absent("client credential")

    async def delete(self, caller: Caller, client: str, id: str) -> Refused | None:
        """What it signs is believed no longer, at once; an application that has no other can no longer authenticate itself."""

        def without(old: Client) -> Client | Refused:
            return old._replace(credentials=tuple(one for one in old.credentials if one.id != id)) if _of(old, id) else absent("client credential")

        done = await self._change(caller, client, id, without)
        return done if isinstance(done, Refused) else None

    def made(self, new: Sequence[NewKey]) -> tuple[Credential, ...] | Refused:
        """The credentials of these keys, not yet in use."""
        if len(new) > MOST:
            return invalid(f"A client has {MOST} credentials at most.")
        held = []
        for one in new:
            made = self._made(one)
            if isinstance(made, Refused):
                return made
            held.append(made)
        return tuple(held) if len({one.kid for one in held}) == len(held) else invalid("Two credentials have the same kid.")

    def _made(self, new: NewKey) -> Credential | Refused:
        now = self.configure.mint.clock()
        try:
            key = self.keys.read(new.pem, new.alg)
        except ValueError as fault:
            return invalid(f"pem: {fault}.")
        ends_at = key.ends_at if new.by_certificate and new.expires_at is None else new.expires_at
        if ends_at is not None and ends_at <= now:
            return invalid("The credential would have ended already.")
        id = self.configure.mint.name("cred_", 16)
        return Credential(id, new.kid or key.thumbprint, new.alg, key.jwk, new.name, created_at=now, updated_at=now, expires_at=ends_at)

    async def _change(self, caller: Caller, client: str, id: str, edit: Callable[[Client], Client | Refused]) -> Catalogue | Refused:
        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = catalogue.clients.get(client)
            new = edit(old) if old else absent("client")
            return new if isinstance(new, Refused) else Edit((new,), (caller.fact(self.configure.mint, "sapi", client_id=client, credential=id),))

        return await self.configure.change(edited)


def authenticating(client: Client, uses: Sequence[str]) -> Client | Refused:
    """The application as these credentials of its own authenticate it, and no secret any longer."""
    known = {one.id for one in client.credentials}
    if not uses or not known.issuperset(uses):
        return invalid("client_authentication_methods names credentials of the client, one at least.")
    return client._replace(auth_method="private_key_jwt", credentials=tuple(one._replace(used=one.id in uses) for one in client.credentials))


def _of(client: Client, id: str) -> Credential | None:
    return next((one for one in client.credentials if one.id == id), None)
