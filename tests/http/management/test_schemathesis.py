"""Schemathesis reads the document and asks every operation for what it describes, and for what it does not."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from tests.http.management.house import ADMIN, House

EXAMPLES = 5
load_all_checks()
# A body may be right by its schema and still not be done: an idle time beyond the lifetime, a key that is not there.
CHECKED: Any = [
    CHECKS.get_one(name)
    for name in ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance", "response_headers_conformance")
]
KNOWN = ["auth0|ada", "totp|dev_ada", ADMIN, "shop-client", "cgr_admin", "management", "otp", "email"]


def cases(operation: Any, mode: GenerationMode) -> list[Case[Any]]:
    """A handful of requests, the same in every run."""
    found: list[Case[Any]] = []

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Case[Any]) -> None:
        found.append(case)

    collect()
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_every_operation_answers_as_the_document_says(house: House, mode: GenerationMode) -> None:
    document = (await house.call("GET", "openapi.json")).json()
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        for number, case in enumerate(cases(operation, mode)):
            await house.settle_in()
            await house.ensure("ada")
            if number % 2:
                case.path_parameters = {name: KNOWN[number % len(KNOWN)] for name in case.path_parameters or {}}
            sent = case.as_transport_kwargs(base_url="http://localhost:8000", headers={"authorization": f"Bearer {house.token}"})
            sent.pop("cookies", None)
            request = house.http.build_request(**sent)
            # What is checked quotes the request, which a file in it would leave unread.
            await request.aread()
            answer = await house.http.send(request)
            case.validate_response(answer, checks=CHECKED)
