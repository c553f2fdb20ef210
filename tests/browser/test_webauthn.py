"""Keys in Chromium, with its own virtual authenticators (CDP): what works, and what each thing that goes wrong is told as."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser.keys import INTERNAL, USB, Audit, Keys, at
from tests.serving import serving

pytestmark = pytest.mark.browser


def switch(issuer: str, folder: Path, *factors: str) -> None:
    """What an operator does, with the management API."""
    admin = json.loads((folder / "admin.json").read_text())
    grant = {"grant_type": "client_credentials", **{name: admin[name] for name in ("client_id", "client_secret", "audience")}}
    token = httpx.post(f"{issuer}oauth/token", json=grant, timeout=60).json()["access_token"]
    for factor in factors:
        httpx.put(
            f"{issuer}api/v2/guardian/factors/{factor}", json={"enabled": True}, headers={"authorization": f"Bearer {token}"}, timeout=60
        ).raise_for_status()


async def logged_in(page: Page, issuer: str, demo: dict[str, Any]) -> None:
    """With the password alone."""
    await page.goto(f"{issuer}demo")
    await page.get_by_role("button", name="Log in").first.click()
    await page.locator("input[name=username]").fill(demo["email"])
    await page.keyboard.press("Enter")
    await page.locator("input[name=password]").fill(demo["password"])
    await page.keyboard.press("Enter")
    await at(page, "demo-home")


async def amr(page: Page) -> str:
    await at(page, "demo-home")
    return await page.locator("body").inner_text()


async def stepped_up(page: Page) -> None:
    """Choose the security key where there is a choice, and save the recovery codes."""
    await page.locator("button[value=step-up]").first.click()


async def enrolled(page: Page, kind: str, audit: Audit) -> None:
    await stepped_up(page)
    await at(page, "mfa-begin-enroll-options", audit)
    await page.locator(f"button[name=action][value={kind}]").click()
    await at(page, f"mfa-{kind}-enrollment", audit)
    await page.locator("[data-start]").click()
    await at(page, "mfa-recovery-code-enrollment")
    await page.locator("input[type=checkbox]").check()
    await page.locator("button[value=saved]").click()
    await at(page, "demo-home")


async def test_a_security_key_is_the_second_step(context: BrowserContext, axe: Audit, tmp_path: Path, free_port: Callable[[], int]) -> None:
    with serving(tmp_path, free_port(), "--demo") as issuer:
        switch(issuer, tmp_path, "webauthn-roaming")
        demo = json.loads((tmp_path / "demo.json").read_text())
        page = await context.new_page()
        keys = await Keys.of(page)
        key = await keys.add(USB)
        await logged_in(page, issuer, demo)
        await enrolled(page, "webauthn-roaming", axe)
        assert '["pwd","pop","mfa"]' in (await amr(page)).replace(" ", "")
        (kept,) = await keys.credentials(key)
        assert kept["rpId"] == "localhost"

        # The next login asks for it by itself; the page goes on without a click.
        await context.clear_cookies()
        await logged_in(page, issuer, demo)
        await stepped_up(page)
        assert '["pwd","pop","mfa"]' in (await amr(page)).replace(" ", "")


async def test_a_passkey_logs_in_by_itself_and_is_mfa(context: BrowserContext, axe: Audit, tmp_path: Path, free_port: Callable[[], int]) -> None:
    with serving(tmp_path, free_port(), "--demo") as issuer:
        switch(issuer, tmp_path, "passkey")
        demo = json.loads((tmp_path / "demo.json").read_text())
        page = await context.new_page()
        keys = await Keys.of(page)
        await logged_in(page, issuer, demo)
        key = await keys.add(INTERNAL)
        await stepped_up(page)
        await at(page, "mfa-begin-enroll-options", axe)
        await page.locator("button[name=action][value=passkey]").click()
        await at(page, "passkey-enrollment", axe)
        await page.locator("[data-start]").click()
        await at(page, "mfa-recovery-code-enrollment")
        await page.locator("input[type=checkbox]").check()
        await page.locator("button[value=saved]").click()
        await at(page, "demo-home")
        (kept,) = await keys.credentials(key)
        assert kept["isResidentCredential"]

        # One gesture: the browser offers it where a name is typed, and nothing else is asked.
        await context.clear_cookies()
        await page.goto(f"{issuer}demo")
        await page.get_by_role("button", name="Log in").first.click()
        assert '["pop","user","mfa"]' in (await amr(page)).replace(" ", "")
