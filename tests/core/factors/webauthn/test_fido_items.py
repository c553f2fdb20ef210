"""The FIDO Alliance's published items for servers, one by one: P must succeed, F must fail; each deviation with its reason.

Sections are named as in the list: `make` and `show` are the responses of MakeCredential and GetAssertion.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import AT, NOW, ORIGIN, UP, UV, Authenticator, Maker, cbor, key_for, sign
from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.verdict import Accepted
from yett.factors.base import Ask
from yett.factors.webauthn.data import base64url, unbase64url
from yett.factors.webauthn.factor import WebAuthn

FACTOR = WebAuthn("webauthn-roaming", 70)
ASK = Ask(bytes(64), NOW, "question", "attempt", issuer="ACME", label="ada@example.test", origin=ORIGIN, account="ada")
MAKER, BATCH = Maker(), key_for(-7)
Bend = Mapping[str, Any]
GONE = ...
PLAIN: Bend = {}


def options(asked: Challenge) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(asked.show["ceremony"])
    return said


def bent(value: Mapping[str, Any], bend: Bend) -> dict[str, Any]:
    return {name: one for name, one in {**value, **bend}.items() if one is not GONE}


def packed(signed: bytes) -> dict[str, Any]:
    return {"alg": -7, "sig": sign(-7, BATCH, signed), "x5c": [MAKER.leaf(BATCH)]}


def make(
    credential: Bend = PLAIN,
    response: Bend = PLAIN,
    client: Bend = PLAIN,
    attestation: Bend = PLAIN,
    statement: Bend = PLAIN,
    data: Callable[[bytes], bytes] = lambda raw: raw,
    format: str = "packed",
    own: Callable[[bytes], Mapping[str, Any]] = packed,
    key: Authenticator | None = None,
) -> bool:
    """Whether this response, which is right but for what is bent, makes a credential."""
    key, asked = key or Authenticator(), FACTOR.offer(ASK, ())
    said = json.loads(key.client("webauthn.create", unbase64url(options(asked)["challenge"])))
    raw_client, raw = json.dumps(bent(said, client)).encode(), data(key.data(made=True))
    object = bent({"fmt": format, "attStmt": bent(own(raw + hashlib.sha256(raw_client).digest()), statement), "authData": raw}, attestation)
    inner = bent({"clientDataJSON": base64url(raw_client), "attestationObject": base64url(cbor(object))}, response)
    whole = bent({"type": "public-key", "id": base64url(key.id), "rawId": base64url(key.id), "response": inner}, credential)
    return isinstance(FACTOR.confirm(asked, json.dumps(whole).encode(), ASK), Accepted)


def show(
    credential: Bend = PLAIN,
    response: Bend = PLAIN,
    client: Bend = PLAIN,
    data: Callable[[bytes], bytes] = lambda raw: raw,
    verification: str = "preferred",
    **of: Any,
) -> bool:
    """Whether this response authenticates."""
    key = Authenticator()
    asked = FACTOR.offer(ASK, ())
    made, attestation = key.make(key.client("webauthn.create", unbase64url(options(asked)["challenge"])))
    answer = {"type": "public-key", "id": base64url(key.id), "rawId": base64url(key.id)}
    answer["response"] = {"clientDataJSON": base64url(made), "attestationObject": base64url(attestation)}  # type: ignore[assignment]
    verdict = FACTOR.confirm(asked, json.dumps(answer).encode(), ASK)
    assert isinstance(verdict, Accepted)
    one = Enrolment("one", "ada", FACTOR.kind, verdict.state._replace(mark=of.pop("kept", 0)), lookup=key.id)
    asked = FACTOR.challenge([one], ASK._replace(rules={"userVerification": verification}))
    key = replace(key, **of)
    said = json.loads(key.client("webauthn.get", unbase64url(options(asked)["challenge"])))
    raw_client, raw, signature = key.show(json.dumps(bent(said, client)).encode(), data(key.data(made=False)))
    inner = bent({"clientDataJSON": base64url(raw_client), "authenticatorData": base64url(raw), "signature": base64url(signature)}, response)
    whole = bent({**answer, "response": inner}, credential)
    return isinstance(FACTOR.verify(one, asked, json.dumps(whole).encode(), ASK), Accepted)


def without_flag(flag: int) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:32] + bytes([raw[32] & ~flag]) + raw[33:]


CREDENTIAL: tuple[Bend, ...] = (
    {"id": GONE}, {"id": 1}, {"id": "*"}, {"type": GONE}, {"type": 1}, {"type": "password"}, {"response": GONE}, {"response": "text"},
)  # fmt: skip
CLIENT: tuple[Bend, ...] = (
    {"type": GONE}, {"type": 1}, {"type": ""}, {"type": "webauthn.other"}, {"type": "the other ceremony's"}, {"challenge": GONE}, {"challenge": 1},
    {"challenge": ""}, {"challenge": "*"}, {"challenge": "AAAA"}, {"origin": GONE}, {"origin": 1}, {"origin": ""}, {"origin": "https://evil.test"},
    {"tokenBinding": "text"}, {"tokenBinding": {}}, {"tokenBinding": {"status": "perhaps"}},
)  # fmt: skip
ALGORITHMS = {2: -37, 5: -257, 9: -7, 10: -35, 11: -36, 12: -8}
OPTIONAL = "an optional algorithm that is not offered"


def itself(alg: int) -> bool:
    key = Authenticator(alg)
    return make(key=key, own=lambda signed: {"alg": alg, "sig": sign(alg, key.key, signed)})


def items() -> Iterator[tuple[str, str, Callable[[], bool]]]:
    """Section, item, and what it does: P must be true, F false."""
    yield "options", "P-1", lambda: {"challenge", "rp", "user", "pubKeyCredParams"} <= options(FACTOR.offer(ASK, ())).keys()
    yield "options", "P-2", lambda: options(FACTOR.offer(ASK, ()))["attestation"] == "none"
    yield "options", "P-3", lambda: options(FACTOR.offer(ASK, ()))["challenge"] != options(FACTOR.offer(ASK._replace(random=b"r" * 64), ()))["challenge"]
    yield "get options", "P-1", lambda: {"challenge", "allowCredentials", "rpId"} <= options(FACTOR.challenge((), ASK)).keys()
    yield (
        "get options",
        "P-2",
        lambda: options(FACTOR.challenge((), ASK))["challenge"] != options(FACTOR.challenge((), ASK._replace(random=b"r" * 64)))["challenge"],
    )
    for number, bend in enumerate(CREDENTIAL, 1):
        yield "make 1", f"F-{number}", partial(make, credential=bend)
        yield "show 1", f"F-{number}", partial(show, credential=bend)
    members = [{name: value} for name in ("clientDataJSON", "attestationObject") for value in (GONE, 1, "")]
    for number, bend in enumerate(members, 9):
        yield "make 1", f"F-{number}", partial(make, response=bend)
    shown = [{"clientDataJSON": value} for value in (GONE, 1, "")] + [
        {name: value} for name in ("authenticatorData", "signature") for value in (GONE, 1, "*", "")
    ]
    shown += [{"signature": base64url(b"unverifiable")}, {"userHandle": 1}]
    for number, bend in enumerate(shown, 9):
        yield "show 1", f"F-{number}", partial(show, response=bend)
    yield "show 1", "P-1", show
    for number, bend in enumerate(CLIENT, 1):
        made, got = ({"type": name} if number == 5 else bend for name in ("webauthn.get", "webauthn.create"))
        yield "make 2", f"F-{number}", partial(make, client=made)
        yield "show 2", f"F-{number}", partial(show, client=got)
    yield from making()
    yield from attesting()
    yield from showing()


def making() -> Iterator[tuple[str, str, Callable[[], bool]]]:
    with_extensions = Authenticator()
    yield "make 3", "P-1", lambda: make(data=lambda _: with_extensions.data(made=True, extensions=cbor({"x": 1})), key=with_extensions)
    objects: tuple[Bend, ...] = ({"fmt": GONE}, {"fmt": 1}, {"attStmt": GONE}, {"attStmt": []}, {"authData": GONE}, {"authData": "text"}, {"authData": b""})
    yield "make 3", "F-1", lambda: make(response={"attestationObject": base64url(b"\x80")})
    for number, bend in enumerate(objects, 2):
        yield "make 3", f"F-{number}", partial(make, attestation=bend)
    yield "make 3", "F-9", lambda: make(data=without_flag(AT))
    yield "make 3", "F-10", lambda: make(data=lambda raw: without_flag(AT)(raw)[:37])
    yield "make 3", "F-11", lambda: make(data=lambda raw: raw[:37])
    yield "make 3", "F-12", lambda: make(data=lambda raw: raw + b"\0")
    yield "make 3", "F-13", lambda: make(own=lambda _: {})
    statements: tuple[Bend, ...] = ({"alg": GONE}, {"alg": "ES256"}, {"alg": -8}, {"sig": GONE}, {"sig": "text"}, {"sig": b""})
    for number, bend in enumerate(statements, 14):
        yield "make 3", f"F-{number}", partial(make, statement=bend)
    for number, alg in ALGORITHMS.items():
        yield "make 4", f"P-{number}", partial(itself, alg)


def attesting() -> Iterator[tuple[str, str, Callable[[], bool]]]:
    own = Authenticator()
    yield "make 5", "P-1", make
    yield "make 5", "P-2", lambda: make(own=lambda signed: {**packed(signed), "x5c": [MAKER.leaf(BATCH), MAKER.root()]})
    yield "make 5", "F-1", lambda: make(format="unknown")
    bends: tuple[Bend, ...] = ({"sig": b"wrong"}, {"x5c": GONE}, {"x5c": b"one"}, {"x5c": []})
    for number, bend in enumerate(bends, 2):
        yield "make 5", f"F-{number}", partial(make, statement=bend)
    yield "make 5", "F-13", lambda: make(own=lambda signed: {**packed(signed), "x5c": [MAKER.leaf(key_for(-7))]})
    yield "make 5", "F-14", lambda: make(key=own, own=lambda signed: {**packed(signed), "sig": sign(-7, own.key, signed)})
    yield "make 6", "P-1", lambda: itself(-7)
    yield "make 6", "F-1", lambda: make(key=own, own=lambda _: {"alg": -7, "sig": b"wrong"})
    yield "make 6", "F-2", lambda: make(key=own, own=lambda signed: {"alg": -7, "sig": sign(-7, own.key, signed), "x5c": [MAKER.leaf(BATCH)]})
    yield "make 6", "F-3", lambda: make(key=own, format="unknown", own=lambda signed: {"alg": -7, "sig": sign(-7, own.key, signed)})
    yield "make 7", "P-1", lambda: itself(-7)
    yield "make 7", "P-2", lambda: make(format="none", own=lambda _: {})
    yield "make 7", "F-1", lambda: make(format="none")


def showing() -> Iterator[tuple[str, str, Callable[[], bool]]]:
    yield "show 3", "P-1", show
    yield "show 3", "P-2", lambda: show(verification="required", flags=UP | UV)
    yield "show 3", "P-3", lambda: show(verification="required", flags=UP | UV)
    yield "show 3", "P-5", lambda: show(verification="discouraged", flags=UP)
    yield "show 3", "P-6", lambda: show(verification="discouraged", flags=UP | UV)
    yield "show 3", "P-8", lambda: show(data=lambda raw: raw[:32] + bytes([raw[32] | 128]) + raw[33:] + cbor({"x": 1}))
    yield "show 3", "F-1", lambda: show(data=lambda raw: raw + b"\0")
    yield "show 3", "F-2", lambda: show(data=lambda raw: bytes(32) + raw[32:])
    yield "show 3", "F-3", lambda: show(response={"clientDataJSON": base64url(b"{}")})
    yield "show 3", "F-4", lambda: show(kept=5, counter=5)
    yield "show 3", "F-5", lambda: show(verification="required", flags=UP)


ITEMS = list(items())
# What the list has and these tests do otherwise or elsewhere, each with its reason.
OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "make 1": {"P-1": "test_factor: what the account has already is excluded"},
    "make 4": dict.fromkeys(("P-1", "P-3", "P-4", "P-6", "P-7"), OPTIONAL) | {"P-8": "SHA-1 is accepted nowhere"},
    "make 5": dict.fromkeys(
        ("F-6", "F-7", "F-9", "F-10", "F-11", "F-12"), "test_attestation: chains; who vouches is a matter of trust, judged where attestation is asked for"
    )
    | {"F-8": "tests/flows/test_metadata.py: a root that the metadata do not name"},
    "make 8": {"P-1": "test_attestation", "F-1": "W3C's own pair has a model here: it is taken, and not believed", "F-2": "test_attestation"},
    "make 9": dict.fromkeys(("P-1", "F-1", "F-2", "F-3", "F-4"), "test_attestation")
    | {"P-2": "SHA-1 is accepted nowhere", "P-3": "a name by another hash than the area's own is refused, as the standard says"},
    "make A": dict.fromkeys(("P-1", "F-1", "F-2", "F-3"), "test_attestation"),
    "make B": dict.fromkeys(("P-1", "F-1", "F-2", "F-3", "F-4", "F-5", "F-6", "F-7"), "a format whose maker has switched it off: refused"),
    "show 3": {"P-4": "without presence nothing is accepted (Level 3, 7.2 step 16)", "P-7": "without presence nothing is accepted (Level 3, 7.2 step 16)"},
    "metadata": dict.fromkeys(("P-1", "F-1", "F-2", "F-3", "F-4", "F-5", "F-6"), "tests/adapters/test_mds.py, tests/flows/test_metadata.py"),
}


@pytest.mark.parametrize("item, does", [(item, does) for _, item, does in ITEMS], ids=[f"{section}, {item}" for section, item, _ in ITEMS])
def test_each_item_of_the_list(item: str, does: Callable[[], bool]) -> None:
    assert does() == item.startswith("P")


def test_every_item_of_the_list_is_here_or_accounted_for() -> None:
    """40 that must succeed and 133 that must fail."""
    named = [f"{section}, {item}" for section, item, _ in ITEMS] + [f"{section}, {item}" for section, some in OTHERWISE.items() for item in some]
    assert len(named) == len(set(named)) == 173
    assert sum(", P-" in one for one in named) == 40
