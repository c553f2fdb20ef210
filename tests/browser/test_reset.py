"""Somebody forgot their password: from the login page to the mailbox and back, in Chromium, against the real server."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.cli.running import yett
from tests.serving import serving

pytestmark = pytest.mark.browser
Audit = Callable[[Page], Awaitable[list[str]]]
NEW = "eleven purple umbrellas"


async def screen(page: Page, name: str, audit: Audit) -> None:
    await expect(page.locator("body")).to_have_attribute("data-screen", name)
    assert await audit(page) == []


async def test_a_forgotten_password_from_the_login_page_to_the_mailbox_and_back(
    context: BrowserContext, axe: Audit, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with serving(tmp_path, free_port(), "--demo") as issuer:
        rows = [{"email": "ada@import.example", "mfa_factors": [{"email": {"value": "ada@other.example"}}]}]
        (tmp_path / "users.json").write_text(json.dumps(rows))
        assert yett("users", "import", "users.json", "--dir", str(tmp_path), cwd=tmp_path).status == 0
        yett("api", "put", "guardian/factors/email", "--data", '{"enabled": true}', "--dir", str(tmp_path), cwd=tmp_path)
        page = await context.new_page()
        await page.goto(issuer)
        await page.get_by_role("button", name="Log in").first.click()
        await page.locator("input[name=username]").fill("ada@import.example")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Forgot password?").click()
        await screen(page, "reset-password-request", axe)
        await page.locator("input[name=username]").fill("ada@import.example")
        await page.keyboard.press("Enter")
        await screen(page, "link-note", axe)

        await page.goto(mailed(issuer, r"https?://\S+ticket=\S+"))
        await screen(page, "reset-password-methods", axe)
        await page.get_by_role("button", name="Email").click()
        await screen(page, "reset-password-challenge", axe)
        await page.locator("input[name=code]").fill(mailed(issuer, r"\b\d{6}\b"))
        await page.keyboard.press("Enter")
        await screen(page, "reset-password", axe)
        await page.locator("input[name=password]").fill("password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.locator("input[name=password]").fill(NEW)
        await page.keyboard.press("Enter")
        await screen(page, "link-note", axe)

        await page.goto(issuer)
        await page.get_by_role("button", name="Log in").first.click()
        await page.locator("input[name=username]").fill("ada@import.example")
        await page.keyboard.press("Enter")
        await page.locator("input[name=password]").fill(NEW)
        await page.keyboard.press("Enter")
        await expect(page.locator("body")).to_have_attribute("data-screen", "demo-home")


def mailed(issuer: str, wanted: str) -> str:
    """What the newest message that has such a thing says."""
    for one in httpx.get(f"{issuer}dev/outbox.json").json():
        if found := re.search(wanted, one["text"]):
            return found[0]
    return pytest.fail("no such mail")
