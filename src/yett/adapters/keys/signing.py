"""Private keys: made, read and signed with by cryptography, which is slow to load: whoever signs first loads it."""

from functools import lru_cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from yett.adapters.keys.compact import encoded

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
# Bytes of a coordinate and of half a signature.
P256 = 32


@lru_cache(maxsize=64)
def private_of(der: bytes) -> Private:
    """Out of PKCS #8. Raises TypeError for a key that signs nothing."""
    key = serialization.load_der_private_key(der, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise TypeError("not a key that signs")
    return key


def fresh(alg: str) -> Private:
    """A new key for this algorithm. Raises ValueError for one that we do not sign with."""
    if alg in {"RS256", "PS256"}:
        return rsa.generate_private_key(65537, 2048)
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if alg in {"Ed25519", "EdDSA"}:
        return ed25519.Ed25519PrivateKey.generate()
    raise ValueError(f"no keys are made for {alg}")


def der_of(private: Private) -> bytes:
    """PKCS #8, not encrypted: the store seals it."""
    return private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_of(private: Private) -> dict[str, str]:
    """The members of a JWK that make its public half (RFC 7638, 3.2)."""
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3)}
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(public.public_bytes_raw()).decode()}


def _number(value: int, size: int) -> str:
    return encoded(value.to_bytes(size)).decode()


def signature(private: Private, alg: str, signed: bytes) -> bytes:
    """As it stands in a JWS (RFC 7518, 3)."""
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signed, _padding(alg), hashes.SHA256())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(P256) + s.to_bytes(P256)
    return private.sign(signed)


def _padding(alg: str) -> padding.PKCS1v15 | padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()
