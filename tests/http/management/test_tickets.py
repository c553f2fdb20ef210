"""Links as administrators have them made or mailed."""

import pytest

from tests.http.management.house import House
from yett.flows.steps import Browser
from yett.flows.tickets import Kind, Tickets

ISSUER = "http://localhost:8000/"


def found_by(house: House) -> Tickets:
    return house.manage.letters.forgot.tickets


@pytest.mark.parametrize("path, kind, page", [("email-verification", "verify-email", "u/email-verification"), ("password-change", "reset", "u/reset-password")])
async def test_a_ticket_is_a_link_of_its_kind_alone_for_five_days(house: House, path: str, kind: Kind, page: str) -> None:
    await house.account()
    answer = await house.call("POST", f"tickets/{path}", {"user_id": "auth0|ada", "result_url": "https://shop.example/done", "includeEmailInRedirect": True})
    assert answer.status_code == 201, answer.text
    address, _, handle = answer.json()["ticket"].partition("?ticket=")
    assert address == ISSUER + page
    found = await found_by(house).find(kind, handle, Browser())
    assert found
    assert (found.owner.account.id, found.ticket.result_url, found.ticket.tells_address) == ("auth0|ada", "https://shop.example/done", True)
    other: Kind = "reset" if kind == "verify-email" else "verify-email"
    assert await found_by(house).find(other, handle, Browser()) is None
    house.clock.now += 432000
    assert await found_by(house).find(kind, handle, Browser()) is None
    assert [one.data["ticket"] for one in await house.facts("sapi")] == [kind]


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/done",
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example:444/",
        "https://shop.example/#x",
        "javascript:alert(1)",
        "//shop.example/",
    ],
)
async def test_a_link_of_ours_leads_on_to_registered_applications_alone(house: House, url: str) -> None:
    await house.account()
    assert (await house.call("POST", "tickets/password-change", {"user_id": "auth0|ada", "result_url": url})).status_code == 400


async def test_a_password_ticket_is_made_by_address_as_well(house: House) -> None:
    await house.account()
    body = {"email": "ADA@example.com", "connection_id": "Username-Password-Authentication", "ttl_sec": 60, "mark_email_as_verified": True}
    assert (await house.call("POST", "tickets/password-change", body)).status_code == 201
    assert (await house.call("POST", "tickets/password-change", {**body, "email": "nobody@example.com"})).status_code == 404
    assert (await house.call("POST", "tickets/password-change", {**body, "user_id": "auth0|ada"})).status_code == 400
    assert (await house.call("POST", "tickets/password-change", {})).status_code == 400
    assert (await house.call("POST", "tickets/password-change", {**body, "ttl_sec": 99_999_999})).status_code == 400
    for path in ("tickets/password-change", "tickets/email-verification", "jobs/verification-email"):
        assert (await house.call("POST", path, {"user_id": "auth0|nobody"})).status_code == 404
        assert (await house.call("POST", path, {"user_id": "auth0|ada", "client_id": "none"})).status_code == 404


async def test_a_link_that_confirms_is_mailed_by_a_job(house: House) -> None:
    await house.account()
    answer = await house.call("POST", "jobs/verification-email", {"user_id": "auth0|ada"})
    assert (answer.status_code, answer.json()["type"]) == (201, "verification_email")
    assert await house.notices() == [("verify_email", "ada@example.com")]
    assert (await house.get(f"jobs/{answer.json()['id']}"))["status"] == "completed"
    assert "connection_id" not in answer.json()
