"""W3C's own pairs (WebAuthn Level 3, Test Vectors): all 15 verify, and no bit of what is signed can be another."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import NOW, cbor
from yett.factors.webauthn.cbor import decode
from yett.factors.webauthn.ceremony import authenticate, register
from yett.factors.webauthn.credential import Credential, Refused, Terms, Trust
from yett.factors.webauthn.data import AT, BE, BS, ED, HEAD, UP, UV, attestation_object

GIVEN = json.loads((Path(__file__).parents[3] / "vectors" / "webauthn-l3-test-vectors.json").read_text())
PAIRS = GIVEN["vectors"]
NAMES = [one["title"] for one in PAIRS]
ROOT = bytes.fromhex(GIVEN["attestation_root"]["attestation_ca_cert"])
TRUST = Trust(roots={b"": (ROOT,)})
BY_FORMAT = {attestation_object(bytes.fromhex(one["registration"]["attestationObject"]))[0]: one for one in reversed(PAIRS)}

# Of the other two formats see the table below.
SIGNED = [one for one in PAIRS if attestation_object(bytes.fromhex(one["registration"]["attestationObject"]))[0] not in {"none", "fido-u2f"}]


def terms(step: dict[str, str]) -> Terms:
    return Terms(bytes.fromhex(step["challenge"]), GIVEN["rpId"], (GIVEN["origin"],), (GIVEN["topOrigin_where_applicable"],))


def registered(pair: dict[str, Any], client: bytes = b"", attestation: bytes = b"", trust: Trust = TRUST) -> Credential:
    step = pair["registration"]
    client, attestation = client or bytes.fromhex(step["clientDataJSON"]), attestation or bytes.fromhex(step["attestationObject"])
    return register(client, attestation, terms(step), trust, NOW)


def shown(pair: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    step = pair["authentication"]
    return bytes.fromhex(step["clientDataJSON"]), bytes.fromhex(step["authenticatorData"]), bytes.fromhex(step["signature"])


def flipped(raw: bytes) -> Iterator[bytes]:
    """With each of its bits another, one at a time."""
    number = int.from_bytes(raw)
    return ((number ^ 1 << bit).to_bytes(len(raw)) for bit in range(len(raw) * 8))


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_each_pair_verifies(pair: dict[str, Any]) -> None:
    made = registered(pair)
    assert made.id == bytes.fromhex(pair["registration"]["credential_id"])
    kept = authenticate(made, *shown(pair), terms(pair["authentication"]))
    assert kept.id == made.id
    attests = attestation_object(bytes.fromhex(pair["registration"]["attestationObject"]))[1].get("x5c")
    assert made.attested == bool(attests)


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_no_bit_of_an_assertion_can_be_another(pair: dict[str, Any]) -> None:
    """Over all pairs far more than 10,000 mutations."""
    made, right, asked = registered(pair), shown(pair), terms(pair["authentication"])
    for place in range(3):
        for bent in flipped(right[place]):
            client, data, signature = (bent if place == at else one for at, one in enumerate(right))
            with pytest.raises(Refused):
                authenticate(made, client, data, signature, asked)


@pytest.mark.parametrize("pair", SIGNED, ids=[one["title"] for one in SIGNED])
def test_no_bit_that_an_attestation_signs_can_be_another(pair: dict[str, Any]) -> None:
    format, statement, data = attestation_object(bytes.fromhex(pair["registration"]["attestationObject"]))
    for bent in flipped(data):
        with pytest.raises(Refused):
            registered(pair, attestation=cbor({"fmt": format, "attStmt": statement, "authData": bent}))
    for client in flipped(bytes.fromhex(pair["registration"]["clientDataJSON"])):
        with pytest.raises(Refused):
            registered(pair, client=client)
    signature = statement.get("sig", b"")
    assert isinstance(signature, bytes)
    for other in flipped(signature):
        with pytest.raises(Refused):
            registered(pair, attestation=cbor({"fmt": format, "attStmt": {**statement, "sig": other}, "authData": data}))


# What neither format signs: what must be refused all the same, and what cannot be (then nothing is believed of it).
UNSIGNED: tuple[tuple[str, str, bool], ...] = (
    ("type", "none fido-u2f", True),
    ("challenge", "none fido-u2f", True),
    ("origin", "none fido-u2f", True),
    ("rp id hash", "none fido-u2f", True),
    ("no presence", "none fido-u2f", True),
    ("backed up, yet not eligible", "none fido-u2f", True),
    ("no credential", "none fido-u2f", True),
    ("extensions that are not there", "none fido-u2f", True),
    ("algorithm", "none fido-u2f", True),
    ("counter", "none fido-u2f", False),
    ("model", "none fido-u2f", False),
)
BENT = [(what, format, refused) for what, formats, refused in UNSIGNED for format in formats.split()]


@pytest.mark.parametrize("what, format, refused", BENT, ids=[f"{what}, {format}" for what, format, _ in BENT])
def test_what_is_not_signed_is_judged_by_itself(what: str, format: str, refused: bool) -> None:
    pair = BY_FORMAT[format]
    _, statement, data = attestation_object(bytes.fromhex(pair["registration"]["attestationObject"]))
    said = json.loads(bytes.fromhex(pair["registration"]["clientDataJSON"]))
    bent = bytearray(data)
    match what:
        case "type" | "origin" | "challenge":
            said[what] = {"type": "webauthn.get", "origin": "https://example.net", "challenge": "AAAA"}[what]
        case "rp id hash":
            bent[0] ^= 1
        case "no presence":
            bent[32] &= ~UP
        case "backed up, yet not eligible":
            bent[32] = bent[32] & ~BE | BS
        case "no credential":
            bent[32] &= ~AT
        case "extensions that are not there":
            bent[32] |= ED
        case "algorithm":
            at = bent.index(bytes.fromhex("0326"))
            bent[at + 1] = 0x25
        case "counter":
            bent[33] ^= 1
        case _:
            bent[HEAD] ^= 1
    client = b"" if what not in said else json.dumps(said).encode()
    attestation = cbor({"fmt": format, "attStmt": statement, "authData": bytes(bent)})
    if refused:
        with pytest.raises(Refused):
            registered(pair, client, attestation)
    else:
        made = registered(pair, client, attestation)
        assert not made.hardware
        assert made.model == bytes(16) or not made.attested


def test_the_flags_that_a_pair_was_made_with_are_those_that_are_kept() -> None:
    for pair in PAIRS:
        data = attestation_object(bytes.fromhex(pair["registration"]["attestationObject"]))[2]
        made = registered(pair)
        assert (made.verified, made.eligible, made.backed_up) == (bool(data[32] & UV), bool(data[32] & BE), bool(data[32] & BS))
        assert isinstance(decode(made.key), dict)
