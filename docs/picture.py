"""The pictures of the README, taken of a running demo: `.venv/bin/python docs/picture.py [DIR]` (default var-demo)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PHONE = {"width": 390, "height": 800}
DESKTOP = {"width": 720, "height": 820}


def main(folder: Path) -> None:
    """The page that asks for a code: on a desk in daylight, on a phone in the dark."""
    demo = json.loads((folder / "demo.json").read_text())
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page()
        log_in(page, demo, "step-up")
        if page.locator("body").get_attribute("data-screen") == "mfa-begin-enroll-options":
            enrol(page)
        shoot(browser, demo, "challenge", viewport=DESKTOP, color_scheme="light")
        shoot(browser, demo, "challenge-dark", viewport=PHONE, color_scheme="dark")


def chromium() -> str:
    """The system's own."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    return next(found, "chromium")


def log_in(page: Page, demo: dict[str, str], action: str) -> None:
    """A first login with a password, then a wish for more."""
    page.goto(demo["issuer"] + "demo")
    page.get_by_role("button", name="Log in").first.click()
    page.fill("input[name=username]", demo["email"])
    page.keyboard.press("Enter")
    page.fill("input[name=password]", demo["password"])
    page.keyboard.press("Enter")
    page.click(f"button[value={action}]")


def enrol(page: Page) -> None:
    """The authenticator app of the demo's user."""
    page.click("button[name=action][value=totp]")
    address = page.locator("a[href^='otpauth:']").get_attribute("href") or ""
    secret = parse_qs(urlsplit(address).query)["secret"][0]
    code = subprocess.run(["oathtool", "--totp", "-b", secret], capture_output=True, text=True, check=True).stdout.strip()
    page.fill("input[name=code]", code)
    page.check("input[type=checkbox]")
    page.click("button[value=saved]")


def shoot(browser: Browser, demo: dict[str, str], name: str, **looks: object) -> None:
    """What a person sees of it."""
    page = browser.new_page(device_scale_factor=2, **looks)  # type: ignore[arg-type]
    log_in(page, demo, "step-up")
    page.locator("body[data-screen=mfa-otp-challenge]").wait_for()
    page.locator("aside.demo").evaluate("banner => banner.remove()")
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "var-demo"))
