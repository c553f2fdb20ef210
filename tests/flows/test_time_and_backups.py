"""A clock that goes wrong, and a database that is of yesterday (attacks: rows 24 and 25)."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.http.browser import Browser, Page
from tests.world import MFA_OTP, NOW, REALM, World, world
from yett.flows.operate import Operate
from yett.main import FACTORS

ALWAYS = ("all-applications",)


async def mfa_token(w: World) -> str:
    _, answer = await w.token(grant_type=REALM, username="ada@example.test", password="secret of ada", scope="openid offline_access")
    return str(answer["mfa_token"])


async def prove(w: World, code: str, token: str = "") -> tuple[int, Mapping[str, str]]:
    return await w.token(grant_type=MFA_OTP, mfa_token=token or await mfa_token(w), otp=code)


async def sheet(w: World) -> list[str]:
    """Log in, save the recovery codes that come along, and say which they are."""
    browser = w.browser()
    page = await browser.submit(await w.login_until_code(browser), code=w.code())
    codes = re.findall(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}", page.text)
    await browser.submit(page, action="saved")
    w.clock.now += 30
    return codes


async def recover(w: World, browser: Browser, code: str) -> Page:
    page = await browser.submit(await w.login_until_code(browser), action="recovery-code")
    return await browser.submit(page, code=code) if page.screen == "mfa-recovery-code-challenge" else page


@pytest.mark.parametrize("back", [0, 1, 29, 30, 60, 90])
async def test_row_25_a_clock_that_is_put_back_makes_no_used_code_good_again(back: int) -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        token = await mfa_token(w)
        used = w.code()
        assert (await prove(w, used, token))[0] == 200
        w.clock.now -= back
        status, _ = await prove(w, w.code())
        assert status == 403, "the step of this code is no later than the one that was used"
        assert (await prove(w, used))[0] == 403


@pytest.mark.parametrize("off, good", [(-2, False), (-1, True), (0, True), (1, False), (2, False)])
async def test_row_2_the_window_is_this_step_and_the_one_before(off: int, good: bool) -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        assert (await prove(w, w.code(step=off)))[0] == (200 if good else 403)


async def test_row_25_two_nodes_whose_clocks_differ_accept_one_code_once(postgres_url: str) -> None:
    async with world(postgres_url, policies=ALWAYS) as ahead, world(store=ahead.store, policies=ALWAYS) as behind:
        await ahead.person()
        behind.secrets = ahead.secrets
        ahead.clock.now, behind.clock.now = NOW + 30, NOW
        code = ahead.code()
        first, second = await mfa_token(ahead), await mfa_token(behind)
        assert (await prove(ahead, code, first))[0] == 200
        assert (await prove(behind, code, second))[0] == 403
        assert (await prove(behind, behind.code(), second))[0] == 403
        behind.clock.now = NOW + 30
        assert (await prove(behind, code, second))[0] == 403


async def restore(w: World) -> None:
    """`yett db restored`."""
    async for event in Operate(w.store, None, None, FACTORS, w.ground.mint, None).restored():  # type: ignore[arg-type]
        assert event.kind == "done"


async def test_row_24_a_backup_revives_nothing_that_was_used_since_it_was_made(tmp_path: Path) -> None:
    """Yesterday's file in place of today's: what is in it may have been used in between."""
    live, backup = tmp_path / "live", tmp_path / "backup"
    live.mkdir()
    async with world(f"sqlite:///{live}/yett.db", live, policies=ALWAYS) as w:
        await w.person()
        secret = w.secrets["ada"]
        codes = await sheet(w)
        browser = w.browser()
        _, tokens = await w.exchange(await w.login(browser, scope="openid offline_access", remember=True))
        pending = await mfa_token(w)
        began = w.clock.now
    shutil.copytree(live, backup)
    async with world(f"sqlite:///{live}/yett.db", live, policies=ALWAYS) as w:
        w.clock.now, w.secrets["ada"] = began + 60, secret
        used = w.code()
        assert (await prove(w, used))[0] == 200
        assert (await recover(w, w.browser(), codes[0])).screen == "mfa-begin-enroll-options"

    async with world(f"sqlite:///{backup}/yett.db", backup, policies=ALWAYS) as w:
        w.clock.now, w.secrets["ada"] = began + 61, secret
        await restore(w)
        assert (await prove(w, used))[0] == 403, "used today"
        for code in codes[:2]:
            page = await recover(w, w.browser(), code)
            assert page.screen != "mfa-begin-enroll-options", "nobody knows which recovery codes were used"
        browser.app = w.app
        assert (await w.authorize(browser, prompt="none")).query["error"] == "login_required"
        assert (await w.get("/userinfo", authorization=f"Bearer {tokens['access_token']}"))[0] == 401
        assert (await w.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]))[0] == 403
        assert (await prove(w, w.code(step=1), pending))[1]["error_description"] == "Malformed mfa_token"
        page = await w.login_until_code(browser)
        assert page.screen == "mfa-otp-challenge", "nor is the browser remembered"
        w.clock.now += 30
        assert (await prove(w, w.code()))[0] == 200, "the authenticator itself goes on to work"
