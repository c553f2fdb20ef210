"""Scopes for one use and for a time, from /authorize to the refreshed token (design: refresh)."""

from typing import Any

from tests.world import API, MULTI_FACTOR, World, api, claims, world
from yett.domain.requirement import Requirement

SCOPE = "openid offline_access read:accounts transfer:funds"


async def demanding(here: World, **requirement: Any) -> None:
    """The API's scope transfer:funds demands this now."""
    api_now = api()._replace(scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,), **requirement)})
    await here.store.configure((api_now,), (), ())


async def refresh(here: World, token: str, **fields: str) -> tuple[int, Any]:
    return await here.token(grant_type="refresh_token", refresh_token=token, **fields)


async def test_a_scope_for_one_use_wants_an_approval_each_time_and_never_outlives_it_in_a_refresh() -> None:
    async with world() as here:
        await here.person()
        await demanding(here, one_use=True)
        browser = here.browser()
        page = await here.login(browser, audience=API, scope=SCOPE)
        _, first = await here.exchange(page)
        assert "transfer:funds" in claims(first["access_token"])["scope"].split()

        again = await here.authorize(browser, audience=API, scope=SCOPE)
        assert again.screen == "mfa-otp-challenge"
        silent = await here.authorize(browser, audience=API, scope=SCOPE, prompt="none")
        assert silent.query["error_description"] == "Multifactor authentication required"
        without = await here.authorize(browser, audience=API, scope="openid read:accounts")
        assert without.query["code"]

        status, refreshed = await refresh(here, first["refresh_token"])
        assert status == 200
        assert claims(refreshed["access_token"])["scope"].split() == ["openid", "offline_access", "read:accounts"]
        status, refused = await refresh(here, refreshed["refresh_token"], scope="transfer:funds")
        assert (status, refused["error"]) == (403, "mfa_required")


async def test_a_scope_for_a_time_is_asked_for_again_when_its_time_is_over() -> None:
    async with world() as here:
        await here.person()
        await demanding(here, lifetime=600)
        browser = here.browser()
        page = await here.login(browser, audience=API, scope=SCOPE)
        _, first = await here.exchange(page)
        here.clock.now += 300
        assert (await here.authorize(browser, audience=API, scope=SCOPE)).query["code"]
        here.clock.now += 400
        assert (await here.authorize(browser, audience=API, scope=SCOPE)).screen == "login-password"

        status, refreshed = await refresh(here, first["refresh_token"])
        assert status == 200
        assert "transfer:funds" not in claims(refreshed["access_token"])["scope"].split()


async def test_what_was_declined_once_is_not_declined_for_a_later_wish() -> None:
    async with world() as here:
        await here.person(totp=False)
        browser = here.browser()
        page = await here.login(browser, scope="openid offline_access", acr_values=MULTI_FACTOR)
        assert page.screen == "mfa-begin-enroll-options"
        page = await browser.submit(page, action="skip")
        _, first = await here.exchange(page)
        assert "acr" not in claims(first["id_token"])
        status, again = await refresh(here, first["refresh_token"])
        assert status == 200
        status, refused = await refresh(here, again["refresh_token"], acr_values=MULTI_FACTOR)
        assert (status, refused["error"]) == (403, "mfa_required")
