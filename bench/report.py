"""The figures as text: for the terminal, and for docs/performance.md."""

import os
import platform
import sqlite3
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.flows import Flow
from bench.measure import Figure
from bench.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench ARGS=--write -->", "<!-- end of figures -->"

# The primitives on the machine that the targets were set on, in microseconds.
REFERENCE = {"post": 29.0, "rs256": 225.0, "argon2id": 8400.0, "totp": 5.7, "read": 1.9, "commit": 7.9}
AIM = 1.25


class Line(NamedTuple):
    """One flow at one number of connections, and what it is held against."""

    flow: Flow
    connections: int
    figure: Figure
    floor: float
    target: float | None
    here: float | None

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.figure.low / self.floor


def line(flow: Flow, connections: int, figure: Figure, floor: Mapping[str, float]) -> Line:
    """Hold a figure against the floor at this number of connections, and against its target.

    `here` is the target with the primitives of the reference machine exchanged for those measured in this run, and
    the rest of it scaled as the bare server is.
    """
    prims = {**floor, **{name: floor[f"{name} {connections}"] for name in ("get", "post", "commit")}}
    beneath = sum(times * prims[name] for name, times in flow.parts.items())
    target = 1.1 * (REFERENCE["argon2id"] + 700) if flow.name == "login" else flow.target
    if target is None:
        return Line(flow, connections, figure, beneath, None, None)
    factor = 1.1 if flow.name == "login" else 1.0
    heavy = {name: times for name, times in flow.parts.items() if name in {"rs256", "argon2id"}}
    exchanged = sum(times * prims[name] for name, times in heavy.items())
    ours = target / factor - sum(times * REFERENCE[name] for name, times in heavy.items())
    return Line(flow, connections, figure, beneath, target, factor * (exchanged + ours * prims["post"] / REFERENCE["post"]))


def table(lines: Sequence[Line]) -> str:
    """A table in Markdown, which a terminal shows well enough."""
    head = "| flow | conn. | µs a request (rounds) | floor | ratio | target | | target here | |\n|---|--:|--:|--:|--:|--:|---|--:|---|\n"
    return head + "".join(_row(one) for one in lines)


def _row(one: Line) -> str:
    def held(against: float | None) -> str:
        return f"{against:,.0f} | {'pass' if one.figure.low <= against else 'MISS'}" if against is not None else " | "

    rounds = f"**{one.figure.low:,.0f}** ({one.figure.median:,.0f}, {one.figure.high:,.0f})"
    return f"| {one.flow.title} | {one.connections} | {rounds} | {one.floor:,.0f} | {one.ratio:.2f} | {held(one.target)} | {held(one.here)} |\n"


def floor_table(floor: Mapping[str, float]) -> str:
    """The primitives."""
    names = {
        "rs256": "RS256 signature (2048 bits)",
        "es256": "ES256 signature",
        "verify": "ES256 signature verified, its key read first",
        "argon2id": "Argon2id, 19 MiB, two passes (libsodium)",
        "totp": "TOTP: open the sealed key, compare two steps",
        "read": "SQLite: a row by its key",
        "commit 1": "SQLite, synchronous=FULL: swap and fact, a commit each",
        "commit 16": "the same, 16 to a commit",
        "get 1": "bare uvicorn, GET, 1 connection",
        "post 1": "bare uvicorn, POST, 1 connection",
        "get 16": "bare uvicorn, GET, 16 connections",
        "post 16": "bare uvicorn, POST, 16 connections",
    }
    rows = "".join(f"| {title} | {floor[name]:,.1f} | {_reference(name)} |\n" for name, title in names.items())
    return "| primitive | µs here | µs where the targets were set |\n|---|--:|--:|\n" + rows


def guard_table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """What an API pays for each request, by the algorithm of its tokens."""
    rows = "".join(f"| {alg} | {way} | {cost:,.1f} | {cost / ways['floor']:.2f} |\n" for alg, ways in figures.items() for way, cost in ways.items())
    return "| token | | µs a request | times the floor |\n|---|---|--:|--:|\n" + rows


def _reference(name: str) -> str:
    value = REFERENCE.get(name) or (REFERENCE.get(name.removesuffix(" 16")) if name.endswith(" 16") else None)
    return f"{value:,.1f}" if value else ""


def machine() -> str:
    """What it was measured on: the kind, no name."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((row.partition(":")[2].strip() for row in info.splitlines() if row.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION.rpartition('  ')[0] or ssl.OPENSSL_VERSION}"
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {platform.release().partition('-')[0]}, {python}"


def write(figures: str) -> None:
    """Put the figures into the page, between their marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\nMeasured on {time.strftime('%Y-%m-%d')}: {machine()}.\n\n{figures.strip()}\n\n{END}{after}")
