"""Permissions in tokens: whichever way a token is made, it carries no more than its person may do."""

from typing import Any

from tests.world import API, REALM, World, claims, world
from yett.domain.client import Detail
from yett.domain.role import Permission, Role

READ, TRANSFER = Permission(API, "read:accounts"), Permission(API, "transfer:funds")
ASKED = "openid read:accounts transfer:funds"


async def enforcing(house: World, *held: Permission, dialect: Any = "access_token_authz") -> None:
    """The bank's API asks what Ada may do, by a role and by herself."""
    seen = (await house.store.catalogue()).apis[API]
    await house.store.configure((seen._replace(enforce_policies=True, token_dialect=dialect),), (), ())
    await house.store.open_role(Role("rol_1", "Clerk"), ())
    await house.store.assign((("auth0|ada", "rol_1"),), ())
    await house.store.allow("rol_1", held, ())


async def tokens(house: World, **asked: str) -> Any:
    page = await house.login(house.browser(), audience=API, scope=asked.get("scope", ASKED + " offline_access"))
    status, answer = await house.exchange(page)
    assert status == 200, answer
    return answer


async def test_a_code_is_good_for_what_its_person_may_do() -> None:
    async with world() as house:
        await house.person()
        await enforcing(house, READ)
        answer = await tokens(house)
        assert answer["scope"].split() == ["openid", "read:accounts", "offline_access"]
        said = claims(answer["access_token"])
        assert (said["scope"], said["permissions"]) == (answer["scope"], ["read:accounts"])


async def test_what_was_taken_away_is_gone_from_the_next_refresh_and_what_was_given_is_there() -> None:
    async with world() as house:
        await house.person()
        await enforcing(house, READ)
        answer = await tokens(house)
        await house.store.allow("rol_1", (READ,), (), away=True)
        _, answer = await house.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
        said = claims(answer["access_token"])
        assert (said["scope"].split(), said["permissions"]) == (["openid", "offline_access"], [])
        await house.store.permit("auth0|ada", (READ,), ())
        _, answer = await house.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
        assert "read:accounts" in claims(answer["access_token"])["scope"]


async def test_a_permission_that_demands_a_step_up_is_not_named_before_it() -> None:
    async with world() as house:
        await house.person()
        await enforcing(house, READ, TRANSFER)
        said = claims((await tokens(house, scope="openid read:accounts"))["access_token"])
        assert said["permissions"] == ["read:accounts"]
        said = claims((await tokens(house))["access_token"])
        assert said["permissions"] == ["read:accounts", "transfer:funds"]


async def test_what_is_approved_by_whoever_may_not_do_it_is_in_no_token() -> None:
    async with world() as house:
        await house.person()
        seen = (await house.store.catalogue()).apis[API]
        await house.store.configure((seen._replace(details=(Detail("ping"),)),), (), ())
        for held, told in (((READ,), None), ((READ, TRANSFER), [{"type": "ping"}])):
            await enforcing(house, *held)
            page = await house.login(house.browser(), audience=API, scope="openid transfer:funds", authorization_details='[{"type": "ping"}]')
            status, answer = await house.exchange(page)
            assert (status, "transfer:funds" in answer["scope"]) == (200, told is not None)
            assert answer.get("authorization_details") == claims(answer["access_token"]).get("authorization_details") == told


async def test_a_password_grant_is_judged_alike() -> None:
    async with world() as house:
        await house.person()
        await enforcing(house, READ, dialect="rfc9068_profile_authz")
        asked = {"username": "ada@example.test", "password": "secret of ada", "realm": "Username-Password-Authentication"}
        status, answer = await house.token(grant_type=REALM, audience=API, scope="read:accounts openid", **asked)
        assert (status, answer.get("scope")) == (200, "read:accounts openid")
        await house.store.allow("rol_1", (READ,), (), away=True)
        _, answer = await house.token(grant_type=REALM, audience=API, scope="read:accounts openid", **asked)
        assert (answer["scope"], claims(answer["access_token"])["permissions"]) == ("openid", [])


async def test_an_api_that_enforces_nothing_gives_what_it_always_gave() -> None:
    async with world() as house:
        await house.person()
        said = claims((await tokens(house))["access_token"])
        assert "transfer:funds" in said["scope"]
        assert "permissions" not in said
