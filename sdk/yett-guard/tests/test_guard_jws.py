"""Signatures: Wycheproof's vectors (C2SP/wycheproof, Apache-2.0), every algorithm that is taken, and keys that are not."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from yett_guard.jws import Key, json_object, key_of, parse, strict

VECTORS = json.loads((Path(__file__).parents[3] / "tests" / "vectors" / "wycheproof" / "json_web_signature_test.json").read_text())
# Called invalid for a padding that the file does not show: to the letter they are case 357, which it calls valid.
CONTRADICTED = (367, 370)
# Called valid, and refused all the same: an empty payload, and headers that say PS384 where the key is one for PS256.
REFUSED = (259, 272, 346, 350)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8))


def cases(result: str) -> list[Any]:
    found = [(group, one) for group in VECTORS["testGroups"] for one in group["tests"] if one["result"] == result]
    return [pytest.param(group, one, id=f"{one['tcId']}-{one['comment']}"[:60]) for group, one in found if one["tcId"] not in CONTRADICTED]


def verified(group: dict[str, Any], token: str) -> bool:
    key = key_of(group.get("public") or group["private"])
    parts = token.split(".")
    header = json_object(strict(parts[0].encode()) or b"") or {}
    if key is None or len(parts) != 3 or header.get("alg") != key.alg:
        return False
    whole = parse(".".join((encoded(json.dumps({"typ": "at+jwt", "kid": "k", **header}).encode()), *parts[1:])))
    return whole is not None and key.verify(f"{parts[0]}.{parts[1]}".encode(), whole.signature)


@pytest.mark.parametrize("group, one", cases("invalid"))
def test_no_invalid_token_is_accepted(group: dict[str, Any], one: dict[str, Any]) -> None:
    assert not verified(group, one["jws"])


@pytest.mark.parametrize("group, one", cases("valid"))
def test_a_valid_token_is_accepted_or_refused_for_a_reason_that_is_written_down(group: dict[str, Any], one: dict[str, Any]) -> None:
    ours = (group.get("public") or group["private"]).get("alg") in {"RS256", "PS256", "ES256"}
    assert verified(group, one["jws"]) is (ours and one["tcId"] not in REFUSED)


def signers() -> dict[str, tuple[dict[str, Any], Any]]:
    """A key for each algorithm, as the server would serve it, and how it signs."""
    big, curve, edwards = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    sha = hashes.SHA256()

    def es256(signed: bytes) -> bytes:
        r, s = decode_dss_signature(curve.sign(signed, ec.ECDSA(sha)))
        return r.to_bytes(32) + s.to_bytes(32)

    numbers, point = big.public_key().public_numbers(), curve.public_key().public_numbers()
    modulus = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    okp = {"kty": "OKP", "crv": "Ed25519", "x": encoded(edwards.public_key().public_bytes_raw())}
    return {
        "RS256": (modulus, lambda signed: big.sign(signed, padding.PKCS1v15(), sha)),
        "PS256": ({**modulus, "alg": "PS256"}, lambda signed: big.sign(signed, padding.PSS(padding.MGF1(sha), 32), sha)),
        "ES256": ({"kty": "EC", "crv": "P-256", "x": encoded(point.x.to_bytes(32)), "y": encoded(point.y.to_bytes(32))}, es256),
        "Ed25519": (okp, edwards.sign),
        "EdDSA": ({**okp, "alg": "EdDSA"}, edwards.sign),
    }


SIGNERS = signers()


def key(jwk: dict[str, Any]) -> Key:
    found = key_of(jwk)
    assert found is not None
    return found


@pytest.mark.parametrize("alg", SIGNERS)
def test_each_algorithm_verifies_its_own_signature_and_no_other(alg: str) -> None:
    jwk, sign = SIGNERS[alg]
    assert key(jwk).alg == alg
    good = sign(b"said")
    assert key(jwk).verify(b"said", good)
    assert not key(jwk).verify(b"else", good)
    assert not key(jwk).verify(b"said", good[:-1] + bytes([good[-1] ^ 1]))
    assert not key(jwk).verify(b"said", good[:-1])
    assert not key(jwk).verify(b"said", b"\0" * len(good))


def test_a_signature_in_der_is_none_of_es256() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    point = curve.public_key().public_numbers()
    one = key({"kty": "EC", "crv": "P-256", "x": encoded(point.x.to_bytes(32)), "y": encoded(point.y.to_bytes(32))})
    assert not one.verify(b"said", curve.sign(b"said", ec.ECDSA(hashes.SHA256())))


def test_a_signature_of_es256_has_one_spelling() -> None:
    jwk, sign = SIGNERS["ES256"]
    good = sign(b"said")
    assert not key(jwk).verify(b"said", good[:32] + b"\0" + good[32:])


def test_letters_have_one_spelling() -> None:
    assert strict(b"QQ") == b"A"
    assert [strict(said) for said in (b"QR", b"QQ==", b"Q", b"Q\n", b"Q+", b"")] == [None] * 6


def weak() -> dict[str, Any]:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # noqa: S505  # so that it is refused
    return {"kty": "RSA", "n": number(numbers.n), "e": "AQAB"}


RSA, EC, OKP = (SIGNERS[alg][0] for alg in ("RS256", "ES256", "Ed25519"))


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        "key",
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {**RSA, "k": "c2VjcmV0"},
        {**RSA, "d": "AQAB"},
        {**RSA, "use": "enc"},
        {**RSA, "key_ops": ["encrypt"]},
        {**RSA, "alg": "RS512"},
        {**RSA, "alg": "HS256"},
        {**RSA, "n": RSA["n"] + "="},
        {**RSA, "n": 7},
        {**RSA, "e": "AQ"},
        {"kty": "RSA"},
        weak(),
        {"kty": "RSA", "n": number((1 << 8192) + 1), "e": "AQAB"},
        {**EC, "crv": "P-384"},
        {**EC, "alg": "ES384"},
        {**EC, "y": EC["x"]},
        {**OKP, "crv": "X25519"},
        {**OKP, "alg": "ES256"},
        {**OKP, "x": "AQAB"},
        {**OKP, "x": None},
    ],
)
def test_a_key_that_is_secret_weak_misused_or_broken_is_no_key(jwk: object) -> None:
    assert key_of(jwk) is None
