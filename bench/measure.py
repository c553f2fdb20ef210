"""Measuring: the server's CPU time over a number of requests, some rounds of it."""

import contextlib
import statistics
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from bench.client import Connection, Site, connect, drive
from bench.flows import Flow
from bench.processes import cpu_ns

ROUNDS = 9
CONNECTIONS = (1, 16)


class Figure(NamedTuple):
    """Microseconds of server CPU for one run through a flow; the lowest of the rounds is the one that counts."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:,.0f} ({self.low:,.0f} to {self.high:,.0f})"


async def figure(flow: Flow, pid: int, port: int, connections: int, rounds: int = ROUNDS) -> Figure:
    """A figure for this flow, at so many connections; a short round before the first warms the server up."""
    await one_round(flow, pid, port, connections, max(16, flow.times // 10))
    took = [await one_round(flow, pid, port, connections, flow.times) for _ in range(rounds)]
    return Figure(statistics.median(took), min(took), max(took))


async def one_round(flow: Flow, pid: int, port: int, connections: int, times: int) -> float:
    """Microseconds for each of these times."""
    async with opened(port, connections) as preparing:
        jobs = await flow.prepare(preparing, times)
    # Others: who prepares may have to wait for the next code, longer than a server keeps a silent connection.
    async with opened(port, connections) as asking:
        before = cpu_ns(pid)
        await drive(asking, jobs, flow.act)
        return (cpu_ns(pid) - before) / len(jobs) / 1000


@contextlib.asynccontextmanager
async def opened(port: int, connections: int) -> AsyncIterator[Sequence[Connection]]:
    """Connections that the server has accepted, for each has been answered once."""
    hello = Site(port).get("/healthz")
    open_now = [await connect(port) for _ in range(connections)]
    try:
        for connection in open_now:
            await connection(hello)
        yield open_now
    finally:
        for connection in open_now:
            connection.close()


async def bare(pid: int, port: int, connections: int) -> dict[str, Figure]:
    """A server that does nothing, asked by GET and by POST."""
    site = Site(port)
    sent = {"get": site.get("/"), "post": site.post("/", {"state": "s" * 24, "csrf": "c" * 43, "code": "123456", "action": "default"})}

    async def nothing(_: Sequence[Connection], times: int) -> Sequence[int]:
        return range(times)

    figures = {}
    for name, request in sent.items():

        async def act(connection: Connection, _: int, request: bytes = request) -> None:
            (await connection(request)).expect(200)

        figures[name] = await figure(Flow(name, name, {}, nothing, act, times=4000), pid, port, connections)
    return figures
