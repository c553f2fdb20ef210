"""Sealing: secrets at rest are AES-256-GCM under a data key, which is wrapped by a key-encryption key.

The associated data say where a secret stands, so that a row that is moved to another account does not open.
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import msgpack

from yett.ports import Busy

KEY_SIZE = 32
NONCE_SIZE = 12
HEAD_SIZE = 4 + NONCE_SIZE
# A random nonce of 96 bits is good for 2**32 seals (NIST SP 800-38D, 8.3); a data key is replaced long before.
MOST_SEALS = 2**28

_encode = msgpack.Encoder().encode


class SealError(Exception):
    """A secret does not open: the wrong key, or it does not stand where it was sealed."""


class UnknownKey(SealError):
    """Sealed under a data key that this process has not loaded yet."""


class DataKey(NamedTuple):
    """A data key as the store keeps it."""

    id: int
    wrapped: bytes


class Kek:
    """The key-encryption key: it wraps data keys, and nothing else."""

    def __init__(self, key: bytes, origin: str) -> None:
        if len(key) != KEY_SIZE:
            raise SealError(f"the key-encryption key in {origin} must have {KEY_SIZE} bytes, not {len(key)}")
        self._aead = AESGCM(key)
        self.origin = origin

    def wrap(self, store: str, id: int, key: bytes) -> bytes:
        """The data key as it may stand in the store."""
        nonce = os.urandom(NONCE_SIZE)
        return nonce + self._aead.encrypt(nonce, key, _encode(("data key", store, id)))

    def unwrap(self, store: str, key: DataKey) -> bytes:
        """The data key itself. Raises SealError where this is not the key that wrapped it."""
        nonce, wrapped = key.wrapped[:NONCE_SIZE], key.wrapped[NONCE_SIZE:]
        try:
            return self._aead.decrypt(nonce, wrapped, _encode(("data key", store, key.id)))
        except InvalidTag:
            raise SealError(
                f"the key-encryption key in {self.origin} does not open data key {key.id} of this store: "
                "bring back the key-encryption key that the store was made with"
            ) from None


class Seal:
    """Seals and opens under the data keys of one store; `current` seals, all of them open."""

    def __init__(self, store: str, keys: Mapping[int, bytes]) -> None:
        self.store = store
        self.made = 0
        self._aeads = {id: AESGCM(key) for id, key in keys.items()}
        self.current = max(keys)
        self._newest = self._aeads[self.current]
        self.nothing = self.close("", "enrolments", "", "secret", b"")

    def learn(self, keys: Mapping[int, bytes]) -> None:
        """Data keys that were made since."""
        self._aeads.update((id, AESGCM(key)) for id, key in keys.items() if id not in self._aeads)
        self.current = max(self._aeads)
        self._newest = self._aeads[self.current]

    def knows(self) -> Iterable[int]:
        """The data keys at hand."""
        return self._aeads.keys()

    def close(self, account: str, table: str, row: str, column: str, secret: bytes) -> bytes:
        """The secret, sealed for this place."""
        self.made += 1
        nonce = os.urandom(NONCE_SIZE)
        place = _encode((self.store, account, table, row, column, self.current))
        return self.current.to_bytes(4) + nonce + self._newest.encrypt(nonce, secret, place)

    def open(self, account: str, table: str, row: str, column: str, sealed: bytes) -> bytes:
        """The secret that was sealed for this place. Raises SealError for any other."""
        key = int.from_bytes(sealed[:4])
        aead = self._aeads.get(key)
        if aead is None:
            raise UnknownKey(f"{table}.{column} of {row} is sealed under data key {key}, which is not loaded")
        place = _encode((self.store, account, table, row, column, key))
        try:
            return aead.decrypt(sealed[4:HEAD_SIZE], sealed[HEAD_SIZE:], place)
        except InvalidTag:
            raise SealError(f"{table}.{column} of {row} does not open here: it was altered, or moved from another place") from None


def new_key() -> bytes:
    """A fresh key of 256 bits."""
    return secrets.token_bytes(KEY_SIZE)


def kek_of(value: str, origin: str) -> Kek:
    """A key-encryption key given as base64, as an environment variable has it."""
    try:
        return Kek(base64.b64decode(value, validate=True), origin)
    except ValueError:
        raise SealError(f"the key-encryption key in {origin} is not base64") from None


class KekGiven:
    """Key-encryption keys given from outside, with commas between: the first is wanted, the others open what it has yet to wrap."""

    def __init__(self, value: str, origin: str) -> None:
        self._keks = tuple(kek_of(one, origin) for one in value.split(","))

    def load(self) -> tuple[Kek, ...]:
        """All of them."""
        return self._keks

    @contextmanager
    def replacing(self, opens: Callable[[Kek], bool]) -> Iterator[Kek]:  # noqa: ARG002 - of the file's
        """The wanted one."""
        yield self._keks[0]


class KekFile:
    """A key-encryption key kept in a file of its own, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = path.with_name(path.name + ".next")

    def load(self) -> tuple[Kek, ...]:
        """The key, and behind it one whose introduction was interrupted; none where there is no file."""
        return tuple(kek_of(path.read_text("ascii", "replace").strip(), str(path)) for path in (self.path, self._next) if path.exists())

    def create(self) -> Kek:
        """A first key."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return _written(self.path)

    @contextmanager
    def replacing(self, opens: Callable[[Kek], bool]) -> Iterator[Kek]:
        """A new key, adopted at the end of a block in which it wrapped all that `opens` says a key opens. Raises Busy where another process is about it."""
        with self.path.open("rb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            known = self.load()
            # Interrupted behind its commit: what would be thrown away as a proposal is the only key there is.
            if len(known) > 1 and not opens(known[0]):
                self.adopt()
            yield self.propose()
            self.adopt()

    def propose(self) -> Kek:
        """A new key beside the one in force: it is adopted once every data key is wrapped by it."""
        self._next.unlink(missing_ok=True)
        return _written(self._next)

    def adopt(self) -> None:
        """The proposed key is now the one in force."""
        self._next.replace(self.path)


def _written(path: Path) -> Kek:
    text = base64.b64encode(new_key()).decode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return kek_of(text, str(path))
