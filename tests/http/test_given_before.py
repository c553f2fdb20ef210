"""What was given before something changed is worth nothing after it: both over HTTP alone, by whichever door the change came (attacks: row 9)."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from tests.http.browser import Browser, Page, call
from tests.world import API, ISSUER, MULTI_FACTOR, World, claims, world
from yett.domain.client import Api, ClientGrant
from yett.http.management.table import SCOPES

MANAGEMENT = ISSUER + "api/v2/"
ADA, TOTP = "/api/v2/users/auth0%7Cada", "totp%7Cdev_ada"
PAY = "openid transfer:funds offline_access"
NEW = "eleven purple umbrellas"

# Whoever asks for nothing of this API may go on.
OF_AN_API = "the API demands more"

Change = Callable[[], Awaitable[object]]
Door = Callable[[World], Awaitable[Change]]


async def managed(w: World, method: str, path: str, body: object = None) -> int:
    """What a machine of the helpdesk's is answered."""
    _, answer = await w.token(client_id="machine", client_secret="machine's secret", grant_type="client_credentials", audience=MANAGEMENT)
    headers = {"authorization": f"Bearer {answer['access_token']}", "content-type": "application/json"}
    status, _, told = await call(w.app, method, path, headers=headers, body=b"" if body is None else json.dumps(body).encode())
    assert status in {200, 202, 204}, told
    return status


def helpdesk(method: str, path: str, body: object = None) -> Door:
    async def door(w: World) -> Change:
        return lambda: managed(w, method, path, body)

    return door


async def inside(w: World, path: str) -> tuple[Browser, Page]:
    """The owner in another browser, who has proven what this page of their account asks for."""
    browser = w.browser()
    page = await browser.submit(await browser.get(path), username="ada@example.test")
    page = await browser.submit(page, password="secret of ada")
    return browser, await w.prove(browser, page) if page.screen == "mfa-otp-challenge" else page


def owner(path: str, **typed: str) -> Door:
    async def door(w: World) -> Change:
        browser, page = await inside(w, path)

        async def change() -> None:
            assert (await browser.submit(page, **typed)).status == 200

        return change

    return door


async def reset(w: World) -> Change:
    browser = w.browser()
    await browser.submit(await browser.get("/u/reset-password-request"), username="ada@example.test")
    mail = next(one for one in await w.mail() if one["subject"] == "Choose a new password")
    page = await browser.get("/" + re.search(r"https?://[^/]+/(\S+)", str(mail["text"]))[1])  # type: ignore[index]
    page = await browser.submit(await browser.submit(page, action="totp|dev_ada"), code=w.code())
    w.clock.now += 30
    assert page.screen == "reset-password"
    return lambda: browser.submit(page, password=NEW)


async def by_mfa_api(w: World) -> Change:
    _, answer = await w.exchange(await w.login(w.browser(), audience=f"{ISSUER}mfa/", scope="openid remove:authenticators"))
    return lambda: call(w.app, "DELETE", f"/mfa/authenticators/{TOTP}", headers={"authorization": f"Bearer {answer['access_token']}"})


def demanding(acr: str) -> dict[str, object]:
    return {"scopes": [{"value": "read:accounts"}, {"value": "transfer:funds", "requirement": {"acr_values": [acr]}}]}


DOORS: dict[str, Door] = {
    "the helpdesk removes the factor": helpdesk("DELETE", f"{ADA}/authentication-methods/{TOTP}"),
    "the helpdesk removes all factors": helpdesk("DELETE", f"{ADA}/authenticators"),
    "the owner removes the factor": owner(f"/account/methods/{TOTP}/remove"),
    "an application removes the factor": by_mfa_api,
    "the helpdesk locks the account": helpdesk("PATCH", ADA, {"blocked": True}),
    "the helpdesk deletes the account": helpdesk("DELETE", ADA),
    "the helpdesk sets a password": helpdesk("PATCH", ADA, {"password": NEW}),
    "the owner changes the password": owner("/account/password", password=NEW),
    "the owner resets the password": reset,
    "the helpdesk ends the sessions": helpdesk("DELETE", f"{ADA}/sessions"),
    "the owner says that it was not them": owner("/account/not-me"),
    OF_AN_API: helpdesk("PATCH", "/api/v2/resource-servers/api_1", demanding("phr")),
}


class Before(NamedTuple):
    """What somebody holds who was logged in with both factors: `waits` is a page of another browser that asks for the code."""

    browser: Browser
    code: Page
    refresh: str
    opaque: str
    tab: Browser
    waits: Page


async def begun(w: World, door: str) -> tuple[Before, Change]:
    """All of it, and the change, which has only to be made."""
    await w.person(verified=True)
    await w.store.configure((Api("management", MANAGEMENT, "Management", SCOPES), ClientGrant("cgr_1", "machine", MANAGEMENT, SCOPES)), (), ())
    browser, tab = w.browser(), w.browser()
    _, tokens = await w.exchange(await w.login(browser, audience=API, scope=PAY))
    _, plain = await w.exchange(await w.authorize(browser, acr_values=MULTI_FACTOR))
    change = await DOORS[door](w)
    await w.login(tab)
    waits = await w.authorize(tab, audience=API, scope=PAY)
    assert waits.screen == "mfa-otp-challenge"
    code = await w.authorize(browser, audience=API, scope=PAY)
    assert code.query["code"]
    return Before(browser, code, tokens["refresh_token"], plain["access_token"], tab, waits), change


async def refreshed(w: World, token: str) -> tuple[int, Any]:
    return await w.token(grant_type="refresh_token", refresh_token=token)


async def silent(w: World, browser: Browser) -> dict[str, str]:
    return (await w.authorize(browser, audience=API, scope=PAY, prompt="none")).query


@pytest.mark.parametrize("door", DOORS)
async def test_row_9_whatever_was_given_before_gives_nothing_after(door: str) -> None:
    async with world() as w:
        had, change = await begun(w, door)
        await change()
        assert (await w.exchange(had.code))[1] == {"error": "invalid_grant", "error_description": "Invalid authorization code"}
        assert (await refreshed(w, had.refresh))[1]["error"] == "invalid_grant"
        assert (await silent(w, had.browser))["error"] in {"login_required", "unmet_authentication_requirements"}
        assert "code" not in (await had.tab.submit(had.waits, code=w.code())).query
        if door != OF_AN_API:
            assert (await w.get("/userinfo", authorization=f"Bearer {had.opaque}"))[0] == 401


async def judged_before(w: World, change: Change, *asked: Awaitable[Any]) -> list[Any]:
    """What these are told who all have read what was there before the change, and write when it is made."""
    reading, all_have_read, made = [*asked], asyncio.Barrier(len(asked) + 1), asyncio.Event()

    def late(load: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def read(*args: Any) -> Any:
            found = await load(*args)
            if reading:
                reading.pop()
                await all_have_read.wait()
                await made.wait()
            return found

        return read

    async def changed() -> None:
        await all_have_read.wait()
        await change()
        made.set()

    for name in ("token", "arrive", "scene"):
        setattr(w.store, name, late(getattr(w.store, name)))
    *told, _ = await asyncio.gather(*asked, changed())
    return told


@pytest.mark.parametrize("door", DOORS)
async def test_row_27_whoever_was_judged_before_the_change_has_nothing_that_outlives_it(door: str) -> None:
    async with world() as w:
        had, change = await begun(w, door)
        pages = (w.authorize(had.browser, audience=API, scope=PAY, prompt="none"), had.tab.submit(had.waits, code=w.code()))
        code, refresh, *left = await judged_before(w, change, w.exchange(had.code), refreshed(w, had.refresh), *pages)
        if door != OF_AN_API:
            assert (code[0], refresh[0]) == (403, 403)
        for _, answer in (code, refresh):
            assert "refresh_token" not in answer or (await refreshed(w, answer["refresh_token"]))[0] == 403
        for page in (had.code, *left):
            assert "code" not in page.query or (await w.exchange(page))[0] == 403
        for browser in (had.browser, had.tab):
            assert "code" not in await silent(w, browser)


async def test_row_18_two_tabs_at_two_levels_at_once_each_get_what_they_proved() -> None:
    """One browser: a tab that steps up and one that asks for nothing, again and again in the same moment."""
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        waits = await w.authorize(browser, audience=API, scope=PAY)
        low = [w.authorize(browser, scope="openid offline_access") for _ in range(6)]
        *pages, high = await asyncio.gather(*low, browser.submit(waits, code=w.code()))
        high = await browser.submit(high, action="saved") if high.screen else high
        said = [claims((await w.exchange(page))[1]["id_token"]) for page in pages]
        assert {tuple(one["amr"]) for one in said} <= {("pwd",), ("pwd", "otp", "mfa")}
        assert claims((await w.exchange(high))[1]["access_token"])["amr"] == ["pwd", "otp", "mfa"]
