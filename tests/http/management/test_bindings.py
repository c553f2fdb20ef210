"""Factors that the helpdesk binds: active at once, told to the account, and a fact."""

from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import Authenticator, cbor, cose
from tests.http.management.house import House
from yett.domain.account import Account
from yett.factors.webauthn.data import base64url
from yett.factors.webauthn.factor import user_handle

ADA = "users/auth0%7Cada/authentication-methods"
HOST = "localhost"
KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TOTP = {"type": "totp", "name": "App", "totp_secret": KEY}
PHONE = {"type": "phone", "phone_number": "+44 7400 123456", "preferred_authentication_method": "voice"}
EMAIL = {"type": "email", "email": "Ada@Other.example"}


async def bind(house: House, body: Any, status: int = 201) -> Any:
    answer = await house.call("POST", ADA, body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_factor_that_is_bound_is_active_told_and_a_fact(house: House) -> None:
    await house.account(kinds=("password",))
    made = await bind(house, TOTP)
    assert made["id"].startswith("totp|dev_")
    assert (made["type"], made["name"], made["confirmed"]) == ("totp", "App", True)
    assert "GEZD" not in str(await house.get(ADA))
    account, has = await house.store.account("auth0|ada") or pytest.fail("gone")
    (one,) = (one for one in has if one.kind == "totp")
    assert (one.status, one.state.secret, account.security_version) == ("active", b"12345678901234567890", 2)
    assert await house.notices() == [("factor_added", "ada@example.com")]
    assert [one.data["enrolment"] for one in await house.facts("gd_enrollment_complete")] == [made["id"]]
    assert house.posted == 1


async def test_a_number_is_kept_in_one_form_with_both_its_channels(house: House) -> None:
    await house.account(kinds=("password",))
    made = await bind(house, PHONE)
    assert (made["phone_number"], made["preferred_authentication_method"]) == ("+447400123456", "voice")
    assert made["authentication_methods"] == [{"type": "sms", "id": made["id"]}, {"type": "voice", "id": made["id"]}]
    again = await house.call("POST", ADA, {"type": "phone", "phone_number": "+447400123456"})
    assert (again.status_code, again.json()["errorCode"]) == (409, "authentication_method_already_exists")


async def test_an_address_is_found_again_whatever_its_case(house: House) -> None:
    await house.account(kinds=("password",))
    assert (await bind(house, EMAIL))["email"] == "ada@other.example"
    await bind(house, {"type": "email", "email": "ADA@other.example"}, 409)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "totp"},
        {"type": "totp", "totp_secret": "JBSWY3DPEHPK3PXP"},
        {"type": "totp", "totp_secret": "not base32 at all!"},
        {"type": "totp", "totp_secret": KEY, "phone_number": "+447400123456"},
        {"type": "totp", "totp_secret": KEY, "preferred_authentication_method": "sms"},
        {"type": "phone", "phone_number": "12345"},
        {"type": "phone", "phone_number": "+44 909 8790000"},
        {"type": "email", "email": "nobody"},
        {"type": "email", "email": "a@b.example\r\nbcc: c@d.example"},
        {"type": "email", "email": "a@b.example", "preferred_authentication_method": "voice"},
        {"type": "webauthn-roaming", "key_id": "k", "public_key": "p"},
        {"type": "passkey", "key_id": "k", "public_key": "p", "relying_party_identifier": "example.com"},
        {"type": "recovery-code"},
        {"type": "password"},
        {"type": "nothing"},
    ],
)
async def test_what_nobody_could_use_is_refused_and_nothing_is_told(house: House, body: Any) -> None:
    await house.account(kinds=("password",))
    await bind(house, body, 400)
    assert await house.notices() == []
    assert len((await house.store.account("auth0|ada") or pytest.fail("gone"))[1]) == 1


async def test_a_short_key_is_refused_cve_2024_8796(house: House) -> None:
    await house.account(kinds=("password",))
    assert "16 to 128 bytes" in (await bind(house, {"type": "totp", "totp_secret": "JBSWY3DPEHPK3PXP"}, 400))["message"]


async def test_nobody_has_no_factors(house: House) -> None:
    await bind(house, TOTP, 404)
    assert (await house.call("PUT", ADA, [])).status_code == 404


async def test_all_are_replaced_but_for_the_password_and_what_comes_with_the_address(house: House) -> None:
    account = await house.account(kinds=("password", "totp", "recovery-code"))
    await house.call("PATCH", "users/auth0%7Cada", {"email_verified": True})
    await house.grant(account)
    answer = await house.call("PUT", ADA, [TOTP, PHONE])
    assert (answer.status_code, [one["type"] for one in answer.json()]) == (200, ["totp", "phone"])
    _, has = await house.store.account("auth0|ada") or pytest.fail("gone")
    assert sorted(one.kind for one in has) == ["email", "password", "phone", "totp"]
    assert "totp|dev_ada" not in {one.id for one in has}
    assert sorted(template for template, _ in await house.notices()) == ["factor_added", "factor_added", "factor_removed", "factor_removed"]
    assert len(await house.facts("gd_unenroll")) == 2


async def test_whoever_loses_a_race_looks_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.account(kinds=("password",))
    change = house.store.change_account
    lost: list[Any] = []

    async def slow(seen: Account, *args: Any, **named: Any) -> bool:
        if not lost:
            lost.append(1)
            assert await change(seen, seen._replace(security_version=seen.security_version + 1), (), ends=False, now=1, facts=())
        return await change(seen, *args, **named)

    monkeypatch.setattr(house.store, "change_account", slow)
    await bind(house, TOTP)
    monkeypatch.undo()
    account, _ = await house.store.account("auth0|ada") or pytest.fail("gone")
    assert account.security_version == 3


async def test_two_that_are_the_same_are_one_too_many(house: House) -> None:
    await house.account(kinds=("password",))
    assert (await house.call("PUT", ADA, [PHONE, PHONE])).status_code == 409
    assert (await house.call("PUT", ADA, [TOTP, {"type": "passkey"}])).status_code == 400
    assert await house.get(ADA) == []


async def test_the_preferred_channel_is_changed_and_nothing_else(house: House) -> None:
    await house.account(kinds=("password",))
    made = await bind(house, PHONE)
    path = f"{ADA}/{made['id'].replace('|', '%7C')}"
    answer = await house.call("PATCH", path, {"preferred_authentication_method": "sms", "name": "Work"})
    assert (answer.status_code, answer.json()["preferred_authentication_method"], answer.json()["name"]) == (200, "sms", "Work")
    answer = await house.call("PATCH", path, {"preferred_authentication_method": "voice"})
    assert (answer.json()["preferred_authentication_method"], answer.json()["name"]) == ("voice", "Work")
    assert (await house.call("PATCH", path, {})).json() == answer.json()


async def test_what_has_one_channel_prefers_none(house: House) -> None:
    await house.account(kinds=("password", "totp"))
    answer = await house.call("PATCH", f"{ADA}/totp%7Cdev_ada", {"preferred_authentication_method": "sms"})
    assert answer.status_code == 400
    assert (await house.call("PATCH", f"{ADA}/nothing", {"preferred_authentication_method": "sms"})).status_code == 404


async def test_binding_wants_its_own_scope(house: House) -> None:
    await house.account(kinds=("password",))
    token = await house.bearer(("read:authentication_methods", "delete:authentication_methods"))
    assert (await house.call("POST", ADA, TOTP, token=token)).status_code == 403
    assert (await house.call("PUT", ADA, [TOTP], token=token)).status_code == 403


def key(**more: Any) -> dict[str, Any]:
    """A key as another system's export has it."""
    own = Authenticator(rp=HOST, **{name: more.pop(name) for name in ("id", "flags") if name in more})
    public = base64url(cbor(cose(own.alg, own.key)))
    return {"type": "webauthn-roaming", "name": "Yellow key", "key_id": base64url(own.id), "public_key": public, "relying_party_identifier": HOST, **more}


async def test_a_key_is_brought_along_shown_renamed_and_removed(house: House) -> None:
    await house.account(kinds=("password",))
    body = key(transports=["usb"], user_agent="A browser", aaguid="00010203-0405-0607-0809-0a0b0c0d0e0f", credential_device_type="single_device")
    made = await bind(house, body)
    assert made["id"].startswith("webauthn-roaming|dev_")
    kept = {"confirmed": True, "credential_backed_up": False, "identity_user_id": "ada", "user_handle": base64url(user_handle("auth0|ada"))}
    assert made == {**body, **kept, "id": made["id"], "created_at": made["created_at"], "enrolled_at": made["created_at"]}
    assert await house.get(ADA) == [made]
    assert [one["auth_method"] for one in await house.get("users/auth0%7Cada/enrollments")] == ["webauthn-roaming"]
    at = f"{ADA}/{made['id'].replace('|', '%7C')}"
    assert (await house.call("PATCH", at, {"name": "Green key"})).json()["name"] == "Green key"
    assert await house.notices() == [("factor_added", "ada@example.com")]
    assert (await house.call("DELETE", at)).status_code == 204
    assert await house.get(ADA) == []


async def test_no_key_belongs_to_two(house: House) -> None:
    await house.account(kinds=("password",))
    await house.account("eve", kinds=("password",))
    body = key()
    await bind(house, body)
    await bind(house, body, 409)
    await bind(house, {**body, "type": "passkey"}, 409)
    answer = await house.call("POST", "users/auth0%7Ceve/authentication-methods", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "authentication_method_already_exists")


@pytest.mark.parametrize(
    "change, field",
    [
        ({"relying_party_identifier": "example.com"}, "relying_party_identifier"),
        ({"public_key": "AA"}, "public_key"),
        ({"identity_user_id": "eve"}, "identity_user_id"),
        ({"credential_backed_up": True}, "credential_device_type"),
        ({"phone_number": "+447400123456"}, "phone_number"),
        ({"preferred_authentication_method": "sms"}, "preferred_authentication_method"),
        ({"transports": ["x" * 65]}, ""),
        ({"credential_device_type": "many"}, ""),
    ],
)
async def test_a_key_that_nobody_could_use_is_refused_by_its_field(house: House, change: dict[str, Any], field: str) -> None:
    await house.account(kinds=("password",))
    assert field in (await bind(house, key(**change), 400))["message"]
    assert await house.get(ADA) == []
