"""The log: read, never written from outside."""

import json
from typing import Any

import pytest

from tests.http.management.house import ADMIN, House
from yett.domain.fact import Fact


async def told(house: House, *types: str, account: str | None = None) -> list[str]:
    """Facts of these types, one a second."""
    ids = []
    for type in types:
        house.clock.now += 1
        fact = house.mint.fact(type, account, "shop-client", ip="192.0.2.1", user_agent="Browser", factor="totp")
        await house.store.record((fact,))
        ids.append(fact.id)
    return ids


async def test_an_entry_is_a_fact_in_auth0s_form(house: House) -> None:
    (id,) = await told(house, "gd_auth_succeed", account="auth0|ada")
    assert await house.get(f"logs/{id}") == {
        "log_id": id,
        "_id": id,
        "date": "2027-01-15T08:00:01.000Z",
        "type": "gd_auth_succeed",
        "client_id": "shop-client",
        "user_id": "auth0|ada",
        "ip": "192.0.2.1",
        "user_agent": "Browser",
        "details": {"factor": "totp"},
    }


async def test_the_newest_come_first_and_pages_end(house: House) -> None:
    ids = await told(house, "s", "f", "s")
    pages = [[one["log_id"] for one in await house.get("logs", page=page, per_page=2)] for page in range(3)]
    assert pages == [[ids[2], ids[1]], [ids[0]], []]
    assert [one["log_id"] for one in await house.get("logs", sort="date:1")] == ids
    page = await house.get("logs", include_totals="true", per_page=2)
    assert (page["start"], page["limit"], page["length"], page["total"]) == (0, 2, 2, 3)


async def test_from_a_checkpoint_on_each_entry_comes_once_the_oldest_first(house: House) -> None:
    ids = await told(house, *"abcde")
    seen: list[str] = []
    query: dict[str, Any] = {"take": 2}
    while part := await house.get("logs", **query):
        seen += [one["log_id"] for one in part]
        query["from"] = seen[-1]
    assert seen == ids


@pytest.mark.parametrize("q, found", [("type:s", "ac"), ('user_id:"auth0|ada"', "ab"), ('type:s AND user_id:"auth0|ada"', "a"), ("type:zz", ""), ("", "abc")])
async def test_the_log_is_searched_by_type_and_user(house: House, q: str, found: str) -> None:
    ids = [*await told(house, "s", "f", account="auth0|ada"), *await told(house, "s", account="auth0|eve")]
    names = dict(zip(ids, "abc", strict=True))
    assert "".join(sorted(names[one["log_id"]] for one in await house.get("logs", q=q))) == found


@pytest.mark.parametrize("q", ["ip:1.2.3.4", "type:*", "hello", "type:", 'type:"a" OR type:"b"'])
async def test_a_search_that_is_not_understood_is_refused(house: House, q: str) -> None:
    assert (await house.call("GET", "logs", params={"q": q})).status_code == 400


async def test_the_log_of_a_user_is_that_users(house: House) -> None:
    ids = await told(house, "s", account="auth0|ada")
    await told(house, "s", account="auth0|eve")
    assert [one["log_id"] for one in await house.get("users/auth0%7Cada/logs")] == ids
    assert (await house.get("users/auth0%7Cada/logs", include_totals="true"))["total"] == 1
    assert await house.get("users/auth0%7Cada/logs", page=1) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_the_log_is_append_only(house: House, method: str) -> None:
    (id,) = await told(house, "s")
    for path in ("logs", f"logs/{id}", "users/auth0%7Cada/logs"):
        answer = await house.call(method, path, {})
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (await house.get(f"logs/{id}"))["type"] == "s"


async def test_an_entry_that_is_not_there_is_404(house: House) -> None:
    assert (await house.call("GET", "logs/nothing")).status_code == 404


@pytest.mark.parametrize(
    "evil",
    ["a\r\nSet-Cookie: x=1", "\x1b[2J\x1b[31mred", '"},{"type":"s","user_id":"admin"}', "x" * 5000, "\u2028\u202e\ufeff", "é" * 300],
)
async def test_attack_22_no_line_of_the_log_is_forged(house: House, evil: str) -> None:
    """CRLF, terminal escapes, broken JSON and huge values: one entry, one line, cut short."""
    await house.call("PUT", f"guardian/factors/{quoted(evil)}", {"enabled": True}, headers={"user-agent": headed(evil)})
    found, total = await house.store.facts(0, 100)
    assert total == 1
    (entry,) = await house.get("logs", sort="date:1")
    assert entry["type"] == "fapi"
    assert "\n" not in json.dumps(entry)
    assert entry["details"]["path"].isascii()
    assert entry["details"]["path"].isprintable()
    assert len(entry["details"]["path"]) <= 256
    assert len(entry["user_agent"]) <= 256
    assert isinstance(found[0], Fact)


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def headed(text: str) -> bytes:
    return text.encode("utf-8").replace(b"\r", b" ").replace(b"\n", b" ")


async def test_a_mutation_that_failed_is_told_with_who_tried(house: House) -> None:
    await house.call("DELETE", "clients/nobody")
    (fact,) = await house.facts("fapi")
    assert (fact.client, fact.data["method"], fact.data["path"], fact.data["status"]) == (ADMIN, "DELETE", "/api/v2/clients/nobody", 404)


async def test_a_mutation_without_the_scope_is_told_too(house: House) -> None:
    await house.call("DELETE", "clients/shop-client", token=await house.bearer(["read:clients"]))
    (fact,) = await house.facts("fapi")
    assert fact.data["status"] == 403


async def test_strangers_write_nothing_into_the_log(house: House) -> None:
    await house.call("DELETE", "clients/shop-client", token="")
    await house.call("DELETE", "clients/shop-client", token="a.b.c")
    await house.call("GET", "clients/nobody")
    assert (await house.store.facts(0, 10))[1] == 0


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("PUT", "guardian/factors/sms", {"enabled": True}),
        ("PUT", "guardian/policies", []),
        ("POST", "clients", {"name": "x"}),
        ("PATCH", "clients/shop-client", {"name": "x"}),
        ("POST", "clients/shop-client/rotate-secret", None),
        ("DELETE", "clients/shop-client", None),
        ("POST", "client-grants", {"client_id": "shop-client", "audience": "http://localhost:8000/api/v2/"}),
        ("PATCH", "client-grants/cgr_admin", {"scope": ["read:users"]}),
        ("DELETE", "client-grants/cgr_admin", None),
        ("POST", "resource-servers", {"identifier": "https://a.example/"}),
        ("POST", "users", {"email": "a@example.com"}),
        ("PATCH", "users/auth0%7Cada", {"name": "x"}),
        ("DELETE", "users/auth0%7Cada", None),
        ("DELETE", "users/auth0%7Cada/sessions", None),
        ("DELETE", "users/auth0%7Cada/authenticators", None),
        ("DELETE", "users/auth0%7Cnobodys/authenticators", None),
        ("PATCH", "users/auth0%7Cada/authentication-methods/totp%7Cdev_ada", {"name": "x"}),
        ("POST", "users/auth0%7Cada/multifactor/actions/invalidate-remember-browser", None),
        ("POST", "users/auth0%7Cada/recovery-code-regeneration", None),
        ("POST", "keys/signing/rotate", None),
        ("PATCH", "tenants/settings", {"friendly_name": "x"}),
    ],
)
async def test_each_mutation_is_one_entry_in_the_commit_of_what_it_tells(house: House, method: str, path: str, body: object) -> None:
    await house.account()
    await house.account("nobodys", kinds=())
    answer = await house.call(method, path, body)
    assert answer.status_code < 300
    (fact,) = await house.facts("sapi")
    assert (fact.client, fact.data["method"], fact.data["path"]) == (ADMIN, method, f"/api/v2/{path}")
