"""What is enough: acr by the table, methods, age, scope, one use and what was approved; and what a client is told otherwise."""

from typing import Any

import pytest
from yett_guard import MULTI_FACTOR, PHISHING_RESISTANT, Refusal, Requirement, Token, enough, same
from yett_guard.acr import AAL1, AAL2, AAL3, BUILT_IN, MULTI_FACTOR_PHYSICAL, table
from yett_guard.requirement import requirement, words

NOW = 1_800_000_000
PAYMENT = {"type": "payment", "amount": "100.00", "currency": "EUR", "to": ["a", {"b": 1}]}


def token(**claims: Any) -> Token:
    return Token("", {"sub": "s", "client_id": "c", **claims})


def error(need: Requirement, **claims: Any) -> str:
    refused = enough(token(**claims), need, NOW)
    return refused.error if refused else ""


STEP_UP = "insufficient_user_authentication"


def test_nothing_is_needed_where_nothing_is_said() -> None:
    assert enough(token(), Requirement(), NOW) is None


@pytest.mark.parametrize(
    "have, want, met",
    [
        (MULTI_FACTOR, MULTI_FACTOR, True),
        (AAL2, MULTI_FACTOR, True),
        (AAL3, MULTI_FACTOR, True),
        (AAL3, MULTI_FACTOR_PHYSICAL, True),
        (AAL3, AAL1, True),
        ("phrh", "phr", True),
        ("phr", PHISHING_RESISTANT, True),
        (PHISHING_RESISTANT, "phr", True),
        (MULTI_FACTOR_PHYSICAL, "phrh", True),
        (MULTI_FACTOR, "phr", False),
        (MULTI_FACTOR, AAL2, False),
        ("phr", MULTI_FACTOR, False),
        ("phr", "phrh", False),
        (AAL1, MULTI_FACTOR, False),
        (AAL2, "phr", False),
        ("silver", "silver", True),
        ("silver", "gold", False),
        ("", MULTI_FACTOR, False),
        (MULTI_FACTOR + "/", MULTI_FACTOR, False),
    ],
)
def test_an_acr_is_enough_for_what_the_table_says(have: str, want: str, met: bool) -> None:
    assert error(Requirement(acr=(want,)), acr=have) == ("" if met else STEP_UP)


def test_any_one_acr_of_several_is_enough() -> None:
    assert error(Requirement(acr=("phr", MULTI_FACTOR)), acr=MULTI_FACTOR) == ""
    assert error(Requirement(acr=("phr", "phrh")), acr=MULTI_FACTOR) == STEP_UP


def test_a_token_that_speaks_of_phr_may_be_of_two_factors_as_well() -> None:
    assert error(Requirement(acr=(MULTI_FACTOR,)), acr="phr", amr=["hwk", "mfa"]) == ""
    assert error(Requirement(acr=(MULTI_FACTOR,)), amr=["pwd", "mfa"]) == ""
    assert error(Requirement(acr=(MULTI_FACTOR,)), amr=["pwd", "otp"]) == STEP_UP


def test_the_server_s_own_table_is_used_where_it_serves_one() -> None:
    need = Requirement(acr=("silver",))
    assert enough(token(acr="gold"), need, NOW, table({"gold": ["silver"]})) is None
    assert enough(token(acr="gold"), need, NOW) is not None


@pytest.mark.parametrize("served", [None, {}, [], "x", {"gold": "silver"}, {"gold": [1]}, {"gold": None}])
def test_a_table_that_is_none_is_replaced_by_the_one_that_is_built_in(served: object) -> None:
    assert table(served) is BUILT_IN


def test_every_method_that_is_named_has_to_be_there() -> None:
    assert error(Requirement(amr=("otp", "mfa")), amr=["pwd", "otp", "mfa"]) == ""
    assert error(Requirement(amr=("otp", "mfa")), amr=["pwd", "mfa"]) == STEP_UP
    assert error(Requirement(amr=("mfa",))) == STEP_UP


def test_the_oldest_proof_may_be_just_so_old() -> None:
    assert error(Requirement(max_age=300), auth_time=NOW - 300) == ""
    assert error(Requirement(max_age=300), auth_time=NOW - 301) == STEP_UP
    assert error(Requirement(max_age=300)) == STEP_UP


def test_every_scope_that_is_named_has_to_be_there_and_that_is_another_error() -> None:
    assert error(Requirement(scope=("a", "b")), scope="b c a") == ""
    assert error(Requirement(scope=("a", "b"), acr=("phr",)), scope="a") == "insufficient_scope"
    assert error(Requirement(scope=("a",)), scope="ab") == "insufficient_scope"
    assert error(Requirement(scope=("a",))) == "insufficient_scope"


def test_an_operation_that_wants_an_approval_of_its_own_takes_no_other_token() -> None:
    assert error(Requirement(one_use=True), one_use=True) == ""
    assert error(Requirement(one_use=True), acr=AAL3, amr=["mfa"]) == STEP_UP
    assert error(Requirement(one_use=True), one_use=False) == STEP_UP


@pytest.mark.parametrize(
    "approved",
    [
        {**PAYMENT, "amount": "100.01"},
        {**PAYMENT, "amount": 100.00},
        {**PAYMENT, "currency": "USD"},
        {**PAYMENT, "more": True},
        {name: value for name, value in PAYMENT.items() if name != "to"},
        {**PAYMENT, "to": ["a", {"b": True}]},
        {**PAYMENT, "to": ["a", {"b": 1.0}]},
        {**PAYMENT, "to": [{"b": 1}, "a"]},
        {},
    ],
)
def test_what_was_approved_is_the_same_to_the_digit_or_it_is_something_else(approved: dict[str, Any]) -> None:
    assert not same(PAYMENT, approved)
    assert error(Requirement(details=PAYMENT), authorization_details=[approved]) == STEP_UP
    assert error(Requirement(details=PAYMENT)) == STEP_UP


def test_what_was_approved_may_be_one_of_several_and_in_any_order() -> None:
    turned = dict(reversed(PAYMENT.items()))
    assert error(Requirement(details=PAYMENT), authorization_details=[{"type": "other"}, turned]) == ""


def test_a_client_is_told_all_that_it_needs_to_ask_for() -> None:
    need = requirement({"acr": f"phr {MULTI_FACTOR}", "max_age": 300, "scope": ["transfer:funds"], "one_use": True, "details": PAYMENT})
    refused = enough(token(scope="transfer:funds"), need, NOW)
    assert isinstance(refused, Refusal)
    assert refused.status == 401
    assert refused.body == {
        "error": STEP_UP,
        "error_description": "A different authentication level is required.",
        "code": "mfa_required",
        "acr_values": f"phr {MULTI_FACTOR}",
        "max_age": 300,
        "scope": "transfer:funds",
        "authorization_details": [PAYMENT],
    }
    assert refused.headers == {
        "WWW-Authenticate": f'Bearer error="{STEP_UP}", error_description="A different authentication level is required.", '
        f'scope="transfer:funds", acr_values="phr {MULTI_FACTOR}", max_age="300"',
        "Cache-Control": "no-store",
    }


def test_a_second_factor_that_is_demanded_by_its_method_is_asked_for_by_its_acr() -> None:
    assert Requirement(amr=("mfa",)).needs == {"acr_values": MULTI_FACTOR, "amr_values": "mfa"}
    assert Requirement(amr=("otp",)).needs == {"amr_values": "otp"}


@pytest.mark.parametrize("said", ['a"b', "a\\b", "a\nb", "é", "", "a b"])
def test_a_word_that_could_end_the_challenge_is_refused_when_the_route_is_made(said: str) -> None:
    with pytest.raises(ValueError, match="no words"):
        words([said])


@pytest.mark.parametrize("max_age", [0, -1, 1.5, True, "300"])
def test_an_age_that_no_token_could_have_is_refused_when_the_route_is_made(max_age: Any) -> None:
    with pytest.raises(ValueError, match="max_age"):
        requirement({"max_age": max_age})
