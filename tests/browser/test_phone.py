"""Codes by telephone as a person has them: in Chromium, on the demo, whose messages are in its outbox."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.serving import serving
from tests.settled import settled
from yett.domain.enrolment import Enrolment
from yett.factors.phone import Line, state_of

pytestmark = pytest.mark.browser
NUMBER = "+4917612345678"
Audit = Callable[[Page], Awaitable[list[str]]]


class Visitor:
    """Somebody at the demo, and what has arrived at their telephone and in their mailbox."""

    def __init__(self, page: Page, issuer: str, demo: Mapping[str, str], axe: Audit) -> None:
        self.page, self.issuer, self.demo, self.axe = page, issuer, demo, axe

    async def on(self, screen: str) -> None:
        """This screen, and nothing on it that anybody could not use."""
        await expect(self.page.locator("body")).to_have_attribute("data-screen", screen)
        assert await self.axe(self.page) == []

    async def log_in(self, action: str = "step-up") -> None:
        """Log in, and ask for a second step."""
        await self.page.goto(self.issuer)
        await self.page.get_by_role("button", name="Log in").first.click()
        await self.page.locator("input[name=username]").fill(self.demo["email"])
        await self.page.keyboard.press("Enter")
        await self.page.locator("input[name=password]").fill(self.demo["password"])
        await self.page.keyboard.press("Enter")
        await self.on("demo-home")
        await self.press(action)

    async def afresh(self) -> None:
        """Asked once more for everything."""
        await self.press("fresh")
        await self.page.locator("input[name=password]").fill(self.demo["password"])
        await self.page.keyboard.press("Enter")

    async def press(self, action: str) -> None:
        await self.page.locator(f"button[name=action][value='{action}']").first.click()

    async def inbox(self) -> list[Mapping[str, Any]]:
        """What has arrived, the newest first."""
        async with httpx.AsyncClient() as http:
            found: list[Mapping[str, Any]] = (await http.get(self.issuer + "dev/outbox.json")).json()
        return [one for one in found if "code" in one["data"]]

    async def type_code(self, code: str) -> None:
        """Typed, it sends itself."""
        await self.page.locator("#code").press_sequentially(code)

    async def number(self, typed: str, country: str = "DE", reached_by: str = "Text message") -> None:
        """A number of theirs."""
        await self.on("mfa-phone-enrollment")
        await self.page.get_by_label("Country").select_option(country)
        await self.page.get_by_label("Phone number").fill(typed)
        await self.page.get_by_label(reached_by).check()
        await self.page.keyboard.press("Enter")

    async def save_codes(self) -> None:
        await self.on("mfa-recovery-code-enrollment")
        await self.page.get_by_role("checkbox").check()
        await self.press("saved")

    async def amr(self) -> list[str]:
        await self.on("demo-home")
        found = re.search(r'\["[^\]]*\]', await self.page.locator("body").inner_text())
        said: list[str] = json.loads(found[0]) if found else []
        return said


@asynccontextmanager
async def visiting(context: BrowserContext, axe: Audit, folder: Path, port: int) -> AsyncIterator[Visitor]:
    """A visitor of a demo of their own."""
    with serving(folder, port, "--demo") as issuer:
        yield Visitor(await context.new_page(), issuer, json.loads((folder / "demo.json").read_text()), axe)


async def test_a_number_is_enrolled_by_text_and_logs_in_by_call_and_by_mail(
    context: BrowserContext, axe: Audit, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    async with visiting(context, axe, tmp_path, free_port()) as ada:
        await ada.log_in()
        await ada.on("mfa-begin-enroll-options")
        await ada.press("phone")

        # Not a number; then one with a slip of the finger; then the right one.
        await ada.number("12")
        await expect(ada.page.get_by_role("alert")).to_contain_text("not a phone number")
        await ada.number("0176 87654321")
        await ada.on("mfa-sms-challenge")
        await expect(ada.page.locator(".lead")).to_contain_text("+49 176 87654321")
        await ada.press("edit")
        await ada.number("0176 12345678")
        await ada.on("mfa-sms-challenge")
        sent, slipped = (await ada.inbox())[:2]
        assert (sent["channel"], sent["to"], slipped["to"]) == ("sms", NUMBER, "+4917687654321")
        assert sent["text"].rstrip().endswith(f"@localhost #{sent['data']['code']}")

        # The code to the other number says nothing of this one.
        await ada.type_code(slipped["data"]["code"])
        await expect(ada.page.get_by_role("alert")).to_contain_text("not right")
        await ada.on("mfa-sms-challenge")
        await ada.type_code(sent["data"]["code"])
        await ada.save_codes()
        assert await ada.amr() == ["pwd", "sms", "mfa"]

        # A fresh login, by call: another code, another way, the same line.
        await ada.afresh()
        await ada.on("mfa-sms-challenge")
        await expect(ada.page.locator(".lead")).to_contain_text("•••• 5678")
        await expect(ada.page.locator("button[value=resend]")).to_have_text(re.compile("in 0:"))
        (text, *_), before = await ada.inbox(), len(await ada.inbox())
        await ada.press("voice")
        await ada.on("mfa-voice-challenge")
        call = (await ada.inbox())[0]
        assert (call["channel"], call["to"], len(await ada.inbox())) == ("voice", NUMBER, before + 1)
        await ada.type_code(text["data"]["code"])
        await expect(ada.page.get_by_role("alert")).to_contain_text("not right")
        await ada.on("mfa-voice-challenge")
        await ada.type_code(call["data"]["code"])
        assert await ada.amr() == ["pwd", "tel", "mfa"]

        # The code was used, and is good for nothing more.
        await ada.afresh()
        await ada.on("mfa-sms-challenge")
        await ada.type_code(call["data"]["code"])
        await expect(ada.page.get_by_role("alert")).to_be_visible()
        await ada.on("mfa-sms-challenge")

        # Whoever has no network has mail.
        await ada.press("pick-authenticator")
        await ada.on("mfa-login-options")
        await ada.page.get_by_role("button", name=re.compile("Email")).click()
        await ada.on("mfa-email-challenge")
        mail = (await ada.inbox())[0]
        assert (mail["channel"], mail["to"]) == ("email", ada.demo["email"])
        await ada.type_code(mail["data"]["code"])
        assert await ada.amr() == ["pwd", "email", "mfa"]


async def at_home(page: Page, issuer: str, axe: Audit) -> Visitor:
    """Ada, on the way to her Security settings: a second step is asked for."""
    await page.goto(issuer + "account")
    await page.locator("#username").fill("ada@example.test")
    await page.keyboard.press("Enter")
    await page.locator("#password").fill("secret of ada")
    await page.keyboard.press("Enter")
    return Visitor(page, issuer, {}, axe)


async def test_another_code_is_sent_when_the_wait_is_over_and_voids_the_one_before_and_a_late_one_is_refused(
    context: BrowserContext, axe: Audit, free_port: Callable[[], int]
) -> None:
    async with settled(free_port(), factor_settings={"sms": {"message_types": ["sms", "voice"]}}) as (w, issuer):
        await w.configure(factors={**w.tenant.factors, "sms": True}, policies=("all-applications",))
        ada = await w.person(totp=False)
        line = Enrolment("phone|dev_1", ada.id, "phone", state_of(Line(NUMBER, "sms")), created_at=w.clock.now)
        assert await w.store.change_account(ada, ada, (line,), ends=False, now=w.clock.now, facts=())
        page = await context.new_page()
        await page.clock.install()
        who = await at_home(page, issuer, axe)
        await who.on("mfa-sms-challenge")
        first = (await w.mail())[0]["data"]["code"]
        again = page.locator("button[value=resend]")
        await expect(again).to_have_attribute("aria-disabled", "true")
        w.clock.now += 31
        await page.clock.run_for(31_000)
        await again.click()
        await expect(again).to_have_attribute("aria-disabled", "true")
        second = (await w.mail())[0]["data"]["code"]
        assert len(await w.mail()) == 2
        await who.type_code(first)
        await expect(page.get_by_role("alert")).to_contain_text("not right")
        assert await axe(page) == []
        w.clock.now += 300
        await who.type_code(second)
        await expect(page.get_by_role("alert")).to_contain_text("no longer valid")
        assert (len(await w.mail()), await axe(page)) == (2, [])
        await page.locator("button[value=resend]").click()
        await expect(page.get_by_role("alert")).to_have_count(0)
        await who.type_code((await w.mail())[0]["data"]["code"])
        await who.save_codes()
        await who.on("account")


async def test_a_refusal_is_clear_and_offers_another_way(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port(), factor_settings={"sms": {"countries": []}}) as (w, issuer):
        await w.configure(factors={**w.tenant.factors, "sms": True}, policies=("all-applications",))
        ada = await w.person(verified=True, totp=False)
        line = Enrolment("phone|dev_1", ada.id, "phone", state_of(Line(NUMBER, "sms")), created_at=w.clock.now)
        assert await w.store.change_account(ada, ada, (line,), ends=False, now=w.clock.now, facts=())
        page = await context.new_page()
        who = await at_home(page, issuer, axe)
        await who.on("mfa-sms-challenge")
        await expect(page.get_by_role("alert")).to_contain_text("We do not send codes to phones of this country")
        await expect(page.locator("#code")).to_have_count(0)
        await page.get_by_role("button", name="Confirm with: Email").click()
        await who.on("mfa-email-challenge")
        await who.type_code((await w.mail())[0]["data"]["code"])
        await who.on("account")


async def test_a_number_can_be_enrolled_and_used_without_script(chromium: Browser, axe: Audit, tmp_path: Path, free_port: Callable[[], int]) -> None:
    async def unaudited(_: Page) -> list[str]:
        return []

    context = await chromium.new_context(java_script_enabled=False)
    async with visiting(context, unaudited, tmp_path, free_port()) as ada:
        await ada.log_in()
        await ada.press("phone")
        await ada.number("+49 176 12345678", reached_by="Phone call")
        await ada.on("mfa-voice-challenge")
        await ada.page.locator("#code").fill((await ada.inbox())[0]["data"]["code"])
        await ada.press("default")
        await ada.save_codes()
        assert await ada.amr() == ["pwd", "tel", "mfa"]
    await context.close()


async def test_a_browser_that_reads_text_messages_fills_in_the_code(context: BrowserContext, axe: Audit, tmp_path: Path, free_port: Callable[[], int]) -> None:
    """WebOTP, as far as a desktop goes: the telephone is played by the test."""
    async with visiting(context, axe, tmp_path, free_port()) as ada:
        await ada.page.add_init_script(
            """globalThis.OTPCredential = class {};
            navigator.credentials.get = (asked) => new Promise((found) => { globalThis.asked = asked.otp; globalThis.arrives = (code) => found({ code }); });"""
        )
        await ada.log_in()
        await ada.press("phone")
        await ada.number("0176 12345678")
        await ada.on("mfa-sms-challenge")
        assert await ada.page.evaluate("globalThis.asked") == {"transport": ["sms"]}
        await ada.page.evaluate("(code) => globalThis.arrives(code)", (await ada.inbox())[0]["data"]["code"])
        await ada.save_codes()
        assert await ada.amr() == ["pwd", "sms", "mfa"]
