"""The floor: what the primitives of our flows cost by themselves, in CPU time of this process, as JSON on stdout."""

import hashlib
import hmac
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nacl.pwhash
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.processes import SERVER_CORE

ROUNDS = 5
SIGNED = b"x" * 800


def microseconds(act: Callable[[], object], times: int) -> float:
    """CPU time of one act: the lowest of some rounds."""
    act()
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for _ in range(times):
            act()
        rounds.append((time.process_time_ns() - began) / times / 1000)
    return min(rounds)


def rs256() -> float:
    """One signature."""
    key, pad, sha = rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), hashes.SHA256()
    return microseconds(lambda: key.sign(SIGNED, pad, sha), 200)


def es256() -> float:
    """One signature."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    return microseconds(lambda: key.sign(SIGNED, algorithm), 2000)


def verify() -> float:
    """One ES256 signature, verified with a key that is read first: what a security key's answer takes."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    signature, numbers = key.sign(SIGNED, algorithm), key.public_key().public_numbers()
    return microseconds(lambda: ec.EllipticCurvePublicNumbers(numbers.x, numbers.y, numbers.curve).public_key().verify(signature, SIGNED, algorithm), 1000)


def argon2id() -> float:
    """One check of a password."""
    kept = nacl.pwhash.argon2id.str(b"correct horse", opslimit=2, memlimit=19 * 1024 * 1024)
    return microseconds(lambda: nacl.pwhash.verify(kept, b"correct horse"), 10)


def totp() -> float:
    """Open the sealed key, and compare the codes of two steps."""
    aead, nonce, place = AESGCM(os.urandom(32)), os.urandom(12), b"p" * 80
    sealed = aead.encrypt(nonce, os.urandom(20), place)

    def verify() -> bool:
        secret, right = aead.decrypt(nonce, sealed, place), False
        for step in (59000000, 59000001):
            mac = hmac.digest(secret, step.to_bytes(8), hashlib.sha1)
            at = mac[-1] & 15
            code = str((int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 10**6).zfill(6)
            right |= hmac.compare_digest(code, "123456")
        return right

    return microseconds(verify, 5000)


class Database:
    """A SQLite file as ours is set up, with 100,000 rows, and the smallest operation that a flow ends in."""

    def __init__(self, folder: Path) -> None:
        self._connection = connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("PRAGMA synchronous=2")
        connection.execute("CREATE TABLE state (id TEXT PRIMARY KEY, mark INTEGER, secret BLOB)")
        connection.execute("CREATE TABLE facts (id TEXT PRIMARY KEY, at INTEGER, data TEXT) WITHOUT ROWID")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO state VALUES (?, 0, ?)", ((f"{n:024x}", b"s" * 64) for n in range(100_000)))
        connection.execute("COMMIT")
        self._turn = 0

    def read(self) -> object:
        """One row by its key."""
        self._turn += 1
        return self._connection.execute("SELECT mark, secret FROM state WHERE id = ?", (f"{self._turn * 7919 % 100_000:024x}",)).fetchall()

    def commit(self, together: int) -> None:
        """Swap a mark and write a fact, so many times in one durable commit."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for _ in range(together):
            self._turn += 1
            execute("UPDATE state SET mark = ? WHERE id = ? AND mark < ?", (self._turn, f"{self._turn * 7919 % 100_000:024x}", self._turn))
            execute("INSERT INTO facts VALUES (?, ?, ?)", (f"{self._turn:012x}{os.urandom(10).hex()}", self._turn, '{"factor":"totp"}'))
        execute("COMMIT")


def main() -> None:
    """Measure everything on the server's core."""
    os.sched_setaffinity(0, {SERVER_CORE})
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
        database = Database(Path(folder))
        figures = {
            "rs256": rs256(),
            "es256": es256(),
            "verify": verify(),
            "argon2id": argon2id(),
            "totp": totp(),
            "read": microseconds(database.read, 5000),
            "commit 1": microseconds(lambda: database.commit(1), 100),
            "commit 16": microseconds(lambda: database.commit(16), 50) / 16,
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
