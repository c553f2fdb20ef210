"""resource-servers, and what they demand."""

from typing import Any

import pytest

from tests.http.management.house import AUDIENCE, ISSUER, SHOP, House
from yett.domain.requirement import Requirement

MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
BANK = "https://api.bank.example/"
BODY: dict[str, Any] = {
    "identifier": BANK,
    "name": "Bank",
    "scopes": [
        {"value": "read:balance", "description": "See it"},
        {"value": "transfer", "requirement": {"acr_values": [MULTI_FACTOR], "max_age": 60, "lifetime": 300, "one_use": True}},
    ],
    "token_dialect": "rfc9068_profile",
    "token_lifetime": 600,
    "requirement": {"acr_values": ["phr"]},
    "enforce_policies": True,
    "authorization_details": [
        {
            "type": "payment",
            "schema": {"additionalProperties": False, "required": ["amount"], "properties": {"amount": {"type": "string"}}},
            "words": {"en": "Pay {{ amount }}", "de": "{{ amount }} zahlen"},
        },
        {"type": "ping", "schema": {"additionalProperties": False}},
    ],
}


async def created(house: House, **body: Any) -> dict[str, Any]:
    answer = await house.call("POST", "resource-servers", {**BODY, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_an_api_comes_back_as_it_was_sent_with_what_it_demands(house: House) -> None:
    made = await created(house)
    shown = {name: made[name] for name in BODY if name != "scopes"}
    assert shown == {name: value for name, value in BODY.items() if name != "scopes"}
    assert made["scopes"][0] == BODY["scopes"][0]
    assert made["scopes"][1]["requirement"] == BODY["scopes"][1]["requirement"]
    assert await house.get(f"resource-servers/{made['id']}") == made


async def test_the_gate_sees_what_was_demanded(house: House) -> None:
    await created(house)
    api = (await house.store.catalogue()).apis[BANK]
    assert api.requirement == Requirement(("phr",))
    assert api.scope_requirements == {"transfer": Requirement((MULTI_FACTOR,), 60, 300, one_use=True)}


async def test_types_of_transactions_stay_until_they_are_replaced_or_taken_away(house: House) -> None:
    path = f"resource-servers/{(await created(house))['id']}"
    assert (await house.call("PATCH", path, {"name": "Other"})).json()["authorization_details"] == BODY["authorization_details"]
    bare = (await house.call("PATCH", path, {"authorization_details": [{"type": "as_with_auth0"}]})).json()
    assert bare["authorization_details"] == [{"type": "as_with_auth0", "schema": {"additionalProperties": False}}]
    assert "authorization_details" not in (await house.call("PATCH", path, {"authorization_details": None})).json()


@pytest.mark.parametrize(
    "body, says",
    [
        ({"requirement": {"acr_values": ["mfa"]}}, "There is no acr mfa. Known are: http"),
        ({"scopes": [{"value": "pay", "requirement": {"one_use": True, "lifetime": 119}}]}, "lives 120 s"),
        ({"authorization_details": [{"type": "a"}, {"type": "a"}]}, "The type a is there twice"),
        ({"authorization_details": [{"type": "a", "schema": {}}]}, "additionalProperties"),
        ({"authorization_details": [{"type": "a", "schema": {"additionalProperties": False, "$ref": "http://127.0.0.1/"}}]}, "refers to another"),
        ({"authorization_details": [{"type": "a", "words": {"en": "{{ amount }}"}}]}, "does not require"),
        ({"authorization_details": [{"type": "a", "words": {"en": "{% set a = 1 %}"}}]}, "in braces"),
    ],
)
async def test_a_demand_that_nobody_could_meet_and_a_type_that_leaves_a_gap_are_refused_with_the_reason(house: House, body: dict[str, Any], says: str) -> None:
    answer = await house.call("POST", "resource-servers", {**BODY, **body})
    assert answer.status_code == 400
    assert says in answer.json()["message"]


async def test_what_an_api_demands_stands_in_the_document(house: House) -> None:
    schemas = (await house.get("openapi.json"))["components"]["schemas"]
    assert {"acr_values", "max_age", "lifetime", "one_use"} == set(schemas["Demand"]["properties"])
    assert {"type", "schema", "words"} == set(schemas["DetailKind"]["properties"])


async def test_an_api_is_found_by_its_identifier_percent_encoded(house: House) -> None:
    made = await created(house)
    assert (await house.get("resource-servers/https%3A%2F%2Fapi.bank.example%2F"))["id"] == made["id"]
    assert [one["id"] for one in await house.get("resource-servers", identifiers=BANK)] == [made["id"]]


async def test_scopes_are_replaced_and_a_demand_stays_until_it_is_taken_away(house: House) -> None:
    made = await created(house)
    path = f"resource-servers/{made['id']}"
    kept = (await house.call("PATCH", path, {"scopes": [{"value": "transfer"}]})).json()["scopes"]
    assert kept == [{"value": "transfer", "requirement": BODY["scopes"][1]["requirement"]}]
    freed = (await house.call("PATCH", path, {"scopes": [{"value": "transfer", "requirement": None}]})).json()["scopes"]
    assert freed == [{"value": "transfer"}]
    assert "requirement" not in (await house.call("PATCH", path, {"requirement": None})).json()


async def test_the_identifier_is_for_good(house: House) -> None:
    made = await created(house)
    assert (await house.call("PATCH", f"resource-servers/{made['id']}", {"identifier": "https://x.example/"})).status_code == 400
    assert (await house.call("POST", "resource-servers", BODY)).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"signing_alg": "HS256"},
        {"signing_alg": "RS512"},
        {"token_dialect": "opaque"},
        {"token_lifetime": 0},
        {"scopes": [{"value": "two words"}]},
        {"scopes": [{"value": "a", "colour": "red"}]},
        {"requirement": {"max_age": -1}},
        {"requirement": {"acr": "phr"}},
        {"identifier": ISSUER + "me/"},
        {"identifier": "with space"},
        {"id": "mine"},
        {"is_system": True},
    ],
)
async def test_what_no_api_may_be_is_refused(house: House, body: dict[str, Any]) -> None:
    assert (await house.call("POST", "resource-servers", {**BODY, **body})).status_code == 400
    assert list((await house.store.catalogue()).apis) == [AUDIENCE]


@pytest.mark.parametrize("method, body", [("PATCH", {"token_lifetime": 1}), ("DELETE", None)])
async def test_the_management_api_itself_cannot_be_changed(house: House, method: str, body: object) -> None:
    answer = await house.call(method, "resource-servers/management", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "operation_not_supported")
    assert (await house.get("resource-servers/management"))["is_system"]


async def test_a_deleted_api_takes_its_grants_along(house: House) -> None:
    made = await created(house)
    await house.call("POST", "client-grants", {"client_id": SHOP, "audience": BANK, "scope": ["transfer"]})
    assert (await house.call("DELETE", f"resource-servers/{made['id']}")).status_code == 204
    assert await house.get("client-grants", audience=BANK) == []
    assert (await house.call("GET", f"resource-servers/{made['id']}")).status_code == 404


async def test_lists_have_pages_and_checkpoints(house: House) -> None:
    for number in range(3):
        await created(house, identifier=f"https://{number}.example/")
    assert [len(await house.get("resource-servers", page=page, per_page=3)) for page in range(3)] == [3, 1, 0]
    page = await house.get("resource-servers", take=3)
    rest = await house.get("resource-servers", take=3, **{"from": page["next"]})
    ids = [one["id"] for one in (*page["resource_servers"], *rest["resource_servers"])]
    assert ids == sorted(one.id for one in (await house.store.catalogue()).apis.values())


async def test_consent_may_be_skipped_by_own_applications_unless_the_api_says_otherwise(house: House) -> None:
    made = await created(house)
    name = "skip_consent_for_verifiable_first_party_clients"
    assert made[name] is True
    assert (await house.call("PATCH", f"resource-servers/{made['id']}", {name: False})).json()[name] is False
    assert (await house.store.catalogue()).apis[BANK].skip_consent is False
    assert (await house.call("PATCH", f"resource-servers/{made['id']}", {name: "yes"})).status_code == 400
