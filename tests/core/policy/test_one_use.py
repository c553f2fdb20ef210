"""Scopes for one use: an approval given here and now, of the transaction that was seen, by a factor that may approve."""

from typing import Any

import pytest

from tests.core.policy.cases import FACTORS, case, demanding, proven
from tests.core.proving import NOW
from yett.domain.assurance import MULTI_FACTOR
from yett.domain.outcome import Allow, Deny, Outcome, StepUp
from yett.domain.requirement import Requirement
from yett.policy.decide import Case, decide
from yett.policy.regimes import REGIMES

PAY_ONCE = demanding(pay=Requirement((MULTI_FACTOR,), one_use=True))
EURO, OTHER = b"digest: 100 EUR to Bob", b"digest: 100 EUR to Eve"


def paying(has: tuple[str, ...] = ("password", "totp", "recovery"), **more: Any) -> Case:
    return case(has, api=PAY_ONCE, scope=("read", "pay"), **more)


def approving(one: Case, name: str, binds: bytes | None) -> Case:
    """The same after this factor approved what `binds` is the digest of."""
    shown = (*one.attempt.shown, (name, 1, FACTORS[name]._replace(binds=binds)))
    return one._replace(attempt=one.attempt._replace(shown=shown))


def allowed(outcome: Outcome) -> bool:
    return isinstance(outcome, Allow)


def test_the_strongest_session_is_no_approval() -> None:
    one = paying(base=proven("password", "totp", ago=0))
    assert decide(one, NOW) == StepUp(("resource_scope",), ("totp",))
    assert allowed(decide(approving(one, "totp", None), NOW))


def test_a_scope_beside_it_needs_none() -> None:
    one = paying(base=proven("password", "totp"))
    assert allowed(decide(one._replace(scope=("read",)), NOW))


def test_a_recovery_code_logs_in_and_approves_nothing() -> None:
    one = paying(shown=("password", "recovery"))
    assert allowed(decide(one._replace(scope=("read",)), NOW))
    assert decide(one, NOW) == StepUp(("resource_scope",), ("totp",))
    assert not allowed(decide(paying(("password", "recovery"), shown=("password", "recovery")), NOW))


@pytest.mark.parametrize("binds, allows", [(EURO, True), (OTHER, False), (None, False)])
def test_an_approval_is_of_the_transaction_that_was_seen(binds: bytes | None, allows: bool) -> None:
    one = paying(shown=("password",), transaction=EURO)
    assert allowed(decide(approving(one, "totp", binds), NOW)) == allows


def test_an_approval_of_a_transaction_is_none_of_a_scope_without_one() -> None:
    assert not allowed(decide(approving(paying(shown=("password",)), "totp", EURO), NOW))


def test_an_approval_is_spent_with_its_attempt() -> None:
    earlier = tuple(proof._replace(shown=proof.shown._replace(binds=EURO)) for proof in proven("password", "totp", ago=0))
    assert not allowed(decide(paying(base=earlier, transaction=EURO), NOW))


def test_an_approval_that_is_no_mfa_is_not_enough() -> None:
    one = paying(("password", "totp"), shown=("totp",))
    assert decide(one, NOW) == StepUp(("first", "resource_scope"), ("password",))


def test_an_api_may_want_an_approval_for_every_token() -> None:
    one = case(api=demanding(Requirement(one_use=True)), base=proven("password"))
    assert decide(one, NOW) == StepUp(("resource_scope",), ("totp",))
    assert allowed(decide(approving(one, "totp", None), NOW))


@pytest.mark.parametrize("via", ["client", "passwordless", "device", "ciba"])
def test_an_approval_is_given_on_a_page_of_ours_alone(via: str) -> None:
    one = approving(paying(shown=("password",)), "totp", None)
    assert allowed(decide(one, NOW))
    assert not allowed(decide(one._replace(attempt=one.attempt._replace(via=via)), NOW))


def test_under_a_regime_of_payments_every_approval_is_of_something() -> None:
    psd2 = paying(shown=("password",))._replace(regime=REGIMES["psd2"])
    assert decide(approving(psd2, "totp", None), NOW) == Deny("invalid_authorization_details")
    bound = psd2._replace(attempt=psd2.attempt._replace(transaction=EURO))
    assert allowed(decide(approving(bound, "totp", EURO), NOW))
    assert allowed(decide(approving(psd2, "totp", None)._replace(scope=("read",)), NOW))


@pytest.mark.parametrize("age, asked", [(180, ("resource_scope",)), (181, ("first", "resource_scope", "max_age"))])
def test_what_is_left_of_a_lifetime_is_enough_for_its_one_use(age: int, asked: tuple[str, ...]) -> None:
    once = demanding(pay=Requirement((MULTI_FACTOR,), lifetime=300, one_use=True))
    outcome = decide(case(api=once, scope=("pay",), base=proven("password", "totp", ago=age)), NOW)
    assert isinstance(outcome, StepUp)
    assert outcome.reasons == asked
