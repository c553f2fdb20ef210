"""PostgreSQL: many nodes over one database; libpq finds the primary among several hosts."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor, errors, generators
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from yett.adapters.sql.render import Numbered
from yett.adapters.sql.steps import NotCommitted, Operation, Query, Result, Row, Step, Taken, Together
from yett.ports import Busy

T = TypeVar("T")
Connection = AsyncConnection[tuple[Any, ...]]

MOST_WAITING = 1024
TRIES = 5
# Seconds without an answer after which a statement is given up: whoever asked is long gone.
PATIENCE = 10

_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
# Was the primary, or is going down: before COMMIT was sent nothing has happened, so another host may be asked.
_DEMOTED = (errors.ReadOnlySqlTransaction, errors.AdminShutdown, errors.CannotConnectNow)


class NotDurable(Exception):
    """The server does not wait for its disk at a commit."""


def conninfo(url: str) -> str:
    """What libpq is told: the primary among the hosts, and no endless waiting for a dead one."""
    given: dict[str, Any] = dict(conninfo_to_dict(url))
    ours: dict[str, Any] = {"target_session_attrs": "read-write", "connect_timeout": 5, "application_name": "yett"}
    return make_conninfo(**{**ours, **given})


async def prepare(connection: Connection) -> None:
    """Every connection is durable, and it is read back that it is."""
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    connection.prepared_max = 1000
    settings = {
        "statement_timeout": f"{PATIENCE}s",
        "idle_in_transaction_session_timeout": f"{PATIENCE}s",
        "default_transaction_isolation": "read committed",
    }
    if await _setting(connection, "synchronous_commit") in {"off", "local"}:
        settings["synchronous_commit"] = "on"
    for name, value in settings.items():
        await connection.execute(f"SET {name} = '{value}'")
    found = await _setting(connection, "synchronous_commit")
    if found not in {"on", "remote_write", "remote_apply"}:
        raise NotDurable(f"synchronous_commit is {found}: commits would be answered before they are on disk")


async def _setting(connection: Connection, name: str) -> str:
    row = await (await connection.execute(f"SHOW {name}")).fetchone()
    return str(row[0]) if row else ""


class Postgres:
    """A pool of connections. One operation is one transaction; each of its steps crosses the network once."""

    def __init__(self, url: str, connections: int) -> None:
        self._rendered, self._there = Numbered(), conninfo(url)
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self._there,
            min_size=1,
            max_size=connections,
            max_waiting=MOST_WAITING,
            timeout=PATIENCE,
            open=False,
            configure=prepare,
            kwargs={"autocommit": True, "cursor_factory": AsyncRawCursor},
        )

    async def open(self) -> None:
        """Reach the database, or say why not."""
        try:
            await self.pool.open(wait=True, timeout=PATIENCE)
        except PoolTimeout:
            await self.pool.close()
            # The pool knows only that it waited; the database says why.
            await (await AsyncConnection.connect(self._there, connect_timeout=PATIENCE)).close()
            raise

    async def read(self, query: Query) -> Sequence[Row]:
        """One SELECT."""
        text, values = self._rendered(query)

        async def once(connection: Connection) -> Sequence[Row]:
            cursor = await connection.execute(text, values, prepare=True, binary=True)
            return await cursor.fetchall()

        return await self._with(once)

    async def view(self, operation: Operation[T]) -> T:
        """Several SELECTs as of one moment."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return await self._with(lambda connection: self._run(connection, operation, begin))

    async def write(self, operation: Operation[T]) -> T:
        """One durable commit; deadlocks and lost connections begin anew."""
        return await self._with(lambda connection: self._run(connection, operation, "BEGIN"))

    async def close(self) -> None:
        """Give the connections back."""
        await self.pool.close()

    async def _with(self, once: Callable[[Connection], Awaitable[T]]) -> T:
        """Once, on a connection; again where the database says so, or where nobody was there to hear it."""
        fault: psycopg.Error | None = None
        for _ in range(TRIES):
            try:
                async with self.pool.connection() as connection:
                    try:
                        return await once(connection)
                    except psycopg.Error as caught:
                        if not (connection.closed or isinstance(caught, _AGAIN + _DEMOTED)):
                            raise
                        fault = caught
                        if not isinstance(caught, _AGAIN):
                            await connection.close()
            except (PoolTimeout, TooManyRequests) as full:
                raise Busy("the store has too many operations waiting, or no database") from full
            if not isinstance(fault, _AGAIN):
                await self.pool.check()
        raise Busy("the database sent us away again and again") from fault

    async def _run(self, connection: Connection, operation: Operation[T], begin: str) -> T:
        steps = operation()
        begun = False
        try:
            step = next(steps)
            while True:
                if not step:
                    await _rollback(connection)
                    begun = False
                    step = steps.send(())
                    continue
                try:
                    results = await self._step(connection, () if begun else (begin,), step)
                except (errors.UniqueViolation, errors.ForeignKeyViolation) as fault:
                    await _rollback(connection)
                    begun = False
                    step = steps.throw(Taken(str(fault)))
                else:
                    begun = True
                    step = steps.send(results)
        except StopIteration as end:
            value: T = end.value
        except BaseException:
            await _rollback(connection)
            raise
        if begun:
            await _commit(connection)
        return value

    async def _step(self, connection: Connection, before: Sequence[str], step: Step) -> Sequence[Result]:
        joined = self._rendered.together(step) if isinstance(step, Together) else None
        if joined is None:
            return await self._each(connection, before, step)
        async with connection.pipeline():
            for text in before:
                await connection.execute(text)
            cursor = await connection.execute(*joined, prepare=True, binary=True)
        (counts,) = await cursor.fetchall()
        return [Result(count) for count in counts]

    async def _each(self, connection: Connection, before: Sequence[str], step: Step) -> Sequence[Result]:
        """A batch in one go. All of it is sent; behind a lost condition nothing is read, for all will be undone."""
        cursors = []
        fault: psycopg.Error | None = None
        try:
            async with connection.pipeline():
                for text in before:
                    await connection.execute(text)
                for query in step:
                    cursors.append(await connection.execute(*self._rendered(query), prepare=True, binary=True))  # noqa: PERF401 -- a fault keeps those before it
        except psycopg.Error as caught:
            fault = caught
        results = []
        for query, cursor in zip(step, cursors, strict=False):
            if cursor.pgresult is None or cursor.rowcount < 0:
                break
            results.append(Result(cursor.rowcount, await cursor.fetchall() if cursor.description else ()))
            if query.lost and not results[-1].touched:
                return results
        if fault is not None:
            raise fault
        return results


async def _rollback(connection: Connection) -> None:
    """Not the driver's own: that one forgets every prepared statement, and whoever guesses wrong would make it so."""
    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
        connection.pgconn.send_query(b"ROLLBACK")
        await connection.wait(generators.execute(connection.pgconn))


async def _commit(connection: Connection) -> None:
    """COMMIT of a transaction that failed answers ROLLBACK, and no error."""
    try:
        cursor = await connection.execute("COMMIT")
    except psycopg.Error as fault:
        raise NotCommitted(f"the commit failed: {fault}") from fault
    if cursor.statusmessage != "COMMIT":
        raise NotCommitted("the transaction was rolled back")
