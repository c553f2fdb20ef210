"""Receipts: believed when they are signed as their provider signs, kept by the reference, and nothing else."""

import asyncio
import hmac
import json
from base64 import b64encode
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.http.browser import call
from tests.world import ISSUER, NOW, World, world
from yett.adapters.deliver.outbound import Means, Outbound
from yett.adapters.deliver.twilio import Twilio
from yett.adapters.deliver.webhook import Webhook, signature
from yett.domain.tenant import Contract
from yett.ports import Entry, Receipt

SID, TOKEN, SECRET = "AC" + "0" * 32, "t0ken", b"a secret of more than 24 letters"


def houses(w: World) -> Any:
    """The receipts of this house, with two who report, and one who goes by the same name as another."""
    receipts = next(route for route in w.app.routes if route.path == "/deliveries/*").handlers["POST"].__self__.receipts
    means = Means(Outbound(), w.clock)
    receipts.roster.own = {"sms": (Twilio(means, SID, TOKEN), Webhook(means, "https://x.test/", SECRET)), "voice": (Twilio(means, SID, "another token"),)}
    receipts.again = 0.0
    return receipts


async def kept(receipts: Any) -> None:
    await asyncio.gather(*receipts.tasks)


async def sent(w: World, reference: str = "SM1", provider: str = "twilio") -> None:
    await w.store.sent(Entry("m1", "sms", "mfa_code", provider, reference, "sent", at=NOW))


async def outcome(w: World) -> str:
    return str((await w.store.ledger(0, 9))[0][0].outcome)


async def twilio(w: World, token: str = TOKEN, path: str = "/deliveries/twilio/receipts?a=b", **fields: str) -> int:
    said = {"MessageSid": "SM1", "MessageStatus": "delivered", **fields}
    signed = ISSUER.rstrip("/") + path + "".join(name + value for name, value in sorted(said.items()))
    headers = {"x-twilio-signature": b64encode(hmac.digest(token.encode(), signed.encode(), sha1)).decode()}
    headers["content-type"] = "application/x-www-form-urlencoded"
    return (await call(w.app, "POST", path, headers=headers, body=urlencode(said).encode()))[0]


async def webhook(w: World, body: bytes, secret: bytes = SECRET) -> int:
    at = str(w.clock.now)
    headers = {"content-type": "application/json", "webhook-id": "i", "webhook-timestamp": at, "webhook-signature": signature(secret, "i", at, body)}
    return (await call(w.app, "POST", "/deliveries/webhook/receipts", headers=headers, body=body))[0]


async def test_a_receipt_that_its_provider_signed_is_kept_and_counted() -> None:
    async with world() as w:
        receipts = houses(w)
        await sent(w)
        assert await twilio(w) == 204
        await kept(receipts)
        assert await outcome(w) == "delivered"
        assert b'yett_messages_total{channel="",outcome="delivered",provider="twilio"} 1.0' in (await call(w.app, "GET", "/metrics"))[2]


async def test_whoever_goes_by_the_same_name_may_have_signed_it() -> None:
    async with world() as w:
        receipts = houses(w)
        await sent(w)
        assert await twilio(w, "another token") == 204
        await kept(receipts)
        assert await outcome(w) == "delivered"


async def test_a_receipt_that_nobody_signed_is_refused_and_not_kept() -> None:
    async with world() as w:
        receipts = houses(w)
        await sent(w)
        assert await twilio(w, "wrong") == 403
        assert (await call(w.app, "POST", "/deliveries/twilio/receipts", body=b"MessageSid=SM1"))[0] == 403
        assert await webhook(w, b'{"reference": "SM1", "outcome": "delivered"}', b"wrong") == 403
        await kept(receipts)
        assert await outcome(w) == "sent"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"\xff", json.dumps({"reference": "r", "outcome": "eaten"}).encode()])
async def test_a_signed_report_that_cannot_be_read_is_told_so(body: bytes) -> None:
    async with world() as w:
        houses(w)
        assert await webhook(w, body) == 400


async def test_a_reference_that_nobody_knows_is_ignored_and_one_of_another_provider_is_not_touched() -> None:
    async with world() as w:
        receipts = houses(w)
        await sent(w, provider="webhook")
        assert await twilio(w) == 204
        await kept(receipts)
        assert await outcome(w) == "sent"


@pytest.mark.parametrize("path", ["/deliveries/nobody/receipts", "/deliveries/twilio", "/deliveries/twilio/receipts/x", "/deliveries/a/b/receipts"])
async def test_there_is_nothing_else_below_deliveries(path: str) -> None:
    async with world() as w:
        houses(w)
        assert (await call(w.app, "POST", path))[0] == 404


async def test_a_receipt_that_comes_before_our_own_commit_is_asked_for_once_more() -> None:
    async with world() as w:
        receipts, delivered = houses(w), w.store.delivered

        async def too_early(*args: Any) -> int:
            w.store.delivered = delivered
            await sent(w)
            return 0

        w.store.delivered = too_early
        receipts.heard("twilio", Receipt("SM1", "failed", "30003"))
        await kept(receipts)
        assert await outcome(w) == "failed"


async def test_the_tenants_own_provider_is_believed_too_and_no_longer_when_it_is_gone() -> None:
    async with world() as w:
        receipts = houses(w)
        receipts.roster.own = {}
        one = Contract("pro_1", "twilio", ("sms",), {"sid": SID, "default_from": "+4930123456"}, {"auth_token": TOKEN})
        await w.store.configure((one,), (), ())
        assert await twilio(w) == 204
        await w.store.configure((), (("contract", "pro_1"),), ())
        assert await twilio(w) == 404
