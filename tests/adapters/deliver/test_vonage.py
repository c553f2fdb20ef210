"""Vonage, against a server that looks at what it is asked."""

import hashlib
import hmac
import json
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.adapters.deliver.server import CALL, NOW, TEXT, Here, Says, here, serving
from tests.adapters.deliver.test_known import PEM
from yett.adapters.deliver.vonage import VonageSms, VonageVoice, signature
from yett.ports import Receipt, Sent, Undelivered, Unsigned

SECRET, SIGNATURE = "s3cret-of-vonage", "the signature secret of the account"
APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"


def texts(at: Here, url: str = "https://x.test", **more: str) -> VonageSms:
    given = {"api_key": "abcd1234", "api_secret": SECRET, "default_from": "Yett", "signature_secret": SIGNATURE, "endpoint": url, **more}
    return cast("VonageSms", at.make("sms", "vonage", **given))


def calls(at: Here, url: str = "https://x.test", **more: str) -> VonageVoice:
    given = {"application_id": APPLICATION, "private_key": PEM, "default_from": "+4930123456", "signature_secret": SIGNATURE, "endpoint": url, **more}
    return cast("VonageVoice", at.make("voice", "vonage", **given))


async def test_a_text_is_handed_over_and_its_parts_have_one_price() -> None:
    parts = [{"status": "0", "message-id": "m-1", "message-price": "0.0533"}, {"status": "0", "message-id": "m-2", "message-price": "0.0533"}]
    async with serving(Says(200, {"message-count": "2", "messages": parts})) as server, here() as at:
        assert await texts(at, server.url).send(TEXT) == Sent("m-1", "0.1066 EUR")
    (asked,) = server.asked
    assert asked.path == "/sms/json"
    assert asked.form == {
        "api_key": "abcd1234",
        "api_secret": SECRET,
        "from": "Yett",
        "to": "4915112345678",
        "text": TEXT.text,
        "type": "unicode",
        "callback": "https://login.example.test/receipts/x",
        "client-ref": "m1",
    }


async def test_a_plain_text_is_sent_as_one() -> None:
    async with serving(Says(200, {"messages": [{"status": "0", "message-id": "m-1"}]})) as server, here() as at:
        assert await texts(at, server.url, default_from="+4930123456").send(TEXT._replace(text="123456")) == Sent("m-1")
    assert (server.asked[0].form["type"], server.asked[0].form["from"]) == ("text", "4930123456")


@pytest.mark.parametrize("status, permanent", [("1", False), ("2", False), ("4", False), ("6", True), ("7", True), ("9", False), ("15", False), ("33", True)])
async def test_a_refusal_within_a_good_answer_is_one(status: str, permanent: bool) -> None:
    async with serving(Says(200, {"messages": [{"status": status, "error-text": f"{SECRET} {TEXT.to}"}]})) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await texts(at, server.url).send(TEXT)
    assert (told.value.permanent, str(told.value)) == (permanent, f"vonage: refused ({status})")


@pytest.mark.parametrize("says", [Says(200, {}), Says(200, b"nonsense"), Says(200, {"messages": ["x"]}), Says(401), Says(429), Says(500)])
async def test_what_is_no_yes_is_not_the_end(says: Says) -> None:
    async with serving(says) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await texts(at, server.url).send(TEXT)
    assert not told.value.permanent


FIELDS = {"messageId": "m-1", "status": "delivered", "err-code": "0", "price": "0.05330000", "scts": "2601010000", "msisdn": "49", "x": "a&b=c"}


def with_signature(fields: dict[str, str], secret: str = SIGNATURE) -> dict[str, str]:
    text = "".join(f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields))
    return {**fields, "sig": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


@pytest.mark.parametrize("how", ["query", "form", "json"])
def test_a_signed_receipt_is_believed_however_it_comes(how: str) -> None:
    said, one = with_signature(FIELDS), texts(Here())
    url, headers, body = "https://login.example.test/receipts/x", {}, b""
    if how == "query":
        url += "?" + urlencode(said)
    elif how == "json":
        headers, body = {"content-type": "application/json"}, json.dumps(said).encode()
    else:
        headers, body = {"content-type": "application/x-www-form-urlencoded"}, urlencode(said).encode()
    assert one.report(url, headers, body) == [Receipt("m-1", "delivered", "0", "0.05330000 EUR")]


@pytest.mark.parametrize("status, outcome", [("failed", "failed"), ("expired", "failed"), ("rejected", "failed"), ("buffered", None), ("accepted", None)])
def test_only_what_is_final_is_a_receipt(status: str, outcome: str | None) -> None:
    said = with_signature({"messageId": "m-1", "status": status})
    assert [one.outcome for one in texts(Here()).report("https://x.test?" + urlencode(said), {}, b"")] == ([outcome] if outcome else [])


@pytest.mark.parametrize("change", ["none", "secret", "field", "more", "no secret"])
def test_a_receipt_that_vonage_did_not_sign_is_not_believed(change: str) -> None:
    said = with_signature(FIELDS, "other" if change == "secret" else SIGNATURE)
    said |= {"field": {"status": "failed"}, "more": {"a": "b"}}.get(change, {})
    if change == "none":
        del said["sig"]
    one = texts(Here(), **({"signature_secret": ""} if change == "no secret" else {}))
    said = with_signature(FIELDS, "") if change == "no secret" else said
    with pytest.raises(Unsigned):
        one.report("https://x.test?" + urlencode(said), {}, b"")


def test_two_fields_cannot_pass_for_one() -> None:
    assert signature({"a": "1&b=2"}, "x") != signature({"a": "1", "b": "2"}, "x")


async def test_a_call_is_asked_for_by_a_key_of_the_application_and_speaks_the_language() -> None:
    async with serving(Says(201, {"uuid": "u-1", "status": "started"})) as server, here() as at:
        assert await calls(at, server.url).send(CALL._replace(locale="de")) == Sent("u-1")
    (asked,) = server.asked
    token = jwt.decode(asked.headers["authorization"].removeprefix("Bearer "), RSAKey.import_key(PEM), algorithms=["RS256"])
    assert (token.claims["application_id"], token.claims["iat"], token.claims["exp"]) == (APPLICATION, NOW, NOW + 300)
    said = asked.json
    assert (asked.path, said["to"], said["from"]) == (
        "/v1/calls",
        [{"type": "phone", "number": "4915112345678"}],
        {"type": "phone", "number": "4930123456"},
    )
    assert [(one["action"], one["language"]) for one in said["ncco"]] == [("talk", "de-DE")] * 4
    assert [one["text"] for one in said["ncco"]][1::2] == ["1, 2, 3, 4, 5, 6."] * 2
    assert said["event_url"] == ["https://login.example.test/receipts/x"]


@pytest.mark.parametrize("status, permanent", [(400, True), (401, False), (403, False), (429, False), (500, False)])
async def test_a_call_that_is_refused_is_said_to_be(status: int, permanent: bool) -> None:
    async with serving(Says(status, {"title": SECRET})) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await calls(at, server.url).send(CALL)
    assert (told.value.permanent, str(told.value)) == (permanent, f"vonage: {status}")


def event(said: dict[str, Any], *, secret: str = SIGNATURE, alg: str = "HS256", digest: str = "") -> tuple[dict[str, str], bytes]:
    body = json.dumps(said).encode()
    claims = {"iat": NOW, "iss": "Vonage", "payload_hash": digest or hashlib.sha256(body).hexdigest()}
    token = jwt.encode({"alg": alg}, claims, OctKey.import_key(secret), algorithms=[alg])
    return {"authorization": f"Bearer {token}", "content-type": "application/json"}, body


def test_an_event_is_a_receipt_if_its_token_names_its_body() -> None:
    told = calls(Here()).report("", *event({"uuid": "u-1", "status": "completed", "price": "0.02"}))
    assert told == [Receipt("u-1", "delivered", "", "0.02 EUR")]
    assert calls(Here()).report("", *event({"uuid": "u-1", "status": "busy"})) == [Receipt("u-1", "failed", "busy")]
    assert calls(Here()).report("", *event({"uuid": "u-1", "status": "ringing"})) == []


@pytest.mark.parametrize("change", ["none", "secret", "body", "alg", "no secret"])
def test_an_event_that_vonage_did_not_sign_is_not_believed(change: str) -> None:
    said = {"uuid": "u-1", "status": "completed"}
    how = {"secret": {"secret": "another secret of the same length"}, "alg": {"alg": "HS512"}, "body": {"digest": "0" * 64}}.get(change, {})
    headers, body = event(said, **how)
    one = calls(Here(), **({"signature_secret": ""} if change == "no secret" else {}))
    with pytest.raises(Unsigned):
        one.report("", {} if change == "none" else headers, body)
