"""The guard and the server it was made for: what a real server gives, and what of it opens an API."""

from typing import Any

import httpx
import pytest
from yett_guard import MULTI_FACTOR, Guard, Refusal, Settings
from yett_guard.acr import BUILT_IN

from tests.guard.customer import API, Bank, Customer, Tokens
from yett.oauth.metadata import IMPLIED


@pytest.fixture
def guard(bank: Bank) -> Guard:
    return Guard(Settings.from_environment(bank.environ))


def refused(guard: Guard, token: str, **need: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as told:
        guard.check([f"Bearer {token}"], guard.need(**need))
    return told.value.status, told.value.error


def test_the_table_that_is_built_in_is_the_one_that_the_server_serves() -> None:
    assert {have: set(row) for have, row in IMPLIED.items() if row} == {have: set(row) for have, row in BUILT_IN.items()}


def test_a_login_by_password_is_good_for_what_needs_no_more(guard: Guard, bank: Bank, tokens: Tokens) -> None:
    token = guard.check([f"Bearer {tokens.read}"], guard.need(scope="read:accounts", amr="pwd", max_age=600, live=True))
    assert (token.subject, token.client) == (bank.subject, bank.application["client_id"])
    assert refused(guard, tokens.read, acr=MULTI_FACTOR) == (401, "insufficient_user_authentication")


def test_after_a_step_up_it_is_good_for_more(guard: Guard, tokens: Tokens) -> None:
    token = guard.check([f"Bearer {tokens.stepped_up}"], guard.need(scope="transfer:funds", acr=MULTI_FACTOR, amr="mfa", max_age=600))
    assert token.acr == MULTI_FACTOR
    assert refused(guard, tokens.stepped_up, acr="phr") == (401, "insufficient_user_authentication")


def test_no_other_token_of_the_server_opens_the_api(guard: Guard, bank: Bank, tokens: Tokens) -> None:
    management = bank.http.headers["authorization"].removeprefix("Bearer ")
    for other in (tokens.identity, tokens.refresh, management, tokens.read[:-4] + "AAAA"):
        assert refused(guard, other) == (401, "invalid_token")


def test_a_machine_has_shown_no_factor(guard: Guard, bank: Bank) -> None:
    machine = bank.manage("clients", name="Machine", app_type="non_interactive", grant_types=["client_credentials"])
    bank.manage("client-grants", client_id=machine["client_id"], audience=API, scope=["read:accounts"])
    named = {name: machine[name] for name in ("client_id", "client_secret")}
    asked = {"grant_type": "client_credentials", "audience": API, **named}
    token = httpx.post(f"{bank.issuer}oauth/token", data=asked).raise_for_status().json()["access_token"]
    assert guard.check([f"Bearer {token}"], guard.need(scope="read:accounts")).subject == f"{machine['client_id']}@clients"
    for need in ({"acr": MULTI_FACTOR}, {"max_age": 300}, {"amr": "mfa"}, {"one_use": True}):
        assert refused(guard, token, **need) == (401, "insufficient_user_authentication")


def test_an_approval_is_consumed_at_the_server_whichever_guard_asks(guard: Guard, bank: Bank, customer: Customer) -> None:
    approval, other = customer.approval("you", 5000), Guard(Settings.from_environment(bank.environ))
    details = {"type": "transfer", "amount": 5000, "to": "you"}
    assert refused(guard, approval, one_use=True, details={**details, "amount": 5001}) == (401, "insufficient_user_authentication")
    assert guard.check([f"Bearer {approval}"], guard.need(one_use=True, details=details)).consumed
    assert refused(other, approval, one_use=True, details=details) == (401, "insufficient_user_authentication")


def test_an_api_with_wrong_credentials_opens_nothing_that_has_to_be_asked_about(bank: Bank, tokens: Tokens) -> None:
    wrong = Guard(Settings.from_environment({**bank.environ, "YETT_CLIENT_SECRET": "wrong"}))
    assert wrong.check([f"Bearer {tokens.read}"]).subject
    assert refused(wrong, tokens.read, live=True) == (503, "temporarily_unavailable")
