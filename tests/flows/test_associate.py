"""The MFA API: authenticators are added, listed and removed, with an mfa_token or an access token of its own (attacks: rows 4 to 6)."""

import asyncio
import re
from typing import Any

import pytest

from tests.flows.mfa import BOTH, NUMBER, access, associate, has, listed, mfa_token, oob, remove, required, sent, sheet, with_everything
from tests.flows.test_mfa_oob import recover
from tests.world import API, ISSUER, MFA_OTP, MULTI_FACTOR, World, claims, world

ALWAYS = ("all-applications",)
ENROLLED = {"error": "access_denied", "error_description": "User is already enrolled"}


async def by_app(w: World, token: str, answer: dict[str, Any], **more: str) -> tuple[int, Any]:
    """The code of an app that has read the key."""
    from base64 import b32decode

    secret = answer["secret"]
    w.secrets["ada"] = b32decode(secret + "=" * (-len(secret) % 8))
    return await w.token(grant_type=MFA_OTP, mfa_token=token, otp=w.code(), **more)


async def everything_on(w: World) -> None:
    await w.configure(factors={**w.tenant.factors, "sms": True}, factor_settings=BOTH)


async def test_an_authenticator_app_is_enrolled_with_an_mfa_token_and_recovery_codes_come_along() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        token = await mfa_token(w)
        status, answer = await associate(w, token, authenticator_types=["otp"])
        assert status == 200
        assert answer["authenticator_type"] == "otp"
        assert re.fullmatch(r"otpauth://totp/.+secret=" + answer["secret"] + r".*", answer["barcode_uri"])
        assert len(answer["recovery_codes"]) == 10
        assert [(one["id"], one["active"]) for one in await listed(w, token)] == [(answer["id"], False)]
        status, wrong = await w.token(grant_type=MFA_OTP, mfa_token=token, otp="000000x")
        assert (status, wrong) == (403, {"error": "invalid_grant", "error_description": "Invalid otp_code."})
        status, tokens = await by_app(w, token, answer)
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["pwd", "otp", "mfa"])
        w.clock.now += 30
        later = await mfa_token(w)
        assert [(one["id"], one["active"]) for one in await listed(w, later) if one["type"] == "otp"] == [(answer["id"], True)]
        assert (await recover(w, later, answer["recovery_codes"][3]))[0] == 200
        assert [one["subject"] for one in await w.mail() if "added" in one["subject"].lower()]


@pytest.mark.parametrize("channel, amr", [("sms", "sms"), ("voice", "tel"), ("email", "email")])
async def test_a_destination_is_enrolled_by_the_code_that_it_is_sent(channel: str, amr: str) -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await everything_on(w)
        token = await mfa_token(w)
        asked = {"email": "ada@home.test"} if channel == "email" else {"phone_number": NUMBER}
        status, answer = await associate(w, token, authenticator_types=["oob"], oob_channels=[channel], **asked)
        assert (status, answer["authenticator_type"], answer["oob_channel"], answer["binding_method"]) == (200, "oob", channel, "prompt")
        assert len(answer["recovery_codes"]) == 10
        assert (await oob(w, token, answer["oob_code"], "x"))[1]["error_description"] == "Invalid binding_code."
        status, tokens = await oob(w, token, answer["oob_code"], await sent(w))
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["pwd", amr, "mfa"])
        assert (await oob(w, token, answer["oob_code"], await sent(w)))[0] == 403


async def test_a_number_is_listed_as_a_pair_and_both_go_together() -> None:
    async with world() as w:
        await with_everything(w)
        token = (await access(w))["access_token"]
        found = await listed(w, token)
        channel = {"oob_channel": "sms", "oob_channels": ["sms"], "name": "•••• 5678"}
        assert {"id": "sms|dev_1", "authenticator_type": "oob", "type": "phone", "active": True, **channel} in found
        assert [one["id"] for one in found] == ["totp|dev_ada", "sms|dev_1", "voice|dev_1", "email|dev_1", "recovery-code|dev_ada"]
        assert await remove(w, token, "voice%7Cdev_1") == (204, "")
        assert [one["type"] for one in await listed(w, token)] == ["otp", "email", "recovery-code"]
        assert (await remove(w, token, "sms%7Cdev_1"))[0] == 404


async def test_a_second_authenticator_is_added_with_an_access_token_of_a_fresh_login_and_by_no_other() -> None:
    async with world() as w:
        await with_everything(w)
        token = (await access(w))["access_token"]
        said = claims(token)
        assert (said["exp"] - said["iat"], said["acr"]) == (600, MULTI_FACTOR)
        status, answer = await associate(w, token, authenticator_types=["oob"], oob_channels=["email"], email="ada@home.test")
        assert (status, "recovery_codes" in answer) == (200, False)
        assert [one["active"] for one in await listed(w, token) if one["id"] == answer["id"]] == [False]
        status, tokens = await oob(w, token, answer["oob_code"], await sent(w))
        assert (status, claims(tokens["access_token"])["scope"]) == (200, said["scope"])
        assert len([one for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email"]) == 2
        assert (await oob(w, token, answer["oob_code"], await sent(w)))[0] != 200
        w.clock.now += 301
        status, answer = await associate(w, token, authenticator_types=["otp"])
        assert (status, answer["error"], answer["max_age"]) == (401, "insufficient_user_authentication", 300)


async def test_row_5_with_the_password_alone_nothing_is_added_to_an_account_that_has_a_factor() -> None:
    """CVE-2026-37982, CVE-2019-16766: by an mfa_token, by a token of a weaker login, and by what was begun before."""
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await everything_on(w)
        first, second = await mfa_token(w), await mfa_token(w)
        _, early = await associate(w, second, authenticator_types=["otp"])
        _, answer = await associate(w, first, authenticator_types=["otp"])
        assert (await by_app(w, first, answer))[0] == 200
        w.clock.now += 30
        for asked in ({"authenticator_types": ["otp"]}, {"authenticator_types": ["oob"], "oob_channels": ["sms"], "phone_number": NUMBER}):
            assert await associate(w, await mfa_token(w), **asked) == (403, ENROLLED)
        assert await by_app(w, second, early) == (403, ENROLLED), "what was begun before is decided again"
        assert len([one for one in (await w.store.account("auth0|ada"))[1] if one.kind == "totp"]) == 1


async def test_row_5_two_first_enrolments_at_once_make_one() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await everything_on(w)
        tokens = [await mfa_token(w) for _ in range(4)]
        named = [
            await associate(w, token, authenticator_types=["oob"], oob_channels=["sms"], phone_number=f"+491761234567{n}") for n, token in enumerate(tokens)
        ]
        codes = {one["to"]: one["data"]["code"] for one in await w.mail()}
        w.all_have_read(4)
        answers = await asyncio.gather(*(oob(w, token, named[n][1]["oob_code"], codes[f"+491761234567{n}"]) for n, token in enumerate(tokens)))
        assert sorted(status for status, _ in answers) == [200, 403, 403, 403]
        assert len([one for one in (await w.store.account("auth0|ada"))[1] if one.kind == "phone"]) == 1


async def test_row_6_nothing_is_removed_with_an_mfa_token_nor_by_a_login_that_is_weak_or_old() -> None:
    """CVE-2026-3429."""
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        status, told = await remove(w, await mfa_token(w), "totp|dev_ada")
        assert (status, told.partition(",")[0]) == (403, 'Bearer error="insufficient_scope"')
        token = (await access(w))["access_token"]
        w.clock.now += 301
        status, told = await remove(w, token, "totp|dev_ada")
        assert status == 401
        assert told.endswith(f'acr_values="{MULTI_FACTOR}", max_age="300"')
        assert "totp" in {one.kind for one in (await w.store.account("auth0|ada"))[1]}


async def test_an_implicit_mailbox_is_listed_and_stays() -> None:
    async with world() as w:
        await w.person(verified=True)
        token = (await access(w))["access_token"]
        (mailbox,) = [one for one in await listed(w, token) if one["type"] == "email"]
        assert (mailbox["active"], mailbox["oob_channels"]) == (True, ["email"])
        status, _ = await remove(w, token, mailbox["id"])
        assert status == 403
        assert mailbox["id"] in {one["id"] for one in await listed(w, token)}


async def test_whoever_has_a_mailbox_alone_is_given_the_token_without_a_challenge_and_may_enrol() -> None:
    async with world() as w:
        await w.person(totp=False, verified=True)
        token = (await access(w))["access_token"]
        assert claims(token)["amr"] == ["pwd"]
        status, answer = await associate(w, token, authenticator_types=["otp"])
        assert (status, len(answer["recovery_codes"])) == (200, 10)
        assert (await by_app(w, token, answer))[0] == 200


async def test_a_remembered_browser_is_not_enough_for_the_mfa_api() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, remember=True)
        w.clock.now += 200 * 3600
        page = await w.authorize(browser, audience=f"{ISSUER}mfa/")
        page = await browser.submit(page, username="ada@example.test") if page.screen == "login-id" else page
        assert (await browser.submit(page, password="secret of ada")).screen == "mfa-otp-challenge"


async def test_a_token_of_the_mfa_api_is_refreshed_for_ten_minutes_at_a_time() -> None:
    async with world() as w:
        await w.person()
        answer = await access(w, "offline_access enroll read:authenticators")
        w.clock.now += 3600
        status, again = await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
        assert (status, again["expires_in"]) == (200, 600)
        assert len(await listed(w, again["access_token"])) >= 1
        status, refused = await associate(w, again["access_token"], authenticator_types=["oob"], oob_channels=["email"], email="x@home.test")
        assert (status, refused["error"]) == (401, "insufficient_user_authentication"), "a refresh freshens nothing"


@pytest.mark.parametrize("bearer", ["", "Basic x", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer a.1.b", "bearer a.99999999999.b"])
async def test_no_other_bearer_opens_this_door(bearer: str) -> None:
    async with world() as w:
        await w.person()
        headers = {"authorization": bearer} if bearer else {}
        for path, body in (("/mfa/authenticators", None), ("/mfa/associate", {"authenticator_types": ["otp"]})):
            status, answer = await (w.get(path, **headers) if body is None else w.post(path, body, as_json=True, **headers))
            assert status in {401, 403}
            assert answer["error"] in {"invalid_token", "invalid_grant", "expired_token"}


async def test_row_4_tokens_of_other_apis_and_scopes_are_not_believed_and_an_mfa_token_is_no_access_token() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        mfa = await mfa_token(w)
        for path in ("/userinfo", "/me/v1/factors", "/api/v2/users"):
            assert (await w.get(path, authorization=f"Bearer {mfa}"))[0] in {401, 403}
        _, other = await w.exchange(await w.login(w.browser(), audience=API, scope="openid read:accounts"))
        for token in (other["access_token"], other["id_token"]):
            assert (await w.get("/mfa/authenticators", authorization=f"Bearer {token}"))[0] == 401
        w.clock.now += 30
        narrow = (await access(w, "read:authenticators"))["access_token"]
        assert (await associate(w, narrow, authenticator_types=["otp"]))[0] == 403
        assert (await remove(w, narrow, "sms|dev_1"))[0] == 403
        answer = await w.token(grant_type=MFA_OTP, mfa_token=narrow, otp=w.code())
        assert answer[0] == 403
        w.clock.now += 600
        assert (await w.get("/mfa/authenticators", authorization=f"Bearer {narrow}"))[0] == 401


async def test_a_token_of_a_grant_that_is_gone_or_of_a_blocked_account_is_not_believed() -> None:
    async with world() as w:
        account = await w.person()
        token = (await access(w))["access_token"]
        seen, _ = await w.store.account(account.id)
        assert await w.store.change_account(seen, seen._replace(blocked=True, security_version=9), (), ends=True, now=w.clock.now, facts=())
        assert (await w.get("/mfa/authenticators", authorization=f"Bearer {token}"))[0] == 401


async def test_an_access_token_completes_an_enrolment_for_its_own_client_alone() -> None:
    async with world() as w:
        await w.person(totp=False, verified=True)
        token = (await access(w))["access_token"]
        _, answer = await associate(w, token, authenticator_types=["otp"])
        status, refused = await by_app(w, token, answer, client_id="other", client_secret="other's secret")
        assert (status, refused["error_description"]) == (400, "mfa_token not issued to this client")
        assert (await by_app(w, token, answer))[0] == 200


@pytest.mark.parametrize(
    "asked, status, description",
    [
        ({}, 400, "Missing required parameter: authenticator_types"),
        ({"authenticator_types": ["oob"]}, 400, "Missing required parameter: oob_channels"),
        ({"authenticator_types": ["oob"], "oob_channels": ["auth0"]}, 400, "Unsupported authenticator_types or oob_channels."),
        ({"authenticator_types": ["webauthn"]}, 400, "Unsupported authenticator_types or oob_channels."),
        ({"authenticator_types": ["recovery-code"]}, 400, "Unsupported authenticator_types or oob_channels."),
        ({"authenticator_types": ["oob"], "oob_channels": ["sms"]}, 400, "Missing required parameter: phone_number"),
        ({"authenticator_types": ["oob"], "oob_channels": ["sms"], "phone_number": "hello"}, 400, "Invalid phone_number."),
        ({"authenticator_types": ["oob"], "oob_channels": ["email"], "email": "hello"}, 400, "Invalid email."),
        ({"authenticator_types": ["oob"], "oob_channels": ["sms"], "phone_number": "+23276123456"}, 403, "Codes are not sent to this destination."),
        ({"authenticator_types": 7}, 400, "authenticator_types must be a list of texts."),
        ({"authenticator_types": ["otp"], "email": ["x"]}, 400, "email must be text."),
        ({"authenticator_types": ["otp"] * 11}, 400, "authenticator_types must be a list of texts."),
    ],
)
async def test_what_cannot_be_enrolled_is_told_so(asked: dict[str, object], status: int, description: str) -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await everything_on(w)
        told = await associate(w, await mfa_token(w), **asked)
        assert (told[0], told[1]["error_description"]) == (status, description)


async def test_a_factor_that_is_switched_off_is_not_enrolled_and_forms_are_not_read() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        token = await mfa_token(w)
        status, answer = await associate(w, token, authenticator_types=["oob"], oob_channels=["sms"], phone_number=NUMBER)
        assert (status, answer["error"]) == (400, "invalid_request")
        assert (await w.post("/mfa/associate", {"authenticator_types": "otp"}, authorization=f"Bearer {token}"))[0] == 415


async def test_a_strict_regime_wants_the_address_first() -> None:
    async with world(regime="pci-dss-4", policies=ALWAYS) as w:
        await w.person(totp=False)
        status, answer = await w.token(grant_type="password", username="ada@example.test", password="secret of ada", scope="openid")
        assert (status, answer["error"]) == (403, "access_denied")
        assert answer["error_description"] == "Please verify your email before logging in."


async def test_guesses_at_the_code_of_an_enrolment_are_few() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await everything_on(w)
        token = await mfa_token(w)
        _, answer = await associate(w, token, authenticator_types=["oob"], oob_channels=["sms"], phone_number=NUMBER)
        code = await sent(w)
        for _ in range(10):
            assert (await oob(w, token, answer["oob_code"], "x"))[0] == 403
        assert (await oob(w, token, answer["oob_code"], code))[0] == 403, "ten wrong ones, and the question is void"


async def test_whoever_has_recovery_codes_left_is_enrolled() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await everything_on(w)
        await has(w, sheet())
        answer = await required(w)
        assert answer["mfa_requirements"] == {"challenge": [{"type": "recovery-code"}]}
        told = await associate(w, answer["mfa_token"], authenticator_types=["otp"])
        assert told == (403, ENROLLED)


async def test_row_5_under_a_strict_regime_an_mfa_token_of_before_enrols_nothing_until_the_address_is_confirmed() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        token = await mfa_token(w)
        await w.configure(regime="nist-aal2")
        status, refused = await associate(w, token, authenticator_types=["otp"])
        assert (status, refused["error"]) == (403, "access_denied")
        assert refused != ENROLLED
