"""The folder of the process: files that are written whole or not at all, and readable by their owner alone."""

import contextlib
import os
import stat
from pathlib import Path

PRIVATE = 0o600


class Folder:
    """DIR. Made at the first write, for its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes | None:
        """The file's bytes; None where there is no such file."""
        with contextlib.suppress(FileNotFoundError):
            return (self.path / name).read_bytes()
        return None

    def write(self, name: str, value: bytes, mode: int = PRIVATE) -> None:
        """Replace the file in one step. Its mode is right from the first byte on: no moment at which others can read."""
        self.make()
        target, draft = self.path / name, self.path / f".{name}.{os.urandom(6).hex()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(value)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._sync()

    def make(self) -> Path:
        """The folder itself, made where it is missing."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise OSError(fault.errno, f"cannot make the folder that everything is kept in: {fault.strerror}", str(self.path)) from fault
        return self.path

    def mode(self, name: str) -> int | None:
        """The permission bits of a file; None where there is no such file."""
        with contextlib.suppress(FileNotFoundError):
            return stat.S_IMODE((self.path / name).stat().st_mode)
        return None

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
