"""The first start, and what later starts refuse."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from tests.flows.operating import ISSUER, SCOPES, House, Slow, memory
from yett.adapters.sql.store import SqlStore
from yett.domain.client import Client
from yett.flows.administrator import Refusal
from yett.flows.first_start import LOOKS, Ready
from yett.flows.mint import digest
from yett.flows.my_account import my_account


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with memory(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def house(store: SqlStore, tmp_path: Path) -> House:
    return House(store, tmp_path / "var")


async def started(house: House, regime: str = "", *, demo: bool = False) -> Ready:
    ready = await house.start(regime, demo=demo)
    assert isinstance(ready, Ready), ready
    return ready


async def refused(house: House, regime: str = "", *, demo: bool = False) -> str:
    answer = await house.start(regime, demo=demo)
    assert isinstance(answer, Refusal), answer
    return answer.reason


async def test_the_first_start_makes_a_key_the_management_api_and_an_administrator(house: House) -> None:
    catalogue = (await started(house)).catalogue
    admin = house.admin()
    assert sorted(key.alg for key in catalogue.keys) == ["ES256", "RS256"]
    assert catalogue.apis[f"{ISSUER}api/v2/"].scopes == SCOPES
    assert admin["issuer"] == ISSUER
    assert admin["domain"] == "localhost:8000"
    assert admin["audience"] == f"{ISSUER}api/v2/"
    client = catalogue.clients[admin["client_id"]]
    assert client.secret == digest(admin["client_secret"])
    assert client.grant_types == ("client_credentials",)
    (grant,) = catalogue.grants
    assert (grant.client, grant.audience, grant.scope) == (client.id, admin["audience"], SCOPES)


async def test_the_my_account_api_exists_by_itself_and_comes_back_where_it_is_not_as_it_should_be(house: House, store: SqlStore) -> None:
    catalogue = (await started(house)).catalogue
    own = catalogue.apis[f"{ISSUER}me/"]
    assert own == my_account(ISSUER)
    await store.configure((own._replace(requirement=None, scopes=()),), (), ())
    assert (await started(house)).catalogue.apis[f"{ISSUER}me/"] == own
    await store.configure((), (("api", own.id),), ())
    assert (await started(house)).catalogue.apis[f"{ISSUER}me/"] == own


async def test_the_administrators_secret_is_readable_by_its_owner_alone(house: House, tmp_path: Path) -> None:
    await started(house)
    assert stat.S_IMODE((tmp_path / "var" / "admin.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert [one.name for one in (tmp_path / "var").iterdir()] == ["admin.json"]


async def test_a_later_start_changes_nothing(house: House) -> None:
    first = await started(house)
    kept = house.admin()
    again = await started(house)
    assert first.first
    assert not again.first
    assert again.catalogue == first.catalogue
    assert house.admin() == kept


async def test_of_many_nodes_one_makes_the_key_and_the_administrator(store: SqlStore, tmp_path: Path) -> None:
    slow = cast("SqlStore", Slow(store, 5, "admin"))
    nodes = [House(slow, tmp_path / str(number)) for number in range(5)]
    ready = await asyncio.gather(*(started(node) for node in nodes))
    assert sum(one.first for one in ready) == 1
    assert sum(bool(node.admin()) for node in nodes) == 1
    assert {len(one.catalogue.keys) for one in ready} == {2}
    assert len((await store.catalogue()).clients) == 1


async def test_a_first_start_that_died_half_way_is_done_again_by_whoever_comes(house: House) -> None:
    await house.store.keep("admin", None, b"a client that was never written")
    ready = await started(house)
    assert house.waits == LOOKS
    assert house.admin()["client_id"] in ready.catalogue.clients


async def test_our_own_apis_follow_the_issuer_and_the_release(house: House, tmp_path: Path) -> None:
    before = (await started(house)).catalogue
    kept = house.admin()
    moved = House(house.store, tmp_path / "var", "https://id.example/", (*SCOPES, "read:logs"))
    after = (await started(moved)).catalogue
    assert set(before.apis) == {f"{ISSUER}api/v2/", f"{ISSUER}me/", f"{ISSUER}mfa/"}
    assert set(after.apis) == {"https://id.example/api/v2/", "https://id.example/me/", "https://id.example/mfa/"}
    assert [grant.audience for grant in after.grants] == ["https://id.example/api/v2/"]
    assert after.grants[0].scope == (*SCOPES, "read:logs")
    assert moved.admin() == {**kept, "issuer": "https://id.example/", "domain": "id.example", "audience": "https://id.example/api/v2/"}


async def test_a_regime_is_taken_at_the_first_start_and_none_but_it_later(house: House) -> None:
    assert (await started(house, "psd2")).catalogue.tenant.regime == "psd2"
    assert (await started(house, "psd2")).catalogue.tenant.regime == "psd2"
    assert (await started(house)).catalogue.tenant.regime == "psd2"
    assert "the store's regime is psd2, not auth0" in await refused(house, "auth0")


async def test_a_regime_that_there_is_not_leaves_the_store_as_it_was(house: House) -> None:
    assert "there is no regime 'lax'" in await refused(house, "lax")
    assert await house.store.remembered("admin") is None


async def test_a_demo_and_a_real_store_are_not_served_for_each_other(house: House) -> None:
    await started(house, demo=True)
    assert "made by --demo" in await refused(house)
    assert not (await started(house, demo=True)).first


async def test_a_real_store_is_never_served_as_a_demo(house: House) -> None:
    await started(house)
    assert "not a demo's" in await refused(house, demo=True)


async def test_an_unmarked_store_that_has_begun_is_no_demo(house: House) -> None:
    await house.store.keep("admin", None, b"from before there were marks")
    assert "not a demo's" in await refused(house, demo=True)


async def test_an_issuer_that_is_an_address_is_warned_of_and_refused_once_webauthn_is_on(store: SqlStore, tmp_path: Path) -> None:
    house = House(store, tmp_path / "var", "https://192.0.2.7/")
    ready = await started(house)
    assert "WebAuthn cannot be switched on" in ready.notes[0]
    await store.configure((ready.catalogue.tenant._replace(factors={"webauthn-roaming": True}),), (), ())
    assert "give --issuer a name" in await refused(house)


async def test_a_reset_voids_the_old_credentials_and_is_a_fact(house: House) -> None:
    await started(house)
    old = house.admin()
    events = [event async for event in house.operate.reset_admin()]
    new, catalogue = house.admin(), await house.store.catalogue()
    assert [event.kind for event in events] == ["done"]
    assert set(catalogue.clients) == {new["client_id"]} != {old["client_id"]}
    assert [grant.client for grant in catalogue.grants] == [new["client_id"]]
    assert catalogue.clients[new["client_id"]].secret == digest(new["client_secret"])
    assert new["client_secret"] not in json.dumps([event.data for event in events])
    (newest, *_), _ = await house.store.facts(0, 1)
    assert newest.data["replaced"] == old["client_id"]


async def test_of_two_resets_at_once_one_set_of_credentials_is_left(house: House, tmp_path: Path) -> None:
    await started(house)
    slow = cast("SqlStore", Slow(house.store, 2, "admin"))
    one, other = House(slow, tmp_path / "one"), House(slow, tmp_path / "other")
    answers = await asyncio.gather(one.administrator.reset(), other.administrator.reset())
    catalogue = await house.store.catalogue()
    assert sorted(isinstance(one, Refusal) for one in answers) == [False, True]
    assert len(catalogue.clients) == 1


async def test_a_store_that_was_never_started_has_no_credentials_to_reset(house: House) -> None:
    assert await house.administrator.reset() == Refusal("this store was never started")


async def test_applications_of_others_survive_a_reset(house: House) -> None:
    await started(house)
    await house.store.configure((Client("app", "An application"),), (), ())
    await house.administrator.reset()
    assert "app" in (await house.store.catalogue()).clients
