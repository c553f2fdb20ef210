"""The gate in front of joserfc: what a token and a key must be before a signature is worth checking."""

import hashlib
import hmac
import json
import string
from collections.abc import Mapping

import pytest
from joserfc.jwk import RSAKey

from yett.adapters.keys.compact import encoded, strict
from yett.adapters.keys.jws import LONGEST, key_of, read

SECRET = b"k" * 40
JWK = {"kty": "oct", "k": encoded(SECRET).decode()}
HEADER = {"alg": "HS256", "typ": "JWT"}


def signed(header: Mapping[str, object] | bytes = HEADER, payload: bytes = b'{"sub":"ada"}') -> bytes:
    """A token whose MAC is right, whatever its header says."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    said = encoded(head) + b"." + encoded(payload)
    return said + b"." + encoded(hmac.digest(SECRET, said, hashlib.sha256))


def reads(token: bytes, alg: str = "HS256", jwk: Mapping[str, object] = JWK) -> bool:
    key = key_of(jwk, alg)
    return key is not None and read(token, key, alg) is not None


def test_a_token_says_its_header_and_its_payload() -> None:
    key = key_of(JWK, "HS256")
    assert key is not None
    assert read(signed(), key, "HS256") == (HEADER, b'{"sub":"ada"}')


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_row_19_each_segment_is_written_in_one_way_only(segment: int) -> None:
    """Another last letter may mean the same bytes: then one token has several spellings, and whoever keeps it by its spelling is fooled."""
    token = signed()
    for letter in string.printable.encode():
        parts = token.split(b".")
        parts[segment] = parts[segment][:-1] + bytes((letter,))
        other = b".".join(parts)
        assert reads(other) is (other == token)


@pytest.mark.parametrize("ending", [b"=", b"==", b"\n", b" ", b"\0", b"."])
def test_row_19_nothing_follows_a_segment(ending: bytes) -> None:
    head, payload, mac = signed().split(b".")
    for other in ((head + ending, payload, mac), (head, payload + ending, mac), (head, payload, mac + ending), (ending + head, payload, mac)):
        assert not reads(b".".join(other))


def test_base64url_is_strict() -> None:
    assert strict(b"AA") == b"\0"
    assert [strict(one) for one in (b"", b"A", b"AB", b"AA==", b"A A", b"+A", b"/w", b"AAAAA", "\uff21".encode())] == [None] * 9


MORE: list[Mapping[str, object]] = [
    {"crit": ["exp"], "exp": 1},
    {"crit": ["b64"], "b64": True},
    {"crit": ["b64"], "b64": False},
    {"crit": []},
    {"b64": False},
    {"alg": "none"},
    {"alg": "HS512"},
    {"alg": "hs256"},
    {"alg": ["HS256"]},
    {"alg": None},
]


@pytest.mark.parametrize("more", MORE)
def test_row_19_no_extension_is_understood_and_no_other_alg_is_believed(more: Mapping[str, object]) -> None:
    assert not reads(signed({**HEADER, **more}))


@pytest.mark.parametrize("header", [b'{"alg":"none","alg":"HS256"}', b'{"alg":"HS256","\\u0061lg":"HS256"}', b'["HS256"]', b"", b'{"alg":"HS256"', b"null"])
def test_row_19_a_header_is_an_object_in_which_no_name_stands_twice(header: bytes) -> None:
    assert not reads(signed(header))


@pytest.mark.parametrize("more", [{"jku": "https://evil.test/"}, {"x5u": "https://evil.test/"}, {"jwk": JWK}, {"kid": "other"}])
def test_row_19_a_key_that_a_token_brings_along_has_no_say(more: Mapping[str, object]) -> None:
    other = {"kty": "oct", "k": encoded(b"o" * 40).decode()}
    assert reads(signed({**HEADER, **more}))
    assert not reads(signed({**HEADER, **more}), jwk=other)


def test_a_token_has_an_end() -> None:
    def padded(size: int) -> bytes:
        return signed(payload=b"x" * size)

    longest = next(size for size in range(LONGEST, 0, -1) if len(padded(size)) <= LONGEST)
    assert reads(padded(longest))
    assert not reads(padded(longest + 4))


@pytest.mark.parametrize(
    "more, fits",
    [
        ({}, True),
        ({"use": "sig"}, True),
        ({"use": "enc"}, False),
        ({"use": None}, False),
        ({"key_ops": ["sign", "verify"]}, True),
        ({"key_ops": ["sign"]}, False),
        ({"key_ops": []}, False),
        ({"key_ops": "verify"}, False),
        ({"alg": "HS256"}, True),
        ({"alg": "HS512"}, False),
        ({"kty": "RSA"}, False),
        ({"kty": "nonsense"}, False),
        ({"kty": None}, False),
        ({"k": 7}, False),
        ({"k": ""}, False),
    ],
)
def test_a_key_is_for_what_it_says(more: Mapping[str, object], fits: bool) -> None:
    assert reads(signed(), jwk={**JWK, **more}) is fits


RSA_PUBLIC = {"kty": "RSA", "n": encoded(b"\xc1" * 256).decode(), "e": "AQAB"}


def test_row_19_a_public_key_is_no_secret_to_verify_with() -> None:
    """RS256 to HS256: the attacker MACs with the bytes of our public key."""
    key = key_of(RSA_PUBLIC, "RS256")
    assert isinstance(key, RSAKey)
    said = encoded(json.dumps(HEADER).encode()) + b"." + encoded(b"{}")
    for secret in (key.as_bytes(), json.dumps(RSA_PUBLIC).encode()):
        token = said + b"." + encoded(hmac.digest(secret, said, hashlib.sha256))
        assert read(token, key, "RS256") is None
        assert read(token, key, "HS256") is None
