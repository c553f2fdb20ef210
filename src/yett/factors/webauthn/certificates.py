"""Certificates of attestation (RFC 5280, as far as WebAuthn Level 3, 7.1 step 24 needs it)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from yett.factors.webauthn import der
from yett.factors.webauthn.cbor import Value

AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
LONGEST_CHAIN = 6
# What becomes of a certificate that is none, or that says what nobody understands.
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
# What an authority may insist on (RFC 5280, 4.2): whatever else it is bound to, nobody looks at here.
UNDERSTOOD = frozenset({x509.BasicConstraints.oid, x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid, x509.CertificatePolicies.oid})
NAMES = {"C": x509.NameOID.COUNTRY_NAME, "O": x509.NameOID.ORGANIZATION_NAME, "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": x509.NameOID.COMMON_NAME}


def certificates(x5c: Value) -> tuple[x509.Certificate, ...]:
    """The chain of a statement, the leaf first. Raises ValueError where it is none."""
    if not isinstance(x5c, Sequence) or not 0 < len(x5c) <= LONGEST_CHAIN or not all(isinstance(one, bytes) for one in x5c):
        raise ValueError("no chain of certificates")
    return tuple(x509.load_der_x509_certificate(one) for one in x5c)  # type: ignore[arg-type]


def is_leaf(one: x509.Certificate) -> None:
    """Raises ValueError unless it is of version 3 and no authority."""
    basic = _basic(one)
    if one.version is not x509.Version.v3 or basic is None or basic.ca:
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


def identifiers(chain: Iterable[x509.Certificate]) -> frozenset[bytes]:
    """What the keys of these certificates are known by in metadata (RFC 5280, 4.2.1.2, method 1). Raises as certificates do that are UNREADABLE."""
    return frozenset(x509.SubjectKeyIdentifier.from_public_key(one.public_key()).digest for one in chain)


def trusted(chain: Sequence[x509.Certificate], roots: Iterable[bytes], now: int) -> bool:
    """Whether this chain, in force at `now` (seconds), leads to one of these roots (DER), or is one of them."""
    known = {root: x509.load_der_x509_certificate(root) for root in roots}
    try:
        return _leads(chain, known, now)
    except UNREADABLE:
        return False


def _leads(chain: Sequence[x509.Certificate], known: Mapping[bytes, x509.Certificate], now: int) -> bool:
    if not chain or any(not _in_force(one, now) for one in chain):
        return False
    if not all(_issued(one, by, below) for below, (one, by) in enumerate(pairwise(chain))):
        return False
    last, below = chain[-1], len(chain) - 1
    return last.public_bytes(Encoding.DER) in known or any(_issued(last, root, below) and _in_force(root, now) for root in known.values())


def _issued(one: x509.Certificate, by: x509.Certificate, below: int) -> bool:
    """Names and signature; only an authority issues, over so many others `below` it as it may."""
    if not _may_issue(by, below):
        return False
    try:
        one.verify_directly_issued_by(by)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _may_issue(by: x509.Certificate, below: int) -> bool:
    """RFC 5280, 6.1.4: a branch that may sign for its own names alone (public roots have such) signs for nobody here."""
    basic, insists = _basic(by), {one.oid for one in by.extensions if one.critical}
    if basic is None or not basic.ca or (basic.path_length is not None and basic.path_length < below):
        return False
    bound = any(one.oid == x509.NameConstraints.oid for one in by.extensions) or not insists <= UNDERSTOOD
    return not bound and all(one.value.key_cert_sign for one in by.extensions if isinstance(one.value, x509.KeyUsage))


def _in_force(one: x509.Certificate, now: int) -> bool:
    at = datetime.fromtimestamp(now, UTC)
    return one.not_valid_before_utc <= at <= one.not_valid_after_utc


def _basic(one: x509.Certificate) -> x509.BasicConstraints | None:
    """Whether it is an authority, and over how many; None where it does not say."""
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None
