"""Amazon: signatures as published, and SNS and SES against a server that looks at what it is asked."""

import base64
import calendar
from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.adapters.deliver.server import MAIL, NOW, TEXT, Here, Says, here, serving
from yett.adapters.deliver.aws import Account
from yett.ports import Sent, Undelivered

KEY = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "region": "eu-central-1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AT = calendar.timegm((2015, 8, 30, 12, 36, 0))
# Name in AWS's own suite (aws-sig-v4-test-suite), or "docs" for the example of its documentation.
PUBLISHED = [
    ("get-vanilla", "service", "GET", "https://example.amazonaws.com/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("post-vanilla", "service", "POST", "https://example.amazonaws.com/", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        "post-x-www-form-urlencoded",
        "service",
        "POST",
        "https://example.amazonaws.com/",
        FORM,
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    (
        "get-vanilla-query-order-key-case",
        "service",
        "GET",
        "https://example.amazonaws.com/?Param2=value2&Param1=value1",
        {},
        b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "docs",
        "iam",
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        b"",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    ),
]


@pytest.mark.parametrize("name, service, method, url, headers, body, signature", PUBLISHED, ids=[one[0] for one in PUBLISHED])
def test_signatures_are_those_that_amazon_publishes(
    name: str, service: str, method: str, url: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    account = Account(KEY["accessKeyId"], KEY["secretAccessKey"], "us-east-1")
    said = account.sign(service, method, url, headers, body, AT)
    assert said["Authorization"].endswith(f"Signature={signature}")
    assert said["X-Amz-Date"] == "20150830T123600Z"
    assert KEY["secretAccessKey"] not in repr(account)


def resigned(asked: Any, service: str, url: str) -> str:
    """What the request's signature should be, of what arrived."""
    account = Account(KEY["accessKeyId"], KEY["secretAccessKey"], KEY["region"])
    return account.sign(service, "POST", url + asked.path, {"Content-Type": asked.headers["content-type"]}, asked.body, NOW)["Authorization"]


def sns(at: Here, url: str, **more: str) -> Any:
    return at.make("sms", "sns", **KEY, endpoint=url, **more)


GOOD = b"<PublishResponse><PublishResult><MessageId>94f20ce6-13c5</MessageId></PublishResult></PublishResponse>"


async def test_a_text_is_published_as_a_transaction_and_the_request_is_signed() -> None:
    async with serving(Says(200, GOOD)) as server, here() as at:
        assert await sns(at, server.url, default_from="Yett").send(TEXT) == Sent("94f20ce6-13c5")
    (asked,) = server.asked
    assert asked.form["PhoneNumber"] == TEXT.to
    assert asked.form["Message"] == TEXT.text
    said = {asked.form[f"MessageAttributes.entry.{place}.Name"]: asked.form[f"MessageAttributes.entry.{place}.Value.StringValue"] for place in (1, 2)}
    assert said == {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": "Yett"}
    assert asked.headers["authorization"] == resigned(asked, "sns", server.url)


async def test_a_number_as_sender_is_an_origination_number_and_none_is_none() -> None:
    async with serving(Says(200, GOOD)) as server, here() as at:
        await sns(at, server.url, default_from="+4930123456").send(TEXT)
        await sns(at, server.url).send(TEXT)
    first, second = server.asked
    assert first.form["MessageAttributes.entry.2.Name"] == "AWS.MM.SMS.OriginationNumber"
    assert "MessageAttributes.entry.2.Name" not in second.form


SNS_REFUSALS = [
    (400, "InvalidParameter", True),
    (400, "OptedOut", True),
    (400, "Throttled", False),
    (403, "AuthorizationError", False),
    (403, "InvalidClientTokenId", False),
    (500, "InternalError", False),
    (400, "", False),
]


@pytest.mark.parametrize("status, code, permanent", SNS_REFUSALS)
async def test_a_refusal_by_sns_is_final_where_the_number_is_at_fault(status: int, code: str, permanent: bool) -> None:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>Invalid: {TEXT.to}</Message></Error></ErrorResponse>".encode()
    async with serving(Says(status, body)) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await sns(at, server.url).send(TEXT)
    assert (told.value.permanent, str(told.value)) == (permanent, f"sns: {status}" + (f" ({code})" if code else ""))


def ses(at: Here, url: str) -> Any:
    return at.make("email", "ses", **KEY, endpoint=url, default_from_address="Yett <no-reply@example.test>")


async def test_a_mail_is_given_to_ses_as_smtp_would_carry_it() -> None:
    async with serving(Says(200, {"MessageId": "0100"})) as server, here() as at:
        assert await ses(at, server.url).send(MAIL) == Sent("0100")
    (asked,) = server.asked
    assert asked.path == "/v2/email/outbound-emails"
    assert asked.headers["authorization"] == resigned(asked, "ses", server.url)
    assert asked.json["Destination"] == {"ToAddresses": ["ada@example.test"]}
    mail = message_from_bytes(base64.b64decode(asked.json["Content"]["Raw"]["Data"]), policy=policy.SMTP)
    assert (mail["subject"], mail["to"], mail["auto-submitted"]) == ("Grüße & more", "ada@example.test", "auto-generated")


@pytest.mark.parametrize(
    "status, code, permanent",
    [(400, "BadRequestException", True), (400, "MailFromDomainNotVerifiedException", False), (429, "TooManyRequestsException", False), (403, "", False)],
)
async def test_a_refusal_by_ses_is_final_where_the_mail_is_at_fault(status: int, code: str, permanent: bool) -> None:
    async with serving(Says(status, {"message": MAIL.to}, {"x-amzn-ErrorType": f"{code}:http://internal/"} if code else {})) as server, here() as at:
        with pytest.raises(Undelivered) as told:
            await ses(at, server.url).send(MAIL)
    assert (told.value.permanent, str(told.value)) == (permanent, f"ses: {status}" + (f" ({code})" if code else ""))


async def test_the_region_says_where_amazon_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    async def call(_: object, who: str, method: str, url: str, *more: object) -> None:
        asked.append(url)
        raise Undelivered(who)

    monkeypatch.setattr("yett.adapters.deliver.outbound.Outbound.call", call)
    for one, letter in ((Here().make("sms", "sns", **KEY), TEXT), (Here().make("email", "ses", **KEY, default_from_address="a@example.test"), MAIL)):
        with pytest.raises(Undelivered):
            await one.send(letter)
    assert asked == ["https://sns.eu-central-1.amazonaws.com/", "https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails"]
