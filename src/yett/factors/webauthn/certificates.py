"""Certificates of attestation (RFC 5280, as far as WebAuthn Level 3, 7.1 step 24 needs it)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from yett.factors.webauthn import der
from yett.factors.webauthn.cbor import Value

AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
LONGEST_CHAIN = 6
NAMES = {"C": x509.NameOID.COUNTRY_NAME, "O": x509.NameOID.ORGANIZATION_NAME, "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": x509.NameOID.COMMON_NAME}


def certificates(x5c: Value) -> tuple[x509.Certificate, ...]:
    """The chain of a statement, the leaf first. Raises ValueError where it is none."""
    if not isinstance(x5c, Sequence) or not 0 < len(x5c) <= LONGEST_CHAIN or not all(isinstance(one, bytes) for one in x5c):
        raise ValueError("no chain of certificates")
    return tuple(x509.load_der_x509_certificate(one) for one in x5c)  # type: ignore[arg-type]


def is_leaf(one: x509.Certificate) -> None:
    """Raises ValueError unless it is of version 3 and no authority."""
    if one.version is not x509.Version.v3 or _authority(one) is not False:
        raise ValueError("not of version 3, or an authority")


def name_of(one: x509.Certificate, part: str) -> str:
    """A part of the subject; "" where there is none."""
    found = one.subject.get_attributes_for_oid(NAMES[part])
    return str(found[0].value) if found else ""


def aaguid_of(one: x509.Certificate) -> bytes | None:
    """The model that the certificate is for; None where it does not say. Raises ValueError where it says it wrongly."""
    try:
        found = one.extensions.get_extension_for_oid(AAGUID)
    except x509.ExtensionNotFound:
        return None
    if found.critical:
        raise ValueError("the model's extension must not be critical")
    return der.only(found.value.public_bytes(), der.OCTETS)


def trusted(chain: Sequence[x509.Certificate], roots: Iterable[bytes], now: int) -> bool:
    """Whether this chain, in force at `now` (seconds), leads to one of these roots (DER), or is one of them."""
    known = {root: x509.load_der_x509_certificate(root) for root in roots}
    if not chain or any(not _in_force(one, now) for one in chain):
        return False
    if not all(_issued(one, by) for one, by in pairwise(chain)):
        return False
    last = chain[-1]
    return last.public_bytes(Encoding.DER) in known or any(_issued(last, root) and _in_force(root, now) for root in known.values())


def _issued(one: x509.Certificate, by: x509.Certificate) -> bool:
    """Names and signature; only an authority issues."""
    if _authority(by) is not True:
        return False
    try:
        one.verify_directly_issued_by(by)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _in_force(one: x509.Certificate, now: int) -> bool:
    at = datetime.fromtimestamp(now, UTC)
    return one.not_valid_before_utc <= at <= one.not_valid_after_utc


def _authority(one: x509.Certificate) -> bool | None:
    """What the basic constraints say; None where there are none."""
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return None
