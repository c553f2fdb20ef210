"""Secrets at rest: sealed always, bound to their place, under keys that can be replaced while all goes on."""

import base64
import fcntl
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.contract.samples import BUDGET, NOW, begun, challenge, facts, message, right, somebody
from yett.adapters.sql import seal, upkeep
from yett.adapters.sql import store as stores
from yett.adapters.sql.opening import open_store
from yett.adapters.sql.schema import challenges, enrolments, metadata, outbox, signing_keys
from yett.adapters.sql.seal import KekFile, SealError, kek_of
from yett.adapters.sql.steps import Query, Result, Steps
from yett.adapters.sql.store import SqlStore
from yett.domain.tenant import SigningKey
from yett.ports import Busy

KEY = SigningKey("k1", "RS256", b"the private key", b"{}", NOW)
SECRETS = (
    b"JBSWY3DPEHPK3PXP",
    b"the private key",
    b"the secret of the codes",
    b"the shown key",
    b"+4915112345678",
    b"login of somebody",
)


def _all(*queries: Query) -> Steps[Sequence[Result]]:
    return (yield queries)


async def _raw(store: SqlStore, statement: str, **params: object) -> None:
    await store.driver.write(partial(_all, Query(text(statement), params)))


async def _filled(store: SqlStore) -> None:
    owner, has = await somebody(store, "totp", "recovery", "sms")
    await store.configure((KEY,), (), ())
    seen = await begun(store, owner)
    await store.ask(seen, challenge(seen, has, send=(message(),)), ())


async def _sealed_by(store: SqlStore) -> set[int]:
    tables = (enrolments, signing_keys, challenges, outbox)
    found = await store.driver.view(partial(_all, *(Query(select(table.c.sealed_by)) for table in tables)))
    return {row[0] for result in found for row in result.rows}


async def _contents(store: SqlStore) -> bytes:
    found = await store.driver.view(partial(_all, *(Query(select(table)) for table in metadata.sorted_tables)))
    values = (value for result in found for row in result.rows for value in row)
    return b"\x00".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


async def test_no_secret_stands_in_any_table(store: SqlStore) -> None:
    await _filled(store)
    contents = await _contents(store)
    assert b"auth0|" in contents
    assert [secret for secret in SECRETS if secret in contents] == []


async def test_no_secret_stands_in_any_file(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/yett.db", directory=tmp_path)
    await _filled(store)
    live = b"".join(path.read_bytes() for path in tmp_path.glob("yett.db*"))
    await store.close()
    closed = (tmp_path / "yett.db").read_bytes()
    for contents in (live, closed):
        assert b"auth0|" in contents
        assert [secret for secret in SECRETS if secret in contents] == []
    assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "yett.db", tmp_path / "kek")} == {"0o600"}


async def test_one_secret_never_looks_the_same_twice(store: SqlStore) -> None:
    await somebody(store, "totp")
    await somebody(store, "totp")
    found = await store.driver.read(Query(select(enrolments.c.secret)))
    assert len({row[0][-16:] for row in found}) == 2


async def test_a_sealed_row_that_is_moved_to_another_account_does_not_open(store: SqlStore) -> None:
    _, (one,) = await somebody(store)
    thief, _ = await somebody(store, "sms")
    await _raw(store, "UPDATE enrolments SET account = :thief WHERE id = :id", thief=thief.id, id=one.id)
    with pytest.raises(SealError, match="does not open here"):
        await store.account(thief.id)


async def test_a_sealed_value_that_is_copied_to_another_row_does_not_open(store: SqlStore) -> None:
    owner, (one, other) = await somebody(store, "totp", "sms")
    copy = "UPDATE enrolments SET secret = (SELECT secret FROM enrolments WHERE id = :one) WHERE id = :other"
    await _raw(store, copy, one=one.id, other=other.id)
    with pytest.raises(SealError, match="does not open here"):
        await store.account(owner.id)


async def test_a_sealed_value_that_was_altered_does_not_open(store: SqlStore) -> None:
    owner, (one,) = await somebody(store)
    (row,) = await store.driver.read(Query(select(enrolments.c.secret)))
    altered = row[0][:-1] + bytes([row[0][-1] ^ 1])
    await _raw(store, "UPDATE enrolments SET secret = :altered WHERE id = :id", altered=altered, id=one.id)
    with pytest.raises(SealError, match="does not open here"):
        await store.account(owner.id)


async def test_a_new_data_key_seals_at_once_and_the_rest_is_brought_over_online(store: SqlStore) -> None:
    await _filled(store)
    assert await _sealed_by(store) == {1}
    assert await store.rotate_data_key(NOW) == 2
    owner, (one,) = await somebody(store)
    assert await _sealed_by(store) == {1, 2}
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "done"
    assert [await store.reseal(4), await store.reseal(4), await store.reseal(4)] == [4, 2, 0]
    assert await _sealed_by(store) == {2}
    assert (await store.catalogue()).keys == (KEY,)
    (due,) = await store.claim(NOW, 30, 9)
    assert due.message == message()
    assert due.challenge
    assert due.challenge.show["key"] == "the shown key"


async def test_another_node_learns_the_new_data_key_when_it_meets_it(store: SqlStore, other: SqlStore) -> None:
    await store.rotate_data_key(NOW)
    owner, has = await somebody(store)
    found = await other.account(owner.id)
    assert found
    assert found[1] == tuple(has)
    assert other.seal.current == 2


async def test_the_data_key_is_replaced_long_before_it_has_sealed_too_often(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_SEALS", 5)
    await somebody(store, "totp", "sms", "recovery")
    await store.sweep(NOW)
    assert store.seal.current == 1
    await somebody(store, "totp", "sms")
    await store.sweep(NOW)
    assert store.seal.current == 2
    assert seal.MOST_SEALS <= 2**32 // 16


async def test_a_store_opens_again_with_its_key(lasting_url: str, tmp_path: Path) -> None:
    store = await open_store(lasting_url, directory=tmp_path)
    owner, has = await somebody(store)
    await store.rotate_data_key(NOW)
    await store.close()
    again = await open_store(lasting_url, directory=tmp_path)
    found = await again.account(owner.id)
    await again.close()
    assert found
    assert found[1] == tuple(has)


async def test_a_lost_or_wrong_key_encryption_key_is_named_and_none_is_made_in_its_place(lasting_url: str, tmp_path: Path) -> None:
    await (await open_store(lasting_url, directory=tmp_path)).close()
    kept = (tmp_path / "kek").read_text()
    (tmp_path / "kek").unlink()
    with pytest.raises(SealError, match="no key-encryption key"):
        await open_store(lasting_url, directory=tmp_path)
    assert not (tmp_path / "kek").exists()
    KekFile(tmp_path / "kek").create()
    with pytest.raises(SealError, match="does not open data key 1"):
        await open_store(lasting_url, directory=tmp_path)
    await (await open_store(lasting_url, directory=tmp_path, kek=kept.strip())).close()


async def test_the_environment_may_hold_the_key(lasting_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YETT_KEK", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
    await (await open_store(lasting_url, directory=tmp_path)).close()
    assert not (tmp_path / "kek").exists()
    for wrong, said in (("short", "not base64"), ("c2hvcnQ=", "must have 32 bytes")):
        monkeypatch.setenv("YETT_KEK", wrong)
        with pytest.raises(SealError, match=said):
            await open_store(lasting_url, directory=tmp_path)


async def test_the_key_encryption_key_is_replaced_and_the_old_one_opens_nothing(lasting_url: str, tmp_path: Path) -> None:
    store = await open_store(lasting_url, directory=tmp_path)
    owner, has = await somebody(store)
    before = (tmp_path / "kek").read_text().strip()
    await store.rewrap()
    await store.rotate_data_key(NOW)
    await store.close()
    with pytest.raises(SealError, match="does not open data key"):
        await open_store(lasting_url, directory=tmp_path, kek=before)
    again = await open_store(lasting_url, directory=tmp_path)
    found = await again.account(owner.id)
    await again.close()
    assert found
    assert found[1] == tuple(has)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two key-encryption keys; the environment has the first."""
    old, new = (base64.b64encode(bytes([one]) * 32).decode() for one in (1, 2))
    monkeypatch.setenv("YETT_KEK", old)
    return old, new


async def test_a_given_key_is_replaced_by_the_one_before_it_while_every_node_knows_both(
    lasting_url: str, tmp_path: Path, keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = keys
    store = await open_store(lasting_url, directory=tmp_path)
    owner, _ = await somebody(store)
    assert await store.rewrap() == 0
    await store.close()
    monkeypatch.setenv("YETT_KEK", f"{new},{old}")
    store = await open_store(lasting_url, directory=tmp_path)
    assert await store.rotate_data_key(NOW) == 2
    assert [await store.rewrap(), await store.rewrap()] == [2, 0]
    assert await store.rotate_data_key(NOW) == 3
    await store.close()
    with pytest.raises(SealError, match="does not open data key"):
        await open_store(lasting_url, directory=tmp_path, kek=old)
    again = await open_store(lasting_url, directory=tmp_path, kek=new)
    assert await again.account(owner.id)
    await again.close()
    assert not (tmp_path / "kek").exists()


async def test_another_node_goes_on_with_the_key_that_was_put_in_its_place(store: SqlStore, other: SqlStore) -> None:
    owner, _ = await somebody(store)
    await store.rewrap()
    assert await other.rotate_data_key(NOW) == 2
    await store.rotate_data_key(NOW)
    assert await other.account(owner.id)
    assert await other.rewrap() == 3
    await store.rotate_data_key(NOW)


async def test_no_data_key_is_made_under_a_key_that_was_replaced_in_that_moment(store: SqlStore) -> None:
    known = (await store.driver.view(upkeep.keys))[-1]
    await store.rewrap()
    assert await store.driver.write(partial(upkeep.add_key, 2, b"wrapped by the old one", NOW, known)) is False
    assert [key.id for key in await store.driver.view(upkeep.keys)] == [1]


async def test_a_replacement_that_another_process_is_about_is_left_to_it(lasting_url: str, tmp_path: Path) -> None:
    store = await open_store(lasting_url, directory=tmp_path)
    before = (tmp_path / "kek").read_text()
    with (tmp_path / "kek").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            await store.rewrap()
    assert (tmp_path / "kek").read_text() == before
    assert not (tmp_path / "kek.next").exists()
    assert await store.rewrap() == 1
    await store.close()


@pytest.mark.parametrize("behind", [False, True])
async def test_a_replacement_that_breaks_off_loses_no_key_and_can_be_done_again(
    lasting_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    """Before the commit or behind it, and once more before it, while the process goes on; then it ends."""
    store = await open_store(lasting_url, directory=tmp_path)
    owner, _ = await somebody(store)
    write = store.driver.write

    async def breaks(work: Any) -> Any:
        raise ConnectionError

    async def breaks_behind(work: Any) -> Any:
        await write(work)
        raise ConnectionError

    for broken in (breaks_behind if behind else breaks, breaks):
        with monkeypatch.context() as patch:
            patch.setattr(store.driver, "write", broken)
            with pytest.raises(ConnectionError):
                await store.rewrap()
    await store.close()
    again = await open_store(lasting_url, directory=tmp_path)
    assert await again.account(owner.id)
    await again.rotate_data_key(NOW)
    assert await again.rewrap() == 2
    await again.close()
    assert not (tmp_path / "kek.next").exists()
    again = await open_store(lasting_url, directory=tmp_path)
    assert await again.account(owner.id)
    await again.close()


async def test_a_replacement_that_was_interrupted_is_completed_at_the_next_start(lasting_url: str, tmp_path: Path) -> None:
    store = await open_store(lasting_url, directory=tmp_path)
    owner, _ = await somebody(store)
    old = kek_of((tmp_path / "kek").read_text().strip(), "file")
    proposed = KekFile(tmp_path / "kek").propose()
    name = store.seal.store
    await store.driver.write(partial(upkeep.rewrap, lambda key: proposed.wrap(name, key.id, old.unwrap(name, key))))
    await store.close()
    again = await open_store(lasting_url, directory=tmp_path)
    assert await again.account(owner.id)
    await again.close()
    assert not (tmp_path / "kek.next").exists()
    await (await open_store(lasting_url, directory=tmp_path)).close()
