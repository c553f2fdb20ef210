"""What --demo begins with."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.operating import House, memory
from yett.domain.assurance import MULTI_FACTOR
from yett.flows.demo_seed import Demo, readable
from yett.flows.first_start import Ready
from yett.flows.mint import digest
from yett.http.demo import STEP_UPS
from yett.oauth import details


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with memory(tmp_path / "store") as store:
        yield House(store, tmp_path / "var")


async def seeded(house: House) -> Demo:
    demo = house.seed.demo()
    ready = await house.start("", demo=True, seed=house.seed.changes(demo))
    assert isinstance(ready, Ready)
    await house.seed(demo, ready.catalogue)
    return demo


async def test_a_demo_has_an_application_an_api_and_a_user(house: House) -> None:
    demo = await seeded(house)
    catalogue = await house.store.catalogue()
    client, api = catalogue.clients[demo.client_id], catalogue.apis[demo.api]
    account = await house.store.find(demo.email)
    assert account is not None
    assert account.email_verified
    assert client.callbacks == ("http://localhost:8000/demo/callback",)
    assert client.secret == digest(demo.client_secret)
    assert "http://auth0.com/oauth/grant-type/password-realm" in client.grant_types
    assert api.scope_requirements["transfer:funds"].acrs == (MULTI_FACTOR,)
    assert [details.fault(kind) for kind in api.details] == [""]
    assert details.words(details.judge(STEP_UPS["approve"][1]["authorization_details"], api), api, "de") == "1250.00 EUR an Grace Hopper zahlen"
    assert catalogue.tenant.factors == dict.fromkeys(("otp", "recovery-code", "email", "sms"), True)


async def test_a_demo_stays_what_it_was(house: House) -> None:
    first = await seeded(house)
    version = await house.store.version()
    assert await seeded(house) == first
    assert await house.store.version() == version


async def test_what_is_printed_is_what_the_file_says(house: House) -> None:
    demo = await seeded(house)
    kept = json.loads(house.files.read("demo.json") or b"")
    assert house.files.mode("demo.json") == 0o600
    assert kept["issuer"] == "http://localhost:8000/"
    assert (kept["email"], kept["password"], kept["client_id"]) == (demo.email, demo.password, demo.client_id)


async def test_factors_that_were_switched_off_stay_off(house: House) -> None:
    await seeded(house)
    tenant = (await house.store.catalogue()).tenant
    await house.store.configure((tenant._replace(factors={}),), (), ())
    await seeded(house)
    assert (await house.store.catalogue()).tenant.factors == {}


async def test_a_lost_demo_json_gives_the_user_the_password_that_is_printed(house: House, tmp_path: Path) -> None:
    await seeded(house)
    (tmp_path / "var" / "demo.json").unlink()
    demo = await seeded(house)
    account = await house.store.find(demo.email)
    assert account is not None
    found = await house.store.account(account.id)
    assert found is not None
    assert b"hash of " + demo.password.encode() in {one.state.secret for one in found[1]}
    assert demo.client_id in (await house.store.catalogue()).clients


async def test_the_application_follows_the_issuer(house: House, tmp_path: Path) -> None:
    await seeded(house)
    moved = House(house.store, tmp_path / "var", "https://localhost:9443/")
    demo = await seeded(moved)
    assert (await house.store.catalogue()).clients[demo.client_id].callbacks == ("https://localhost:9443/demo/callback",)


def test_random_bytes_become_words_that_can_be_read_aloud() -> None:
    # From the proquint proposal: 127.0.0.1 and 63.84.220.193.
    assert readable(bytes([127, 0, 0, 1])) == "lusab-babad"
    assert readable(bytes([63, 84, 220, 193])) == "gutih-tugad"
