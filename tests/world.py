"""The whole house over a store in memory, with a clock that stands, and people and applications that live in it."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.http.browser import Browser, Page, call
from yett.adapters.folder import Folder
from yett.adapters.keys.signer import JoseSigner
from yett.adapters.sql.opening import open_store
from yett.config import parse
from yett.domain.account import Account
from yett.domain.client import Api, Client
from yett.domain.enrolment import Enrolment, State
from yett.domain.requirement import Requirement
from yett.domain.tenant import Tenant
from yett.flows.accounts import Births
from yett.flows.mfa_bearer import mfa_api
from yett.flows.mint import Mint, digest
from yett.flows.my_account import my_account
from yett.house.ground import Ground
from yett.house.served import house
from yett.main import EMAIL, FACTORS, PASSWORD

ISSUER = "http://localhost:8000/"
API = "https://api.example.test/"
BACK = "https://app.example.test/callback"
NOW = 1_800_000_000
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
REALM = "http://auth0.com/oauth/grant-type/password-realm"
MFA_OTP = "http://auth0.com/oauth/grant-type/mfa-otp"
MFA_OOB = "http://auth0.com/oauth/grant-type/mfa-oob"
MFA_RECOVERY = "http://auth0.com/oauth/grant-type/mfa-recovery-code"
PASSWORDLESS = "http://auth0.com/oauth/grant-type/passwordless/otp"
KEY = JoseSigner().new_key("RS256", NOW, "current")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def ahead(self) -> float:
        return 0.0


class PlainHasher:
    """Argon2id is tested where it lives; here a password is its own hash, and every look is counted."""

    def __init__(self) -> None:
        self.looks = 0

    async def hash(self, password: str) -> bytes:
        return b"plain:" + password.encode()

    def outdated(self, hashed: bytes) -> bool:
        return not hashed.startswith(b"plain:")

    async def verify(self, hashed: bytes | None, password: str) -> bool:
        self.looks += 1
        return hashed is not None and hashed == b"plain:" + password.encode()


@dataclass
class World:
    """What a test holds in its hands."""

    ground: Ground
    clock: Clock
    hasher: PlainHasher
    app: Any
    tenant: Tenant
    carrier: Any = None
    goodbye: Any = None
    secrets: dict[str, bytes] = field(default_factory=dict)

    @property
    def store(self) -> Any:
        return self.ground.store

    def browser(self, ip: str = "127.0.0.1") -> Browser:
        return Browser(self.app, ISSUER, ip=ip)

    async def configure(self, **change: Any) -> None:
        """Change the tenant's policy."""
        self.tenant = self.tenant._replace(**change)
        await self.store.configure((self.tenant,), (), ())

    async def person(self, name: str = "ada", *, totp: bool = True, verified: bool = False, **more: Any) -> Account:
        """An account with the password `secret of NAME`, and an authenticator whose key is `key of NAME`."""
        births = Births(self.ground.mint, PASSWORD, EMAIL)
        account = Account(f"auth0|{name}", f"{name}@example.test", verified, created_at=NOW, updated_at=NOW, **more)
        born = [births.password_of(account, b"plain:secret of " + name.encode()), *births.implicit(account)]
        if totp:
            self.secrets[name] = f"key of {name}".encode().ljust(20, b".")
            state = State(self.secrets[name], json.dumps({"algorithm": "SHA1", "digits": 6, "period": 30}).encode())
            born.append(Enrolment(f"totp|dev_{name}", account.id, "totp", state, created_at=NOW))
        assert await self.store.open_account(account, born, ())
        return account

    def enrolling(self, page: Page, name: str = "ada") -> None:
        """Take the key that this page shows into the person's app."""
        found = re.search(r"secret=([A-Z2-7]+)", page.text)
        assert found, page.screen
        self.secrets[name] = base64.b32decode(found[1] + "=" * (-len(found[1]) % 8))

    def code(self, name: str = "ada", step: int = 0) -> str:
        """The code that this person's app shows now, or `step` steps later."""
        return otp(self.secrets[name], self.clock.now // 30 + step)

    async def authorize(self, browser: Browser, client: str = "web", **params: str) -> Page:
        """An application sends the browser to us."""
        asked = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": BACK,
            "scope": "openid profile email",
            "state": "s1",
            "nonce": "n1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        asked |= params
        return await browser.get("/authorize?" + urlencode({name: value for name, value in asked.items() if value}))

    async def login(self, browser: Browser, name: str = "ada", *, second: bool = False, remember: bool = False, **params: str) -> Page:
        """Password, and the code where one is asked for, or `second` says that it will be."""
        page = await self.authorize(browser, **params)
        if page.screen == "login-id":
            page = await browser.submit(page, username=f"{name}@example.test")
        if page.screen == "login-password":
            page = await browser.submit(page, password=f"secret of {name}")
        if page.screen == "mfa-otp-challenge" or second:
            page = await self.prove(browser, page, name, remember=remember)
        return page

    async def login_until_code(self, browser: Browser, name: str = "ada") -> Page:
        """The page that asks for the code of an authenticator."""
        page = await self.authorize(browser, acr_values=MULTI_FACTOR)
        page = await browser.submit(page, username=f"{name}@example.test")
        return await browser.submit(page, password=f"secret of {name}")

    def all_have_read(self, many: int) -> None:
        """The next loads of an attempt wait for each other: each sees what is there before any of them has written."""
        scene, waiting, barrier = self.store.scene, list(range(many)), asyncio.Barrier(many)

        async def read(*args: Any) -> Any:
            found = await scene(*args)
            if waiting:
                waiting.pop()
                await barrier.wait()
            return found

        self.store.scene = read

    def limit(self, limiter: Any) -> None:
        """Put another limiter in the place of the one that there is."""
        pages = self.app.routes[0].handlers["GET"].__self__
        tokens = next(route for route in self.app.routes if route.path == "/oauth/token").handlers["POST"].__self__.tokens
        for one in (pages.login.asking, pages.login.prove, tokens.mfa):
            object.__setattr__(one, "limiter", limiter)

    async def prove(self, browser: Browser, page: Page, name: str = "ada", *, remember: bool = False) -> Page:
        """Type the code; the recovery codes that come along are saved."""
        assert page.screen == "mfa-otp-challenge", page.screen or page.url
        page = await browser.submit(page, code=self.code(name), **({"rememberBrowser": "true"} if remember else {}))
        self.clock.now += 30
        if page.screen == "mfa-recovery-code-enrollment":
            page = await browser.submit(page, action="saved")
        return page

    async def post(self, path: str, fields: Mapping[str, object], *, as_json: bool = False, **headers: str) -> tuple[int, Any]:
        """An application's own request."""
        body = json.dumps(fields).encode() if as_json else urlencode(fields).encode()
        kind = "application/json" if as_json else "application/x-www-form-urlencoded"
        status, _, answer = await call(self.app, "POST", path, headers={"content-type": kind, **headers}, body=body)
        return status, json.loads(answer) if answer else None

    async def token(self, **fields: object) -> tuple[int, Any]:
        return await self.post("/oauth/token", {"client_id": "web", "client_secret": "web's secret", **fields})

    async def exchange(self, page: Page, client: str = "web", **fields: object) -> tuple[int, Any]:
        """The code of a page that left for the application, for tokens."""
        asked = {"grant_type": "authorization_code", "code": page.query.get("code", ""), "redirect_uri": BACK, "code_verifier": VERIFIER}
        return await self.token(client_id=client, client_secret=f"{client}'s secret", **{**asked, **fields})

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        status, _, answer = await call(self.app, "GET", path, headers=headers)
        return status, json.loads(answer) if answer else None

    async def facts(self, type: str | None = None) -> list[Any]:
        found, _ = await self.store.facts(0, 1000, type=type)
        return list(found)

    async def mail(self) -> list[Mapping[str, Any]]:
        """What has left for mailboxes, the newest first."""
        return list(await self.carrier.peek(50))


def otp(secret: bytes, step: int) -> str:
    """RFC 6238 once more, so that tests do not ask the code under test."""
    mac = hmac.digest(secret, step.to_bytes(8), "sha1")
    at = mac[-1] & 15
    return str((int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 1_000_000).zfill(6)


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, unverified."""
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def essential(*values: str) -> str:
    """A claims parameter that wants one of these acr values, or no code."""
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


def clients() -> tuple[Client, ...]:
    """A web application, one that runs in the browser, another's web application, a machine, and the one that stands for the API."""
    grants = ("authorization_code", "refresh_token")
    web = Client(
        "web",
        "Web shop",
        secret=digest("web's secret"),
        callbacks=(BACK,),
        allowed_logout_urls=("https://app.example.test/bye",),
        grant_types=(*grants, REALM, "password", MFA_OTP, MFA_OOB, MFA_RECOVERY, PASSWORDLESS),
    )
    other = replace_client(web, id="other", name="Other shop", secret=digest("other's secret"))
    spa = Client("spa", "Single page", app_type="spa", auth_method="none", callbacks=(BACK,), web_origins=("https://app.example.test",), grant_types=grants)
    machine = Client("machine", "Machine", app_type="non_interactive", secret=digest("machine's secret"), grant_types=("client_credentials",))
    bank = Client("bank", "Bank", app_type="resource_server", secret=digest("bank's secret"), grant_types=(), resource_server=API)
    return web, other, spa, machine, bank


def replace_client(client: Client, **change: Any) -> Client:
    return client._replace(**change)


def api() -> Api:
    """An API whose scope transfer:funds demands multi-factor."""
    return Api(
        "api_1",
        API,
        "Bank",
        ("read:accounts", "transfer:funds"),
        allow_offline_access=True,
        scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,))},
    )


@asynccontextmanager
async def world(database: str = "memory:", folder: Path = Path("/nonexistent"), store: Any = None, **tenant: Any) -> AsyncIterator[World]:
    """A house with its applications, where one-time codes, e-mail and recovery codes are on."""
    clock, hasher = Clock(), PlainHasher()
    config = replace(parse({"dir": str(folder), "listen": "127.0.0.1:8000"}, {}), issuer=ISSUER, kek=base64.b64encode(b"k" * 32).decode())
    import os

    own = store is None
    store = store or await open_store(database, directory=folder, kek=config.kek)
    ground = Ground(config, Folder(folder), store, clock, Mint(clock, os.urandom), JoseSigner(), hasher, FACTORS, PASSWORD, EMAIL)  # type: ignore[arg-type]
    settings = Tenant(factors={"otp": True, "email": True, "recovery-code": True}, **tenant)
    await store.configure((settings, KEY, api(), my_account(ISSUER), mfa_api(ISSUER), *clients()), (), ())
    built = house(ground, None)
    made = World(ground, clock, hasher, built.asgi, settings)
    made.carrier, made.goodbye = built.background[0].__self__, built.background[2].__self__  # type: ignore[attr-defined]
    try:
        yield made
    finally:
        if own:
            await store.close()
