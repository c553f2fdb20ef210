"""One gate: every route and every grant is listed here with what stands before it; an unlisted one fails."""

import json
from collections.abc import Awaitable, Callable

import pytest

from tests.flows import passkeys
from tests.flows.mfa import SHEET, challenge, has, sent, start, with_everything
from tests.flows.test_webauthn import key
from tests.world import API, MFA_OOB, MFA_OTP, MFA_RECOVERY, MULTI_FACTOR, PASSWORDLESS, REALM, World, claims, world
from yett.http.management.table import ACCESS
from yett.oauth import token

# What a route may give, and the gate before it: decide (policy.decide), token (one that we gave), client (its authentication), none (it gives nothing).
ROUTES = {
    "/authorize": "decide",
    "/u/email-verification": "token",
    "/u/reset-password": "token",
    "/u/reset-password-request": "none",
    "/dbconnections/signup": "none",
    "/dbconnections/change_password": "none",
    "/u/*": "decide",
    "/account": "decide",
    "/account/log.json": "decide",
    "/account/*": "decide",
    "/lost": "token",
    "/oauth/token": "decide",
    "/mfa/challenge": "none",
    "/mfa/associate": "token",
    "/mfa/authenticators": "token",
    "/mfa/authenticators/*": "token",
    "/passkey/register": "none",
    "/passkey/challenge": "none",
    "/passwordless/start": "none",
    "/userinfo": "token",
    "/guardian/enroll": "token",
    "/me/v1/factors": "token",
    "/me/v1/authentication-methods": "token",
    "/me/v1/authentication-methods/*": "token",
    "/oauth/revoke": "none",
    "/oauth/introspect": "client",
    "/v2/logout": "none",
    "/oidc/logout": "none",
    "/.well-known/openid-configuration": "none",
    "/.well-known/oauth-authorization-server": "none",
    "/.well-known/jwks.json": "none",
    "/.well-known/webauthn": "none",
    "/.well-known/passkey-endpoints": "none",
    "/authenticators/*": "none",
    "/deliveries/*": "none",
    "/forward-auth": "decide",
    "/forward-auth/status": "decide",
    "/forward-auth/start": "decide",
    "/forward-auth/stopped": "none",
    "/.yett/*": "decide",
    "/healthz": "none",
    "/readyz": "none",
    "/metrics": "none",
    "/assets/brand.css": "none",
    "/assets/*": "none",
}

Way = Callable[[World], Awaitable[tuple[bool, str]]]


async def by_page(w: World) -> tuple[bool, str]:
    page = await w.login(w.browser())
    return "code" in page.query, page.query.get("error", page.screen)


async def by_silent_page(w: World) -> tuple[bool, str]:
    page = await w.authorize(w.old, prompt="none")  # type: ignore[attr-defined]
    return "code" in page.query, page.query.get("error", page.screen)


async def by_code(w: World) -> tuple[bool, str]:
    return told(await w.exchange(w.page))  # type: ignore[attr-defined]


async def by_refresh(w: World) -> tuple[bool, str]:
    return told(await w.token(grant_type=token.REFRESH, refresh_token=w.refresh))  # type: ignore[attr-defined]


async def by_password(w: World, grant: str = token.PASSWORD) -> tuple[bool, str]:
    return told(await w.token(grant_type=grant, username="ada@example.test", password="secret of ada", scope="openid"))


async def by_realm(w: World) -> tuple[bool, str]:
    return await by_password(w, REALM)


async def by_otp(w: World) -> tuple[bool, str]:
    return told(await w.token(grant_type=MFA_OTP, mfa_token=w.mfa_token, otp=w.code()))  # type: ignore[attr-defined]


async def by_oob(w: World) -> tuple[bool, str]:
    return told(await w.token(grant_type=MFA_OOB, mfa_token=w.oob_token, oob_code=w.oob_code, binding_code=w.sent))  # type: ignore[attr-defined]


async def by_recovery(w: World) -> tuple[bool, str]:
    return told(await w.token(grant_type=MFA_RECOVERY, mfa_token=w.mfa_token, recovery_code=SHEET[0]))  # type: ignore[attr-defined]


async def by_passwordless(w: World) -> tuple[bool, str]:
    asked = {"username": "ada@example.test", "realm": "email", "otp": w.first_code, "scope": "openid"}  # type: ignore[attr-defined]
    return told(await w.token(grant_type=PASSWORDLESS, **asked))


async def by_passkey(w: World) -> tuple[bool, str]:
    return told(await passkeys.given(w, w.question, passkeys.shown(w.passkey, w.question)))  # type: ignore[attr-defined]


async def by_key(w: World) -> tuple[bool, str]:
    answer = json.dumps(passkeys.shown(w.passkey, w.asked))  # type: ignore[attr-defined]
    return told(await w.token(grant_type=token.WEBAUTHN, mfa_token=w.key_token, authn_response=answer))  # type: ignore[attr-defined]


def told(answer: tuple[int, dict[str, str]]) -> tuple[bool, str]:
    return answer[0] == 200, answer[1].get("error", "")


# client_credentials gives a client a token for itself: no account is in it, so no account's gate either.
WAYS: dict[str, Way | None] = {
    "page": by_page,
    "silent page": by_silent_page,
    token.CODE: by_code,
    token.REFRESH: by_refresh,
    token.PASSWORD: by_password,
    token.PASSWORD_REALM: by_realm,
    token.MFA_OTP: by_otp,
    token.MFA_OOB: by_oob,
    token.MFA_RECOVERY: by_recovery,
    token.PASSWORDLESS: by_passwordless,
    token.WEBAUTHN: by_passkey,
    "a key by the MFA API": by_key,
    token.CLIENT_CREDENTIALS: None,
}


# What is shown here is what a policy that wants more asks for.
PROVE_MORE = {"page", token.MFA_OTP, token.MFA_OOB, token.MFA_RECOVERY, token.WEBAUTHN, "a key by the MFA API"}


async def test_every_route_is_listed_with_its_gate() -> None:
    async with world() as w:
        assert {route.path: route.gate for route in w.app.routes} == ROUTES


def test_every_grant_is_listed_with_its_way_through_the_gate() -> None:
    assert set(token.GRANTS) == set(WAYS) - {"page", "silent page", "a key by the MFA API"}


def test_every_route_of_the_management_api_but_its_own_description_wants_a_scope() -> None:
    assert [route for route, scopes in ACCESS.items() if not scopes] == [("GET", "/openapi.json")]


async def ready(w: World) -> None:
    """What each way needs to begin with, from a time when all was well."""
    await with_everything(w)
    w.old = w.browser()  # type: ignore[attr-defined]
    w.page = await w.login(w.old, scope="openid")  # type: ignore[attr-defined]
    _, answer = await w.exchange(await w.login(w.browser(), scope="openid offline_access"))
    w.refresh = answer["refresh_token"]  # type: ignore[attr-defined]
    asked = {"username": "ada@example.test", "password": "secret of ada", "audience": API, "scope": "openid transfer:funds"}
    _, answer = await w.token(grant_type=REALM, **asked)
    w.mfa_token = answer["mfa_token"]  # type: ignore[attr-defined]
    w.oob_token = (await w.token(grant_type=REALM, **asked))[1]["mfa_token"]  # type: ignore[attr-defined]
    question = await challenge(w, w.oob_token, authenticator_id="email|dev_1")  # type: ignore[attr-defined]
    w.oob_code, w.sent = question["oob_code"], await sent(w)  # type: ignore[attr-defined]
    await start(w)
    w.first_code = await sent(w)  # type: ignore[attr-defined]
    w.passkey = key()  # type: ignore[attr-defined]
    await has(w, passkeys.kept(w.passkey))  # type: ignore[attr-defined]
    await passkeys.allow(w)
    await w.configure(factors={**w.tenant.factors, "email": True, "sms": True, "recovery-code": True})
    _, w.question = await passkeys.challenge(w)  # type: ignore[attr-defined]
    w.key_token = (await w.token(grant_type=REALM, **asked))[1]["mfa_token"]  # type: ignore[attr-defined]
    w.asked = await challenge(w, w.key_token, challenge_type="webauthn")  # type: ignore[attr-defined]


async def block(w: World) -> None:
    seen, _ = await w.store.account("auth0|ada")
    new = seen._replace(blocked=True, security_version=seen.security_version + 1)
    assert await w.store.change_account(seen, new, (), ends=True, now=w.clock.now, facts=())


async def always(w: World) -> None:
    await w.configure(policies=("all-applications",))


async def regime(w: World) -> None:
    await w.configure(regime="nist-aal2")


@pytest.mark.parametrize("way", [name for name, one in WAYS.items() if one])
async def test_each_way_is_open_while_all_is_well(way: str) -> None:
    async with world() as w:
        await ready(w)
        assert (await WAYS[way](w))[0]  # type: ignore[misc]


@pytest.mark.parametrize("way", [name for name, one in WAYS.items() if one])
async def test_row_29_no_way_is_open_to_a_blocked_account(way: str) -> None:
    async with world() as w:
        await ready(w)
        await block(w)
        got, _ = await WAYS[way](w)  # type: ignore[misc]
        assert not got


@pytest.mark.parametrize("stricter", [always, regime])
@pytest.mark.parametrize("way", [name for name, one in WAYS.items() if one and name not in PROVE_MORE])
async def test_row_7_no_way_leads_around_a_policy_that_wants_more(way: str, stricter: Callable[[World], Awaitable[None]]) -> None:
    async with world() as w:
        await ready(w)
        await stricter(w)
        got, error = await WAYS[way](w)  # type: ignore[misc]
        assert not got
        assert error in {"mfa_required", "login_required", "invalid_grant", "mfa-otp-challenge"}


async def test_row_7_pages_asked_for_out_of_turn_lead_to_the_one_that_is_next() -> None:
    async with world() as w:
        await w.person()
        await w.configure(policies=("all-applications",))
        browser = w.browser()
        page = await w.authorize(browser)
        state = page.hidden["state"]
        for screen in ("mfa-otp-challenge", "mfa-recovery-code-enrollment", "mfa-otp-enrollment-qr", "mfa-login-options", "nothing"):
            assert (await browser.get(f"/u/{screen}?state={state}")).screen == "login-id"
            forced = await browser.post(f"/u/{screen}", {**page.hidden, "action": "default", "code": w.code()})
            assert forced.screen == "login-id"
        page = await browser.submit(await browser.submit(page, username="ada@example.test"), password="secret of ada")
        assert page.screen == "mfa-otp-challenge"
        for action in ("skip", "saved", "default", "finish", "recovery-code", "totp|dev_eve"):
            page = await browser.submit(page, action=action, code="")
            assert page.screen == "mfa-otp-challenge"


async def test_the_claims_of_a_machine_say_nothing_of_a_person() -> None:
    async with world() as w:
        from yett.domain.client import ClientGrant

        await w.store.configure((ClientGrant("cgr_1", "machine", API, ("read:accounts",)),), (), ())
        status, answer = await w.token(client_id="machine", client_secret="machine's secret", grant_type=token.CLIENT_CREDENTIALS, audience=API)
        said = claims(answer["access_token"])
        assert (status, said["sub"]) == (200, "machine@clients")
        assert not {"acr", "amr", "auth_time"} & set(said)
        assert MULTI_FACTOR not in str(said)
