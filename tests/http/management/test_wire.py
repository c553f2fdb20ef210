"""Bodies, paths and methods: what is read strictly, and what is refused."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.assertions import pem, private
from tests.http.management.house import ADMIN, ISSUER, SHOP, Building, House, opened
from yett.http.management.table import ACCESS
from yett.http.management.wire import FORM, Problem, decode

WRITES = sorted((method, path) for method, path in ACCESS if method in {"POST", "PUT", "PATCH"})
WITH_BODY = [
    ("PUT", "guardian/factors/otp"),
    ("PUT", "guardian/policies"),
    ("PUT", "guardian/settings"),
    ("PUT", "guardian/factors/email/settings"),
    ("POST", "clients"),
    ("PATCH", f"clients/{SHOP}"),
    ("POST", "client-grants"),
    ("PATCH", "client-grants/cgr_admin"),
    ("POST", "resource-servers"),
    ("PATCH", "resource-servers/management"),
    ("POST", "users"),
    ("PATCH", "users/auth0%7Cada"),
    ("PATCH", "users/auth0%7Cada/authentication-methods/totp%7Cdev_ada"),
    ("PATCH", "tenants/settings"),
]
# Ids that a route of a store is asked for: those of another store, and anything at all.
OF_ANOTHER = ["auth0|eve", "other-client", "cgr_other", "other-api", "totp|dev_eve", "https://other.example/"]


async def raw(house: House, method: str, path: str, body: bytes, media: str = "application/json") -> httpx.Response:
    return await house.call(method, path, content=body, headers={"content-type": media})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"7", b'"x"', b"\xff\xfe", b"[" * 5000, b'{"a":' * 5000, b'{"name":"\\u0000"}', b'{"name":"\\ud800"}', b"[{}]", b'{"__proto__":1}'],
)
async def test_a_malformed_body_is_400_and_changes_nothing(house: House, body: bytes) -> None:
    await house.account()
    before = await house.store.version()
    for method, path in WITH_BODY:
        answer = await raw(house, method, path, body)
        assert (answer.status_code, answer.json()["statusCode"]) == (400, 400), (path, answer.text)
    assert await house.store.version() == before


async def test_an_oversized_body_is_413(house: House) -> None:
    for method, path in WITH_BODY:
        answer = await raw(house, method, path, b'{"name":"' + b"x" * 300_000 + b'"}')
        assert (answer.status_code, answer.json()["statusCode"]) == (413, 413), path


async def test_an_oversized_body_without_a_length_is_413(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000

    answer = await house.call("POST", "clients", content=endless())
    assert answer.status_code == 413


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonp"])
async def test_what_is_neither_json_nor_a_form_is_415(house: House, media: str) -> None:
    assert (await raw(house, "POST", "clients", b'{"name":"x"}', media)).status_code == 415


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_json_by_any_spelling(house: House, media: str) -> None:
    assert (await raw(house, "POST", "clients", b'{"name":"x"}', media)).status_code == 201


async def test_a_form_is_read_as_json_is(house: House) -> None:
    form = b"name=App&app_type=spa&is_first_party=false&callbacks[]=https%3A%2F%2Fa.example%2Fcb&refresh_token[leeway]=7"
    made = (await raw(house, "POST", "clients", form, FORM + ";charset=UTF-8")).json()
    assert (made["is_first_party"], made["callbacks"], made["refresh_token"]["leeway"]) == (False, ["https://a.example/cb"], 7)
    assert (await raw(house, "PUT", "guardian/factors/sms", b"enabled=true", FORM)).json() == {"enabled": True}


@pytest.mark.parametrize("body", [b"colour=red&name=x", b"name=a%00b", b"name[x=1", b"name=%FF", b"a&" * 300])
async def test_a_form_is_read_as_strictly(house: House, body: bytes) -> None:
    assert (await raw(house, "POST", "clients", body, FORM)).status_code == 400


@pytest.mark.parametrize("value", ["true", 1, None, "yes", []])
async def test_json_is_not_bent_into_shape(house: House, value: object) -> None:
    assert (await house.call("PUT", "guardian/factors/otp", {"enabled": value})).status_code == 400


@given(st.binary(max_size=200), st.sampled_from(["application/json", FORM, "text/html"]))
def test_whatever_is_sent_is_read_or_refused(body: bytes, media: str) -> None:
    with contextlib.suppress(Problem):
        decode(body, media, dict[str, Any])


@pytest.mark.parametrize("path", ["", "nothing", "clients/a/b", "guardian", "../oauth/token", "users/%2e%2e/clients", "CLIENTS", "%63lients"])
async def test_a_path_that_is_not_there_is_404_in_auth0s_form(house: House, path: str) -> None:
    answer = await house.call("GET", path)
    assert (answer.status_code, answer.json()) == (404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"})


@pytest.mark.parametrize("id", ["%00", "a%00b", "%FF%FE", "%C3%28"])
async def test_an_id_that_is_no_text_is_404(house: House, id: str) -> None:
    for path in (f"users/{id}", f"clients/{id}", f"logs/{id}", f"users/auth0%7Cada/authentication-methods/{id}"):
        assert (await house.call("GET", path)).status_code == 404


async def test_a_nul_in_the_query_is_refused(house: House) -> None:
    assert (await house.call("GET", "users?q=a%00b")).status_code in {400, 404}


@pytest.mark.parametrize("query", ["page=-1", "page=x", "per_page=101", "page=1e9", "include_totals=maybe", "take=0", "take=101"])
async def test_a_page_that_cannot_be_is_400(house: House, query: str) -> None:
    answer = await house.call("GET", f"clients?{query}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_query_string")


async def test_head_is_get_without_a_body(house: House) -> None:
    answer = await house.call("HEAD", "clients")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await house.call("HEAD", "clients", token="")).status_code == 401


async def test_options_says_what_may_be_asked_and_nothing_else(house: House) -> None:
    answer = await house.call("OPTIONS", "clients", token="")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS, POST", b"")


async def test_another_method_is_405(house: House) -> None:
    answer = await house.call("PUT", "clients", {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert answer.json()["statusCode"] == 405


async def test_every_answer_is_kept_out_of_caches(house: House) -> None:
    for path, token in (("clients", None), ("clients", ""), ("nothing", None)):
        headers = (await house.call("GET", path, token=token)).headers
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_a_bug_shows_nothing_but_that_there_is_one(house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(house.store, "accounts", broken)
    answer = await house.call("GET", "users")
    assert answer.json() == {"statusCode": 500, "error": "Internal Server Error", "message": "Internal error."}
    assert "a request ended in a bug: GET /api/v2/users" in caplog.text


async def test_a_trusted_proxy_is_believed_and_no_other(house: House) -> None:
    from ipaddress import ip_network

    from yett.http.management.app import build

    for trusted, address in (((ip_network("127.0.0.0/8"),), "203.0.113.9"), ((), "127.0.0.1")):
        transport = httpx.ASGITransport(build(lambda: house.manage, trusted=trusted))
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            headers = {"authorization": f"Bearer {house.token}", "x-forwarded-for": "198.51.100.1, 203.0.113.9"}
            await client.put("api/v2/guardian/factors/sms", json={"enabled": True}, headers=headers)
        assert (await house.facts("sapi"))[-1].data["ip"] == address


def with_ids(path: str, id: str) -> str:
    quoted = "".join(f"%{byte:02X}" for byte in id.encode())
    return (
        path.lstrip("/")
        .replace("{id}", quoted)
        .replace("{kid}", quoted)
        .replace("{name}", quoted)
        .replace("{method_id}", quoted)
        .replace("{credential_id}", quoted)
    )


BY_ID = sorted((method, path) for method, path in ACCESS if "{" in path)
# What these need before they look for the id.
PERMISSIONS = {"permissions": [{"resource_server_identifier": "https://other.example/", "permission_name": "read"}]}
BODIES: dict[str, Any] = {
    "/guardian/factors/{name}": {"enabled": True},
    "/guardian/factors/{name}/settings": {"otp_length": 6, "otp_expiration_time": 60},
    "/guardian/factors/{name}/limits": {"countries": ["DE"], "hourly": 10},
    "/guardian/factors/{name}/message-types": {"message_types": ["sms"]},
    "/guardian/factors/{name}/selected-provider": {"provider": "twilio"},
    "/guardian/factors/{name}/templates": {"enrollment_message": "{{ code }}", "verification_message": "{{ code }}"},
    "/client-grants/{id}": {"scope": []},
    "POST /clients/{id}/credentials": {"credential_type": "public_key", "alg": "Ed25519", "pem": pem(private("Ed25519"))},
    "PATCH /clients/{id}/credentials/{credential_id}": {"expires_at": None},
    "/branding/phone/providers/{id}/try": {"to": "+4917612345678"},
    "/branding/phone/templates/{id}/try": {"to": "+4917612345678"},
    "/users/{id}/authentication-methods/{method_id}": {"name": "x"},
    "PUT /users/{id}/authentication-methods": [],
    "POST /users/{id}/authentication-methods": {"type": "totp", "totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
    "/users/{id}/roles": {"roles": ["rol_other"]},
    "/users/{id}/permissions": PERMISSIONS,
    "/roles/{id}/permissions": PERMISSIONS,
    "/roles/{id}/users": {"users": ["auth0|eve"]},
}


def body_of(method: str, path: str) -> Any:
    """What this route wants to be sent, if anything."""
    said = BODIES.get(f"{method} {path}", BODIES.get(path))
    return {} if said is None and method in {"PUT", "PATCH", "POST"} else said


async def test_attack_31_what_belongs_to_another_store_is_not_there(house: House, tmp_path: Path) -> None:
    """Ids of one tenant are nothing in another, by whatever route, and neither store changes."""
    async with opened(tmp_path / "theirs", Building()) as theirs:
        await theirs.account("eve")
        await theirs.call("POST", "resource-servers", {"identifier": "https://other.example/"})
        other = (await theirs.call("POST", "clients", {"name": "Other"})).json()["client_id"]
        (fact, *_) = await theirs.facts("sapi")
        versions = await house.store.version(), await theirs.store.version()
        for method, path in BY_ID:
            for id in (*OF_ANOTHER, other, fact.id):
                answer = await house.call(method, with_ids(path, id), None if method == "GET" else body_of(method, path))
                empty = path == "/users/{id}/logs" and answer.json() == []
                assert answer.status_code == 404 or empty, (path, id, answer.text)
        assert (await house.store.version(), await theirs.store.version()) == versions
        assert await theirs.store.account("auth0|eve") is not None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(id=st.text(min_size=1, max_size=40).filter(lambda text: text not in {ADMIN, SHOP, "management"}))
async def test_attack_31_whatever_is_asked_for_by_id_is_found_or_404(house: House, id: str) -> None:
    for method, path in BY_ID:
        if method == "GET" and path != "/users/{id}/logs":
            answer = await house.call(method, with_ids(path, id))
            assert answer.status_code == 404, (path, answer.text)
            assert json.loads(answer.text)["statusCode"] == 404
