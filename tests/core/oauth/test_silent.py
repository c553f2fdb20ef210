"""prompt=none: the texts that SDKs act on."""

import pytest

from yett.domain.assurance import Assurance
from yett.domain.outcome import Allow, Deny, Enrol, StepUp
from yett.oauth.silent import silent

MFA = ("login_required", "Multifactor authentication required")
LOGIN = ("login_required", "Login required")


def test_enough_is_no_error() -> None:
    assert silent(Allow((), Assurance(), ()), has_session=True) is None


def test_without_consent_it_is_not_enough() -> None:
    assert silent(Allow((), Assurance(), ()), has_session=True, consented=False) == ("consent_required", "Consent required")


def test_without_a_session_a_login_is_required_whatever_else_is_missing() -> None:
    assert silent(StepUp(("first", "client_acr"), ()), has_session=False) == LOGIN
    assert silent(StepUp(("first",), ()), has_session=False) == LOGIN


@pytest.mark.parametrize(
    "reasons", [("client_acr",), ("first", "client_acr", "max_age"), ("tenant_always",), ("first", "resource_scope", "max_age"), ("regime",)]
)
def test_an_acr_or_a_policy_unmet_opens_the_step_up_popup_whatever_the_reason(reasons: tuple[str, ...]) -> None:
    assert silent(StepUp(reasons, ("e1",)), has_session=True) == MFA


@pytest.mark.parametrize("reasons", [("first",), ("first", "max_age")])
def test_a_login_that_only_lapsed_is_a_login_that_is_required(reasons: tuple[str, ...]) -> None:
    assert silent(StepUp(reasons, ("e1",)), has_session=True) == LOGIN


def test_whoever_has_yet_to_enrol_is_asked_in_the_same_popup() -> None:
    assert silent(Enrol(("client_acr",), ("totp",)), has_session=True) == MFA


def test_what_nothing_could_meet_is_said_to_be_so() -> None:
    refused = silent(Deny("unmet_authentication_requirements", ("essential",)), has_session=True)
    assert refused is not None
    assert refused[0] == "unmet_authentication_requirements"


def test_a_blocked_account_is_denied() -> None:
    assert silent(Deny("blocked"), has_session=True) == ("access_denied", "user is blocked")
