"""JWTs: signed by the current key of their alg, verified against what we signed ourselves, and nothing else."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from yett.domain.tenant import Catalogue, SigningKey

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
LONGEST, SEGMENTS = 16384, 3
# Bytes of a coordinate and of half a signature.
P256 = 32
_SEGMENT = re.compile(rb"[A-Za-z0-9_-]+")
_HEADER = frozenset({"alg", "typ", "kid"})


class JoseSigner:
    """ports.Signer."""

    def sign(self, catalogue: Catalogue, alg: str, typ: str, claims: Mapping[str, object]) -> str:
        """A compact JWS by the current key of `alg`. Raises LookupError where there is none."""
        key = next((key for key in catalogue.keys if key.use == "current" and key.alg == alg), None)
        if key is None:
            raise LookupError(f"there is no signing key for {alg}")
        signed = _header(alg, typ, key.kid) + b"." + _b64(msgspec.json.encode(claims))
        return (signed + b"." + _b64(_signature(_private(key.private), alg, signed))).decode()

    def verify(self, catalogue: Catalogue, token: str, typs: Sequence[str]) -> Mapping[str, object] | None:
        """The claims of a token of ours: strict base64url, no header but alg, typ and kid, alg as the key has it."""
        parts = token.encode("ascii", "replace").split(b".")
        if len(token) > LONGEST or len(parts) != SEGMENTS:
            return None
        header, claims, signature = _object(_unb64(parts[0])), _object(_unb64(parts[1])), _unb64(parts[2])
        if header is None or claims is None or signature is None or set(header) != _HEADER or header["typ"] not in typs:
            return None
        key = next((key for key in catalogue.keys if key.kid == header["kid"] and key.use != "revoked"), None)
        if key is None or key.alg != header["alg"]:
            return None
        return claims if _verified(_private(key.private), key.alg, parts[0] + b"." + parts[1], signature) else None

    def new_key(self, alg: str, now: int, use: str) -> SigningKey:
        """A fresh key; its kid is the RFC 7638 thumbprint."""
        private = _fresh(alg)
        public = _public(private)
        kid = _b64(hashlib.sha256(msgspec.json.encode(dict(sorted(public.items())))).digest()).decode()
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
def _header(alg: str, typ: str, kid: str) -> bytes:
    return _b64(msgspec.json.encode({"alg": alg, "typ": typ, "kid": kid}))


def _fresh(alg: str) -> Private:
    if alg in {"RS256", "PS256"}:
        return rsa.generate_private_key(65537, 2048)
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if alg == "Ed25519":
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
    return {"kty": "OKP", "crv": "Ed25519", "x": _b64(public.public_bytes_raw()).decode()}


def _number(value: int, size: int) -> str:
    return _b64(value.to_bytes(size)).decode()


def _signature(private: Private, alg: str, signed: bytes) -> bytes:
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signed, _padding(alg), hashes.SHA256())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(P256) + s.to_bytes(P256)
    return private.sign(signed)


def _verified(private: Private, alg: str, signed: bytes, signature: bytes) -> bool:
    public = private.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, _padding(alg), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            if len(signature) != 2 * P256:
                return False
            der = encode_dss_signature(int.from_bytes(signature[:P256]), int.from_bytes(signature[P256:]))
            public.verify(der, signed, ec.ECDSA(hashes.SHA256()))
        else:
            public.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _padding(alg: str) -> padding.PKCS1v15 | padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _unb64(segment: bytes) -> bytes | None:
    """Strict: the alphabet alone, no padding, and no bits left over."""
    if not _SEGMENT.fullmatch(segment):
        return None
    try:
        raw = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return raw if _b64(raw) == segment else None


def _object(raw: bytes | None) -> dict[str, object] | None:
    """A JSON object without a name that stands twice."""
    import json

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) < len(pairs):
            raise ValueError
        return members

    try:
        decoded = json.loads(raw or b"", object_pairs_hook=once)
    except ValueError:
        return None
    return decoded if isinstance(decoded, dict) else None
