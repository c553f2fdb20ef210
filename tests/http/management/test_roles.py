"""Roles and permissions, as administrators give and take them."""

from typing import Any

import pytest

from tests.http.management.house import House
from yett.domain.client import Api

ADA = "users/auth0%7Cada"
SHOP = "https://shop.example/"
READ = {"resource_server_identifier": SHOP, "permission_name": "read:orders"}
WRITE = {"resource_server_identifier": SHOP, "permission_name": "write:orders"}


async def made(house: House, name: str = "Clerk", **more: Any) -> Any:
    answer = await house.call("POST", "roles", {"name": name, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def settled_in(house: House) -> str:
    await house.store.configure((Api("shop", SHOP, "Shop", ("read:orders", "write:orders")),), (), ())
    await house.account()
    id: str = (await made(house))["id"]
    return id


async def test_a_role_lives_and_dies(house: House) -> None:
    role = await made(house, description="counts")
    assert role["id"].startswith("rol_")
    assert role == {"id": role["id"], "name": "Clerk", "description": "counts"}
    assert (await house.call("POST", "roles", {"name": "Clerk"})).status_code == 409
    other = await made(house, "Boss")
    assert (await house.call("PATCH", f"roles/{other['id']}", {"name": "Clerk"})).status_code == 409
    changed = await house.call("PATCH", f"roles/{role['id']}", {"description": ""})
    assert changed.json() == {**role, "description": ""}
    assert [one["name"] for one in await house.get("roles")] == ["Clerk", "Boss"]
    assert [one["name"] for one in await house.get("roles", name_filter="os")] == ["Boss"]
    page = await house.get("roles", include_totals="true", per_page=1)
    assert (page["total"], len(page["roles"])) == (2, 1)
    for status in (204, 404):
        assert (await house.call("DELETE", f"roles/{role['id']}")).status_code == status
    assert (await house.call("GET", f"roles/{role['id']}")).status_code == 404


@pytest.mark.parametrize("name", ["", "x" * 51, "<b>", "two\nlines", None])
async def test_a_name_is_one_short_line(house: House, name: object) -> None:
    assert (await house.call("POST", "roles", {"name": name})).status_code == 400


async def test_a_role_permits_scopes_that_there_are(house: House) -> None:
    id = await settled_in(house)
    path = f"roles/{id}/permissions"
    assert (await house.call("POST", path, {"permissions": [READ, WRITE]})).status_code == 201
    shown = {"resource_server_identifier": SHOP, "permission_name": "read:orders", "resource_server_name": "Shop"}
    assert (await house.get(path))[0] == shown
    assert (await house.get(path, include_totals="true", per_page=1, page=1))["total"] == 2
    for bad in ({**READ, "permission_name": "drop:orders"}, {**READ, "resource_server_identifier": "urn:none"}):
        assert (await house.call("POST", path, {"permissions": [READ, bad]})).status_code == 404
    assert (await house.call("DELETE", path, {"permissions": [READ]})).status_code == 204
    assert [one["permission_name"] for one in await house.get(path)] == ["write:orders"]
    for method in ("GET", "POST", "DELETE"):
        body = None if method == "GET" else {"permissions": [READ]}
        assert (await house.call(method, "roles/rol_none/permissions", body)).status_code == 404


async def test_a_role_is_given_from_either_side(house: House) -> None:
    id = await settled_in(house)
    await house.account("eve")
    assert (await house.call("POST", f"{ADA}/roles", {"roles": [id]})).status_code == 204
    assert (await house.call("POST", f"roles/{id}/users", {"users": ["auth0|eve", "auth0|ada"]})).status_code == 200
    assert [one["name"] for one in await house.get(f"{ADA}/roles")] == ["Clerk"]
    assert (await house.get(f"{ADA}/roles", include_totals="true"))["total"] == 1
    assert [one["user_id"] for one in await house.get(f"roles/{id}/users")] == ["auth0|ada", "auth0|eve"]
    part = await house.get(f"roles/{id}/users", take=1)
    assert ([one["email"] for one in part["users"]], part["next"]) == (["ada@example.com"], "auth0|ada")
    part = await house.get(f"roles/{id}/users", take=1, **{"from": part["next"]})
    assert ([one["user_id"] for one in part["users"]], part.get("next")) == (["auth0|eve"], None)
    assert (await house.call("DELETE", f"{ADA}/roles", {"roles": [id]})).status_code == 204
    assert await house.get(f"{ADA}/roles") == []


async def test_a_role_is_given_to_all_of_them_or_to_none(house: House) -> None:
    id = await settled_in(house)
    assert (await house.call("POST", f"roles/{id}/users", {"users": ["auth0|ada", "auth0|nobody"]})).status_code == 404
    assert (await house.call("POST", f"{ADA}/roles", {"roles": [id, "rol_none"]})).status_code == 404
    assert (await house.call("POST", "users/auth0%7Cnobody/roles", {"roles": [id]})).status_code == 404
    assert (await house.call("POST", "roles/rol_none/users", {"users": ["auth0|ada"]})).status_code == 404
    assert await house.get(f"{ADA}/roles") == []


async def test_what_a_user_may_do_says_by_what(house: House) -> None:
    id = await settled_in(house)
    await house.call("POST", f"roles/{id}/permissions", {"permissions": [READ]})
    await house.call("POST", f"{ADA}/roles", {"roles": [id]})
    assert (await house.call("POST", f"{ADA}/permissions", {"permissions": [WRITE]})).status_code == 201
    assert [(one["permission_name"], one["sources"]) for one in await house.get(f"{ADA}/permissions")] == [
        ("read:orders", [{"source_type": "ROLE", "source_id": id, "source_name": "Clerk"}]),
        ("write:orders", [{"source_type": "DIRECT", "source_id": "", "source_name": ""}]),
    ]
    assert (await house.call("DELETE", f"{ADA}/permissions", {"permissions": [READ, WRITE]})).status_code == 204
    assert [one["permission_name"] for one in await house.get(f"{ADA}/permissions")] == ["read:orders"]
    for method in ("GET", "POST", "DELETE"):
        body = None if method == "GET" else {"permissions": [READ]}
        assert (await house.call(method, "users/auth0%7Cnobody/permissions", body)).status_code == 404
    assert (await house.call("POST", f"{ADA}/permissions", {"permissions": [{**READ, "permission_name": "x"}]})).status_code == 404


async def test_every_change_is_a_fact(house: House) -> None:
    id = await settled_in(house)
    await house.call("POST", f"{ADA}/roles", {"roles": [id]})
    await house.call("POST", f"{ADA}/permissions", {"permissions": [WRITE]})
    said = [(one.account, one.data.get("roles") or one.data.get("permissions")) for one in await house.facts("sapi")]
    assert said[-2:] == [("auth0|ada", id), ("auth0|ada", f"{SHOP}:write:orders")]
