"""A store in memory and fakes of a few lines, for the flows that start and operate Yett."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

from yett.adapters.folder import Folder
from yett.adapters.keys.blocklist import common
from yett.adapters.sql.opening import open_store
from yett.adapters.sql.store import SqlStore
from yett.domain.enrolment import Enrolment, State
from yett.domain.proof import Shown
from yett.domain.tenant import SigningKey
from yett.factors.base import Factor, Words
from yett.flows.accounts import Births
from yett.flows.administrator import Administrator
from yett.flows.current import Current
from yett.flows.demo_seed import DemoSeed
from yett.flows.first_start import FirstStart
from yett.flows.manage.jobs import Jobs
from yett.flows.mint import Mint
from yett.flows.operate import Operate
from yett.flows.people import People
from yett.main import FACTORS
from yett.ports import Hasher, Signer

ISSUER = "http://localhost:8000/"
SCOPES = ("read:clients", "update:clients")


class Clock:
    """Stands still until it is told."""

    now = 1_800_000_000

    def __call__(self) -> int:
        return self.now


COUNT = itertools.count(1)


def fresh(size: int) -> bytes:
    """Never the same twice."""
    return next(COUNT).to_bytes(8).rjust(size, b"\1")[-size:]


class OneSigner:
    """Makes keys, and nothing else."""

    def __init__(self) -> None:
        self.made = 0

    def new_key(self, alg: str, now: int, use: str) -> SigningKey:
        self.made += 1
        return SigningKey(f"key-{id(self)}-{self.made}", alg, b"private", b"{}", now, use)


class PlainHasher:
    """No hash at all."""

    async def hash(self, password: str) -> bytes:
        return b"hash of " + password.encode()

    def outdated(self, hashed: bytes) -> bool:
        return not hashed.startswith(b"plain:")

    async def verify(self, hashed: bytes | None, password: str) -> bool:
        return hashed == b"hash of " + password.encode()


class Kind:
    """A factor of which only its name matters here."""

    def __init__(self, kind: str) -> None:
        self.kind, self.words, self.strength = kind, Words(), 0

    def promise(self, one: Enrolment | None) -> Shown:
        return FACTORS["password"].promise(one)

    def restored(self, state: State, now: int) -> State:
        return state._replace(mark=now)


class Slow:
    """Lets everybody read what is kept under one name before anybody writes; whoever reads again waits for nobody."""

    def __init__(self, store: SqlStore, readers: int, name: str) -> None:
        self._store, self._name, self._left, self._all = store, name, readers, asyncio.Event()

    async def remembered(self, name: str) -> bytes | None:
        found = await self._store.remembered(name)
        if name == self._name:
            self._left -= 1
            if self._left <= 0:
                self._all.set()
            await self._all.wait()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class House:
    """All of it over one store; `second` is another node over the same one."""

    def __init__(self, store: SqlStore, folder: Path, issuer: str = ISSUER, scopes: Sequence[str] = SCOPES) -> None:
        self.store, self.files, self.clock = store, Folder(folder), Clock()
        self.mint = Mint(self.clock, fresh)
        self.signer = OneSigner()
        self.administrator = Administrator(store, self.mint, self.files, issuer, tuple(scopes))
        password = cast("Factor", Kind("password"))
        births = Births(self.mint, password, cast("Factor", Kind("email")))
        self.people = People(store, Current(store), cast("Hasher", PlainHasher()), births, self.mint, common)
        self.operate = Operate(store, self.administrator, self.people, {**FACTORS, "password": password}, self.mint, cast("Jobs", None))
        self.start = FirstStart(store, cast("Signer", self.signer), self.administrator, self.waited)
        self.seed = DemoSeed(store, self.people, self.mint, self.files, issuer)
        self.waits = 0

    async def waited(self, seconds: float) -> None:
        """No time passes, but others have their turn."""
        self.waits += 1
        await asyncio.sleep(0)

    def admin(self) -> dict[str, str]:
        """DIR/admin.json."""
        found: dict[str, str] = json.loads(self.files.read("admin.json") or b"{}")
        return found


@contextlib.asynccontextmanager
async def memory(folder: Path) -> AsyncIterator[SqlStore]:
    """A store of one test."""
    folder.mkdir(parents=True, exist_ok=True)
    store = await open_store("memory:", directory=folder)
    try:
        yield store
    finally:
        await store.close()
