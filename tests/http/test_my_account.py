"""The My Account API: an application changes its user's factors with the user's token, by the same rules as any page."""

import base64
import json
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from tests.core.factors.webauthn.authenticator import Authenticator
from tests.http.browser import call
from tests.world import API, ISSUER, MULTI_FACTOR, World, claims, world
from yett.factors.webauthn.data import base64url, unbase64url
from yett.flows.my_account import SCOPES

ME = ISSUER + "me/"
ALL = " ".join(("openid", "offline_access", *SCOPES))
METHODS = "/me/v1/authentication-methods"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


async def ask(w: World, method: str, path: str, token: str, body: object = None, **headers: str) -> Answer:
    """A request as Auth0's SDKs make it."""
    sent = {"authorization": f"Bearer {token}", **headers} | ({"content-type": "application/json"} if body is not None else {})
    status, got, said = await call(w.app, method, path.removeprefix(ISSUER.rstrip("/")), headers=sent, body=b"" if body is None else json.dumps(body).encode())
    return Answer(status, dict(got), json.loads(said) if said else None)


async def token(w: World, name: str = "ada", scope: str = ALL) -> str:
    """A fresh token for the API, by a login that proves what it asks for."""
    w.clock.now += 30
    _, answer = await w.exchange(await w.login(w.browser(), name, audience=ME, scope=scope))
    return str(answer["access_token"])


def problem(answer: Answer) -> tuple[int, str]:
    assert answer.body["status"] == answer.status
    assert {"type", "title", "detail"} <= set(answer.body)
    return answer.status, answer.body["type"].removeprefix("urn:yett:")


def secret_of(answer: Answer) -> bytes:
    text = answer.body["manual_input_code"]
    return base64.b32decode(text + "=" * (-len(text) % 8))


async def complete(w: World, begun: Answer, fresh: str, code: str = "") -> Answer:
    """The code of the app that has read the key, or the one that is given."""
    if "manual_input_code" in begun.body:
        w.secrets["ada"] = secret_of(begun)
    said = {"auth_session": begun.body["auth_session"], "otp_code": code or w.code()}
    return await ask(w, "POST", begun.headers["location"] + "/verify", fresh, said)


async def test_an_authenticator_is_enrolled_listed_renamed_and_removed() -> None:
    async with world() as w:
        await w.person(totp=False)
        fresh = await token(w)
        kinds = ("totp", "email", "recovery-code")
        assert (await ask(w, "GET", "/me/v1/factors", fresh)).body == {"factors": [{"type": one, "usage": ["secondary"]} for one in kinds]}
        begun = await ask(w, "POST", METHODS, fresh, {"type": "totp"})
        assert (begun.status, set(begun.body)) == (202, {"id", "auth_session", "barcode_uri", "manual_input_code"})
        location = begun.headers["location"]
        assert location == f"{ISSUER}me/v1/authentication-methods/{quote(begun.body['id'], safe='')}"
        wrong = await complete(w, begun, fresh, "x")
        assert problem(wrong) == (400, "wrong_code")
        assert wrong.body["validation_errors"][0]["field"] == "otp_code"
        done = await complete(w, begun, fresh)
        assert (done.status, done.body["type"], done.body["confirmed"], done.body["id"]) == (201, "totp", True, begun.body["id"])

        strong = await token(w)
        listed = await ask(w, "GET", METHODS, strong)
        one, codes = listed.body["authentication_methods"]
        assert (one, codes["type"]) == ({**done.body, "last_auth_at": one["last_auth_at"]}, "recovery-code")
        assert (await ask(w, "GET", METHODS + "?type=phone", strong)).body == {"authentication_methods": []}
        renamed = await ask(w, "PATCH", location, strong, {"name": "Work phone"})
        assert (renamed.status, renamed.body["name"]) == (200, "Work phone")
        assert (await ask(w, "GET", location, strong)).body == renamed.body
        assert problem(await ask(w, "PATCH", location, strong, {"preferred_authentication_method": "voice"})) == (400, "no_channel")
        assert (await ask(w, "DELETE", location, strong)).status == 204
        assert [one.kind for one in (await w.store.account("auth0|ada"))[1]] == ["password"]


async def test_its_tokens_want_multi_factor_of_whoever_has_a_factor_and_of_nobody_else() -> None:
    async with world() as w:
        await w.person()
        _, answer = await w.exchange(await w.login(w.browser(), audience=ME, scope=ALL))
        said = claims(answer["access_token"])
        assert (said["acr"], said["aud"]) == (MULTI_FACTOR, [ME, ISSUER + "userinfo"])
        assert answer["expires_in"] <= 900
        await w.person("eve", totp=False)
        assert claims(await token(w, "eve"))["amr"] == ["pwd"]


async def test_after_a_quarter_of_an_hour_the_application_asks_again() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        _, answer = await w.exchange(await w.login(browser, audience=ME, scope=ALL))
        w.clock.now += 900
        silent = await w.authorize(browser, audience=ME, scope=ALL, prompt="none")
        assert (silent.query["error"], silent.query["error_description"]) == ("login_required", "Multifactor authentication required")
        status, refused = await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"], scope="read:me:factors")
        # The password is as old as the code: no mfa_token brings that back.
        assert (status, refused["error"]) == (403, "mfa_required")
        assert problem(await ask(w, "GET", METHODS, answer["access_token"])) == (401, "invalid_token")


async def test_row_6_a_stale_token_removes_nothing_cve_2026_3429() -> None:
    async with world() as w:
        await w.person()
        stale = await token(w)
        w.clock.now += 301
        refused = await ask(w, "DELETE", f"{METHODS}/totp%7Cdev_ada", stale)
        assert problem(refused) == (401, "insufficient_user_authentication")
        assert refused.headers["www-authenticate"] == (
            'Bearer error="insufficient_user_authentication", error_description="A fresher or stronger authentication is needed.", '
            f'acr_values="{MULTI_FACTOR}", max_age="300"'
        )
        assert (await ask(w, "GET", f"{METHODS}/totp%7Cdev_ada", stale)).status == 200
        assert (await ask(w, "DELETE", f"{METHODS}/totp%7Cdev_ada", await token(w))).status == 204


async def test_row_5_a_token_from_before_there_was_a_factor_adds_no_second_cve_2019_16766() -> None:
    async with world() as w:
        await w.person(totp=False)
        old = await token(w)
        begun = await ask(w, "POST", METHODS, old, {"type": "totp"})
        assert (await complete(w, await ask(w, "POST", METHODS, old, {"type": "totp"}), old)).status == 201
        assert problem(await complete(w, begun, old)) == (401, "insufficient_user_authentication")
        assert problem(await ask(w, "POST", METHODS, old, {"type": "email", "email": "x@example.test"})) == (401, "insufficient_user_authentication")


async def test_a_token_whose_grant_was_revoked_is_good_for_nothing() -> None:
    async with world() as w:
        await w.person()
        fresh = await token(w)
        await w.store.revoke((await w.facts("s"))[0].data["grant"], w.clock.now, ())
        refused = await ask(w, "GET", METHODS, fresh)
        assert problem(refused) == (401, "invalid_token")
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_tokens_that_were_made_for_something_else_do_not_open_it() -> None:
    async with world() as w:
        await w.person()
        _, other = await w.exchange(await w.login(w.browser(), acr_values=MULTI_FACTOR))
        w.clock.now += 30
        status, machine = await w.token(client_id="machine", client_secret="machine's secret", grant_type="client_credentials", audience=ME)
        assert status == 403
        _, api = await w.exchange(await w.login(w.browser(), audience=API, scope="openid read:accounts"))
        for wrong in ("", "x", other["access_token"], other["id_token"], api["access_token"], str(machine.get("access_token", ""))):
            assert problem(await ask(w, "GET", METHODS, wrong)) == (401, "invalid_token")
        fresh = await token(w)
        for scheme in ("", "Basic ", "DPoP "):
            assert problem(await ask(w, "GET", METHODS, "", authorization=scheme + fresh)) == (401, "invalid_token")
        status, refused = await w.get("/api/v2/users", authorization=f"Bearer {fresh}")
        assert (status, refused["message"]) == (401, "Invalid token.")


@pytest.mark.parametrize(
    "method, path, scope",
    [
        ("GET", "/me/v1/factors", "read:me:factors"),
        ("GET", METHODS, "read:me:authentication_methods"),
        ("GET", METHODS + "/x", "read:me:authentication_methods"),
        ("POST", METHODS, "create:me:authentication_methods"),
        ("POST", METHODS + "/x/verify", "create:me:authentication_methods"),
        ("PATCH", METHODS + "/x", "update:me:authentication_methods"),
        ("DELETE", METHODS + "/x", "delete:me:authentication_methods"),
    ],
)
async def test_each_act_wants_its_own_scope(method: str, path: str, scope: str) -> None:
    async with world() as w:
        await w.person(totp=False)
        lacking = await token(w, scope=ALL.replace(scope, ""))
        refused = await ask(w, method, path, lacking, {} if method in {"POST", "PATCH"} else None)
        assert problem(refused) == (403, "insufficient_scope")
        assert refused.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'


async def test_what_is_somebody_elses_is_not_there() -> None:
    async with world() as w:
        await w.person()
        await w.person("eve")
        fresh = await token(w, "eve")
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"name": "mine"})):
            assert problem(await ask(w, method, f"{METHODS}/totp%7Cdev_ada", fresh, body)) == (404, "absent")
        begun = await ask(w, "POST", METHODS, await token(w), {"type": "totp"})
        assert problem(await complete(w, begun, fresh)) == (404, "expired")


async def test_what_comes_with_the_address_stays_and_so_does_the_last_one_under_a_strict_regime() -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(verified=True)
        fresh = await token(w)
        found = {one["type"]: one for one in (await ask(w, "GET", METHODS, fresh)).body["authentication_methods"]}
        assert found["email"]["email"] == "ada@example.test"
        assert problem(await ask(w, "DELETE", f"{METHODS}/{quote(found['email']['id'])}", fresh)) == (409, "implicit")
        assert problem(await ask(w, "DELETE", f"{METHODS}/totp%7Cdev_ada", fresh)) == (409, "last_factor")


async def test_an_address_is_enrolled_by_the_code_that_is_sent_to_it() -> None:
    async with world() as w:
        await w.person()
        fresh = await token(w)
        begun = await ask(w, "POST", METHODS, fresh, {"type": "email", "email": "other@example.test"})
        assert (begun.status, set(begun.body)) == (202, {"id", "auth_session"})
        done = await complete(w, begun, fresh, (await w.mail())[0]["data"]["code"])
        assert (done.status, done.body["email"]) == (201, "other@example.test")
        again = await ask(w, "POST", METHODS, fresh, {"type": "email", "email": "OTHER@example.test"})
        assert problem(again) == (409, "already_enrolled")


async def test_recovery_codes_are_replaced_and_shown_once() -> None:
    async with world() as w:
        await w.person()
        fresh = await token(w)
        begun = await ask(w, "POST", METHODS, fresh, {"type": "recovery-code"})
        codes = begun.body["recovery_codes"]
        assert (begun.status, begun.body["recovery_code"], len(codes), len(codes[0])) == (202, codes[0], 10, 24)
        done = await ask(w, "POST", begun.headers["location"] + "/verify", fresh, {"auth_session": begun.body["auth_session"]})
        assert (done.status, done.body["type"]) == (201, "recovery-code")
        assert codes[0] not in json.dumps((await ask(w, "GET", METHODS, fresh)).body)
        browser = w.browser()
        page = await browser.submit(await w.login_until_code(browser), action="recovery-code")
        assert (await browser.submit(page, code=codes[3])).status != 400


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "type"),
        ({"type": "duo"}, "type"),
        ({"type": "password"}, "type"),
        ({"type": 7}, "type"),
        ({"type": "email"}, "email"),
        ({"type": "email", "email": "nobody"}, "email"),
        ({"type": "email", "email": "a@b\r\nBcc: eve@example.test"}, "email"),
        ({"type": "email", "email": "\ud800@example.test"}, "email"),
        ({"type": "email", "email": ["x@example.test"]}, "email"),
        ({"type": "x" * 2000}, "type"),
    ],
)
async def test_what_cannot_be_enrolled_is_said_by_field(body: object, field: str) -> None:
    async with world() as w:
        await w.person()
        refused = await ask(w, "POST", METHODS, await token(w), body)
        assert refused.status == 400
        assert [one["field"] for one in refused.body["validation_errors"]] == [field]
        assert not [one for one in await w.mail() if one["data"].get("code")]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"type":"totp","type":"email"}', b"null"])
async def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    async with world() as w:
        await w.person()
        headers = {"authorization": f"Bearer {await token(w)}"}
        status, _, said = await call(w.app, "POST", METHODS, headers=headers, body=raw)
        assert (status, json.loads(said)["status"]) == (400, 400)


async def test_what_is_no_endpoint_and_no_enrolment_is_not_found() -> None:
    async with world() as w:
        await w.person()
        fresh = await token(w)
        assert problem(await ask(w, "POST", METHODS + "/totp%7Cdev_ada", fresh, {})) == (404, "not_found")
        missing = await ask(w, "POST", METHODS + "/totp%7Cdev_ada/verify", fresh, {})
        assert (missing.status, missing.body["validation_errors"][0]["field"]) == (400, "auth_session")
        assert problem(await ask(w, "POST", METHODS + "/totp%7Cdev_ada/verify", fresh, {"auth_session": "x"})) == (404, "expired")


async def test_a_browser_application_may_read_where_to_complete_it() -> None:
    async with world() as w:
        await w.person(totp=False)
        fresh = await token(w)
        ours = await ask(w, "POST", METHODS, fresh, {"type": "totp"}, origin="https://app.example.test")
        assert ours.headers["access-control-allow-origin"] == "https://app.example.test"
        assert "Location" in ours.headers["access-control-expose-headers"]
        theirs = await ask(w, "GET", METHODS, fresh, origin="https://evil.example")
        assert "access-control-allow-origin" not in theirs.headers
        status, headers, _ = await call(w.app, "OPTIONS", METHODS + "/x", headers={"origin": "https://app.example.test"})
        assert (status, dict(headers)["access-control-allow-methods"]) == (204, "GET, POST, PATCH, DELETE")


async def test_secrets_are_cached_nowhere_and_logged_nowhere() -> None:
    async with world() as w:
        await w.person(totp=False)
        begun = await ask(w, "POST", METHODS, await token(w), {"type": "totp"})
        assert begun.headers["cache-control"] == "no-store"
        said = str([one.data for one in await w.facts()])
        assert begun.body["manual_input_code"] not in said
        assert begun.body["auth_session"].partition(".")[2] not in said


async def test_where_nothing_that_the_account_has_left_can_prove_enough_it_says_so() -> None:
    async with world() as w:
        await w.person()
        fresh = await token(w)
        account, has = await w.store.account("auth0|ada")
        disabled = [one._replace(status="disabled") for one in has if one.kind != "password"]
        assert await w.store.change_account(account, account, disabled, ends=False, now=w.clock.now, facts=())
        assert problem(await ask(w, "POST", METHODS, fresh, {"type": "totp"})) == (403, "unmet_authentication_requirements")


async def test_a_number_is_enrolled_by_a_call_and_prefers_what_its_owner_says() -> None:
    async with world() as w:
        await w.configure(factors={"otp": True, "sms": True}, factor_settings={"sms": {"message_types": ["sms", "voice"]}})
        await w.person()
        fresh = await token(w)
        wrong = await ask(w, "POST", METHODS, fresh, {"type": "phone", "phone_number": "12"})
        assert (problem(wrong), wrong.body["validation_errors"][0]["field"]) == ((400, "bad_number"), "phone_number")
        asked = {"type": "phone", "phone_number": "+49 171 2345678", "preferred_authentication_method": "voice"}
        begun = await ask(w, "POST", METHODS, fresh, asked)
        (sent,) = [one.message for one in await w.store.outgoing(9) if one.challenge]
        assert (sent.channel, sent.to) == ("voice", "+491712345678")
        done = await complete(w, begun, fresh, (await w.mail())[0]["data"]["code"])
        assert (done.status, done.body["phone_number"], done.body["preferred_authentication_method"]) == (201, "+491712345678", "voice")
        changed = await ask(w, "PATCH", begun.headers["location"], fresh, {"preferred_authentication_method": "sms"})
        assert changed.body["preferred_authentication_method"] == "sms"
        assert problem(await ask(w, "POST", METHODS, fresh, {**asked, "phone_number": "+491712345678"})) == (409, "already_enrolled")


async def test_a_key_is_enrolled_with_what_its_authenticator_says_and_then_removed_with_nothing_less() -> None:
    async with world() as w:
        await w.configure(factors={"otp": True, "webauthn-roaming": True})
        await w.person()
        fresh = await token(w)
        begun = await ask(w, "POST", METHODS, fresh, {"type": "webauthn-roaming"})
        by = Authenticator(rp="localhost", origin=ISSUER.rstrip("/"))
        client, attestation = by.make(by.client("webauthn.create", unbase64url(begun.body["authn_params_public_key"]["challenge"])))
        response = {"clientDataJSON": base64url(client), "attestationObject": base64url(attestation)}
        said = {"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": response}
        location = begun.headers["location"]
        done = await ask(w, "POST", location + "/verify", fresh, {"auth_session": begun.body["auth_session"], "authn_response": said})
        assert (done.status, done.body["type"]) == (201, "webauthn-roaming")
        (key,) = [one for one in (await w.store.account("auth0|ada"))[1] if one.kind == "webauthn-roaming"]
        assert key.lookup == by.id
        refused = await ask(w, "DELETE", location, fresh)
        assert problem(refused) == (401, "insufficient_user_authentication")
        assert "phishing-resistant" in refused.headers["www-authenticate"]


async def test_a_passkey_is_enrolled_listed_renamed_and_removed() -> None:
    async with world() as w:
        await w.configure(factors={"otp": True, "passkey": True})
        await w.person()
        catalogue = await w.store.catalogue()
        await w.store.configure((catalogue.clients["web"]._replace(web_origins=("https://shop.example.test",)),), (), ())
        fresh = await token(w)
        assert {"type": "passkey", "usage": ["primary", "secondary"]} in (await ask(w, "GET", "/me/v1/factors", fresh)).body["factors"]
        begun = await ask(w, "POST", METHODS, fresh, {"type": "passkey", "connection": "Username-Password-Authentication"})
        options = begun.body["authn_params_public_key"]
        assert (begun.status, options["rp"]["id"], "excludeCredentials" in options) == (202, "localhost", False)
        own = Authenticator(rp="localhost", origin="https://shop.example.test")
        client, attestation = own.make(own.client("webauthn.create", unbase64url(options["challenge"])))
        id = base64url(own.id)
        said = {"clientDataJSON": base64url(client), "attestationObject": base64url(attestation), "transports": ["internal"]}
        answer = {"type": "public-key", "id": id, "rawId": id, "response": said}
        body = {"auth_session": begun.body["auth_session"], "authn_response": answer}
        done = await ask(w, "POST", begun.headers["location"] + "/verify", fresh, body, **{"user-agent": "A browser"})
        assert done.status == 201
        shown = done.body
        assert (shown["type"], shown["key_id"], shown["relying_party_id"], shown["transports"], shown["user_agent"]) == (
            "passkey",
            id,
            "localhost",
            ["internal"],
            "A browser",
        )
        assert (shown["credential_device_type"], shown["credential_backed_up"], shown["identity_user_id"], shown["usage"]) == (
            "single_device",
            False,
            "ada",
            ["primary", "secondary"],
        )
        assert {"public_key", "user_handle", "aaguid", "created_at"} <= set(shown)
        (listed,) = (await ask(w, "GET", METHODS + "?type=passkey", fresh)).body["authentication_methods"]
        assert listed == shown
        at = f"{METHODS}/{quote(shown['id'], safe='')}"
        renamed = await ask(w, "PATCH", at, fresh, {"name": "Laptop"})
        assert (renamed.status, renamed.body["name"]) == (200, "Laptop")
        # A password and a code prove less than what shall go: that takes a key.
        refused = await ask(w, "DELETE", at, fresh)
        assert problem(refused) == (401, "insufficient_user_authentication")
        assert 'acr_values="' in refused.headers["www-authenticate"]
