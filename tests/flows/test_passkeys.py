"""Passkeys in an application's own screens: sign up and log in by one gesture, off by default, and no way to learn who has an account."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import BE, UP, UV, cbor, cose
from tests.flows.passkeys import CONNECTION, FACTORS, GRANT, allow, challenge, given, holder, made, register, shown
from tests.flows.test_webauthn import key
from tests.world import API, ISSUER, MFA_OTP, MULTI_FACTOR, World, claims, world
from yett.domain.requirement import Requirement
from yett.factors.webauthn.data import base64url
from yett.flows.accounts import Births
from yett.flows.manage.access import Call, Caller
from yett.flows.manage.bindings import Bindings, Wanted
from yett.flows.manage.enrolments import Enrolments, Held
from yett.main import EMAIL, PASSWORD
from yett.main import FACTORS as FACTORS_BUILT

OTHER = {"client_id": "other", "client_secret": "other's secret"}
WRONG = (403, {"error": "invalid_grant", "error_description": "Invalid authn_response."})
OVER = (403, {"error": "invalid_grant", "error_description": "Invalid or expired auth_session."})


async def accounts(w: World) -> int:
    return int((await w.store.accounts(0, 50))[1])


async def test_whoever_holds_a_passkey_logs_in_with_nothing_else_and_it_is_mfa() -> None:
    async with world(policies=("all-applications",)) as w:
        await allow(w)
        own = await holder(w, flags=UP | UV | BE)
        status, asked = await challenge(w, realm=CONNECTION)
        options = asked["authn_params_public_key"]
        assert (status, set(asked)) == (200, {"auth_session", "authn_params_public_key"})
        assert options == {"challenge": options["challenge"], "timeout": 300000, "rpId": "localhost", "userVerification": "required"}
        status, tokens = await given(w, asked, shown(own, asked), scope="openid offline_access", realm=CONNECTION)
        said = claims(tokens["id_token"])
        assert (status, said["sub"], said["amr"], said["acr"]) == (200, "auth0|ada", ["swk", "user", "mfa"], MULTI_FACTOR)
        assert set(tokens) >= {"access_token", "refresh_token", "expires_in", "token_type", "scope"}
        assert [one.data["factor"] for one in await w.facts("passkey_challenge_failed")] == []
        assert [(one.account, one.data["factor"]) for one in await w.facts("s")][-1] == ("auth0|ada", "passkey")


async def test_an_answer_may_come_as_text_in_a_form() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w)
        _, asked = await challenge(w)
        answer = json.dumps(shown(own, asked))
        assert (await w.token(grant_type=GRANT, auth_session=asked["auth_session"], authn_response=answer, scope="openid"))[0] == 200


async def test_it_is_off_unless_application_and_tenant_say_so() -> None:
    async with world(signup=True) as w:
        await w.configure(factors=FACTORS)
        refused = (403, {"error": "unauthorized_client", "error_description": f"Grant type '{GRANT}' not allowed for the client."})
        nothing = {"auth_session": "x.y"}
        assert [await challenge(w), await register(w), await given(w, nothing, {})] == [refused] * 3
        await allow(w)
        for off in ({**FACTORS, "passkey": False},):
            await w.configure(factors=off)
            answers = [await challenge(w), await register(w), await given(w, nothing, {})]
            assert [(status, said["error"]) for status, said in answers] == [(400, "invalid_request")] * 3
        await allow(w)
        answers = [await challenge(w, realm="other"), await register(w, realm="other"), await given(w, nothing, {}, realm="other")]
        assert [(status, said["error"]) for status, said in answers] == [(400, "invalid_request")] * 3
        assert (await challenge(w, client_secret="wrong"))[0] == 401
        catalogue = await w.store.catalogue()
        await w.store.configure((catalogue.clients["web"]._replace(first_party=False),), (), ())
        assert [(await challenge(w))[0], (await register(w))[0], (await given(w, nothing, {}))[0]] == [403] * 3


async def test_row_28_an_answer_counts_once_for_its_own_question_and_application() -> None:
    async with world() as w:
        await allow(w, "web", "other")
        own = await holder(w)
        _, asked = await challenge(w)
        _, elsewhere = await challenge(w)
        answer = shown(own, asked)
        assert await given(w, asked, answer, **OTHER) == OVER
        assert await given(w, elsewhere, answer) == WRONG
        assert await given(w, {"auth_session": asked["auth_session"] + "x"}, answer) == OVER
        assert await given(w, {"auth_session": asked["auth_session"].partition(".")[0]}, answer) == OVER
        assert (await given(w, asked, answer))[0] == 200
        assert await given(w, asked, answer) == OVER


async def test_row_27_the_same_answer_many_times_at_once_wins_once() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w)
        _, asked = await challenge(w)
        answer = shown(own, asked)
        w.all_have_read(10)
        answers = await asyncio.gather(*(given(w, asked, answer) for _ in range(10)))
        assert sorted(status for status, _ in answers) == [200] + [403] * 9


async def test_a_question_is_over_after_five_minutes() -> None:
    async with world(signup=True) as w:
        await allow(w)
        own, new = await holder(w), key(id=b"new")
        (_, login), (_, signup) = await challenge(w), await register(w)
        w.clock.now += 300
        assert await given(w, login, shown(own, login)) == OVER
        assert await given(w, signup, made(new, signup)) == OVER
        assert await accounts(w) == 1


async def test_row_28_what_an_authenticator_must_not_say_is_refused_in_the_same_words() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w)
        await w.person("eve", totp=False)
        bent = {
            "another name": replace(own, rp="evil.test"),
            "another origin": replace(own, origin="https://evil.test"),
            "nobody verified": replace(own, flags=UP),
            "another key": replace(own, key=key().key),
            "a credential that we do not know": replace(own, id=b"unknown"),
        }
        for what, by in bent.items():
            _, asked = await challenge(w)
            assert await given(w, asked, shown(by, asked)) == WRONG, what
        _, asked = await challenge(w)
        assert await given(w, asked, shown(own, asked, "eve")) == WRONG
        assert await given(w, asked, shown(own, asked) | {"rawId": "\ud800"}) == WRONG
        for shape in ({}, "{}", "x", {"id": 1}):
            assert (await given(w, asked, shape))[0] in {400, 403}, shape
        assert (await given(w, asked, shown(own, asked)))[0] == 200


async def test_wrong_answers_use_a_question_up() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w)
        _, asked = await challenge(w)
        for _ in range(10):
            assert await given(w, asked, {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}) == WRONG
        assert await given(w, asked, shown(own, asked)) == OVER
        assert len(await w.facts("passkey_challenge_failed")) == 10


async def test_a_copied_passkey_is_refused_and_its_owner_is_told() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w, counter=5)
        _, asked = await challenge(w)
        assert await given(w, asked, shown(replace(own, counter=3), asked)) == WRONG
        assert (await w.mail())[0]["subject"] == "Somebody may have a copy of your key"


async def test_row_29_a_blocked_account_gets_nothing_and_a_suspended_passkey_neither() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w)
        seen, has = await w.store.account("auth0|ada")
        kept = next(one for one in has if one.kind == "passkey")
        assert await w.store.change_account(seen, seen, (kept._replace(status="suspended"),), ends=False, now=w.clock.now, facts=())
        _, asked = await challenge(w)
        assert await given(w, asked, shown(own, asked)) == WRONG
        blocked = seen._replace(blocked=True, security_version=seen.security_version + 1)
        assert await w.store.change_account(seen, blocked, (kept._replace(generation=2),), ends=False, now=w.clock.now, facts=())
        _, asked = await challenge(w)
        assert await given(w, asked, shown(own, asked)) == (403, {"error": "access_denied", "error_description": "user is blocked"})


async def test_a_security_key_is_no_passkey() -> None:
    async with world() as w:
        from tests.flows.test_webauthn import enrolled

        await allow(w)
        await w.person(totp=False)
        own = key()
        await enrolled(w, w.browser(), "webauthn-platform", own)
        _, asked = await challenge(w)
        assert await given(w, asked, shown(own, asked)) == WRONG


async def test_where_more_is_demanded_than_a_passkey_it_is_said_so_and_where_to_go_on() -> None:
    """An API that wants what no passkey proves gets no token by it; what can be added is asked for by the MFA API."""
    async with world() as w:
        await allow(w)
        own = await holder(w)
        catalogue = await w.store.catalogue()
        await w.store.configure((catalogue.apis[API]._replace(scope_requirements={"transfer:funds": Requirement(("phrh",))}),), (), ())
        _, asked = await challenge(w)
        status, said = await given(w, asked, shown(own, asked), audience=API, scope="openid transfer:funds")
        assert (status, said["error"]) in {(403, "mfa_required"), (403, "unmet_authentication_requirements")}
        assert "access_token" not in said


async def test_challenges_are_few_for_one_address() -> None:
    async with world() as w:
        await allow(w)
        statuses = [(await challenge(w))[0] for _ in range(17)]
        assert statuses == [200] * 15 + [429] * 2


async def test_the_applications_own_pages_may_answer_and_nobody_elses() -> None:
    async with world() as w:
        await allow(w)
        own = await holder(w)
        catalogue = await w.store.catalogue()
        await w.store.configure((catalogue.clients["web"]._replace(web_origins=("https://shop.example.test",)),), (), ())
        for origin, status in (("https://shop.example.test", 200), ("https://shop.example.test.evil", 403)):
            _, asked = await challenge(w)
            own.counter += 1
            assert (await given(w, asked, shown(replace(own, origin=origin), asked)))[0] == status


async def test_an_app_that_the_tenant_names_may_answer_and_is_told_to_no_browser() -> None:
    async with world() as w:
        app = f"android:apk-key-hash:{'A' * 43}"
        await allow(w, factor_settings={"passkey": {"origins": [app]}})
        own = await holder(w)
        for origin, status in ((app, 200), (f"android:apk-key-hash:{'B' * 43}", 403)):
            _, asked = await challenge(w)
            own.counter += 1
            assert (await given(w, asked, shown(replace(own, origin=origin), asked)))[0] == status
        assert await w.get("/.well-known/webauthn") == (200, {"origins": [ISSUER.rstrip("/")]})


async def test_somebody_signs_up_with_a_passkey_alone() -> None:
    async with world(signup=True, policies=("all-applications",)) as w:
        await allow(w)
        own = key(flags=UP | UV | BE)
        status, asked = await register(w, " New@Example.test ", realm=CONNECTION, user_metadata={"plan": "free"})
        options = asked["authn_params_public_key"]
        assert (status, options["rp"], options["user"]["name"]) == (200, {"id": "localhost", "name": "Yett"}, "new@example.test")
        assert options["authenticatorSelection"] == {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}
        assert "excludeCredentials" not in options
        assert await w.store.find("new@example.test") is None
        status, tokens = await given(w, asked, made(own, asked), scope="openid profile email")
        said = claims(tokens["id_token"])
        assert (status, said["email"], said["email_verified"], said["name"], said["amr"]) == (200, "new@example.test", False, "Newt", ["swk", "user", "mfa"])
        account, has = await w.store.account(said["sub"])
        assert ([one.kind for one in has], json.loads(account.profile)["user_metadata"]) == (["passkey"], {"plan": "free"})
        assert [one["subject"] for one in await w.mail()] == ["Confirm your address"]
        own.counter += 1
        _, again = await challenge(w)
        status, _ = await given(w, again, shown(own, again, handle=options["user"]["id"]))
        assert status == 200
        assert await given(w, asked, made(own, asked)) == OVER


async def test_row_15_to_ask_tells_nobody_whether_an_address_is_taken_and_its_owner_hears_of_it() -> None:
    """Only who has made a passkey for it learns it, as whoever signs up with a password learns it by logging in."""
    async with world(signup=True) as w:
        await allow(w)
        await w.person()
        asked = {email: (await register(w, email))[1] for email in ("ada@example.test", "new@example.test")}
        shapes = [sorted(one["authn_params_public_key"]) for one in asked.values()]
        assert shapes[0] == shapes[1]
        assert [one["subject"] for one in await w.mail()] == []
        wrong = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}
        assert [await given(w, one, wrong) for one in asked.values()] == [WRONG] * 2
        status, said = await given(w, asked["ada@example.test"], made(key(), asked["ada@example.test"]))
        assert (status, said["error"]) == (403, "access_denied")
        assert [one["subject"] for one in await w.mail()] == ["You have an account already"]
        assert await given(w, asked["ada@example.test"], made(key(), asked["ada@example.test"])) == OVER
        assert [one.kind for one in (await w.store.account("auth0|ada"))[1]] == ["password", "totp"]


async def test_an_address_that_is_taken_meanwhile_is_not_taken_over() -> None:
    async with world(signup=True) as w:
        await allow(w)
        (_, first), (_, second) = await register(w), await register(w)
        w.all_have_read(2)
        answers = await asyncio.gather(given(w, first, made(key(), first)), given(w, second, made(key(id=b"second"), second)))
        assert sorted(status for status, _ in answers) == [200, 403]
        assert await accounts(w) == 1


async def test_row_27_a_sign_up_is_answered_once() -> None:
    async with world(signup=True) as w:
        await allow(w)
        _, asked = await register(w)
        answer = made(key(), asked)
        w.all_have_read(5)
        answers = await asyncio.gather(*(given(w, asked, answer) for _ in range(5)))
        assert sorted(status for status, _ in answers) == [200] + [403] * 4
        assert await accounts(w) == 1


async def test_a_passkey_that_somebody_has_opens_no_other_account() -> None:
    async with world(signup=True) as w:
        await allow(w)
        own = await holder(w)
        _, asked = await register(w)
        assert await given(w, asked, made(own, asked)) == WRONG
        assert await accounts(w) == 1


async def test_sign_up_is_for_open_houses_and_both_ends_ask() -> None:
    async with world() as w:
        await allow(w)
        closed = (403, {"error": "access_denied", "error_description": "Public sign up is disabled"})
        assert await register(w) == closed
        await w.configure(signup=True)
        _, asked = await register(w)
        await w.configure(signup=False)
        assert await given(w, asked, made(key(), asked)) == closed
        await w.configure(signup=True, regime="nist-aal2")
        unverified = (403, {"error": "access_denied", "error_description": "Please verify your email before logging in."})
        assert await register(w) == unverified
        assert await given(w, asked, made(key(), asked)) == unverified
        assert await accounts(w) == 0


async def test_a_question_to_sign_up_is_none_to_log_in_and_the_other_way_round() -> None:
    async with world(signup=True) as w:
        await allow(w)
        own = await holder(w)
        (_, login), (_, signup) = await challenge(w), await register(w)
        assert await given(w, login, made(key(id=b"new"), login)) == WRONG
        assert await given(w, signup, shown(own, signup)) == WRONG
        for asked in (login, signup):
            wrong = {"error": "invalid_grant", "error_description": "Malformed mfa_token"}
            assert (await w.token(grant_type=MFA_OTP, mfa_token=asked["auth_session"], otp="123456"))[1] == wrong


@pytest.mark.parametrize(
    "body, status",
    [
        ({"user_profile": {}}, 400),
        ({"user_profile": {"email": "nobody"}}, 400),
        ({"user_profile": {"email": "a@example.test\x00"}}, 400),
        ({"user_profile": {"email": "\ud800@example.test"}}, 400),
        ({"user_profile": {"email": ["a@example.test"]}}, 400),
        ({"user_profile": {"email": "a@example.test", "username": "no one"}}, 400),
        ({"user_profile": "a@example.test"}, 400),
        ({"user_metadata": {"a": 1}}, 400),
        ({"user_profile": {"email": "a@example.test", "email_verified": True, "app_metadata": {"admin": True}}}, 200),
    ],
)
async def test_a_body_that_is_not_fit_is_refused_and_what_decides_is_passed_over(body: dict[str, Any], status: int) -> None:
    async with world(signup=True) as w:
        await allow(w)
        answered, asked = await register(w, **body)
        assert answered == status
        if status == 200:
            await given(w, asked, made(key(), asked))
            account = await w.store.find("a@example.test")
            assert not account.email_verified
            assert b"admin" not in account.profile


async def test_sign_ups_are_few_for_one_address() -> None:
    async with world(signup=True) as w:
        await allow(w)
        assert [(await register(w))[0] for _ in range(11)] == [200] * 10 + [429]


async def test_discovery_lists_the_grant_and_origins_of_the_application_may_read() -> None:
    async with world() as w:
        from tests.http.browser import call

        await allow(w, "web", "spa")
        _, found = await w.get("/.well-known/openid-configuration")
        assert GRANT in found["grant_types_supported"]
        body, headers = json.dumps({"client_id": "spa"}).encode(), {"content-type": "application/json", "origin": "https://app.example.test"}
        status, back, _ = await call(w.app, "POST", "/passkey/challenge", headers=headers, body=body)
        assert (status, dict(back)["access-control-allow-origin"]) == (200, "https://app.example.test")
        status, _, _ = await call(w.app, "OPTIONS", "/passkey/register", headers={"origin": "https://app.example.test"})
        assert status == 204


async def test_a_passkey_that_the_helpdesk_brings_along_logs_in_by_the_name_that_it_knows() -> None:
    async with world() as w:
        await allow(w)
        await w.person(totp=False)
        own, handle, mint = key(), base64url(b"whom another system knew"), w.ground.mint
        bindings = Bindings(Enrolments(w.store, w.carrier.current, mint, FACTORS_BUILT, Births(mint, PASSWORD, EMAIL), lambda: None, ISSUER.rstrip("/")))
        told = {"key_id": base64url(own.id), "public_key": base64url(cbor(cose(own.alg, own.key))), "user_handle": handle}
        caller = Caller("machine", None, frozenset(), Call("POST", "/"))
        assert isinstance(await bindings.bind(caller, "auth0|ada", Wanted("passkey", told)), Held)
        own.counter += 1
        _, asked = await challenge(w)
        assert await given(w, asked, shown(own, asked)) == WRONG
        assert (await given(w, asked, shown(own, asked, handle=handle)))[0] == 200


async def test_row_4_what_began_elsewhere_is_answered_there() -> None:
    """An enrolment of My Account is held in the same way, by a handle of the same form."""
    async with world() as w:
        await allow(w)
        await w.person(totp=False)
        page = await w.login(w.browser(), audience=f"{ISSUER}me/", scope="openid create:me:authentication_methods")
        _, tokens = await w.exchange(page)
        status, begun = await w.post("/me/v1/authentication-methods", {"type": "passkey"}, as_json=True, authorization=f"Bearer {tokens['access_token']}")
        assert status == 202
        assert await given(w, begun, made(key(), begun)) == OVER
