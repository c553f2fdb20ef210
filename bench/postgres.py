"""Our flows on PostgreSQL: the CPU of our own process; the database has the other core, and its CPU is not in it."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import report
from bench.processes import ROOT, Started, running, unused_port
from bench.report import Line
from tests.harness.postgres import Cluster


def section(measured: Callable[[Started], Sequence[Line]], environ: Mapping[str, str]) -> str:
    """Seed a durable cluster with 1,000 accounts, serve it, measure."""
    folder = ROOT / "var-bench" / "postgres"
    with Cluster.begin(durable=True) as cluster, cluster.database() as url:
        print("seeding 1,000 accounts in PostgreSQL ...", file=sys.stderr)
        seed = [sys.executable, "-m", "bench.seed", "--accounts", "1000", "--database", url]
        subprocess.run(seed, cwd=ROOT, check=True, env={**os.environ, "YETT_DIR": str(folder)})
        port = unused_port()
        command = [str(Path(sys.executable).with_name("yett")), "serve", "--dir", str(folder), "--listen", f"127.0.0.1:{port}", "--database", url]
        with running(command, port, ROOT / "var-bench" / "yett.log", environ) as server:
            lines = measured(server)
    said = (
        "The CPU of our process alone: what it spends on speaking with the database (psycopg 3, libpq) is in it, the\n"
        "database's own is not. The floor and the targets are those of SQLite, for comparison.\n"
    )
    return f"### PostgreSQL, synchronous_commit=on, fsync=on, 1,000 accounts, one worker\n\n{said}\n{report.table(lines)}"
