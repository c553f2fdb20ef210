"""Somebody at the bank of `examples/`: a browser, a telephone, and the programs that `make example` starts."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Error, Page, expect

from examples.start import API, SCOPES, Management, Ports, Running, await_answer, backend, example
from examples.start import HERE as EXAMPLES
from tests.harness.process import start, stop, unused_port

TELEPHONE = "+4917612345678"
CHALLENGE = "mfa-sms-challenge"
PATIENCE = 30


class Stage:
    """The three programs, and what a test does to them from outside."""

    def __init__(self, folder: Path, ports: Ports, front: str, back: str, running: Running) -> None:
        self.folder, self.ports, self.front, self.back = folder, ports, front, back
        self.programs, self.seed = dict(running.programs), running.seed
        self.management = Management(folder)
        self.demo: dict[str, str] = json.loads((folder / "demo.json").read_text())
        self.read: set[str] = set()
        self.give_telephone(self.demo["email"], TELEPHONE)

    @property
    def home(self) -> str:
        return f"https://localhost:{self.ports.front}/"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.ports.back}/api/"

    def give_telephone(self, email: str, number: str) -> str:
        """Enrol a telephone for somebody; gives their id."""
        (user,) = self.management("GET", f"users-by-email?email={quote(email)}")
        name: str = user["user_id"]
        self.management("POST", f"users/{quote(name)}/authentication-methods", {"type": "phone", "phone_number": number})
        return name

    async def code(self) -> str:
        """The code of the latest message that was not read yet."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for one in self.management.http.get(f"{self.demo['issuer']}dev/outbox.json").json():
                if one["id"] not in self.read and one["channel"] == "sms" and one["data"].get("code"):
                    self.read.add(one["id"])
                    return str(one["data"]["code"])
            await asyncio.sleep(0.05)
        raise AssertionError("no message came")

    def restart(self, **environ: str) -> None:
        """The back-end again, with these of its environment otherwise."""
        stop(self.programs[self.back])
        command, usual = backend(self.back, self.ports, self.seed, self.folder)
        log = self.folder / f"{self.back}.log"
        self.programs[self.back] = start(command, log, cwd=EXAMPLES.parent, env={**os.environ, **usual, **environ})
        await_answer(f"{self.api}account", self.back, self.folder, self.programs[self.back])

    def demand(self, scope: str, **changes: object) -> None:
        """Change what the server demands for a scope."""
        scopes = [{**one, "requirement": {**one["requirement"], **changes}} if one["value"] == scope else one for one in SCOPES]
        self.management("PATCH", f"resource-servers/{quote(API, safe='')}", {"scopes": scopes})


@contextmanager
def stage(folder: Path, front: str, back: str) -> Iterator[Stage]:
    """A front-end, a back-end and the server, until the block ends."""
    ports = Ports(unused_port(), unused_port(), unused_port())
    with example(front, back, folder, ports) as started:
        made = Stage(folder, ports, front, back, started)
        with closing(made.management):
            yield made
        stop(made.programs[back])


async def log_in(page: Page, stage: Stage, path: str = "", *, balance: bool = True) -> None:
    """With the password alone."""
    await page.goto(stage.home + path)
    await page.get_by_role("button", name="Log in").click()
    await page.locator("input[name=username]").fill(stage.demo["email"])
    await page.keyboard.press("Enter")
    await page.locator("input[name=password]").fill(stage.demo["password"])
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Move money", timeout=PATIENCE * 1000)
    if balance:
        await expect(page.locator(".balance strong")).to_have_text("€5,000.00", timeout=PATIENCE * 1000)


async def transfer(page: Page, amount: int, stage: Stage) -> Sequence[str]:
    """Send it, answer whatever is asked, see it sent; the screens that asked. No amount twice: it is how its success is told."""
    await page.locator("input[name=amount]").fill(str(amount))
    return await press(page, "Transfer", f"€{amount:,}.00 sent to Ada Lovelace.", stage)


async def press(page: Page, button: str, said: str, stage: Stage) -> Sequence[str]:
    """Press a button, answer whatever is asked, here or in a popup, until this is said; the screens that asked."""
    screens: list[str] = []
    done = asyncio.ensure_future(expect(page.locator("p.said")).to_have_text(said, timeout=PATIENCE * 1000))
    try:
        await page.get_by_role("button", name=button, exact=True).click()
        while not done.done():
            for window in page.context.pages:
                screens += await answer(window, stage)
            await asyncio.wait({done}, timeout=0.05)
        await done
    finally:
        done.cancel()
    return screens


async def answer(window: Page, stage: Stage) -> Sequence[str]:
    """Answer what this window asks, if it asks anything."""
    try:
        screen = await window.evaluate("document.body?.dataset.screen")
        if screen == "login-password":
            await window.locator("input[name=password]").fill(stage.demo["password"])
            await window.keyboard.press("Enter")
            await window.wait_for_url(lambda url: screen not in url, timeout=5000)
            return [screen]
        if screen == CHALLENGE and not await window.locator("input[name=code]").input_value(timeout=500):
            await window.locator("input[name=code]").fill(await stage.code())
            return [CHALLENGE]
        if screen == "mfa-recovery-code-enrollment":
            await window.locator("input[type=checkbox]").check(timeout=500)
            await window.locator("button[value=saved]").click(timeout=500)
    except Error:  # it navigates, or it has closed
        await asyncio.sleep(0.05)
    return []
