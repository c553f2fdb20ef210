"""The administrator's own client: DIR/admin.json, its replacement, and the management API that it is for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from yett.domain.client import Api, Client, ClientGrant
from yett.domain.tenant import Catalogue
from yett.flows.mfa_bearer import mfa_api
from yett.flows.mint import Mint, digest
from yett.flows.my_account import my_account
from yett.ports import Change, Configuration, Files

ADMIN = "admin.json"
MANAGEMENT = "management"


class Refusal(NamedTuple):
    """Why the server does not start, or the verb is not done."""

    reason: str


class Credentials(NamedTuple):
    """A machine-to-machine client with every management scope."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Administrator:
    """Knows the client that `admin.json` names; the store remembers which one it is."""

    store: Configuration
    mint: Mint
    files: Files
    issuer: str
    scopes: tuple[str, ...]

    @property
    def audience(self) -> str:
        """The identifier of the management API."""
        return f"{self.issuer}api/v2/"

    def credentials(self) -> Credentials:
        """New ones, which nobody else knows."""
        return Credentials(self.mint.name(size=24), self.mint.token())

    def changes(self, new: Credentials) -> Sequence[Change]:
        """The client, its API, and the grant of every scope."""
        client = Client(
            id=new.client_id,
            name="Administrator (admin.json)",
            app_type="non_interactive",
            secret=digest(new.client_secret),
            grant_types=("client_credentials",),
        )
        grant = ClientGrant(_grant_of(client.id), client.id, self.audience, self.scopes)
        api = Api(MANAGEMENT, self.audience, "Yett Management API", extra=b'{"is_system":true}')
        return client, grant, self._own(api), my_account(self.issuer), mfa_api(self.issuer)

    def write(self, new: Credentials) -> None:
        """DIR/admin.json."""
        whole = {"issuer": self.issuer, "domain": urlsplit(self.issuer).netloc, "audience": self.audience, **new._asdict()}
        self.files.write(ADMIN, json.dumps(whole, indent=2).encode() + b"\n")

    async def reset(self) -> Credentials | Refusal:
        """New credentials; the old client is gone, and with it its secret and whatever its tokens could do."""
        seen = await self.store.remembered("admin")
        if seen is None:
            return Refusal("this store was never started")
        new, old = self.credentials(), seen.decode()
        fact = self.mint.fact("sapi", None, new.client_id, description="The administrator's credentials were replaced", replaced=old)
        # The old client goes first: what is interrupted here leaves no credentials that work, never two.
        await self.store.configure(self.changes(new), (("client", old), ("client_grant", _grant_of(old))), (fact,))
        if not await self.store.keep("admin", seen, new.client_id.encode()):
            await self.store.configure((), (("client", new.client_id), ("client_grant", _grant_of(new.client_id))), ())
            return Refusal("somebody else replaced the credentials in the same moment")
        self.write(new)
        return new

    async def follow(self, catalogue: Catalogue) -> Catalogue:
        """Our own APIs stand below the issuer and have the scopes of this release: both may have changed."""
        api = next((one for one in catalogue.apis.values() if one.id == MANAGEMENT), None)
        if api is None or all(one in catalogue.apis.values() for one in (self._own(api), my_account(self.issuer), mfa_api(self.issuer))):
            return catalogue
        admin = (await self.store.remembered("admin") or b"").decode()
        grants = [self._followed(one, admin) for one in catalogue.grants if one.audience == api.identifier]
        fact = self.mint.fact("sapi", None, None, description="Our own APIs follow the issuer", audience=self.audience)
        await self.store.configure((self._own(api), my_account(self.issuer), mfa_api(self.issuer), *grants), (), (fact,))
        held = held_in(self.files)
        if held and held.client_id == admin:
            self.write(held)
        return await self.store.catalogue()

    def _own(self, api: Api) -> Api:
        return api._replace(identifier=self.audience, scopes=self.scopes)

    def _followed(self, grant: ClientGrant, admin: str) -> ClientGrant:
        return grant._replace(audience=self.audience, scope=self.scopes if grant.client == admin else grant.scope)


def issuer_in(catalogue: Catalogue) -> str | None:
    """The issuer that the store was last served under: what stands above its management API."""
    api = next((one for one in catalogue.apis.values() if one.id == MANAGEMENT), None)
    return api.identifier.removesuffix("api/v2/") if api else None


def held_in(files: Files) -> Credentials | None:
    """What DIR/admin.json holds; None where it is missing or is not what we wrote."""
    try:
        whole = json.loads(files.read(ADMIN) or b"")
        return Credentials(str(whole["client_id"]), str(whole["client_secret"]))
    except (ValueError, KeyError, TypeError):
        return None


def _grant_of(client: str) -> str:
    return f"cgr_{client}"
