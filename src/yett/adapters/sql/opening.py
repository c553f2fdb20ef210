"""Opening a store: find the database, bring its schema up to date, find the keys."""

import asyncio
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, literal_column, select, table
from sqlalchemy.schema import CreateIndex, CreateTable

from yett.adapters.sql import upkeep
from yett.adapters.sql.render import SQLITE
from yett.adapters.sql.schema import HEAD, meta, metadata, sequencer
from yett.adapters.sql.seal import DataKey, Kek, KekFile, KekGiven, Seal, SealError, new_key
from yett.adapters.sql.sqlite import Memory, Sqlite
from yett.adapters.sql.steps import Query, Steps, into
from yett.adapters.sql.store import Driver, SqlStore

MEMORY = "memory:"
ENVIRONMENT = "YETT_KEK"
CONNECTIONS = 10

_FOUND = into(meta).on_conflict_do_nothing()
_COUNT = into(sequencer).on_conflict_do_nothing()
_AT: Executable = select(literal_column("version_num")).select_from(table("alembic_version"))


async def open_store(url: str, *, directory: Path, kek: str | None = None, connections: int = CONNECTIONS) -> SqlStore:
    """The store at `memory:`, `sqlite:///PATH` or `postgresql://...`, at the newest schema.

    The key-encryption key is `kek` (base64; several with commas, the wanted one first), else the environment's YETT_KEK,
    else the file `kek` in `directory`, which is made at first start.
    """
    driver = await _driver(url, connections)
    try:
        return await _found(driver, kek or os.environ.get(ENVIRONMENT), KekFile(directory / "kek"))
    except BaseException:
        await driver.close()
        raise


async def upgrade(url: str) -> str:
    """Bring the schema up to date, as every start does; returns the migration that it is at."""
    await (await _driver(url, 1)).close()
    return HEAD


async def _driver(url: str, connections: int) -> Driver:
    if url == MEMORY:
        memory = Memory()
        create_all(memory.writing.connection)
        return memory
    if url.startswith("sqlite:///"):
        file = Sqlite(Path(url.removeprefix("sqlite:///")))
        create_first(file.writing.connection)
        await _migrated(file, "sqlite", lambda: file.writing.connection, sqlite3.OperationalError)
        return file
    if url.startswith(("postgresql://", "postgres://")):
        import psycopg  # slow to import, and SQLite does without

        from yett.adapters.sql.postgres import Postgres, conninfo

        postgres = Postgres(url, connections)
        await postgres.open()
        await _migrated(postgres, "postgresql+psycopg", lambda: psycopg.connect(conninfo(url)), psycopg.errors.UndefinedTable)
        return postgres
    raise ValueError(f"a database URL begins with sqlite:/// or postgresql://, not {url.split(':', maxsplit=1)[0]}:")


async def _migrated(driver: Driver, dialect: str, connect: Callable[[], Any], absent: type[Exception]) -> None:
    """Alembic is slow to import: a store that is at the newest schema does not need it."""
    try:
        try:
            found = await driver.read(Query(_AT))
        except absent:
            found = ()
        if not found or found[0][0] != HEAD:
            from yett.adapters.sql.migrate import run

            await asyncio.to_thread(run, dialect, connect)
    except BaseException:
        await driver.close()
        raise


def create_all(connection: sqlite3.Connection) -> None:
    """The schema at once, for a database that no older version of us has seen."""
    for one in metadata.sorted_tables:
        connection.execute(str(CreateTable(one).compile(dialect=SQLITE)))
        for index in sorted(one.indexes, key=lambda index: str(index.name)):
            connection.execute(str(CreateIndex(index).compile(dialect=SQLITE)))


def create_first(connection: sqlite3.Connection) -> None:
    """An empty database gets the newest schema at once, in one commit: Alembic would double the time of a first start."""
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        create_all(connection)
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _name(store: str) -> Steps[str]:
    """The store's own name, given once; it stands in the associated data of every seal."""
    first = Query(_FOUND, {"id": 1, "store": store, "version": 1, "epoch": 1})
    *_, result = yield [first, Query(_COUNT, {"id": 1, "last": 0}), Query(select(meta.c.store))]
    name: str = result.rows[0][0]
    return name


async def _found(driver: Driver, given: str | None, file: KekFile) -> SqlStore:
    store = await driver.write(lambda: _name(secrets.token_hex(16)))
    keys = await driver.view(upkeep.keys)
    source = KekGiven(given, ENVIRONMENT) if given else file
    candidates = source.load()
    if not keys and not candidates:
        candidates = (file.create(),)
    if not candidates:
        raise SealError(
            f"this store is sealed, and there is no key-encryption key: neither {file.path} nor {ENVIRONMENT}; bring back the one that the store was made with"
        )
    if not keys:
        first = candidates[0].wrap(store, 1, new_key())
        await driver.write(lambda: upkeep.add_key(1, first, int(time.time())))
        keys = await driver.view(upkeep.keys)
    kek, seal = _unwrapped(store, keys, candidates)
    if not given and kek is not candidates[0]:
        file.adopt()
    return SqlStore(driver, seal, kek, source)


def _unwrapped(store: str, keys: Sequence[DataKey], candidates: Sequence[Kek]) -> tuple[Kek, Seal]:
    """With the key in force, or with one whose introduction was interrupted behind its commit."""
    for kek in candidates[:-1]:
        try:
            return kek, Seal(store, {key.id: kek.unwrap(store, key) for key in keys})
        except SealError:
            continue
    return candidates[-1], Seal(store, {key.id: candidates[-1].unwrap(store, key) for key in keys})
