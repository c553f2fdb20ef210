"""The code that is sent: into the outbox with the challenge, out by the carrier, and used up by its first use."""

import json

from tests.http.browser import Browser, Page
from tests.world import MULTI_FACTOR, World, claims, world

ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "value": MULTI_FACTOR}}})


async def asked_by_mail(w: World, browser: Browser) -> Page:
    """The page that waits for the code from the mailbox, reached by way of the chooser."""
    await w.login(browser)
    page = await w.authorize(browser, acr_values=MULTI_FACTOR)
    page = await browser.submit(page, action="pick-authenticator")
    assert page.screen == "mfa-login-options"
    by_mail = next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email")
    page = await browser.submit(page, action=by_mail)
    assert page.screen == "mfa-email-challenge"
    return page


async def code(w: World) -> str:
    return str((await w.mail())[0]["data"]["code"])


async def test_a_code_from_the_mailbox_proves_the_mailbox_and_says_email() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        page = await asked_by_mail(w, browser)
        assert "a•••@e•••.test" in page.text
        page = await browser.submit(page, code=await code(w))
        page = await browser.submit(page, action="saved") if page.screen == "mfa-recovery-code-enrollment" else page
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd", "email", "mfa"]


async def test_the_page_can_be_loaded_again_and_sends_nothing_more() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        page = await asked_by_mail(w, browser)
        for _ in range(3):
            page = await browser.get(page.url)
        assert len([one for one in await w.mail() if "code" in one["data"]]) == 1


async def test_another_code_voids_the_one_before_and_is_not_sent_too_soon() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        page = await asked_by_mail(w, browser)
        first = await code(w)
        page = await browser.submit(page, action="resend")
        assert page.status == 429
        assert await code(w) == first
        w.clock.now += 31
        page = await browser.submit(page, action="resend")
        assert await code(w) != first
        page = await browser.submit(page, code=first)
        assert (page.status, page.screen) == (400, "mfa-email-challenge")
        assert (await browser.submit(page, code=await code(w))).screen != "mfa-email-challenge"


async def test_a_code_is_over_after_its_five_minutes() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        page = await asked_by_mail(w, browser)
        late = await code(w)
        w.clock.now += 300
        page = await browser.submit(page, code=late)
        assert (page.status, page.screen) == (400, "mfa-email-challenge")


async def test_messages_of_one_account_are_budgeted_before_they_leave() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        page = await asked_by_mail(w, browser)
        for _ in range(30):
            w.clock.now += 8
            page = await browser.submit(page, action="resend")
        assert len([one for one in await w.mail() if "code" in one["data"]]) <= 25


async def test_a_new_factor_is_told_to_the_mailbox_in_the_language_of_the_browser() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        browser.language = "de-AT,de;q=0.9"
        page = await w.login(browser, claims=ESSENTIAL)
        page = await browser.submit(page, action="totp") if page.screen == "mfa-begin-enroll-options" else page
        assert page.screen == "mfa-otp-enrollment-qr"
        assert 'lang="de"' in page.text
        w.enrolling(page, "ada")
        await browser.submit(page, code=w.code("ada"))
        assert (await w.mail())[0]["subject"] == "Eine neue Anmeldemethode wurde hinzugefügt"
