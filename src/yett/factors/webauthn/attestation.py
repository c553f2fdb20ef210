"""Attestation statements (WebAuthn Level 3, 8): what a maker says of the authenticator, format by format."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from cryptography import x509

from yett.factors.webauthn import der
from yett.factors.webauthn.android import android_key
from yett.factors.webauthn.cbor import Value
from yett.factors.webauthn.certificates import aaguid_of, certificates, is_leaf, name_of
from yett.factors.webauthn.credential import ES256
from yett.factors.webauthn.keys import CURVES, key_of, signed
from yett.factors.webauthn.making import Making, Vouched
from yett.factors.webauthn.tpm import tpm

APPLE_NONCE = "1.2.840.113635.100.8.2"
Statement = Mapping[int | str, Value]


def vouched(format: str, statement: Statement, made: Making) -> Vouched:
    """Judge a statement by its format. Raises ValueError where it is malformed, does not verify, or is of no format that we know."""
    if format not in FORMATS:
        raise ValueError("no format that we know")
    return FORMATS[format](statement, made)


def _none(statement: Statement, _: Making) -> Vouched:
    if statement:
        raise ValueError("a statement where there shall be none")
    return Vouched("none")


def _packed(statement: Statement, made: Making) -> Vouched:
    alg, signature = statement.get("alg"), statement.get("sig")
    if not isinstance(alg, int) or not isinstance(signature, bytes):
        raise ValueError("no algorithm, or no signature")
    if "x5c" not in statement:
        if alg != made.key.alg or not signed(made.key, made.signed, signature):
            raise ValueError("the credential does not vouch for itself")
        return Vouched("self")
    chain = certificates(statement.get("x5c"))
    _packed_leaf(chain[0], made.aaguid)
    if not signed(key_of(alg, chain[0].public_key()), made.signed, signature):
        raise ValueError("the certificate's key did not sign this")
    return Vouched("basic", chain, named=aaguid_of(chain[0]) is not None)


def _packed_leaf(leaf: x509.Certificate, aaguid: bytes) -> None:
    """8.2.1: what such a certificate must look like."""
    is_leaf(leaf)
    if name_of(leaf, "OU") != "Authenticator Attestation" or not all(name_of(leaf, part) for part in ("C", "O", "CN")):
        raise ValueError("a subject that no authenticator's certificate has")
    if aaguid_of(leaf) not in {None, aaguid}:
        raise ValueError("the certificate is that of another model")


def _u2f(statement: Statement, made: Making) -> Vouched:
    """The signature speaks neither of the flags, nor of the counter, nor of the model: none of them is vouched for."""
    chain, signature = certificates(statement.get("x5c")), statement.get("sig")
    if len(chain) != 1 or not isinstance(signature, bytes) or made.key.alg != ES256:
        raise ValueError("not one certificate, one signature and one key of P-256")
    numbers = made.key.key.public_numbers()  # type: ignore[union-attr]
    size = CURVES[ES256].size
    point = b"\x04" + numbers.x.to_bytes(size) + numbers.y.to_bytes(size)  # type: ignore[union-attr]
    message = b"\x00" + made.rp_id_hash + made.client_data_hash + made.id + point
    if not signed(key_of(ES256, chain[0].public_key()), message, signature):
        raise ValueError("the certificate's key did not sign this")
    return Vouched("basic", chain)


def _apple(statement: Statement, made: Making) -> Vouched:
    chain = certificates(statement.get("x5c"))
    nonce = hashlib.sha256(made.signed).digest()
    found = der.only(der.only(_extension(chain[0], APPLE_NONCE), der.SEQUENCE)[2:], der.OCTETS)
    if not hmac.compare_digest(found, nonce) or chain[0].public_key() != made.key.key:
        raise ValueError("a certificate of another ceremony, or of another key")
    return Vouched("anonymous", chain)


def _extension(leaf: x509.Certificate, oid: str) -> bytes:
    """Its bytes. Raises ValueError where there is none."""
    try:
        return leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value.public_bytes()
    except x509.ExtensionNotFound:
        raise ValueError("an extension is missing") from None


FORMATS: Mapping[str, Callable[[Statement, Making], Vouched]] = {
    "none": _none,
    "packed": _packed,
    "fido-u2f": _u2f,
    "apple": _apple,
    "android-key": android_key,
    "tpm": tpm,
}
