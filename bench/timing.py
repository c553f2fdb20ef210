"""Equal work for people that exist and people that do not (attacks, row 15): paired requests, and what statistics see."""

import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import NormalDist, fmean, median, variance
from typing import NamedTuple

from bench.client import Connection, connect
from bench.flows import Load
from bench.people import WRONG


class Difference(NamedTuple):
    """What two samples of times, in microseconds, have to do with each other."""

    pairs: int
    known: float
    unknown: float
    welch_t: float
    welch_p: float
    ks_d: float
    ks_p: float

    def __str__(self) -> str:
        said = "no difference seen" if min(self.welch_p, self.ks_p) > 0.01 else "TOLD APART"
        medians = f"median {self.known:,.0f} µs known, {self.unknown:,.0f} µs unknown"
        return f"{self.pairs:,} pairs, {medians}; Welch t = {self.welch_t:.2f} (p = {self.welch_p:.3g}), KS D = {self.ks_d:.4f} (p = {self.ks_p:.3g}): {said}"


def compare(known: Sequence[float], unknown: Sequence[float]) -> Difference:
    """Welch's t with the normal distribution in place of Student's (samples are large), Kolmogorov and Smirnov's D."""
    n, m = len(known), len(unknown)
    spread = math.sqrt(variance(known) / n + variance(unknown) / m)
    t = (fmean(known) - fmean(unknown)) / spread
    d = _largest_gap(sorted(known), sorted(unknown))
    return Difference(n, median(known), median(unknown), t, 2 * NormalDist().cdf(-abs(t)), d, _kolmogorov(d * math.sqrt(n * m / (n + m))))


def _largest_gap(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest distance of two empirical distributions."""
    i = j = 0
    gap = 0.0
    while i < len(one) and j < len(other):
        if one[i] <= other[j]:
            i += 1
        else:
            j += 1
        gap = max(gap, abs(i / len(one) - j / len(other)))
    return gap


def _kolmogorov(x: float) -> float:
    """How likely a gap this large is where there is no difference."""
    if x < 0.2:
        return 1.0
    terms = (math.exp(-2 * k * k * x * x) * (1 if k % 2 else -1) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))


async def told_apart(load: Load, port: int, pairs: int) -> dict[str, Difference]:
    """Wrong passwords, of somebody and of nobody in random order: on the page, and at the token endpoint."""
    connection = await connect(port)
    try:
        return {
            "login page": await _paired(load, pairs, lambda name: _by_page(connection, load, name)),
            "password-realm grant": await _paired(load, pairs, lambda name: _by_grant(connection, load, name)),
        }
    finally:
        connection.close()


async def _paired(load: Load, pairs: int, ask: Callable[[str], Awaitable[float]]) -> Difference:
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(pairs):
        person = load.someone()
        order = [True, False]
        random.shuffle(order)
        for known in order:
            # As long as the other, so that only who it is differs.
            name = person.email if known else f"nobody-{random.randrange(10**7):07}@bench.example"
            times[known].append(await ask(name))
    return compare(times[True], times[False])


async def _by_page(connection: Connection, load: Load, name: str) -> float:
    page = await load.at_password(connection, load.people[0], name)
    request = load.site.post(page.path, {**page.fields, "password": WRONG, "action": "default"}, page.cookies)
    return await _timed(connection, request, 400)


async def _by_grant(connection: Connection, load: Load, name: str) -> float:
    return await _timed(connection, load.password_request(name, WRONG), 403)


async def _timed(connection: Connection, request: bytes, status: int) -> float:
    began = time.perf_counter_ns()
    reply = await connection(request)
    took = (time.perf_counter_ns() - began) / 1000
    reply.expect(status)
    return took
