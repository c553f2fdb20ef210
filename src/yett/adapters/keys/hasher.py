"""Argon2id in a bounded pool, with admission control: a flood of logins gets 429, not a dead server."""

import asyncio
import base64
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import nacl.pwhash

from yett.adapters.keys.imported import matches
from yett.ports import Busy

T = TypeVar("T")

MEMORY, PASSES = 19 * 1024 * 1024, 2
# As many may wait as the pool works off in about a second.
WAITING = 64
LONGEST = 4096
OURS = f"$argon2id$v=19$m={MEMORY // 1024},t={PASSES},p=1$".encode()
# Bytes, as libsodium makes them.
SALT, VALUE = 16, 32


class Argon2:
    """OWASP's 19 MiB, two passes; libsodium releases the GIL, so one thread a core is all that helps."""

    def __init__(self, threads: int | None = None, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, "argon2")
        self._room = waiting
        # A value that no password is known to have: the work for an account that does not exist.
        self._dummy = phc(os.urandom(SALT), os.urandom(VALUE))

    async def hash(self, password: str) -> bytes:
        """A PHC string. Raises Busy; ValueError for a password that is longer than any."""
        said = _bytes(password)
        if said is None:
            raise ValueError("the password is too long")
        return await self._run(_hash, said)

    async def verify(self, hashed: bytes | None, password: str) -> bool:
        """Equal work where there is no hash, and where the password is longer than any. Raises Busy."""
        said = _bytes(password)
        known = said is not None and hashed is not None
        matched = await self._run(_verify, (hashed if known else None) or self._dummy, said or b"")
        return matched and known

    def outdated(self, hashed: bytes) -> bool:
        """Another algorithm, or another cost than ours."""
        return not hashed.startswith(OURS)

    async def _run(self, work: Callable[..., T], *args: bytes) -> T:
        if self._room <= 0:
            raise Busy
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        finally:
            self._room += 1


def phc(salt: bytes, value: bytes) -> bytes:
    """The string of a password that hashes to `value`; one that is written otherwise is refused before any work is done."""
    return OURS + b"$".join(base64.b64encode(part).rstrip(b"=") for part in (salt, value))


def _bytes(password: str) -> bytes | None:
    """NFC, so that the same password typed on another keyboard is the same bytes; None: longer than any.

    It is not cut off: whoever knows the beginning of a password does not know it.
    """
    if len(password) > LONGEST:
        return None
    said = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return said if len(said) <= LONGEST else None


def _hash(password: bytes) -> bytes:
    return nacl.pwhash.argon2id.str(password, opslimit=PASSES, memlimit=MEMORY).rstrip(b"\0")


def _verify(hashed: bytes, password: bytes) -> bool:
    """What is no hash that we know matches nothing."""
    return matches(hashed, password)
