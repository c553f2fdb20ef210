"""Our own tokens: signed by the current key, and read only if nothing about them was touched."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.adapters.keys.compact import encoded
from yett.adapters.keys.signer import JoseSigner
from yett.domain.tenant import Catalogue, SigningKey, Tenant

SIGNER = JoseSigner()
ALGS = ("RS256", "PS256", "ES256", "Ed25519")
KEYS = {alg: SIGNER.new_key(alg, 1, "current") for alg in ALGS}
SAID = {"iss": "https://idp.test/", "sub": "auth0|ada", "n": 1}


def catalogue(*keys: SigningKey) -> Catalogue:
    return Catalogue(1, 1, Tenant(), {}, {}, (), keys or tuple(KEYS.values()))


@pytest.mark.parametrize("alg", ALGS)
def test_what_was_signed_can_be_read(alg: str) -> None:
    assert SIGNER.verify(catalogue(), SIGNER.sign(catalogue(), alg, "at+jwt", SAID), ("at+jwt",)) == SAID


ES = SIGNER.sign(catalogue(), "ES256", "JWT", SAID)


@given(st.integers(0, len(ES) - 1), st.integers(0, 7))
def test_row_19_a_token_with_any_bit_flipped_is_refused(place: int, bit: int) -> None:
    letter = chr(ord(ES[place]) ^ (1 << bit))
    assert SIGNER.verify(catalogue(), ES[:place] + letter + ES[place + 1 :], ("JWT",)) is None


def forged(header: Mapping[str, object], payload: bytes | None = None, key: str = "ES256") -> str:
    """A token that the right key signed, under a header of the attacker's choice."""
    from yett.adapters.keys.signing import private_of, signature

    signed = encoded(json.dumps(header).encode()) + b"." + encoded(payload or json.dumps(SAID).encode())
    return (signed + b"." + encoded(signature(private_of(KEYS[key].private), key, signed))).decode()


GOOD = {"alg": "ES256", "typ": "JWT", "kid": KEYS["ES256"].kid}


@pytest.mark.parametrize(
    "header",
    [
        {**GOOD, "typ": "at+jwt"},
        {**GOOD, "typ": "jwt"},
        {**GOOD, "alg": "none"},
        {**GOOD, "alg": "HS256"},
        {**GOOD, "alg": "RS256"},
        {**GOOD, "kid": "../../etc/passwd"},
        {**GOOD, "kid": "' OR 1=1 --"},
        {**GOOD, "kid": KEYS["RS256"].kid},
        {**GOOD, "kid": 7},
        {**GOOD, "crit": ["exp"]},
        {**GOOD, "jku": "https://evil.test/jwks"},
        {**GOOD, "x5u": "https://evil.test/cert"},
        {**GOOD, "jwk": {"kty": "EC"}},
        {"alg": "ES256", "kid": KEYS["ES256"].kid},
        {"alg": "ES256", "typ": "JWT"},
        {},
    ],
)
def test_row_19_no_header_but_ours_is_believed(header: dict[str, object]) -> None:
    assert SIGNER.verify(catalogue(), forged(GOOD), ("JWT",)) == SAID
    assert SIGNER.verify(catalogue(), forged(header), ("JWT",)) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"7",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"\\u0062":2}}',
        b"\xff",
        b'{"a":',
        b"[" * 5000,
        b'{"exp":NaN}',
        b'{"exp":Infinity}',
        b'{"exp":1e999}',
        '{"a":1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_claims_are_an_object_in_which_no_name_stands_twice(payload: bytes) -> None:
    assert SIGNER.verify(catalogue(), forged(GOOD, payload), ("JWT",)) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "a.b.c.d", ES + ".", " " + ES, ES + "\n", ES + "=", "x" * 20000, "ä.ö.ü"])
def test_what_is_no_token_is_none(token: str) -> None:
    assert SIGNER.verify(catalogue(), token, ("JWT",)) is None


def test_a_previous_key_still_reads_and_a_revoked_one_does_not() -> None:
    key = KEYS["ES256"]
    assert SIGNER.verify(catalogue(key._replace(use="previous")), ES, ("JWT",)) == SAID
    assert SIGNER.verify(catalogue(key._replace(use="revoked")), ES, ("JWT",)) is None
    assert json.loads(SIGNER.jwks(catalogue(key._replace(use="revoked")))) == {"keys": []}


def test_the_next_key_is_published_before_it_signs() -> None:
    waiting = SIGNER.new_key("ES256", 2, "next")
    shown = json.loads(SIGNER.jwks(catalogue(KEYS["ES256"], waiting)))["keys"]
    assert [one["kid"] for one in shown] == [KEYS["ES256"].kid, waiting.kid]
    assert {"kty", "crv", "x", "y", "kid", "alg", "use"} == set(shown[0])
    assert SIGNER.sign(catalogue(waiting, KEYS["ES256"]), "ES256", "JWT", SAID).split(".")[0] == ES.split(".")[0]


def test_an_algorithm_without_a_key_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        SIGNER.sign(catalogue(KEYS["ES256"]), "RS256", "JWT", SAID)
    with pytest.raises(ValueError, match="no keys are made"):
        SIGNER.new_key("HS256", 1, "current")
