"""Security settings as a person has them: in Chromium, over HTTP, with a clock that the test moves."""

import base64
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.settled import settled
from tests.world import World

pytestmark = pytest.mark.browser
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0"
Audit = Callable[[Page], Awaitable[list[str]]]


async def on(page: Page, screen: str, audit: Audit | None = None) -> None:
    """This screen, and nothing that anybody could not use."""
    await expect(page.locator("body")).to_have_attribute("data-screen", screen)
    if audit:
        assert await audit(page) == []


async def log_in(page: Page, address: str, name: str = "ada") -> None:
    await page.goto(address)
    await page.locator("#username").fill(f"{name}@example.test")
    await page.keyboard.press("Enter")
    await page.locator("#password").fill(f"secret of {name}")
    await page.keyboard.press("Enter")


async def prove(w: World, page: Page) -> None:
    """The code that the app shows, typed."""
    await on(page, "mfa-otp-challenge")
    await page.locator("#code").press_sequentially(w.code())
    await expect(page.locator("body")).not_to_have_attribute("data-screen", "mfa-otp-challenge")
    w.clock.now += 30


async def save_codes(page: Page) -> list[str]:
    """The sheet of codes, looked at and saved."""
    await on(page, "mfa-recovery-code-enrollment")
    codes = await page.locator("#codes li").all_inner_texts()
    await page.get_by_role("checkbox").check()
    await page.locator("button.main").click()
    return codes


async def test_somebody_adds_names_and_removes_a_method_and_makes_new_codes(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.person(totp=False)
        page = await context.new_page()
        await log_in(page, issuer + "account")
        await on(page, "account", axe)

        # An authenticator app, and the codes that come along.
        await page.get_by_role("link", name="Add a method").click()
        await on(page, "account-add", axe)
        await page.get_by_role("button", name=re.compile("Authenticator app")).click()
        await on(page, "mfa-otp-enrollment-qr", axe)
        key = (await page.locator("#secret").inner_text()).replace(" ", "").replace("\n", "")
        w.secrets["ada"] = base64.b32decode(key + "=" * (-len(key) % 8))
        await page.locator("#code").press_sequentially(w.code())
        w.clock.now += 30
        first = await save_codes(page)
        await on(page, "account", axe)
        await expect(page.get_by_text("10 codes left")).to_be_visible()

        # A name of her own.
        await page.get_by_role("link", name="Rename").click()
        await on(page, "account-rename", axe)
        await page.locator("#name").fill("Ada's phone")
        await page.keyboard.press("Enter")
        await on(page, "account", axe)
        await expect(page.get_by_role("status")).to_have_text("The name was changed.")
        await expect(page.get_by_text("Ada's phone", exact=True).first).to_be_visible()

        # New codes, after a fresh proof.
        w.clock.now += 600
        await page.get_by_role("link", name="Make new codes").click()
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await on(page, "login-password")
        await page.locator("#password").fill("secret of ada")
        await page.keyboard.press("Enter")
        await prove(w, page)
        second = await save_codes(page)
        assert not set(first) & set(second)
        await on(page, "account", axe)

        # And away with it: proof, question, done.
        w.clock.now += 600
        await page.get_by_role("link", name="Remove Ada's phone").click()
        await on(page, "login-password")
        await expect(page.get_by_text("change how you log in")).to_be_visible()
        await page.locator("#password").fill("secret of ada")
        await page.keyboard.press("Enter")
        await prove(w, page)
        await on(page, "account-confirm", axe)
        await expect(page.get_by_role("heading", name="Remove Ada's phone?")).to_be_visible()
        await page.locator("button.main").click()
        await on(page, "account", axe)
        await expect(page.get_by_text("Only your password protects this account")).to_be_visible()


async def test_somebody_forgets_a_browser_and_ends_a_session_elsewhere(chromium: Browser, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port(), policies=("all-applications",)) as (w, issuer):
        await w.person()
        here, there = (
            await chromium.new_context(),
            await chromium.new_context(user_agent="Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0"),
        )
        away, page = await there.new_page(), await here.new_page()
        await log_in(away, issuer + "account")
        await away.get_by_role("checkbox").check()
        await prove(w, away)
        await save_codes(away)
        await on(away, "account")

        # The other browser is remembered, and logged in.
        await log_in(page, issuer + "account")
        await prove(w, page)
        await on(page, "account", axe)
        await expect(page.get_by_text("Firefox on Windows").first).to_be_visible()
        await page.get_by_role("link", name="Log out Firefox on Windows").click()
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await on(page, "account")
        await log_in(away, issuer + "account")
        await on(away, "account")  # it is still remembered

        # Forgotten, it has to show its second step again.
        await page.goto(issuer + "account")
        await page.get_by_role("link", name="Forget Firefox on Windows").click()
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await on(page, "account", axe)
        await page.get_by_role("link", name="Log out everywhere else").click()
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await log_in(away, issuer + "account")
        await on(away, "mfa-otp-challenge")

        # Somebody else was here.
        await page.goto(issuer + "account/activity")
        await on(page, "account-activity", axe)
        await page.get_by_role("link", name="This wasn").click()
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await on(page, "account-note", axe)
        await here.close()
        await there.close()


async def test_a_lost_method_is_reported_and_kept_by_the_link_in_the_mail(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.person(verified=True)
        page = await context.new_page()
        await log_in(page, issuer + "account")
        await page.get_by_role("link", name="Lost? Authenticator app").click()
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await on(page, "mfa-login-options", axe)
        await page.get_by_role("button", name=re.compile("Email")).click()
        await on(page, "mfa-email-challenge", axe)
        await page.locator("#code").press_sequentially(str((await w.mail())[0]["data"]["code"]))
        await on(page, "account", axe)
        await expect(page.get_by_text("was reported lost")).to_be_visible()
        await page.get_by_role("link", name="It is not lost").click()
        await on(page, "account-note", axe)
        text = next(one["text"] for one in await w.mail() if "lost" in one["subject"])
        found = re.search(r"/(lost\?ticket=\S+)", text)
        assert found
        await page.goto(issuer + found[1])
        await on(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await on(page, "account-note", axe)
        await page.get_by_role("link", name="Back to security settings").click()
        await on(page, "account")
        await expect(page.get_by_text("was reported lost")).to_be_hidden()


async def test_all_of_it_works_without_script_and_by_keyboard_alone(chromium: Browser, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.person()
        context = await chromium.new_context(java_script_enabled=False)
        page = await context.new_page()

        async def press(name: str) -> None:
            """Tab to what has this name, and press Enter."""
            for _ in range(40):
                await page.keyboard.press("Tab")
                if await page.locator(":focus").count() and name in (await page.locator(":focus").inner_text() or ""):
                    await page.keyboard.press("Enter")
                    return
            raise AssertionError(f"{name} is not reached")

        await log_in(page, issuer + "account")
        await on(page, "account")
        await press("Rename")
        await on(page, "account-rename")
        await page.keyboard.press("Control+A")
        await page.keyboard.type("By keyboard")
        await page.keyboard.press("Enter")
        await on(page, "account")
        await press("Remove")
        await on(page, "mfa-otp-challenge")
        await page.keyboard.type(w.code())
        await page.keyboard.press("Enter")
        w.clock.now += 30
        await on(page, "mfa-recovery-code-enrollment")
        await page.get_by_role("checkbox").focus()
        await page.keyboard.press("Space")
        await press("Continue")
        await on(page, "account-confirm")
        await press("Remove")
        await on(page, "account")
        assert [one.kind for one in (await w.store.account("auth0|ada"))[1]] == ["password"]
        await context.close()
