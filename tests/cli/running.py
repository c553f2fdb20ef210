"""The real program, as people start it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.harness.process import die_with_parent

YETT = Path(sys.executable).parent / "yett"
# Nothing of the machine's own may decide a test.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("YETT_") and name != "PYTHONDONTWRITEBYTECODE"}


class Said(str):
    """What a command said, with its exit status."""

    __slots__ = ("err", "status")
    status: int
    err: str


def yett(*args: str, cwd: Path, given: str = "", env: Mapping[str, str] | None = None) -> Said:
    """Run a command to its end."""
    done = subprocess.run([YETT, *args], cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=60, env={**CLEAN, **(env or {})})
    said = Said(done.stdout)
    said.status, said.err = done.returncode, done.stderr
    return said


class Running:
    """A server, its issuer, and all that it printed at its start."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder, self.printed = process, folder, ""
        assert process.stdout is not None
        for line in process.stdout:
            self.printed += line
            if line.startswith("Yett ") and " serves " in line:
                break
        else:
            pytest.fail(f"yett serve ended with {process.wait()}: {(folder / 'err').read_text()}", pytrace=False)
        found = re.search(r"serves (\S+)", self.printed)
        assert found
        self.issuer = found[1]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit status."""
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=30)
        self.printed += rest
        return self.process.returncode

    def file(self, name: str) -> Any:
        """A JSON file of DIR."""
        return json.loads((self.folder / name).read_text())

    def log(self) -> str:
        """Standard error."""
        return (self.folder.parent / "err").read_text()


@contextlib.contextmanager
def serving(cwd: Path, *args: str, folder: str = "var", listen: str = "127.0.0.1:0", env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """`yett serve` on a free port until the block ends."""
    with (cwd / "err").open("w") as err:
        process = subprocess.Popen(
            [YETT, "serve", "--listen", listen, *args],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env={**CLEAN, **(env or {})},
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call: safe after a fork
        )
    try:
        running = Running(process, cwd / folder)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
