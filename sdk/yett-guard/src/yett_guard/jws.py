"""Compact JWS (RFC 7515), strictly: a key that we have, the one algorithm it is for, and no header that brings a key or a rule along."""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

LONGEST, SEGMENTS = 16384, 3
ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
# A key, a place to fetch one, a rule or a wrapping that the token itself brings along (RFC 7515, 4.1; RFC 7797; RFC 7516).
FOREIGN = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"})
SMALLEST_RSA, LARGEST_RSA = 2048, 8192
P256_BYTES, ED25519_BYTES = 32, 32

_SEGMENT = re.compile(rb"[A-Za-z0-9_-]+")
_PKCS1, _SHA = padding.PKCS1v15(), hashes.SHA256()
_PSS, _ECDSA = padding.PSS(padding.MGF1(_SHA), 32), ec.ECDSA(_SHA)


class Header(NamedTuple):
    """All of a header that has a say."""

    alg: str
    kid: str
    typ: str


class Signed(NamedTuple):
    """A token as it came: what was signed, and by whom it says."""

    header: Header
    payload: bytes
    signed: bytes
    signature: bytes


class Key(NamedTuple):
    """A public key, and the one algorithm it is for."""

    alg: str
    verify: Callable[[bytes, bytes], bool]


def parse(token: str) -> Signed | None:
    """The parts of a compact JWS of at most 16 KiB; None for anything else. Nothing is verified yet."""
    if len(token) > LONGEST or not token.isascii():
        return None
    parts = token.encode().split(b".")
    if len(parts) != SEGMENTS:
        return None
    header, payload, signature = _header(parts[0]), strict(parts[1]), strict(parts[2])
    if header is None or payload is None or signature is None:
        return None
    return Signed(header, payload, parts[0] + b"." + parts[1], signature)


# The header of every token of one key is the same.
@lru_cache(maxsize=64)
def _header(segment: bytes) -> Header | None:
    raw = strict(segment)
    said = json_object(raw) if raw is not None else None
    if said is None or not FOREIGN.isdisjoint(said):
        return None
    alg, kid, typ = said.get("alg"), said.get("kid"), said.get("typ")
    if not isinstance(alg, str) or not isinstance(kid, str) or not isinstance(typ, str):
        return None
    return Header(alg, kid, typ)


def key_of(jwk: object) -> Key | None:
    """A public key for signatures (RFC 7517), if it is one that we take: no secret, nothing for encryption, no weak one."""
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or "d" in jwk or "k" in jwk:
        return None
    if "verify" not in jwk.get("key_ops", ["verify"]):
        return None
    try:
        return _MAKERS[jwk["kty"]](jwk)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _rsa(jwk: Mapping[str, Any]) -> Key | None:
    public = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    alg = jwk.get("alg", "RS256")
    if alg not in {"RS256", "PS256"} or not SMALLEST_RSA <= public.key_size <= LARGEST_RSA:
        return None
    pad = _PSS if alg == "PS256" else _PKCS1
    return Key(alg, lambda signed, signature: _good(lambda: public.verify(signature, signed, pad, _SHA)))


def _ec(jwk: Mapping[str, Any]) -> Key | None:
    if jwk["crv"] != "P-256" or jwk.get("alg", "ES256") != "ES256":
        return None
    public = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), ec.SECP256R1()).public_key()

    def verify(signed: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * P256_BYTES:
            return False
        r, s = int.from_bytes(signature[:P256_BYTES]), int.from_bytes(signature[P256_BYTES:])
        return _good(lambda: public.verify(encode_dss_signature(r, s), signed, _ECDSA))

    return Key("ES256", verify)


def _okp(jwk: Mapping[str, Any]) -> Key | None:
    alg, raw = jwk.get("alg", "Ed25519"), strict(jwk["x"].encode())
    if jwk["crv"] != "Ed25519" or alg not in {"Ed25519", "EdDSA"} or raw is None or len(raw) != ED25519_BYTES:
        return None
    public = ed25519.Ed25519PublicKey.from_public_bytes(raw)
    return Key(alg, lambda signed, signature: _good(lambda: public.verify(signature, signed)))


# No symmetric key: what verifies could sign as well, and a public key would serve as a secret.
_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Key | None]] = {"RSA": _rsa, "EC": _ec, "OKP": _okp}


def _good(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


def _number(said: str) -> int:
    raw = strict(said.encode())
    if raw is None:
        raise ValueError
    return int.from_bytes(raw)


def strict(segment: bytes) -> bytes | None:
    """base64url without padding, without other letters, without bits left over (RFC 7515, 2); None for anything else."""
    if not _SEGMENT.fullmatch(segment):
        return None
    try:
        raw = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=") == segment else None


def json_object(raw: bytes) -> dict[str, Any] | None:
    """A JSON object in UTF-8 in which no name stands twice (RFC 7515, 4); None for anything else."""
    try:
        decoded = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _finite(text: str) -> float:
    """NaN and Infinity are no JSON (RFC 8259, 6): a time that is neither before nor after another is never over."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite)
