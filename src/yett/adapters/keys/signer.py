"""JWTs: signed by the current key of their alg, verified against what we signed ourselves, and nothing else.

Signing goes to cryptography at once, for it is most of what a token costs; verifying goes through joserfc.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from yett.adapters.keys.jws import Key, encoded, json_object, key_of, read, strict
from yett.domain.tenant import Catalogue, SigningKey

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
# Bytes of a coordinate and of half a signature.
P256 = 32
_HEADER = frozenset({"alg", "typ", "kid"})


class JoseSigner:
    """ports.Signer."""

    def sign(self, catalogue: Catalogue, alg: str, typ: str, claims: Mapping[str, object]) -> str:
        """A compact JWS by the current key of `alg`. Raises LookupError where there is none."""
        key = next((key for key in catalogue.keys if key.use == "current" and key.alg == alg), None)
        if key is None:
            raise LookupError(f"there is no signing key for {alg}")
        signed = _header(alg, typ, key.kid) + b"." + encoded(msgspec.json.encode(claims))
        return (signed + b"." + encoded(_signature(_private(key.private), alg, signed))).decode()

    def verify(self, catalogue: Catalogue, token: str, typs: Sequence[str]) -> Mapping[str, object] | None:
        """The claims of a token of ours: no header but alg, typ and kid, alg and typ as key and caller say."""
        header = json_object(strict(token.partition(".")[0].encode("ascii", "replace")))
        if header is None or set(header) != _HEADER or header["typ"] not in typs:
            return None
        key = next((key for key in catalogue.keys if key.kid == header["kid"] and key.use != "revoked"), None)
        found = read(token.encode("ascii", "replace"), _verifier(key.public, key.alg), key.alg) if key else None
        return json_object(found.payload) if found else None

    def new_key(self, alg: str, now: int, use: str) -> SigningKey:
        """A fresh key; its kid is the RFC 7638 thumbprint."""
        private = _fresh(alg)
        public = _public(private)
        kid = encoded(hashlib.sha256(msgspec.json.encode(dict(sorted(public.items())))).digest()).decode()
        der = private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return SigningKey(kid, alg, der, msgspec.json.encode({**public, "kid": kid, "alg": alg, "use": "sig"}), now, use, now)

    def jwks(self, catalogue: Catalogue) -> bytes:
        """RFC 7517: all that may verify a token, and the next one."""
        return msgspec.json.encode({"keys": [msgspec.Raw(key.public) for key in catalogue.keys if key.use != "revoked"]})


@lru_cache(maxsize=64)
def _private(der: bytes) -> Private:
    key = serialization.load_der_private_key(der, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise TypeError("not a key that signs")
    return key


@lru_cache(maxsize=64)
def _verifier(public: bytes, alg: str) -> Key:
    key = key_of(msgspec.json.decode(public, type=dict[str, object]), alg)
    if key is None:
        raise ValueError(f"a stored key is none for {alg}")
    return key


@lru_cache(maxsize=64)
def _header(alg: str, typ: str, kid: str) -> bytes:
    return encoded(msgspec.json.encode({"alg": alg, "typ": typ, "kid": kid}))


def _fresh(alg: str) -> Private:
    if alg in {"RS256", "PS256"}:
        return rsa.generate_private_key(65537, 2048)
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if alg in {"Ed25519", "EdDSA"}:
        return ed25519.Ed25519PrivateKey.generate()
    raise ValueError(f"no keys are made for {alg}")


def _public(private: Private) -> dict[str, str]:
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


def _signature(private: Private, alg: str, signed: bytes) -> bytes:
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signed, _padding(alg), hashes.SHA256())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(P256) + s.to_bytes(P256)
    return private.sign(signed)


def _padding(alg: str) -> padding.PKCS1v15 | padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()
