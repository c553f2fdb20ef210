"""Applications hear that a session has ended, in a token that they can verify (OIDC Back-Channel Logout 1.0)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest

from tests.http.browser import Browser
from tests.world import API, ISSUER, World, claims, world
from yett.adapters.deliver.outbound import Outbound
from yett.domain.client import EVERY
from yett.ports import APART

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Shop:
    """An application's own server: it hears of logouts, and answers as it is told to."""

    url: str = ""
    heard: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        self.heard.append(({**headers, "line": first}, body))
        status = self.answers.pop(0) if self.answers else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    def tokens(self) -> list[str]:
        return [parse_qs(body, strict_parsing=True)["logout_token"][0] for _, body in self.heard]


@asynccontextmanager
async def listening(w: World, client: str = "web", initiators: tuple[str, ...] = EVERY) -> AsyncIterator[Shop]:
    """A server for this client, which is told of these logouts."""
    shop = Shop()
    server = await asyncio.start_server(shop.answer, "127.0.0.1", 0)
    shop.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/logged-out"
    one = (await w.store.catalogue()).clients[client]
    await w.store.configure((one._replace(logout_url=shop.url, logout_initiators=initiators),), (), ())
    async with server:
        yield shop
        await w.carrier.roster.close()


async def said(w: World) -> int:
    """Whoever is due is told; how many endings there were."""
    ended = await w.goodbye.farewell()
    await w.goodbye.carrier.carry()
    return int(ended)


async def signed_in(w: World, client: str = "web", browser: Browser | None = None, scope: str = "openid") -> tuple[Browser, dict[str, Any]]:
    if await w.store.find("ada@example.test") is None:
        await w.person()
    browser = browser or w.browser()
    _, answer = await w.exchange(await w.login(browser, client=client, scope=scope), client)
    return browser, dict(answer)


async def verified(w: World, token: str, audience: str = "web") -> dict[str, Any]:
    """As an application would, by PyJWT and our published keys; its clock is not ours."""
    _, keys = await w.get("/.well-known/jwks.json")
    header = jwt.get_unverified_header(token)
    (key,) = (one for one in keys["keys"] if one["kid"] == header["kid"])
    assert header["typ"] == "logout+jwt"
    options: Any = {"verify_exp": False, "verify_iat": False, "require": ["iss", "aud", "iat", "exp", "jti", "events"]}
    return jwt.decode(token, jwt.PyJWK(key), algorithms=[key["alg"]], audience=audience, issuer=ISSUER, options=options)


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
async def test_a_logout_is_told_in_a_token_that_the_application_verifies(alg: str) -> None:
    async with world() as w, listening(w) as shop:
        web = (await w.store.catalogue()).clients["web"]
        await w.store.configure((web._replace(id_token_alg=alg), *((w.ground.signer.new_key(alg, w.clock.now, "current"),) if alg != "RS256" else ())), (), ())
        browser, answer = await signed_in(w)
        await browser.get("/v2/logout")
        assert await said(w) == 1
        ((headers, _),) = shop.heard
        assert (headers["line"], headers["content-type"]) == ("POST /logged-out HTTP/1.1", "application/x-www-form-urlencoded")
        told = await verified(w, shop.tokens()[0])
        assert told["events"] == {EVENT: {}}
        assert (told["sub"], told["sid"]) == ("auth0|ada", claims(answer["id_token"])["sid"])
        assert (told["iat"], told["exp"] - told["iat"]) == (w.clock.now, 120)
        assert set(told) == {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}, "and no nonce"
        (fact,) = await w.facts("oidc_backchannel_logout_succeeded")
        assert (fact.account, fact.client) == ("auth0|ada", "web")
        assert await said(w) == 0
        assert len(shop.heard) == 1


async def test_every_application_of_the_session_is_told_and_no_other() -> None:
    async with world() as w, listening(w) as web, listening(w, "other") as other:
        browser, _ = await signed_in(w)
        await signed_in(w, "other", browser)
        elsewhere, _ = await signed_in(w, "other")
        await browser.get("/v2/logout")
        await said(w)
        first, second = await verified(w, web.tokens()[0]), await verified(w, other.tokens()[0], "other")
        assert first["sid"] == second["sid"]
        assert first["jti"] != second["jti"]
        await elsewhere.get("/v2/logout")
        await said(w)
        assert (len(web.heard), len(other.heard)) == (1, 2)


async def test_an_application_chooses_what_it_hears_of() -> None:
    async with world() as w, listening(w, "web", ("rp-logout",)) as web, listening(w, "other", ("password-changed", "session-revoked")) as other:
        browser, answer = await signed_in(w)
        await signed_in(w, "other", browser)
        await w.store.end_session("auth0|ada", claims(answer["id_token"])["sid"], w.clock.now, ())
        assert await said(w) == 2
        assert (len(web.heard), len(other.heard)) == (0, 1)


async def test_a_block_is_told() -> None:
    async with world() as w, listening(w) as shop:
        await signed_in(w)
        account, _ = await w.store.account("auth0|ada")
        await w.store.change_account(account, account._replace(blocked=True), (), ends=True, now=w.clock.now, facts=())
        await said(w)
        assert (await verified(w, shop.tokens()[0]))["sub"] == "auth0|ada"


async def test_whoever_does_not_answer_is_told_again_with_a_new_token() -> None:
    async with world() as w, listening(w) as shop:
        shop.answers = ["503 Busy", "302 Found\r\nlocation: http://127.0.0.1/elsewhere"]
        browser, _ = await signed_in(w)
        await browser.get("/v2/logout")
        await said(w)
        assert not await w.facts("oidc_backchannel_logout_succeeded")
        for _ in range(2):
            w.clock.now += 600
            await said(w)
        assert len(shop.heard) == 3
        last = [await verified(w, token) for token in shop.tokens()]
        assert len({told["jti"] for told in last}) == 3
        assert last[2]["iat"] == w.clock.now, "an old one would be refused"
        assert len(await w.facts("oidc_backchannel_logout_succeeded")) == 1


async def test_whoever_has_no_use_for_it_is_not_asked_again_and_the_log_says_so() -> None:
    async with world() as w, listening(w) as shop:
        shop.answers = ["400 Bad Request"]
        browser, _ = await signed_in(w)
        await browser.get("/v2/logout")
        await said(w)
        w.clock.now += 600
        await said(w)
        assert len(shop.heard) == 1
        (fact,) = await w.facts("oidc_backchannel_logout_failed")
        assert (fact.client, fact.data["why"]) == ("web", "backchannel: 400")


async def test_whoever_is_gone_meanwhile_is_not_told() -> None:
    async with world() as w, listening(w) as shop:
        browser, _ = await signed_in(w)
        await browser.get("/v2/logout")
        await w.goodbye.farewell()
        web = (await w.store.catalogue()).clients["web"]
        await w.store.configure((web._replace(logout_url=""),), (), ())
        await w.goodbye.carrier.carry()
        assert not shop.heard
        assert len(await w.facts("oidc_backchannel_logout_failed")) == 1


@pytest.mark.parametrize("url", ["https://10.0.0.7/x", "https://169.254.169.254/latest", "https://[::1]/x", "https://127.0.0.1/x", "http://10.0.0.7/x"])
async def test_row_20_no_address_of_a_private_network_is_called_unless_it_is_allowed(url: str) -> None:
    async with world() as w:
        browser, _ = await signed_in(w)
        web = (await w.store.catalogue()).clients["web"]
        await w.store.configure((web._replace(logout_url=url, logout_initiators=EVERY),), (), ())
        (provider,) = w.carrier.roster.own[APART]
        object.__setattr__(provider, "outbound", Outbound())
        await browser.get("/v2/logout")
        await said(w)
        (due,) = [one for one in await w.store.outgoing(9) if one.message.channel == APART]
        assert not await w.facts("oidc_backchannel_logout_succeeded")
        assert due.message.to == url


async def test_row_19_a_logout_token_is_good_for_nothing_here() -> None:
    async with world() as w, listening(w) as shop:
        browser, _ = await signed_in(w)
        await browser.get("/v2/logout")
        await said(w)
        token = shop.tokens()[0]
        assert (await w.get("/userinfo", authorization=f"Bearer {token}"))[0] == 401
        assert (await w.post("/oauth/introspect", {"client_id": "web", "client_secret": "web's secret", "token": token}))[1] == {"active": False}
        again, _ = await signed_in(w)
        assert (await again.get("/oidc/logout", id_token_hint=token)).screen == "logout-confirm"
        assert (await w.get("/api/v2/clients", authorization=f"Bearer {token}"))[0] == 401


async def test_a_logout_ends_tokens_that_were_not_promised_to_outlive_it() -> None:
    async with world() as w:
        browser, answer = await signed_in(w)
        _, lasting = await w.exchange(await w.login(browser, scope="openid offline_access read:accounts", audience=API))
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 200
        await browser.get("/v2/logout")
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 401
        assert (await w.token(grant_type="refresh_token", refresh_token=lasting["refresh_token"]))[0] == 200


async def test_nobody_is_told_anything_by_the_dev_outbox_and_no_token_is_kept() -> None:
    async with world() as w, listening(w) as shop:
        browser, _ = await signed_in(w)
        await browser.get("/v2/logout")
        await said(w)
        assert not await w.mail()
        (out,) = await w.store.outgoing(9)
        assert set(out.message.data) == {"client", "account", "sid"}
        assert shop.tokens()[0] not in json.dumps([fact.data for fact in await w.facts()])
