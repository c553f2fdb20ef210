"""Where the time of one flow goes: the server under cProfile, over the measured requests alone."""

import asyncio
import os
import pstats
import signal
import sys
import time
from collections.abc import Callable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from bench.client import Site, drive
from bench.flows import Load
from bench.measure import opened
from bench.processes import ROOT, running, unused_port

CONNECTIONS, TOP = 16, 40


def of(name: str, folder: Path, environ: Mapping[str, str], run: Callable[[Any], int]) -> str:
    """The most expensive functions, as text."""
    port, out = unused_port(), folder / "profile"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.profiled", "serve", "--dir", str(folder), "--listen", f"127.0.0.1:{port}"]
    with running(command, port, folder / "profile.log", {**environ, "BENCH_PROFILE": str(out)}) as server:
        times = run(_profiled(name, Load(Site(port), 1000), server.process.pid))
        while not out.exists():
            time.sleep(0.05)
    return _told(pstats.Stats(str(out)), times)


async def _profiled(name: str, load: Load, pid: int) -> int:
    flow = next((one for one in load.flows() if one.name == name), None)
    if flow is None:
        sys.exit(f"there is no flow {name}; there are {', '.join(one.name for one in load.flows())}")
    async with opened(load.site.port, CONNECTIONS) as preparing:
        await drive(preparing, await flow.prepare(preparing, 50), flow.act)
        jobs = await flow.prepare(preparing, flow.times)
    async with opened(load.site.port, CONNECTIONS) as asking:
        os.kill(pid, signal.SIGUSR1)
        await asyncio.sleep(0.3)
        await drive(asking, jobs, flow.act)
        os.kill(pid, signal.SIGUSR2)
    return len(jobs)


def _told(stats: pstats.Stats, times: int) -> str:
    """Microseconds for each run through the flow; cProfile's own cost is in them, so read them as shares."""
    rows: list[tuple[float, float, float, str]] = []
    for (file, line, function), (_, calls, own, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
        place = file.removeprefix(str(ROOT / "src")).rpartition("site-packages/")[2].lstrip("/")
        rows.append((cumulative / times * 1e6, own / times * 1e6, calls / times, f"{place}:{line} {function}"))
    text = f"{times} times, {stats.total_tt / times * 1e6:,.0f} µs each under the profiler\n"  # type: ignore[attr-defined]
    for by, title in ((0, "cumulative"), (1, "own")):
        text += f"\nby {title}\n{'cumulative':>10} {'own':>8} {'calls':>7}\n"
        text += "".join(f"{row[0]:10.1f} {row[1]:8.1f} {row[2]:7.1f}  {row[3]}\n" for row in sorted(rows, key=itemgetter(by), reverse=True)[:TOP])
    return text
