"""guardian/enrollments: tickets and single enrolments, as the helpdesk has them."""

import json
from typing import Any

import pytest

from tests.http.management.house import House
from yett.domain.account import Account
from yett.domain.enrolment import Enrolment, State

TICKET = "guardian/enrollments/ticket"


async def somebody(house: House, name: str = "ada") -> Account:
    account = Account(f"auth0|{name}", f"{name}@example.test")
    state = State(b"key", json.dumps({"algorithm": "SHA1", "digits": 6, "period": 30}).encode())
    assert await house.store.open_account(account, (Enrolment(f"totp|dev_{name}", account.id, "totp", state, name="Phone", created_at=house.clock.now),), ())
    return account


async def sent(house: House) -> list[tuple[str, str, str]]:
    """Template, mailbox and language of what leaves."""
    return sorted((one.message.template, one.message.to, one.message.locale) for one in await house.store.outgoing(9))


async def test_a_ticket_is_a_link_and_its_account_is_told(house: House) -> None:
    await somebody(house)
    made = await house.call("POST", TICKET, {"user_id": "auth0|ada"})
    body = made.json()
    assert (made.status_code, set(body)) == (200, {"ticket_id", "ticket_url"})
    assert body["ticket_url"].startswith(f"http://localhost:8000/guardian/enroll?ticket={body['ticket_id']}.")
    assert body["ticket_id"].startswith("gten_")
    assert await sent(house) == [("ticket_issued", "ada@example.test", "en")]
    facts, _ = await house.store.facts(0, 9, account="auth0|ada")
    assert [one.type for one in facts] == ["sapi"]
    assert body["ticket_url"].partition(".")[2] not in str(facts)


async def test_a_ticket_is_sent_when_asked_in_the_language_asked_for(house: House) -> None:
    await somebody(house)
    body: dict[str, Any] = {"user_id": "auth0|ada", "send_mail": True, "email_locale": "de", "factor": "otp", "allow_multiple_enrollments": True}
    made = (await house.call("POST", TICKET, body)).json()
    (mail,) = await house.store.outgoing(9)
    assert (mail.message.template, mail.message.to, mail.message.locale) == ("enrollment_ticket", "ada@example.test", "de")
    assert mail.message.data == {"link": made["ticket_url"]}


async def test_a_ticket_is_sent_however_auth0_spells_that(house: House) -> None:
    await somebody(house)
    await house.call("POST", TICKET, {"user_id": "auth0|ada", "send_email": True})
    assert await sent(house) == [("enrollment_ticket", "ada@example.test", "en")]


async def test_one_that_goes_to_another_mailbox_is_told_to_that_of_the_account(house: House) -> None:
    await somebody(house)
    await house.call("POST", TICKET, {"user_id": "auth0|ada", "send_mail": True, "email": "desk@example.test"})
    assert await sent(house) == [("enrollment_ticket", "desk@example.test", "en"), ("ticket_issued", "ada@example.test", "en")]


@pytest.mark.parametrize(
    "body, status",
    [
        ({"user_id": "auth0|nobody"}, 404),
        ({}, 400),
        ({"user_id": "auth0|ada", "factor": "duo"}, 400),
        ({"user_id": "auth0|ada", "factor": "recovery-code"}, 400),
        ({"user_id": "auth0|ada", "email": "nobody"}, 400),
        ({"user_id": "auth0|ada", "email": "a@b\r\nBcc: eve@example.test"}, 400),
        ({"user_id": "auth0|ada", "send_mail": "yes"}, 400),
        ({"user_id": "auth0|ada", "ttl": 9}, 400),
    ],
)
async def test_what_is_no_ticket_is_refused_and_nobody_is_told(house: House, body: object, status: int) -> None:
    await somebody(house)
    assert (await house.call("POST", TICKET, body)).status_code == status
    assert await sent(house) == []


async def test_an_enrolment_is_read_and_removed_by_its_id_alone(house: House) -> None:
    await somebody(house)
    found = await house.call("GET", "guardian/enrollments/totp%7Cdev_ada")
    assert found.status_code == 200
    assert {**found.json(), "enrolled_at": ""} == {"id": "totp|dev_ada", "status": "confirmed", "name": "Phone", "enrolled_at": ""}
    assert (await house.call("DELETE", "guardian/enrollments/totp%7Cdev_ada")).status_code == 204
    assert await sent(house) == [("factor_removed", "ada@example.test", "en")]
    for method in ("GET", "DELETE"):
        assert (await house.call(method, "guardian/enrollments/totp%7Cdev_ada")).status_code == 404
