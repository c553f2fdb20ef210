"""The management API over a store in memory: a clock that stands, a hash that is none, keys that are real."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx

from tests.carrying import carrier
from yett.adapters.budget import ProcessLimiter
from yett.adapters.deliver.outbound import Outbound
from yett.adapters.deliver.shelf import Shelf
from yett.adapters.keys.assertions import AssertionKeys
from yett.adapters.keys.blocklist import common
from yett.adapters.keys.signer import JoseSigner
from yett.adapters.sql.opening import open_store
from yett.adapters.sql.store import SqlStore
from yett.domain.account import Account
from yett.domain.client import Api, Client, ClientGrant
from yett.domain.enrolment import Enrolment, State
from yett.domain.session import Grant
from yett.domain.tenant import Contract, SigningKey, Tenant
from yett.factors.base import Factor
from yett.factors.email import Email
from yett.factors.password import Password
from yett.factors.phone import Phone
from yett.factors.recovery import Recovery
from yett.factors.totp import Totp
from yett.factors.webauthn.factor import WebAuthn
from yett.flows.accounts import Births
from yett.flows.current import Current
from yett.flows.forgot import Forgot
from yett.flows.manage.access import Access
from yett.flows.manage.apis import Apis
from yett.flows.manage.bindings import Bindings
from yett.flows.manage.clients import ClientGrants, Clients
from yett.flows.manage.configure import Configure
from yett.flows.manage.consents import Consents
from yett.flows.manage.contracts import Contracts
from yett.flows.manage.credentials import Credentials
from yett.flows.manage.enrolments import Enrolments
from yett.flows.manage.guardian import Guardian
from yett.flows.manage.imports import Imports
from yett.flows.manage.jobs import Jobs
from yett.flows.manage.keys import Keys
from yett.flows.manage.letters import Letters
from yett.flows.manage.logs import Logs
from yett.flows.manage.relying import RelyingParties
from yett.flows.manage.roles import Roles
from yett.flows.manage.telephone import Telephone
from yett.flows.manage.tenant import TenantSettings
from yett.flows.manage.users import Users
from yett.flows.manage.wording import Wording
from yett.flows.mint import Mint, digest
from yett.flows.tickets import Tickets
from yett.flows.trial import Trial
from yett.house.management import sayable
from yett.http.management.app import build
from yett.http.management.table import SCOPES
from yett.http.management.verbs import Manage
from yett.ports import Busy, Letter, Provider, Sent

ISSUER = "http://localhost:8000/"
AUDIENCE = ISSUER + "api/v2/"
NOW = 1_800_000_000
ADMIN, SHOP = "admin-client", "shop-client"
KEYS = (WebAuthn("passkey", 90), WebAuthn("webauthn-roaming", 70))
FACTORS: Mapping[str, Factor] = {one.kind: one for one in (Password(), *KEYS, Totp(), Email(), Phone(), Recovery())}


class Clock:
    """Stands until it is moved."""

    now = NOW

    def __call__(self) -> int:
        return self.now


class Bytes:
    """Never the same twice."""

    count = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(size)


class PlainHasher:
    """No hash at all, and a pool that may be full."""

    full = False

    async def hash(self, password: str) -> bytes:
        if self.full:
            raise Busy
        return b"plain:" + password.encode()

    def outdated(self, hashed: bytes) -> bool:
        return not hashed.startswith(b"plain:")

    async def verify(self, hashed: bytes | None, password: str) -> bool:
        return hashed == b"plain:" + password.encode()


@cache
def key_of(use: str) -> SigningKey:
    """Keys are slow to make; tests share them."""
    return JoseSigner().new_key("RS256", NOW - 1000, use)


class Stand:
    """The store of the test that runs: so the application, which is slow to build, is built once."""

    target: SqlStore

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


class Taking:
    """A provider that takes everything, unless it is told to refuse."""

    name = "taking"

    def __init__(self) -> None:
        self.taken: list[Letter] = []
        self.refuses: Exception | None = None

    async def send(self, letter: Letter) -> Sent:
        self.taken.append(letter)
        if self.refuses:
            raise self.refuses
        return Sent("SM1")


class Building:
    """All that does not change from test to test."""

    def __init__(self) -> None:
        self.stand, self.clock, self.hasher, self.posted = Stand(), Clock(), PlainHasher(), 0
        store = cast("Any", self.stand)
        self.mint, self.signer, self.current = Mint(self.clock, Bytes()), JoseSigner(), Current(store)
        births = Births(self.mint, FACTORS["password"], FACTORS["email"])
        configure = Configure(store, self.current, self.mint)
        self.provider = Taking()
        shelf = Shelf(Outbound(), self.clock, "", lambda *_: None)
        carried = carrier(store, (), self.clock)
        carried.roster.make, carried.current = self.made, self.current
        self.roster = carried.roster
        contracts, wording = Contracts(configure, shelf, Trial(carried)), Wording(configure, sayable, Trial(carried))
        enrolments = Enrolments(store, self.current, self.mint, FACTORS, births, self.post, ISSUER.rstrip("/"))
        self.manage = Manage(
            Access(store, self.current, self.signer, self.mint, ISSUER),
            Guardian(configure, ISSUER),
            RelyingParties(configure, ISSUER),
            Clients(configure, Credentials(configure, AssertionKeys()), self.signer),
            ClientGrants(configure),
            Apis(configure, ISSUER, self.signer),
            Users(store, self.current, self.mint, self.hasher, births, common, self.post),
            enrolments,
            Logs(store),
            Keys(configure, self.signer),
            TenantSettings(configure),
            Roles(store, self.current, self.mint),
            Jobs(store, Imports(Bindings(enrolments))),
            Letters(store, Forgot(store, Tickets(store, self.current, self.mint, ISSUER), ProcessLimiter(), self.mint, self.post)),
            contracts,
            wording,
            Telephone(contracts, wording),
            Consents(store, self.mint, ISSUER),
        )
        self.app = build(lambda: self.manage)

    def made(self, channel: str, contract: Contract) -> Provider:
        """Whoever the contract is with: what is sent is seen here."""
        return self.provider

    def post(self) -> None:
        self.posted += 1

    def begin(self, store: SqlStore) -> None:
        """As it was before the first test."""
        self.provider.taken, self.provider.refuses, self.roster.own = [], None, {}
        self.stand.target, self.clock.now, self.hasher.full, self.posted = store, NOW, False, 0
        self.current.__init__(cast("Any", self.stand))  # type: ignore[misc]


@cache
def shared() -> Building:
    return Building()


class House:
    """One store, one administrator, one application without any grant."""

    def __init__(self, store: SqlStore, building: Building) -> None:
        building.begin(store)
        self.provider = building.provider
        self.store, self.building = store, building
        self.clock, self.hasher, self.mint, self.signer = building.clock, building.hasher, building.mint, building.signer
        self.current, self.manage = building.current, building.manage
        transport = httpx.ASGITransport(building.app)
        self.http = httpx.AsyncClient(transport=transport, base_url=AUDIENCE)
        self.token = ""

    @property
    def posted(self) -> int:
        """How often whoever carries messages out was woken."""
        return self.building.posted

    async def settle_in(self) -> None:
        """The first start."""
        machine = Client(ADMIN, "Admin", secret=digest("s"), grant_types=("client_credentials",), app_type="non_interactive")
        put = (
            Tenant(factors={"otp": True, "email": True, "recovery-code": True}),
            machine,
            Client(SHOP, "Shop", callbacks=("https://shop.example/cb",)),
            Api("management", AUDIENCE, "Management", scopes=SCOPES),
            ClientGrant("cgr_admin", ADMIN, AUDIENCE, SCOPES),
            key_of("current"),
            key_of("next"),
        )
        await self.store.configure(put, (), ())
        self.token = await self.bearer()

    async def bearer(self, scope: Sequence[str] = SCOPES, /, typ: str = "JWT", **claims: object) -> str:
        """A token of the administrator; a claim of None is left out."""
        said: dict[str, object] = {
            "iss": ISSUER,
            "sub": f"{ADMIN}@clients",
            "aud": AUDIENCE,
            "iat": self.clock.now,
            "exp": self.clock.now + 86400,
            "azp": ADMIN,
            "client_id": ADMIN,
            "gty": "client-credentials",
            "scope": " ".join(scope),
            "jti": "machine",
            **claims,
        }
        told = {name: value for name, value in said.items() if value is not None}
        return self.signer.sign(await self.current.latest(), "RS256", typ, told)

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any) -> httpx.Response:
        """A request of the administrator."""
        bearer = self.token if token is None else token
        headers = {**({"authorization": f"Bearer {bearer}"} if bearer else {}), **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **query: Any) -> Any:
        """The body of a good answer."""
        answer = await self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def account(self, name: str = "ada", *, kinds: Sequence[str] = ("password", "totp"), **more: Any) -> Account:
        """An account with active enrolments of these kinds."""
        one = Account(f"auth0|{name}", f"{name}@example.com", email_verified=True, created_at=NOW, **more)
        has = [Enrolment(f"{kind}|dev_{name}", one.id, kind, State(b"secret", b"[]"), created_at=NOW) for kind in kinds]
        assert await self.store.open_account(one, has, ())
        return one

    async def ensure(self, name: str) -> None:
        """An account that may have been deleted meanwhile."""
        if await self.store.account(f"auth0|{name}") is None:
            await self.account(name)

    async def grant(self, account: Account, id: str = "grant") -> Grant:
        """A grant of the account to the shop."""
        one = Grant(id, account.id, SHOP, NOW, NOW + 86400, (), ())
        await self.store.grant(one, (), ())
        return one

    async def facts(self, type: str) -> list[Any]:
        """Facts of this type, the oldest first."""
        found, _ = await self.store.facts(0, 100, type=type, newest_first=False)
        return list(found)

    async def notices(self) -> list[tuple[str, str]]:
        """Template and recipient of what is on its way out, the oldest first."""
        found = await self.store.outgoing(100)
        return [(one.message.template, one.message.to) for one in reversed(found)]


@contextlib.asynccontextmanager
async def opened(folder: Path, building: Building | None = None) -> AsyncIterator[House]:
    """A house for one test; two at once want a building each."""
    store = await open_store("memory:", directory=folder)
    house = House(store, building or shared())
    try:
        await house.settle_in()
        yield house
    finally:
        await house.http.aclose()
        await store.close()
