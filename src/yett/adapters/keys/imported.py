"""Verify hashes that another system made (domain.imported says how they are kept)."""

import base64
import hashlib
import hmac

import nacl.exceptions
import nacl.pwhash

BCRYPT, BCRYPT_READS = (b"$2a$", b"$2b$", b"$2y$"), 72


def matches(hashed: bytes, password: bytes) -> bool:
    """Whether this is the password. What is no hash that we know matches nothing."""
    try:
        if hashed.startswith(BCRYPT):
            import bcrypt

            # bcrypt reads 72 bytes; whoever hashed it cut the rest off as well.
            return bcrypt.checkpw(password[:BCRYPT_READS], hashed)
        if hashed.startswith(b"$digest$"):
            return _digest(hashed.decode(), password)
        if hashed.startswith(b"$pbkdf2-"):
            return _pbkdf2(hashed.decode(), password)
        return bool(nacl.pwhash.verify(hashed, password))
    except (nacl.exceptions.CryptoError, ValueError):
        return False


def _digest(hashed: str, password: bytes) -> bool:
    _, _, algorithm, position, salt, value = hashed.split("$")
    grain = bytes.fromhex(salt)
    made = hashlib.new(algorithm, grain + password if position == "prefix" else password + grain).digest()
    return hmac.compare_digest(made, bytes.fromhex(value))


def _pbkdf2(hashed: str, password: bytes) -> bool:
    _, name, costs, salt, value = hashed.split("$")
    rounds = int(costs.partition(",")[0].removeprefix("i="))
    wanted = _plain(value)
    made = hashlib.pbkdf2_hmac(name.removeprefix("pbkdf2-"), password, _plain(salt), rounds, len(wanted))
    return hmac.compare_digest(made, wanted)


def _plain(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
