"""Microsoft's two ways to send a mail, against a server that looks at what it is asked."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from tests.adapters.deliver.server import MAIL, NOW, Here, Says, here, serving
from yett.adapters.deliver.microsoft import connection
from yett.ports import Sent, Undelivered

FROM = "Yett & Co <no-reply@example.test>"
KEY = base64.b64encode(b"the key of the resource").decode()
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
TOKEN = Says(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": "t0ken"}, {"request-id": "r1"})


def azure(at: Here, url: str, key: str = KEY) -> Any:
    return at.make("email", "azure_cs", connectionString=f"endpoint={url}/;accesskey={key}", default_from_address=FROM)


def graph(at: Here, url: str) -> Any:
    told = {"tenantId": "contoso.example", "clientId": "yett", "clientSecret": "s3cret", "default_from_address": FROM, "endpoint": url}
    return at.make("email", "ms365", **told)


# Azure Communication Services


async def test_azure_is_told_the_whole_mail_by_a_request_that_is_signed() -> None:
    async with serving(Says(202, {"id": "r1", "status": "Running"})) as server, here() as at:
        one = azure(at, server.url)
        assert await one.send(MAIL) == Sent("r1")
        assert KEY not in repr(one)
    (asked,) = server.asked
    content = base64.b64encode(hashlib.sha256(asked.body).digest()).decode()
    said = f"POST\n/emails:send?api-version=2023-03-31\n{DATE};{server.url.partition('://')[2]};{content}"
    proof = base64.b64encode(hmac.digest(base64.b64decode(KEY), said.encode(), "sha256")).decode()
    assert (asked.method, asked.path) == ("POST", "/emails:send?api-version=2023-03-31")
    assert asked.headers["x-ms-date"] == DATE
    assert asked.headers["x-ms-content-sha256"] == content
    assert asked.headers["host"] == server.url.partition("://")[2]
    assert asked.headers["authorization"] == f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={proof}"
    assert asked.json == {
        "senderAddress": "no-reply@example.test",
        "recipients": {"to": [{"address": MAIL.to}]},
        "content": {"subject": MAIL.subject, "plainText": MAIL.text, "html": MAIL.html},
        "headers": {"Auto-Submitted": "auto-generated"},
        "userEngagementTrackingDisabled": True,
    }


def test_a_connection_string_is_read_whichever_way_around() -> None:
    assert connection(f"accesskey={KEY};endpoint=https://a.example/") == ("https://a.example", b"the key of the resource")


@pytest.mark.parametrize(
    "text", ["", "endpoint=https://a.example/", f"accesskey={KEY}", "endpoint=https://a.example/;accesskey=not base64", f"endpoint=ftp://a/;accesskey={KEY}"]
)
def test_what_is_no_connection_string_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        connection(text)


# Microsoft 365


async def test_graph_is_told_the_mail_and_keeps_no_copy_and_its_token_serves_until_it_ends() -> None:
    async with serving(TOKEN) as server, here() as at:
        one = graph(at, server.url)
        assert await one.send(MAIL) == Sent("r1")
        assert await one.send(MAIL) == Sent("r1")
        assert "s3cret" not in repr(one)
        assert "t0ken" not in repr(one)
    token, mail, second = server.asked
    assert token.path == "/contoso.example/oauth2/v2.0/token"
    assert token.form == {
        "grant_type": "client_credentials",
        "client_id": "yett",
        "client_secret": "s3cret",
        "scope": "https://graph.microsoft.com/.default",
    }
    assert (mail.path, mail.headers["authorization"]) == ("/v1.0/users/no-reply@example.test/sendMail", "Bearer t0ken")
    assert (second.path, second.body) == (mail.path, mail.body)
    assert mail.json["saveToSentItems"] is False
    assert mail.json["message"]["toRecipients"] == [{"emailAddress": {"address": MAIL.to}}]
    assert (mail.json["message"]["subject"], mail.json["message"]["body"]) == (MAIL.subject, {"contentType": "HTML", "content": MAIL.html})


async def test_a_token_that_is_about_to_end_or_was_refused_is_asked_for_anew() -> None:
    async with serving(TOKEN) as server, here() as at:
        one = graph(at, server.url)
        await one.send(MAIL)
        one._until = NOW
        await one.send(MAIL)
        server.says = Says(401, {"error": {"code": "InvalidAuthenticationToken"}})
        with pytest.raises(Undelivered) as refused:
            await one.send(MAIL)
        assert (str(refused.value), refused.value.permanent) == ("ms365: 401 (InvalidAuthenticationToken)", False)
        server.says = TOKEN
        await one.send(MAIL)
    paths = [asked.path.rpartition("/")[2] for asked in server.asked]
    assert paths == ["token", "sendMail", "token", "sendMail", "sendMail", "token", "sendMail"]


@pytest.mark.parametrize("says", [Says(200, {}), Says(200, {"access_token": "a\r\nb", "expires_in": 9}), Says(200, {"access_token": "t"}), Says(200, b"x")])
async def test_what_is_no_token_is_none(says: Says) -> None:
    async with serving(says) as server, here() as at:
        with pytest.raises(Undelivered, match="no token"):
            await graph(at, server.url).send(MAIL)


# Both


@pytest.mark.parametrize(
    "status, code, permanent",
    [
        (400, "EmailDroppedAllRecipientsSuppressed", True),
        (400, "ErrorInvalidRecipients", True),
        (400, "InvalidSenderUserName", False),
        (403, "ErrorAccessDenied", False),
        (429, "TooManyRequests", False),
        (500, "x", False),
    ],
)
@pytest.mark.parametrize("make", [azure, graph])
async def test_only_what_is_about_the_mailbox_is_for_good_and_no_words_are_quoted(make: Any, status: int, code: str, permanent: bool) -> None:
    async with serving(TOKEN) as server, here() as at:
        one = make(at, server.url)
        if make is graph:
            await one.send(MAIL)
        server.says = Says(status, {"error": {"code": code, "message": f"{MAIL.to} {MAIL.text}"}})
        with pytest.raises(Undelivered) as refused:
            await one.send(MAIL)
    assert (str(refused.value), refused.value.permanent) == (f"{one.name}: {status} ({code})", permanent)


@pytest.mark.parametrize("make", [azure, graph])
async def test_what_is_no_mail_is_told_to_nobody(make: Any) -> None:
    async with serving(TOKEN) as server, here() as at:
        with pytest.raises(Undelivered) as refused:
            await make(at, server.url).send(MAIL._replace(to="ada@example.test\r\nBcc: eve@example.test"))
    assert refused.value.permanent
    assert server.asked == []
