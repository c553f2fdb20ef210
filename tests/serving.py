"""The real server, in a process of its own."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

YETT = Path(sys.executable).parent / "yett"
PATIENCE = 30.0


@contextmanager
def serving(folder: Path, port: int, *flags: str, **environment: str) -> Iterator[str]:
    """`yett serve` with these flags until the block ends; yields the issuer. With `--tls` it speaks https."""
    command = [str(YETT), "serve", "--dir", str(folder), "--listen", f"127.0.0.1:{port}", *flags]
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
    try:
        issuer = f"{'https' if '--tls' in flags else 'http'}://localhost:{port}/"
        _await(issuer, folder, process)
        yield issuer
    finally:
        process.terminate()
        process.wait(15)


def _await(issuer: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(issuer + "healthz", context=_context(folder)):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError((folder / "server.log").read_text())


def _context(folder: Path) -> ssl.SSLContext | None:
    authority = folder / "ca.pem"
    return ssl.create_default_context(cafile=str(authority)) if authority.exists() else None
