"""Signing keys as certificates: Auth0 shows them so, and some relying parties read nothing else."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from yett.domain.tenant import SigningKey

YEARS = 13


class Certified(NamedTuple):
    """A certificate in both encodings, and its digests."""

    cert: str
    pkcs7: str
    fingerprint: str
    thumbprint: str


@lru_cache(64)
def certified(key: SigningKey) -> Certified:
    """A certificate of the key, signed by itself, from the day on which it was made."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.serialization import pkcs7
    from cryptography.x509.oid import NameOID

    private = serialization.load_der_private_key(key.private, None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yett")])
    begins = datetime.fromtimestamp(key.created_at, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())  # type: ignore[arg-type]
        .serial_number(int.from_bytes(hashlib.sha256(key.kid.encode()).digest()[:16]) | 1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365 * YEARS))
        .sign(private, None if key.alg == "Ed25519" else hashes.SHA256())  # type: ignore[arg-type]
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    sha1, sha256 = hashlib.sha1(der, usedforsecurity=False), hashlib.sha256(der)
    return Certified(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        pkcs7.serialize_certificates([certificate], serialization.Encoding.PEM).decode(),
        sha1.digest().hex(":").upper(),
        sha256.hexdigest().upper(),
    )
