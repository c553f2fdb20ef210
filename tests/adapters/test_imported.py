"""Hashes of other systems verify here, as they did there."""

import base64
import hashlib

import bcrypt
import nacl.pwhash
import pytest

from yett.adapters.keys.hasher import Argon2
from yett.domain.imported import custom_hash

WORD = b"correct horse"


def plain(value: bytes) -> str:
    return base64.b64encode(value).rstrip(b"=").decode()


PBKDF2 = f"$pbkdf2-sha512$i=1000,l=64${plain(b'salt')}${plain(hashlib.pbkdf2_hmac('sha512', WORD, b'salt', 1000))}"
SAID = [
    {"algorithm": "bcrypt", "hash": {"value": bcrypt.hashpw(WORD, bcrypt.gensalt(4)).decode()}},
    {"algorithm": "argon2", "hash": {"value": nacl.pwhash.argon2id.str(WORD, 1, 8192).rstrip(b"\0").decode()}},
    {"algorithm": "pbkdf2", "hash": {"value": PBKDF2}},
    *(
        {
            "algorithm": name,
            "hash": {"value": hashlib.new(name, b"salt" + WORD).hexdigest(), "encoding": "hex"},
            "salt": {"value": "salt", "encoding": "utf8"},
        }
        for name in ("md5", "sha1", "sha256", "sha512")
    ),
    {
        "algorithm": "sha256",
        "hash": {"value": plain(hashlib.sha256(WORD + b"salt").digest()), "encoding": "base64"},
        "salt": {"value": plain(b"salt"), "encoding": "base64", "position": "suffix"},
    },
]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["algorithm"])
async def test_a_hash_of_another_system_verifies_and_is_outdated(said: dict[str, object]) -> None:
    hasher, hashed = Argon2(), custom_hash(said)
    assert await hasher.verify(hashed, WORD.decode())
    assert not await hasher.verify(hashed, "wrong horse")
    assert hasher.outdated(hashed)


async def test_our_own_is_not() -> None:
    hasher = Argon2()
    assert not hasher.outdated(await hasher.hash("word"))
