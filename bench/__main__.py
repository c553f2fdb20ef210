"""`make bench`: the floor and our flows in one run, and the ratio of the two."""

import argparse
import asyncio
import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import uvloop

from bench import measure, peer, profile, report, timing
from bench.client import Site
from bench.flows import Load
from bench.people import WIKI
from bench.processes import CLIENT_CORE, ROOT, SERVER_CORE, Started, cpu_ns, resident_kib, running, start, stop, unused_port
from bench.report import Line

T = TypeVar("T")
CACHE = ROOT / "var-bench"
FEW, MANY = 1_000, 1_000_000
STARTS, IDLE = 5, 10
# Rounds where figures are compared with others of the same run: the whole of it should take less than half an hour.
FEWER = 5
MOST_MIB, MOST_SECONDS, MOST_GROWTH = 110, 0.6, 1.2
# The limiter of passwords by address does its work and refuses nobody.
ENVIRON = {"YETT_ADDRESS_BURST": "100000000", "YETT_PROTECT": f"https://{WIKI}", "YETT_TRUSTED_PROXIES": "127.0.0.1/32"}


class Asked(NamedTuple):
    """The command line."""

    quick: bool
    write: bool
    postgres: bool
    profile: str
    only: tuple[str, ...]
    rounds: int
    pairs: int


def main() -> None:
    """What was asked for."""
    asked = _parse()
    os.sched_setaffinity(0, {CLIENT_CORE})
    CACHE.mkdir(exist_ok=True)
    if SERVER_CORE == CLIENT_CORE:
        print("there is one core only: server and client share it")
    if asked.profile:
        folder = seeded(FEW)
        print(profile.of(asked.profile, folder, ENVIRON, run))
        return
    if asked.only == ("guard",):
        print(_guard())
        return
    if asked.only == ("peer",):
        print(_peer(asked, floors()))
        return
    figures = everything(asked)
    if asked.write:
        report.write(figures)


def _parse() -> Asked:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave the million accounts out, and most pairs of the timing test")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--postgres", action="store_true", help="our flows on PostgreSQL as well")
    parser.add_argument("--profile", default="", metavar="FLOW", help="print the most expensive functions of one flow instead")
    parser.add_argument("--only", default="", metavar="FLOW,...", help="these flows alone, and nothing else; guard: yett-guard; peer: oidc-provider")
    parser.add_argument("--rounds", type=int, default=measure.ROUNDS)
    parser.add_argument("--pairs", type=int, default=2000, help="of the timing test")
    given = parser.parse_args()
    return Asked(given.quick, given.write, given.postgres, given.profile, tuple(filter(None, given.only.split(","))), given.rounds, given.pairs)


def everything(asked: Asked) -> str:
    """The whole run; returns the page's text."""
    say = _Said()
    floor = floors()
    say(f"### The floor\n\n{report.floor_table(floor)}")
    folder = seeded(FEW)
    with serving(folder) as server:
        lines = flows(server, FEW, measure.CONNECTIONS, asked, floor)
        say(f"### SQLite, synchronous=FULL, {FEW:,} accounts, one worker\n\n{report.table(lines)}")
        if not asked.only:
            say(_memory(server))
            say(_idle(server))
    if not asked.only:
        say(_guard())
        say(_peer(asked, floor))
        say(_starts(folder))
        say(_timing(seeded(FEW), min(200, asked.pairs) if asked.quick else asked.pairs))
    if not asked.quick:
        say(f"### {MANY:,} accounts instead of {FEW:,}\n\n{_growth(seeded(FEW), seeded(MANY), asked)}")
    if asked.postgres:
        from bench import postgres

        fewer = asked._replace(rounds=min(FEWER, asked.rounds))
        say(postgres.section(lambda server: flows(server, FEW, measure.CONNECTIONS, fewer, floor), ENVIRON))
    return say.text


class _Said:
    """Prints each section when it is there, and keeps all of them."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, section: str) -> None:
        print(section, flush=True)
        self.text += section + "\n"


def _guard() -> str:
    print("the guard ...", file=sys.stderr)
    said = subprocess.run([sys.executable, "-m", "bench.guard"], cwd=ROOT, check=True, capture_output=True, text=True)
    return f"### yett-guard: a token verified and judged\n\n{report.guard_table(json.loads(said.stdout))}"


def _peer(asked: Asked, floor: dict[str, float]) -> str:
    title = "### npm's oidc-provider, for comparison"
    if not peer.there():
        return f"{title}\n\nIt is not installed: `make test-clients` does that.\n"
    port, lines = unused_port(), []
    with running(peer.command(port), port, CACHE / "peer.log", path=peer.PATH) as server:
        for flow in peer.Peer(port).flows():
            for connections in measure.CONNECTIONS:
                print(f"  oidc-provider: {flow.name}, {connections} connections ...", file=sys.stderr)
                figure = run(measure.figure(flow, server.process.pid, port, connections, min(FEWER, asked.rounds)))
                lines.append(report.line(flow, connections, figure, floor))
    return f"{title}\n\nIts own store, in memory and not on a disk; the floor is our servers', without a store.\n\n{report.table(lines)}"


def floors() -> dict[str, float]:
    """The primitives, and a server that does nothing."""
    print("the floor ...", file=sys.stderr)
    said = subprocess.run([sys.executable, "-m", "bench.floor", str(CACHE)], cwd=ROOT, check=True, capture_output=True, text=True)
    floor: dict[str, float] = json.loads(said.stdout)
    port = unused_port()
    with running([sys.executable, "-m", "bench.bare", str(port)], port, CACHE / "bare.log") as server:
        for connections in measure.CONNECTIONS:
            for name, figure in run(measure.bare(server.process.pid, port, connections)).items():
                floor[f"{name} {connections}"] = figure.low
    return floor


def flows(server: Started, accounts: int, at: Sequence[int], asked: Asked, floor: dict[str, float]) -> list[Line]:
    """Every flow at every number of connections."""
    load = Load(Site(server.port), accounts)
    lines = []
    for flow in load.flows():
        if asked.only and flow.name not in asked.only:
            continue
        for connections in at:
            print(f"  {flow.name}, {connections} connections, {accounts:,} accounts ...", file=sys.stderr)
            figure = run(measure.figure(flow, server.process.pid, server.port, connections, asked.rounds))
            lines.append(report.line(flow, connections, figure, floor))
    return lines


def seeded(accounts: int) -> Path:
    """A store with so many accounts; kept, unless the schema has changed since."""
    from yett.adapters.sql.schema import metadata

    shape = "".join(f"{table.name}({','.join(map(repr, table.columns))})" for table in metadata.sorted_tables)
    folder = CACHE / f"sqlite-{accounts}-{hashlib.sha256(shape.encode()).hexdigest()[:8]}"
    for other in CACHE.glob(f"sqlite-{accounts}-*"):
        if other != folder or accounts == FEW:
            shutil.rmtree(other)
    print(f"seeding {accounts:,} accounts ...", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "bench.seed", "--accounts", str(accounts)], cwd=ROOT, check=True, env={**os.environ, "YETT_DIR": str(folder)})
    return folder


def command(folder: Path, port: int) -> list[str]:
    """`yett serve` as anyone starts it."""
    return [str(Path(sys.executable).with_name("yett")), "serve", "--dir", str(folder), "--listen", f"127.0.0.1:{port}"]


def serving(folder: Path) -> Any:
    """Our server over a seeded store."""
    port = unused_port()
    return running(command(folder, port), port, CACHE / "yett.log", ENVIRON)


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run what the client does."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(story)


def _memory(server: Started) -> str:
    now, most = (resident_kib(server.process.pid, what) / 1024 for what in ("VmRSS", "VmHWM"))
    held = f"target {MOST_MIB}: {_verdict(now, MOST_MIB)}"
    return f"Memory of the worker after all that: {now:.0f} MiB, at most {most:.0f} MiB (while passwords are hashed); {held}.\n"


def _idle(server: Started) -> str:
    """What goes on beside the requests: numbering facts, looking for messages."""
    time.sleep(IDLE)
    before = cpu_ns(server.process.pid)
    time.sleep(IDLE)
    share = (cpu_ns(server.process.pid) - before) / IDLE / 1e9
    return f"Nobody asks anything, and it takes {share:.1%} of a core.\n"


def _starts(folder: Path) -> str:
    # As a set-up leaves it; what was edited since is read as text at every start where Python may write no bytecode.
    compileall.compile_dir(ROOT / "src", quiet=1)
    took = []
    for _ in range(STARTS):
        port = unused_port()
        started = start(command(folder, port), port, CACHE / "yett.log", ENVIRON)
        took.append((started.seconds, started.cpu_ns / 1e9, resident_kib(started.process.pid) / 1024))
        stop(started.process)
    seconds, cpu, memory = min(took)
    held = f"target {MOST_SECONDS} s: {_verdict(seconds, MOST_SECONDS)}"
    return f"Start to first answer, best of {STARTS}: {seconds:.2f} s ({cpu:.2f} s of CPU), {memory:.0f} MiB then; {held}.\n"


def _timing(folder: Path, pairs: int) -> str:
    print("equal work for known and unknown ...", file=sys.stderr)
    with serving(folder) as server:
        found = run(timing.told_apart(Load(Site(server.port), FEW), server.port, pairs))
    rows = "".join(f"- {name}: {one}\n" for name, one in found.items())
    return f"### A wrong password of somebody and of nobody\n\nTime until the answer, in pairs in random order. Reported, not asserted.\n\n{rows}"


def _growth(few: Path, many: Path, asked: Asked) -> str:
    """Flow by flow on either store in turn, so that the machine is as busy for the one as for the other."""
    rows = ""
    with serving(few) as one, serving(many) as other:
        both = [(server, Load(Site(server.port), accounts)) for server, accounts in ((one, FEW), (other, MANY))]
        for flows_here in zip(*(load.flows() for _, load in both), strict=True):
            if asked.only and flows_here[0].name not in asked.only:
                continue
            print(f"  {flows_here[0].name}, {FEW:,} and {MANY:,} accounts ...", file=sys.stderr)
            took = [
                run(measure.figure(flow, server.process.pid, server.port, 16, min(FEWER, asked.rounds))).low
                for flow, (server, _) in zip(flows_here, both, strict=True)
            ]
            growth = took[1] / took[0]
            rows += f"| {flows_here[0].title} | {took[0]:,.0f} | {took[1]:,.0f} | {growth:.2f} | {MOST_GROWTH} | {_verdict(growth, MOST_GROWTH)} |\n"
    return f"| flow, 16 connections | µs, {FEW:,} | µs, {MANY:,} | ratio | target | |\n|---|--:|--:|--:|--:|---|\n{rows}"


def _verdict(value: float, target: float) -> str:
    return "pass" if value <= target else "MISS"


if __name__ == "__main__":
    main()
