"""What a request may ask, from /authorize to the code: requirements, time, and prompt=none (design: section 5)."""

from typing import Any

import pytest

from tests.http.browser import Browser, Page
from tests.world import API, MULTI_FACTOR, World, api, claims, essential, world
from yett.domain.requirement import Requirement

LOGIN, STEP_UP = "Login required", "Multifactor authentication required"
PHR = "phr"


def refusal(page: Page) -> tuple[str | None, str | None]:
    """What an application is told in place of a code."""
    assert "code" not in page.query
    return page.query.get("error"), page.query.get("error_description")


async def strong(w: World) -> Browser:
    """A browser whose session has shown password and authenticator."""
    await w.person()
    browser = w.browser()
    await w.login(browser, acr_values=MULTI_FACTOR)
    return browser


async def demanding(w: World, requirement: Requirement) -> None:
    """The API demands this of any of its tokens."""
    await w.store.configure((api()._replace(requirement=requirement, scope_requirements={}),), (), ())


# --- prompt=none ------------------------------------------------------------------------------------------------------


async def test_without_a_session_nothing_but_a_login_is_required_whatever_is_asked() -> None:
    async with world() as w:
        await w.person()
        for asked in ({}, {"acr_values": MULTI_FACTOR}, {"max_age": "0"}, {"claims": essential(MULTI_FACTOR)}):
            assert refusal(await w.authorize(w.browser(), prompt="none", **asked)) == ("login_required", LOGIN)


@pytest.mark.parametrize("asked", [{"acr_values": MULTI_FACTOR}, {"acr_values": MULTI_FACTOR, "max_age": "0"}, {"claims": essential(MULTI_FACTOR)}])
async def test_an_unmet_acr_is_told_in_the_words_that_open_a_popup(asked: dict[str, str]) -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        assert refusal(await w.authorize(browser, prompt="none", **asked)) == ("login_required", STEP_UP)


async def test_a_policy_that_is_unmet_is_told_so_too() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        await w.configure(policies=("all-applications",))
        assert refusal(await w.authorize(browser, prompt="none")) == ("login_required", STEP_UP)


async def test_the_requests_own_max_age_that_lapsed_is_a_login() -> None:
    async with world() as w:
        browser = await strong(w)
        w.clock.now += 100
        assert "code" in (await w.authorize(browser, prompt="none", max_age="3600")).query
        assert refusal(await w.authorize(browser, prompt="none", max_age="60")) == ("login_required", LOGIN)
        assert refusal(await w.authorize(browser, prompt="none", max_age="0")) == ("login_required", LOGIN)


async def test_an_acr_with_a_max_age_that_lapsed_is_a_step_up() -> None:
    async with world() as w:
        browser = await strong(w)
        w.clock.now += 100
        assert refusal(await w.authorize(browser, prompt="none", acr_values=MULTI_FACTOR, max_age="0")) == ("login_required", STEP_UP)
        assert refusal(await w.authorize(browser, prompt="none", acr_values=MULTI_FACTOR, max_age="60")) == ("login_required", STEP_UP)


async def test_a_max_age_of_the_resource_is_policy_and_so_a_step_up() -> None:
    async with world() as w:
        browser = await strong(w)
        await demanding(w, Requirement(max_age=60))
        w.clock.now += 100
        page = await w.authorize(browser, prompt="none", audience=API, scope="openid read:accounts")
        assert refusal(page) == ("login_required", STEP_UP)


async def test_what_nothing_could_meet_is_unmet_or_a_code_and_a_truthful_acr() -> None:
    async with world() as w:
        browser = await strong(w)
        unmet = await w.authorize(browser, prompt="none", claims=essential(PHR))
        assert refusal(unmet)[0] == "unmet_authentication_requirements"
        _, answer = await w.exchange(await w.authorize(browser, prompt="none", acr_values=PHR))
        assert claims(answer["id_token"])["acr"] == MULTI_FACTOR


# --- which requirements hold ------------------------------------------------------------------------------------------


async def test_of_several_values_any_suffices_and_the_first_that_is_met_is_named() -> None:
    async with world() as w:
        aal2 = "http://idmanagement.gov/ns/assurance/aal/2"
        await w.person()
        page = await w.login(w.browser(), acr_values=f"urn:unknown {PHR} {aal2} {MULTI_FACTOR}")
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["acr"] == aal2


async def test_no_source_lowers_another() -> None:
    async with world() as w:
        await w.person()
        aal1 = "http://idmanagement.gov/ns/assurance/aal/1"
        browser = w.browser()
        page = await w.login(browser, acr_values=aal1)
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["acr"] == aal1
        page = await w.authorize(browser, acr_values=aal1, claims=essential(MULTI_FACTOR))
        assert page.screen == "mfa-otp-challenge"
        page = await w.authorize(browser, acr_values=aal1, audience=API, scope="openid transfer:funds")
        assert page.screen == "mfa-otp-challenge"
        await w.configure(policies=("all-applications",))
        assert (await w.authorize(browser, acr_values=aal1)).screen == "mfa-otp-challenge"


async def test_an_access_token_names_what_its_resource_asked_first() -> None:
    async with world() as w:
        aal2 = "http://idmanagement.gov/ns/assurance/aal/2"
        await w.person()
        page = await w.login(w.browser(), acr_values=aal2, audience=API, scope="openid transfer:funds")
        _, answer = await w.exchange(page)
        assert claims(answer["access_token"])["acr"] == MULTI_FACTOR
        assert claims(answer["id_token"])["acr"] == aal2


# --- what may be declined ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policies, asked", [(("all-applications",), {}), ((), {"claims": essential(MULTI_FACTOR)})])
async def test_an_enrolment_that_is_demanded_cannot_be_skipped_and_declining_it_is_access_denied(policies: tuple[str, ...], asked: dict[str, Any]) -> None:
    async with world(policies=policies) as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await w.login(browser, **asked)
        skipped = await browser.submit(page, action="skip")
        assert "code" not in skipped.query
        assert skipped.screen == page.screen
        assert refusal(await browser.submit(page, action="cancel"))[0] == "access_denied"
        assert "yett-session" not in browser.cookies


async def test_declining_a_step_up_is_access_denied_and_the_session_stays_as_it_was() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        page = await w.authorize(browser, acr_values=MULTI_FACTOR)
        assert refusal(await browser.submit(page, action="cancel"))[0] == "access_denied"
        _, answer = await w.exchange(await w.authorize(browser, prompt="none"))
        assert claims(answer["id_token"])["amr"] == ["pwd"]


# --- time -------------------------------------------------------------------------------------------------------------


async def test_a_token_speaks_of_what_counted_for_it_and_not_of_all_that_its_session_vouches_for() -> None:
    async with world() as w:
        browser = await strong(w)
        w.clock.now += 100
        page = await w.authorize(browser, prompt="login")
        _, answer = await w.exchange(await browser.submit(page, password="secret of ada"))
        said = claims(answer["id_token"])
        assert (said["amr"], said["auth_time"]) == (["pwd"], w.clock.now)
        assert "acr" not in said
        _, answer = await w.exchange(await w.authorize(browser, prompt="none"))
        said = claims(answer["id_token"])
        assert said["amr"] == ["pwd", "otp", "mfa"]
        assert said["auth_time"] <= w.clock.now - 100


async def test_max_age_is_judged_when_the_request_arrives() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        began = w.clock.now
        w.clock.now += 60
        _, answer = await w.exchange(await w.authorize(browser, max_age="60"))
        assert claims(answer["id_token"])["auth_time"] == began
        w.clock.now += 1
        assert (await w.authorize(browser, max_age="60")).screen == "login-password"


async def test_max_age_is_judged_again_when_the_code_is_made_and_what_lapsed_is_asked_again() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        w.clock.now += 50
        page = await w.authorize(browser, acr_values=MULTI_FACTOR, max_age="60")
        assert page.screen == "mfa-otp-challenge"
        w.clock.now += 11
        page = await browser.submit(page, code=w.code())
        assert page.screen == "login-password"
        page = await w.prove(browser, await browser.submit(page, password="secret of ada"))
        _, answer = await w.exchange(page)
        said = claims(answer["id_token"])
        assert said["amr"] == ["pwd", "otp", "mfa"]
        assert said["auth_time"] == w.clock.now


async def test_all_proofs_of_an_attempt_carry_the_time_at_which_it_was_complete() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await w.authorize(browser, acr_values=MULTI_FACTOR, max_age="10")
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada")
        w.clock.now += 200
        _, answer = await w.exchange(await w.prove(browser, page))
        assert claims(answer["id_token"])["auth_time"] == w.clock.now


async def test_an_attempt_is_over_after_its_fifteen_minutes_and_sooner_under_a_stricter_regime() -> None:
    for regime, lives in (("auth0", 900), ("nist-aal2", 600), ("psd2", 300)):
        async with world(regime=regime) as w:
            await w.person()
            browser = w.browser()
            page = await w.authorize(browser)
            w.clock.now += lives - 1
            page = await browser.submit(page, username="ada@example.test")
            assert page.screen == "login-password"
            w.clock.now += 1
            page = await browser.submit(page, password="secret of ada")
            assert (page.status, page.screen) == (400, "error")


async def test_a_code_is_good_for_what_was_allowed_when_it_was_made() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        began = w.clock.now
        w.clock.now += 100
        await w.prove(browser, await w.authorize(browser, acr_values=MULTI_FACTOR))
        await demanding(w, Requirement((MULTI_FACTOR,), max_age=300))
        w.clock.now = began + 299
        page = await w.authorize(browser, audience=API, scope="openid read:accounts")
        w.clock.now += 30
        status, answer = await w.exchange(page)
        assert (status, claims(answer["access_token"])["auth_time"]) == (200, began)
