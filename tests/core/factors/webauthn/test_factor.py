"""WebAuthn as a factor: what is asked of the browser, what its answer proves, and whose it must be."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import BE, NOW, ORIGIN, RP, UP, UV, Authenticator
from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask
from yett.factors.webauthn.data import base64url, unbase64url
from yett.factors.webauthn.factor import WebAuthn, credential, state_of, user_handle

ROAMING, PLATFORM, PASSKEY = WebAuthn("webauthn-roaming", 70), WebAuthn("webauthn-platform", 80), WebAuthn("passkey", 90)
ASK = Ask(bytes(64), NOW, "question", "attempt", issuer="ACME", label="ada@example.test", origin=ORIGIN, account="ada")


def options(asked: Challenge) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(asked.show["ceremony"])
    return said


def made(by: Authenticator, asked: Challenge, **more: Any) -> bytes:
    client, attestation = by.make(by.client("webauthn.create", unbase64url(options(asked)["challenge"])))
    response = {"clientDataJSON": base64url(client), "attestationObject": base64url(attestation)}
    return json.dumps({"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": response, **more}).encode()


def answered(by: Authenticator, asked: Challenge, handle: bytes | None = None, **more: Any) -> bytes:
    client, data, signature = by.show(by.client("webauthn.get", unbase64url(options(asked)["challenge"])))
    response = {"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature)}
    if handle is not None:
        response["userHandle"] = base64url(handle)
    return json.dumps({"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": response, **more}).encode()


def enrolled(factor: WebAuthn, by: Authenticator, account: str = "ada") -> Enrolment:
    asked = factor.offer(ASK._replace(account=account), ())
    verdict = factor.confirm(asked, made(by, asked), ASK)
    assert isinstance(verdict, Accepted), verdict
    assert verdict.lookup == by.id
    return Enrolment("one", account, factor.kind, verdict.state, lookup=verdict.lookup)


def test_what_is_asked_for_is_what_the_use_needs() -> None:
    said = {factor.use: options(factor.offer(ASK, ())) for factor in (ROAMING, PLATFORM, PASSKEY)}
    chosen = {use: one["authenticatorSelection"] for use, one in said.items()}
    assert [one.get("authenticatorAttachment") for one in chosen.values()] == ["cross-platform", "platform", None]
    assert [one["residentKey"] for one in chosen.values()] == ["discouraged", "preferred", "required"]
    assert [one["userVerification"] for one in chosen.values()] == ["discouraged", "required", "required"]
    assert said["passkey"]["rp"] == {"id": RP, "name": "ACME"}
    assert said["passkey"]["attestation"] == "none"
    assert unbase64url(said["passkey"]["user"]["id"]) == user_handle("ada")
    assert b"ada" not in user_handle("ada")


def test_what_the_account_has_already_is_excluded() -> None:
    one = enrolled(ROAMING, Authenticator())
    gone = one._replace(status="deleted", lookup=b"gone")
    assert [each["id"] for each in options(ROAMING.offer(ASK, (one, gone)))["excludeCredentials"]] == [base64url(b"credential")]


def test_a_key_that_was_enrolled_proves_possession_bound_to_our_name() -> None:
    key = Authenticator(flags=UP)
    one = enrolled(ROAMING, key)
    asked = ROAMING.challenge([one], ASK._replace(transaction=b"paid"))
    verdict = ROAMING.verify(one, asked, answered(key, asked), ASK)
    assert isinstance(verdict, Accepted)
    assert verdict.shown == Shown("webauthn-roaming", "possession", None, ("pop",), 2, phishing_resistant=True, spendable=True, binds=b"paid")
    assert verdict.remember == asked.remember


PROOFS: tuple[tuple[WebAuthn, int, tuple[str, ...], bool, bool], ...] = (
    (ROAMING, UP, ("pop",), False, False),
    (ROAMING, UP | UV, ("pop", "user"), True, False),
    (PLATFORM, UP | UV, ("pop", "user"), True, False),
    (PASSKEY, UP | UV, ("pop", "user"), True, True),
    (PASSKEY, UP | UV | BE, ("swk", "user"), True, True),
)


@pytest.mark.parametrize("factor, flags, amr, verified, first", PROOFS)
def test_a_proof_says_no_more_than_was_shown(factor: WebAuthn, flags: int, amr: tuple[str, ...], verified: bool, first: bool) -> None:
    """Unattested: neither hwk nor hardware, whatever the model claims to be; a passkey alone may stand first."""
    key = Authenticator(flags=flags)
    one = enrolled(factor, key)
    asked = factor.challenge([one], ASK)
    verdict = factor.verify(one, asked, answered(key, asked), ASK)
    assert isinstance(verdict, Accepted)
    shown = verdict.shown
    assert shown
    assert (shown.amr, shown.user_verified, shown.first, shown.hardware, shown.aal) == (amr, verified, first, False, 2)
    assert factor.promise(one).amr == amr


def test_what_a_new_one_promises_is_what_any_browser_may_bring() -> None:
    assert [factor.promise(None).user_verified for factor in (ROAMING, PLATFORM, PASSKEY)] == [False, True, True]
    assert [factor.promise(None).first for factor in (ROAMING, PLATFORM, PASSKEY)] == [False, False, True]


def test_an_answer_works_once_and_the_counter_moves_on() -> None:
    key = Authenticator(counter=3)
    one = enrolled(ROAMING, key)
    assert one.state.mark == 3
    key.counter = 4
    asked = ROAMING.challenge([one], ASK)
    answer = answered(key, asked)
    verdict = ROAMING.verify(one, asked, answer, ASK)
    assert isinstance(verdict, Accepted)
    assert verdict.state.mark == 4
    used = one._replace(state=verdict.state)
    assert ROAMING.verify(used, asked, answer, ASK) == Rejected("cloned", alarm=True)
    assert ROAMING.verify(one, asked._replace(outcome="accepted"), answer, ASK) == Rejected("expired")
    assert ROAMING.verify(one, asked, answer, ASK._replace(now=asked.expires_at)) == Rejected("expired")
    assert ROAMING.restored(verdict.state, NOW) == verdict.state
    assert (ROAMING.spent(one), ROAMING.left(one)) == (False, None)


def test_an_answer_to_another_question_or_of_another_key_is_refused() -> None:
    key, other = Authenticator(), Authenticator(id=b"other")
    one, two = enrolled(ROAMING, key), enrolled(ROAMING, other)._replace(id="two")
    asked = ROAMING.challenge([one], ASK)
    elsewhere = ROAMING.challenge([one], ASK._replace(random=b"r" * 64))
    assert ROAMING.verify(one, asked, answered(key, elsewhere), ASK) == Rejected("challenge")
    assert ROAMING.verify(one, asked, answered(other, asked), ASK) == Rejected("malformed")
    assert ROAMING.verify(two, asked, answered(other, asked), ASK) == Rejected("expired")
    assert ROAMING.verify(one, None, answered(key, asked), ASK) == Rejected("expired")
    assert ROAMING.verify(one, ROAMING.offer(ASK, ()), answered(key, asked), ASK) == Rejected("expired")


def test_several_keys_are_asked_at_once_and_each_is_found_by_its_id() -> None:
    keys = [Authenticator(id=name) for name in (b"first", b"second")]
    both = [enrolled(ROAMING, key)._replace(id=key.id.decode()) for key in keys]
    asked = ROAMING.challenge(both, ASK)
    assert [one["id"] for one in options(asked)["allowCredentials"]] == [base64url(key.id) for key in keys]
    for key, one in zip(keys, both, strict=True):
        answer = answered(key, asked)
        assert ROAMING.locate(answer) == key.id
        assert isinstance(ROAMING.verify(one, asked, answer, ASK), Accepted)
    assert [ROAMING.locate(answer) for answer in (b"", b"[]", b"{}", b'{"rawId": ""}', b'{"rawId": 1}', b'{"rawId": "!"}')] == [None] * 6


def test_a_passkey_says_who_it_is_where_nobody_was_named() -> None:
    key = Authenticator()
    one = enrolled(PASSKEY, key)
    nobody = PASSKEY.challenge((), ASK)
    assert options(nobody)["allowCredentials"] == []
    assert isinstance(PASSKEY.verify(one, nobody, answered(key, nobody, user_handle("ada")), ASK), Accepted)
    for handle in (None, b"", user_handle("eve")):
        assert PASSKEY.verify(one, nobody, answered(key, nobody, handle), ASK) == Rejected("user_handle")
    named = PASSKEY.challenge([one], ASK)
    assert isinstance(PASSKEY.verify(one, named, answered(key, named), ASK), Accepted)
    assert PASSKEY.verify(one, named, answered(key, named, user_handle("eve")), ASK) == Rejected("user_handle")


def test_a_passkey_wants_its_user_verified() -> None:
    key = Authenticator()
    one = enrolled(PASSKEY, key)
    asked = PASSKEY.challenge([one], ASK)
    assert PASSKEY.verify(one, asked, answered(replace(key, flags=UP), asked), ASK) == Rejected("verification")
    offered = PASSKEY.offer(ASK, ())
    assert PASSKEY.confirm(offered, made(replace(key, flags=UP), offered), ASK) == Rejected("verification")


def test_a_tenant_may_ask_for_more_of_a_security_key_but_never_less_of_the_others() -> None:
    rules = {"userVerification": "required"}
    assert options(ROAMING.challenge((), ASK._replace(rules=rules)))["userVerification"] == "required"
    assert options(ROAMING.challenge((), ASK._replace(rules={"userVerification": "loudly"})))["userVerification"] == "discouraged"
    assert options(PASSKEY.challenge((), ASK._replace(rules={"userVerification": "discouraged"})))["userVerification"] == "required"


def test_the_name_that_keys_are_bound_to_may_be_the_tenants_own() -> None:
    own: dict[str, object] = {"overrideRelyingParty": True, "relyingPartyIdentifier": "example.test"}
    assert options(ROAMING.challenge((), ASK._replace(rules=own)))["rpId"] == "example.test"
    assert options(ROAMING.challenge((), ASK._replace(rules={**own, "overrideRelyingParty": False})))["rpId"] == RP
    assert options(ROAMING.challenge((), ASK._replace(rules={"overrideRelyingParty": True})))["rpId"] == RP


def test_related_origins_are_taken() -> None:
    key = Authenticator(origin="https://other.example.test")
    asked = ROAMING.offer(ASK._replace(rules={"origins": ["https://other.example.test", 1]}), ())
    assert isinstance(ROAMING.confirm(asked, made(key, asked), ASK), Accepted)
    plain = ROAMING.offer(ASK._replace(rules={"origins": "https://other.example.test"}), ())
    assert ROAMING.confirm(plain, made(key, plain), ASK) == Rejected("origin")


def test_models_may_be_denied_and_attestation_demanded() -> None:
    key = Authenticator()
    asked = ROAMING.offer(ASK, ())
    denied = ASK._replace(rules={"denied": ["00010203-0405-0607-0809-0a0b0c0d0e0f"]})
    assert ROAMING.confirm(asked, made(key, asked), denied) == Rejected("model")
    demanding = ASK._replace(rules={"attestation": "direct", "attested": True})
    assert ROAMING.confirm(asked, made(key, asked), demanding) == Rejected("untrusted")
    assert options(ROAMING.offer(demanding, ()))["attestation"] == "direct"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"public-key"}',
        b'{"type":"password","response":{}}',
        b'{"type":"public-key","id":"YQ","rawId":"YQ","response":{"clientDataJSON":"!"}}',
        b'{"type":"public-key","id":"YQ","rawId":"Yg","response":{}}',
    ],
)
def test_what_is_no_credential_is_malformed(answer: bytes) -> None:
    one = enrolled(ROAMING, Authenticator())
    assert ROAMING.verify(one, ROAMING.challenge([one], ASK), answer, ASK) == Rejected("malformed")
    assert ROAMING.confirm(ROAMING.offer(ASK, ()), answer, ASK) == Rejected("malformed")


def test_a_confirm_is_for_an_open_offer_and_for_the_credential_that_it_names() -> None:
    key = Authenticator()
    asked = ROAMING.offer(ASK, ())
    assert ROAMING.confirm(asked, made(key, asked, id=base64url(b"other"), rawId=base64url(b"other")), ASK) == Rejected("malformed")
    assert ROAMING.confirm(asked._replace(offer=False), made(key, asked), ASK) == Rejected("expired")
    assert ROAMING.confirm(asked, made(key, asked), ASK._replace(now=asked.expires_at)) == Rejected("expired")


def test_what_contradicts_the_place_that_was_asked_for_is_refused() -> None:
    """Only the browser's word: what it does not say is no contradiction (CVE-2026-8830)."""
    key = Authenticator()
    for factor, said, taken in ((PLATFORM, "cross-platform", False), (ROAMING, "platform", False), (PASSKEY, "platform", True), (PLATFORM, None, True)):
        asked = factor.offer(ASK, ())
        verdict = factor.confirm(asked, made(key, asked, authenticatorAttachment=said), ASK)
        assert isinstance(verdict, Accepted) == taken
        assert taken or verdict == Rejected("attachment")


def test_a_credential_works_under_the_name_that_it_was_made_under_and_no_other() -> None:
    one = enrolled(ROAMING, Authenticator())
    own: dict[str, object] = {"overrideRelyingParty": True, "relyingPartyIdentifier": "example.test"}
    assert [ROAMING.strayed(one, rules, ORIGIN) for rules in ({}, own)] == ["", RP]
    unnamed = one._replace(state=state_of(credential(one.state)._replace(rp="")))
    assert ROAMING.strayed(unnamed, own, ORIGIN) == ""
