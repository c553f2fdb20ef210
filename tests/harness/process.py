"""Programs that a test starts: found or missed in one line, and gone when the test run is."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def missing(what: str, install: str) -> NoReturn:
    """Fail, never skip: a suite that leaves out what it cannot run is green for nothing."""
    pytest.fail(f"{what} is missing: {install}", pytrace=False)


def program(*names: str, install: str) -> str:
    """Path of the first of these programs that is installed."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing(names[0], install)


def package_folder(name: str) -> Path | None:
    """Where an installed package lies, without importing it."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def die_with_parent() -> None:
    """Run in the child before exec: a killed test run leaves no orphan (Linux)."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def unprivileged() -> dict[str, Any]:
    """Arguments of `subprocess` for a server that refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def start(command: Sequence[str | Path], log: Path, **how: Any) -> subprocess.Popen[bytes]:
    """Start a server that dies with this process; what it says goes to `log`."""
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call: safe after a fork
            **how,
        )


def await_ready(server: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until the server answers; one that ended or hangs fails with the end of its log."""
    deadline = time.monotonic() + seconds
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            stop(server)
            pytest.fail(f"{server.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)
        time.sleep(0.01)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; kill it if it does not."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def unused_port() -> int:
    """Find a port that is free now on 127.0.0.1 and, where there is IPv6, on [::1]."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as four:
            port: int = four.getsockname()[1]
            if not socket.has_ipv6:
                return port
            try:
                socket.create_server(("::1", port), family=socket.AF_INET6).close()
            except PermissionError:
                raise
            except OSError as fault:
                if fault.errno in {97, 99}:  # no IPv6 here after all: EAFNOSUPPORT, EADDRNOTAVAIL
                    return port
                continue
            return port
