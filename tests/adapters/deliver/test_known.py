"""Which providers there are, and that what is missing or wrong is said, all of it, and no secret with it."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.adapters.deliver.server import Here
from yett.adapters.deliver.known import TABLE, names, needs

PEM = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SECRET = "s3cr3t-Of-Some1"
GOOD = {
    "sid": "AC" + "0" * 32,
    "auth_token": SECRET,
    "default_from": "+4930123456",
    "api_key": SECRET,
    "api_secret": SECRET,
    "application_id": "a" * 8 + "-" + "b" * 27,
    "private_key": PEM,
    "accessKeyId": "AKIDEXAMPLE",
    "secretAccessKey": SECRET,
    "region": "eu-central-1",
    "host": "smsc.example.test",
    "port": "2775",
    "system_id": "yett",
    "password": "s3cr3t",
    "url": "https://hooks.example.test/sms?a=b",
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "smtp_host": "mail.example.test",
    "smtp_port": "587",
    "smtp_pass": SECRET,
    "default_from_address": "Yett <no-reply@example.test>",
    "domain": "mg.example.test",
    "signature_secret": SECRET,
    "connectionString": "endpoint=https://yett.communication.azure.example/;accesskey=c2VjcmV0",
    "tenantId": "contoso.example",
    "clientId": "yett",
    "clientSecret": SECRET,
}
EVERY = sorted(TABLE)


def said(channel: str, name: str) -> dict[str, str]:
    """What it needs, and every secret that it takes."""
    plain = {one.name: GOOD[one.name] for one in needs(channel, name) if one.needed or one.secret}
    return plain | ({"api_key": "abcd1234"} if (channel, name) == ("sms", "vonage") else {}) | ({"default_from": "+4930123456"} if name == "twilio" else {})


@pytest.mark.parametrize("channel, name", EVERY)
def test_a_provider_is_made_of_what_it_needs_and_of_nothing_less(channel: str, name: str) -> None:
    here = Here()
    made = here.make(channel, name, **said(channel, name))
    assert made.name.partition(":")[0] == ("webhook" if name == "custom" else name)
    for one in needs(channel, name):
        if one.needed:
            with pytest.raises(ValueError, match=f"^{one.name} is missing: "):
                here.make(channel, name, **{key: value for key, value in said(channel, name).items() if key != one.name})


@pytest.mark.parametrize("channel, name", EVERY)
def test_no_secret_is_shown_by_a_provider(channel: str, name: str) -> None:
    given = said(channel, name)
    made = Here().make(channel, name, **given)
    for one in needs(channel, name):
        if one.secret:
            assert given[one.name] not in repr(made)
            assert given[one.name][2:] not in repr(made)


@pytest.mark.parametrize("channel, name", EVERY)
def test_everything_that_is_wrong_is_said_and_no_value_is_quoted(channel: str, name: str) -> None:
    wrong = "wr\r\nong-value/../?"
    given = {one.name: wrong for one in needs(channel, name)}
    with pytest.raises(ValueError, match="is not right") as told:
        Here().make(channel, name, **given, unheard_of="x")
    faults = str(told.value).split("; ")
    assert {fault.split(" ")[0].rstrip(":") for fault in faults} == {"unheard_of", *given}
    assert "ong-value" not in str(told.value)


WRONG = [
    ("sms", "twilio", "sid", "AC1/../../x"),
    ("sms", "twilio", "endpoint", "https://api.twilio.com/evil"),
    ("sms", "twilio", "endpoint", "https://user@host"),
    ("sms", "twilio", "default_from", "a name that is too long"),
    ("sms", "sns", "region", "evil.test/#"),
    ("sms", "webhook", "url", "ftp://example.test/"),
    ("sms", "webhook", "url", "https://user:password@example.test/"),
    ("sms", "webhook", "secret", "short"),
    ("sms", "webhook", "secret", "whsec_c2hvcnQ="),
    ("sms", "webhook", "secret", "whsec_!"),
    ("sms", "smpp", "port", "0"),
    ("sms", "smpp", "port", "65536"),
    ("sms", "smpp", "port", "port"),
    ("sms", "smpp", "password", "ninechars"),
    ("sms", "smpp", "tls", "perhaps"),
    ("voice", "twilio", "default_from", "Yett"),
    ("voice", "vonage", "private_key", "no key"),
    (
        "voice",
        "vonage",
        "private_key",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    ),
    ("voice", "sip", "host", "a.test;transport=tcp"),
    ("email", "mailgun", "domain", "a/b"),
    ("email", "mailgun", "region", "us"),
    ("email", "sendgrid", "default_from_address", "a@b, c@d"),
    ("email", "sendgrid", "default_from_address", "nobody"),
    ("email", "sendgrid", "api_key", "two\r\nlines"),
    ("email", "smtp", "security", "perhaps"),
]


@pytest.mark.parametrize("channel, name, setting, value", WRONG)
def test_what_would_lead_elsewhere_is_refused(channel: str, name: str, setting: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{setting} is not right: "):
        Here().make(channel, name, **{**said(channel, name), setting: value})


def test_an_unknown_provider_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="there are twilio, vonage, sns, smpp, webhook, custom"):
        Here().make("sms", "nobody")
    with pytest.raises(ValueError, match="there are none"):
        needs("push", "twilio")


def test_a_sender_is_a_number_or_a_messaging_service() -> None:
    given = {key: value for key, value in said("sms", "twilio").items() if key != "default_from"}
    with pytest.raises(ValueError, match="one of default_from and mssid is missing"):
        Here().make("sms", "twilio", **given)
    assert Here().make("sms", "twilio", **given, mssid="MG" + "0" * 32).name == "twilio"


def test_every_provider_that_calls_back_can_be_told_from_those_that_do_not() -> None:
    reports = {(channel, name) for channel, name in EVERY if hasattr(Here().make(channel, name, **said(channel, name)), "report")}
    hooks = {(channel, name) for channel in ("sms", "voice", "email") for name in ("webhook", "custom")}
    assert reports == {(channel, name) for channel in ("sms", "voice") for name in ("twilio", "vonage")} | hooks
    assert names("voice") == ["twilio", "vonage", "sip", "webhook", "custom"]


@pytest.mark.parametrize("channel", ["sms", "voice", "email"])
def test_custom_says_that_it_is_a_webhook(channel: str) -> None:
    with pytest.raises(ValueError, match=r"^url is missing: the webhook that is called: https; secret is missing: "):
        Here().make(channel, "custom")
