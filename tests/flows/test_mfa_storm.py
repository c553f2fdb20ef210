"""Every code grant of the MFA API under a storm, by two processes on PostgreSQL (attacks: rows 1, 3 and 14)."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.mfa import NUMBER, SHEET, email, phone, sheet
from tests.serving import serving
from tests.world import MFA_OOB, MFA_OTP, MFA_RECOVERY, PASSWORDLESS, REALM, otp
from yett.adapters.clock import SteadyClock, random_bytes
from yett.adapters.keys.hasher import Argon2
from yett.adapters.sql.opening import open_store
from yett.domain.account import Account
from yett.domain.client import Client
from yett.domain.code import code_of
from yett.domain.enrolment import Enrolment, State
from yett.factors.base import Ask
from yett.flows.accounts import Births
from yett.flows.mint import Mint, digest
from yett.flows.passwordless import _name
from yett.main import FACTORS, PASSWORD

KEK = base64.b64encode(b"k" * 32).decode()
GRANTS = (REALM, MFA_OTP, MFA_OOB, MFA_RECOVERY, PASSWORDLESS)
SHOP = {"client_id": "shop", "client_secret": "s"}
KEY = b"key of everybody...."
TOKENS, WRONG, RIGHT = 50, 500, 200
# What a storm may be told about a code, however many ask: as many verdicts as a stranger's share of the bucket.
VERDICTS = 9
KINDS = ("totp", "phone", "email", "recovery-code")

Answer = Mapping[str, Any]


def own(kind: str, name: str) -> Enrolment:
    match kind:
        case "totp":
            terms = json.dumps({"algorithm": "SHA1", "digits": 6, "period": 30}).encode()
            return Enrolment(f"totp|dev_{name}", f"auth0|{name}", "totp", State(KEY, terms))
        case "phone":
            return phone(name, NUMBER)._replace(id=f"phone|dev_{name}")
        case "email":
            return email(name)._replace(id=f"email|dev_{name}")
        case _:
            return sheet(name)


async def seed(url: str, folder: Path) -> None:
    """For each kind an account that is guessed at, and one whose right code is shown many times at once."""
    store = await open_store(url, directory=folder, kek=KEK)
    tenant = (await store.catalogue()).tenant._replace(
        factors={"otp": True, "sms": True, "email": True, "recovery-code": True}, policies=("all-applications",), passwordless=("email",)
    )
    await store.configure((tenant, Client("shop", "Shop", secret=digest("s"), grant_types=GRANTS)), (), ())
    births, hashed = Births(Mint(SteadyClock(), random_bytes), PASSWORD), await Argon2().hash("a long password")
    for kind in KINDS:
        for name in (f"{kind}-wrong", f"{kind}-right"):
            account = Account(f"auth0|{name}", f"{name}@example.test", True)
            assert await store.open_account(account, (births.password_of(account, hashed), own(kind, name)), ())
    await store.close()


class Storm:
    """Applications at both nodes, and a look into the store for what has been sent."""

    def __init__(self, nodes: Sequence[httpx.AsyncClient], store: Any) -> None:
        self.nodes, self.store, self.asked = nodes, store, 0

    async def token(self, **fields: str) -> Answer:
        self.asked += 1
        answer: Answer = (await self.nodes[self.asked % len(self.nodes)].post("oauth/token", data={**SHOP, **fields})).json()
        return answer

    async def held(self, name: str, many: int) -> list[str]:
        """As many mfa_tokens."""
        said = [await self.token(grant_type=REALM, username=f"{name}@example.test", password="a long password", scope="openid") for _ in range(many)]
        return [str(one["mfa_token"]) for one in said]

    async def question(self, kind: str, name: str, token: str) -> tuple[str, str]:
        """A question that is put without a message, and its code."""
        mint, attempt = Mint(SteadyClock(), random_bytes), token.partition(".")[0]
        seen = (await self.store.scene(attempt, digest(token), None, None, mint.clock())).attempt
        asked = FACTORS[kind].challenge((own(kind, name),), Ask(random_bytes(64), mint.clock(), mint.name(), attempt))._replace(send=())
        assert await self.store.ask(seen, asked, ())
        return f"{attempt}.{asked.id}", code_of(asked)

    async def way(self, kind: str, name: str, token: str) -> tuple[dict[str, str], str, str]:
        """The request but for its code, the name of the code's field, and the right one."""
        match kind:
            case "totp":
                return {"grant_type": MFA_OTP, "mfa_token": token}, "otp", otp(KEY, SteadyClock()() // 30)
            case "recovery-code":
                return {"grant_type": MFA_RECOVERY, "mfa_token": token}, "recovery_code", SHEET[0]
            case _:
                named, code = await self.question(kind, name, token)
                return {"grant_type": MFA_OOB, "mfa_token": token, "oob_code": named}, "binding_code", code


async def guessed(storm: Storm, kind: str) -> Counter[str]:
    """Five hundred wrong codes at once over fifty mfa_tokens, and the right one afterwards."""
    name = f"{kind}-wrong"
    ways = [await storm.way(kind, name, token) for token in await storm.held(name, TOKENS)]
    wrong = ((way, field, f"x{number:05}") for number in range(WRONG // TOKENS) for way, field, _ in ways)
    said = Counter(str(one["error"]) for one in await asyncio.gather(*(storm.token(**way, **{field: guess}) for way, field, guess in wrong)))
    way, field, right = ways[-1]
    assert (await storm.token(**way, **{field: right}))["error"] == "too_many_attempts", "the right one as well"
    return said


async def shown(storm: Storm, kind: str) -> Counter[bool]:
    """The same right code two hundred times at once."""
    name = f"{kind}-right"
    ways = [await storm.way(kind, name, token) for token in await storm.held(name, 1)]
    answers = await asyncio.gather(*(storm.token(**ways[0][0], **{ways[0][1]: ways[0][2]}) for _ in range(RIGHT)))
    return Counter("access_token" in one for one in answers)


async def without_password(storm: Storm) -> tuple[Counter[str], Counter[bool]]:
    """Passwordless codes: the right one many times at once, then guesses."""
    address, mint = "email-right@example.test", Mint(SteadyClock(), random_bytes)
    started = await storm.nodes[0].post("passwordless/start", json={**SHOP, "connection": "email", "email": address})
    assert started.status_code == 200, started.text
    id = _name(Client("shop", ""), "email", address)
    asked = (await storm.store.scene(id, digest(id), None, None, mint.clock())).challenge
    way = {"grant_type": PASSWORDLESS, "username": address, "realm": "email", "scope": "openid"}
    answers = await asyncio.gather(*(storm.token(**way, otp=code_of(asked)) for _ in range(RIGHT)))
    # A code to a mailbox is one factor: whoever wins is told that a login is wanted, and nobody else gets that far.
    once = Counter(one["error"] == "login_required" for one in answers)
    return Counter(str(one["error"]) for one in await asyncio.gather(*(storm.token(**way, otp=f"x{n}") for n in range(WRONG)))), once


# Thousands of requests at two servers: on a busy machine that takes its time.
@pytest.mark.timeout(600)
async def test_row_1_no_storm_sees_more_verdicts_than_there_are_tries_and_no_right_code_wins_twice(
    postgres_url: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    ports = [free_port(), free_port()]
    flags = ("--database", postgres_url, "--issuer", f"http://localhost:{ports[0]}/")
    with serving(tmp_path, ports[0], *flags, YETT_KEK=KEK):
        pass
    await seed(postgres_url, tmp_path)
    store = await open_store(postgres_url, directory=tmp_path, kek=KEK)
    with ExitStack() as running:
        for number, port in enumerate(ports):
            (folder := tmp_path / f"node{number}").mkdir()
            running.enter_context(serving(folder, port, *flags, YETT_KEK=KEK, YETT_ADDRESS_BURST="0"))
        limits = httpx.Limits(max_connections=25)
        async with (
            httpx.AsyncClient(base_url=f"http://localhost:{ports[0]}/", limits=limits, timeout=60) as one,
            httpx.AsyncClient(base_url=f"http://localhost:{ports[1]}/", limits=limits, timeout=60) as other,
        ):
            storm = Storm((one, other), store)
            guesses = {kind: await guessed(storm, kind) for kind in KINDS}
            wins = {kind: (await shown(storm, kind))[True] for kind in KINDS}
            first_guesses, first_wins = await without_password(storm)
    await store.close()
    for kind, said in {**guesses, "passwordless": first_guesses}.items():
        assert said["too_many_attempts"] >= WRONG - VERDICTS, kind
        assert said.total() == WRONG
    assert wins == dict.fromkeys(KINDS, 1)
    assert first_wins[True] == 1
