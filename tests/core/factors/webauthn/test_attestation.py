"""Attestation formats (WebAuthn Level 3, 8): what each of them refuses, and chains that lead nowhere."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.core.factors.webauthn.authenticator import BE, CHALLENGE, NOW, ORIGIN, RP, UP, Authenticator, Maker, der, key_for, sign
from yett.factors.webauthn.ceremony import register
from yett.factors.webauthn.certificates import certificates
from yett.factors.webauthn.credential import Credential, Refused, Terms, Trust
from yett.factors.webauthn.data import attestation_object

MAKER = Maker()
TERMS, TRUST = Terms(CHALLENGE, RP, (ORIGIN,)), Trust(roots={b"": (MAKER.root(),)})
MODEL = "1.3.6.1.4.1.45724.1.1.4"
Bend = dict[str, Any]


def judged(client_and_object: tuple[bytes, bytes], trust: Trust = TRUST) -> Credential:
    return register(*client_and_object, TERMS, trust, NOW)


def refused(client_and_object: tuple[bytes, bytes]) -> bool:
    with pytest.raises(Refused) as caught:
        judged(client_and_object)
    return caught.value.reason == "attestation"


def test_no_statement_says_nothing_and_any_other_is_refused() -> None:
    assert refused(Authenticator().make(statement={"alg": -7}))
    assert refused(Authenticator().make(format="android-safetynet"))


# --- packed


def packed(key: Authenticator, bend: Bend, alg: int = -7, **leaf: Any) -> tuple[bytes, bytes]:
    own = key_for(alg)
    return key.make(format="packed", statement=lambda signed: {"alg": alg, "sig": sign(alg, own, signed), "x5c": [MAKER.leaf(own, **leaf)], **bend})


@pytest.mark.parametrize("alg", [-7, -8, -35, -36, -53, -257, -37])
def test_a_packed_statement_is_vouched_for_by_its_certificate(alg: int) -> None:
    assert judged(packed(Authenticator(), {}, alg)).attested


@pytest.mark.parametrize("extension", [{}, {MODEL: der(4, bytes(range(16)))}])
def test_the_certificate_may_name_the_model(extension: dict[str, bytes]) -> None:
    assert judged(packed(Authenticator(), {}, extensions=extension)).attested


LEAVES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("another model", {"extensions": {MODEL: der(4, b"m" * 16)}}),
    ("a model that is critical", {"extensions": {MODEL: der(4, bytes(range(16)))}, "critical": True}),
    ("a model that is no octets", {"extensions": {MODEL: der(2, b"\x01")}}),
    ("two models", {"extensions": {MODEL: der(4, bytes(range(16))) * 2}}),
    ("no country", {"subject": "O=Maker OU=Authenticator_Attestation CN=Model"}),
    ("no name", {"subject": "C=DE O=Maker OU=Authenticator_Attestation"}),
    ("another unit", {"subject": "C=DE O=Maker OU=Sales CN=Model"}),
    ("an authority", {"ca": True}),
    ("no word on that", {"ca": None}),
)


@pytest.mark.parametrize("leaf", [row[1] for row in LEAVES], ids=[row[0] for row in LEAVES])
def test_a_certificate_that_no_authenticator_has_is_refused(leaf: dict[str, Any]) -> None:
    assert refused(packed(Authenticator(), {}, **leaf))


BENDS: tuple[Bend, ...] = (
    {"alg": -8}, {"alg": -257}, {"alg": -999}, {"alg": "ES256"}, {"sig": 1}, {"sig": b"wrong"},
    {"x5c": []}, {"x5c": b"one"}, {"x5c": ["text"]}, {"x5c": [b"none"]}, {"x5c": [b""] * 7},
)  # fmt: skip


@pytest.mark.parametrize("bend", BENDS, ids=str)
def test_a_packed_statement_that_is_bent_is_refused(bend: Bend) -> None:
    assert refused(packed(Authenticator(), bend))


def test_a_credential_may_vouch_for_itself_which_nobody_need_believe() -> None:
    key = Authenticator()

    def own(bend: Bend) -> tuple[bytes, bytes]:
        return key.make(format="packed", statement=lambda signed: {"alg": -7, "sig": sign(-7, key.key, signed), **bend})

    assert not judged(own({})).attested
    assert refused(own({"alg": -257}))
    assert refused(own({"sig": b"wrong"}))


# --- fido-u2f


def u2f(key: Authenticator, bend: Bend, alg: int = -7) -> tuple[bytes, bytes]:
    own = key_for(alg)
    client, data = key.client("webauthn.create"), key.data(made=True)
    numbers = key.key.public_key().public_numbers()
    point = b"\x04" + numbers.x.to_bytes(48 if key.alg == -35 else 32) + numbers.y.to_bytes(48 if key.alg == -35 else 32)
    message = b"\0" + data[:32] + hashlib.sha256(client).digest() + key.id + point
    return key.make(client, "fido-u2f", {"sig": sign(alg, own, message), "x5c": [MAKER.leaf(own)], **bend}, data)


def test_a_key_of_the_old_kind_is_vouched_for_but_not_its_model() -> None:
    kept = judged(u2f(Authenticator(flags=UP), {}))
    assert (kept.attested, kept.model) == (True, bytes(16))


def test_a_certificate_of_the_old_kind_that_was_withdrawn_vouches_for_nothing_and_is_refused() -> None:
    """Whoever has its key makes such keys in software; others of its root are as good as before."""
    withdrawn, other = u2f(Authenticator(flags=UP), {}), u2f(Authenticator(flags=UP), {})
    (certificate,) = certificates(attestation_object(withdrawn[1])[1]["x5c"])
    id = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    trust = TRUST._replace(withdrawn=frozenset({id}))
    assert judged(other, trust).attested
    with pytest.raises(Refused, match=r"^model$"):
        judged(withdrawn, trust)


def test_a_statement_of_the_old_kind_that_is_bent_is_refused() -> None:
    key = Authenticator(flags=UP)
    leaf = MAKER.leaf(key_for(-7))
    assert all(refused(u2f(key, bend)) for bend in ({"sig": b"wrong"}, {"sig": 1}, {"x5c": [leaf, leaf]}, {"x5c": [leaf]}))
    assert refused(u2f(Authenticator(-35), {}))
    assert refused(u2f(key, {}, alg=-35))


# --- apple


def apple(key: Authenticator, nonce: Callable[[bytes], bytes] = lambda signed: hashlib.sha256(signed).digest(), own: Any = None) -> tuple[bytes, bytes]:
    def statement(signed: bytes) -> Bend:
        extension = der(0x30, der(0xA1, der(4, nonce(signed))))
        return {"x5c": [MAKER.leaf(own or key.key, extensions={"1.2.840.113635.100.8.2": extension})]}

    return key.make(format="apple", statement=statement)


def test_apples_certificate_is_that_of_the_credential_and_of_this_ceremony() -> None:
    key = Authenticator()
    assert judged(apple(key)).attested
    assert refused(apple(key, lambda _: b"n" * 32))
    assert refused(apple(key, own=key_for(-7)))
    assert refused(key.make(format="apple", statement={"x5c": [MAKER.leaf(key.key)]}))


# --- android-key


def listed(**said: bytes) -> bytes:
    """An AuthorizationList."""
    tags = {"purpose": 0xA1, "all_applications": 0xBF8458, "origin": 0xBF853E}
    return der(0x30, b"".join(der(tags[name], value) for name, value in said.items()))


SIGNS, MADE = der(0x31, der(2, b"\x02")), der(2, b"\x00")


def android(key: Authenticator, software: bytes = b"", hardware: bytes = b"", bend: Bend | None = None, level: int = 1, **of: Any) -> tuple[bytes, bytes]:
    client = key.client("webauthn.create")
    challenge = of.pop("challenge", hashlib.sha256(client).digest())
    fields = [der(2, b"\x03"), der(10, bytes([level])), der(2, b"\x04"), der(10, b"\x01"), der(4, challenge), der(4, b"")]
    described = der(0x30, b"".join(fields) + (software or listed()) + (hardware or listed(purpose=SIGNS, origin=MADE)))
    extensions = of.pop("extensions", {"1.3.6.1.4.1.11129.2.1.17": described})

    def statement(signed: bytes) -> Bend:
        return {"alg": -7, "sig": sign(-7, key.key, signed), "x5c": [MAKER.leaf(of.get("own") or key.key, extensions=extensions)], **(bend or {})}

    return key.make(client, "android-key", statement)


def test_a_key_of_the_key_store_says_where_it_lives() -> None:
    key = Authenticator()
    assert judged(android(key)).hardware
    assert not judged(android(key, level=0)).hardware
    assert not judged(android(key, software=listed(purpose=SIGNS, origin=MADE), hardware=listed())).hardware


ANDROID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("another ceremony", {"challenge": b"c" * 32}),
    ("for every application", {"software": listed(all_applications=der(5, b""))}),
    ("for every application, in hardware", {"hardware": listed(purpose=SIGNS, origin=MADE, all_applications=der(5, b""))}),
    ("imported", {"hardware": listed(purpose=SIGNS, origin=der(2, b"\x02"))}),
    ("not for signing", {"hardware": listed(purpose=der(0x31, der(2, b"\x00")), origin=MADE)}),
    ("another key", {"own": key_for(-7)}),
    ("no description", {"extensions": {}}),
    ("a description that is short", {"extensions": {"1.3.6.1.4.1.11129.2.1.17": der(0x30, der(2, b"\x03"))}}),
    ("no algorithm", {"bend": {"alg": "ES256"}}),
    ("another algorithm", {"bend": {"alg": -257}}),
    ("no signature", {"bend": {"sig": ""}}),
    ("a wrong signature", {"bend": {"sig": b"wrong"}}),
)


@pytest.mark.parametrize("of", [row[1] for row in ANDROID], ids=[row[0] for row in ANDROID])
def test_what_the_key_store_would_not_say_is_refused(of: dict[str, Any]) -> None:
    assert refused(android(Authenticator(), **of))


# --- tpm

AIK, SAN = x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.133.8.3")]), x509.SubjectAlternativeName([x509.DNSName("tpm.example.test")])
CHIP = {"subject": "", "more": (AIK, SAN)}


def sized(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def area(key: Any, alg: int = -7, **bend: int) -> bytes:
    """TPMT_PUBLIC."""
    numbers = key.public_key().public_numbers()
    say = {"name_hash": 11, "symmetric": 0x10, "scheme": 0x10, "curve": 3, "kdf": 0x10, "exponent": 0, "type": 1 if alg == -257 else 0x23} | bend
    head = say["type"].to_bytes(2) + say["name_hash"].to_bytes(2) + bytes(4) + sized(b"") + say["symmetric"].to_bytes(2) + say["scheme"].to_bytes(2)
    head += b"" if say["scheme"] == 0x10 else b"\0\x0b"
    if alg == -257:
        return head + (2048).to_bytes(2) + say["exponent"].to_bytes(4) + sized(numbers.n.to_bytes(256))
    return head + say["curve"].to_bytes(2) + say["kdf"].to_bytes(2) + sized(numbers.x.to_bytes(32)) + sized(numbers.y.to_bytes(32))


def chip(key: Authenticator, bend: Bend | None = None, public: bytes | None = None, leaf: Bend | None = None, **of: Any) -> tuple[bytes, bytes]:
    own, alg = key_for(of.get("alg", -7)), of.get("alg", -7)
    public = area(key.key, key.alg) if public is None else public

    def statement(signed: bytes) -> Bend:
        digest = hashes.Hash({-35: hashes.SHA384()}.get(alg, hashes.SHA256()))
        digest.update(signed)
        name = of.get("name", b"\0\x0b" + hashlib.sha256(public).digest())
        extra = of.get("extra") or digest.finalize()
        info = (
            of.get("head", bytes.fromhex("ff5443478017"))
            + sized(b"signer")
            + sized(extra)
            + bytes(25)
            + sized(name)
            + sized(b"qualified")
            + of.get("tail", b"")
        )
        made = {
            "ver": "2.0",
            "alg": alg,
            "x5c": [MAKER.leaf(own, **{**CHIP, **(leaf or {})})],
            "sig": sign(alg, own, info),
            "certInfo": info,
            "pubArea": public,
        }
        return {**made, **(bend or {})}

    return key.make(format="tpm", statement=statement)


@pytest.mark.parametrize("alg, of", [(-7, {}), (-257, {}), (-7, {"alg": -35}), (-7, {"leaf": {"extensions": {MODEL: der(4, bytes(range(16)))}}})])
def test_a_chip_certifies_the_key_that_it_made(alg: int, of: Bend) -> None:
    kept = judged(chip(Authenticator(alg), **of))
    assert (kept.attested, kept.hardware) == (True, True)
    assert not judged(chip(Authenticator(alg, flags=UP | BE), **of)).hardware


KEY = Authenticator()
CHIPS: tuple[tuple[str, Bend], ...] = (
    ("version", {"bend": {"ver": "1.2"}}),
    ("no algorithm", {"bend": {"alg": None}}),
    ("no signature", {"bend": {"sig": None}}),
    ("a wrong signature", {"bend": {"sig": b"wrong"}}),
    ("no information", {"bend": {"certInfo": None}}),
    ("information that is cut off", {"bend": {"certInfo": bytes.fromhex("ff544347")}}),
    ("no area", {"bend": {"pubArea": None}}),
    ("an algorithm whose hash we do not know", {"alg": -8}),
    ("not made by a chip", {"head": bytes.fromhex("ff5443488017")}),
    ("not a certificate", {"head": bytes.fromhex("ff5443478018")}),
    ("something follows", {"tail": b"\0"}),
    ("another key's name", {"name": b"\0\x0b" + b"n" * 32}),
    ("another ceremony", {"extra": b"e" * 32}),
    ("another key", {"public": area(key_for(-7))}),
    ("another type", {"public": area(KEY.key, type=0x25)}),
    ("another hash", {"public": area(KEY.key, name_hash=4)}),
    ("a key that decrypts", {"public": area(KEY.key, symmetric=6)}),
    ("another curve", {"public": area(KEY.key, curve=1)}),
    ("a derivation", {"public": area(KEY.key, kdf=0x20)}),
    ("an area that goes on", {"public": area(KEY.key) + b"\0"}),
    ("a subject", {"leaf": {"subject": "C=DE"}}),
    ("no alternative name", {"leaf": {"more": (AIK,)}}),
    ("no usage", {"leaf": {"more": (SAN,)}}),
    ("another usage", {"leaf": {"more": (x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1")]), SAN)}}),
    ("another model", {"leaf": {"extensions": {MODEL: der(4, b"m" * 16)}}}),
)


@pytest.mark.parametrize("of", [row[1] for row in CHIPS], ids=[row[0] for row in CHIPS])
def test_what_no_chip_would_certify_is_refused(of: Bend) -> None:
    assert refused(chip(KEY, **of))


def test_a_key_may_name_the_scheme_that_it_signs_with() -> None:
    assert judged(chip(KEY, public=area(KEY.key, scheme=0x18))).attested


# --- chains


def chained(*chain: bytes, own: Any) -> tuple[bytes, bytes]:
    return Authenticator().make(format="packed", statement=lambda signed: {"alg": -7, "sig": sign(-7, own, signed), "x5c": list(chain)})


def trusts(made: tuple[bytes, bytes], *roots: bytes) -> bool:
    return judged(made, Trust(roots={b"": roots})).attested


def test_a_chain_leads_to_a_root_through_authorities_in_force() -> None:
    own, middle, stranger = key_for(-7), Maker(), Maker()
    between = MAKER.leaf(middle.key, subject="CN=Middle", ca=True)
    leaf, root = middle.leaf(own, issuer="Middle"), MAKER.root()
    assert trusts(chained(leaf, between, own=own), root)
    assert trusts(chained(leaf, between, root, own=own), root)
    assert trusts(chained(leaf, own=own), leaf)
    assert not trusts(chained(leaf, own=own), root)
    assert not trusts(chained(leaf, between, own=own), stranger.root())
    assert not trusts(chained(leaf, between, own=own))
    no_authority = MAKER.leaf(middle.key, subject="CN=Middle")
    assert not trusts(chained(leaf, no_authority, own=own), root)
    forged = stranger.leaf(own, issuer="Middle")
    assert not trusts(chained(forged, between, own=own), root)
    over = MAKER.leaf(own, ends=NOW - 1)
    assert not trusts(chained(over, own=own), root)
    assert not trusts(chained(MAKER.leaf(own), own=own), MAKER.root(ends=NOW - 1))


def test_a_root_of_several_models_vouches_for_a_certificate_that_names_its_own() -> None:
    """Level 3, 8.2.1; another model of the same maker may have lost its key."""
    own, root, other = Authenticator().model, MAKER.root(), b"another model..."
    shared, alone = Trust(roots={own: (root,), other: (root,)}), Trust(roots={own: (root,), other: (Maker().root(),)})
    named, unnamed = packed(KEY, {}, extensions={MODEL: der(4, own)}), packed(KEY, {})
    assert [judged(made, trust).attested for made in (named, unnamed) for trust in (alone, shared)] == [True, True, True, False]
    assert judged(chip(KEY), shared).attested


def usage(*, signs: bool) -> x509.KeyUsage:
    does = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=signs, **does)


OF_ITS_OWN_NAMES = x509.NameConstraints([x509.DNSName("example.test")], None)
AUTHORITIES: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    ("signs certificates", True, {"more": (usage(signs=True),)}),
    ("over none below it, and there is none", True, {"below": 0}),
    ("signs no certificates", False, {"more": (usage(signs=False),)}),
    ("for its own names alone", False, {"more": (OF_ITS_OWN_NAMES,)}),
    ("insists on what nobody understands", False, {"extensions": {"1.3.6.1.4.1.99999.1": der(5, b"")}, "critical": True}),
    ("says what nobody can read", False, {"extensions": {"2.5.29.15": b"\xff"}}),
    ("says so in passing", True, {"extensions": {"1.3.6.1.4.1.99999.1": der(5, b"")}}),
)


@pytest.mark.parametrize("may, says", [row[1:] for row in AUTHORITIES], ids=[row[0] for row in AUTHORITIES])
def test_an_authority_signs_what_it_may_sign(may: bool, says: dict[str, Any]) -> None:
    own, middle = key_for(-7), Maker()
    between = MAKER.leaf(middle.key, subject="CN=Middle", ca=True, **says)
    assert trusts(chained(middle.leaf(own, issuer="Middle"), between, own=own), MAKER.root()) == may


def test_an_authority_has_no_more_below_it_than_it_may() -> None:
    own, middle, lower = key_for(-7), Maker(), Maker()
    leaf, below = lower.leaf(own, issuer="Lower"), middle.leaf(lower.key, subject="CN=Lower", issuer="Middle", ca=True)
    for most, may in ((0, False), (1, True)):
        between = MAKER.leaf(middle.key, subject="CN=Middle", ca=True, below=most)
        assert trusts(chained(leaf, below, between, own=own), MAKER.root()) == may
        assert not trusts(chained(leaf, below, between, own=own), MAKER.root(below=most))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("format", ["packed", "fido-u2f", "android-key", "tpm"])
def test_a_certificate_that_is_bent_anywhere_is_taken_or_refused_and_no_accident(format: str) -> None:
    """A key of no kind that there is, a version of the future, a date before all time: what a browser sends is nobody's bug."""
    make = {"packed": lambda: packed(KEY, {}), "fido-u2f": lambda: u2f(KEY, {}), "android-key": lambda: android(KEY), "tpm": lambda: chip(KEY)}
    client, attestation = make[format]()
    begins, reasons = attestation.index(b"x5c"), set()
    for place in range(begins, attestation.index(b"authData")):
        bent = bytearray(attestation)
        bent[place] ^= 1 << place % 8
        try:
            register(client, bytes(bent), TERMS, TRUST, NOW)
        except Refused as refused:
            reasons.add(refused.reason)
    assert reasons <= {"attestation", "malformed"}
