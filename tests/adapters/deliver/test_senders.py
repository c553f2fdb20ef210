"""Whom a message comes from: whoever the provider was told, or whoever the tenant's words name."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.adapters.deliver.server import CALL, MAIL, TEXT, Says, here, serving
from tests.adapters.deliver.smsc import Smsc, listening
from tests.adapters.deliver.test_known import PEM
from tests.adapters.deliver.test_mail_apis import GOOD, provider, texts
from tests.adapters.deliver.test_microsoft import TOKEN, azure, graph
from tests.adapters.deliver.test_sip import Caller
from tests.adapters.deliver.test_smpp import speaking
from yett.adapters.deliver.mail_apis import SHAPES
from yett.ports import Provider

NUMBER, MAILBOX = "+15005550006", '"Shop, Inc." <login@shop.example.test>'


@pytest.mark.parametrize("name", SHAPES)
async def test_a_mail_by_an_api_comes_from_its_own_sender(name: str) -> None:
    async with serving(GOOD[name]) as server, here() as at:
        one = provider(at, name, server.url)
        await one.send(MAIL._replace(sender=MAILBOX))
        await one.send(MAIL)
    own, usual = (list(asked.form.values()) if name == "mailgun" else texts(asked.json) for asked in server.asked)
    assert MAILBOX in own or {"Shop, Inc.", "login@shop.example.test"} <= set(own)
    assert not any("shop.example.test" in one for one in usual)


async def test_a_mail_by_amazon_and_microsoft_comes_from_its_own_sender() -> None:
    async with serving(Says(200, {"MessageId": "r1"})) as server, here() as at:
        told = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret", "region": "eu-central-1", "default_from_address": "a@example.test"}
        await at.make("email", "ses", endpoint=server.url, **told).send(MAIL._replace(sender=MAILBOX))
        assert server.asked[0].json["FromEmailAddress"] == MAILBOX
        raw = base64.b64decode(server.asked[0].json["Content"]["Raw"]["Data"])
        assert message_from_bytes(raw, policy=policy.SMTP)["From"].addresses[0].addr_spec == "login@shop.example.test"
    async with serving(Says(202, {"id": "r1"})) as server, here() as at:
        await azure(at, server.url).send(MAIL._replace(sender=MAILBOX))
        assert server.asked[0].json["senderAddress"] == "login@shop.example.test"
    async with serving(TOKEN) as server, here() as at:
        await graph(at, server.url).send(MAIL._replace(sender=MAILBOX))
        await graph(at, server.url).send(MAIL)
        own, usual = (asked for asked in server.asked if asked.path.endswith("sendMail"))
        assert own.json["message"]["from"] == {"emailAddress": {"name": "Shop, Inc.", "address": "login@shop.example.test"}}
        assert own.path == usual.path
        assert "from" not in usual.json["message"]


TELEPHONES: list[tuple[str, str, dict[str, str], Callable[[Any], object]]] = [
    ("sms", "twilio", {"sid": "AC" + "0" * 32, "auth_token": "t", "mssid": "MG" + "1" * 32}, lambda asked: asked.form["From"]),
    ("voice", "twilio", {"sid": "AC" + "0" * 32, "auth_token": "t", "default_from": "+4930123456"}, lambda asked: asked.form["From"]),
    ("sms", "vonage", {"api_key": "abcd1234", "api_secret": "s", "default_from": "Yett"}, lambda asked: "+" + asked.form["from"]),
    (
        "voice",
        "vonage",
        {"application_id": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "private_key": PEM, "default_from": "+4930123456"},
        lambda asked: "+" + asked.json["from"]["number"],
    ),
    (
        "sms",
        "sns",
        {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret", "region": "eu-central-1", "default_from": "Yett"},
        lambda asked: dict(zip(("type", "number"), [value for key, value in asked.form.items() if key.endswith("StringValue")], strict=True))["number"],
    ),
]


@pytest.mark.parametrize("channel, name, told, sender", TELEPHONES, ids=[f"{one[0]}-{one[1]}" for one in TELEPHONES])
async def test_a_text_or_call_comes_from_its_own_number(channel: str, name: str, told: dict[str, str], sender: Callable[[Any], object]) -> None:
    says = (
        Says(200, b"<MessageId>r1</MessageId>") if name == "sns" else Says(201, {"sid": "r1", "uuid": "r1", "messages": [{"status": "0", "message-id": "r1"}]})
    )
    async with serving(says) as server, here() as at:
        one: Provider = at.make(channel, name, endpoint=server.url, **told)
        await one.send((TEXT if channel == "sms" else CALL)._replace(sender=NUMBER))
    assert sender(server.asked[0]) == NUMBER


async def test_a_text_by_smpp_comes_from_its_own_number() -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port) as one:
        await one.send(TEXT._replace(sender=NUMBER))
        await one.send(TEXT)
    assert [submitted.source for submitted in smsc.submitted] == [(1, 1, NUMBER[1:]), (5, 0, "Yett")]


async def test_a_call_by_sip_comes_from_its_own_number() -> None:
    class Trunk(asyncio.DatagramProtocol):
        heard: asyncio.Queue[bytes]

        def datagram_received(self, data: bytes, addr: object) -> None:
            self.heard.put_nowait(data)

    trunk = Trunk()
    trunk.heard = asyncio.Queue()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: trunk, local_addr=("127.0.0.1", 0))
    sip = Caller(transport.get_extra_info("sockname")[1]).sip
    call = asyncio.create_task(sip.send(CALL._replace(sender=NUMBER)))
    invite = (await trunk.heard.get()).decode()
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call
    await sip.close()
    transport.close()
    assert f"From: <sip:{NUMBER}@" in invite


async def test_a_webhook_is_told_the_sender() -> None:
    async with serving(Says(200, {})) as server, here() as at:
        await at.make("email", "webhook", url=server.url, secret="0123456789abcdef01234567").send(MAIL._replace(sender=MAILBOX))
    assert server.asked[0].json["sender"] == MAILBOX
