"""One suite for all stores."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.harness.postgres import Cluster
from yett.adapters.sql.migrate import run
from yett.adapters.sql.opening import open_store, upgrade
from yett.adapters.sql.store import SqlStore


def migrated(url: str) -> None:
    """Fill a database with the schema and nothing else."""
    run("postgresql+psycopg", lambda: psycopg.connect(url))


@pytest.fixture(scope="session")
async def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and nothing else."""
    path = tmp_path_factory.mktemp("store") / "yett.db"
    await upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> Iterator[str]:
    """Where a store may be opened."""
    with _place(request, tmp_path, empty_file) as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> Iterator[str]:
    """Where a store may be opened again."""
    with _place(request, tmp_path, empty_file) as one:
        yield one


@contextmanager
def _place(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> Iterator[str]:
    if request.param == "memory":
        yield "memory:"
    elif request.param == "sqlite":
        shutil.copyfile(empty_file, tmp_path / "yett.db")
        yield f"sqlite:///{tmp_path}/yett.db"
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        with cluster.database(cluster.template("yett_contract", migrated)) as one:
            yield one


@pytest.fixture
async def store(url: str, tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A store."""
    one = await open_store(url, directory=tmp_path)
    yield one
    await one.close()


@pytest.fixture
async def other(url: str, store: SqlStore, tmp_path: Path) -> AsyncIterator[SqlStore]:
    """Another node over the same database; where there can be but one, that one."""
    if not url.startswith("postgresql"):
        yield store
        return
    one = await open_store(url, directory=tmp_path)
    yield one
    await one.close()
