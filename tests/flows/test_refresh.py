"""A refresh: facts of the event that the grant came from, judged by what is in force now (design: invariants 1 and 2)."""

from typing import Any

import pytest

from tests.http.browser import Browser
from tests.world import API, MFA_OTP, MULTI_FACTOR, NOW, World, api, claims, essential, world
from yett.domain.requirement import Requirement

OFFLINE = "openid offline_access"
DAY = 86400


async def family(w: World, browser: Browser, **asked: Any) -> dict[str, Any]:
    """The tokens of a login that may be refreshed."""
    _, answer = await w.exchange(await w.login(browser, **{"scope": OFFLINE, **asked}))
    assert answer.get("refresh_token"), answer
    return dict(answer)


async def refreshed(w: World, tokens: dict[str, Any], **asked: str) -> tuple[int, Any]:
    return await w.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], **asked)


def authentication(answer: dict[str, Any], token: str = "id_token") -> dict[str, Any]:
    """The three claims, as far as they are there."""
    said = claims(answer[token])
    return {name: said[name] for name in ("acr", "amr", "auth_time") if name in said}


# --- invariant 1 ------------------------------------------------------------------------------------------------------


async def test_a_refresh_never_raises_nor_freshens_the_claims_of_either_token() -> None:
    async with world() as w:
        await w.person()
        first = await family(w, w.browser(), acr_values=MULTI_FACTOR, audience=API, scope=f"{OFFLINE} transfer:funds")
        tokens = first
        for _ in range(3):
            w.clock.now += DAY
            status, tokens = await refreshed(w, tokens)
            assert status == 200
            assert authentication(tokens) == authentication(first)
            assert authentication(tokens, "access_token") == authentication(first, "access_token")


# --- invariant 2: what is in force now --------------------------------------------------------------------------------


async def test_a_refusal_uses_no_refresh_token_up() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser())
        await w.configure(policies=("all-applications",))
        await refreshed(w, tokens)
        w.clock.now += 600
        await w.configure(policies=())
        assert (await refreshed(w, tokens))[0] == 200


async def test_a_resource_that_demands_more_since_is_judged_as_it_is_now() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser(), audience=API, scope=f"{OFFLINE} read:accounts")
        await w.store.configure((api()._replace(requirement=Requirement((MULTI_FACTOR,))),), (), ())
        status, refused = await refreshed(w, tokens)
        assert (status, refused["error"]) == (403, "mfa_required")


async def test_a_regime_that_was_tightened_since_ends_grants_that_are_older_than_it_allows() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser(), acr_values=MULTI_FACTOR)
        w.clock.now += 2 * DAY
        status, tokens = await refreshed(w, tokens)
        assert status == 200
        await w.configure(regime="pci-dss-4")
        status, refused = await refreshed(w, tokens)
        assert (status, refused["error"]) == (403, "invalid_grant")


@pytest.mark.parametrize("gone", ["totp", "password"])
async def test_an_enrolment_that_is_gone_takes_the_grants_with_it_that_rest_on_it(gone: str) -> None:
    async with world() as w:
        account = await w.person()
        weak = await family(w, w.browser())
        strong = await family(w, w.browser(), acr_values=MULTI_FACTOR)
        one = next(one.id for one in (await w.store.account(account.id))[1] if one.kind == gone)
        await w.store.unenrol(account.id, [one], w.clock.now, ())
        status, refused = await refreshed(w, strong)
        assert (status, refused["error"]) == (403, "invalid_grant")
        assert (await refreshed(w, weak))[0] == (200 if gone == "totp" else 403)


async def test_a_blocked_account_has_no_grants() -> None:
    async with world() as w:
        account = await w.person()
        tokens = await family(w, w.browser())
        blocked = account._replace(blocked=True, security_version=2)
        # Without ending them: so that it is the gate that says no.
        assert await w.store.change_account(account, blocked, (), ends=False, now=w.clock.now, facts=())
        status, refused = await refreshed(w, tokens)
        assert (status, refused["error"]) == (403, "invalid_grant")


async def test_a_password_that_was_set_anew_ends_the_grants_that_rest_on_the_old_one() -> None:
    async with world() as w:
        account = await w.person()
        tokens = await family(w, w.browser())
        old = next(one for one in (await w.store.account(account.id))[1] if one.kind == "password")
        anew = old._replace(generation=2, state=old.state._replace(secret=b"plain:another"))
        assert await w.store.change_account(account, account._replace(security_version=2), (anew,), ends=False, now=w.clock.now, facts=())
        told = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
        assert await refreshed(w, tokens) == (403, told), "nothing will ever make this grant good again: SDKs log in anew"


async def test_the_waiver_of_a_remembered_browser_is_kept_and_lifts_no_more_than_it_did() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, remember=True)
        browser.cookies.pop("yett-session")
        tokens = await family(w, browser)
        assert authentication(tokens)["amr"] == ["pwd"]
        status, tokens = await refreshed(w, tokens)
        assert status == 200
        status, refused = await refreshed(w, tokens, acr_values=MULTI_FACTOR)
        assert (status, refused["error"]) == (403, "mfa_required")
        await w.configure(regime="psd2")
        assert (await refreshed(w, tokens))[0] == 403


async def test_the_requests_own_max_age_and_prompt_are_not_judged_again() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser(), max_age="60", prompt="login")
        w.clock.now += DAY
        assert (await refreshed(w, tokens))[0] == 200


async def test_the_requests_own_essential_acr_is() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser(), claims=essential(MULTI_FACTOR))
        w.clock.now += DAY
        assert (await refreshed(w, tokens))[0] == 200
        # As if the authenticator had been suspended: its proof counts no longer.
        account, has = await w.store.account("auth0|ada")
        one = next(one for one in has if one.kind == "totp")
        suspended = one._replace(status="suspended")
        assert await w.store.change_account(account, account._replace(security_version=9), (suspended,), ends=False, now=w.clock.now, facts=())
        status, refused = await refreshed(w, tokens)
        assert (status, refused["error"]) == (403, "mfa_required")


# --- invariant 2: what the refresh itself asks ------------------------------------------------------------------------


async def test_acr_values_in_a_refresh_want_a_step_up_and_what_follows_is_a_new_grant_with_a_truthful_time() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser(), audience=API, scope=f"{OFFLINE} read:accounts")
        w.clock.now += 5000
        status, refused = await refreshed(w, tokens, acr_values=MULTI_FACTOR)
        assert (status, refused["error"], refused["error_description"]) == (403, "mfa_required", "Multifactor authentication required")
        status, raised = await w.token(grant_type=MFA_OTP, mfa_token=refused["mfa_token"], otp=w.code())
        assert status == 200
        assert authentication(raised) == {"acr": MULTI_FACTOR, "amr": ["pwd", "otp", "mfa"], "auth_time": NOW}
        assert claims(raised["access_token"])["scope"].split() == ["openid", "offline_access", "read:accounts"]
        _, old = await refreshed(w, tokens)
        assert authentication(old) == authentication(tokens)


async def test_max_age_in_a_refresh_counts_what_is_young_enough_and_no_more() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        w.clock.now += 250
        tokens = await family(w, browser, acr_values=MULTI_FACTOR)
        assert (await refreshed(w, tokens, max_age="3600"))[0] == 200
        w.clock.now = NOW + 400
        status, refused = await refreshed(w, tokens, max_age="300")
        assert (status, refused["error"]) == (403, "mfa_required")
        assert refused["mfa_requirements"] == {"challenge": []}, "a code is no password, and the password is too old"
        for path in ("/mfa/challenge", "/oauth/token"):
            shown = {"grant_type": MFA_OTP, "client_id": "web", "client_secret": "web's secret", "mfa_token": refused["mfa_token"], "otp": w.code()}
            status, answer = await w.post(path, shown)
            assert (status, answer["error"]) == (400, "login_required")


async def test_max_age_in_a_refresh_with_a_password_that_is_young_and_a_code_that_is_not() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        w.clock.now += 1000
        page = await w.authorize(browser, max_age="60", scope=OFFLINE)
        _, tokens = await w.exchange(await browser.submit(page, password="secret of ada"))
        typed = w.clock.now
        w.clock.now += 100
        assert (await refreshed(w, tokens, max_age="300"))[0] == 200
        status, refused = await refreshed(w, tokens, max_age="300", acr_values=MULTI_FACTOR)
        assert (status, refused["error"]) == (403, "mfa_required")
        status, raised = await w.token(grant_type=MFA_OTP, mfa_token=refused["mfa_token"], otp=w.code())
        assert status == 200
        assert authentication(raised) == {"acr": MULTI_FACTOR, "amr": ["pwd", "otp", "mfa"], "auth_time": typed}


async def test_max_age_of_zero_in_a_refresh_counts_nothing_that_was_proven_before() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser(), acr_values=MULTI_FACTOR)
        status, refused = await refreshed(w, tokens, max_age="0")
        assert (status, refused["error"], refused["error_description"]) == (403, "mfa_required", "Multifactor authentication required")
        plain = await family(w, w.browser())
        assert (await refreshed(w, plain, max_age="0"))[1]["error"] == "mfa_required", "with this word spa-js opens its popup, where a login can begin"


async def test_a_malformed_wish_in_a_refresh_is_an_error_and_not_ignored() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser())
        for wrong in ("-1", "soon", "1e3", "99999999999"):
            status, refused = await refreshed(w, tokens, max_age=wrong)
            assert (status, refused["error"]) == (400, "invalid_request")


# --- lifetimes --------------------------------------------------------------------------------------------------------


async def test_no_access_token_outlives_the_acr_lifetime_of_its_scopes() -> None:
    async with world() as w:
        await w.person()
        await w.store.configure((api()._replace(scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,), lifetime=600)}),), (), ())
        browser = w.browser()
        tokens = await family(w, browser, audience=API, scope=f"{OFFLINE} read:accounts transfer:funds")
        since = claims(tokens["access_token"])["auth_time"]
        assert claims(tokens["access_token"])["exp"] == since + 600
        w.clock.now = since + 400
        _, tokens = await refreshed(w, tokens)
        assert claims(tokens["access_token"])["exp"] == since + 600
        w.clock.now = since + 600
        _, tokens = await refreshed(w, tokens)
        assert claims(tokens["access_token"])["scope"] == "openid offline_access read:accounts"
        assert claims(tokens["access_token"])["exp"] == w.clock.now + 86400
        status, refused = await refreshed(w, tokens, scope="transfer:funds")
        assert (status, refused["error"]) == (403, "mfa_required")


async def test_a_grant_and_its_tokens_end_with_the_session_under_a_strict_regime() -> None:
    async with world(regime="nist-aal2") as w:
        await w.person()
        tokens = await family(w, w.browser(), audience=API, scope=f"{OFFLINE} read:accounts")
        ends = (await w.store.sessions("auth0|ada", w.clock.now))[0].ends_at
        w.clock.now = ends - 100
        _, tokens = await refreshed(w, tokens)
        assert claims(tokens["access_token"])["exp"] <= ends
        w.clock.now = ends
        assert (await refreshed(w, tokens))[0] == 403


# --- whose it is ------------------------------------------------------------------------------------------------------


async def test_another_client_cannot_use_a_refresh_token_nor_revoke_it() -> None:
    async with world() as w:
        await w.person()
        tokens = await family(w, w.browser())
        other = {"client_id": "other", "client_secret": "other's secret"}
        status, refused = await refreshed(w, tokens, **other)
        assert (status, refused["error"]) == (403, "invalid_grant")
        assert (await w.post("/oauth/revoke", {"token": tokens["refresh_token"], **other}))[0] == 200
        assert (await refreshed(w, tokens))[0] == 200
