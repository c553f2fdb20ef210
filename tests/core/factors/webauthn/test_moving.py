"""A key in Auth0's words: all that is shown of it brings it along again, and what nobody could use is refused."""

from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import BE, BS, MODEL, NOW, ORIGIN, RP, UP, UV, Authenticator, cbor, cose
from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.verdict import Accepted, Rejected, Verdict
from yett.factors.base import Ask
from yett.factors.webauthn.data import base64url, unbase64url
from yett.factors.webauthn.factor import WebAuthn, user_handle

ASK = Ask(bytes(range(64)), NOW, origin=ORIGIN, account="auth0|ada", agent="A browser\x00" * 60)
PASSKEY = WebAuthn("passkey", 90)


def told(by: Authenticator, **more: Any) -> dict[str, Any]:
    said = {"key_id": base64url(by.id), "public_key": base64url(cbor(cose(by.alg, by.key))), "relying_party_identifier": RP}
    return {**said, **more}


def held(by: Authenticator, **more: Any) -> Enrolment:
    state, lookup = PASSKEY.brought(told(by, **more), ASK)
    return Enrolment("passkey|dev_1", "auth0|ada", "passkey", state, lookup=lookup)


def answered(by: Authenticator, one: Enrolment, handle: bytes) -> Verdict:
    asked: Challenge = PASSKEY.challenge((), ASK)
    client, data, signature = by.show(by.client("webauthn.get", ASK.random[:32]))
    response = {"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature), "userHandle": base64url(handle)}
    import json

    said = {"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": response}
    return PASSKEY.verify(one, asked, json.dumps(said).encode(), ASK)


def test_what_is_shown_of_a_key_brings_it_along_again() -> None:
    more = {
        "aaguid": "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "credential_device_type": "multi_device",
        "credential_backed_up": True,
        "user_handle": base64url(b"as another system called her"),
        "transports": ["internal", "hybrid", "internal", "smart-card", "<script>", "", 7],
        "user_agent": "A browser\n",
        "identity_user_id": "ada",
    }
    one = held(Authenticator(), **more)
    shown = PASSKEY.shows(one)
    assert {**shown, "transports": 0, "user_agent": 0} == {
        **told(Authenticator(key=None), **more),
        "transports": 0,
        "user_agent": 0,
        "public_key": shown["public_key"],
    }
    assert (shown["transports"], shown["user_agent"]) == (["internal", "hybrid", "smart-card"], "A browser")
    assert PASSKEY.brought(shown, ASK) == (one.state, one.lookup)


def test_a_key_is_asked_for_by_the_name_that_it_knows_the_account_by() -> None:
    own = Authenticator(flags=UP | UV | BE | BS)
    one = held(own, credential_device_type="multi_device", user_handle=base64url(b"u1"))
    assert isinstance(answered(own, one, b"u1"), Accepted)
    assert answered(own, one, user_handle("auth0|ada")) == Rejected("user_handle")
    ours = held(own, credential_device_type="multi_device")
    assert isinstance(answered(own, ours, user_handle("auth0|ada")), Accepted)
    assert answered(own, ours, b"u1") == Rejected("user_handle")


def test_nobody_vouches_for_a_key_that_is_brought_along() -> None:
    shown = PASSKEY.promise(held(Authenticator(), aaguid=str(MODEL.hex())))
    assert not shown.hardware
    assert shown.amr == ("pop", "user")


@pytest.mark.parametrize(
    "change, why",
    [
        ({"key_id": ""}, "key_id"),
        ({"key_id": "A"}, "key_id"),
        ({"key_id": base64url(bytes(1024))}, "key_id"),
        ({"public_key": "AA"}, "public_key"),
        ({"public_key": base64url(cbor({1: 2, 3: -7}))}, "public_key"),
        ({"public_key": "!"}, "public_key"),
        ({"user_handle": base64url(bytes(65))}, "user_handle"),
        ({"relying_party_identifier": "example.com"}, "relying_party_identifier"),
        ({"identity_user_id": "eve"}, "identity_user_id"),
        ({"credential_device_type": "many"}, "credential_device_type"),
        ({"credential_backed_up": True}, "credential_device_type"),
        ({"aaguid": "x"}, "aaguid"),
    ],
)
def test_what_nobody_could_use_is_refused_by_its_field(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}"):
        PASSKEY.brought(told(Authenticator(), **change), ASK)


@pytest.mark.parametrize(
    "rules",
    [
        {"attestation": "direct", "attested": True},
        {"attestation": "direct", "hardware": True},
        {"allowed": [MODEL.hex()]},
        {"denied": [MODEL.hex()]},
    ],
)
def test_a_tenant_that_wants_somebody_to_vouch_takes_no_key_that_is_brought_along(rules: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="vouches"):
        PASSKEY.brought(told(Authenticator(), aaguid=MODEL.hex()), ASK._replace(rules=rules))


def test_either_alphabet_of_base64_will_do() -> None:
    own = Authenticator(id=b"\xfb\xff\xfe")
    assert base64url(own.id) == "-__-"
    assert PASSKEY.brought(told(own, key_id="+//+"), ASK)[1] == PASSKEY.brought(told(own, key_id="-__-=="), ASK)[1] == unbase64url("-__-")


def test_an_enrolment_keeps_how_it_is_reached_and_what_it_was_made_in() -> None:
    import json

    own, offer = Authenticator(flags=UP | UV), PASSKEY.offer(ASK, ())
    client, attestation = own.make(own.client("webauthn.create", ASK.random[:32]))
    response = {"clientDataJSON": base64url(client), "attestationObject": base64url(attestation), "transports": ["usb", "nfc"]}
    said = {"type": "public-key", "id": base64url(own.id), "rawId": base64url(own.id), "response": response}
    right = PASSKEY.confirm(offer, json.dumps(said).encode(), ASK)
    assert isinstance(right, Accepted)
    one = Enrolment("passkey|dev_1", "auth0|ada", "passkey", right.state, lookup=right.lookup)
    shown = PASSKEY.shows(one)
    assert (shown["transports"], len(str(shown["user_agent"])), shown["relying_party_identifier"]) == (["usb", "nfc"], 256, RP)
    asked = json.loads(PASSKEY.challenge((one,), ASK).show["ceremony"])
    assert asked["allowCredentials"] == [{"type": "public-key", "id": base64url(own.id), "transports": ["usb", "nfc"]}]
