"""The real server, in a process of its own, over https with its local CA."""

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
PATIENCE = 20.0


@contextmanager
def serving(folder: Path, port: int, *flags: str) -> Iterator[str]:
    """`yett serve --demo --tls auto` until the block ends; yields the issuer."""
    command = [str(YETT), "serve", "--demo", "--tls", "auto", "--dir", str(folder), "--listen", f"127.0.0.1:{port}", *flags]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        issuer = f"https://localhost:{port}/"
        _await(issuer, folder, process)
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def _await(issuer: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(issuer + "healthz", context=ssl.create_default_context(cafile=str(folder / "ca.pem"))):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError((folder / "server.log").read_text())
