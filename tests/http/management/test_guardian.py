"""guardian/*: factors, policies, remembered browsers."""

import pytest

from tests.http.management.house import House
from yett.flows.manage.access import Call, Caller
from yett.flows.manage.guardian import Guardian
from yett.flows.manage.refused import Refused
from yett.flows.manage.relying import RelyingParties
from yett.flows.spending import Limits

NAMES = [
    "push-notification",
    "sms",
    "email",
    "duo",
    "otp",
    "webauthn-roaming",
    "webauthn-platform",
    "recovery-code",
    "passkey",
]
REMEMBER = {
    "display_remember_me_checkbox": True,
    "remember_me_default_value": True,
    "mfa_session_inactivity_timeout": 3600,
    "mfa_session_overall_timeout": 86400,
}


async def test_all_of_auth0s_factors_are_listed_and_say_whether_they_are_on(house: House) -> None:
    factors = await house.get("guardian/factors")
    assert [one["name"] for one in factors] == NAMES
    assert [one["name"] for one in factors if one["enabled"]] == ["email", "otp", "recovery-code"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_factor_is_switched_even_before_it_is_built(house: House, name: str) -> None:
    answer = await house.call("PUT", f"guardian/factors/{name}", {"enabled": True})
    assert (answer.status_code, answer.json()) == (200, {"enabled": True})
    assert {one["name"]: one["enabled"] for one in await house.get("guardian/factors")}[name]


async def test_a_factor_that_auth0_does_not_know_is_not_there(house: House) -> None:
    answer = await house.call("PUT", "guardian/factors/telepathy", {"enabled": True})
    assert (answer.status_code, answer.json()["statusCode"], answer.json()["error"]) == (404, 404, "Not Found")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_policies_are_replaced_by_put_and_by_the_patch_of_auth0s_guide(house: House, method: str) -> None:
    answer = await house.call(method, "guardian/policies", ["all-applications"])
    assert (answer.status_code, answer.json()) == (200, ["all-applications"])
    assert await house.get("guardian/policies") == ["all-applications"]


async def test_an_empty_list_of_policies_means_step_up_only(house: House) -> None:
    await house.call("PUT", "guardian/policies", ["confidence-score"])
    assert (await house.call("PUT", "guardian/policies", [])).json() == []
    assert (await house.store.catalogue()).tenant.policies == ()


@pytest.mark.parametrize("body", [["sometimes"], {"policies": []}, "all-applications", [1]])
async def test_what_is_no_list_of_policies_is_refused(house: House, body: object) -> None:
    answer = await house.call("PUT", "guardian/policies", body)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input based on schemas.")


async def test_remembering_is_replaced_as_a_whole(house: House) -> None:
    assert (await house.call("PUT", "guardian/settings", REMEMBER)).json() == REMEMBER
    assert await house.get("guardian/settings") == REMEMBER
    wanted = {**REMEMBER, "require_browser_key": True}
    assert (await house.call("PUT", "guardian/settings", wanted)).json() == wanted
    assert await house.get("guardian/settings") == wanted


@pytest.mark.parametrize("missing", REMEMBER)
async def test_all_four_settings_of_remembering_are_required(house: House, missing: str) -> None:
    body = {name: value for name, value in REMEMBER.items() if name != missing}
    assert (await house.call("PUT", "guardian/settings", body)).status_code == 400


@pytest.mark.parametrize(
    "idle, overall",
    [(3599, 86400), (2592001, 7776000), (3600, 7776001), (86400, 3600), ("3600", 86400), (3600.5, 86400)],
)
async def test_times_out_of_range_are_refused(house: House, idle: object, overall: object) -> None:
    body = {**REMEMBER, "mfa_session_inactivity_timeout": idle, "mfa_session_overall_timeout": overall}
    assert (await house.call("PUT", "guardian/settings", body)).status_code == 400


async def test_a_regime_that_forbids_remembering_offers_none_and_lets_nobody_offer_it(house: House) -> None:
    await house.store.configure(((await house.store.catalogue()).tenant._replace(regime="nist-aal2"),), (), ())
    assert not (await house.get("guardian/settings"))["display_remember_me_checkbox"]
    answer = await house.call("PUT", "guardian/settings", REMEMBER)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "regime_forbids")
    assert (await house.call("PUT", "guardian/settings", {**REMEMBER, "display_remember_me_checkbox": False})).status_code == 200


@pytest.mark.parametrize("name", ["phone", "email"])
async def test_codes_have_a_length_and_an_expiry(house: House, name: str) -> None:
    assert await house.get(f"guardian/factors/{name}/settings") == {"otp_length": 6, "otp_expiration_time": 300}
    wanted = {"otp_length": 8, "otp_expiration_time": 120}
    assert (await house.call("PUT", f"guardian/factors/{name}/settings", wanted)).json() == wanted
    assert await house.get(f"guardian/factors/{name}/settings") == wanted
    assert (await house.call("PUT", f"guardian/factors/{name}/settings", {**wanted, "otp_length": 5})).status_code == 400
    assert (await house.call("GET", "guardian/factors/otp/settings")).status_code == 404


async def test_each_change_is_two_facts_of_who_did_it(house: House) -> None:
    await house.call("PUT", "guardian/factors/sms", {"enabled": True}, headers={"user-agent": "tests"})
    for type in ("gd_tenant_update", "sapi"):
        (fact,) = await house.facts(type)
        assert fact.client == "admin-client"
        assert dict(fact.data) == {
            "method": "PUT",
            "path": "/api/v2/guardian/factors/sms",
            "ip": "127.0.0.1",
            "user_agent": "tests",
            "factor": "sms",
            "enabled": True,
        }


@pytest.mark.parametrize("name", ["webauthn-roaming", "webauthn-platform", "passkey"])
async def test_under_an_ip_address_webauthn_cannot_be_switched_on(house: House, name: str) -> None:
    """It would work for nobody, and the next start would be refused."""
    caller = Caller("admin-client", None, frozenset(), Call("PUT", "/"))
    guardian = Guardian(house.manage.guardian.configure, "https://192.0.2.1/")
    assert isinstance(await guardian.switch(caller, name, on=True), Refused)
    assert await guardian.switch(caller, name, on=False) is False
    assert await guardian.switch(caller, "otp", on=True) is True


@pytest.mark.parametrize("name", ["phone", "sms"])
async def test_row_16_codes_by_telephone_go_to_safe_countries_until_somebody_says_otherwise(house: House, name: str) -> None:
    said = await house.get(f"guardian/factors/{name}/limits")
    assert said["hourly"] == 1000
    assert {"DE", "US"} < set(said["countries"])
    assert not {"JM", "CU", "*"} & set(said["countries"])
    wanted = {"countries": ["DE", "JM"], "hourly": 60}
    assert (await house.call("PUT", f"guardian/factors/{name}/limits", wanted)).json() == wanted
    assert await house.get("guardian/factors/phone/limits") == await house.get("guardian/factors/sms/limits") == wanted
    # What else is said of these codes stays as it was.
    assert await house.get("guardian/factors/phone/settings") == {"otp_length": 6, "otp_expiration_time": 300}


@pytest.mark.parametrize(
    "body",
    [
        {"countries": ["DE"]},
        {"countries": ["XX"], "hourly": 60},
        {"countries": ["de"], "hourly": 60},
        {"countries": "DE", "hourly": 60},
        {"countries": ["DE"], "hourly": 0},
        {"countries": ["DE"], "hourly": 3601},
        {"countries": ["DE"], "hourly": 60, "more": 1},
    ],
)
async def test_limits_that_are_none_are_refused(house: House, body: object) -> None:
    assert (await house.call("PUT", "guardian/factors/phone/limits", body)).status_code == 400
    assert (await house.get("guardian/factors/phone/limits"))["hourly"] == 1000


async def test_only_codes_by_telephone_have_such_limits(house: House) -> None:
    assert (await house.call("GET", "guardian/factors/email/limits")).status_code == 404
    assert (await house.call("PUT", "guardian/factors/otp/limits", {"countries": ["*"], "hourly": 1})).status_code == 404


async def test_a_limit_that_no_page_or_body_checked_is_checked_all_the_same(house: House) -> None:
    caller, guardian = Caller("admin-client", None, frozenset(), Call("PUT", "/")), house.manage.guardian
    assert isinstance(await guardian.limit(caller, "phone", Limits(("XX",), 60)), Refused)
    assert isinstance(await guardian.limit(caller, "phone", Limits(("*",), 0)), Refused)
    assert await guardian.limit(caller, "phone", Limits(("*",), 60)) == Limits(("*",), 60)


KEYS = ["webauthn-roaming", "webauthn-platform", "passkey"]
MODEL = "ee882879-721c-4913-9775-3dfcce97072a"
APP = f"android:apk-key-hash:{'A' * 43}"


@pytest.mark.parametrize("name", KEYS)
async def test_what_holds_for_keys_is_replaced_and_told_to_the_factor(house: House, name: str) -> None:
    path = f"guardian/factors/{name}/settings"
    usual = await house.get(path)
    assert (usual["overrideRelyingParty"], usual["attestation"], usual["origins"]) == (False, "none", [])
    wanted = {
        "userVerification": "required", "overrideRelyingParty": True, "relyingPartyIdentifier": "localhost", "origins": ["https://shop.example.test", APP],
        "attestation": "direct", "attested": True, "allowed": [MODEL], "denied": [], "hardware": False,
    }  # fmt: skip
    answer = await house.call("PUT", path, wanted)
    assert (answer.status_code, answer.json()) == (200, wanted)
    assert await house.get(path) == wanted
    settings = (await house.store.catalogue()).tenant.factor_settings[name]
    assert (settings["relyingPartyIdentifier"], settings["allowed"], settings["attested"]) == ("localhost", [MODEL], True)
    assert (await house.call("PUT", path, {})).json()["relyingPartyIdentifier"] == ""


BAD = [
    {"overrideRelyingParty": True, "relyingPartyIdentifier": "evil.test"},
    {"overrideRelyingParty": True, "relyingPartyIdentifier": "host"},
    {"overrideRelyingParty": True, "relyingPartyIdentifier": "old.test", "origins": ["https://shop.example.test"]},
    {"overrideRelyingParty": True, "relyingPartyIdentifier": "test", "origins": ["https://login.new.test"]},
    {"origins": ["http://shop.example.test"]},
    {"origins": ["https://shop.example.test/"]},
    {"origins": ["https://u@shop.example.test"]},
    {"origins": ["https://shop.example.test:x"]},
    {"origins": ["android:apk-key-hash:short"]},
    {"origins": [APP + "/"]},
    {"allowed": ["not a model"]},
    {"userVerification": "loudly"},
    {"otp_length": 6},
]


@pytest.mark.parametrize("body", BAD)
async def test_what_cannot_hold_for_keys_is_refused(house: House, body: dict[str, object]) -> None:
    assert (await house.call("PUT", "guardian/factors/passkey/settings", body)).status_code == 400
    assert "passkey" not in (await house.store.catalogue()).tenant.factor_settings


async def test_the_name_of_before_is_kept_by_whoever_has_moved_and_says_so(house: House) -> None:
    """Browsers look for the new origin under the old name (WebAuthn Level 3, 5.11): said by mistake, no key would work."""
    parties, caller = RelyingParties(house.manage.guardian.configure, "https://login.new.test/"), Caller("admin-client", None, frozenset(), Call("PUT", "/"))
    said: dict[str, object] = {"override_relying_party": True, "relying_party_identifier": "login.old.test"}
    for origins in ((), ("https://shop.new.test",), ("https://login.new.test:444",)):
        assert isinstance(await parties.replace(caller, "passkey", {**said, "origins": origins}), Refused)
    kept = await parties.replace(caller, "passkey", {**said, "origins": ("https://login.new.test",)})
    assert not isinstance(kept, Refused)
    assert kept.name == "login.old.test"
    bare = {**said, "relying_party_identifier": "test", "origins": ("https://login.new.test",)}
    assert isinstance(await parties.replace(caller, "passkey", bare), Refused)


async def test_codes_have_no_settings_of_keys_and_lack_none_of_their_own(house: House) -> None:
    for body in ({"otp_length": 6}, {"otp_length": 6, "otp_expiration_time": 60, "attested": True}):
        assert (await house.call("PUT", "guardian/factors/email/settings", body)).status_code == 400


@pytest.mark.parametrize("regime, status", [("auth0", 200), ("nist-aal2", 400), ("nist-aal3", 400), ("psd2", 200)])
async def test_the_last_phishing_resistant_factor_stays_on_where_the_regime_wants_one_offered(house: House, regime: str, status: int) -> None:
    tenant = (await house.store.catalogue()).tenant
    await house.store.configure((tenant._replace(regime=regime, factors={"otp": True, "passkey": True, "webauthn-roaming": True}),), (), ())
    assert (await house.call("PUT", "guardian/factors/webauthn-roaming", {"enabled": False})).status_code == 200
    answer = await house.call("PUT", "guardian/factors/passkey", {"enabled": False})
    assert answer.status_code == status
    assert (await house.store.catalogue()).tenant.factors["passkey"] == (status == 400)
