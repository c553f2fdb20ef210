"""The MFA API: codes that are sent, by whatever they travel through, and recovery codes (attacks: rows 1, 4, 14)."""

import asyncio
import json

import pytest

from tests.flows.mfa import SHEET, challenge, challenged, email, has, mfa_token, oob, phone, required, sent, sheet, with_everything
from tests.world import MFA_OOB, MFA_OTP, MFA_RECOVERY, World, claims, world

ALWAYS = ("all-applications",)


async def recover(w: World, token: str, code: str) -> tuple[int, dict[str, object]]:
    return await w.token(grant_type=MFA_RECOVERY, mfa_token=token, recovery_code=code)


@pytest.mark.parametrize("authenticator, amr", [("sms|dev_1", "sms"), ("voice|dev_1", "tel"), ("email|dev_1", "email")])
async def test_a_code_is_sent_by_the_channel_that_is_asked_for_and_gives_tokens(authenticator: str, amr: str) -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        answer = await challenge(w, token, challenge_type="oob", authenticator_id=authenticator)
        assert answer == {"challenge_type": "oob", "oob_code": answer["oob_code"], "binding_method": "prompt"}
        assert (await w.mail())[0]["channel"] == authenticator.partition("|")[0]
        status, tokens = await oob(w, token, answer["oob_code"], await sent(w))
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["pwd", amr, "mfa"])
        assert "recovery_code" not in tokens


async def test_the_log_says_what_was_exchanged_for_tokens_and_what_was_not() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        assert (await w.token(grant_type=MFA_OTP, mfa_token=token, otp="12345"))[0] == 403
        assert (await recover(w, token, "A" * 24))[0] == 403
        named = (await challenge(w, token, challenge_type="oob"))["oob_code"]
        assert (await oob(w, token, named, "000000x"))[0] == 403
        assert (await oob(w, token, named, await sent(w)))[0] == 200
        assert (await w.token(grant_type=MFA_OTP, mfa_token=await mfa_token(w), otp=w.code()))[0] == 200
        assert (await recover(w, await mfa_token(w), SHEET[0]))[0] == 200
        exchanges = [one.type for one in await w.facts() if one.type[:2] in {"se", "fe"} and one.type != "sepft"]
        assert sorted(exchanges) == ["feoobft", "feotpft", "fercft", "seoobft", "seotpft", "sercft"]


async def test_a_challenge_goes_to_the_strongest_that_the_client_understands() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        answer = await required(w)
        assert answer["mfa_requirements"] == {"challenge": [{"type": "otp"}, {"type": "phone"}, {"type": "email"}, {"type": "recovery-code"}]}
        token = answer["mfa_token"]
        assert await challenge(w, token) == {"challenge_type": "otp"}
        assert await challenge(w, token, challenge_type="oob otp") == {"challenge_type": "otp"}
        assert (await challenge(w, token, challenge_type="oob"))["challenge_type"] == "oob"
        assert (await w.mail())[0]["channel"] == "sms"
        await challenge(w, token, challenge_type="oob", oob_channel="voice")
        assert (await w.mail())[0]["channel"] == "voice"
        await challenge(w, token, challenge_type="oob", oob_channel="email")
        assert (await w.mail())[0]["to"] == "ada@example.test"


async def test_an_authenticator_that_is_not_there_or_not_ones_own_is_not_asked() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        await w.person("eve")
        token = await mfa_token(w)
        for id in ("phone|dev_1", "sms|dev_2", "totp|dev_eve", "password|dev_1", "email", "recovery-code|dev_ada"):
            status, answer = await challenged(w, token, authenticator_id=id)
            assert status in {401, 404}, id
        status, answer = await challenged(w, token, authenticator_id="totp|dev_eve")
        assert (status, answer) == (404, {"error": "not_found", "error_description": "There is no such authenticator."})
        status, answer = await challenged(w, token, challenge_type="otp", authenticator_id="sms|dev_1")
        assert answer["error_description"] == "The user does not support the requested challenge type (otp). Supported type: otp oob recovery-code."


async def test_a_wrong_code_has_its_words_and_the_right_one_is_good_once() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token, other = await mfa_token(w), await mfa_token(w)
        named = (await challenge(w, token, challenge_type="oob"))["oob_code"]
        assert await oob(w, token, named, "000000x") == (403, {"error": "invalid_grant", "error_description": "Invalid binding_code."})
        missing = {"error": "invalid_request", "error_description": "Missing required parameter: binding_code"}
        assert await w.token(grant_type=MFA_OOB, mfa_token=token, oob_code=named) == (400, missing)
        code = await sent(w)
        assert (await oob(w, token, named, f" {code[:3]}-{code[3:]} "))[0] == 200
        assert (await oob(w, token, named, code))[1]["error_description"] == "Malformed mfa_token"
        mismatch = {"error": "invalid_request", "error_description": "The oob_code doesn't match the mfa_token"}
        assert await oob(w, other, named, code) == (400, mismatch)


async def test_row_4_an_oob_code_is_bound_to_the_mfa_token_that_it_was_given_for() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        await w.person("eve")
        await has(w, email("eve")._replace(id="email|dev_eve"), name="eve")
        mine, hers = await mfa_token(w), await mfa_token(w, "eve")
        ours = (await challenge(w, mine, challenge_type="oob", oob_channel="email"))["oob_code"]
        code = await sent(w)
        theirs = (await challenge(w, hers, challenge_type="oob"))["oob_code"]
        mismatch = {"error": "invalid_request", "error_description": "The oob_code doesn't match the mfa_token"}
        assert await oob(w, hers, ours, code) == (400, mismatch)
        # As if Eve had put the question's own name behind her attempt's.
        forged = f"{theirs.partition('.')[0]}.{ours.partition('.')[2]}"
        assert await oob(w, hers, forged, code) == (403, {"error": "expired_token", "error_description": "oob_code is expired"})
        assert (await oob(w, hers, theirs, code))[0] == 403
        assert (await oob(w, mine, ours, code))[0] == 200


async def test_a_code_that_is_late_or_was_asked_for_again_is_expired() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        first, code = (await challenge(w, token, challenge_type="oob"))["oob_code"], await sent(w)
        second = (await challenge(w, token, challenge_type="oob"))["oob_code"]
        expired = (403, {"error": "expired_token", "error_description": "oob_code is expired"})
        assert await oob(w, token, first, code) == expired
        code = await sent(w)
        w.clock.now += 300
        assert await oob(w, token, second, code) == expired


async def test_row_4_mfa_oob_wants_the_client_that_the_token_was_given_to_and_its_grant() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        named, code = (await challenge(w, token, challenge_type="oob"))["oob_code"], await sent(w)
        status, answer = await oob(w, token, named, code, client_id="other", client_secret="other's secret")
        assert (status, answer["error_description"]) == (400, "mfa_token not issued to this client")
        for grant in (MFA_OOB, MFA_RECOVERY, "http://auth0.com/oauth/grant-type/passwordless/otp"):
            asked = {"mfa_token": token, "oob_code": named, "recovery_code": "x", "username": "x", "otp": "x", "realm": "email"}
            status, answer = await w.post("/oauth/token", {"client_id": "spa", "grant_type": grant, **asked})
            assert (status, answer["error"]) == (403, "unauthorized_client")


async def test_a_code_sent_before_the_number_was_replaced_proves_nothing() -> None:
    """CVE-2026-37982's kind: what was begun for one thing completes another."""
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        named, code = (await challenge(w, token, challenge_type="oob"))["oob_code"], await sent(w)
        account, _ = await w.store.account("auth0|ada")
        moved = phone(number="+4917612345679")._replace(generation=2)
        assert await w.store.change_account(account, account._replace(security_version=2), (moved,), ends=False, now=w.clock.now, facts=())
        assert (await oob(w, token, named, code))[0] == 403


async def test_codes_are_budgeted_before_anything_leaves() -> None:
    """Documented: 10 texts at once and one more an hour, 20 mails at once and one more a minute."""
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        for channel, most in (("sms", 10), ("email", 20)):
            told = [(await challenged(w, token, challenge_type="oob", oob_channel=channel))[0] for _ in range(most + 1)]
            assert told == [200] * most + [429]
        assert len([one for one in await w.mail() if "code" in one["data"]]) == 30
        status, answer = await challenged(w, await mfa_token(w), challenge_type="oob", oob_channel="voice")
        assert (status, answer["error"]) == (429, "too_many_attempts"), "text and call are one budget, over all tokens"


async def test_no_code_leaves_for_a_country_that_is_not_served() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        await has(w, phone(number="+23276123456")._replace(generation=2))
        status, answer = await challenged(w, await mfa_token(w), challenge_type="oob", oob_channel="sms")
        assert (status, answer["error"]) == (403, "access_denied")


async def test_row_1_guesses_at_a_code_that_was_sent_see_as_many_verdicts_as_there_are_tries() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        held = []
        for _ in range(10):
            token = await mfa_token(w)
            held.append((token, (await challenge(w, token, challenge_type="oob", oob_channel="email"))["oob_code"]))
        code = await sent(w)
        w.all_have_read(30)
        answers = await asyncio.gather(*(oob(w, *held[number % 10], f"x{number:05}") for number in range(30)))
        assert sorted(status for status, _ in answers) == [403] * 9 + [429] * 21
        assert (await oob(w, *held[9], code))[0] == 429, "the right one as well"
        assert len(await w.facts("limit_mu")) == 1, "one alert, however many guesses there are"


async def test_row_27_a_sent_code_that_everybody_has_judged_right_is_accepted_once() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        named, code = (await challenge(w, token, challenge_type="oob", oob_channel="email"))["oob_code"], await sent(w)
        w.all_have_read(20)
        answers = await asyncio.gather(*(oob(w, token, named, code) for _ in range(20)))
        assert sorted(status for status, _ in answers) == [200] + [403] * 19


# --- recovery codes ---------------------------------------------------------------------------------------------------


async def test_a_recovery_code_gives_tokens_and_another_code_in_its_place() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        status, answer = await recover(w, await mfa_token(w), SHEET[0].lower())
        assert (status, claims(str(answer["id_token"]))["amr"]) == (200, ["pwd", "otp", "mfa"])
        fresh = str(answer["recovery_code"])
        assert len(fresh) == 24
        assert fresh.isalnum()
        assert (await recover(w, await mfa_token(w), SHEET[0]))[1] == {"error": "invalid_grant", "error_description": "MFA Authorization rejected."}
        for code in (SHEET[1], fresh):
            assert (await recover(w, await mfa_token(w), code))[0] == 200
        assert [one.state.mark for one in (await w.store.account("auth0|ada"))[1] if one.kind == "recovery-code"] == [3]
        assert len([one for one in await w.mail() if one["subject"] == "A recovery code was used"]) == 3


async def test_row_14_a_recovery_code_of_one_account_is_nothing_to_another() -> None:
    """CVE-2025-64175."""
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        await w.person("eve")
        await has(w, sheet("eve", ("Z" * 24,)), name="eve")
        token = await mfa_token(w, "eve")
        assert (await recover(w, token, SHEET[0]))[0] == 403
        assert (await recover(w, token, "Z" * 24))[0] == 200
        assert (await recover(w, await mfa_token(w), SHEET[0]))[0] == 200


async def test_row_14_the_same_recovery_code_many_times_at_once_wins_once() -> None:
    """CVE-2022-36071: a code used concurrently."""
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        tokens = [await mfa_token(w) for _ in range(12)]
        w.all_have_read(12)
        answers = await asyncio.gather(*(recover(w, token, SHEET[0]) for token in tokens))
        assert sorted(status for status, _ in answers) == [200] + [403] * 11
        assert len(json.loads(next(one for one in (await w.store.account("auth0|ada"))[1] if one.kind == "recovery-code").state.open)) == 2


async def test_row_14_ten_guesses_at_recovery_codes_in_an_hour_and_no_more() -> None:
    async with world(policies=ALWAYS) as w:
        await with_everything(w)
        token = await mfa_token(w)
        told = [(await recover(w, token, f"{number:024}"))[0] for number in range(11)]
        assert told == [403] * 9 + [429] * 2
        assert (await recover(w, token, SHEET[0]))[0] == 429


async def test_whoever_has_no_recovery_codes_left_is_not_enrolled() -> None:
    async with world(policies=ALWAYS) as w:
        await w.person()
        told = {"error": "unsupported_challenge_type", "error_description": "User is not enrolled with guardian"}
        assert await recover(w, await mfa_token(w), SHEET[0]) == (401, told)


async def test_what_is_not_enrolled_by_this_api_is_answered_by_a_login() -> None:
    """Nothing that this account has can be shown here: SDKs know login_required, and send the person to log in."""
    async with world(policies=ALWAYS) as w:
        await w.person(totp=False)
        await w.configure(factors={"webauthn-roaming": True})
        status, answer = await w.token(grant_type="password", username="ada@example.test", password="secret of ada", scope="openid")
        assert (status, answer) == (400, {"error": "login_required", "error_description": "Login required"})


async def test_row_4_an_mfa_token_of_a_password_that_was_changed_since_tells_and_tries_nothing() -> None:
    async with world(policies=("all-applications",)) as w:
        await with_everything(w)
        token = await mfa_token(w)
        account, mine = await w.store.account("auth0|ada")
        changed = next(one for one in mine if one.kind == "password")._replace(generation=2)
        assert await w.store.change_account(account, account, (changed,), ends=True, now=w.clock.now, facts=())
        needed = (400, {"error": "login_required", "error_description": "Login required"})
        assert await w.get("/mfa/authenticators", authorization=f"Bearer {token}") == needed
        assert await challenged(w, token) == needed
        assert await w.token(grant_type=MFA_OTP, mfa_token=token, otp=w.code()) == needed
        assert not await w.facts("gd_auth_succeed")
