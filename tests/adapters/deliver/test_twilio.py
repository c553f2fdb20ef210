"""Twilio, against a server that looks at what it is asked."""

import base64
import hashlib
import hmac
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from tests.adapters.deliver.server import CALL, TEXT, Here, Says, here, serving
from yett.adapters.deliver.twilio import Twilio, twiml
from yett.ports import Receipt, Sent, Undelivered, Unsigned

SID, TOKEN, SERVICE = "AC" + "0" * 32, "t0ken-of-twilio", "MG" + "1" * 32
URL = "https://login.example.test/receipts/x?a=b"


def twilio(at: Here, url: str, channel: str = "sms", **more: str) -> Twilio:
    return cast("Twilio", at.make(channel, "twilio", sid=SID, auth_token=TOKEN, endpoint=url, **({"default_from": "+4930123456"} | more)))


async def test_a_text_is_handed_over_with_its_sender_and_where_to_report_to() -> None:
    async with serving(Says(201, {"sid": "SM1", "price": "-0.0750", "price_unit": "EUR", "status": "queued"})) as server, here() as at:
        assert await twilio(at, server.url).send(TEXT) == Sent("SM1", "0.0750 EUR")
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode() == f"{SID}:{TOKEN}"
    assert asked.form == {"To": TEXT.to, "From": "+4930123456", "Body": TEXT.text, "StatusCallback": "https://login.example.test/receipts/x"}


async def test_a_messaging_service_chooses_the_sender() -> None:
    async with serving(Says(201, {"sid": "SM1", "price": None, "price_unit": "USD"})) as server, here() as at:
        assert await twilio(at, server.url, mssid=SERVICE).send(TEXT) == Sent("SM1", "")
    assert server.asked[0].form.keys() == {"To", "MessagingServiceSid", "Body", "StatusCallback"}


async def test_a_call_says_the_code_twice_in_the_language_of_the_letter() -> None:
    async with serving(Says(201, {"sid": "CA1"})) as server, here() as at:
        assert await twilio(at, server.url, "voice").send(CALL._replace(locale="de")) == Sent("CA1")
    (asked,) = server.asked
    assert asked.path.endswith("/Calls.json")
    assert asked.form["Twiml"].count('<Say language="de-DE">1, 2, 3, 4, 5, 6.</Say>') == 2
    assert "Ihr Code lautet" in asked.form["Twiml"]


def test_words_are_no_markup_in_a_call() -> None:
    assert "<Dial>" not in twiml(CALL._replace(code="", text="a <Dial>+1900</Dial> & b"))
    assert "&lt;Dial&gt;" in twiml(CALL._replace(code="", text="a <Dial>+1900</Dial> & b"))


REFUSALS = [
    (400, 21211, True),
    (400, 21610, True),
    (400, 21614, True),
    (400, 21606, False),
    (400, 21408, False),
    (401, 20003, False),
    (403, 20005, False),
    (429, 20429, False),
    (500, None, False),
    (503, None, False),
]


@pytest.mark.parametrize("status, code, permanent", REFUSALS)
async def test_a_refusal_is_final_where_the_number_is_at_fault(status: int, code: int | None, permanent: bool) -> None:
    body: Any = {"code": code, "message": f"The number {TEXT.to} is not right, {TOKEN}", "status": status}
    async with serving(Says(status, body)) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await twilio(at, server.url).send(TEXT)
    assert told.value.permanent is permanent
    assert str(told.value) == f"twilio: {status}" + (f" ({code})" if code else "")


def signed(url: str, fields: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return {"x-twilio-signature": base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()}


OUTCOMES = [
    ({"MessageSid": "SM1", "MessageStatus": "delivered"}, [Receipt("SM1", "delivered")]),
    ({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}, [Receipt("SM1", "failed", "30003")]),
    ({"MessageSid": "SM1", "MessageStatus": "sent"}, []),
    ({"CallSid": "CA1", "CallStatus": "completed"}, [Receipt("CA1", "delivered")]),
    ({"CallSid": "CA1", "CallStatus": "no-answer"}, [Receipt("CA1", "failed")]),
    ({}, []),
]


@pytest.mark.parametrize("fields, told", OUTCOMES)
def test_a_status_callback_is_a_receipt(fields: dict[str, str], told: list[Receipt]) -> None:
    assert twilio(Here(), "https://x.test").report(URL, signed(URL, fields), urlencode(fields).encode()) == told


def test_the_signature_is_that_of_twilios_own_example() -> None:
    """The published example (Twilio, "Validating Signatures")."""
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030", "To": "+18005551212"}
    one = Here().make("sms", "twilio", sid=SID, auth_token="12345", default_from="+4930123456")
    url, header = "https://mycompany.com/myapp.php?foo=1&bar=2", {"x-twilio-signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}
    assert cast("Twilio", one).report(url, header, urlencode(fields).encode()) == []


@pytest.mark.parametrize("change", ["none", "token", "url", "body", "twice"])
def test_a_callback_that_twilio_did_not_sign_is_not_believed(change: str) -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    headers = signed(URL, fields, "other" if change == "token" else TOKEN)
    url = URL + "c" if change == "url" else URL
    body = urlencode({**fields, "MessageStatus": "failed"} if change == "body" else fields).encode() + (b"&MessageStatus=failed" if change == "twice" else b"")
    with pytest.raises(Unsigned):
        twilio(Here(), "https://x.test").report(url, {} if change == "none" else headers, body)
