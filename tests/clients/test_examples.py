"""The applications in `examples/`, as a user has them: in Chromium, over https with the local CA, with Auth0's SDKs unmodified."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.clients.bank import CHALLENGE, PATIENCE, Stage, log_in, press, stage, transfer
from tests.harness.chromium import pin

pytestmark = [pytest.mark.clients, pytest.mark.timeout(180)]
Launch = Callable[..., Awaitable[Browser]]
Audit = Callable[[Page], Awaitable[list[str]]]
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
SHORTEST = 4
# Which back-end is behind which front-end.
PAIRS = [("react", "fastapi"), ("vue", "flask"), ("angular", "express-by-hand"), ("nextjs", "litestar")]


@pytest.mark.parametrize("front, back", PAIRS)
async def test_a_transfer_is_challenged_once_in_its_lifetime_and_a_large_one_each_time(
    front: str, back: str, launch_chromium: Launch, axe: Audit, tmp_path: Path
) -> None:
    with stage(tmp_path, front, back) as bank:
        browser = await launch_chromium(pins=[pin((tmp_path / "tls.pem").read_bytes())])
        page = await browser.new_page()
        tokens = shown(page, bank)
        status = page.locator(".status")

        await log_in(page, bank)
        await expect(status).to_contain_text("Password only")
        await expect(page.locator(".card").first).to_have_css("border-radius", "18px")  # the sheet that all of them share
        assert await axe(page) == []

        if front == "nextjs":
            await lends_its_token_to_no_other_page(page, bank)

        # Asked once, and not again within the lifetime; what was shown is remembered, and is enough for the statement.
        assert await transfer(page, 50, bank) == [CHALLENGE]
        proven = time.monotonic()
        await expect(status).to_contain_text("Two factors")
        await expect(status).to_contain_text("pwdsmsmfa")
        await expect(status).to_contain_text("until")
        assert await transfer(page, 60, bank) == []
        assert await press(page, "Show statement", "Here is your statement.", bank) == []
        old = tokens[:]

        # After it, asked: the API refuses the old token, and says what it wants instead. The slower the machine, the longer a new one lasts.
        over = max(SHORTEST, int(time.monotonic() - proven))
        bank.demand("transfer:funds", max_age=over)
        bank.restart(TRANSFER_MAX_AGE=str(over))
        await asyncio.sleep(max(0.0, proven + over + 1 - time.monotonic()))
        for token in old[-1:]:
            refused = httpx.post(f"{bank.api}transfers", headers={"authorization": token}, json={"to": "Ada", "amount": 1}, timeout=PATIENCE)
            assert (refused.status_code, refused.json()["code"]) == (401, "mfa_required")
            for said in ('error="insufficient_user_authentication"', f'acr_values="{MULTI_FACTOR}"', f'max_age="{over}"'):
                assert said in refused.headers["www-authenticate"]
        assert await transfer(page, 70, bank) == ["login-password", CHALLENGE]

        # A large one is approved by itself, each time; what was approved once is spent.
        assert await transfer(page, 1000, bank) == [CHALLENGE]
        assert await transfer(page, 1001, bank) == [CHALLENGE]
        for token in tokens[-1:]:
            spent = httpx.post(f"{bank.api}transfers", headers={"authorization": token}, json={"to": "Ada", "amount": 1001}, timeout=PATIENCE)
            assert (spent.status_code, spent.json()["code"]) == (401, "mfa_required")
        assert await axe(page) == []
        await browser.close()


async def lends_its_token_to_no_other_page(page: Page, bank: Stage) -> None:
    """With the cookie that the browser would send along with what a page of somebody else on the same site sends."""
    cookie = "; ".join(f"{one.get('name')}={one.get('value')}" for one in await page.context.cookies(bank.home))
    order = json.dumps({"to": "Eve", "amount": 1})
    async with httpx.AsyncClient(base_url=f"{bank.home}api/", verify=bank.management.trust, timeout=PATIENCE, headers={"cookie": cookie}) as http:
        for origin in ("https://evil.example", "null", f"https://localhost:{bank.ports.server}"):
            answer = await http.post("transfers", content=order, headers={"origin": origin, "content-type": "text/plain"})
            assert (answer.status_code, answer.json()) == (403, {"error": "cross_site"})
        for path in ("account", "constructor", "..%2Fapi%2Ftransfers"):
            assert (await http.post(path, content=order, headers={"origin": bank.home.rstrip("/")})).status_code == 404
        assert [(await http.get(path)).status_code for path in ("account", "constructor")] == [200, 404]


async def test_the_shortest_form_redirects_once(launch_chromium: Launch, tmp_path: Path) -> None:
    with stage(tmp_path, "react", "flask-by-hand") as bank:
        browser = await launch_chromium(pins=[pin((tmp_path / "tls.pem").read_bytes())])
        page = await browser.new_page()
        await log_in(page, bank, "basic", balance=False)
        await page.get_by_role("button", name="Transfer").click()
        await expect(page.locator("body")).to_have_attribute("data-screen", CHALLENGE)
        await page.locator("input[name=code]").fill(await bank.code())
        await expect(page.locator("body")).to_have_attribute("data-screen", "mfa-recovery-code-enrollment")
        await page.locator("input[type=checkbox]").check()
        await page.locator("button[value=saved]").click()
        await expect(page.locator(".status")).to_contain_text("Two factors", timeout=15_000)
        assert await press(page, "Transfer", "€50.00 sent to Ada Lovelace.", bank) == []
        await browser.close()


def shown(page: Page, bank: Stage) -> list[str]:
    """The Authorization header of each transfer that a page of the application sends; none where the browser has no tokens."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.url == f"{bank.home}api/transfers" and "authorization" in request.headers:
            found.append(request.headers["authorization"])

    page.on("request", note)
    return found
