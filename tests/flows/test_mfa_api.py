"""The MFA API: what holds an attempt, for whom, how long, and what it can be turned into."""

import json
from typing import Any

import pytest

from tests.world import API, MFA_OTP, MULTI_FACTOR, REALM, World, claims, otp, world
from yett.domain.enrolment import Enrolment, State

OTHER = {"client_id": "other", "client_secret": "other's secret"}


async def required(w: World, name: str = "ada", **asked: str) -> dict[str, Any]:
    """What the right password alone is told."""
    status, answer = await w.token(grant_type=REALM, username=f"{name}@example.test", password=f"secret of {name}", **{"scope": "openid", **asked})
    assert (status, answer["error"], answer["error_description"]) == (403, "mfa_required", "Multifactor authentication required")
    return dict(answer)


async def prove(w: World, token: str, code: str, **more: str) -> tuple[int, Any]:
    return await w.token(grant_type=MFA_OTP, mfa_token=token, otp=code, **more)


async def challenge(w: World, token: str, **more: str) -> tuple[int, Any]:
    return await w.post("/mfa/challenge", {"client_id": "web", "client_secret": "web's secret", "mfa_token": token, **more}, as_json=True)


async def test_a_challenge_is_of_a_kind_that_the_account_can_meet() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        token = (await required(w))["mfa_token"]
        for asked in ({}, {"challenge_type": "otp"}, {"challenge_type": "oob otp"}):
            assert await challenge(w, token, **asked) == (200, {"challenge_type": "otp"})
        status, answer = await challenge(w, token, challenge_type="oob")
        assert (status, answer["error"]) == (401, "unsupported_challenge_type")
        assert answer["error_description"] == "The user does not support the requested challenge type (oob). Supported type: otp."


async def test_whoever_has_no_factor_is_told_to_enrol_one_and_gets_nothing_else() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person(totp=False)
        answer = await required(w)
        assert answer["mfa_requirements"] == {"enroll": [{"type": "otp"}, {"type": "email"}]}
        told = {"error": "unsupported_challenge_type", "error_description": "User is not enrolled with guardian"}
        assert await challenge(w, answer["mfa_token"], challenge_type="otp") == (401, told)
        assert await prove(w, answer["mfa_token"], "123456") == (401, told)


async def test_row_4_a_challenge_wants_the_client_that_the_token_was_given_to() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        token = (await required(w))["mfa_token"]
        status, answer = await challenge(w, token, **OTHER)
        assert (status, answer["error_description"]) == (400, "mfa_token not issued to this client")
        status, answer = await challenge(w, token, client_secret="wrong")
        assert (status, answer["error"]) == (401, "invalid_client")
        for wrong in ("x", token[:-1], token + "A", token.replace(".", "")):
            assert (await challenge(w, wrong))[1]["error_description"] == "Malformed mfa_token"
        assert await challenge(w, "") == (400, {"error": "invalid_request", "error_description": "Missing required parameter: mfa_token"})


async def test_an_mfa_token_survives_refusals_and_is_consumed_by_the_grant_that_succeeds() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        token = (await required(w))["mfa_token"]
        for _ in range(3):
            assert (await prove(w, token, "000000"))[0] == 403
        status, answer = await prove(w, token, w.code())
        assert status == 200
        assert claims(answer["id_token"])["amr"] == ["pwd", "otp", "mfa"]
        w.clock.now += 30
        assert (await prove(w, token, w.code()))[1]["error_description"] == "Malformed mfa_token"
        assert (await challenge(w, token))[1]["error_description"] == "Malformed mfa_token"


@pytest.mark.parametrize("regime, lives", [("auth0", 600), ("nist-aal2", 600), ("psd2", 300)])
async def test_an_mfa_token_lives_ten_minutes_or_as_long_as_the_regime_lets_an_attempt(regime: str, lives: int) -> None:
    async with world(policies=("all-applications",), regime=regime) as w:
        await w.person()
        token = (await required(w))["mfa_token"]
        w.clock.now += lives - 1
        assert (await challenge(w, token))[0] == 200
        w.clock.now += 1
        status, answer = await prove(w, token, w.code())
        assert (status, answer["error"], answer["error_description"]) == (403, "expired_token", "mfa_token is expired")


async def test_an_mfa_token_is_bound_to_scope_and_audience_whatever_is_sent_with_it() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        token = (await required(w, scope="openid read:accounts", audience=API))["mfa_token"]
        status, answer = await prove(w, token, w.code(), scope="openid transfer:funds", audience="https://elsewhere.example/")
        assert status == 200
        said = claims(answer["access_token"])
        assert said["scope"] == "openid read:accounts"
        assert API in said["aud"]


async def test_a_token_is_of_no_use_after_the_password_was_changed_or_the_account_blocked() -> None:
    """Row 4: a token after a password change."""
    for blocked in (False, True):
        async with world(policies=("all-applications",)) as w:
            account = await w.person()
            token = (await required(w))["mfa_token"]
            old = next(one for one in (await w.store.account(account.id))[1] if one.kind == "password")
            put = () if blocked else (old._replace(generation=2),)
            new = account._replace(security_version=2, blocked=blocked)
            assert await w.store.change_account(account, new, put, ends=True, now=w.clock.now, facts=())
            status, answer = await prove(w, token, w.code())
            assert status != 200
            assert "access_token" not in answer
            status, answer = await w.get("/mfa/authenticators", authorization=f"Bearer {token}")
            assert (status, answer["error"]) == ((403, "access_denied") if blocked else (400, "login_required"))


async def test_several_authenticators_are_compared_for_one_try_of_the_account_and_one_of_each() -> None:
    async with world(policies=("all-applications",)) as w:
        account = await w.person()
        terms = json.dumps({"algorithm": "SHA1", "digits": 6, "period": 30}).encode()
        second = Enrolment("totp|dev_second", account.id, "totp", State(b"another key, of hers", terms))
        assert await w.store.change_account(account, account._replace(security_version=2), (second,), ends=False, now=w.clock.now, facts=())
        answer = await required(w)
        assert answer["mfa_requirements"] == {"challenge": [{"type": "otp"}]}
        await prove(w, answer["mfa_token"], "000000")
        after, has = await w.store.account(account.id)
        assert [one.failures for one in has if one.kind == "totp"] == [1, 1]
        assert after.paced_at == w.clock.now + 120
        code = otp(second.state.secret, w.clock.now // 30)
        assert (await prove(w, answer["mfa_token"], code))[0] == 200
        assert [one.failures for one in (await w.store.account(account.id))[1] if one.id == second.id] == [0]
        assert (await prove(w, (await required(w))["mfa_token"], code))[0] == 403


async def test_a_client_without_the_grant_cannot_use_it() -> None:
    async with world() as w:
        await w.person()
        for grant in (REALM, "password", MFA_OTP, "client_credentials"):
            asked = {"username": "ada@example.test", "password": "secret of ada", "mfa_token": "a.1.b", "otp": "1", "audience": API}
            status, answer = await w.post("/oauth/token", {"client_id": "spa", "grant_type": grant, **asked})
            assert (status, answer["error"]) == (403, "unauthorized_client")


async def test_a_realm_that_is_none_of_ours_logs_nobody_in() -> None:
    async with world() as w:
        await w.person()
        asked = {"grant_type": REALM, "username": "ada@example.test", "password": "secret of ada"}
        assert await w.token(**asked, realm="other") == (400, {"error": "invalid_request", "error_description": "The connection is not enabled."})
        assert (await w.token(**asked, realm="Username-Password-Authentication"))[0] == 200


async def test_an_acr_of_the_resource_is_demanded_here_too() -> None:
    async with world() as w:
        await w.person()
        token = (await required(w, scope="openid transfer:funds", audience=API))["mfa_token"]
        _, answer = await prove(w, token, w.code())
        assert claims(answer["access_token"])["acr"] == MULTI_FACTOR
