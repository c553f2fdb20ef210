"""Android key attestation (WebAuthn Level 3, 8.4): the key store's certificate says what the key may do and where it lives."""

import hmac
from collections.abc import Mapping

from cryptography import x509

from yett.factors.webauthn import der
from yett.factors.webauthn.cbor import Value
from yett.factors.webauthn.certificates import certificates
from yett.factors.webauthn.keys import key_of, signed
from yett.factors.webauthn.making import Making, Vouched

KEY_DESCRIPTION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
# Tags of an AuthorizationList, and the values that it must have.
PURPOSE, ALL_APPLICATIONS, ORIGIN = 1, 600, 702
SIGNS, GENERATED = 2, 0
# SecurityLevel: 0 is software, 1 a trusted environment, 2 a chip of its own.
FIELDS, CHALLENGE, LEVEL, SOFTWARE, HARDWARE = 8, 4, 1, 6, 7


def android_key(statement: Mapping[int | str, Value], made: Making) -> Vouched:
    """Judge a statement of this format. Raises ValueError."""
    chain, alg, signature = certificates(statement.get("x5c")), statement.get("alg"), statement.get("sig")
    if not isinstance(alg, int) or not isinstance(signature, bytes):
        raise ValueError("no algorithm, or no signature")
    if chain[0].public_key() != made.key.key or not signed(key_of(alg, chain[0].public_key()), made.signed, signature):
        raise ValueError("a certificate of another key, or it did not sign this")
    described = tuple(der.items(der.only(_description(chain[0]), der.SEQUENCE)))
    if len(described) < FIELDS or not hmac.compare_digest(described[CHALLENGE].content, made.client_data_hash):
        raise ValueError("a certificate of another ceremony")
    said = [dict(_said(described[place].content)) for place in (SOFTWARE, HARDWARE)]
    if any(ALL_APPLICATIONS in one for one in said):
        raise ValueError("a key for every application")
    if not all(_fits(one) for one in said):
        raise ValueError("a key that was imported, or that does not sign")
    # What only software says, or nobody, is no word of the hardware's.
    return Vouched("basic", chain, hardware=described[LEVEL].number > 0 and {ORIGIN, PURPOSE} <= said[1].keys())


def _description(leaf: x509.Certificate) -> bytes:
    try:
        return leaf.extensions.get_extension_for_oid(KEY_DESCRIPTION).value.public_bytes()
    except x509.ExtensionNotFound:
        raise ValueError("no description of the key") from None


def _said(content: bytes) -> list[tuple[int, bytes]]:
    return [(one.tag, one.content) for one in der.items(content) if one.of_class == der.CONTEXT]


def _fits(said: Mapping[int, bytes]) -> bool:
    """Whether nothing that is said of origin and purpose is wrong: made in place, and for signing."""
    made = ORIGIN not in said or int.from_bytes(der.only(said[ORIGIN], der.INTEGER)) == GENERATED
    return made and (PURPOSE not in said or SIGNS in {one.number for one in der.items(der.only(said[PURPOSE], der.SET))})
