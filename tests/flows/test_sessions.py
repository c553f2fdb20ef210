"""Sessions: a new id at each level, the old one for a minute at its old level, and nothing that outlives them (attacks: row 18)."""

import json
from typing import Any

import pytest

from tests.http.browser import Browser
from tests.world import MULTI_FACTOR, World, claims, essential, world
from yett.flows.mint import digest

HOUR = 3600


def with_session(w: World, value: str) -> Browser:
    """Another browser that shows this session cookie."""
    return Browser(w.app, cookies={"yett-session": value})


async def amr(w: World, browser: Browser) -> list[str] | None:
    """What this browser's session vouches for, if it has one."""
    page = await w.authorize(browser, prompt="none")
    if "code" not in page.query:
        return None
    _, answer = await w.exchange(page)
    return list(claims(answer["id_token"])["amr"])


async def test_each_level_has_a_session_id_of_its_own_and_the_old_one_is_good_for_a_minute_at_its_old_level() -> None:
    """Session fixation (CVE-2024-28197): whoever planted or saw the id before has nothing of the level after."""
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        before = browser.cookies["yett-session"]
        page = await w.prove(browser, await w.authorize(browser, acr_values=MULTI_FACTOR))
        assert "code" in page.query
        after = browser.cookies["yett-session"]
        assert after != before
        assert await amr(w, with_session(w, after)) == ["pwd", "otp", "mfa"]
        raised_at = w.clock.now
        assert await amr(w, with_session(w, before)) == ["pwd"]
        w.clock.now = raised_at + 59
        assert await amr(w, with_session(w, before)) == ["pwd"]
        w.clock.now = raised_at + 60
        assert await amr(w, with_session(w, before)) is None
        assert await amr(w, with_session(w, after)) == ["pwd", "otp", "mfa"]


async def test_a_session_id_that_somebody_else_chose_is_never_taken_up() -> None:
    async with world() as w:
        await w.person()
        browser = with_session(w, "chosen-by-the-attacker")
        await w.login(browser)
        assert browser.cookies["yett-session"] != "chosen-by-the-attacker"
        assert await amr(w, with_session(w, "chosen-by-the-attacker")) is None


async def test_a_login_as_somebody_else_raises_nobodys_session() -> None:
    async with world() as w:
        await w.person()
        await w.person("bob")
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        adas = browser.cookies["yett-session"]
        page = await w.login(browser, "bob", prompt="select_account")
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["sub"] == "auth0|bob"
        assert claims(answer["id_token"])["amr"] == ["pwd"]
        assert browser.cookies["yett-session"] != adas
        assert await amr(w, browser) == ["pwd"]


async def test_a_step_up_that_was_begun_before_signing_out_has_nothing_to_build_on_afterwards() -> None:
    """The page of a shared computer: back, and on with what somebody else has proven."""
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        await w.login(browser)
        page = await w.authorize(browser, claims=essential(MULTI_FACTOR))
        page = await browser.submit(page, action="totp") if page.screen == "mfa-begin-enroll-options" else page
        assert page.screen == "mfa-otp-enrollment-qr"
        w.enrolling(page)
        await browser.get("/v2/logout")
        assert "yett-session" not in browser.cookies
        page = await browser.submit(page, code=w.code())
        assert (page.screen, page.query.get("code")) == ("login-password", None)
        assert [one.kind for one in (await w.store.account("auth0|ada"))[1]] == ["password"]


async def test_no_code_is_given_for_a_session_that_ends_at_the_same_moment() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        grant, session = w.store.grant, digest(browser.cookies["yett-session"])

        async def too_late(*args: object) -> bool:
            await w.store.sign_out(session, w.clock(), ())
            return bool(await grant(*args))

        w.store.grant = too_late
        assert (await w.authorize(browser)).screen == "login-id"


async def test_a_silent_request_whose_session_ends_at_the_same_moment_is_told_that_a_login_is_required() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)

        async def ended(*_: object) -> bool:
            return False

        w.store.grant = ended
        assert (await w.authorize(browser, prompt="none")).query["error"] == "login_required"


async def test_a_step_up_is_not_carried_on_by_a_session_of_somebody_else() -> None:
    async with world() as w:
        await w.person()
        await w.person("bob")
        browser = w.browser()
        await w.login(browser)
        page = await w.authorize(browser, acr_values=MULTI_FACTOR)
        await w.login(browser, "bob", prompt="select_account")
        page = await browser.submit(page, code=w.code())
        assert page.screen == "login-password"


async def test_a_step_up_goes_on_where_the_session_was_raised_in_another_tab() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        one = await w.authorize(browser, acr_values=MULTI_FACTOR)
        other = await w.prove(browser, await w.authorize(browser, acr_values=MULTI_FACTOR))
        assert "code" in other.query
        page = await browser.get(one.url)
        assert "code" in page.query
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd", "otp", "mfa"]


@pytest.mark.parametrize("regime, idle, absolute", [("auth0", 72, 168), ("nist-aal2", 1, 24), ("pci-dss-4", 0.25, 24)])
async def test_a_session_ends_when_it_is_idle_and_at_its_absolute_limit(regime: str, idle: float, absolute: float) -> None:
    async with world(regime=regime) as w:
        await w.person()
        browser = w.browser()
        page = await w.login(browser, acr_values=MULTI_FACTOR)
        began, step = w.clock.now, int(idle * HOUR) - 30  # The clock has moved on by 30 s since the session was made.
        assert "code" in page.query
        w.clock.now = began + step - 1
        assert await amr(w, browser) is not None
        w.clock.now += step + 30
        assert await amr(w, browser) is None

        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        began = w.clock.now
        while w.clock.now + step - 1 < began + absolute * HOUR - 60:
            w.clock.now += step - 1
            assert await amr(w, browser) is not None
        w.clock.now = began + int(absolute * HOUR)
        assert await amr(w, browser) is None


async def test_no_session_outlives_a_regime_that_was_tightened_and_the_next_login_makes_a_good_one() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        w.clock.now += 30 * HOUR
        assert await amr(w, browser) is not None
        await w.configure(regime="pci-dss-4")
        assert await amr(w, browser) is None
        page = await w.login(browser)
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["auth_time"] >= w.clock.now - 30
        assert await amr(w, browser) == ["pwd", "otp", "mfa"]
        (one,) = [one for one in await w.store.sessions("auth0|ada", w.clock.now) if one.created_at > w.clock.now - HOUR]
        assert one.ends_at <= w.clock.now + 24 * HOUR


async def test_a_block_and_a_new_password_end_every_session() -> None:
    async with world() as w:
        account = await w.person()
        browser = w.browser()
        await w.login(browser)
        assert await w.store.change_account(account, account._replace(security_version=2), (), ends=True, now=w.clock.now, facts=())
        assert await amr(w, browser) is None


async def test_cookies_say_what_they_must() -> None:
    """On an http loopback issuer no prefix and no Secure: strict clients would drop them."""
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await w.authorize(browser)
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada")
        (cookie,) = [value for name, value in page.headers if name == "set-cookie" and "session" in value]
        assert cookie.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax"]


async def test_a_hint_that_names_somebody_else_means_that_this_session_is_not_the_one() -> None:
    """OIDC Core 3.1.2.1: neither a token of another account, nor one that is none of ours."""
    async with world() as w:
        await w.person()
        await w.person("bob")
        browser, bobs = w.browser(), w.browser()
        _, own = await w.exchange(await w.login(browser))
        _, other = await w.exchange(await w.login(bobs, "bob"))
        assert "code" in (await w.authorize(browser, prompt="none", id_token_hint=own["id_token"])).query
        for hint in (other["id_token"], own["id_token"][:-4] + "AAAA", "x.y.z"):
            assert (await w.authorize(browser, prompt="none", id_token_hint=hint)).query["error"] == "login_required"
            assert (await w.authorize(browser, id_token_hint=hint)).screen == "login-id"
        assert "code" in (await w.authorize(browser, prompt="none")).query


@pytest.mark.parametrize("by", ["hint", "value", "values", "both"])
async def test_whoever_logs_in_instead_of_whom_the_request_names_gives_the_application_nothing(by: str) -> None:
    """OIDC Core 3.1.2.1 (id_token_hint) and 3.1.2.2 (sub by value): an error, never somebody else's tokens."""
    async with world() as w:
        await w.person()
        await w.person("bob")
        _, own = await w.exchange(await w.login(w.browser()))
        sub = {"value": {"value": "auth0|ada"}, "values": {"values": ["auth0|ada", "auth0|eve"]}, "both": {"value": "auth0|ada"}}.get(by)
        named: dict[str, Any] = {"claims": json.dumps({"id_token": {"sub": sub}})} if sub else {}
        named |= {"id_token_hint": own["id_token"]} if by in {"hint", "both"} else {}
        browser = w.browser()
        left = await w.login(browser, "bob", acr_values=MULTI_FACTOR, **named)
        assert (left.query["error"], left.query["error_description"]) == ("login_required", "Login required")
        assert (await w.authorize(browser, prompt="none")).query["error"] == "login_required"
        assert "code" in (await w.login(browser, **named)).query
        assert "code" in (await w.authorize(browser, prompt="none", **named)).query
        bobs = w.browser()
        await w.login(bobs, "bob")
        assert (await w.authorize(bobs, prompt="none", **named)).query["error"] == "login_required"
        assert (await w.authorize(bobs, **named)).screen == "login-id"


async def test_whom_a_request_names_is_told_to_nobody_who_has_not_logged_in() -> None:
    async with world() as w:
        await w.person("bob")
        browser = w.browser()
        page = await w.authorize(browser, claims=json.dumps({"id_token": {"sub": {"value": "auth0|ada"}}}))
        page = await browser.submit(page, username="bob@example.test")
        assert (await browser.submit(page, password="wrong")).screen == "login-password"


async def test_an_account_that_is_to_be_selected_is_not_taken_for_granted() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        page = await w.authorize(browser, prompt="select_account")
        assert page.screen == "login-id"
        assert "ada@example.test" not in page.text
