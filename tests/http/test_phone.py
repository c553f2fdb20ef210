"""Codes by text message and by call: a number is typed, confirmed, asked for, and changed."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.http.browser import Browser, Page
from tests.world import MULTI_FACTOR, World, claims, essential, world
from yett.domain.enrolment import Enrolment
from yett.factors.phone import Line, state_of

NUMBER, OTHER = "+4917612345678", "+12025550123"
BOTH = {"sms": {"message_types": ["sms", "voice"]}}


def line(w: World, number: str = NUMBER, name: str = "ada", id: str = "phone|dev_1") -> Enrolment:
    """A number that is enrolled."""
    return Enrolment(id, f"auth0|{name}", "phone", state_of(Line(number, "sms")), created_at=w.clock.now)


async def with_phone(w: World, number: str = NUMBER, name: str = "ada", **more: Any) -> None:
    """Somebody whose only second factor this number is."""
    account = await w.person(name, totp=False, **more)
    assert await w.store.change_account(account, account, (line(w, number, name),), ends=False, now=w.clock.now, facts=())


async def on(w: World, **more: Any) -> None:
    """Codes by text are switched on, with these settings."""
    await w.configure(factors={**w.tenant.factors, "sms": True}, **more)


async def asked(w: World, browser: Browser, **params: Any) -> Page:
    """The page that waits for the code."""
    return await w.login(browser, acr_values=MULTI_FACTOR, **params)


async def left(w: World) -> list[tuple[str, str]]:
    """Codes that have left, the newest first: by which channel, and where to."""
    return [(str(one["channel"]), str(one["to"])) for one in await w.mail() if "code" in one["data"]]


async def code(w: World) -> str:
    return str(next(one["data"]["code"] for one in await w.mail() if "code" in one["data"]))


async def to_number_page(w: World, browser: Browser) -> Page:
    """The page on which a first number is typed."""
    page = await w.login(browser, claims=essential(MULTI_FACTOR))
    page = await browser.submit(page, action="phone") if page.screen == "mfa-begin-enroll-options" else page
    assert page.screen == "mfa-phone-enrollment"
    return page


async def finished(browser: Browser, page: Page) -> Page:
    return await browser.submit(page, action="saved") if page.screen == "mfa-recovery-code-enrollment" else page


async def test_a_number_is_typed_confirmed_and_proves_a_second_factor() -> None:
    async with world() as w:
        await on(w)
        await w.person(totp=False)
        browser = w.browser()
        page = await to_number_page(w, browser)
        page = await browser.submit(page, phone="0176 12345678", country="DE")
        assert (page.status, page.screen) == (200, "mfa-sms-challenge")
        assert "+49 176 12345678" in page.text
        assert await left(w) == [("sms", NUMBER)]
        page = await finished(browser, await browser.submit(page, code=await code(w)))
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd", "sms", "mfa"]
        _, has = await w.store.account("auth0|ada")
        assert [one.kind for one in has if one.kind == "phone"] == ["phone"]


async def test_whoever_has_a_number_is_asked_for_the_code_that_was_sent_there() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        browser = w.browser()
        page = await asked(w, browser)
        assert (page.status, page.screen) == (200, "mfa-sms-challenge")
        assert "•••• 5678" in page.text
        assert NUMBER not in page.text
        assert "123456" not in page.text
        page = await finished(browser, await browser.submit(page, code=await code(w)))
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd", "sms", "mfa"]


async def test_a_call_is_another_way_to_the_same_line_and_says_so() -> None:
    async with world() as w:
        await on(w, factor_settings=BOTH)
        await with_phone(w)
        browser = w.browser()
        page = await asked(w, browser)
        first = await code(w)
        page = await browser.submit(page, action="voice")
        assert (page.status, page.screen) == (200, "mfa-voice-challenge")
        assert await left(w) == [("voice", NUMBER), ("sms", NUMBER)]
        assert (await browser.submit(page, code=first)).status == 400
        page = await finished(browser, await browser.submit(page, code=await code(w)))
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd", "tel", "mfa"]


async def test_a_channel_that_is_off_is_neither_offered_nor_used() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        browser = w.browser()
        page = await asked(w, browser)
        assert 'value="voice"' not in page.text
        page = await browser.submit(page, action="voice")
        assert page.status == 400
        assert await left(w) == [("sms", NUMBER)]


async def test_a_page_that_is_loaded_again_sends_nothing() -> None:
    async with world() as w:
        await on(w, factor_settings=BOTH)
        await with_phone(w)
        browser = w.browser()
        page = await browser.submit(await asked(w, browser), action="voice")
        for _ in range(3):
            page = await browser.get(page.url)
        assert page.screen == "mfa-voice-challenge"
        assert len(await left(w)) == 2


async def test_another_code_voids_the_one_before_and_is_not_sent_too_soon() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        browser = w.browser()
        page, first = await asked(w, browser), await code(w)
        page = await browser.submit(page, action="resend")
        assert (page.status, len(await left(w))) == (429, 1)
        w.clock.now += 31
        page = await browser.submit(page, action="resend")
        assert (page.status, len(await left(w))) == (200, 2)
        assert (await browser.submit(page, code=first)).status == 400
        assert (await finished(browser, await browser.submit(page, code=await code(w)))).query.get("code")


async def test_a_late_code_is_refused_and_nothing_is_sent_until_somebody_asks() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        browser = w.browser()
        page, late = await asked(w, browser), await code(w)
        w.clock.now += 300
        page = await browser.submit(page, code=late)
        assert (page.status, page.screen) == (400, "mfa-sms-challenge")
        assert len(await left(w)) == 1
        page = await browser.submit(page, action="resend")
        assert (await finished(browser, await browser.submit(page, code=await code(w)))).query.get("code")


async def test_a_code_is_used_up_by_its_first_use() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        one, other = w.browser(), w.browser()
        page, again = await asked(w, one), await asked(w, other)
        newest = await code(w)
        assert (await finished(other, await other.submit(again, code=newest))).query.get("code")
        assert (await other.submit(again, code=newest)).query.get("code") is None
        # A code belongs to its own attempt.
        assert (await one.submit(page, code=newest)).status == 400


async def test_a_number_that_was_mistyped_is_typed_again() -> None:
    async with world() as w:
        await on(w)
        await w.person(totp=False)
        browser = w.browser()
        page = await to_number_page(w, browser)
        page = await browser.submit(page, phone=OTHER)
        old = await code(w)
        page = await browser.submit(page, action="edit")
        assert page.screen == "mfa-phone-enrollment"
        page = await browser.submit(page, phone=NUMBER)
        assert await left(w) == [("sms", NUMBER), ("sms", OTHER)]
        assert (await browser.submit(page, code=old)).status == 400
        assert (await finished(browser, await browser.submit(page, code=await code(w)))).query.get("code")
        _, has = await w.store.account("auth0|ada")
        assert [str(one.state.open) for one in has if one.kind == "phone" and NUMBER in str(one.state.open)]


async def test_a_new_number_may_be_called_instead_and_then_prefers_to_be() -> None:
    async with world() as w:
        await on(w, factor_settings=BOTH)
        await w.person(totp=False)
        browser = w.browser()
        page = await to_number_page(w, browser)
        page = await browser.submit(page, phone=NUMBER, type="voice")
        assert page.screen == "mfa-voice-challenge"
        page = await browser.submit(page, action="sms")
        page = await browser.submit(page, action="voice") if page.screen == "mfa-voice-challenge" else page
        assert page.screen == "mfa-sms-challenge"
        w.clock.now += 31
        page = await browser.submit(page, action="voice")
        assert page.screen == "mfa-voice-challenge"
        assert (await finished(browser, await browser.submit(page, code=await code(w)))).query.get("code")
        other = w.browser()
        assert (await asked(w, other)).screen == "mfa-voice-challenge"


async def test_a_late_confirm_says_so_and_asks_for_the_number_again() -> None:
    async with world() as w:
        await on(w)
        await w.person(totp=False)
        browser = w.browser()
        page = await browser.submit(await to_number_page(w, browser), phone=NUMBER)
        late = await code(w)
        w.clock.now += 300
        page = await browser.submit(page, code=late)
        assert (page.status, page.screen) == (400, "mfa-phone-enrollment")
        assert "no longer valid" in page.text


@pytest.mark.parametrize("typed, says", [("", "Enter your phone number"), ("12", "not a phone number"), ("+19005550123", "not a phone number")])
async def test_what_is_no_number_is_said_to_be_none_and_stays_in_the_field(typed: str, says: str) -> None:
    async with world() as w:
        await on(w)
        await w.person(totp=False)
        browser = w.browser()
        page = await browser.submit(await to_number_page(w, browser), phone=typed, country="AT")
        assert (page.status, page.screen) == (400, "mfa-phone-enrollment")
        assert says in page.text
        assert f'value="{typed}"' in page.text
        assert 'value="AT" selected' in page.text
        assert await left(w) == []


async def test_ones_own_country_is_chosen_already_and_only_those_that_are_served_can_be() -> None:
    async with world() as w:
        await on(w, factor_settings={"sms": {"countries": ["AT", "DE"]}})
        await w.person(totp=False)
        browser = w.browser()
        browser.language = "de-AT,de;q=0.8"
        page = await to_number_page(w, browser)
        assert re.findall(r'<option value="(\w+)"( selected)?', page.text) == [("DE", ""), ("AT", " selected")]
        assert "Österreich (+43)" in page.text


# Everybody at once


@asynccontextmanager
async def nodes(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[World, World]]:
    """One house on SQLite, or two that share a database."""
    if kind == "sqlite":
        async with world(f"sqlite:///{tmp_path}/yett.db", tmp_path) as w:
            yield w, w
    else:
        url = str(request.getfixturevalue("postgres_url"))
        async with world(url, tmp_path) as w, world(url, tmp_path) as other:
            yield w, other


def together(houses: tuple[World, World], many: int) -> None:
    """So many requests load before any of them writes, half of them in each house."""
    one, other = houses
    for house in {id(one): one, id(other): other}.values():
        house.all_have_read(many if one is other else many // 2)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_row_27_the_same_right_code_two_hundred_times_at_once_is_accepted_once(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    async with nodes(kind, request, tmp_path) as houses:
        w, _ = houses
        await on(w)
        await with_phone(w)
        browser = w.browser()
        page, right = await asked(w, browser), await code(w)
        here, there = (Browser(house.app, browser.issuer, dict(browser.cookies)) for house in houses)
        together(houses, 200)
        said = await asyncio.gather(*(one.submit(page, code=right) for one in (here, there) * 100))
        # Whoever comes second is shown the way on, or told that the code was used; the code itself was taken once.
        assert len([one for one in await w.facts() if one.type == "gd_auth_succeed"]) == 1
        assert {one.screen for one in said} <= {"mfa-recovery-code-enrollment", "mfa-sms-challenge"}
        assert len([one for one in said if one.status == 200]) >= 1
        assert "already" in next(one.text for one in said if one.status == 400)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_row_1_five_hundred_wrong_codes_at_once_see_as_many_verdicts_as_there_are_tries(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async with nodes(kind, request, tmp_path) as houses:
        w, _ = houses
        await on(w)
        await with_phone(w)
        guesses = []
        for _ in range(5):
            browser = w.browser()
            page, right = await asked(w, browser), await code(w)
            wrong = f"{(int(right) + 1) % 10**6:06}"
            guesses += [(Browser(house.app, browser.issuer, dict(browser.cookies)), page, wrong) for house in houses * 50]
        together(houses, 500)
        said = await asyncio.gather(*(browser.submit(page, code=wrong) for browser, page, wrong in guesses))
        # Ten tries of the number, of which one is kept for a browser that is known.
        assert len([one for one in said if "not right" in one.text]) == len(await w.facts("gd_auth_failed")) == 9
        assert len([one for one in said if "not right" not in one.text]) == 491
        assert {one.screen for one in said} <= {"mfa-sms-challenge", "error"}
        # And the right one, after that, is not said to be right.
        assert "too many tries" in (await browser.submit(page, code=right)).text


# What regimes say of the telephone network


async def test_under_nist_aal2_the_pages_say_what_the_telephone_network_is_worth_and_offer_another_way() -> None:
    async with world(regime="nist-aal2") as w:
        await on(w)
        await w.person(totp=False, verified=True)
        browser = w.browser()
        page = await w.login(browser)
        assert page.screen == "mfa-begin-enroll-options"
        page = await browser.submit(page, action="phone")
        assert "can be listened to" in page.text
        assert 'value="pick-authenticator"' in page.text
        page = await browser.submit(page, phone=NUMBER)
        assert "can be listened to" in page.text
        page = await finished(browser, await browser.submit(page, code=await code(w)))
        assert page.query.get("code")
        other = w.browser()
        assert "can be listened to" in (await w.login(other)).text


async def test_elsewhere_they_say_nothing_of_it() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        assert "can be listened to" not in (await asked(w, w.browser())).text


async def test_under_nist_aal3_no_code_goes_over_the_telephone_network_and_none_counts() -> None:
    async with world(regime="nist-aal3") as w:
        await on(w)
        await with_phone(w, verified=True)
        page = await w.login(w.browser())
        assert page.query.get("error") == "unmet_authentication_requirements"
        assert await left(w) == []


# Refusals


async def test_row_16_a_refusal_says_why_and_offers_what_costs_nothing() -> None:
    async with world(factor_settings={"sms": {"countries": ["US"]}}) as w:
        await on(w)
        account = await w.person(verified=True)
        assert await w.store.change_account(account, account, (line(w),), ends=False, now=w.clock.now, facts=())
        browser = w.browser()
        page = await browser.submit(await asked_by_phone(w, browser), action="phone|dev_1")
        assert (page.status, page.screen) == (400, "mfa-sms-challenge")
        assert "do not send codes to phones of this country" in page.text
        assert 'name="code"' not in page.text
        assert "Confirm with: Authenticator app" in page.text
        assert (await browser.submit(page, action="totp|dev_ada")).screen == "mfa-otp-challenge"
        assert await left(w) == []


async def test_row_16_a_number_of_a_country_that_is_not_served_is_not_enrolled() -> None:
    async with world() as w:
        await on(w)
        await w.person(totp=False)
        browser = w.browser()
        page = await browser.submit(await to_number_page(w, browser), phone="+18762345678")
        assert (page.status, page.screen) == (400, "mfa-phone-enrollment")
        assert "do not send codes to phones of this country" in page.text
        assert await left(w) == []


async def test_where_no_more_may_be_sent_the_code_that_was_sent_is_still_good() -> None:
    async with world() as w:
        await on(w)
        await with_phone(w)
        browser = w.browser()
        page = await asked(w, browser)
        for _ in range(9):
            w.clock.now += 31
            page = await browser.submit(page, action="resend")
        assert (page.status, len(await left(w))) == (200, 10)
        w.clock.now += 31
        page = await browser.submit(page, action="resend")
        assert (page.status, len(await left(w))) == (429, 10)
        assert "as many codes as we may" in page.text
        assert (await finished(browser, await browser.submit(page, code=await code(w)))).query.get("code")
        page = await asked(w, w.browser())
        assert (page.status, 'name="code"' in page.text, 'value="resend"' in page.text) == (429, False, True)


async def asked_by_phone(w: World, browser: Browser) -> Page:
    """The chooser, for whoever has several ways."""
    page = await w.login_until_code(browser)
    return await browser.submit(page, action="pick-authenticator")


async def test_a_number_is_added_in_security_settings_and_stands_there_masked() -> None:
    async with world() as w:
        await on(w)
        await w.person(totp=False)
        browser = w.browser()
        await w.login(browser)
        page = await browser.get("/account/add")
        page = await browser.submit(page, action="phone")
        assert page.screen == "mfa-phone-enrollment"
        page = await browser.submit(page, phone=NUMBER)
        page = await finished(browser, await browser.submit(page, code=await code(w)))
        assert page.screen == "account"
        assert "•••• 5678" in page.text
        assert NUMBER not in page.text
