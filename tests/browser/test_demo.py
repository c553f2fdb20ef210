"""The first hour with Yett, as whoever tries it has it: in Chromium, against the real server."""

import io
import json
import re
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

from tests.serving import serving

pytestmark = pytest.mark.browser
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
Audit = Callable[[Page], Awaitable[list[str]]]


def oathtool(secret: str) -> str:
    """The code that an authenticator app shows, by a program that nobody here wrote."""
    command = ["oathtool", "--totp", "-b", secret]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


async def read_qr(page: Page) -> str:
    """What a phone's camera sees."""
    shot = await page.locator("svg.qr").screenshot()
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)))
    return found[0].text


async def screen(page: Page, name: str, audit: Audit) -> None:
    await expect(page.locator("body")).to_have_attribute("data-screen", name)
    assert await audit(page) == []


async def claims(page: Page) -> dict[str, Any]:
    """What the demo application shows of its ID token."""
    await expect(page.locator("body")).to_have_attribute("data-screen", "demo-home")
    text = await page.locator("body").inner_text()
    amr = re.search(r'\["[^\]]*\]', text)
    return {"amr": json.loads(amr[0]) if amr else None, "mfa": MULTI_FACTOR in text.split("Ask for more")[0]}


async def test_the_demo_from_the_first_login_to_a_step_up(context: BrowserContext, axe: Audit, tmp_path: Path, free_port: Callable[[], int]) -> None:
    with serving(tmp_path, free_port(), "--demo") as issuer:
        demo = json.loads((tmp_path / "demo.json").read_text())
        page = await context.new_page()
        await page.goto(issuer)
        await screen(page, "demo-home", axe)
        await page.get_by_role("button", name="Log in").first.click()
        await screen(page, "login-id", axe)
        await page.locator("input[name=username]").fill(demo["email"])
        await page.keyboard.press("Enter")
        await screen(page, "login-password", axe)
        await page.locator("input[name=password]").fill("not the password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await axe(page) == []
        await page.locator("input[name=password]").fill(demo["password"])
        await page.keyboard.press("Enter")
        assert (await claims(page)) == {"amr": ["pwd"], "mfa": False}

        # The application asks for more, and the authenticator app is enrolled on the way.
        await page.locator("button[value=step-up]").click()
        await screen(page, "mfa-begin-enroll-options", axe)
        await page.locator("button[name=action][value=totp]").click()
        await screen(page, "mfa-otp-enrollment-qr", axe)
        secret = parse_qs(urlsplit(await read_qr(page)).query)["secret"][0]
        code = oathtool(secret)
        await page.locator("input[name=code]").fill(code)
        await screen(page, "mfa-recovery-code-enrollment", axe)
        await page.locator("input[type=checkbox]").check()
        await page.locator("button[value=saved]").click()
        assert (await claims(page)) == {"amr": ["pwd", "otp", "mfa"], "mfa": True}

        # The session has it now: asked again, nobody is troubled; asked for a fresh one, somebody is, and no code is good twice.
        await page.locator("button[value=step-up]").click()
        await expect(page.get_by_role("status")).to_have_text("Ask for multi-factor: these tokens are the answer.")
        assert (await claims(page))["mfa"]
        await page.locator("button[value=phishing-resistant]").click()
        await expect(page.get_by_role("status")).to_contain_text("the tokens do not say it")
        await page.locator("button[value=fresh]").click()
        await screen(page, "login-password", axe)
        await page.locator("input[name=password]").fill(demo["password"])
        await page.keyboard.press("Enter")
        await screen(page, "mfa-otp-challenge", axe)
        await page.locator("input[name=code]").fill(code)
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await axe(page) == []
        await page.locator("button[value=cancel]").first.click()
        await expect(page.locator("body")).to_have_attribute("data-screen", "demo-home")
