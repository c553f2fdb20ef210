"""Tries: one code once, one counter for all doors, and a lane for the owner alone (attacks: rows 1 to 3, 14, 27 and 32)."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from tests.http.browser import Browser, Page
from tests.world import MFA_OTP, REALM, World, world

ALWAYS = ("all-applications",)
CODES = r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}"


async def mfa_token(w: World, name: str = "ada") -> str:
    _, answer = await w.token(grant_type=REALM, username=f"{name}@example.test", password=f"secret of {name}", scope="openid")
    return str(answer["mfa_token"])


async def by_api(w: World, token: str, code: str) -> tuple[int, Mapping[str, str]]:
    return await w.token(grant_type=MFA_OTP, mfa_token=token, otp=code)


async def asked(w: World, browser: Browser, name: str = "ada") -> Page:
    page = await w.login_until_code(browser, name)
    assert page.screen == "mfa-otp-challenge", page.screen
    return page


async def wrong_passwords(w: World, name: str, many: int) -> list[int]:
    return [(await w.token(grant_type=REALM, username=f"{name}@example.test", password="wrong", scope="openid"))[0] for _ in range(many)]


async def password_at(w: World, browser: Browser, name: str, password: str) -> Page:
    page = await w.authorize(browser, prompt="login")
    page = await browser.submit(page, username=f"{name}@example.test") if page.screen == "login-id" else page
    return await browser.submit(page, password=password)


async def test_row_27_a_code_that_everybody_has_judged_right_is_accepted_once() -> None:
    """All have read before any has written (CVE-2026-20779): over pages and the MFA API alike."""
    async with world(policies=ALWAYS) as w:
        await w.person()
        browsers = [w.browser() for _ in range(4)]
        pages = [await asked(w, browser) for browser in browsers]
        tokens = [await mfa_token(w) for _ in range(4)]
        code = w.code()
        w.all_have_read(8)
        answers, shown = await asyncio.gather(
            asyncio.gather(*(by_api(w, token, code) for token in tokens)),
            asyncio.gather(*(browser.submit(page, code=code) for browser, page in zip(browsers, pages, strict=True))),
        )
        accepted = [status for status, _ in answers if status == 200]
        accepted += [page.status for page in shown if page.screen != "mfa-otp-challenge"]
        assert len(accepted) == 1
        assert {answer.get("error_description") for status, answer in answers if status != 200} <= {"Invalid otp_code."}


async def test_row_1_guesses_that_have_all_been_judged_at_once_see_as_many_verdicts_as_there_are_tries() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        tokens = [await mfa_token(w) for _ in range(30)]
        w.all_have_read(30)
        answers = await asyncio.gather(*(by_api(w, token, f"x{number:05}") for number, token in enumerate(tokens)))
        assert sorted(status for status, _ in answers) == [403] * 9 + [429] * 21
        assert (await by_api(w, tokens[0], w.code()))[0] == 429


@pytest.mark.parametrize("first", ["page", "api"])
async def test_row_3_a_code_that_was_used_at_one_door_is_used_at_the_other(first: str) -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        browser = w.browser()
        page, token, code = await asked(w, browser), await mfa_token(w), w.code()
        if first == "page":
            assert (await browser.submit(page, code=code)).status == 200
            assert (await by_api(w, token, code))[0] == 403
        else:
            assert (await by_api(w, token, code))[0] == 200
            again = await browser.submit(page, code=code)
            assert (again.status, again.screen) == (400, "mfa-otp-challenge")


@pytest.mark.parametrize("form", ["{0} {1}", "{0}-{1}", "\u00a0{0}\u200b{1}\t", "{0}\u2009{1}"])
async def test_a_code_is_understood_however_a_person_or_a_clipboard_writes_it(form: str) -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        browser = w.browser()
        page = await asked(w, browser)
        code = w.code()
        page = await browser.submit(page, code=form.format(code[:3], code[3:]))
        assert page.screen == "mfa-recovery-code-enrollment"
        other = w.browser()
        assert (await other.submit(await asked(w, other), code=code)).status == 400


async def test_row_14_a_recovery_code_that_everybody_has_judged_right_is_accepted_once() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        first = w.browser()
        page = await first.submit(await asked(w, first), code=w.code())
        (code, *_) = re.findall(CODES, page.text)
        await first.submit(page, action="saved")
        w.clock.now += 3600
        browsers = [w.browser() for _ in range(5)]
        pages = [await browser.submit(await asked(w, browser), action="recovery-code") for browser in browsers]
        w.all_have_read(5)
        shown = await asyncio.gather(*(browser.submit(page, code=code) for browser, page in zip(browsers, pages, strict=True)))
        assert sorted(page.screen for page in shown) == ["mfa-begin-enroll-options", *["mfa-recovery-code-challenge"] * 4]
        assert len([one for one in await w.mail() if one["subject"] == "A recovery code was used"]) == 1


async def test_row_14_guesses_at_recovery_codes_are_few() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        first = w.browser()
        page = await first.submit(await asked(w, first), code=w.code())
        (code, *_) = re.findall(CODES, page.text)
        await first.submit(page, action="saved")
        browser = w.browser()
        page = await browser.submit(await asked(w, browser), action="recovery-code")
        said = [(await browser.submit(page, code="ABCD-" * 5 + f"{number:04}")).status for number in range(12)]
        assert said == [400] * 9 + [429] * 3
        assert (await browser.submit(page, code=code)).status == 429


async def test_row_2_a_success_gives_its_factor_new_tries_and_the_account_none() -> None:
    """A stolen authenticator does not wash the account clean: its bucket holds thirty, of which a tenth is the owner's."""
    async with world(policies=ALWAYS) as w:
        await w.person()
        said = []
        for _ in range(5):
            token = await mfa_token(w)
            said += [(await by_api(w, token, f"x{number:05}"))[0] for number in range(8)]
            said.append((await by_api(w, token, w.code()))[0])
            w.clock.now += 30
        assert said[:36] == ([403] * 8 + [200]) * 3 + [403] * 3 + [429] * 6
        assert 200 not in said[36:]


async def test_row_32_wrong_passwords_close_neither_the_known_browser_nor_the_second_factor() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        home = w.browser()
        await w.login(home)
        assert await wrong_passwords(w, "ada", 12) == [403] * 9 + [429] * 3
        assert (await w.store.account("auth0|ada"))[0].paced_at == 0
        page = await password_at(w, home, "ada", "secret of ada")
        assert page.screen == "mfa-otp-challenge"
        assert "code" in (await w.prove(home, page)).query
        assert (await wrong_passwords(w, "ada", 1)) == [403], "a login of the owner gives the tries back"


async def test_row_32_the_lane_of_a_known_browser_is_its_owners_alone() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        await w.person("eve")
        attackers = w.browser()
        await w.login(attackers, "eve")
        assert "yett-device" in attackers.cookies
        await wrong_passwords(w, "ada", 9)
        page = await password_at(w, attackers, "ada", "wrong")
        page = await attackers.submit(page, action="edit") if page.screen == "login-password" else page
        page = await attackers.submit(page, username="ada@example.test") if page.screen == "login-id" else page
        page = await attackers.submit(page, password="secret of ada")
        assert page.status == 429


async def test_row_32_whoever_waits_has_a_try_again() -> None:
    async with world() as w:
        await w.person()
        assert await wrong_passwords(w, "ada", 10) == [403] * 9 + [429]
        w.clock.now += 6 * 60
        status, _ = await w.token(grant_type=REALM, username="ada@example.test", password="secret of ada", scope="openid")
        assert status == 200
