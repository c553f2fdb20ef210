"""Scopes for one use and for a time, from /authorize to the refreshed token (design: refresh)."""

from typing import Any

from tests.world import API, MFA_OTP, MULTI_FACTOR, PASSWORDLESS, World, api, claims, world
from yett.domain.client import ClientGrant
from yett.domain.requirement import Requirement

SCOPE = "openid offline_access read:accounts transfer:funds"


async def demanding(here: World, **requirement: Any) -> None:
    """The API's scope transfer:funds demands this now."""
    api_now = api()._replace(scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,), **requirement)})
    await here.store.configure((api_now,), (), ())


async def refresh(here: World, token: str, **fields: str) -> tuple[int, Any]:
    return await here.token(grant_type="refresh_token", refresh_token=token, **fields)


ONCE = "openid offline_access transfer:funds"


async def test_a_scope_for_one_use_wants_an_approval_each_time() -> None:
    async with world() as here:
        await here.person()
        await demanding(here, one_use=True)
        browser = here.browser()
        page = await here.login(browser, audience=API, scope=ONCE)
        _, first = await here.exchange(page)
        assert claims(first["access_token"])["scope"] == "openid transfer:funds"

        again = await here.authorize(browser, audience=API, scope=ONCE)
        assert again.screen == "mfa-otp-challenge"
        silent = await here.authorize(browser, audience=API, scope=ONCE, prompt="none")
        assert silent.query["error_description"] == "Multifactor authentication required"
        without = await here.authorize(browser, audience=API, scope="openid read:accounts")
        assert without.query["code"]


async def test_its_token_says_so_has_a_name_lives_two_minutes_and_is_renewed_by_nothing() -> None:
    async with world() as here:
        await here.person()
        await demanding(here, one_use=True)
        _, tokens = await here.exchange(await here.login(here.browser(), audience=API, scope=ONCE))
        said = claims(tokens["access_token"])
        assert (said["one_use"], said["exp"] - said["iat"], tokens["expires_in"]) == (True, 120, 120)
        assert said["jti"]
        assert "refresh_token" not in tokens
        _, others = await here.exchange(await here.login(here.browser(), audience=API, scope="openid offline_access read:accounts"))
        assert others["refresh_token"]
        assert "one_use" not in claims(others["access_token"])


async def test_it_is_the_only_scope_of_its_api() -> None:
    async with world() as here:
        await demanding(here, one_use=True)
        refused = await here.authorize(here.browser(), audience=API, scope=SCOPE)
        assert (refused.query["error"], refused.query["state"]) == ("invalid_scope", "s1")


async def test_nothing_else_gives_it_whatever_was_proven() -> None:
    async with world() as here:
        await here.person()
        await here.store.configure((ClientGrant("g1", "machine", API, ("read:accounts", "transfer:funds")),), (), ())
        await demanding(here, one_use=True)
        asked = {"username": "ada@example.test", "audience": API, "scope": "openid transfer:funds"}
        for grant in ({"grant_type": "password", "password": "secret of ada"}, {"grant_type": PASSWORDLESS, "otp": "000000", "realm": "email"}):
            await here.configure(passwordless=("email",))
            status, refused = await here.token(**asked, **grant)
            assert (status, refused["error"]) == (400, "invalid_scope"), refused
        machine = {"client_id": "machine", "client_secret": "machine's secret", "grant_type": "client_credentials", "audience": API}
        status, refused = await here.token(**machine, scope="transfer:funds")
        assert (status, refused["error"]) == (403, "access_denied")
        _, given = await here.token(**machine)
        assert given["scope"] == "read:accounts"


async def test_a_scope_that_is_for_one_use_since_is_left_out_of_a_refresh_and_of_what_a_code_without_a_page_gives() -> None:
    async with world() as here:
        await here.person()
        _, first = await here.exchange(await here.login(here.browser(), audience=API, scope=SCOPE))
        await demanding(here, one_use=True)
        status, refreshed = await refresh(here, first["refresh_token"])
        assert status == 200
        assert claims(refreshed["access_token"])["scope"].split() == ["openid", "offline_access", "read:accounts"]
        status, refused = await refresh(here, refreshed["refresh_token"], scope="transfer:funds")
        assert (status, refused["error"]) == (403, "mfa_required")
        status, raised = await here.token(grant_type=MFA_OTP, mfa_token=refused["mfa_token"], otp=here.code())
        assert (status, raised["scope"]) == (200, "openid offline_access read:accounts")


async def test_an_api_that_is_for_one_use_as_a_whole_is_given_on_a_page_alone() -> None:
    async with world() as here:
        await here.person()
        _, first = await here.exchange(await here.login(here.browser(), audience=API, scope="openid offline_access read:accounts"))
        await here.store.configure((api()._replace(requirement=Requirement(one_use=True)), ClientGrant("g1", "machine", API, ("read:accounts",))), (), ())
        status, refused = await refresh(here, first["refresh_token"])
        assert (status, refused["error"]) == (403, "mfa_required")
        status, answer = await here.token(grant_type=MFA_OTP, mfa_token=refused["mfa_token"], otp=here.code())
        assert (status, answer["error"]) == (403, "mfa_required")
        machine = {"client_id": "machine", "client_secret": "machine's secret", "grant_type": "client_credentials", "audience": API}
        assert (await here.token(**machine))[1]["error"] == "access_denied"
        here.clock.now += 60
        _, given = await here.exchange(await here.login(here.browser(), audience=API, scope="openid read:accounts"))
        assert claims(given["access_token"])["one_use"]


async def test_a_remembered_browser_is_no_approval() -> None:
    async with world(policies=("all-applications",)) as here:
        await here.person()
        await demanding(here, one_use=True)
        browser = here.browser()
        await here.login(browser, remember=True)
        assert (await here.authorize(browser, audience=API, scope=ONCE)).screen == "mfa-otp-challenge"
        browser.cookies.pop("yett-session")
        page = await browser.submit(await here.authorize(browser, audience=API, scope=ONCE), username="ada@example.test")
        assert (await browser.submit(page, password="secret of ada")).screen == "mfa-otp-challenge"


async def test_under_a_regime_of_payments_it_is_given_for_a_transaction_that_was_said_alone() -> None:
    async with world(regime="psd2") as here:
        await here.person()
        await demanding(here, one_use=True)
        refused = await here.authorize(here.browser(), audience=API, scope=ONCE)
        assert refused.query["error"] == "invalid_authorization_details"


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
