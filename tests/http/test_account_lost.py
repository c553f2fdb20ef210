"""Reporting a method lost, and taking that back, on the pages of Security settings (design: invariant 3)."""

import re

import pytest

from tests.http.browser import Browser, Page
from tests.http.test_account import LATER, REMOVE, log_in
from tests.world import MULTI_FACTOR, World, world

LOST, KEEP = REMOVE.replace("remove", "lost"), REMOVE.replace("remove", "keep")
DAYS = 3 * 86400


async def mailed(w: World) -> str:
    """The code of the newest mail."""
    return str((await w.mail())[0]["data"]["code"])


async def status(w: World, kind: str = "totp") -> list[str]:
    """How the account's enrolments of this kind stand."""
    return [one.status for one in (await w.store.account("auth0|ada"))[1] if one.kind == kind]


async def report(w: World, browser: Browser) -> Page:
    """The whole report, by the mailbox."""
    page = await browser.submit(await browser.get(LOST))
    assert page.screen == "mfa-login-options", page.screen
    page = await browser.submit(page, action=next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email"))
    assert page.screen == "mfa-email-challenge", page.screen
    return await browser.submit(page, code=await mailed(w))


async def test_a_method_is_reported_lost_by_password_and_a_code_to_another_channel() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        page = await browser.get(LOST)
        assert (page.screen, await status(w)) == ("account-confirm", ["active"])
        page = await report(w, browser)
        assert page.screen == "account"
        assert "We have written to you." in page.text
        assert "was reported lost" in page.text
        assert KEEP in page.text
        assert REMOVE not in page.text
        assert await status(w) == ["suspended"]
        other = w.browser()
        assert (await w.login_until_code(other)).screen != "mfa-otp-challenge"


async def test_a_password_that_is_not_fresh_reports_nothing_lost() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        w.clock.now += LATER
        page = await browser.get(LOST)
        assert page.screen == "login-password"
        page = await browser.submit(page, password="secret of ada")
        assert (page.screen, page.url) == ("account-confirm", LOST)
        assert await status(w) == ["active"]


async def test_a_wrong_code_reports_nothing_lost_and_can_be_mended() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get(LOST))
        email = next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email")
        page = await browser.submit(page, action=email)
        right = await mailed(w)
        page = await browser.submit(page, code="000000" if right != "000000" else "000001")
        assert (page.screen, 'role="alert"' in page.text, await status(w)) == ("mfa-email-challenge", True, ["active"])
        assert "Wait a moment" in (await browser.submit(page, action="resend")).text
        page = await browser.submit(page, code=right)
        assert (page.screen, await status(w)) == ("account", ["suspended"])


async def test_whoever_reports_can_choose_again_or_leave() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        ways = await browser.submit(await browser.get(LOST))
        email = next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email")
        page = await browser.submit(ways, action=email)
        assert (await browser.submit(page, action="pick-authenticator")).screen == "mfa-login-options"
        assert (await browser.submit(page, action="cancel")).screen == "account"
        assert await status(w) == ["active"]


async def test_row_6_a_report_of_one_account_is_nothing_to_another() -> None:
    async with world() as w:
        await w.person(verified=True)
        await w.person("eve", verified=True)
        ada, eve = w.browser(), w.browser()
        await log_in(ada)
        await log_in(eve, "eve")
        assert (await eve.get(LOST)).status == 404
        ways = await ada.submit(await ada.get(LOST))
        csrf = (await eve.get("/account/not-me")).hidden["csrf"]
        page = await eve.post(LOST.replace("ada", "eve"), {"csrf": csrf, "state": ways.hidden["state"], "action": "email|x"})
        assert page.screen == "account-confirm"
        assert await status(w) == ["active"]


async def test_a_form_of_another_site_reports_nothing_lost() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        assert (await browser.post(LOST, {"csrf": "x", "action": "default"})).status == 409


async def test_the_mailbox_that_comes_with_the_account_cannot_be_lost() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        email = next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email").replace("|", "%7C")
        assert (await browser.get(f"/account/methods/{email}/lost")).status == 404


async def test_a_password_alone_does_not_bring_back_what_was_reported_lost() -> None:
    """A thief who has phone and password must not undo the report: the link in the message does, or a proof that is left."""
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        await report(w, browser)
        page = await browser.get(KEEP)
        assert page.screen == "account-note"
        assert "link in our message" in page.text
        csrf = (await browser.get("/account/not-me")).hidden["csrf"]
        assert (await browser.post(KEEP, {"csrf": csrf, "action": "default"})).screen == "account-note"
        assert await status(w) == ["suspended"]


async def test_what_was_reported_lost_is_kept_by_whoever_can_still_prove_as_much() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        await report(w, browser)
        page = await browser.get(KEEP)
        assert page.screen == "mfa-recovery-code-challenge"
        account, has = await w.store.account("auth0|ada")
        assert [one.kind for one in has if one.status == "active"].count("recovery-code") == 1
        assert account.email_verified


async def link(w: World) -> str:
    """The link of the message that tells of the report."""
    text = next(one["text"] for one in await w.mail() if "lost" in one["subject"])
    found = re.search(r"http://localhost:8000(/lost\?ticket=\S+)", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_link_in_the_message_keeps_it_and_looking_does_not(language: str) -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        await report(w, browser)
        stranger = w.browser()
        stranger.language = language
        page = await stranger.get(await link(w))
        assert (page.status, page.screen, await status(w)) == (200, "account-confirm", ["suspended"])
        kept = await stranger.submit(page)
        assert (kept.status, kept.screen, await status(w)) == (200, "account-note", ["active"])
        assert (await stranger.submit(page)).status == 404
        assert (await w.login_until_code(w.browser())).screen == "mfa-otp-challenge"


async def test_a_link_that_was_made_up_keeps_nothing() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        await report(w, browser)
        for ticket in ("", "x", "x.y"):
            assert (await browser.get(f"/lost?ticket={ticket}")).status == 404
            assert (await browser.post("/lost", {"state": ticket, "action": "default"})).status == 404
        assert await status(w) == ["suspended"]


async def test_what_nobody_keeps_is_gone_after_three_days() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        await report(w, browser)
        kept = next(route for route in w.app.routes if route.path == "/lost").handlers["GET"].__self__.settings.kept
        w.clock.now += DAYS - 1
        await kept.sweep()
        assert await status(w) == ["suspended"]
        w.clock.now += 1
        await kept.sweep()
        assert await status(w) == []


async def test_a_fresh_proof_keeps_by_the_page() -> None:
    async with world(recovery_codes=2) as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get("/account/codes"))
        page = await browser.submit(page, code=w.code())
        codes = re.findall(r"<li><code>([^<]*)</code>", page.text)
        await browser.submit(page, action="saved")
        await report(w, browser)
        w.clock.now += LATER
        page = await browser.submit(await browser.get(KEEP), password="secret of ada")
        assert page.screen == "mfa-recovery-code-challenge"
        page = await browser.submit(page, code=codes[0])
        page = await browser.submit(page, action="skip") if page.screen == "mfa-begin-enroll-options" else page
        assert (page.screen, page.url) == ("account-confirm", KEEP)
        page = await browser.submit(page)
        assert (page.screen, await status(w)) == ("account", ["active"])
        assert "It is kept." in page.text
