"""What a user has enrolled, as the helpdesk sees and removes it."""

import json
from typing import Any

import pytest

from tests.http.management.house import ADMIN, NOW, SHOP, House
from yett.domain.account import Account
from yett.domain.assurance import MULTI_FACTOR
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment, State
from yett.domain.proof import Proof, Shown
from yett.domain.session import Conclusion, Device, Grant

ADA = "users/auth0%7Cada"


async def statuses(house: House) -> dict[str, str]:
    found = await house.store.account("auth0|ada")
    assert found is not None
    return {one.id: one.status for one in found[1]}


async def test_methods_are_a_bare_list_or_come_in_the_envelope_of_the_sdk(house: House) -> None:
    await house.account(kinds=("password", "totp", "recovery-code"))
    bare = await house.get(f"{ADA}/authentication-methods")
    assert [one["type"] for one in bare] == ["recovery-code", "totp"]
    page = await house.get(f"{ADA}/authentication-methods", include_totals="true", per_page=1, page=1)
    assert (page["start"], page["limit"], page["total"], page["authenticators"]) == (1, 1, 2, bare[1:])
    assert await house.get(f"{ADA}/authentication-methods", include_totals="true", page=9) == {
        "start": 450,
        "limit": 50,
        "length": 0,
        "total": 2,
        "authenticators": [],
    }


async def test_a_method_says_what_auth0_says_and_nothing_secret(house: House) -> None:
    await house.account()
    assert await house.get(f"{ADA}/authentication-methods/totp%7Cdev_ada") == {
        "id": "totp|dev_ada",
        "type": "totp",
        "confirmed": True,
        "created_at": "2027-01-15T08:00:00.000Z",
        "enrolled_at": "2027-01-15T08:00:00.000Z",
    }


async def test_the_alias_of_auth0s_guide_lists_the_same(house: House) -> None:
    await house.account()
    assert await house.get(f"{ADA}/authenticators") == await house.get(f"{ADA}/authentication-methods")


async def test_an_enrollment_of_a_telephone_says_its_number(house: House) -> None:
    await house.account()
    assert (await house.call("POST", f"{ADA}/authentication-methods", {"type": "phone", "phone_number": "+491711234567"})).status_code == 201
    found = await house.get(f"{ADA}/enrollments")
    assert [(one["auth_method"], one.get("phone_number")) for one in found if one["auth_method"] == "sms"] == [("sms", "+491711234567")]


async def test_enrollments_leave_out_what_auth0_leaves_out(house: House) -> None:
    await house.account(kinds=("password", "totp", "recovery-code", "email"))
    (only,) = await house.get(f"{ADA}/enrollments")
    assert (only["id"], only["status"], only["auth_method"]) == ("totp|dev_ada", "confirmed", "authenticator")


async def test_a_method_is_renamed_and_its_state_is_left_alone(house: House) -> None:
    await house.account()
    answer = await house.call("PATCH", f"{ADA}/authentication-methods/totp%7Cdev_ada", {"name": "Phone"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Phone")
    found = await house.store.account("auth0|ada")
    assert found is not None
    assert {one.kind: one.state for one in found[1]}["totp"] == State(b"secret", b"[]")
    assert found[0].security_version == 1


@pytest.mark.parametrize("name", ["", "x" * 21, "two\nlines", 5])
async def test_a_name_is_one_short_line(house: House, name: object) -> None:
    await house.account()
    assert (await house.call("PATCH", f"{ADA}/authentication-methods/totp%7Cdev_ada", {"name": name})).status_code == 400


@pytest.mark.parametrize("path", ["authentication-methods/totp%7Cdev_ada", "authenticators/totp%7Cdev_ada", "authentication-methods", "authenticators"])
async def test_a_removed_factor_is_told_recorded_and_takes_its_grants_along(house: House, path: str) -> None:
    account = await house.account()
    shown = Shown("totp", "possession", None, ("otp",), 2)
    proof = Proof(shown, "totp|dev_ada", 1, "attempt", NOW)
    await house.store.grant(Grant("rests", account.id, SHOP, NOW, NOW + 9, (proof,), ()), (), ())
    await house.store.grant(Grant("apart", account.id, SHOP, NOW, NOW + 9, (), ()), (), ())
    answer = await house.call("DELETE", f"{ADA}/{path}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(await statuses(house)) == ["password|dev_ada"]
    assert not await house.store.grant_live("rests", NOW)
    assert await house.store.grant_live("apart", NOW)
    assert await house.notices() == [("factor_removed", "ada@example.com")]
    assert house.posted == 1
    (fact,) = await house.facts("gd_unenroll")
    assert (fact.account, fact.client, fact.data["factor"], fact.data["enrolment"]) == ("auth0|ada", ADMIN, "totp", "totp|dev_ada")


@pytest.mark.parametrize("path", ["authentication-methods/totp%7Cdev_ada", "authenticators/totp%7Cdev_ada", "authentication-methods", "authenticators"])
@pytest.mark.parametrize("who", ["nobody", "a person after a password", "another scope"])
async def test_cve_2026_3429_without_a_management_token_no_factor_is_removed(house: House, path: str, who: str) -> None:
    await house.grant(await house.account())
    scopes = "delete:authentication_methods delete:guardian_enrollments read:current_user"
    token = {
        "nobody": "",
        "a person after a password": await house.bearer((), sub="auth0|ada", gty=None, scope=scopes, jti="grant.1", acr=None, amr=["pwd"]),
        "another scope": await house.bearer(["read:authentication_methods", "update:users", "delete:users"]),
    }[who]
    answer = await house.call("DELETE", f"{ADA}/{path}", token=token)
    assert answer.status_code == (401 if who == "nobody" else 403)
    assert await statuses(house) == {"password|dev_ada": "active", "totp|dev_ada": "active"}


async def test_even_a_person_after_multi_factor_removes_nothing_here(house: House) -> None:
    await house.grant(await house.account())
    scopes = "delete:authentication_methods"
    token = await house.bearer((), sub="auth0|ada", gty=None, scope=scopes, jti="grant.1", acr=MULTI_FACTOR, amr=["pwd", "otp", "mfa"])
    assert (await house.call("DELETE", f"{ADA}/authenticators", token=token)).status_code == 403


async def test_what_is_linked_is_removed_together(house: House) -> None:
    account = Account("auth0|ada", "ada@example.com")
    has = [
        Enrolment("totp|dev_1", account.id, "totp", State(), link="app", created_at=NOW),
        Enrolment("totp|dev_2", account.id, "totp", State(), link="app", created_at=NOW),
        Enrolment("totp|dev_3", account.id, "totp", State(), created_at=NOW),
    ]
    await house.store.open_account(account, has, ())
    await house.call("DELETE", f"{ADA}/authentication-methods/totp%7Cdev_1")
    assert list(await statuses(house)) == ["totp|dev_3"]


async def test_what_comes_with_the_verified_address_cannot_be_removed(house: House) -> None:
    await house.call("POST", "users", {"email": "ada@example.com", "email_verified": True, "user_id": "ada"})
    (method,) = await house.get(f"{ADA}/authentication-methods")
    assert (method["type"], method["email"], method["link_id"]) == ("email", "ada@example.com", "implicit")
    answer = await house.call("DELETE", f"{ADA}/authentication-methods/{method['id'].replace('|', '%7C')}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "operation_not_supported")
    assert (await house.call("DELETE", f"{ADA}/authentication-methods")).status_code == 204
    assert list((await statuses(house)).values()) == ["active"]
    assert await house.get(f"{ADA}/enrollments") == []


@pytest.mark.parametrize("id", ["password%7Cdev_ada", "totp%7Cdev_eve", "nothing"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_password_anothers_method_and_none_are_all_not_there(house: House, method: str, id: str) -> None:
    await house.account()
    await house.account("eve")
    body = {"name": "mine"} if method == "PATCH" else None
    answer = await house.call(method, f"{ADA}/authentication-methods/{id}", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "inexistent_authentication_method")
    eve = await house.store.account("auth0|eve")
    assert eve is not None
    assert [(one.id, one.name) for one in eve[1]] == [("password|dev_eve", ""), ("totp|dev_eve", "")]


async def test_a_factor_that_is_built_no_longer_can_still_be_removed(house: House) -> None:
    await house.account(kinds=("telepathy",))
    (method,) = await house.get(f"{ADA}/authentication-methods")
    assert method["type"] == "telepathy"
    assert (await house.call("DELETE", f"{ADA}/authentication-methods/telepathy%7Cdev_ada")).status_code == 204


async def test_remembered_browsers_are_forgotten(house: House) -> None:
    account = await house.account()
    attempt = Attempt("attempt", "browser", b"holder", SHOP, NOW, NOW + 900, account=account.id)
    await house.store.begin(attempt, ())
    device = Device("dev", b"token", account.id, NOW, NOW, NOW + 999, NOW + 999, account.security_version)
    assert await house.store.conclude(attempt, Conclusion(device=device), (), NOW)
    answer = await house.call("POST", f"{ADA}/multifactor/actions/invalidate-remember-browser")
    assert answer.status_code == 204
    assert [one.remembered_until for one in await house.store.devices(account.id)] == [0]


async def test_new_recovery_codes_replace_the_old_ones_and_the_user_is_told(house: House) -> None:
    await house.account(kinds=("password", "totp", "recovery-code"))
    codes = (await house.call("POST", f"{ADA}/recovery-code-regeneration")).json()
    assert codes["recovery_code"] == codes["recovery_codes"][0]
    assert len(set(codes["recovery_codes"])) == 10
    assert all(len(code) == 24 and code.isalnum() and code.upper() == code for code in codes["recovery_codes"])
    found = await house.store.account("auth0|ada")
    assert found is not None
    (sheet,) = (one for one in found[1] if one.kind == "recovery-code")
    assert (sheet.id, sheet.generation, len(json.loads(sheet.state.open))) == ("recovery-code|dev_ada", 2, 10)
    assert await house.notices() == [("recovery_regenerated", "ada@example.com")]
    assert codes["recovery_code"] not in repr(await house.facts("sapi"))


async def test_nobody_is_given_recovery_codes_where_they_are_switched_off(house: House) -> None:
    await house.account()
    await house.call("PUT", "guardian/factors/recovery-code", {"enabled": False})
    assert (await house.call("POST", f"{ADA}/recovery-code-regeneration")).status_code == 400


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "authentication-methods"),
        ("DELETE", "authentication-methods"),
        ("GET", "authenticators"),
        ("DELETE", "authenticators"),
        ("GET", "enrollments"),
        ("GET", "sessions"),
        ("DELETE", "sessions"),
        ("POST", "multifactor/actions/invalidate-remember-browser"),
        ("POST", "recovery-code-regeneration"),
    ],
)
async def test_a_user_that_is_not_there_is_404(house: House, method: str, path: str) -> None:
    answer: Any = await house.call(method, f"users/auth0%7Cnobody/{path}")
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "inexistent_user")
