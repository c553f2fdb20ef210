"""The tenant's own providers and words: told once, never told back, checked before they are kept."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from tests.http.management.house import House
from yett.adapters.sql.schema import contracts
from yett.adapters.sql.steps import Query
from yett.ports import Undelivered

SID, TOKEN = "AC" + "0" * 32, "a-token-nobody-sees"
PHONE: dict[str, Any] = {
    "name": "twilio",
    "configuration": {"sid": SID, "default_from": "+15005550006", "delivery_methods": ["text", "voice"]},
    "credentials": {"auth_token": TOKEN},
}
MAIL: dict[str, Any] = {
    "name": "sendgrid",
    "enabled": True,
    "default_from_address": "Login <login@example.test>",
    "credentials": {"api_key": "SG.nobody-sees-it"},
}


async def posted(house: House, path: str, body: Any, status: int = 201) -> Any:
    answer = await house.call("POST", path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_phone_provider_lives_and_dies(house: House) -> None:
    made = await posted(house, "branding/phone/providers", PHONE)
    assert made["channel"] == "phone"
    assert made["configuration"] == PHONE["configuration"]
    assert await house.get("branding/phone/providers") == {"providers": [made]}
    assert await house.get(f"branding/phone/providers/{made['id']}") == made
    changed = await house.call("PATCH", f"branding/phone/providers/{made['id']}", {"disabled": True})
    assert changed.json()["disabled"] is True
    assert await house.get("branding/phone/providers", disabled="false") == {"providers": []}
    assert (await house.call("DELETE", f"branding/phone/providers/{made['id']}")).status_code == 204
    assert (await house.call("GET", f"branding/phone/providers/{made['id']}")).status_code == 404
    assert (await house.call("DELETE", f"branding/phone/providers/{made['id']}")).status_code == 404


async def test_credentials_are_in_no_answer_no_fact_and_no_row(house: House) -> None:
    made = await posted(house, "branding/phone/providers", PHONE)
    await posted(house, "emails/provider", MAIL)
    await house.call("PUT", "guardian/factors/phone/providers/twilio", {"sid": SID, "from": "+15005550006", "auth_token": TOKEN})
    answers = [
        await house.get("branding/phone/providers"),
        await house.get("emails/provider"),
        await house.get("guardian/factors/phone/providers/twilio"),
        (await house.call("PATCH", f"branding/phone/providers/{made['id']}", {"disabled": True})).json(),
        [fact.data for fact in await house.facts("sapi")],
    ]
    said = json.dumps(answers, default=dict)
    assert TOKEN not in said
    assert "nobody-sees-it" not in said
    rows = await house.store.driver.read(Query(select(contracts)))
    assert TOKEN.encode() not in repr(rows).encode()
    assert len(rows) == 3


async def test_what_is_missing_or_wrong_is_said_and_no_value_is_quoted(house: House) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"configuration": {"sid": "wrong-value"}},
        {"credentials": {}},
        {"name": "nobody"},
        {"configuration": {**PHONE["configuration"], "colour": "red"}},
    )
    for change in changes:
        answer = await house.call("POST", "branding/phone/providers", {**PHONE, **change})
        assert answer.status_code == 400, answer.text
        assert "wrong-value" not in answer.text
    assert "auth_token is missing" in (await house.call("POST", "branding/phone/providers", {**PHONE, "credentials": {}})).text


@pytest.mark.parametrize("elsewhere", [{"endpoint": "https://evil.example"}, {"endpoint": "https://evil.example", "default_from": "+15005550006"}])
async def test_credentials_do_not_go_along_to_another_place(house: House, elsewhere: dict[str, str]) -> None:
    made = await posted(house, "branding/phone/providers", PHONE)
    moved = {"configuration": {**PHONE["configuration"], **elsewhere}}
    refused = await house.call("PATCH", f"branding/phone/providers/{made['id']}", moved)
    assert refused.status_code == 400
    again = await house.call("PATCH", f"branding/phone/providers/{made['id']}", {**moved, "credentials": {"auth_token": "another"}})
    assert again.status_code == 200, again.text


async def test_a_provider_is_tried_by_one_message_and_says_what_came_of_it(house: House) -> None:
    made = await posted(house, "branding/phone/providers", {**PHONE, "disabled": True})
    told = await posted(house, f"branding/phone/providers/{made['id']}/try", {"to": "+491711234567", "delivery_method": "text"}, 202)
    assert "taken" in told["message"]
    (letter,) = house.provider.taken
    assert (letter.channel, letter.to, letter.code) == ("sms", "+491711234567", "")
    house.provider.refuses = Undelivered("taking: 401")
    refused = await house.call("POST", f"branding/phone/providers/{made['id']}/try", {"to": "+491711234567", "delivery_method": "voice"})
    assert (refused.status_code, "taking: 401" in refused.text) == (400, True)


async def test_there_is_one_provider_for_mail(house: House) -> None:
    assert (await house.call("GET", "emails/provider")).status_code == 404
    made = await posted(house, "emails/provider", MAIL)
    assert made == {"name": "sendgrid", "enabled": True, "default_from_address": "Login <login@example.test>", "credentials": {}}
    assert (await house.call("POST", "emails/provider", MAIL)).status_code == 409
    changed = await house.call("PATCH", "emails/provider", {"enabled": False})
    assert (changed.status_code, changed.json()["enabled"]) == (200, False)
    smtp = {"name": "smtp", "credentials": {"smtp_host": "mail.example.test", "smtp_port": 587, "smtp_user": "login", "smtp_pass": "p"}}
    moved = await house.call("PATCH", "emails/provider", {**smtp, "default_from_address": "a@example.test"})
    assert moved.status_code == 200, moved.text
    assert moved.json()["credentials"] == {"smtp_host": "mail.example.test", "smtp_port": 587, "smtp_user": "login"}
    elsewhere = await house.call("PATCH", "emails/provider", {"credentials": {"smtp_host": "evil.example"}})
    assert elsewhere.status_code == 400
    assert (await house.call("DELETE", "emails/provider")).status_code == 204
    assert (await house.call("DELETE", "emails/provider")).status_code == 404


@pytest.mark.parametrize("name", ["phone", "sms"])
async def test_what_guardian_says_of_telephones_is_replaced(house: House, name: str) -> None:
    at = f"guardian/factors/{name}"
    assert await house.get(f"{at}/message-types") == {"message_types": ["sms"]}
    assert (await house.call("PUT", f"{at}/message-types", {"message_types": ["sms", "voice"]})).json() == {"message_types": ["sms", "voice"]}
    assert (await house.current.latest()).tenant.factor_settings["sms"]["message_types"] == ["sms", "voice"]
    assert await house.get(f"{at}/selected-provider") == {"provider": "auth0"}
    told = {"from": "+15005550006", "sid": SID}
    assert (await house.call("PUT", f"{at}/providers/twilio", {**told, "auth_token": TOKEN})).json() == told
    assert (await house.current.latest()).contracts[0].disabled
    assert (await house.call("PUT", f"{at}/selected-provider", {"provider": "twilio"})).json() == {"provider": "twilio"}
    assert not (await house.current.latest()).contracts[0].disabled
    assert (await house.current.latest()).contracts[0].channels == ("sms", "voice")
    assert await house.get(f"{at}/providers/twilio") == told
    assert (await house.call("PUT", f"{at}/selected-provider", {"provider": "phone-message-hook"})).status_code == 400
    assert (await house.call("PUT", f"{at}/providers/twilio", {})).json() == {}
    assert (await house.current.latest()).contracts == ()


async def test_there_is_no_telephone_in_other_factors(house: House) -> None:
    for path in ("message-types", "selected-provider", "providers/twilio", "templates"):
        assert (await house.call("GET", f"guardian/factors/otp/{path}")).status_code == 404


async def test_texts_of_guardian_and_of_branding_are_the_same(house: House) -> None:
    first = await house.get("guardian/factors/phone/templates")
    assert first["verification_message"].startswith("{{code}} is your verification code")
    wanted = {"enrollment_message": "{{ code }} enrols", "verification_message": "{{ code }} logs in"}
    assert (await house.call("PUT", "guardian/factors/sms/templates", wanted)).json() == wanted
    found = {one["type"]: one["content"]["body"]["text"] for one in (await house.get("branding/phone/templates"))["templates"]}
    assert found == {"otp_enroll": "{{ code }} enrols", "otp_verify": "{{ code }} logs in"}


async def test_a_phone_template_lives_is_tried_and_dies(house: House) -> None:
    house.building.roster.own = {"sms": (house.provider,), "voice": (house.provider,)}
    body = {
        "type": "otp_verify",
        "disabled": False,
        "content": {"syntax": "liquid", "from": "+15005550006", "body": {"text": "{{ code }} for {{ tenant.friendly_name }}", "voice": "It is {{ code }}"}},
    }
    made = await posted(house, "branding/phone/templates", body)
    assert made["content"] == {"syntax": "liquid", "from": "+15005550006", "body": body["content"]["body"]}  # type: ignore[index]
    assert (await house.call("POST", "branding/phone/templates", body)).status_code == 409
    await posted(house, f"branding/phone/templates/{made['id']}/try", {"to": "+491711234567", "delivery_method": "text"}, 202)
    assert (house.provider.taken[-1].text, house.provider.taken[-1].sender) == ("123456 for Yett", "+15005550006")
    changed = (await house.call("PATCH", f"branding/phone/templates/{made['id']}", {"disabled": True})).json()
    assert (changed["disabled"], changed["content"]) == (True, made["content"])
    reset = await house.call("PATCH", f"branding/phone/templates/{made['id']}/reset", {})
    assert reset.status_code == 200, reset.text
    assert (await house.call("DELETE", f"branding/phone/templates/{made['id']}")).status_code == 204
    assert (await house.call("GET", f"branding/phone/templates/{made['id']}")).status_code == 404


async def test_an_email_template_is_written_changed_and_replaced(house: House) -> None:
    assert (await house.call("GET", "email-templates/mfa_oob_code")).status_code == 404
    body = {
        "template": "mfa_oob_code",
        "body": "<p>{{ code }}</p>",
        "from": "a@example.test",
        "subject": "Your code",
        "syntax": "liquid",
        "enabled": True,
        "urlLifetimeInSeconds": 432000,
    }
    made = await posted(house, "email-templates", body, 200)
    assert made == body
    assert (await house.call("POST", "email-templates", body)).status_code == 409
    assert (await house.call("PATCH", "email-templates/mfa_oob_code", {"subject": "Another"})).json()["subject"] == "Another"
    assert (await house.call("PUT", "email-templates/mfa_oob_code", {"template": "mfa_oob_code", "body": "{{ code }}", "enabled": False})).json()[
        "enabled"
    ] is False
    assert (await house.call("PUT", "email-templates/nothing", {"body": "x"})).status_code == 404
    assert (await house.call("PATCH", "email-templates/mfa_oob_code", {"template": "welcome_email"})).status_code == 400


@pytest.mark.parametrize(
    "sender",
    ["nobody", "a@b.test, c@d.test", "A <a@b.test> <", "{{ user.email }}", "{{code}}@b.test", "A <{{ user.email }}>", "{% for %} <a@b.test>", "<a@b.test"],
)
async def test_a_mail_comes_from_one_address_or_is_not_written(house: House, sender: str) -> None:
    answer = await house.call("PUT", "email-templates/mfa_oob_code", {"body": "{{ code }}", "from": sender})
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"].startswith("Invalid template: from: ")


@pytest.mark.parametrize("sender", ["nobody", "15005550006", "+1 500 555", "a@b.test"])
async def test_a_text_comes_from_a_number_or_is_not_written(house: House, sender: str) -> None:
    body = {"type": "otp_verify", "content": {"from": sender, "body": {"text": "{{ code }}"}}}
    answer = await house.call("POST", "branding/phone/templates", body)
    assert answer.json()["message"] == "Invalid template: from: a number, from + on."


async def test_a_sender_may_be_taken_back(house: House) -> None:
    body = {"template": "mfa_oob_code", "body": "{{ code }}", "from": "{{ application.name }} <a@b.test>"}
    assert (await posted(house, "email-templates", body, 200))["from"] == body["from"]
    assert (await house.call("PATCH", "email-templates/mfa_oob_code", {"subject": "S"})).json()["from"] == body["from"]
    assert "from" not in (await house.call("PATCH", "email-templates/mfa_oob_code", {"from": None})).json()


@pytest.mark.parametrize(
    "text", ["{% for a in code %}{{ a }}{% endfor %}", "{{ code", "{{ 'a' * 999999999 }}", "{% include 'x' %}", "{{ code|attr('x') }}", "{{ range(9) }}"]
)
async def test_a_template_that_could_reach_far_or_take_long_is_refused(house: House, text: str) -> None:
    answer = await house.call("PUT", "email-templates/mfa_oob_code", {"body": text})
    assert answer.status_code == 400, answer.text


async def test_a_subject_is_one_line(house: House) -> None:
    answer = await house.call("PUT", "email-templates/mfa_oob_code", {"body": "{{ code }}", "subject": "a\r\nBcc: b@example.test"})
    assert answer.status_code == 400
