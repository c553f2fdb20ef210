"""Durable means durable: an answer leaves only after COMMIT returned, and what was answered is there for good."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.contract.conftest import migrated
from tests.contract.samples import begun, fact, somebody, types
from tests.harness.postgres import Cluster
from yett.adapters.sql import migrate, postgres, sqlite
from yett.adapters.sql.opening import open_store, upgrade
from yett.adapters.sql.postgres import NotDurable, Postgres
from yett.adapters.sql.schema import attempts, enrolments, facts, grants, sessions, tokens
from yett.adapters.sql.sqlite import InUse, Sqlite
from yett.adapters.sql.steps import UNDO, NotCommitted, Query, Result, Steps
from yett.adapters.sql.store import SqlStore
from yett.ports import Busy

ROOT = Path(__file__).parents[2]


def _all(*queries: Query) -> Steps[Sequence[Result]]:
    return (yield queries)


@contextmanager
def _storm(url: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.contract.storm", url, str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as storm:
        try:
            yield storm
        finally:
            storm.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/yett.db"
    else:
        cluster: Cluster = request.getfixturevalue("durable_postgres")
        with cluster.database(cluster.template("yett_durable", migrated)) as url:
            yield url


@pytest.fixture
async def file(tmp_path: Path, empty_file: Path) -> SqlStore:
    (tmp_path / "yett.db").write_bytes(empty_file.read_bytes())
    return await open_store(f"sqlite:///{tmp_path}/yett.db", directory=tmp_path)


def _driver(store: SqlStore) -> Sqlite:
    assert isinstance(store.driver, Sqlite)
    return store.driver


async def test_a_kill_in_a_storm_of_writes_loses_nothing_acknowledged_and_leaves_nothing_half_written(durable_url: str, tmp_path: Path) -> None:
    with _storm(durable_url, tmp_path) as storm:
        assert storm.stdout
        acknowledged = [storm.stdout.readline().split() for _ in range(200)]
        storm.send_signal(signal.SIGKILL)
        acknowledged += [line.split() for line in storm.stdout if line.endswith("\n")]
    store = await open_store(durable_url, directory=tmp_path)
    wanted = (attempts.c.id, attempts.c.done), (grants.c.id,), (facts.c.id,), (enrolments.c.id, enrolments.c.mark), (tokens.c.grant,), (sessions.c.id,)
    tried, granted, told, marks, given, in_ = [
        [tuple(row) for row in result.rows] for result in await store.driver.view(partial(_all, *(Query(select(*columns)) for columns in wanted)))
    ]
    for attempt, grant, told_id, enrolment, mark in acknowledged:
        assert (attempt, True) in tried
        assert (grant,) in granted
        assert (told_id,) in told
        assert dict(marks)[enrolment] >= int(mark)
    concluded = sum(bool(done) for _, done in tried)
    assert concluded == len(granted) == len(told) == len(given) == len(in_) == sum(mark - 5 for _, mark in marks)
    assert {grant for (grant,) in given} == {grant for (grant,) in granted}
    await store.close()


async def test_live_connections_say_that_they_are_durable(file: SqlStore) -> None:
    for statements in (_driver(file).writing, _driver(file).reading):
        said = [statements.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]
        assert said == ["wal", 2, 1]
    await file.close()


async def test_settings_that_do_not_take_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite.PRAGMAS, "synchronous", 7)
    with pytest.raises(NotCommitted, match="does not take our settings"):
        await open_store(f"sqlite:///{tmp_path}/yett.db", directory=tmp_path)


async def test_every_connection_of_the_pool_waits_for_its_disk(durable_postgres_url: str, tmp_path: Path) -> None:
    for url, said in (
        (durable_postgres_url, "on"),
        (f"{durable_postgres_url}&options=-c%20synchronous_commit%3Doff", "on"),
        (f"{durable_postgres_url}&options=-c%20synchronous_commit%3Dremote_apply", "remote_apply"),
    ):
        store = await open_store(url, directory=tmp_path, connections=3)
        found = await asyncio.gather(*(store.driver.read(Query(text("SELECT current_setting('synchronous_commit')"))) for _ in range(9)))
        assert {row[0] for rows in found for row in rows} == {said}
        await store.close()


async def test_a_server_that_does_not_let_itself_be_made_durable_is_refused(durable_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def off(connection: postgres.Connection, name: str) -> str:
        return "off"

    monkeypatch.setattr(postgres, "_setting", off)
    async with await postgres.Connection.connect(durable_postgres_url, autocommit=True) as connection:
        with pytest.raises(NotDurable, match="before they are on disk"):
            await postgres.prepare(connection)


async def test_a_commit_that_fails_fails_everyone_in_it(file: SqlStore) -> None:
    orphan = {"id": b"i", "account": "nobody", "x": b"", "n": 0}
    insert = (
        "INSERT INTO sessions (id, sid, account, proofs, created_at, idle_at, ends_at, old_until, old_proofs, ip, name, device, epoch) "
        "VALUES (:id, 'sid', :account, :x, :n, :n, :n, :n, :x, '', '', '', 1)"
    )
    deferred = partial(_all, Query(text("PRAGMA defer_foreign_keys = ON")), Query(text(insert), orphan))
    outcomes = await asyncio.gather(file.record((fact("before"),)), file.driver.write(deferred), file.record((fact("after"),)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [NotCommitted] * 3
    assert await types(file) == []
    await file.record((fact("next"),))
    assert await types(file) == ["next"]
    await file.close()


async def test_what_goes_wrong_in_one_operation_is_undone_and_reaches_its_caller_alone(file: SqlStore) -> None:
    def half() -> Steps[None]:
        yield [Query(text("INSERT INTO settings (name, value) VALUES ('half', 'x')"))]
        raise ZeroDivisionError

    outcomes = await asyncio.gather(file.record((fact("before"),)), file.driver.write(half), file.record((fact("after"),)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), ZeroDivisionError, type(None)]
    assert await types(file) == ["before", "after"]
    assert await file.driver.read(Query(text("SELECT name FROM settings WHERE name = 'half'"))) == []
    await file.close()


class _Broken:
    """A connection whose next COMMIT, or whatever is named, goes wrong in a way that nobody has thought of."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection, self._where = connection, where

    def execute(self, statement: str, *params: Any) -> sqlite3.Cursor:
        if statement.startswith(self._where):
            self._where = "never again"
            raise SystemExit("out of nowhere") if statement == "COMMIT" else RuntimeError("out of nowhere")
        return self._connection.execute(statement, *params)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


@pytest.mark.parametrize("where", ["COMMIT", "BEGIN", "ROLLBACK", "SAVEPOINT", "RELEASE"])
async def test_the_writer_survives_what_nobody_has_thought_of(file: SqlStore, where: str) -> None:
    writing = _driver(file).writing
    writing.connection = _Broken(writing.connection, where)  # type: ignore[assignment]
    with pytest.raises((NotCommitted, RuntimeError), match="out of nowhere"):
        await (file.record((fact("lost"),)) if where in {"COMMIT", "BEGIN"} else file.driver.write(_undoing))
    await file.record((fact("next"),))
    assert await types(file) == ["next"]
    await file.close()


def _undoing() -> Steps[None]:
    """What needs a savepoint."""
    yield [Query(text("INSERT INTO settings (name, value) VALUES ('undone', 'x')"))]
    yield UNDO


async def test_a_batch_with_something_to_undo_runs_again_and_its_neighbours_are_written_once(file: SqlStore) -> None:
    outcomes = await asyncio.gather(file.record((fact("before"),)), file.driver.write(_undoing), file.record((fact("after"),)))
    assert list(outcomes) == [None, None, None]
    assert await types(file) == ["before", "after"]
    assert await file.driver.read(Query(text("SELECT name FROM settings WHERE name = 'undone'"))) == []
    await file.close()


async def test_a_full_disk_fails_what_does_not_fit_and_nothing_is_said_to_be_done_that_is_not(file: SqlStore) -> None:
    writing = _driver(file).writing.connection
    pages = writing.execute("PRAGMA page_count").fetchone()[0]
    writing.execute(f"PRAGMA max_page_count = {pages + 8}")
    big = fact("big")._replace(data={"x": "x" * 10**6})
    outcomes = await asyncio.gather(*(file.record((one,)) for one in (fact("small"), big, fact("small"))), return_exceptions=True)
    done = [outcome for outcome in outcomes if outcome is None]
    assert isinstance(outcomes[1], Exception)
    assert await types(file) == ["small"] * len(done)
    writing.execute("PRAGMA max_page_count = 1000000")
    await file.record((big,))
    await file.close()


async def test_whoever_comes_when_too_many_wait_is_told_to_come_again(file: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_WAITING", 4)
    outcomes = await asyncio.gather(*(file.record((fact(),)) for _ in range(10)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 4 + [Busy] * 6
    await file.record((fact(),))
    assert (await file.facts(0, 1))[1] == 5
    await file.close()


async def test_whoever_comes_when_the_pool_is_full_is_told_to_come_again(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "MOST_WAITING", 2)
    store = await open_store(postgres_url, directory=tmp_path, connections=1)
    outcomes = await asyncio.gather(*(store.record((fact(),)) for _ in range(10)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {type(None), Busy}
    assert (await store.facts(0, 1))[1] == outcomes.count(None)
    await store.close()


async def test_more_than_fits_into_one_commit_is_written_in_several(file: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_TOGETHER", 3)
    await asyncio.gather(*(file.record((fact(),)) for _ in range(20)))
    assert (await file.facts(0, 1))[1] == 20
    await file.close()


async def test_a_caller_that_went_away_harms_nobody(file: SqlStore) -> None:
    gone = asyncio.ensure_future(file.record((fact("gone"),)))
    stays = asyncio.ensure_future(file.record((fact("stays"),)))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    await file.record((fact("next"),))
    assert (await types(file))[-2:] == ["stays", "next"]
    await file.close()


async def test_a_second_server_is_refused_with_the_reason(file: SqlStore, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/yett.db"
    for opening in (open_store(url, directory=tmp_path), upgrade(url)):
        with pytest.raises(InUse, match=rf"pid {os.getpid()}.*SQLite is for one process"):
            await opening
    await file.close()
    await (await open_store(url, directory=tmp_path)).close()


async def test_lost_connections_are_replaced_and_nothing_is_written_twice(postgres_url: str, postgres: Cluster, tmp_path: Path) -> None:
    store = await open_store(postgres_url, directory=tmp_path, connections=4)
    await asyncio.gather(*(begun(store) for _ in range(8)))
    await postgres_kill(postgres, postgres_url)
    owner, _ = await somebody(store)
    assert await store.account(owner.id)
    await postgres_kill(postgres, postgres_url)
    assert await store.account(owner.id)
    await store.close()


async def postgres_kill(cluster: Cluster, url: str) -> None:
    """Cut every connection to a database, as a failover does."""
    async with await postgres.Connection.connect(cluster.url(), autocommit=True) as admin:
        database = url.rsplit("/", 1)[1].split("?", maxsplit=1)[0]
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))


async def test_a_commit_that_was_not_confirmed_is_not_tried_again(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await open_store(postgres_url, directory=tmp_path, connections=1)
    assert isinstance(store.driver, Postgres)
    ran = []

    def once() -> Steps[None]:
        ran.append(1)
        yield [Query(text("SELECT pg_terminate_backend(pg_backend_pid()) FROM (SELECT pg_sleep(0)) AS x WHERE false"))]
        yield [Query(text("SET CONSTRAINTS ALL IMMEDIATE"))]

    async def lost(connection: postgres.Connection) -> None:
        await connection.close()
        raise NotCommitted("nobody can say")

    with monkeypatch.context() as patch:
        patch.setattr(postgres, "_commit", lost)
        with pytest.raises(NotCommitted, match="nobody can say"):
            await store.driver.write(once)
    assert ran == [1]
    await store.record((fact("next"),))
    await store.close()


async def test_the_primary_is_found_among_several_hosts(postgres_url: str, tmp_path: Path) -> None:
    host = postgres_url.split("host=")[1]
    several = postgres_url.replace(f"host={host}", f"host=/tmp/nobody-listens-here,{host}")
    store = await open_store(several, directory=tmp_path)
    await store.record((fact("found"),))
    assert await types(store) == ["found"]
    await store.close()


async def test_a_store_at_the_newest_schema_starts_without_alembic(file: SqlStore, tmp_path: Path) -> None:
    await file.close()
    program = (
        "import asyncio, sys; from pathlib import Path; from yett.adapters.sql.opening import open_store;"
        f"asyncio.run(open_store('sqlite:///{tmp_path}/yett.db', directory=Path('{tmp_path}')));"
        "print(sorted({'alembic', 'psycopg'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


async def test_a_store_that_is_newer_than_this_version_is_left_alone(file: SqlStore, tmp_path: Path) -> None:
    _driver(file).writing.connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await file.close()
    with pytest.raises(migrate.TooNew, match="9999"):
        await open_store(f"sqlite:///{tmp_path}/yett.db", directory=tmp_path)


async def test_a_url_of_another_kind_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="begins with sqlite:/// or postgresql://") as refused:
        await open_store("mysql://me:secret@host/db", directory=tmp_path)
    assert "secret" not in str(refused.value)


async def test_whoever_looks_at_the_file_from_outside_takes_nothing_away(file: SqlStore, tmp_path: Path) -> None:
    """A backup, or sqlite3 in a shell: whoever closes last throws the log away, so our locks must be there while we are."""
    look = "import sqlite3, sys; store = sqlite3.connect(sys.argv[1]); print(store.execute('SELECT count(*) FROM facts').fetchone()[0]); store.close()"

    async def seen() -> int:
        done = await asyncio.create_subprocess_exec(sys.executable, "-c", look, str(tmp_path / "yett.db"), stdout=subprocess.PIPE)
        return int((await done.communicate())[0])

    for number in range(3):
        await file.record((fact(f"number {number}"),))
        assert await seen() == number + 1
    await file.close()
