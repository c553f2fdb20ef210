"""prompt=none through the gate: from what was asked and proven to the text that the SDK acts on."""

import pytest

from tests.core.oauth.samples import APIS, AUDIENCE, CALLBACK, CLIENTS, NOW, PASSWORD, TOTP
from yett.domain.account import Account
from yett.domain.assurance import MULTI_FACTOR
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment, State
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Requirement
from yett.oauth.authorize import judge, present_only, wants
from yett.oauth.silent import silent
from yett.policy.decide import Case, decide
from yett.policy.regimes import REGIMES

ENROLMENTS = (Enrolment("e1", "ann", "password", State()), Enrolment("e2", "ann", "totp", State()))
PROMISES = {"e1": PASSWORD, "e2": TOTP}
OLD = (Proof(PASSWORD, "e1", 1, "a1", NOW - 3600), Proof(TOTP, "e2", 1, "a1", NOW - 3600))
MFA = ("login_required", "Multifactor authentication required")
LOGIN = ("login_required", "Login required")


def asked(
    base: tuple[Proof, ...], policies: tuple[str, ...] = (), demand: Requirement | None = None, usable: tuple[str, ...] = ("e1", "e2"), **params: str
) -> tuple[str, str] | None:
    sent = {"client_id": "shop", "redirect_uri": CALLBACK, "response_type": "code", "prompt": "none", **params}
    request = judge(tuple(sent.items()), CLIENTS, APIS, strict=False)
    api = APIS[request.audience]._replace(requirement=demand) if request.audience else None
    attempt = Attempt(
        "a9", "browser", b"", "shop", NOW, NOW + 900, account="ann" if base else None, wants=wants(request), present_only=present_only(request), base=base
    )
    offers: dict[str, Shown] = {}
    case = Case(attempt, Account("ann", "ann@example.com"), ENROLMENTS, PROMISES, usable, offers, REGIMES["auth0"], policies, api, request.scope)
    return silent(decide(case, NOW), has_session=bool(base))


def test_a_session_that_is_enough_is_answered() -> None:
    assert asked(OLD) is None
    assert asked(OLD, acr_values=MULTI_FACTOR, max_age="3600") is None


@pytest.mark.parametrize("params", [{}, {"acr_values": MULTI_FACTOR}, {"max_age": "0"}])
def test_without_a_session_a_login_is_required(params: dict[str, str]) -> None:
    assert asked((), (), None, ("e1", "e2"), **params) == LOGIN


@pytest.mark.parametrize("max_age", ["0", "60"])
def test_only_the_max_age_of_the_request_lapsed(max_age: str) -> None:
    assert asked(OLD, max_age=max_age) == LOGIN


@pytest.mark.parametrize("max_age", ["", "0", "60"])
def test_an_acr_is_unmet_whatever_the_reason(max_age: str) -> None:
    assert asked(OLD[:1] if not max_age else OLD, acr_values=MULTI_FACTOR, max_age=max_age) == MFA


def test_a_policy_is_unmet() -> None:
    assert asked(OLD[:1], ("all-applications",)) == MFA


def test_a_max_age_that_a_resource_asks_for_is_policy() -> None:
    assert asked(OLD, (), Requirement(max_age=60), audience=AUDIENCE) == MFA
    assert asked(OLD, (), Requirement(max_age=3600), audience=AUDIENCE) is None
    assert asked(OLD, (), Requirement(max_age=3600), audience=AUDIENCE, max_age="60") == LOGIN


def test_nothing_could_meet_it() -> None:
    refused = asked(OLD[:1], (), Requirement((MULTI_FACTOR,)), ("e1",), audience=AUDIENCE)
    assert refused is not None
    assert refused[0] == "unmet_authentication_requirements"
    assert asked(OLD[:1], (), None, ("e1",), acr_values=MULTI_FACTOR) is None
