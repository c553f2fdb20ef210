"""Hashes of passwords that another system made: which are taken, and how they are kept until the next login.

bcrypt, Argon2 and PBKDF2 are kept as their own strings; a plain digest as `$digest$algorithm$position$salt$value`, in hex.
"""

import base64
import re
from collections.abc import Callable, Mapping

# Costs that a login can afford: whoever imports a higher one would stop the server with it.
BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
ARGON2 = re.compile(r"\$argon2i?d?\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=1\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}")
PBKDF2 = re.compile(r"\$pbkdf2-(sha1|sha256|sha512)\$i=(\d{1,7}),l=(\d{1,3})\$[A-Za-z0-9+/]{2,172}\$[A-Za-z0-9+/]{22,172}")
MEMORY, PASSES, ROUNDS = 65536, 10, 1_000_000
SIZES: Mapping[str, int] = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
LONGEST_SALT = 128


def bcrypt_hash(value: str) -> bytes:
    """A bcrypt hash as Auth0 exports it. Raises ValueError."""
    if not BCRYPT.fullmatch(value):
        raise ValueError("is no bcrypt hash ($2a$, $2b$ or $2y$) of a cost of 4 to 14")
    return value.encode()


def custom_hash(said: Mapping[str, object]) -> bytes:
    """Auth0's `custom_password_hash`, for argon2, bcrypt, pbkdf2, md5, sha1, sha256 and sha512. Raises ValueError."""
    algorithm, told = str(said.get("algorithm")), _object(said, "hash")
    value, encoding = str(told.get("value", "")), str(told.get("encoding", ""))
    if algorithm == "bcrypt":
        return bcrypt_hash(value)
    if algorithm == "argon2":
        return _argon2(value)
    if algorithm == "pbkdf2":
        return _pbkdf2(value)
    if algorithm not in SIZES:
        raise ValueError("algorithm is none of argon2, bcrypt, pbkdf2, md5, sha1, sha256 and sha512")
    digest = _decoded(value, encoding)
    salt, position = b"", "prefix"
    if "salt" in said:
        given = _object(said, "salt")
        salt, position = _decoded(str(given.get("value", "")), str(given.get("encoding", "utf8"))), str(given.get("position", "prefix"))
    if len(digest) != SIZES[algorithm] or len(salt) > LONGEST_SALT or position not in {"prefix", "suffix"}:
        raise ValueError(f"hash or salt is none of {algorithm}")
    return f"$digest${algorithm}${position}${salt.hex()}${digest.hex()}".encode()


def _argon2(value: str) -> bytes:
    found = ARGON2.fullmatch(value)
    if found is None or int(found[1]) > MEMORY or int(found[2]) > PASSES:
        raise ValueError(f"hash is no Argon2 string of at most {MEMORY} KiB and {PASSES} passes")
    return value.encode()


def _pbkdf2(value: str) -> bytes:
    found = PBKDF2.fullmatch(value)
    if found is None or int(found[2]) > ROUNDS:
        raise ValueError(f"hash is no PBKDF2 string of at most {ROUNDS} rounds")
    return value.encode()


def _object(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = said.get(name)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - of a file, not of a program
    return value


def _decoded(value: str, encoding: str) -> bytes:
    readers: Mapping[str, Callable[[str], bytes]] = {"hex": bytes.fromhex, "base64": _base64, "utf8": str.encode}
    if encoding not in readers:
        raise ValueError("encoding is none of hex, base64 and utf8")
    try:
        return readers[encoding](value)
    except ValueError:
        raise ValueError(f"value is not {encoding}") from None


def _base64(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
