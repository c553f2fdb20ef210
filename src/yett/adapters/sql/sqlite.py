"""SQLite: one process, one writing connection, group commit (WAL, synchronous=FULL)."""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from yett.adapters.sql.render import SQLITE, Rendered
from yett.adapters.sql.steps import NotCommitted, Operation, Query, Result, Row, Step, Steps, Taken
from yett.ports import Busy

T = TypeVar("T")
Outcome = tuple[Any, BaseException | None]

# Operations that wait for their commit; beyond that whoever comes is told to come again.
MOST_WAITING = 2048
# As many as share one commit.
MOST_TOGETHER = 256

# What a savepoint may have to undo is kept in memory (temp_store 2): in a file it costs a system call for each page.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "temp_store": 2, "cache_size": -8192}
_TAKEN = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
}


class Undone(Exception):
    """An operation has something to undo, and had no savepoint."""


class InUse(Exception):
    """Another process has this database open."""


class Lock:
    """A lock beside the database, which the kernel gives up with the process that holds it."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode().strip() or "unknown"
            os.close(self._file)
            raise InUse(f"{database} is open in another process (pid {holder}): SQLite is for one process; stop it, or use PostgreSQL for several") from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._file)


def connect(path: str | Path) -> sqlite3.Connection:
    """A connection as we want it, and the proof that it is so."""
    # Never opened besides by SQLite once it is there: to close any descriptor of the file gives up all of the process's
    # locks on it (POSIX), and whoever looks at the database from outside would then throw our log away as nobody's.
    if path != ":memory:":
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    wanted = PRAGMAS if path != ":memory:" else PRAGMAS | {"journal_mode": "memory"}
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name}={value}")
    found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    if found != wanted:
        connection.close()
        raise NotCommitted(f"SQLite does not take our settings: {found} instead of {wanted}")
    return connection


class Statements:
    """Runs queries and operations on one connection."""

    def __init__(self, connection: sqlite3.Connection, rendered: Rendered) -> None:
        self.connection = connection
        self._rendered = rendered

    def query(self, query: Query) -> Result:
        """One statement."""
        cursor = self.connection.execute(*self._rendered(query))
        if cursor.description is None:
            return Result(cursor.rowcount)
        found = cursor.fetchall()
        return Result(len(found), found)

    def step(self, step: Step) -> Sequence[Result]:
        """A batch, up to the first condition that is lost."""
        results = []
        for query in step:
            result = self.query(query)
            results.append(result)
            if query.lost and not result.touched:
                break
        return results

    def run(self, operation: Operation[T]) -> T:
        """An operation within a savepoint: whatever goes wrong in it is undone, and no other feels it."""
        execute = self.connection.execute
        execute("SAVEPOINT operation")
        try:
            value = self._steps(operation(), self._undo)
            execute("RELEASE operation")
        except BaseException:
            # Where the disk is full, say, SQLite has undone more than this: then there is no savepoint left.
            if self.connection.in_transaction:
                execute("ROLLBACK TO operation")
                execute("RELEASE operation")
            raise
        return value

    def dare(self, operation: Operation[T]) -> T:
        """An operation without a savepoint: whatever this raises, the whole transaction must be undone."""
        return self._steps(operation(), _not_here)

    def _steps(self, steps: Steps[T], undo: Callable[[], Sequence[Result]]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    results = self.step(step) if step else undo()
                except sqlite3.IntegrityError as fault:
                    if fault.sqlite_errorcode not in _TAKEN:
                        raise
                    undo()
                    step = steps.throw(Taken(str(fault)))
                else:
                    step = steps.send(results)
        except StopIteration as end:
            value: T = end.value
            return value

    def _undo(self) -> Sequence[Result]:
        self.connection.execute("ROLLBACK TO operation")
        return ()


def _not_here() -> Sequence[Result]:
    raise Undone


class Writer:
    """Group commit, in the one thread that writes: what waits runs in one transaction, and is answered after its COMMIT."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._waiting: list[tuple[Operation[Any], asyncio.Future[Any]]] = []
        self._busy = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._batches: SimpleQueue[tuple[asyncio.AbstractEventLoop, list[tuple[Operation[Any], asyncio.Future[Any]]]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="yett-writer", daemon=True)
        self._thread.start()

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation; returns when it is durable. Raises Busy where too many wait already."""
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("the store has too many writes waiting")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((operation, future))
        if not self._busy:
            self._busy = True
            self._idle.clear()
            loop.call_soon(self._turn, loop)  # whoever comes in the same round of the loop shares the commit
        return await future

    async def close(self) -> None:
        """Wait for what is on its way, then end the thread."""
        await self._idle.wait()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join)

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        if batch:
            self._batches.put((loop, batch))
        else:
            self._busy = False
            self._idle.set()

    def _work(self) -> None:
        """The thread: it ends when it is told to, and never for a fault."""
        while (work := self._batches.get()) is not None:
            loop, batch = work
            outcomes = self._commit([operation for operation, _ in batch])
            futures = [future for _, future in batch]
            # Where the loop is closed nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._answer, loop, futures, outcomes)

    def _commit(self, operations: Sequence[Operation[Any]]) -> Sequence[Outcome]:
        """One transaction. Of one that fails nobody is told that anything is done; it never raises.

        Most have nothing to undo, and savepoints copy every page that is written: only a batch that turns out to
        need them runs once more, with one for each operation.
        """
        connection = self._statements.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                outcomes: Sequence[Outcome] = [(self._statements.dare(operation), None) for operation in operations]
            except Exception:  # noqa: BLE001 -- whatever it was happens again, to its own operation
                self._undo()
                connection.execute("BEGIN IMMEDIATE")
                outcomes = self._one_by_one(operations)
            connection.execute("COMMIT")
        except BaseException as fault:  # noqa: BLE001 -- it is answered to whoever waits
            with contextlib.suppress(Exception):
                self._undo()
            return [_lost(fault)] * len(operations)
        return outcomes

    def _undo(self) -> None:
        if self._statements.connection.in_transaction:
            self._statements.connection.execute("ROLLBACK")

    def _one_by_one(self, operations: Sequence[Operation[Any]]) -> Sequence[Outcome]:
        """Each in a savepoint of its own."""
        connection = self._statements.connection
        outcomes: list[Outcome] = []
        for operation in operations:
            outcomes.append(self._outcome(operation))
            if not connection.in_transaction:  # the disk is full, say: SQLite has undone the others as well
                outcomes = [_lost(outcomes[-1][1])] * len(outcomes)
                connection.execute("BEGIN IMMEDIATE")
        return outcomes

    def _outcome(self, operation: Operation[Any]) -> Outcome:
        try:
            return self._statements.run(operation), None
        except Exception as fault:  # noqa: BLE001 -- it is answered to whoever asked
            return None, fault

    def _answer(self, loop: asyncio.AbstractEventLoop, futures: Sequence["asyncio.Future[Any]"], outcomes: Sequence[Outcome]) -> None:
        for future, (value, fault) in zip(futures, outcomes, strict=True):
            if future.done():  # its caller went away
                continue
            if fault is None:
                future.set_result(value)
            else:
                future.set_exception(fault)
        self._turn(loop)


def _lost(fault: BaseException | None) -> Outcome:
    lost = NotCommitted(f"the commit failed: {fault}")
    lost.__cause__ = fault
    return None, lost


class Sqlite:
    """A database file. Reads run on a connection of their own, at once: they take microseconds."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock(path)
        rendered = Rendered(SQLITE)
        self.writing = Statements(connect(path), rendered)
        self.reading = Statements(connect(path), rendered)
        self.reading.connection.execute("PRAGMA query_only=1")
        self._writer = Writer(self.writing)

    async def read(self, query: Query) -> Sequence[Row]:
        """One SELECT."""
        return self.reading.query(query).rows

    async def view(self, operation: Operation[T]) -> T:
        """Several SELECTs as of one moment."""
        return _viewed(self.reading, operation)

    async def write(self, operation: Operation[T]) -> T:
        """One durable commit."""
        return await self._writer.write(operation)

    async def close(self) -> None:
        """Finish, and give up the lock."""
        await self._writer.close()
        self.reading.connection.close()
        self.writing.connection.close()
        self._lock.release()


class Memory:
    """The same, on one connection to a database that dies with it: nothing to wait for, nothing to share."""

    def __init__(self) -> None:
        self.writing = self.reading = Statements(connect(":memory:"), Rendered(SQLITE))

    async def read(self, query: Query) -> Sequence[Row]:
        """One SELECT."""
        return self.reading.query(query).rows

    async def view(self, operation: Operation[T]) -> T:
        """Several SELECTs as of one moment."""
        return _viewed(self.reading, operation)

    async def write(self, operation: Operation[T]) -> T:
        """One commit."""
        connection = self.writing.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            value = self.writing.run(operation)
        except BaseException:
            connection.rollback()
            raise
        connection.execute("COMMIT")
        return value

    async def close(self) -> None:
        """Forget everything."""
        self.writing.connection.close()


def _viewed(statements: Statements, operation: Operation[T]) -> T:
    statements.connection.execute("BEGIN")
    try:
        steps: Steps[T] = operation()
        step = next(steps)
        while True:
            step = steps.send(statements.step(step))
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        statements.connection.execute("COMMIT")
