"""The operator's own webhook, signed in both directions."""

import base64
import hashlib
import hmac
import json
from typing import Any, cast

import pytest

from tests.adapters.deliver.server import CALL, MAIL, NOW, TEXT, Here, Says, here, serving
from yett.adapters.deliver.webhook import Webhook, secret_of, signature
from yett.ports import Letter, Receipt, Sent, Undelivered, Unsigned

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def webhook(at: Here, url: str = "https://x.test/", channel: str = "sms") -> Webhook:
    return cast("Webhook", at.make(channel, "webhook", url=url, secret=SECRET))


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """The published example (Standard Webhooks, reference libraries)."""
    body = b'{"test": 2432232314}'
    assert signature(secret_of(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("letter", [TEXT, CALL, MAIL])
async def test_a_message_is_handed_over_whole_and_signed(letter: Letter) -> None:
    async with serving(Says(200, {"reference": "r1", "price": "0.01 EUR"})) as server, here() as at:
        assert await webhook(at, server.url + "/hook?a=b", letter.channel).send(letter) == Sent("r1", "0.01 EUR")
    (asked,) = server.asked
    said = {name: value for name, value in letter._asdict().items() if value} | {"callback": "https://login.example.test/receipts/x"}
    assert (asked.path, asked.json) == ("/hook?a=b", said)
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    wanted = hmac.new(key, f"m1.{NOW}.".encode() + asked.body, hashlib.sha256).digest()
    assert asked.headers["webhook-signature"] == "v1," + base64.b64encode(wanted).decode()
    assert (asked.headers["webhook-timestamp"], asked.headers["webhook-id"]) == (str(NOW), "m1")


async def test_a_message_has_the_same_key_at_every_try_and_no_other_has_it() -> None:
    async with serving() as server, here() as at:
        for letter in (TEXT, TEXT, TEXT._replace(id="m2"), TEXT._replace(id=""), TEXT._replace(id="")):
            await webhook(at, server.url).send(letter)
    keys = [asked.headers["idempotency-key"] for asked in server.asked]
    assert keys[0] == keys[1] == "m1"
    assert len(set(keys)) == 4


@pytest.mark.parametrize("body", [b"", b"taken", {"a": 1}, []])
async def test_a_yes_needs_no_words(body: Any) -> None:
    async with serving(Says(204 if body == b"" else 200, body)) as server, here() as at:
        assert await webhook(at, server.url).send(TEXT) == Sent("m1")


@pytest.mark.parametrize("status, permanent", [(400, True), (422, True), (401, False), (404, False), (429, False), (500, False), (302, False)])
async def test_a_no_is_final_where_it_is_about_the_message(status: int, permanent: bool) -> None:
    async with serving(Says(status, {"error": SECRET})) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await webhook(at, server.url).send(TEXT)
    assert (told.value.permanent, str(told.value)) == (permanent, f"webhook: {status}")


def report(said: Any, at: int = NOW, id: str = "e1") -> tuple[dict[str, str], bytes]:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": "v1,AAAA " + signature(secret_of(SECRET), id, str(at), body)}, body


def test_a_signed_report_is_a_receipt() -> None:
    headers, body = report({"reference": "r1", "outcome": "failed", "detail": "switched off", "price": "0.02 EUR"}, NOW - 299)
    assert webhook(Here()).report("", headers, body) == [Receipt("r1", "failed", "switched off", "0.02 EUR")]
    headers, body = report({"reference": "r1", "outcome": "delivered"})
    assert webhook(Here()).report("", headers, body) == [Receipt("r1", "delivered")]


@pytest.mark.parametrize("change", ["webhook-id", "webhook-timestamp", "webhook-signature", "body", "old", "early", "empty", "not a time"])
def test_a_report_that_is_not_signed_or_not_of_now_is_not_believed(change: str) -> None:
    good = {"reference": "r1", "outcome": "delivered"}
    headers, body = report(good, {"old": NOW - 301, "early": NOW + 301}.get(change, NOW))
    if change in headers:
        headers[change] += "0"
    if change == "empty":
        headers = {}
    if change == "not a time":
        headers |= {"webhook-timestamp": "x", "webhook-signature": signature(secret_of(SECRET), "e1", "x", body)}
    with pytest.raises(Unsigned):
        webhook(Here()).report("", headers, body + b" " if change == "body" else body)


@pytest.mark.parametrize("said", [b"nonsense", b"[]", {}, {"reference": "r1"}, {"reference": "r1", "outcome": "perhaps"}, {"outcome": "failed"}])
def test_a_signed_report_that_cannot_be_read_is_refused(said: Any) -> None:
    with pytest.raises(ValueError, match="a reference and an outcome"):
        webhook(Here()).report("", *report(said))
