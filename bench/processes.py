"""Programs under measurement: where they run, what they have used, how they start and end."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
_CORES = sorted(os.sched_getaffinity(0))
# The one measured has a core of its own; whoever asks, and a database, have another.
SERVER_CORE, CLIENT_CORE = _CORES[-1], _CORES[0]
PATIENCE = 30.0


def cpu_ns(pid: int) -> int:
    """CPU time of all threads of a process, those that have ended too: its clock of clock_getcpuclockid(3)."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def resident_kib(pid: int, what: str = "VmRSS") -> int:
    """Memory as /proc has it: VmRSS now, VmHWM at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what + ":"))


def unused_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


class Started(NamedTuple):
    """A server that answers, and what it took until it did."""

    process: "subprocess.Popen[bytes]"
    port: int
    seconds: float
    cpu_ns: int


def start(command: Sequence[str], port: int, log: Path, environ: Mapping[str, str] | None = None, path: str = "/healthz") -> Started:
    """Start a server on its core and wait for its first answer."""
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),  # noqa: PLW1509 - one system call: safe after a fork
        )
    while not _answers(port, path):
        if process.poll() is not None or time.perf_counter() - began > PATIENCE:
            stop(process)
            sys.exit(f"{' '.join(command)} does not answer:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.002)
    return Started(process, port, time.perf_counter() - began, cpu_ns(process.pid))


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end; see to it where it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def running(command: Sequence[str], port: int, log: Path, environ: Mapping[str, str] | None = None, path: str = "/healthz") -> Iterator[Started]:
    """A server for as long as it is needed."""
    started = start(command, port, log, environ, path)
    try:
        yield started
    finally:
        stop(started.process)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
