"""Public keys of credentials (RFC 9052, 9053; WebAuthn Level 3, 5.8.5), and what they signed."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from yett.factors.webauthn.cbor import Value
from yett.factors.webauthn.credential import ALGORITHMS, ED448, EDDSA, ES256, ES384, ES512, PS256, RS256

KTY, ALG, CRV, X, Y, N, E = 1, 3, -1, -2, -3, -1, -2
OKP, EC2, RSA = 1, 2, 3
# Weaker ones are refused whatever they sign.
LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 8192

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey | rsa.RSAPublicKey


class Curve(NamedTuple):
    """An elliptic curve for ECDSA: its number (RFC 9053, 7.1), the size of a coordinate in bytes, the hash beside it."""

    number: int
    size: int
    curve: ec.EllipticCurve
    hash: hashes.HashAlgorithm


CURVES: Mapping[int, Curve] = {
    ES256: Curve(1, 32, ec.SECP256R1(), hashes.SHA256()),
    ES384: Curve(2, 48, ec.SECP384R1(), hashes.SHA384()),
    ES512: Curve(3, 66, ec.SECP521R1(), hashes.SHA512()),
}
EDWARDS: Mapping[int, tuple[int, Callable[[bytes], PublicKey]]] = {
    EDDSA: (6, ed25519.Ed25519PublicKey.from_public_bytes),
    ED448: (7, ed448.Ed448PublicKey.from_public_bytes),
}
# What an algorithm hashes with, where a format signs a digest (TPM) or a certificate names none.
HASHES: Mapping[int, hashes.HashAlgorithm] = {**{alg: one.hash for alg, one in CURVES.items()}, RS256: hashes.SHA256(), PS256: hashes.SHA256()}


class Key(NamedTuple):
    """A credential's public key: how it signs, and the key itself."""

    alg: int
    key: PublicKey


def public_key(cose: Value) -> Key:
    """The key of a COSE_Key. Raises ValueError for one that is malformed, of another algorithm, weak, or has private parts."""
    if not isinstance(cose, Mapping):
        raise ValueError("no COSE_Key")
    alg, kty = cose.get(ALG), cose.get(KTY)
    if not isinstance(alg, int) or alg not in ALGORITHMS:
        raise ValueError("an algorithm that was not offered")
    if alg in CURVES:
        return Key(alg, _ecdsa(cose, kty, CURVES[alg]))
    if alg in EDWARDS:
        return Key(alg, _edwards(cose, kty, *EDWARDS[alg]))
    return Key(alg, _rsa(cose, kty))


def signed(by: Key, message: bytes, signature: bytes) -> bool:
    """Whether this key signed this message."""
    try:
        match by.key:
            case ec.EllipticCurvePublicKey():
                by.key.verify(signature, message, ec.ECDSA(CURVES[by.alg].hash))
            case rsa.RSAPublicKey() if by.alg == PS256:
                by.key.verify(signature, message, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH), hashes.SHA256())
            case rsa.RSAPublicKey():
                by.key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            case _:
                by.key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_of(alg: int, key: object) -> Key:
    """A certificate's key, used with this algorithm. Raises ValueError where they do not fit each other."""
    match key:
        case ec.EllipticCurvePublicKey() if alg in CURVES and key.curve.name == CURVES[alg].curve.name:
            return Key(alg, key)
        case rsa.RSAPublicKey() if alg in {RS256, PS256} and key.key_size >= LEAST_RSA_BITS:
            return Key(alg, key)
        case ed25519.Ed25519PublicKey() if alg == EDDSA:
            return Key(alg, key)
        case ed448.Ed448PublicKey() if alg == ED448:
            return Key(alg, key)
        case _:
            raise ValueError("a key that does not fit its algorithm")


def _ecdsa(cose: Mapping[int | str, Value], kty: Value, curve: Curve) -> PublicKey:
    x, y = cose.get(X), cose.get(Y)
    shaped = isinstance(x, bytes) and isinstance(y, bytes) and len(x) == len(y) == curve.size
    if kty != EC2 or cose.get(CRV) != curve.number or len(cose) != 5 or not shaped:
        raise ValueError("no key of this curve")
    # Raises ValueError for a point that is not on the curve.
    return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve.curve).public_key()  # type: ignore[arg-type]


def _edwards(cose: Mapping[int | str, Value], kty: Value, number: int, read: Callable[[bytes], PublicKey]) -> PublicKey:
    x = cose.get(X)
    if kty != OKP or cose.get(CRV) != number or len(cose) != 4 or not isinstance(x, bytes):
        raise ValueError("no key of this curve")
    return read(x)


def _rsa(cose: Mapping[int | str, Value], kty: Value) -> PublicKey:
    n, e = cose.get(N), cose.get(E)
    if kty != RSA or len(cose) != 4 or not isinstance(n, bytes) or not isinstance(e, bytes):
        raise ValueError("no RSA key")
    modulus, exponent = int.from_bytes(n), int.from_bytes(e)
    if not LEAST_RSA_BITS <= modulus.bit_length() <= MOST_RSA_BITS:
        raise ValueError("too short, or absurdly long")
    # Raises ValueError for an even exponent, or one below three.
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()
