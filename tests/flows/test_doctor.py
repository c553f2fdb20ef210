"""What the doctor says of what it finds, and that it says how to mend it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.operating import ISSUER, House, memory
from yett.domain.tenant import Catalogue, SigningKey, Tenant
from yett.flows.doctor import DAY, Doctor, Finding, Found, examine
from yett.flows.first_start import Ready
from yett.flows.gate import Gate
from yett.flows.health import Health

NOW = 1_800_000_000
KEY = SigningKey("k", "RS256", b"", b"{}", NOW - 30 * DAY)
CATALOGUE = Catalogue(3, 1, Tenant(factors={"otp": True}), {}, {}, (), (KEY,))
WELL = Found(
    now=NOW,
    issuer=ISSUER,
    listen_port=8000,
    loopback=True,
    embedded=True,
    demo=False,
    catalogue=CATALOGUE,
    marked=b"no",
    admin="id",
    admin_held="id",
    files={"admin.json": 0o600, "kek": 0o600},
    smtp={"mail.example": ""},
)


def judged(**found: Any) -> dict[str, Finding]:
    return {one.name: one for one in examine(WELL._replace(**found))}


def with_tenant(**tenant: Any) -> Catalogue:
    return CATALOGUE._replace(tenant=CATALOGUE.tenant._replace(**tenant))


def test_a_healthy_house_has_nothing_to_mend() -> None:
    assert {one.level for one in judged().values()} == {"ok"}


@pytest.mark.parametrize(
    "name,level,found",
    [
        ("store", "bad", {"catalogue": None, "store_says": "is open in another process"}),
        ("issuer", "warn", {"issuer": "https://192.0.2.7/"}),
        ("issuer", "warn", {"issuer": "http://localhost:9000/"}),
        ("issuer", "bad", {"loopback": False}),
        ("files", "bad", {"files": {"admin.json": 0o644, "kek": 0o600}}),
        ("kek", "warn", {"files": {"admin.json": 0o600}}),
        ("tls", "bad", {"tls_ends": NOW - DAY}),
        ("tls", "warn", {"tls_ends": NOW + DAY}),
        ("smtp", "warn", {"smtp": {}}),
        ("smtp", "bad", {"smtp": {"mail.example": "Connection refused"}}),
        ("smtp", "warn", {"smtp": {"mail.example": "Connection refused", "other.example": ""}}),
        ("clock", "bad", {"newest_fact": NOW + 31}),
        ("clock", "bad", {"ahead": 31.0}),
        ("keys", "bad", {"catalogue": CATALOGUE._replace(keys=())}),
        ("keys", "bad", {"catalogue": CATALOGUE._replace(keys=(KEY._replace(use="revoked"),))}),
        ("keys", "warn", {"catalogue": CATALOGUE._replace(keys=(KEY._replace(created_at=NOW - 400 * DAY),))}),
        ("admin", "warn", {"admin": None}),
        ("admin", "warn", {"admin_held": None}),
        ("admin", "bad", {"admin_held": "another"}),
        ("lockout", "bad", {"catalogue": with_tenant(policies=("all-applications",), factors={})}),
        ("lockout", "bad", {"catalogue": with_tenant(policies=("all-applications",), factors={"otp": False})}),
        ("lockout", "bad", {"catalogue": with_tenant(regime="nist-aal2", factors={})}),
        ("demo", "bad", {"marked": b"yes"}),
        ("demo", "bad", {"demo": True}),
        ("demo", "warn", {"demo": True, "marked": b"yes"}),
        ("regime", "bad", {"regime": "psd2"}),
        ("regime", "bad", {"catalogue": with_tenant(regime="nist-aal2", factors={"otp": True, "passkey": False})}),
        ("providers", "bad", {"providers": {"sms twilio": "auth_token is missing", "email smtp": ""}}),
        ("providers", "bad", {"providers": {"email smtp": ""}, "catalogue": with_tenant(factors={"sms": True})}),
        ("webauthn", "bad", {"issuer": "https://192.0.2.7/", "catalogue": with_tenant(factors={"webauthn-platform": True})}),
    ],
)
def test_what_is_wrong_is_found_and_can_be_mended(name: str, level: str, found: dict[str, Any]) -> None:
    finding = judged(**found)[name]
    assert finding.level == level
    assert finding.says
    assert finding.mend or level == "warn"


@pytest.mark.parametrize(
    "name,found",
    [
        ("issuer", {"issuer": "https://id.example/", "loopback": False}),
        ("kek", {"kek_from_file": False, "files": {}}),
        ("tls", {"issuer": "https://id.example/"}),
        ("tls", {"tls_ends": NOW + 90 * DAY}),
        ("smtp", {"demo": True, "smtp": {}}),
        ("smtp", {"smtp": {}, "providers": {"email postmark": ""}}),
        ("providers", {"providers": {"voice sip": ""}, "catalogue": with_tenant(factors={"sms": True})}),
        ("providers", {"providers": {}}),
        ("clock", {"newest_fact": NOW + 30}),
        ("lockout", {"catalogue": with_tenant(policies=("all-applications",))}),
        ("lockout", {"catalogue": with_tenant(factors={})}),
        ("regime", {"regime": "auth0"}),
        ("regime", {"catalogue": with_tenant(regime="nist-aal2", factors={"webauthn-roaming": True})}),
        ("webauthn", {"issuer": "https://id.example/", "catalogue": with_tenant(factors={"webauthn-platform": True})}),
    ],
)
def test_what_is_well_is_left_in_peace(name: str, found: dict[str, Any]) -> None:
    assert judged(**found)[name].level == "ok"


def test_a_store_that_cannot_be_read_hides_only_what_it_holds() -> None:
    assert set(judged(catalogue=None)) == {"store", "issuer", "files", "kek", "tls", "smtp"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with memory(tmp_path / "store") as store:
        made = House(store, tmp_path / "var")
        assert isinstance(await made.start("", demo=False), Ready)
        yield made


async def test_the_doctor_looks_at_the_store_and_at_admin_json(house: House) -> None:
    doctor = Doctor(house.store, house.files, WELL._replace(catalogue=None, marked=None, admin=None, admin_held=None), Gate({}))
    assert {one.name for one in await doctor() if one.level != "ok"} == set()
    house.files.write("admin.json", b'{"client_id": "old", "client_secret": "void"}')
    assert {one.name: one.level for one in await doctor()}["admin"] == "bad"


class Broken:
    """A store that is not to be reached."""

    async def version(self) -> int:
        raise ConnectionError


async def test_a_process_is_ready_while_its_store_answers_and_its_clock_is_right(house: House) -> None:
    assert await Health(house.store, lambda: 30.0)() == {}
    assert set(await Health(house.store, lambda: 31.0)()) == {"clock"}
    assert await Health(Broken(), lambda: 0.0)() == {"store": "ConnectionError"}  # type: ignore[arg-type]
