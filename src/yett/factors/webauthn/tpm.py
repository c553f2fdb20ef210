"""TPM attestation (WebAuthn Level 3, 8.3; TPM 2.0 Library, Part 2): a platform's chip certifies a key that it made."""

import hmac
from collections.abc import Mapping
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from yett.factors.webauthn.cbor import Value
from yett.factors.webauthn.certificates import aaguid_of, certificates, is_leaf
from yett.factors.webauthn.keys import HASHES, key_of, signed
from yett.factors.webauthn.making import Making, Vouched

GENERATED, CERTIFY = 0xFF544347, 0x8017
RSA, ECC, NULL = 0x0001, 0x0023, 0x0010
# 10.11 (clock, resets, restarts, safe) and the version of the firmware: signed, and of no interest here.
CLOCK_AND_FIRMWARE = 25
NAME_HASHES: Mapping[int, hashes.HashAlgorithm] = {0x000B: hashes.SHA256(), 0x000C: hashes.SHA384(), 0x000D: hashes.SHA512()}
TPM_CURVES: Mapping[int, ec.EllipticCurve] = {0x0003: ec.SECP256R1(), 0x0004: ec.SECP384R1(), 0x0005: ec.SECP521R1()}
AIK = x509.ObjectIdentifier("2.23.133.8.3")
USUAL_EXPONENT = 65537


class Area(NamedTuple):
    """The public area of a key: the hash that names it, and the key."""

    name_hash: int
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Reader:
    """Reads big-endian numbers and sized fields. Raises ValueError where they are cut off."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        if len(self.rest) < size:
            raise ValueError("cut off")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, size: int = 2) -> int:
        return int.from_bytes(self.take(size))

    def sized(self) -> bytes:
        return self.take(self.number())

    def end(self) -> None:
        if self.rest:
            raise ValueError("something follows")


def tpm(statement: Mapping[int | str, Value], made: Making) -> Vouched:
    """Judge a statement of this format. Raises ValueError."""
    chain, alg = certificates(statement.get("x5c")), statement.get("alg")
    signature, info, area = statement.get("sig"), statement.get("certInfo"), statement.get("pubArea")
    if statement.get("ver") != "2.0" or not (isinstance(alg, int) and isinstance(signature, bytes) and isinstance(info, bytes) and isinstance(area, bytes)):
        raise ValueError("not of version 2.0, or a member is missing")
    _leaf(chain[0], made.aaguid)
    public = _area(area)
    if public.key != made.key.key:
        raise ValueError("the chip speaks of another key")
    certified = _certified(info)
    named = public.name_hash.to_bytes(2) + _digest(NAME_HASHES[public.name_hash], area)
    if not hmac.compare_digest(certified[1], named) or alg not in HASHES:
        raise ValueError("the chip certifies another key, or hashes as we do not")
    if not hmac.compare_digest(certified[0], _digest(HASHES[alg], made.signed)):
        raise ValueError("a certificate of another ceremony")
    if not signed(key_of(alg, chain[0].public_key()), info, signature):
        raise ValueError("the chip's key did not sign this")
    return Vouched("attca", chain, hardware=True)


def _leaf(leaf: x509.Certificate, aaguid: bytes) -> None:
    """8.3.1: what such a certificate must look like. Which vendors there are, the roots decide."""
    is_leaf(leaf)
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        raise ValueError("an extension is missing") from None
    if leaf.subject.rdns or AIK not in usages or aaguid_of(leaf) not in {None, aaguid}:
        raise ValueError("no certificate of a chip's attestation key, or one of another model")


def _certified(info: bytes) -> tuple[bytes, bytes]:
    """What was certified: the extra data, and the name of the key (TPMS_ATTEST, 10.12)."""
    reader = Reader(info)
    if (reader.number(4), reader.number()) != (GENERATED, CERTIFY):
        raise ValueError("not made by a chip, or it certifies nothing")
    reader.sized()
    extra = reader.sized()
    reader.take(CLOCK_AND_FIRMWARE)
    name = reader.sized()
    reader.sized()
    reader.end()
    return extra, name


def _area(raw: bytes) -> Area:
    """TPMT_PUBLIC, 12.2.4."""
    reader = Reader(raw)
    type, name_hash = reader.number(), reader.number()
    reader.take(4)
    reader.sized()
    if name_hash not in NAME_HASHES or type not in {RSA, ECC} or reader.number() != NULL:
        raise ValueError("a key that does more than sign, or hashes as we do not")
    if reader.number() != NULL:
        # A scheme names its hash.
        reader.number()
    key = _rsa(reader) if type == RSA else _ecc(reader)
    reader.end()
    return Area(name_hash, key)


def _rsa(reader: Reader) -> rsa.RSAPublicKey:
    reader.number()
    exponent = reader.number(4) or USUAL_EXPONENT
    return rsa.RSAPublicNumbers(exponent, int.from_bytes(reader.sized())).public_key()


def _ecc(reader: Reader) -> ec.EllipticCurvePublicKey:
    curve, kdf = reader.number(), reader.number()
    if curve not in TPM_CURVES or kdf != NULL:
        raise ValueError("a curve that we do not know")
    x, y = reader.sized(), reader.sized()
    return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), TPM_CURVES[curve]).public_key()


def _digest(by: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(by)
    digest.update(data)
    return digest.finalize()
