"""Codes by `oathtool`, of every kind, accepted once: by one server on SQLite, and by two at once on PostgreSQL."""

import base64
import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import serving
from tests.world import MFA_OTP, REALM
from yett.adapters.clock import SteadyClock, random_bytes
from yett.adapters.keys.hasher import Argon2
from yett.adapters.sql.opening import open_store
from yett.domain.account import Account
from yett.domain.client import Client
from yett.domain.enrolment import Enrolment, State
from yett.flows.accounts import Births
from yett.flows.mint import Mint, digest
from yett.main import PASSWORD

KINDS = list(product(("SHA1", "SHA256", "SHA512"), (6, 8), (30, 60)))
KEK = base64.b64encode(b"k" * 32).decode()
LENGTHS = {"SHA1": 20, "SHA256": 32, "SHA512": 64}


async def seed(url: str, folder: Path) -> dict[int, bytes]:
    """One account for each kind of code, in a store that a server has begun."""
    store = await open_store(url, directory=folder, kek=KEK)
    catalogue = await store.catalogue()
    tenant = catalogue.tenant._replace(factors={"otp": True}, policies=("all-applications",))
    await store.configure((tenant, Client("shop", "Shop", secret=digest("s"), grant_types=(REALM, MFA_OTP))), (), ())
    births, hashed, keys = Births(Mint(SteadyClock(), random_bytes), PASSWORD), await Argon2().hash("a long password"), {}
    for number, (algorithm, digits, period) in enumerate(KINDS):
        account = Account(f"auth0|{number}", f"p{number}@example.test")
        keys[number] = os.urandom(LENGTHS[algorithm])
        terms = json.dumps({"algorithm": algorithm, "digits": digits, "period": period}).encode()
        app = Enrolment(f"totp|dev_{number}", account.id, "totp", State(keys[number], terms))
        assert await store.open_account(account, (births.password_of(account, hashed), app), ())
    await store.close()
    return keys


def code(key: bytes, algorithm: str, digits: int, period: int) -> str:
    command = ["oathtool", f"--totp={algorithm.lower()}", "-d", str(digits), "-s", f"{period}s", key.hex()]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Shop:
    """An application at one of the nodes."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def token(self, **fields: str) -> dict[str, Any]:
        said: dict[str, Any] = self.http.post("oauth/token", data={"client_id": "shop", "client_secret": "s", **fields}).json()
        return said

    def attempt(self, number: int) -> str:
        said = self.token(grant_type=REALM, username=f"p{number}@example.test", password="a long password", scope="openid")
        return str(said["mfa_token"])

    def prove(self, mfa_token: str, otp: str) -> str:
        said = self.token(grant_type=MFA_OTP, mfa_token=mfa_token, otp=otp)
        return "accepted" if "access_token" in said else str(said["error"])


def once(shops: list[Shop], number: int, key: bytes) -> list[str]:
    """The same code at each node in the same moment, and once more afterwards."""
    attempts = [(shop, shop.attempt(number)) for shop in shops]
    again = shops[-1].attempt(number)
    shown = code(key, *KINDS[number])
    with ThreadPoolExecutor(len(shops)) as pool:
        answers = list(pool.map(lambda one: one[0].prove(one[1], shown), attempts))
    return [*sorted(answers), shops[-1].prove(again, shown)]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/yett.db"
    return str(request.getfixturevalue("postgres_url"))


async def test_row_3_every_kind_of_code_is_accepted_once_by_all_nodes_together(database: str, tmp_path: Path, free_port: Callable[[], int]) -> None:
    nodes = 2 if database.startswith("postgresql") else 1
    ports = [free_port() for _ in range(nodes)]
    flags = ("--database", database, "--issuer", f"http://localhost:{ports[0]}/")
    with serving(tmp_path, ports[0], *flags, YETT_KEK=KEK):
        pass
    keys = await seed(database, tmp_path)
    with ExitStack() as running:
        for number, port in enumerate(ports):
            folder = tmp_path / f"node{number}"
            folder.mkdir()
            running.enter_context(serving(folder, port, *flags, YETT_KEK=KEK))
        shops = [Shop(running.enter_context(httpx.Client(base_url=f"http://localhost:{port}/"))) for port in ports]
        found = {KINDS[number]: once(shops, number, key) for number, key in keys.items()}
    assert found == {kind: ["accepted", *["invalid_grant"] * nodes] for kind in KINDS}
