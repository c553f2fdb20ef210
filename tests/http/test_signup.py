"""/dbconnections: closed until it is opened, and no oracle."""

from typing import Any

import pytest

from tests.world import World, world

CONNECTION = "Username-Password-Authentication"
EVE = {"client_id": "spa", "connection": CONNECTION, "email": "Eve@Example.test", "password": "eleven purple umbrellas", "user_metadata": {"plan": "free"}}


async def signup(house: World, **change: Any) -> tuple[int, Any]:
    return await house.post("/dbconnections/signup", {**EVE, **change}, as_json=True)


async def test_sign_up_is_closed_until_the_tenant_opens_it() -> None:
    async with world() as house:
        status, said = await signup(house)
        assert (status, said["code"]) == (400, "public_signup_disabled")
        assert await house.store.find("eve@example.test") is None


async def test_whoever_signs_up_has_nothing_but_the_password_and_it_is_long_enough_for_that() -> None:
    async with world(signup=True, tightened={"shortest_password_alone": 15}) as house:
        status, said = await signup(house, password="fourteen chars")
        assert (status, said["code"]) == (400, "invalid_password")
        assert (await signup(house, password="fifteen letters"))[0] == 200


async def test_an_account_is_opened_and_its_address_is_to_be_confirmed() -> None:
    async with world(signup=True) as house:
        status, said = await signup(house)
        assert status == 200
        assert said == {"_id": said["_id"], "email": "eve@example.test", "email_verified": False, "user_metadata": {"plan": "free"}}
        account, has = await house.store.account(f"auth0|{said['_id']}")
        assert (account.email_verified, [one.kind for one in has]) == (False, ["password"])
        assert [one["subject"] for one in await house.mail()] == ["Confirm your address"]
        assert [one.account for one in await house.facts("ss")] == [account.id]


async def test_whoever_signs_up_says_who_they_are_and_not_what_they_may() -> None:
    """Mass assignment: what decides anything is passed over."""
    async with world(signup=True) as house:
        _, said = await signup(house, app_metadata={"admin": True}, email_verified=True, blocked=False, user_id="auth0|ada")
        account, _ = await house.store.account(f"auth0|{said['_id']}")
        assert not account.email_verified
        assert b"admin" not in account.profile


async def test_nobody_learns_that_an_address_is_taken_but_its_owner() -> None:
    async with world(signup=True) as house:
        await house.person()
        status, taken = await signup(house, email="ada@example.test")
        fresh = (await signup(house))[1]
        assert (status, set(taken)) == (200, set(fresh))
        assert taken["_id"] != "ada"
        assert len(taken["_id"]) == len(fresh["_id"])
        assert sorted(one["subject"] for one in await house.mail()) == ["Confirm your address", "You have an account already"]
        account, has = await house.store.account("auth0|ada")
        assert account.security_version == 1
        assert next(one for one in has if one.kind == "password").state.secret == b"plain:secret of ada"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"password": "short"}, "invalid_password"),
        ({"password": "password1"}, "password_dictionary_error"),
        ({"password": "eve@example.test1"}, "password_no_user_info_error"),
        ({"email": "nobody"}, "invalid_signup"),
        ({"email": "a@b.test\r\nbcc: c@d.test"}, "invalid_signup"),
        ({"username": "a@b"}, "invalid_signup"),
        ({"client_id": "none"}, "invalid_client"),
        ({"connection": "other"}, "invalid_signup"),
        ({"email": 5}, "invalid_signup"),
        ({"user_metadata": {"a": {"b": 1}}}, "invalid_signup"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_auth0s_words(change: dict[str, Any], code: str) -> None:
    async with world(signup=True) as house:
        status, said = await signup(house, **change)
        assert (status, said["code"], said["statusCode"]) == (400, code, 400)


async def test_one_host_opens_so_many_accounts_and_no_more() -> None:
    async with world(signup=True) as house:
        answers = [(await signup(house, email=f"u{number}@example.test"))[0] for number in range(11)]
        assert answers[-2:] == [200, 429]


async def test_a_forgotten_password_is_answered_alike_for_everybody() -> None:
    from tests.http.browser import call

    async with world() as house:
        await house.person()
        said = []
        for email in ("ada@example.test", "nobody@example.test"):
            body = f'{{"client_id": "spa", "connection": "{CONNECTION}", "email": "{email}"}}'.encode()
            status, _, answer = await call(house.app, "POST", "/dbconnections/change_password", headers={"content-type": "application/json"}, body=body)
            said.append((status, answer))
        assert said == [(200, b"We've just sent you an email to reset your password.")] * 2
        assert len(await house.mail()) == 1
        status, _ = await house.post("/dbconnections/change_password", {"email": "ada@example.test", "connection": "other"}, as_json=True)
        assert status == 400
