"""A key that never leaves a browser, and what it signs."""

from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, EllipticCurve, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from yett.oauth import held

KEY, OTHER = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())


def plain(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def public(key: EllipticCurvePrivateKey, form: PublicFormat = PublicFormat.UncompressedPoint) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, form)


def signature(key: EllipticCurvePrivateKey, said: str) -> bytes:
    """As WebCrypto writes it: r and s."""
    r, s = decode_dss_signature(key.sign(said.encode(), ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def test_a_key_is_read_as_webcrypto_exports_it() -> None:
    assert held.read(plain(public(KEY))) == public(KEY)


@pytest.mark.parametrize("curve", [SECP384R1()])
def test_a_key_of_another_curve_is_none(curve: EllipticCurve) -> None:
    assert held.read(plain(public(generate_private_key(curve)))) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ü",
        "A" * 87,
        plain(b"\x04" + bytes(64)),
        plain(b"\x04" + b"\xff" * 64),
        plain(public(KEY, PublicFormat.CompressedPoint)),
        plain(public(KEY)[1:]),
    ],
    ids=range(8),
)
def test_what_is_no_point_on_the_curve_is_no_key(text: str) -> None:
    assert held.read(text) is None


def test_a_signature_is_of_one_key_and_of_one_saying() -> None:
    right = plain(signature(KEY, "said"))
    assert held.signed(public(KEY), "said", right)
    assert not held.signed(public(OTHER), "said", right)
    assert not held.signed(public(KEY), "said otherwise", right)


@pytest.mark.parametrize("text", ["", "x", "ü", "A" * 86, plain(bytes(64)), plain(b"\xff" * 64), plain(KEY.sign(b"said", ECDSA(SHA256())))], ids=range(7))
def test_what_is_no_signature_is_none(text: str) -> None:
    assert not held.signed(public(KEY), "said", text)


def test_every_bit_of_a_signature_counts() -> None:
    right = signature(KEY, "said")
    for at in range(len(right) * 8):
        flipped = bytearray(right)
        flipped[at // 8] ^= 1 << at % 8
        assert not held.signed(public(KEY), "said", plain(bytes(flipped)))


def test_a_key_has_one_name() -> None:
    assert held.named(public(KEY)) != held.named(public(OTHER))
    assert len(held.named(public(KEY))) == 43
