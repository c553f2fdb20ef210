"""A remembered browser: lifts the tenant's own clause and nothing else, and is no proof (attacks: row 10)."""

from typing import Any

import pytest

from tests.http.browser import Browser, Page
from tests.world import API, MULTI_FACTOR, World, api, claims, essential, world
from yett.domain.requirement import Requirement
from yett.domain.tenant import Remember

DAY = 86400
ALWAYS: dict[str, Any] = {"policies": ("all-applications",)}


async def remembered(w: World) -> Browser:
    """A browser that was told to remember, after its session has ended."""
    await w.person()
    browser = w.browser()
    page = await w.login(browser, remember=True)
    assert "code" in page.query
    del browser.cookies["yett-session"]
    return browser


async def password_alone(w: World, browser: Browser, **asked: Any) -> Page:
    """The page after the password."""
    browser.cookies.pop("yett-session", None)
    page = await browser.submit(await w.authorize(browser, **asked), username="ada@example.test")
    return await browser.submit(page, password="secret of ada")


def asked(page: Page) -> bool:
    """Whether a code was asked for, rather than a code given."""
    assert page.screen == "mfa-otp-challenge" or "code" in page.query, page.screen or page.url
    return page.screen == "mfa-otp-challenge"


async def demanding(w: World, requirement: Requirement) -> None:
    await w.store.configure((api()._replace(requirement=requirement),), (), ())


async def test_it_lifts_the_tenants_clause_and_the_token_says_what_was_shown() -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        page = await password_alone(w, browser, audience=API, scope="openid read:accounts")
        assert not asked(page)
        _, answer = await w.exchange(page)
        for token in (answer["id_token"], answer["access_token"]):
            assert claims(token)["amr"] == ["pwd"]
            assert "acr" not in claims(token)


@pytest.mark.parametrize(
    "wants",
    [
        {"acr_values": MULTI_FACTOR},
        {"claims": essential(MULTI_FACTOR)},
        {"audience": API, "scope": "openid transfer:funds"},
    ],
)
async def test_it_lifts_no_acr_and_no_resource(wants: dict[str, str]) -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        assert asked(await password_alone(w, browser, **wants))


async def test_it_lifts_no_demand_of_an_api_and_no_low_confidence() -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        await demanding(w, Requirement((MULTI_FACTOR,)))
        assert asked(await password_alone(w, browser, audience=API, scope="openid read:accounts"))
        await w.configure(policies=("all-applications", "confidence-score"))
        assert asked(await password_alone(w, browser))


@pytest.mark.parametrize("regime", ["nist-aal2", "pci-dss-4", "psd2"])
async def test_strict_regimes_neither_offer_nor_honour_it(regime: str) -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        await w.configure(regime=regime)
        page = await password_alone(w, browser)
        assert asked(page)
        assert "rememberBrowser" not in page.text
        other = w.browser()
        page = await password_alone(w, other)
        await w.prove(other, page, remember=True)
        assert sorted(one.remembered_until > 0 for one in await w.store.devices("auth0|ada")) == [False, True]


async def test_a_tenant_that_does_not_offer_it_does_not_take_a_form_for_it() -> None:
    async with world(remember=Remember(offered=False), **ALWAYS) as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, remember=True)
        assert asked(await password_alone(w, browser))


async def test_it_wants_the_wish_and_a_full_mfa() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await browser.submit(await w.authorize(browser), username="ada@example.test")
        page = await browser.submit(page, password="secret of ada", rememberBrowser="true")
        assert "code" in page.query
        assert "yett-device" not in browser.cookies
        await w.login(browser, acr_values=MULTI_FACTOR)
        assert [one.remembered_until for one in await w.store.devices("auth0|ada")] == [0]
        await w.configure(**ALWAYS)
        assert asked(await password_alone(w, browser))


async def test_it_is_of_its_own_account_alone() -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        adas, _ = await w.store.account("auth0|ada")
        await w.person("bob", security_version=adas.security_version)
        page = await browser.submit(await w.authorize(browser), username="bob@example.test")
        assert asked(await browser.submit(page, password="secret of bob"))


async def test_it_ends_when_it_is_idle_and_at_its_absolute_limit() -> None:
    async with world(remember=Remember(idle=7 * DAY, absolute=30 * DAY), **ALWAYS) as w:
        browser = await remembered(w)
        began = w.clock.now - 30
        w.clock.now = began + 7 * DAY - 1
        assert not asked(await password_alone(w, browser))
        w.clock.now += 7 * DAY
        assert asked(await password_alone(w, browser))

        await w.login(browser, remember=True)
        began = w.clock.now - 30
        for day in range(6, 30, 6):
            w.clock.now = began + day * DAY
            assert not asked(await password_alone(w, browser))
        w.clock.now = began + 30 * DAY
        assert asked(await password_alone(w, browser))


async def test_its_token_rotates_at_every_use_and_the_one_before_is_good_for_a_minute() -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        seen = {browser.cookies["yett-device"]}
        for _ in range(3):
            before = browser.cookies["yett-device"]
            w.clock.now += DAY
            assert not asked(await password_alone(w, browser))
            assert browser.cookies["yett-device"] not in seen
            seen.add(browser.cookies["yett-device"])
        second_tab = w.browser()
        second_tab.cookies["yett-device"] = before
        w.clock.now += 59
        assert not asked(await password_alone(w, second_tab))


async def test_an_old_token_shown_after_a_minute_revokes_the_record_and_tells_the_account_once() -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        before = browser.cookies["yett-device"]
        assert not asked(await password_alone(w, browser))
        w.clock.now += 61
        thief = w.browser("198.51.100.7")
        thief.cookies["yett-device"] = before
        for _ in range(3):
            assert asked(await password_alone(w, thief))
        assert asked(await password_alone(w, browser))
        told = [one for one in await w.mail() if one["to"] == "ada@example.test" and one["subject"] == "A remembered browser was copied"]
        assert len(told) == 1
        assert [(one.account, one.data["ip"]) for one in await w.facts("w")] == [("auth0|ada", "198.51.100.7")]


async def test_a_change_of_password_or_factor_voids_it() -> None:
    for change in ("password", "added", "removed"):
        async with world(**ALWAYS) as w:
            browser = await remembered(w)
            account, has = await w.store.account("auth0|ada")
            if change == "removed":
                await w.store.unenrol(account.id, [one.id for one in has if one.kind == "recovery-code"], w.clock.now, ())
            else:
                put = [one._replace(generation=one.generation + 1) for one in has if one.kind == "password"] if change == "password" else []
                new = account._replace(security_version=account.security_version + 1)
                assert await w.store.change_account(account, new, put, ends=change == "password", now=w.clock.now, facts=())
            page = await password_alone(w, browser)
            assert asked(page), change


async def test_a_made_up_token_is_as_good_as_none() -> None:
    async with world(**ALWAYS) as w:
        browser = await remembered(w)
        good = browser.cookies["yett-device"]
        for made_up in ("x", good[:-1], good + "A", good.swapcase(), ""):
            other = w.browser()
            other.cookies["yett-device"] = made_up
            assert asked(await password_alone(w, other))
        assert not asked(await password_alone(w, browser))


async def test_it_is_used_where_it_makes_a_difference_and_only_there() -> None:
    async with world() as w:
        browser = await remembered_without_policy(w)
        before = browser.cookies["yett-device"]
        assert not asked(await password_alone(w, browser))
        assert browser.cookies["yett-device"] == before
        await w.configure(**ALWAYS)
        page = await w.authorize(browser, prompt="none")
        assert "code" in page.query
        assert browser.cookies["yett-device"] != before


async def remembered_without_policy(w: World) -> Browser:
    await w.person()
    browser = w.browser()
    await w.login(browser, remember=True, acr_values=MULTI_FACTOR)
    return browser


async def test_no_code_is_given_where_its_use_is_not_written() -> None:
    async with world() as w:
        browser = await remembered_without_policy(w)
        await password_alone(w, browser)
        await w.configure(**ALWAYS)

        async def lost(*_: object) -> bool:
            return False

        w.store.conclude = lost
        page = await w.authorize(browser)
        assert (page.screen, page.query.get("code")) == ("login-id", None)
