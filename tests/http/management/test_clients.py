"""clients and client-grants."""

from typing import Any

import pytest

from tests.http.management.house import ADMIN, AUDIENCE, SHOP, House
from yett.domain.client import Api
from yett.flows.mint import digest
from yett.oauth.clients import authenticate


async def created(house: House, **body: Any) -> dict[str, Any]:
    answer = await house.call("POST", "clients", {"name": "App", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_new_client_is_told_its_secret_once_and_we_keep_the_digest(house: House) -> None:
    made = await created(house)
    kept = (await house.store.catalogue()).clients[made["client_id"]]
    assert kept.secret == digest(made["client_secret"])
    assert "client_secret" not in await house.get(f"clients/{made['client_id']}")
    fields = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert authenticate(fields, "", {kept.id: kept}) == kept


@pytest.mark.parametrize(
    "app_type, method, grants",
    [
        ("spa", "none", ["authorization_code", "refresh_token"]),
        ("native", "none", ["authorization_code", "refresh_token"]),
        ("regular_web", "client_secret_post", ["authorization_code", "refresh_token", "client_credentials"]),
        ("non_interactive", "client_secret_post", ["client_credentials"]),
    ],
)
async def test_a_client_begins_as_is_usual_for_its_type(house: House, app_type: str, method: str, grants: list[str]) -> None:
    made = await created(house, app_type=app_type)
    assert (made["token_endpoint_auth_method"], made["grant_types"]) == (method, grants)
    assert ("client_secret" in made) == (method != "none")


async def test_what_is_sent_comes_back_and_what_is_only_kept_too(house: House) -> None:
    body = {
        "callbacks": ["https://app.example/cb"],
        "web_origins": ["https://app.example"],
        "allowed_logout_urls": ["https://app.example/"],
        "jwt_configuration": {"lifetime_in_seconds": 600, "alg": "RS256"},
        "refresh_token": {"rotation_type": "non-rotating", "leeway": 5, "token_lifetime": 1000, "idle_token_lifetime": 500},
        "client_metadata": {"team": "blue"},
        "require_pkce": True,
        "logo_uri": "https://app.example/logo.png",
        "oidc_conformant": True,
    }
    shown = await house.get(f"clients/{(await created(house, **body))['client_id']}")
    for name, value in body.items():
        assert (shown[name] | value if isinstance(value, dict) else value) == shown[name]


async def test_a_change_leaves_the_rest_and_the_secret_as_they_are(house: House) -> None:
    made = await created(house, callbacks=["https://app.example/cb"], description="one")
    before = (await house.store.catalogue()).clients[made["client_id"]]
    answer = await house.call("PATCH", f"clients/{made['client_id']}", {"name": "Other", "description": None})
    after = (await house.store.catalogue()).clients[made["client_id"]]
    assert (answer.status_code, answer.json()["name"]) == (200, "Other")
    assert after == before._replace(name="Other", extra=b"{}")


@pytest.mark.parametrize(
    "body",
    [
        {"callbacks": ["javascript:alert(1)"]},
        {"callbacks": ["https://app.example/cb#x"]},
        {"callbacks": ["https://*.example/cb"]},
        {"callbacks": ["https://good.example@evil.example/"]},
        {"callbacks": ["/cb"]},
        {"callbacks": ["https://app.example/\r\nx: y"]},
        {"allowed_logout_urls": ["data:text/html,x"]},
        {"web_origins": ["https://app.example/path"]},
        {"web_origins": ["https://app.example; script-src *"]},
        {"web_origins": ["*"]},
        {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"},
        {"grant_types": ["magic"]},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"jwt_configuration": {"alg": "HS256"}},
        {"jwt_configuration": {"alg": "RS512"}},
        {"resource_server_identifier": "https://nobody.example/"},
        {"oidc_logout": {"backchannel_logout_urls": ["http://app.example/out"]}},
        {"oidc_logout": {"backchannel_logout_urls": ["https://app.example/out#x"]}},
        {"oidc_logout": {"backchannel_logout_urls": ["https://a@app.example/out"]}},
        {"oidc_logout": {"backchannel_logout_urls": ["ftp://app.example/out"]}},
        {"oidc_logout": {"backchannel_logout_urls": ["http://localhost.evil.example/"]}},
        {"oidc_logout": {"backchannel_logout_urls": ["https://a.example/", "https://b.example/"]}},
        {"oidc_logout": {"backchannel_logout_initiators": {"mode": "some"}}},
        {"oidc_logout": {"backchannel_logout_initiators": {"selected_initiators": ["whim"]}}},
        {"client_authentication_methods": {"private_key_jwt": {"credentials": []}}},
        {"client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": "cred_of_another"}]}}},
        {"client_authentication_methods": {"client_secret_jwt": {}}},
        {"name": ""},
        {"name": "<b>"},
        {"client_metadata": {"team": 1}},
    ],
)
async def test_a_client_that_would_be_a_hole_is_refused(house: House, body: dict[str, Any]) -> None:
    before = (await house.store.catalogue()).clients
    answer = await house.call("POST", "clients", {"name": "App", **body})
    assert answer.status_code == 400
    assert (await house.call("PATCH", f"clients/{SHOP}", body)).status_code == 400
    assert (await house.store.catalogue()).clients == before


@pytest.mark.parametrize("field", ["client_id", "secret", "client_secret", "global", "global_", "id", "tenant", "extra", "leeway"])
async def test_mass_assignment_no_field_is_set_that_is_not_offered(house: House, field: str) -> None:
    before = (await house.store.catalogue()).clients
    for method, path in (("POST", "clients"), ("PATCH", f"clients/{SHOP}")):
        answer = await house.call(method, path, {"name": "App", field: "x"})
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_body")
    assert (await house.store.catalogue()).clients == before


async def test_a_client_says_where_and_of_which_logouts_it_is_told(house: House) -> None:
    at = {"backchannel_logout_urls": ["https://app.example/out"]}
    made = await created(house, oidc_logout=at)
    kept = (await house.store.catalogue()).clients[made["client_id"]]
    assert made["oidc_logout"] == at
    assert (kept.logout_url, kept.logout_initiators) == ("https://app.example/out", ("rp-logout", "idp-logout"))
    for initiators, meant in (
        ({"mode": "all"}, ("all",)),
        ({"mode": "custom", "selected_initiators": ["password-changed"]}, ("password-changed",)),
        ({"selected_initiators": []}, ()),
    ):
        wish: dict[str, Any] = {**at, "backchannel_logout_initiators": initiators}
        shown = (await house.call("PATCH", f"clients/{made['client_id']}", {"oidc_logout": wish})).json()
        assert shown["oidc_logout"]["backchannel_logout_urls"] == at["backchannel_logout_urls"]
        assert (await house.store.catalogue()).clients[made["client_id"]].logout_initiators == meant
    await house.call("PATCH", f"clients/{made['client_id']}", {"name": "Same"})
    assert (await house.store.catalogue()).clients[made["client_id"]].logout_url == "https://app.example/out"
    await house.call("PATCH", f"clients/{made['client_id']}", {"oidc_logout": None})
    assert (await house.store.catalogue()).clients[made["client_id"]].logout_url == ""


async def test_rotation_voids_the_old_secret_and_tells_the_new_one(house: House) -> None:
    made = await created(house)
    rotated = (await house.call("POST", f"clients/{made['client_id']}/rotate-secret")).json()
    assert rotated["client_secret"] != made["client_secret"]
    assert (await house.store.catalogue()).clients[made["client_id"]].secret == digest(rotated["client_secret"])


async def test_no_secret_is_in_the_log(house: House) -> None:
    made = await created(house)
    rotated = (await house.call("POST", f"clients/{made['client_id']}/rotate-secret")).json()
    told = repr(await house.facts("sapi"))
    assert made["client_secret"] not in told
    assert rotated["client_secret"] not in told


async def test_a_deleted_client_takes_its_grants_along(house: House) -> None:
    answer = await house.call("DELETE", f"clients/{ADMIN}")
    assert (answer.status_code, answer.content) == (204, b"")
    catalogue = await house.store.catalogue()
    assert (list(catalogue.clients), catalogue.grants) == ([SHOP], ())


@pytest.mark.parametrize("method, path", [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate-secret")])
async def test_a_client_that_is_not_there_is_404(house: House, method: str, path: str) -> None:
    answer = await house.call(method, f"clients/nobody{path}", {"name": "x"} if method == "PATCH" else None)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "inexistent_client")


async def test_pages_end_and_beyond_the_end_there_is_nothing(house: House) -> None:
    """auth0-python asks for pages until one is empty."""
    for _ in range(3):
        await created(house)
    sizes = [len(await house.get("clients", page=page, per_page=2)) for page in range(4)]
    assert sizes == [2, 2, 1, 0]
    page = await house.get("clients", page=1, per_page=2, include_totals="true")
    assert {name: page[name] for name in ("start", "limit", "total", "length")} == {"start": 2, "limit": 2, "total": 5, "length": 2}


async def test_checkpoints_visit_each_client_once(house: House) -> None:
    for _ in range(4):
        await created(house)
    seen: list[str] = []
    query: dict[str, Any] = {"take": 2}
    while True:
        page = await house.get("clients", **query)
        seen += [one["client_id"] for one in page["clients"]]
        if "next" not in page:
            break
        query["from"] = page["next"]
    assert seen == sorted((await house.store.catalogue()).clients)


async def test_fields_are_chosen_or_left_out(house: House) -> None:
    assert await house.get(f"clients/{SHOP}", fields="client_id,name") == {"client_id": SHOP, "name": "Shop"}
    left = await house.get(f"clients/{SHOP}", fields="client_id,name", include_fields="false")
    assert {"client_id", "name"}.isdisjoint(left)
    assert left["global"] is False


async def test_filters_narrow_the_list(house: House) -> None:
    await created(house, app_type="spa", is_first_party=False)
    assert [one["name"] for one in await house.get("clients", app_type="spa,native")] == ["App"]
    assert [one["name"] for one in await house.get("clients", is_first_party="false")] == ["App"]
    assert await house.get("clients", is_global="true") == []


async def test_a_filter_that_is_not_known_is_refused_rather_than_ignored(house: House) -> None:
    answer = await house.call("GET", "clients", params={"owner": "me"})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_query_string")


async def test_a_grant_is_made_seen_changed_and_taken_away(house: House) -> None:
    made = await house.call("POST", "client-grants", {"client_id": SHOP, "audience": AUDIENCE, "scope": ["read:logs"]})
    assert made.status_code == 201
    grant = made.json()
    assert await house.get(f"client-grants/{grant['id']}") == grant
    assert await house.get("client-grants", client_id=SHOP) == [grant]
    changed = await house.call("PATCH", f"client-grants/{grant['id']}", {"scope": ["read:users"]})
    assert changed.json() == {**grant, "scope": ["read:users"]}
    assert (await house.call("DELETE", f"client-grants/{grant['id']}")).status_code == 204
    assert await house.get("client-grants", client_id=SHOP) == []


async def test_grants_come_in_their_envelope_for_the_sdk(house: House) -> None:
    page = await house.get("client-grants", take=50, include_totals="true")
    assert [one["client_id"] for one in page["client_grants"]] == [ADMIN]
    assert "next" not in page


async def test_one_grant_for_each_client_and_api(house: House) -> None:
    body = {"client_id": ADMIN, "audience": AUDIENCE, "scope": []}
    assert (await house.call("POST", "client-grants", body)).status_code == 409


@pytest.mark.parametrize("method, path", [("POST", "client-grants"), ("PATCH", "client-grants/cgr_admin")])
async def test_a_scope_that_the_api_does_not_have_cannot_be_granted(house: House, method: str, path: str) -> None:
    body: dict[str, Any] = {"scope": ["read:minds"]}
    if method == "POST":
        body |= {"client_id": SHOP, "audience": AUDIENCE}
    assert (await house.call(method, path, body)).status_code == 400


@pytest.mark.parametrize("client, audience", [("nobody", AUDIENCE), (SHOP, "https://nowhere.example/")])
async def test_a_grant_of_what_is_not_there_is_404(house: House, client: str, audience: str) -> None:
    answer = await house.call("POST", "client-grants", {"client_id": client, "audience": audience, "scope": []})
    assert answer.status_code == 404


async def test_two_administrators_at_once_lose_nothing(house: House) -> None:
    """A change that was made on an older configuration starts over."""
    await house.store.configure((Api("a", "https://a.example/"),), (), ())
    real, calls = house.store.configure, 0

    async def slower(put: Any, drop: Any, facts: Any, seen: int | None = None) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            tenant = (await house.store.catalogue()).tenant
            await real((tenant._replace(policies=("all-applications",)),), (), ())
        return await real(put, drop, facts, seen)

    house.store.configure = slower  # type: ignore[method-assign]
    assert (await house.call("PUT", "guardian/factors/sms", {"enabled": True})).status_code == 200
    tenant = (await house.store.catalogue()).tenant
    assert (calls, tenant.policies, tenant.factors["sms"]) == (2, ("all-applications",), True)
