"""Applications, and which APIs they may use for themselves."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yett.domain.client import Client, ClientGrant
from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Drop, Edit
from yett.flows.manage.credentials import Credentials, NewKey, authenticating
from yett.flows.manage.keys import missing
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.mint import digest
from yett.oauth.redirects import well_formed
from yett.ports import Signer

ORIGIN = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
# Plain http goes to this machine alone, and where it may be called at all is decided when it is.
TOLD_AT = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/]")


@dataclass(frozen=True, slots=True)
class Clients:
    """Applications. We keep the digest of a secret alone: it is told when it is made, and never again."""

    configure: Configure
    credentials: Credentials
    signer: Signer

    async def all(self) -> Sequence[Client]:
        """All of them, by id."""
        return sorted((await self.configure.current.latest()).clients.values(), key=lambda one: one.id)

    async def one(self, id: str) -> Client | Refused:
        """The application of this id."""
        return (await self.configure.current.latest()).clients.get(id) or absent("client")

    async def create(self, caller: Caller, draft: Client, keys: Sequence[NewKey] = ()) -> tuple[Client, str] | Refused:
        """A new application under a new id, with its secret ("" for a public one, and where `keys` authenticate it)."""
        held = self.credentials.made(keys)
        if isinstance(held, Refused):
            return held
        secret = "" if keys or draft.auth_method == "none" else self.configure.mint.token()
        new = draft._replace(id=self.configure.mint.name(size=24), secret=digest(secret) if secret else None, credentials=held)
        if keys:
            new = new._replace(auth_method="private_key_jwt", credentials=tuple(one._replace(used=True) for one in held))
        facts = (caller.fact(self.configure.mint, "sapi", client_id=new.id),)

        def edited(catalogue: Catalogue) -> Edit | Refused:
            fault = faulty(new, catalogue)
            return invalid(fault) if fault else self._edit(new, catalogue, facts)

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else (new, secret)

    async def change(self, caller: Caller, id: str, edit: Callable[[Client], Client], uses: Sequence[str] | None = None) -> Client | Refused:
        """Change an application; its id and secret stay as they are. With `uses` it is these credentials of its own that authenticate it."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = catalogue.clients.get(id)
            if old is None:
                return absent("client")
            new = edit(old)._replace(id=old.id, secret=old.secret, global_=old.global_, credentials=old.credentials)
            able = new if uses is None else authenticating(new, uses)
            if isinstance(able, Refused):
                return able
            fault = faulty(able, catalogue)
            return invalid(fault) if fault else self._edit(able, catalogue, (caller.fact(self.configure.mint, "sapi", client_id=id),))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else done.clients[id]

    async def rotate(self, caller: Caller, id: str) -> tuple[Client, str] | Refused:
        """A new secret; the old one is void at once."""
        secret = self.configure.mint.token()

        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = catalogue.clients.get(id)
            if old is None:
                return absent("client")
            facts = (caller.fact(self.configure.mint, "sapi", client_id=id, rotated=True),)
            return Edit((old._replace(secret=digest(secret)),), facts)

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else (done.clients[id], secret)

    async def delete(self, caller: Caller, id: str) -> Refused | None:
        """Delete an application and what it was granted; its tokens are void with it."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = catalogue.clients.get(id)
            if old is None:
                return absent("client")
            if old.global_:
                return invalid("The global client cannot be deleted.", "operation_not_supported")
            grants: list[Drop] = [("client_grant", one.id) for one in catalogue.grants if one.client == id]
            facts = (caller.fact(self.configure.mint, "sapi", client_id=id),)
            return Edit((), facts, (("client", id), *grants))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else None

    def _edit(self, new: Client, catalogue: Catalogue, facts: Sequence[Fact]) -> Edit:
        return Edit((new, *missing(self.signer, catalogue, new.id_token_alg, self.configure.mint.clock())), facts)


@dataclass(frozen=True, slots=True)
class ClientGrants:
    """Which scopes of an API an application may have for itself."""

    configure: Configure

    async def all(self, client: str | None = None, audience: str | None = None) -> Sequence[ClientGrant]:
        """Those of this application and API, by id."""
        grants = (await self.configure.current.latest()).grants
        wanted = (one for one in grants if client in {None, one.client} and audience in {None, one.audience})
        return sorted(wanted, key=lambda one: one.id)

    async def one(self, id: str) -> ClientGrant | Refused:
        """The grant of this id."""
        return _grant(await self.configure.current.latest(), id) or absent("client grant")

    async def create(self, caller: Caller, client: str, audience: str, scope: tuple[str, ...]) -> ClientGrant | Refused:
        """A new grant: one for each application and API."""
        new = ClientGrant(self.configure.mint.name("cgr_"), client, audience, scope)

        def edited(catalogue: Catalogue) -> Edit | Refused:
            if client not in catalogue.clients:
                return absent("client")
            if any(one.client == client and one.audience == audience for one in catalogue.grants):
                message = "The client already has a grant for this API."
                return Refused("taken", message, "resource_already_exists")
            return _unknown(catalogue, audience, scope) or self._edit(caller, new)

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else new

    async def change(self, caller: Caller, id: str, scope: tuple[str, ...]) -> ClientGrant | Refused:
        """Other scopes: tokens made before are good for no more than these."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = _grant(catalogue, id)
            if old is None:
                return absent("client grant")
            return _unknown(catalogue, old.audience, scope) or self._edit(caller, old._replace(scope=scope))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else _grant(done, id) or absent("client grant")

    async def delete(self, caller: Caller, id: str) -> Refused | None:
        """Take it away: tokens that rest on it are void at once."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            if _grant(catalogue, id) is None:
                return absent("client grant")
            return Edit((), (caller.fact(self.configure.mint, "sapi", grant_id=id),), (("client_grant", id),))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else None

    def _edit(self, caller: Caller, new: ClientGrant) -> Edit:
        told = {"grant_id": new.id, "client_id": new.client, "audience": new.audience, "scope": " ".join(new.scope)}
        return Edit((new,), (caller.fact(self.configure.mint, "sapi", **told),))


def _grant(catalogue: Catalogue, id: str) -> ClientGrant | None:
    return next((one for one in catalogue.grants if one.id == id), None)


def _unknown(catalogue: Catalogue, audience: str, scope: tuple[str, ...]) -> Refused | None:
    api = catalogue.apis.get(audience)
    if api is None:
        return absent("resource server")
    beyond = sorted(set(scope).difference(api.scopes))
    return invalid(f"The API has no scope {', '.join(beyond)}.") if beyond else None


def faulty(client: Client, catalogue: Catalogue) -> str:
    """What is wrong with an application; "" if nothing is.

    Its origins end up in a policy header, its callbacks in redirects: neither may say more than an address.
    """
    for url in filter(None, (*client.callbacks, *client.allowed_logout_urls, client.logout_url)):
        if not well_formed(url, native=client.app_type == "native"):
            return f"{url[:100]!r} is no absolute URL without wildcard, fragment or userinfo."
    if client.logout_url and not TOLD_AT.match(client.logout_url):
        return f"{client.logout_url[:100]!r} is no https URL at which the client could be told of a logout."
    for origin in client.web_origins:
        if not ORIGIN.fullmatch(origin):
            return f"{origin[:100]!r} is no origin."
    if "client_credentials" in client.grant_types and client.auth_method == "none":
        return "A client without a secret cannot have the client_credentials grant."
    if client.resource_server and client.resource_server not in catalogue.apis:
        return f"There is no API {client.resource_server[:100]!r} that the client could stand for."
    return ""
