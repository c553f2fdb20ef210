"""Each check of WebAuthn Level 3, 7.1 and 7.2: what it refuses, and by which name."""

from dataclasses import replace
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import AT, BE, BS, CHALLENGE, ED, NOW, ORIGIN, RP, UP, UV, Authenticator, Maker, cbor, cose, key_for, sign
from yett.factors.webauthn.ceremony import authenticate, register
from yett.factors.webauthn.credential import Credential, Refused, Terms, Trust

TERMS = Terms(CHALLENGE, RP, (ORIGIN, "https://related.example.test"))
EMBEDDED = TERMS._replace(top_origins=("https://shop.example.test",))
PLAIN = Trust()


def made(by: Authenticator | None = None, terms: Terms = TERMS, trust: Trust = PLAIN, **of: Any) -> Credential:
    return register(*(by or Authenticator()).make(**of), terms, trust, NOW)


def refusal(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


@pytest.mark.parametrize("alg", [-7, -8, -35, -36, -53, -257, -37])
def test_every_algorithm_that_is_offered_registers_and_authenticates(alg: int) -> None:
    key = Authenticator(alg)
    kept = made(key)
    key.counter = 1
    assert authenticate(kept, *key.show(), TERMS).counter == 1


def test_an_origin_that_is_related_is_as_good_as_our_own() -> None:
    assert made(Authenticator(origin="https://related.example.test")).id == b"credential"


CLIENTS: tuple[tuple[str, dict[str, Any], Terms], ...] = (
    ("type", {"type": "webauthn.get"}, TERMS),
    ("challenge", {"challenge": "AAAA"}, TERMS),
    ("origin", {"origin": "https://login.example.test.evil.test"}, TERMS),
    ("origin", {"origin": "http://login.example.test"}, TERMS),
    ("embedded", {"crossOrigin": True}, TERMS),
    ("embedded", {"topOrigin": "https://shop.example.test"}, TERMS),
    ("embedded", {"topOrigin": "https://shop.example.test"}, EMBEDDED),
    ("embedded", {"crossOrigin": True, "topOrigin": "https://evil.test"}, EMBEDDED),
    ("malformed", {"type": ...}, TERMS),
    ("malformed", {"challenge": ...}, TERMS),
    ("malformed", {"challenge": "not base64url!"}, TERMS),
    ("malformed", {"challenge": "AB"}, TERMS),
    ("malformed", {"origin": ["https://login.example.test"]}, TERMS),
    ("malformed", {"crossOrigin": "true"}, TERMS),
    ("malformed", {"topOrigin": 1, "crossOrigin": True}, EMBEDDED),
)


@pytest.mark.parametrize("reason, says, terms", CLIENTS, ids=[f"{row[0]} {row[1]}" for row in CLIENTS])
def test_client_data_that_was_not_asked_for_is_refused_in_both_ceremonies(reason: str, says: dict[str, Any], terms: Terms) -> None:
    key = Authenticator()
    kept = made(key)
    if says.get("type") == "webauthn.get":
        assert refusal(lambda: authenticate(kept, *key.show(key.client("webauthn.create")), terms)) == reason
    else:
        assert refusal(lambda: authenticate(kept, *key.show(key.client(**{"type": "webauthn.get", **says})), terms)) == reason
    assert refusal(lambda: made(key, terms, client=key.client(**{"type": "webauthn.create", **says}))) == reason


def test_a_page_that_may_embed_us_may_ask() -> None:
    key = Authenticator()
    client = key.client("webauthn.create", crossOrigin=True, topOrigin="https://shop.example.test")
    assert made(key, EMBEDDED, client=client).id == b"credential"
    assert made(key, EMBEDDED, client=key.client("webauthn.create", crossOrigin=True)).id == b"credential"


@pytest.mark.parametrize("client", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 100_000])
def test_client_data_that_is_no_object_is_malformed(client: bytes) -> None:
    key = Authenticator()
    kept = made(key)
    attestation = key.make()[1]
    assert refusal(lambda: register(client, attestation, TERMS, PLAIN, NOW)) == "malformed"
    assert refusal(lambda: authenticate(kept, client, key.data(made=False), b"", TERMS)) == "malformed"


FLAGS: tuple[tuple[str, dict[str, Any], Terms], ...] = (
    ("rp_id", {"rp": "example.test"}, TERMS),
    ("presence", {"flags": UV}, TERMS),
    ("verification", {"flags": UP}, TERMS._replace(verified=True)),
    ("backup", {"flags": UP | BS}, TERMS),
)


@pytest.mark.parametrize("reason, says, terms", FLAGS, ids=[row[0] for row in FLAGS])
def test_what_the_authenticator_says_is_judged_in_both_ceremonies(reason: str, says: dict[str, Any], terms: Terms) -> None:
    key = Authenticator()
    kept = made(key)
    bent = replace(key, **says)
    assert refusal(lambda: made(bent, terms)) == reason
    assert refusal(lambda: authenticate(kept, *bent.show(), terms)) == reason


def test_whoever_was_not_verified_is_taken_where_nobody_asked_for_it() -> None:
    key = Authenticator(flags=UP)
    assert not made(key).verified
    assert authenticate(made(key), *replace(key, flags=UP | UV).show(), TERMS).verified


def test_a_credential_does_not_become_eligible_for_backup_or_cease_to_be() -> None:
    key = Authenticator()
    assert refusal(lambda: authenticate(made(key), *replace(key, flags=UP | BE).show(), TERMS)) == "backup"
    synced = replace(key, flags=UP | BE)
    assert authenticate(made(synced), *replace(key, flags=UP | BE | BS).show(), TERMS).backed_up
    assert refusal(lambda: authenticate(made(synced), *key.show(), TERMS)) == "backup"


@pytest.mark.parametrize("kept, next, taken", [(0, 0, True), (0, 1, True), (1, 2, True), (5, 5, False), (5, 4, False), (5, 0, False)])
def test_a_counter_goes_forward_or_somebody_has_a_copy(kept: int, next: int, taken: bool) -> None:
    key = Authenticator(counter=kept)
    credential = made(key)
    key.counter = next
    if taken:
        assert authenticate(credential, *key.show(), TERMS).counter == next
    else:
        assert refusal(lambda: authenticate(credential, *key.show(), TERMS)) == "cloned"


def test_nobody_without_the_key_raises_the_alarm_of_a_copy() -> None:
    key = Authenticator(counter=5)
    kept, other = made(key), replace(key, key=key_for(-7), counter=1)
    assert refusal(lambda: authenticate(kept, *other.show(), TERMS)) == "signature"


@pytest.mark.parametrize("signature", [b"", b"\x30", b"\0" * 64])
def test_a_bogus_signature_is_refused(signature: bytes) -> None:
    key = Authenticator()
    client, data, _ = key.show()
    assert refusal(lambda: authenticate(made(key), client, data, signature, TERMS)) == "signature"


DATA = (
    ("cut off", lambda key: key.data(made=True)[:36]),
    ("something follows", lambda key: key.data(made=True) + b"\0"),
    ("no credential", lambda key: key.data(made=False)),
    ("an id that is too long", lambda key: replace(key, id=b"i" * 1024).data(made=True)),
    ("an empty id", lambda key: replace(key, id=b"").data(made=True)),
    ("an id that is cut off", lambda key: key.data(made=True)[:60]),
    ("extensions that are no map", lambda key: key.data(made=True, extensions=cbor([1]))),
    ("no extensions where there shall be some", lambda key: bytes([*key.data(made=True)[:32], UP | AT | ED]) + key.data(made=True)[33:]),
)


@pytest.mark.parametrize("bend", [row[1] for row in DATA], ids=[row[0] for row in DATA])
def test_authenticator_data_is_read_to_its_last_byte(bend: Any) -> None:
    key = Authenticator()
    assert refusal(lambda: made(key, data=bend(key))) == "malformed"


def test_the_longest_id_and_any_extensions_are_taken() -> None:
    key = Authenticator(id=b"i" * 1023)
    assert made(key, data=key.data(made=True, extensions=cbor({"credProtect": 2}))).id == key.id


@pytest.mark.parametrize("attestation", [b"", cbor([]), cbor({"fmt": "none"}), cbor({"fmt": 1, "attStmt": {}, "authData": b""}), cbor({}) + b"\0"])
def test_an_attestation_object_that_is_none_is_malformed(attestation: bytes) -> None:
    assert refusal(lambda: register(Authenticator().client("webauthn.create"), attestation, TERMS, PLAIN, NOW)) == "malformed"


KEYS: tuple[tuple[str, dict[int, Any]], ...] = (
    ("an algorithm that was not offered", {3: -47}),
    ("no algorithm", {3: "ES256"}),
    ("another type", {1: 3}),
    ("another curve", {-1: 2}),
    ("a coordinate that is short", {-2: b"x" * 31}),
    ("a point that is not on the curve", {-2: b"x" * 32}),
    ("a private part", {-4: b"d" * 32}),
)


@pytest.mark.parametrize("bend", [row[1] for row in KEYS], ids=[row[0] for row in KEYS])
def test_a_key_that_is_none_is_refused(bend: dict[int, Any]) -> None:
    key = Authenticator()
    data = key.data(made=True).replace(cbor(cose(-7, key.key)), cbor({**cose(-7, key.key), **bend}))
    assert refusal(lambda: made(key, data=data)) == "attestation"


@pytest.mark.parametrize(
    "alg, bend", [(-8, {-1: 7}), (-8, {-2: b"short"}), (-257, {1: 2}), (-257, {-1: b"\x01" + b"\0" * 127}), (-257, {-2: b"\x02"}), (-257, {-2: 3})]
)
def test_other_keys_are_read_as_strictly(alg: int, bend: dict[int, Any]) -> None:
    key = Authenticator(alg)
    data = key.data(made=True).replace(cbor(cose(alg, key.key)), cbor({**cose(alg, key.key), **bend}))
    assert refusal(lambda: made(key, data=data)) == "attestation"


def test_a_key_that_is_no_map_is_refused() -> None:
    key = Authenticator()
    assert refusal(lambda: made(key, data=key.data(made=True).replace(cbor(cose(-7, key.key)), cbor([1, 2])))) == "attestation"


def test_a_credential_that_is_kept_wrongly_authenticates_nobody() -> None:
    key = Authenticator()
    assert refusal(lambda: authenticate(made(key)._replace(key=b"\xff"), *key.show(), TERMS)) == "malformed"


MAKER = Maker()


def packed(key: Authenticator, **of: Any) -> tuple[bytes, bytes]:
    own = key_for(-7)
    return key.make(format="packed", statement=lambda signed: {"alg": -7, "sig": sign(-7, own, signed), "x5c": [MAKER.leaf(own, **of)]})


ROOTS = {b"": (MAKER.root(),)}
OTHER = {b"another model....": (MAKER.root(),)}
POLICIES: tuple[tuple[str, Trust, str], ...] = (
    ("nothing is asked", Trust(), ""),
    ("a root vouches", Trust(attested=True, roots=ROOTS), ""),
    ("the model's own root vouches", Trust(attested=True, roots={bytes(range(16)): (MAKER.root(),)}), ""),
    ("a root of another model does not", Trust(attested=True, roots=OTHER), "untrusted"),
    ("no root", Trust(attested=True), "untrusted"),
    ("a model that is allowed", Trust(roots=ROOTS, allowed=frozenset({bytes(range(16))})), ""),
    ("one that is not", Trust(roots=ROOTS, allowed=frozenset({b"m" * 16})), "model"),
    ("allowed, but nobody vouches for it", Trust(allowed=frozenset({bytes(range(16))})), "model"),
    ("a model that is denied", Trust(roots=ROOTS, denied=frozenset({bytes(range(16))})), "model"),
    ("hardware, which its metadata promises", Trust(roots=ROOTS, hardware=True, protected=frozenset({bytes(range(16))})), ""),
    ("hardware, which nobody promises", Trust(roots=ROOTS, hardware=True), "hardware"),
    ("hardware, which only its own word promises", Trust(hardware=True, protected=frozenset({bytes(range(16))})), "hardware"),
)


@pytest.mark.parametrize("trust, reason", [row[1:] for row in POLICIES], ids=[row[0] for row in POLICIES])
def test_an_operator_decides_which_authenticators_are_good_enough(trust: Trust, reason: str) -> None:
    client, attestation = packed(Authenticator())
    if reason:
        assert refusal(lambda: register(client, attestation, TERMS, trust, NOW)) == reason
    else:
        kept = register(client, attestation, TERMS, trust, NOW)
        assert (kept.attested, kept.hardware) == (bool(trust.roots), bool(trust.protected))


def test_a_key_that_may_be_copied_is_in_no_hardware_whoever_says_so() -> None:
    key = Authenticator(flags=UP | UV | BE)
    trust = Trust(roots=ROOTS, protected=frozenset({key.model}))
    assert not register(*packed(key), TERMS, trust, NOW).hardware
