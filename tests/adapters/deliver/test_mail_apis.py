"""Mail over HTTPS, against a server that looks at what it is asked."""

import base64
from typing import Any

import pytest

from tests.adapters.deliver.server import MAIL, Here, Says, here, serving
from yett.adapters.deliver.mail_apis import SHAPES
from yett.ports import Letter, Provider, Sent, Undelivered

KEY, FROM = "k3y-of-the-account", "Yett & Co <no-reply@example.test>"
GOOD = {
    "sendgrid": Says(202, headers={"X-Message-Id": "r1"}),
    "mailgun": Says(200, {"id": "r1", "message": "Queued. Thank you."}),
    "postmark": Says(200, {"ErrorCode": 0, "MessageID": "r1"}),
    "mandrill": Says(200, [{"email": MAIL.to, "status": "sent", "_id": "r1"}]),
    "sparkpost": Says(200, {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "r1"}}),
    "resend": Says(200, {"id": "r1"}),
}
BASIC = "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()
ASKED: dict[str, tuple[str, dict[str, str]]] = {
    "sendgrid": ("/v3/mail/send", {"authorization": f"Bearer {KEY}"}),
    "mailgun": ("/v3/mg.example.test/messages", {"authorization": BASIC}),
    "postmark": ("/email", {"x-postmark-server-token": KEY}),
    "mandrill": ("/api/1.0/messages/send", {}),
    "sparkpost": ("/api/v1/transmissions", {"authorization": KEY}),
    "resend": ("/emails", {"authorization": f"Bearer {KEY}", "idempotency-key": "m1"}),
}


def provider(at: Here, name: str, url: str, **more: str) -> Provider:
    domain = {"domain": "mg.example.test"} if name == "mailgun" else {}
    return at.make("email", name, api_key=KEY, default_from_address=FROM, **domain, **({"endpoint": url} if url else {}), **more)


def texts(value: Any) -> list[str]:
    """Every text in a body."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", SHAPES)
async def test_a_mail_is_handed_over_with_all_that_it_says(name: str) -> None:
    async with serving(GOOD[name]) as server, here() as at:
        assert await provider(at, name, server.url).send(MAIL) == Sent("r1")
    (asked,) = server.asked
    path, headers = ASKED[name]
    assert asked.path == path
    assert headers.items() <= asked.headers.items()
    said = list(asked.form.values()) if name == "mailgun" else texts(asked.json)
    for wanted in (MAIL.to, MAIL.subject, MAIL.text, MAIL.html, "auto-generated"):
        assert said.count(wanted) == 1
    assert FROM in said or {"Yett & Co", "no-reply@example.test"} <= set(said)


@pytest.mark.parametrize("name", ["sendgrid", "postmark", "mandrill", "sparkpost", "mailgun"])
async def test_no_link_is_rewritten_and_nobody_counts_who_reads(name: str) -> None:
    async with serving(GOOD[name]) as server, here() as at:
        await provider(at, name, server.url).send(MAIL)
    (asked,) = server.asked
    off = {
        "sendgrid": lambda: all(not one["enable"] for one in asked.json["tracking_settings"].values()),
        "postmark": lambda: (asked.json["TrackOpens"], asked.json["TrackLinks"]) == (False, "None"),
        "mandrill": lambda: not asked.json["message"]["track_opens"] and not asked.json["message"]["track_clicks"],
        "sparkpost": lambda: not asked.json["options"]["open_tracking"] and not asked.json["options"]["click_tracking"],
        "mailgun": lambda: asked.form["o:tracking"] == "no",
    }
    assert off[name]()


NOT_MAILS = [
    MAIL._replace(to="ada@example.test, eve@example.test"),
    MAIL._replace(to="ada@example.test\r\nBcc: eve@example.test"),
    MAIL._replace(subject="x\r\nBcc: eve@example.test"),
    MAIL._replace(subject="=?utf-8?q?=0d=0aBcc:_all?="),
    MAIL._replace(to=""),
]


@pytest.mark.parametrize("name", [*SHAPES, "ses"])
@pytest.mark.parametrize("letter", NOT_MAILS)
async def test_row_22_what_could_be_no_mail_is_told_to_no_provider(name: str, letter: Letter) -> None:
    key = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "x" * 40, "region": "eu-central-1"}
    async with serving() as server, here() as at:
        one = at.make("email", name, **key, default_from_address=FROM, endpoint=server.url) if name == "ses" else provider(at, name, server.url)
        with pytest.raises(Undelivered) as told:
            await one.send(letter)
    assert told.value.permanent
    assert server.asked == []


REFUSALS: list[tuple[str, Says, bool, str]] = [
    *[
        (name, Says(status, {}), permanent, str(status))
        for name in ("sendgrid", "mailgun", "resend")
        for status, permanent in ((400, True), (401, False), (429, False), (500, False))
    ],
    ("postmark", Says(422, {"ErrorCode": 300, "Message": MAIL.to}), True, "422 (300)"),
    ("postmark", Says(422, {"ErrorCode": 406, "Message": MAIL.to}), True, "422 (406)"),
    ("postmark", Says(422, {"ErrorCode": 412}), False, "422 (412)"),
    ("postmark", Says(401, {"ErrorCode": 10}), False, "401 (10)"),
    ("mandrill", Says(500, {"status": "error", "code": -1, "name": "Invalid_Key", "message": KEY}), False, "500 (Invalid_Key)"),
    ("mandrill", Says(500, {"status": "error", "name": "ValidationError"}), True, "500 (ValidationError)"),
    ("mandrill", Says(200, [{"email": MAIL.to, "status": "rejected", "reject_reason": "hard-bounce"}]), True, "rejected (hard-bounce)"),
    ("mandrill", Says(200, [{"email": MAIL.to, "status": "invalid"}]), True, "invalid"),
    ("sparkpost", Says(420, {}), False, "420"),
    ("sparkpost", Says(422, {}), True, "422"),
    ("sparkpost", Says(200, {"results": {"total_rejected_recipients": 1}}), True, "recipient refused"),
    ("resend", Says(422, {"name": "validation_error", "message": MAIL.to}), True, "422 (validation_error)"),
    ("resend", Says(409, {"name": "concurrent_idempotent_requests"}), False, "409 (concurrent_idempotent_requests)"),
]


@pytest.mark.parametrize("name, says, permanent, why", REFUSALS)
async def test_a_refusal_is_final_where_the_mail_is_at_fault(name: str, says: Says, permanent: bool, why: str) -> None:
    async with serving(says) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await provider(at, name, server.url).send(MAIL)
    assert (told.value.permanent, str(told.value)) == (permanent, f"{name}: {why}")


@pytest.mark.parametrize("name", SHAPES)
async def test_a_yes_that_makes_no_sense_is_a_yes_without_a_name(name: str) -> None:
    async with serving(Says(200, b"<html>")) as server, here() as at:
        assert await provider(at, name, server.url).send(MAIL) == Sent("")


async def test_an_account_in_europe_is_asked_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    async def call(_: object, who: str, method: str, url: str, *more: object) -> None:
        asked.append(url)
        raise Undelivered(who)

    monkeypatch.setattr("yett.adapters.deliver.outbound.Outbound.call", call)
    for name, region in (("sendgrid", "eu"), ("mailgun", "eu"), ("sparkpost", "eu"), ("mailgun", "")):
        with pytest.raises(Undelivered):
            await provider(Here(), name, "", **({"region": region} if region else {})).send(MAIL)
    hosts = [url.split("/")[2] for url in asked]
    assert hosts == ["api.eu.sendgrid.com", "api.eu.mailgun.net", "api.eu.sparkpost.com", "api.mailgun.net"]
