"""However a database came to its schema, it is the same schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.contract.conftest import migrated
from tests.harness.postgres import Cluster
from yett.adapters.sql import opening
from yett.adapters.sql.migrate import run
from yett.adapters.sql.schema import metadata
from yett.adapters.sql.sqlite import connect


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "yett.db")) as opened:
        yield opened


def schema(connection: sqlite3.Connection) -> dict[str, Any]:
    """Every column, index and foreign key, by its table."""
    found: dict[str, Any] = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
        indexes = connection.execute(f"PRAGMA index_list({table})").fetchall()
        found[table] = {
            "columns": sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})")),
            "foreign keys": sorted(row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({table})")),
            "indexes": sorted((*index[2:], *(row[2] for row in connection.execute(f"PRAGMA index_info('{index[1]}')"))) for index in indexes),
            "partial": sorted(
                row[0].split(" WHERE ")[-1] for row in connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql LIKE '% WHERE %'", (table,))
            ),
        }
    return found


def test_a_first_start_makes_the_schema_that_the_migrations_make(connection: sqlite3.Connection, tmp_path: Path) -> None:
    opening.create_first(connection)
    with closing(connect(tmp_path / "migrated.db")) as migrated:
        run("sqlite", lambda: migrated)
        assert schema(connection) == schema(migrated)
        version = "SELECT version_num FROM alembic_version"
        assert connection.execute(version).fetchall() == migrated.execute(version).fetchall()


def test_an_index_of_some_rows_is_one_on_postgresql_too(postgres: Cluster) -> None:
    """Its WHERE stands in the migrations alone there: in the schema it would load PostgreSQL's dialect at every start."""
    with postgres.database(postgres.template("yett_contract", migrated)) as url, psycopg.connect(url) as opened:
        found = {name for (name,) in opened.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% WHERE %'")}
    partial = {index.name for table in metadata.tables.values() for index in table.indexes if index.dialect_options["sqlite"]["where"] is not None}
    assert found == partial != set()


def test_a_first_start_that_is_interrupted_leaves_an_empty_database(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "HEAD", object())
    with pytest.raises(sqlite3.Error):
        opening.create_first(connection)
    assert schema(connection) == {}
    monkeypatch.undo()
    opening.create_first(connection)
    assert "accounts" in schema(connection)


def test_a_database_that_has_anything_in_it_is_left_to_the_migrations(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE others (id INTEGER)")
    opening.create_first(connection)
    assert set(schema(connection)) == {"others"}
