"""The OpenAPI document says what the routes do."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.http.management.house import House
from yett.http.management.table import ACCESS, BASE


@pytest.fixture
async def document(house: House) -> dict[str, Any]:
    answer = await house.call("GET", "openapi.json", token="")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method.upper(), path.removeprefix(BASE)): operation for path, item in document["paths"].items() for method, operation in item.items()}


async def test_it_is_openapi_31_of_every_route_but_itself(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(operations(document)) == {route for route in ACCESS if ACCESS[route]}
    assert document["servers"] == [{"url": "http://localhost:8000"}]


async def test_each_operation_names_its_scopes_and_its_errors(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route, operation in operations(document).items():
        assert operation["security"] == [{"bearer": sorted(ACCESS[route])}]
        errors = {"400", "401", "403", "429"} | ({"404"} if "{" in route[1] else set())
        assert errors <= set(operation["responses"])
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


async def test_each_operation_has_a_name_of_its_own_and_a_sentence(document: dict[str, Any]) -> None:
    found = operations(document).values()
    assert len({operation["operationId"] for operation in found}) == len(found)
    assert all(operation["description"].endswith(".") for operation in found)


async def test_no_body_has_room_for_what_is_not_named(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = [operation["requestBody"] for operation in operations(document).values() if "requestBody" in operation]
    forms = [body["content"]["multipart/form-data"]["schema"] for body in bodies if "multipart/form-data" in body["content"]]
    assert all(form["additionalProperties"] is False for form in forms)
    named = [body["content"]["application/json"]["schema"].get("$ref", "") for body in bodies if "application/json" in body["content"]]
    for name in {one.rpartition("/")[2] for one in named if one}:
        assert schemas[name]["additionalProperties"] is False, name


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    wanted = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert wanted <= set(document["components"]["schemas"])


def test_litestar_is_not_loaded_before_somebody_asks() -> None:
    """It costs a quarter of a second, which a server that starts does not have."""
    program = "import sys, yett.http.management.app, yett.http.management.table; sys.exit('litestar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
