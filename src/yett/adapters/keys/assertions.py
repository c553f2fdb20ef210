"""The keys of applications: read from what their owners give us, and asked about assertions (RFC 7523; RFC 7638)."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from yett.adapters.keys.compact import encoded, json_object, strict
from yett.domain.client import Credential
from yett.ports import PublicKey

if TYPE_CHECKING:
    from yett.adapters.keys.jws import Key

# An assertion says what it is, or says nothing: a DPoP proof and a request object are signed by the same keys for another purpose.
TYPS = frozenset({None, "JWT", "client-authentication+jwt"})
LONGEST_PEM = 16384
RSA_BITS, FIRST_EXPONENT = range(2048, 8193), 3


class AssertionKeys:
    """ports.ClientKeys."""

    def read(self, pem: str, alg: str) -> PublicKey:
        """A key out of SPKI, PKCS #1 or a certificate."""
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization

        if "PRIVATE KEY" in pem:
            raise ValueError("this is a private key: keep it to yourself, and send its public half")
        raw = pem.strip().encode()
        if len(raw) > LONGEST_PEM:
            raise ValueError("this is too long for a key")
        ends_at = None
        try:
            if b"BEGIN CERTIFICATE" in raw:
                certificate = x509.load_pem_x509_certificate(raw)
                public, ends_at = certificate.public_key(), int(certificate.not_valid_after_utc.timestamp())
            else:
                public = serialization.load_pem_public_key(raw)  # type: ignore[assignment]
        except Exception:  # noqa: BLE001 - whatever a parser of foreign bytes raises
            raise ValueError("this is neither a public key nor a certificate in PEM") from None
        jwk = _jwk(public, alg)
        thumbprint = encoded(hashlib.sha256(msgspec.json.encode(dict(sorted(jwk.items())))).digest()).decode()
        return PublicKey(msgspec.json.encode(jwk), thumbprint, ends_at)

    def claimed(self, token: str) -> str:
        """What stands in `sub`, whoever wrote it."""
        said = json_object(strict(token.encode("ascii", "replace").split(b".")[1])) if token.count(".") == 2 else None  # noqa: PLR2004 - of a compact JWS
        sub = (said or {}).get("sub")
        return sub if isinstance(sub, str) else ""

    def verify(self, token: str, credentials: Sequence[Credential]) -> Mapping[str, object] | None:
        """Only these keys are tried, each with its own algorithm alone."""
        header = json_object(strict(token.partition(".")[0].encode("ascii", "replace")))
        if header is None or header.get("typ") not in TYPS:
            return None
        from yett.adapters.keys.jws import read

        named = [one for one in credentials if header.get("kid", one.kid) == one.kid]
        found = (read(token.encode("ascii", "replace"), _verifier(one.public, one.alg), one.alg) for one in named)
        return next((json_object(one.payload) for one in found if one), None)


@lru_cache(maxsize=256)
def _verifier(public: bytes, alg: str) -> "Key":
    from yett.adapters.keys.jws import key_of

    key = key_of(msgspec.json.decode(public, type=dict[str, object]), alg)
    if key is None:
        raise ValueError(f"a stored key is none for {alg}")
    return key


def _jwk(public: object, alg: str) -> dict[str, str]:
    """The members that make the key, and no others (RFC 7638, 3.2). Raises ValueError where it is none for `alg`, or too weak."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match public:
        case rsa.RSAPublicKey() if alg in {"RS256", "RS384", "PS256"}:
            numbers = public.public_numbers()
            if public.key_size not in RSA_BITS or numbers.e < FIRST_EXPONENT or numbers.e % 2 == 0:
                raise ValueError(f"an RSA key has {RSA_BITS[0]} bits or more")
            return {"kty": "RSA", "n": _number(numbers.n, (public.key_size + 7) // 8), "e": _number(numbers.e, (numbers.e.bit_length() + 7) // 8)}
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()) if alg == "ES256":
            point = public.public_numbers()
            return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}
        case ed25519.Ed25519PublicKey() if alg in {"EdDSA", "Ed25519"}:
            return {"kty": "OKP", "crv": "Ed25519", "x": encoded(public.public_bytes_raw()).decode()}
        case _:
            raise ValueError(f"this is no key for {alg}")


def _number(value: int, size: int) -> str:
    return encoded(value.to_bytes(size)).decode()
