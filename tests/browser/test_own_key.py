"""A remembered browser and its key, in Chromium: made at the wish, kept in IndexedDB, signed with and never shown to anybody."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import keys
from tests.browser.keys import Audit, at, save_codes
from tests.settled import settled
from tests.world import World

pytestmark = pytest.mark.browser
STORED = """async () => {
  const opened = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const database = await opened(indexedDB.open("yett"));
  const records = await opened(database.transaction("keys").objectStore("keys").getAll());
  const shown = await Promise.all(records.map((one) => crypto.subtle.exportKey("jwk", one.key).then(() => true, () => false)));
  return records.map((one, place) => ({ extractable: one.key.extractable, usages: one.key.usages, shown: shown[place] }));
}"""


async def log_in(page: Page, address: str) -> None:
    await page.goto(address)
    await keys.log_in(page)


async def remember(w: World, page: Page, issuer: str) -> None:
    """Log in with both factors, and be remembered."""
    await log_in(page, issuer + "account")
    await at(page, "mfa-otp-challenge")
    await page.get_by_role("checkbox").check()
    await page.locator("#code").press_sequentially(w.code())
    await expect(page.locator("body")).not_to_have_attribute("data-screen", "mfa-otp-challenge")
    w.clock.now += 30


async def over(context: BrowserContext) -> None:
    """The session ends, and the browser is the same."""
    await context.clear_cookies(name="yett-session")


async def cookies(context: BrowserContext) -> list[Any]:
    return [one for one in await context.cookies() if one.get("name") == "yett-device"]


async def test_a_browser_is_remembered_by_its_key_and_a_copy_of_its_cookie_is_not(
    chromium: Browser, context: BrowserContext, axe: Audit, free_port: Callable[[], int]
) -> None:
    async with settled(free_port(), policies=("all-applications",)) as (w, issuer):
        await w.person()
        page = await context.new_page()
        await remember(w, page, issuer)
        await save_codes(page)
        await at(page, "account")
        assert await page.evaluate(STORED) == [{"extractable": False, "usages": ["sign"], "shown": False}]
        (record,) = await w.store.devices("auth0|ada")
        assert record.key

        # The next login: the password, and nothing more.
        await over(context)
        await log_in(page, issuer + "account")
        await at(page, "account", axe)

        # The cookie in another browser.
        thief = await chromium.new_context()
        await thief.add_cookies(await cookies(context))
        theirs = await thief.new_page()
        await log_in(theirs, issuer + "account")
        await at(theirs, "mfa-otp-challenge")
        await thief.close()

        # What was stored is gone: as any other browser, and a new key at the next wish.
        await over(context)
        await page.evaluate("new Promise((done) => (indexedDB.deleteDatabase('yett').onsuccess = done))")
        await log_in(page, issuer + "account")
        await at(page, "mfa-otp-challenge")
        await page.get_by_role("checkbox").check()
        await page.locator("#code").press_sequentially(w.code())
        await at(page, "account")
        (new,) = await w.store.devices("auth0|ada")
        assert new.key not in {None, record.key}


async def test_without_a_script_the_page_leads_on(chromium: Browser, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port(), policies=("all-applications",)) as (w, issuer):
        await w.person()
        scripted = await chromium.new_context()
        page = await scripted.new_page()
        await remember(w, page, issuer)
        await save_codes(page)
        plain = await chromium.new_context(java_script_enabled=False)
        await plain.add_cookies(await cookies(scripted))
        page = await plain.new_page()
        await log_in(page, issuer + "account")
        await at(page, "remembered-browser")
        await page.get_by_role("button", name="Continue").click()
        await at(page, "mfa-otp-challenge")
        await page.get_by_role("checkbox").check()
        await page.locator("#code").fill(w.code())
        await page.locator("button.main").click()
        await at(page, "account")
        assert sorted(one.key is None for one in await w.store.devices("auth0|ada")) == [False, True]
        for context in (scripted, plain):
            await context.close()
