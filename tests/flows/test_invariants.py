"""The invariants of assurance over the whole house: what tokens say, what a refresh may do, what a factor's change costs."""

import asyncio
from typing import Any

import pytest

from tests.world import API, MFA_OTP, MULTI_FACTOR, REALM, World, claims, world

SAID = ("acr", "amr", "auth_time", "sub")
ESSENTIAL = '{"id_token":{"acr":{"essential":true,"value":"%s"}}}'


async def refreshing(w: World, **params: Any) -> tuple[object, dict[str, object], str]:
    """A browser that logged in, the claims of its ID token, and its refresh token."""
    browser = w.browser()
    page = await w.login(browser, scope="openid offline_access", **params)
    _, answer = await w.exchange(page)
    return browser, claims(answer["id_token"]), answer["refresh_token"]


async def refreshed(w: World, token: str, **more: object) -> tuple[int, dict[str, object]]:
    status, answer = await w.token(grant_type="refresh_token", refresh_token=token, **more)
    return status, answer


def same(one: dict[str, object], other: dict[str, object]) -> bool:
    return all(one.get(name) == other.get(name) for name in SAID)


async def test_a_later_step_up_never_upgrades_an_older_token_family() -> None:
    async with world() as w:
        await w.person()
        browser, first, token = await refreshing(w)
        w.clock.now += 60
        await w.prove(browser, await w.authorize(browser, acr_values=MULTI_FACTOR))  # type: ignore[arg-type]
        status, answer = await refreshed(w, token)
        assert status == 200
        assert same(claims(str(answer["id_token"])), first)
        assert first["amr"] == ["pwd"]


async def test_a_refresh_never_raises_or_freshens_the_three_claims() -> None:
    async with world() as w:
        await w.person()
        _, first, token = await refreshing(w, acr_values=MULTI_FACTOR)
        for _ in range(5):
            w.clock.now += 86400
            status, answer = await refreshed(w, token)
            assert status == 200
            token = str(answer["refresh_token"])
            assert same(claims(str(answer["id_token"])), first)


async def test_a_refresh_is_judged_by_the_policy_raised_since_and_mfa_makes_a_new_grant() -> None:
    async with world() as w:
        await w.person()
        _, _, token = await refreshing(w)
        await w.configure(policies=("all-applications",))
        w.clock.now += 1000
        status, answer = await refreshed(w, token)
        assert (status, answer["error"], answer["error_description"]) == (403, "mfa_required", "Multifactor authentication required")
        assert {"type": "otp"} in answer["mfa_requirements"]["challenge"]  # type: ignore[index]
        status, answer = await w.token(grant_type=MFA_OTP, mfa_token=answer["mfa_token"], otp=w.code())
        said = claims(answer["id_token"])
        assert (status, said["amr"]) == (200, ["pwd", "otp", "mfa"])
        assert said["auth_time"] == w.clock.now - 1000


async def test_a_refresh_may_ask_for_more_as_authorize_would_with_prompt_none() -> None:
    async with world() as w:
        await w.person()
        _, _, token = await refreshing(w)
        status, answer = await refreshed(w, token, acr_values=MULTI_FACTOR)
        assert (status, answer["error"]) == (403, "mfa_required")
        w.clock.now += 10
        assert (await refreshed(w, token, max_age="5"))[1]["error"] == "mfa_required"
        assert (await refreshed(w, token, max_age="3600"))[0] == 200


@pytest.mark.parametrize("gone", ["factor", "block", "sign"])
async def test_row_9_a_refresh_ends_with_the_factor_or_the_account_that_it_rests_on(gone: str) -> None:
    async with world() as w:
        account = await w.person()
        _, _, token = await refreshing(w, acr_values=MULTI_FACTOR)
        seen, _ = await w.store.account(account.id)
        if gone == "factor":
            await w.store.unenrol(account.id, ["totp|dev_ada"], w.clock.now, ())
        elif gone == "block":
            assert await w.store.change_account(
                seen, seen._replace(blocked=True, security_version=seen.security_version + 1), (), ends=True, now=w.clock.now, facts=()
            )
        else:
            assert (await w.post("/oauth/revoke", {"client_id": "web", "client_secret": "web's secret", "token": token}))[0] == 200
        status, answer = await refreshed(w, token)
        assert (status, answer["error"]) == (403, "invalid_grant")


async def test_a_refresh_token_shown_again_after_its_leeway_revokes_the_family() -> None:
    async with world() as w:
        await w.person()
        _, _, token = await refreshing(w)
        _, first = await refreshed(w, token)
        w.clock.now += 10
        status, again = await refreshed(w, token)
        assert status == 200
        w.clock.now += 60
        assert (await refreshed(w, token))[1]["error"] == "invalid_grant"
        for newer in (first, again):
            assert (await refreshed(w, str(newer["refresh_token"])))[1]["error"] == "invalid_grant"


async def test_a_code_used_twice_revokes_what_it_gave() -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser(), scope="openid offline_access")
        _, answer = await w.exchange(page)
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 200
        status, said = await w.exchange(page)
        assert (status, said["error"], said["error_description"]) == (403, "invalid_grant", "Invalid authorization code")
        assert (await refreshed(w, answer["refresh_token"]))[1]["error"] == "invalid_grant"
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 401


async def test_one_code_is_redeemed_once_however_many_ask_at_once() -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser())
        answers = await asyncio.gather(*(w.exchange(page) for _ in range(30)))
        assert [status for status, _ in answers].count(200) == 1


async def test_max_age_is_judged_again_when_the_code_is_made() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        w.clock.now += 50
        page = await w.authorize(browser, max_age="60", acr_values=MULTI_FACTOR)
        assert page.screen == "mfa-otp-challenge"
        w.clock.now += 30
        page = await browser.submit(page, code=w.code())
        assert page.screen == "login-password"


@pytest.mark.parametrize("fresh", [{"prompt": "login"}, {"max_age": "0"}])
async def test_only_proofs_of_the_present_attempt_count_where_a_fresh_login_is_asked_for(fresh: dict[str, str]) -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        page = await w.authorize(browser, acr_values=MULTI_FACTOR, **fresh)
        assert page.screen == "login-password"
        page = await browser.submit(page, password="secret of ada")
        assert page.screen == "mfa-otp-challenge"
        _, answer = await w.exchange(await w.prove(browser, page))
        assert claims(answer["id_token"])["auth_time"] >= w.clock.now - 30


@pytest.mark.parametrize("acr", ["phr", "phrh", "urn:unknown"])
async def test_an_essential_acr_that_nothing_can_meet_gives_an_error_and_no_code(acr: str) -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser(), claims=ESSENTIAL % acr)
        assert page.query.get("error") == "unmet_authentication_requirements"
        assert "code" not in page.query
        assert page.query["iss"] == "http://localhost:8000/"


async def test_a_voluntary_acr_that_nothing_can_meet_is_dropped_without_an_api_and_refused_with_one() -> None:
    async with world() as w:
        await w.person()
        _, answer = await w.exchange(await w.login(w.browser(), acr_values="phr"))
        assert "acr" not in claims(answer["id_token"])
        page = await w.login(w.browser(), acr_values="phr", audience=API, scope="openid read:accounts")
        assert page.query["error"] == "unmet_authentication_requirements"


async def test_declining_an_offered_factor_gives_a_code_and_a_demanded_one_access_denied() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await w.login(browser, acr_values=MULTI_FACTOR)
        assert page.screen == "mfa-begin-enroll-options"
        _, answer = await w.exchange(await browser.submit(page, action="skip"))
        assert claims(answer["id_token"])["amr"] == ["pwd"]
        page = await w.login(w.browser(), claims=ESSENTIAL % MULTI_FACTOR)
        assert page.screen in {"mfa-otp-enrollment-qr", "mfa-begin-enroll-options"}
        demanded = w.browser()
        page = await w.login(demanded, claims=ESSENTIAL % MULTI_FACTOR)
        page = await demanded.submit(page, action="skip")
        assert "code" not in page.query
        page = await demanded.submit(page, action="cancel")
        assert page.query["error"] == "access_denied"


@pytest.mark.parametrize("asked", [{"acr_values": MULTI_FACTOR}, {"audience": API, "scope": "openid transfer:funds"}])
async def test_a_remembered_browser_lifts_the_tenants_clause_alone(asked: dict[str, str]) -> None:
    async with world() as w:
        await w.person()
        await w.configure(policies=("all-applications",))
        browser = w.browser()
        await w.login(browser, remember=True)
        browser.cookies.pop("yett-session")
        page = await w.login(browser)
        assert "code" in page.query
        assert (await w.authorize(browser, **asked)).screen == "mfa-otp-challenge"


async def test_a_strict_regime_remembers_no_browser() -> None:
    async with world() as w:
        await w.person()
        await w.configure(policies=("all-applications",))
        browser = w.browser()
        await w.login(browser, remember=True)
        await w.configure(regime="pci-dss-4")
        browser.cookies.pop("yett-session")
        page = await w.authorize(browser)
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada")
        assert page.screen == "mfa-otp-challenge"
        assert "rememberBrowser" not in page.text


async def test_row_10_a_remembered_browsers_token_rotates_and_an_old_copy_revokes_it_and_tells_the_account() -> None:
    async with world() as w:
        await w.person()
        await w.configure(policies=("all-applications",))
        browser = w.browser()
        await w.login(browser, remember=True)
        copied = dict(browser.cookies)
        browser.cookies.pop("yett-session")
        w.clock.now += 100
        assert "code" in (await w.login(browser)).query
        assert browser.cookies["yett-device"] != copied["yett-device"]
        w.clock.now += 61
        thief = w.browser()
        thief.cookies = {"yett-device": copied["yett-device"]}
        await w.authorize(thief)
        assert (await w.mail())[0]["subject"] == "A remembered browser was copied"
        browser.cookies.pop("yett-session")
        page = await w.authorize(browser)
        page = await browser.submit(page, username="ada@example.test")
        assert (await browser.submit(page, password="secret of ada")).screen == "mfa-otp-challenge"


async def test_the_session_id_changes_at_each_level_and_the_one_before_stays_at_its_own_for_a_minute() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        before = dict(browser.cookies)
        await w.prove(browser, await w.authorize(browser, acr_values=MULTI_FACTOR))
        assert browser.cookies["yett-session"] != before["yett-session"]
        tab = w.browser()
        tab.cookies = before
        page = await w.authorize(tab, prompt="none")
        assert "code" in page.query
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd"]
        w.clock.now += 61
        assert (await w.authorize(tab, prompt="none")).query["error"] == "login_required"


async def test_row_5_of_two_first_enrolments_at_once_one_is_the_first() -> None:
    async with world() as w:
        await w.person(totp=False)
        pages = []
        for _ in range(2):
            browser = w.browser()
            page = await w.login(browser, claims=ESSENTIAL % MULTI_FACTOR)
            page = await browser.submit(page, action="totp") if page.screen == "mfa-begin-enroll-options" else page
            w.enrolling(page)
            pages.append((browser, page, w.code()))
        done = await asyncio.gather(*(browser.submit(page, code=code) for browser, page, code in pages))
        _, held = await w.store.account("auth0|ada")
        assert [one.kind for one in held].count("totp") == 1
        assert sum(page.screen == "mfa-recovery-code-enrollment" for page in done) == 1


async def test_row_5_whoever_has_a_factor_shows_it_before_another_is_added() -> None:
    async with world() as w:
        await w.person()
        status, answer = await w.token(grant_type=REALM, username="ada@example.test", password="secret of ada", scope="openid")
        assert status == 200
        assert claims(answer["id_token"])["amr"] == ["pwd"]
        page = await w.login(w.browser(), claims=ESSENTIAL % MULTI_FACTOR)
        assert page.query.get("code")
