"""Attacks that the pure core answers alone: a step-up that is talked down (row 8), and a refresh that keeps mfa (row 9)."""

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import APIS, AUDIENCE, CALLBACK, CLIENTS, ISSUER, SHOP
from tests.core.policy.cases import HOUR, JOE, case, demanding, proven
from tests.core.proving import NOW, SOME_PROOFS
from yett.domain.assurance import AAL, MEANS, MULTI_FACTOR
from yett.domain.outcome import Allow, Deny, Outcome, StepUp
from yett.domain.proof import Proof
from yett.domain.requirement import Clause, Requirement
from yett.domain.session import Grant
from yett.oauth.authorize import judge, present_only, wants
from yett.oauth.claims import access_token, id_token
from yett.oauth.silent import silent
from yett.policy.decide import decide

ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "value": MULTI_FACTOR}}})
PARAMS = {"client_id": "shop", "redirect_uri": CALLBACK, "response_type": "code"}
LOGGED_IN, STRONG = proven("password"), proven("password", "totp")


def at_authorize(*params: tuple[str, str], base: tuple[Proof, ...] = LOGGED_IN, api: Requirement | None = None) -> Outcome:
    """What the gate answers to these parameters, in this order."""
    request = judge((*PARAMS.items(), *params), CLIENTS, APIS, strict=False)
    asks = demanding(api) if api else None
    return decide(case(base=base, wants=wants(request), present_only=present_only(request), api=asks, scope=request.scope), NOW)


WEAKER = (("acr_values", AAL + "1"), ("max_age", "7200"), ("claims", ESSENTIAL), ("scope", "openid"))


@pytest.mark.parametrize("params", list(permutations(WEAKER)))
def test_the_highest_requirement_wins_in_whatever_order_it_is_sent(params: tuple[tuple[str, str], ...]) -> None:
    assert at_authorize(*params) == StepUp(("essential",), ("totp",))


def test_an_essential_acr_is_an_error_where_nobody_may_be_asked() -> None:
    outcome = at_authorize(("claims", ESSENTIAL), ("prompt", "none"))
    assert silent(outcome, has_session=True) == ("login_required", "Multifactor authentication required")
    assert isinstance(at_authorize(("claims", ESSENTIAL), ("prompt", "none"), base=STRONG), Allow)


@pytest.mark.parametrize("params", [(), (("acr_values", AAL + "1"),), (("acr_values", "urn:unknown"),), (("acr_values", ""),)])
def test_what_the_resource_demands_cannot_be_stripped_by_the_client(params: tuple[tuple[str, str], ...]) -> None:
    outcome = at_authorize(*params, ("audience", AUDIENCE), api=Requirement((MULTI_FACTOR,)))
    assert outcome == StepUp(("resource_scope",), ("totp",))


@given(SOME_PROOFS, st.lists(st.sampled_from(list(MEANS)), max_size=3), st.integers(0, 90 * 86_400))
def test_a_refresh_never_raises_nor_freshens_the_three_claims(proofs: list[Proof], acrs: list[str], later: int) -> None:
    asked = (Clause("resource_scope", (MULTI_FACTOR,), essential=True), Clause("client_acr", tuple(acrs)))
    grant = Grant("g", "joe", "shop", NOW, NOW + 10**9, tuple(proofs), asked)
    api, scope = APIS[AUDIENCE], ("openid",)
    for name in ("acr", "amr", "auth_time"):
        ids = [id_token(ISSUER, grant, SHOP, JOE, {}, scope, "", now).get(name) for now in (NOW, NOW + later)]
        accesses = [access_token(ISSUER, grant, SHOP, api, scope, "j", now, 60).get(name) for now in (NOW, NOW + later)]
        assert ids[0] == ids[1]
        assert accesses[0] == accesses[1]


def refreshed(base: tuple[Proof, ...] = STRONG, **now_in_force: Any) -> Outcome:
    """The event that a grant came from, judged by what is in force an hour and a month later."""
    outcomes = [decide(case(base=base, **now_in_force), NOW + later) for later in (0, 30 * 24 * HOUR)]
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


def test_a_refresh_goes_on_while_nothing_has_changed() -> None:
    outcome = refreshed(wants=(Clause("essential", (MULTI_FACTOR,), essential=True),))
    assert isinstance(outcome, Allow)
    assert outcome.proofs == STRONG


@pytest.mark.parametrize(
    "now_in_force, outcome",
    [
        ({"account": JOE._replace(blocked=True)}, Deny("blocked")),
        ({"account": None}, Deny("blocked")),
        ({"has": ("password",), "policies": ("all-applications",)}, Deny("unmet_authentication_requirements", ("tenant_always",))),
        ({"totp": "suspended", "policies": ("all-applications",)}, Deny("unmet_authentication_requirements", ("tenant_always",))),
        ({"has": ("totp",)}, StepUp(("first",), ())),
        ({"base": LOGGED_IN, "policies": ("all-applications",)}, StepUp(("tenant_always",), ("totp",))),
        ({"base": LOGGED_IN, "regime": "pci-dss-4"}, StepUp(("regime",), ("totp",))),
    ],
    ids=["blocked", "gone", "factor removed", "factor suspended", "password removed", "policy raised", "regime raised"],
)
def test_a_refresh_ends_with_what_it_rested_on(now_in_force: dict[str, Any], outcome: Outcome) -> None:
    assert refreshed(**now_in_force) == outcome


def test_a_browser_remembered_then_is_remembered_by_its_grant_and_by_no_strict_regime() -> None:
    kept: dict[str, Any] = {"base": LOGGED_IN, "policies": ("all-applications",), "waivers": ("remembered_browser",)}
    assert isinstance(refreshed(**kept), Allow)
    assert isinstance(refreshed(**kept, regime="psd2"), StepUp)


def test_a_password_that_was_set_anew_ends_what_rested_on_the_old_one() -> None:
    one = case(base=STRONG)
    again = tuple(had._replace(generation=2) if had.id == "password" else had for had in one.enrolments)
    assert decide(one._replace(enrolments=again), NOW) == StepUp(("first",), ("password",))
