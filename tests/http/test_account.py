"""Security settings: whoever is logged in sees and changes what is theirs, and nothing that is anybody else's."""

import json
import re
from typing import Any

import pytest

from tests.http.browser import Browser, Page, call
from tests.world import MULTI_FACTOR, World, world

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
REMOVE = "/account/methods/totp%7Cdev_ada/remove"
RENAME = "/account/methods/totp%7Cdev_ada"
LATER = 600
# Every page that asks before it does something, with ids that are filled in.
PAGES = (RENAME, REMOVE, "/account/codes", "/account/sessions", "/account/not-me", "/account/add")


async def log_in(browser: Browser, name: str = "ada") -> Page:
    """To Security settings, by the password alone."""
    page = await browser.get("/account")
    assert page.screen == "login-id", page.screen
    page = await browser.submit(page, username=f"{name}@example.test")
    return await browser.submit(page, password=f"secret of {name}")


async def prove(w: World, browser: Browser, page: Page) -> Page:
    """The code, where it is asked for; the recovery codes that come along are saved."""
    return await w.prove(browser, page)


def links(page: Page, part: str) -> list[str]:
    """The addresses of this page's links that contain `part`."""
    return [one for one in re.findall(r'href="([^"]*)"', page.text) if part in one]


async def methods(w: World, name: str = "ada") -> dict[str, str]:
    """What the account has: names by id."""
    return {one.id: one.name for one in (await w.store.account(f"auth0|{name}"))[1] if one.kind != "password" and one.status != "deleted"}


def browser_of(w: World, agent: str = CHROME, ip: str = "127.0.0.1") -> Browser:
    browser = w.browser(ip)
    browser.agent = agent
    return browser


# In


async def test_whoever_is_not_logged_in_logs_in_first_and_comes_back() -> None:
    async with world() as w:
        await w.person()
        page = await log_in(w.browser())
        assert (page.status, page.screen, page.url) == (200, "account", "/account")
        assert "ada@example.test" in page.text


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_that_was_asked_for_is_where_a_login_leads_back_to(path: str) -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await browser.get(path)
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada")
        page = await prove(w, browser, page) if page.screen == "mfa-otp-challenge" else page
        assert page.url == path
        assert page.screen.startswith("account-")


async def test_our_own_pages_need_no_application_and_are_none() -> None:
    async with world() as w:
        await w.person()
        catalogue = await w.store.catalogue()
        await w.store.configure((), tuple(("client", one) for one in catalogue.clients), ())
        browser = w.browser()
        assert (await log_in(browser)).screen == "account"
        assert (await w.store.catalogue()).clients == {}
        page = await w.authorize(browser, "yett", redirect_uri="/account")
        assert (page.status, page.screen) == (400, "error")
        status, answer = await w.token(client_id="yett", client_secret="x", grant_type="refresh_token", refresh_token="x")
        assert (status, answer["error"]) == (401, "invalid_client")


async def test_no_tokens_come_of_a_login_to_our_own_pages() -> None:
    async with world() as w:
        await w.person()
        page = await log_in(w.browser())
        assert "code=" not in page.url
        (fact,) = await w.facts("s")
        assert "grant" not in fact.data


async def test_row_7_security_settings_are_no_door_around_a_policy_that_wants_more() -> None:
    async with world() as w:
        await w.person()
        await w.configure(policies=("all-applications",))
        browser = w.browser()
        page = await log_in(browser)
        assert page.screen == "mfa-otp-challenge"
        for path in ("/account", "/account/activity", "/account/log.json", "/account/stuck", *PAGES):
            assert (await browser.get(path)).screen == "login-id"
        assert (await prove(w, browser, page)).screen == "account"


async def test_row_7_a_policy_that_is_raised_holds_for_a_session_that_is_there() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        await w.configure(policies=("all-applications",))
        page = await browser.get("/account")
        assert page.screen == "mfa-otp-challenge"
        assert (await browser.submit(page, action="cancel")).screen == "error"


async def test_a_blocked_account_gets_no_further_than_being_told_so() -> None:
    async with world() as w:
        await w.person(blocked=True)
        page = await log_in(w.browser())
        assert (page.status, page.screen) == (400, "error")
        assert "blocked" in page.text


async def test_a_login_raises_the_session_and_its_id_is_new() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        before = browser.cookies["yett-session"]
        await prove(w, browser, await browser.get(REMOVE))
        assert browser.cookies["yett-session"] != before


async def test_a_remembered_browser_is_let_in_and_its_token_rotates() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, remember=True)
        browser.cookies.pop("yett-session")
        before = browser.cookies["yett-device"]
        page = await log_in(browser)
        assert page.screen == "account"
        once = browser.cookies["yett-device"]
        assert once != before
        assert (await browser.get("/account/activity")).screen == "account-activity"
        assert browser.cookies["yett-device"] not in {once, before}


async def test_whoever_cancels_a_proof_is_back_where_they_were() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page = await browser.get(REMOVE)
        assert (await browser.submit(page, action="cancel")).screen == "account"


# What protects the pages


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_done_by_looking_at_a_page(path: str) -> None:
    async with world() as w:
        await w.person()
        browser, other = w.browser(), w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        await w.login(other)
        before, version = await methods(w), (await w.store.account("auth0|ada"))[0].security_version
        assert (await browser.get(path)).status == 200
        assert await methods(w) == before
        assert (await w.store.account("auth0|ada"))[0].security_version == version
        assert len(await w.store.sessions("auth0|ada", w.clock.now)) == 2


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("token", ["", "made-up"])
async def test_row_18_a_form_of_another_site_does_nothing(path: str, token: str) -> None:
    async with world() as w:
        await w.person()
        browser, other = w.browser(), w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        await w.login(other)
        before = await methods(w)
        page = await browser.post(path, {"csrf": token, "action": "totp" if path.endswith("add") else "default", "name": "Mine"})
        assert (page.status, "open in two places" in page.text) == (409, True)
        assert await methods(w) == before
        assert len(await w.store.sessions("auth0|ada", w.clock.now)) == 2


async def test_row_18_a_form_of_one_session_does_nothing_in_another() -> None:
    async with world() as w:
        await w.person()
        await w.person("eve")
        ada, eve = w.browser(), w.browser()
        await w.login(ada, acr_values=MULTI_FACTOR)
        await w.login(eve, "eve", acr_values=MULTI_FACTOR)
        form = (await eve.get("/account/not-me")).hidden
        assert (await ada.post("/account/not-me", form)).status == 409
        assert not await w.facts("w")


async def test_pages_are_neither_kept_nor_framed() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await log_in(browser)
        for one in (page, await browser.get(RENAME), await browser.get("/account/log.json")):
            assert one.header("cache-control") == "no-store"
            assert "frame-ancestors 'none'" in one.header("content-security-policy")
            assert one.header("x-frame-options") == "DENY"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_no_other_method_does_anything(method: str) -> None:
    async with world() as w:
        assert (await call(w.app, method, REMOVE, headers={"host": "localhost:8000"}))[0] == 405


async def test_a_link_from_elsewhere_cannot_make_the_page_say_that_something_was_done() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        for told in ("remove", "remove.", "remove.AAAAAAAAAAAAAAAAAAAAAA", "<script>"):
            assert 'role="status"' not in (await browser.get("/account", told=told)).text


async def test_what_is_not_there_is_not_found() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        for path in ("/account/", "/account/nothing", "/account/methods", "/account/methods/a/b", "/account/codes/1", "/account/activity/1"):
            assert (await browser.get(path)).status == 404


# Another's things (IDOR)


async def test_row_6_what_belongs_to_another_is_not_found_by_its_id() -> None:
    async with world() as w:
        await w.person()
        await w.person("eve")
        ada, eve = w.browser(), w.browser()
        await w.login(ada, acr_values=MULTI_FACTOR, remember=True)
        await w.login(eve, "eve", acr_values=MULTI_FACTOR, remember=True)
        (session,) = await w.store.sessions("auth0|ada", w.clock.now)
        (device,) = await w.store.devices("auth0|ada")
        before = await methods(w)
        csrf = (await eve.get("/account/not-me")).hidden["csrf"]
        for path in (RENAME, REMOVE, f"/account/sessions/{session.sid}", f"/account/browsers/{device.id}"):
            assert (await eve.get(path)).status == 404
            assert (await eve.post(path, {"csrf": csrf, "name": "Eve's now", "action": "default"})).status == 404
        assert await methods(w) == before
        assert await w.store.sessions("auth0|ada", w.clock.now) == (session,)
        assert await w.store.devices("auth0|ada") == (device,)


async def test_nobody_reads_what_happened_to_another() -> None:
    async with world() as w:
        await w.person()
        await w.person("eve")
        ada, eve = browser_of(w, FIREFOX, "203.0.113.7"), browser_of(w)
        await log_in(ada)
        page = await log_in(eve, "eve")
        assert "203.0.113.7" not in page.text + (await eve.get("/account/activity")).text + (await eve.get("/account/log.json")).text


# Methods


async def test_a_method_is_renamed_without_a_proof_and_keeps_working() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get(RENAME), name="  My phone\u0007 ")
        assert (page.screen, await methods(w)) == ("account", {"totp|dev_ada": "My phone"})
        assert "The name was changed." in page.text
        assert "My phone" in page.text
        assert (await prove(w, browser, await w.authorize(browser, acr_values=MULTI_FACTOR))).query["code"]


async def test_row_6_a_method_is_removed_only_after_a_fresh_proof_and_a_question() -> None:
    """A session that was stolen, or left open, removes nothing (CVE-2026-3429)."""
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        asked = await browser.get(REMOVE)
        assert asked.screen == "mfa-otp-challenge"
        assert "change how you log in" in asked.text
        page = await prove(w, browser, asked)
        assert (page.screen, page.url) == ("account-confirm", REMOVE)
        assert "totp|dev_ada" in await methods(w)
        page = await browser.submit(page)
        assert (page.screen, "The method was removed." in page.text) == ("account", True)
        assert "totp|dev_ada" not in await methods(w)
        assert (await w.mail())[0]["subject"] == "A way to log in was removed"


async def test_row_6_a_proof_that_is_no_longer_fresh_is_asked_for_again_when_the_button_is_pressed() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page = await prove(w, browser, await browser.get(REMOVE))
        w.clock.now += LATER
        page = await browser.submit(page)
        assert page.screen == "login-password"
        assert "totp|dev_ada" in await methods(w)
        page = await browser.submit(page, password="secret of ada")
        page = await prove(w, browser, page)
        assert page.screen == "account-confirm"


async def test_row_6_the_mailbox_is_no_proof_that_takes_the_other_methods_away() -> None:
    """Password and mailbox must not be enough to be rid of every other factor: what is implicit is not even offered."""
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await log_in(browser)
        page = await browser.get(REMOVE)
        assert 'value="pick-authenticator"' not in page.text
        for action in ("pick-authenticator", *(one for one in await methods(w) if one.startswith("email"))):
            assert (await browser.submit(page, action=action)).screen == "mfa-otp-challenge"


async def test_two_pages_that_remove_the_same_thing_remove_it_once_and_politely() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        first = await prove(w, browser, await browser.get(REMOVE))
        second = await browser.get(REMOVE)
        assert (await browser.submit(first)).screen == "account"
        page = await browser.submit(second)
        assert (page.status, page.screen) == (404, "account-note")
        assert "gone already" in page.text
        assert len(await w.facts("gd_unenroll")) == 2  # with the recovery codes that stood beside it


async def test_whoever_has_no_proof_left_is_told_what_to_do() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        account, has = await w.store.account("auth0|ada")
        locked = [one._replace(locked_until=w.clock.now + 3600, generation=2) for one in has if one.kind == "totp"]
        assert await w.store.change_account(account, account, locked, ends=False, now=w.clock.now, facts=())
        page = await browser.get(REMOVE)
        assert (page.screen, page.url) == ("account-note", "/account/stuck")
        assert (await browser.get("/account")).screen == "account"


async def test_row_5_a_method_is_added_by_the_pages_of_a_login_after_a_fresh_proof() -> None:
    async with world() as w:
        await w.person()
        w.clock.now += LATER
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get("/account/add"), action="totp")
        assert page.screen == "mfa-otp-challenge"
        page = await browser.submit(page, code=w.code())
        assert page.screen == "mfa-otp-enrollment-qr"
        w.enrolling(page)
        page = await browser.submit(page, code=w.code())
        assert page.screen == "mfa-recovery-code-enrollment"
        page = await browser.submit(page, action="saved")
        assert (page.screen, page.url) == ("account", "/account")
        assert len([one for one in await methods(w) if one.startswith("totp")]) == 2
        assert page.text.count(">New<") == 1


async def test_row_5_a_wish_to_add_something_lets_nobody_around_the_proof() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get("/account/add"), action="totp")
        for screen in ("mfa-otp-enrollment-qr", "mfa-recovery-code-enrollment"):
            assert (await browser.get(f"/u/{screen}?state={page.hidden['state']}")).screen == "mfa-otp-challenge"
            assert (await browser.post(f"/u/{screen}", {**page.hidden, "action": "saved"})).screen == "mfa-otp-challenge"
        assert list(await methods(w)) == ["totp|dev_ada"]


async def test_a_first_method_is_added_after_a_fresh_password() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await log_in(browser)
        assert "Only your password protects this account" in page.text
        w.clock.now += LATER
        page = await browser.submit(await browser.get("/account/add"), action="totp")
        assert page.screen == "login-password"
        page = await browser.submit(page, password="secret of ada")
        w.enrolling(page)
        page = await browser.submit(page, code=w.code())
        page = await browser.submit(page, action="saved")
        assert page.screen == "account"
        assert "10 codes left" in page.text


async def test_only_what_is_switched_on_can_be_added() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page = await browser.get("/account/add")
        for action in ("recovery-code", "password", "pigeon", "default", ""):
            assert (await browser.submit(page, action=action)).screen == "account-add"
        await w.configure(factors={})
        assert 'value="totp"' not in (await browser.get("/account/add")).text
        assert (await browser.submit(page, action="totp")).screen == "account-add"


# Recovery codes


async def sheet(browser: Browser, w: World) -> tuple[Page, list[str]]:
    """New codes: the page that shows them, and the codes."""
    page = await browser.submit(await browser.get("/account/codes"))
    if page.screen == "mfa-otp-challenge":
        page = await browser.submit(page, code=w.code())
        w.clock.now += 30
    assert page.screen == "mfa-recovery-code-enrollment"
    return page, re.findall(r"<li><code>([^<]*)</code>", page.text)


async def test_row_14_new_codes_are_shown_once_and_the_old_ones_are_void_as_soon_as_they_are_saved() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page, first = await sheet(browser, w)
        assert (await browser.submit(page, action="saved")).screen == "account"
        page, second = await sheet(browser, w)
        page = await browser.submit(page, action="saved")
        assert "10 codes left" in page.text
        assert (await w.mail())[0]["subject"] == "Your recovery codes were replaced"
        for codes, good in ((first, False), (second, True)):
            other = w.browser()
            asked = await other.submit(await w.login_until_code(other), action="recovery-code")
            answered = await other.submit(asked, code=codes[0])
            assert (answered.screen != "mfa-recovery-code-challenge") == good
        assert not set(first) & set(second)


async def test_the_codes_that_are_left_are_counted_and_few_are_pointed_out() -> None:
    async with world(recovery_codes=3) as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page, codes = await sheet(browser, w)
        page = await browser.submit(page, action="saved")
        assert ("3 codes left" in page.text, "Make new ones" in page.text) == (True, False)
        other = w.browser()
        asked = await other.submit(await w.login_until_code(other), action="recovery-code")
        await other.submit(asked, code=codes[0])
        page = await browser.get("/account")
        assert ("2 codes left" in page.text, "Make new ones" in page.text) == (True, True)


async def test_nobody_without_a_method_is_offered_codes_for_losing_it() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await log_in(browser)
        assert "/account/codes" not in page.text
        assert (await browser.get("/account/codes")).status == 404


# Browsers and sessions


async def test_a_browser_that_is_forgotten_is_asked_for_its_second_step_again() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        browser, other = browser_of(w), browser_of(w, FIREFOX)
        await w.login(other, remember=True)
        assert (await w.login(other, prompt="")).query["code"]
        page = await prove(w, browser, await log_in(browser))
        assert "Firefox on Windows" in page.text
        (link,) = links(page, "/account/browsers/")
        asked = await browser.get(link)
        assert "Forget Firefox on Windows?" in asked.text
        assert "That browser is forgotten." in (await browser.submit(asked)).text
        assert (await browser.submit(asked)).status == 404
        other.cookies.pop("yett-session")
        page = await w.authorize(other)
        page = await other.submit(page, username="ada@example.test")
        assert (await other.submit(page, password="secret of ada")).screen == "mfa-otp-challenge"


async def test_this_browser_is_marked_where_it_is_remembered() -> None:
    async with world() as w:
        await w.person()
        browser = browser_of(w)
        await w.login(browser, acr_values=MULTI_FACTOR, remember=True)
        page = await browser.get("/account")
        assert page.text.count("This browser") == 2
        assert len(links(page, "/account/browsers/")) == 1


async def test_another_session_is_ended_with_what_rests_on_it_and_this_one_stays() -> None:
    async with world() as w:
        await w.person()
        browser, other = browser_of(w), browser_of(w, FIREFOX, "203.0.113.7")
        _, answer = await w.exchange(await w.login(other, scope="openid offline_access"))
        page = await log_in(browser)
        assert "203.0.113.7" in page.text
        (link,) = links(page, "/account/sessions/")
        page = await browser.submit(await browser.get(link))
        assert "You are logged out there." in page.text
        assert (await w.authorize(other, prompt="none")).query["error"] == "login_required"
        assert (await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"]))[0] == 403
        assert (await browser.get("/account")).screen == "account"


async def test_this_session_is_not_among_those_that_can_be_ended() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await log_in(browser)
        assert links(page, "/account/sessions/") == []
        (session,) = await w.store.sessions("auth0|ada", w.clock.now)
        assert (await browser.get(f"/account/sessions/{session.sid}")).status == 404


async def test_everywhere_else_is_ended_and_here_is_not() -> None:
    async with world() as w:
        await w.person()
        browser, others = browser_of(w), [w.browser() for _ in range(3)]
        _, here = await w.exchange(await w.login(browser, scope="openid offline_access"))
        elsewhere = [(await w.exchange(await w.login(one, scope="openid offline_access")))[1]["refresh_token"] for one in others]
        page = await browser.submit(await browser.get("/account/sessions"))
        assert "logged out everywhere else" in page.text
        for one in others:
            assert (await w.authorize(one, prompt="none")).query["error"] == "login_required"
        for refresh in elsewhere:
            assert (await w.token(grant_type="refresh_token", refresh_token=refresh))[0] == 403
        assert (await w.token(grant_type="refresh_token", refresh_token=here["refresh_token"]))[0] == 200
        assert len(await w.store.sessions("auth0|ada", w.clock.now)) == 1


async def test_a_session_that_was_ended_in_another_tab_is_answered_politely() -> None:
    async with world() as w:
        await w.person()
        browser, other = w.browser(), w.browser()
        await log_in(other)
        (link,) = links(await log_in(browser), "/account/sessions/")
        asked = await browser.get(link)
        await browser.submit(asked)
        page = await browser.submit(asked)
        assert (page.status, page.screen) == (404, "account-note")


# It was not me


async def test_not_me_shuts_everybody_else_out_and_raises_the_alarm() -> None:
    async with world() as w:
        await w.person()
        browser, thief = browser_of(w), browser_of(w, FIREFOX)
        _, own = await w.exchange(await w.login(browser, scope="openid offline_access"))
        _, taken = await w.exchange(await w.login(thief, acr_values=MULTI_FACTOR, remember=True, scope="openid offline_access"))
        page = await browser.submit(await browser.get("/account/not-me"))
        assert (page.screen, page.url) == ("account-note", "/account/shut-out")
        assert "Change your password" in page.text
        assert (await w.authorize(thief, prompt="none")).query["error"] == "login_required"
        for refresh in (own["refresh_token"], taken["refresh_token"]):
            assert (await w.token(grant_type="refresh_token", refresh_token=refresh))[0] == 403
        assert await w.store.devices("auth0|ada") == ()
        assert (await browser.get("/account")).screen == "account"
        assert (await w.mail())[0]["subject"] == "You told us that somebody else was in your account"
        assert "http://localhost:8000/account" in (await w.mail())[0]["text"]
        assert [fact.data["reason"] for fact in await w.facts("w")] == ["the owner says that it was somebody else"]


async def test_not_me_needs_the_session() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await log_in(browser)
        stranger = w.browser()
        page = await stranger.post("/account/not-me", {"csrf": "x", "action": "default"})
        assert page.screen == "login-id"
        assert not await w.facts("w")


# The password


async def test_a_password_is_changed_after_a_fresh_proof_and_ends_every_session() -> None:
    async with world() as w:
        await w.person()
        browser, other = w.browser(), w.browser()
        _, answer = await w.exchange(await w.login(other, acr_values=MULTI_FACTOR, remember=True, scope="openid offline_access"))
        await log_in(browser)
        page = await browser.get("/account/password")
        assert page.screen == "mfa-otp-challenge"
        page = await prove(w, browser, page)
        assert (page.screen, page.url) == ("reset-password", "/account/password")
        page = await browser.submit(page, password="a few words that are new")
        assert page.screen == "account-note"
        assert "Your password is changed" in page.text
        for one in (browser, other):
            assert (await w.authorize(one, prompt="none")).query["error"] == "login_required"
        assert (await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"]))[0] == 403
        assert (await w.mail())[0]["subject"] == "Your password was changed"
        assert (await log_in(w.browser())).screen == "login-password"
        fresh = w.browser()
        page = await fresh.submit(await fresh.get("/account"), username="ada@example.test")
        page = await fresh.submit(page, password="a few words that are new")
        assert "Your password was changed" in page.text[page.text.index('class="events"') :]


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaa", "password1", "ada@example.test1", "x" * 300, "seven\u0007words"])
async def test_a_password_that_would_be_guessed_is_not_taken(password: str) -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get("/account/password"), password=password)
        assert (page.screen, 'role="alert"' in page.text) == ("reset-password", True)
        assert (await w.authorize(browser, prompt="none")).query["code"]


@pytest.mark.parametrize("totp, least", [(False, 15), (True, 8)])
async def test_a_password_that_stands_alone_is_longer(totp: bool, least: int) -> None:
    async with world(tightened={"shortest_password_alone": 15}) as w:
        await w.person(totp=totp)
        browser = w.browser()
        await log_in(browser)
        page = await browser.get("/account/password")
        page = await prove(w, browser, page) if totp else page
        assert f"At least {least} characters." in page.text
        assert (await browser.submit(page, password="fourteen chars")).screen == ("account-note" if totp else "reset-password")


async def test_row_18_no_other_site_changes_a_password() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        await log_in(browser)
        assert (await browser.post("/account/password", {"csrf": "x", "password": "a few words that are new"})).status == 409
        assert (await w.authorize(browser, prompt="none")).query["code"]


# What happened


async def test_what_happened_is_told_in_plain_words_with_browser_and_address() -> None:
    async with world() as w:
        await w.person()
        stranger = browser_of(w, FIREFOX, "198.51.100.23")
        page = await stranger.submit(await w.authorize(stranger), username="ada@example.test")
        await stranger.submit(page, password="a guess")
        page = await log_in(browser_of(w))
        told = page.text[page.text.index('class="events"') :]
        assert told.index("You logged in") < told.index("Somebody gave a wrong password")
        assert "Firefox on Windows · 198.51.100.23" in told
        assert told.count('class="alarming"') == 1


async def test_a_log_holds_all_that_is_known_and_no_secret() -> None:
    async with world() as w:
        await w.person()
        browser = browser_of(w)
        await w.login(browser, acr_values=MULTI_FACTOR)
        page = await browser.get("/account/log.json")
        assert page.header("content-disposition") == 'attachment; filename="account-log.json"'
        log: list[dict[str, Any]] = json.loads(page.body)
        assert {one["type"] for one in log} == {fact.type for fact in await w.facts() if fact.account == "auth0|ada"}
        assert log == sorted(log, key=lambda one: one["id"], reverse=True)
        assert "secret of ada" not in page.text
        assert not re.search(r"eyJ[A-Za-z0-9_-]{10}", page.text)


async def test_german_is_spoken_to_whoever_asks_for_it() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        browser.language = "de"
        page = await log_in(browser)
        assert '<html lang="de">' in page.text
        assert "Letzte Aktivitäten" in page.text
        assert "entfernen?" in (await prove(w, browser, await browser.get(REMOVE))).text
