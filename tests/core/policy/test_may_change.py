"""Adding, removing and changing factors: a fresh set as strong as the account can reach (attacks: rows 5 and 6)."""

import pytest

from tests.core.policy.cases import FACTORS, HOUR, case, enrolment, proven
from tests.core.proving import KEY, NOW, TOTP
from yett.domain.enrolment import Status
from yett.domain.outcome import Allow, Deny, StepUp
from yett.domain.proof import Shown
from yett.policy.decide import Case, before_change, decide, may_change
from yett.policy.regimes import REGIMES

HELD = ("password", "totp", "recovery")


def asked(*acceptable: str) -> StepUp:
    return StepUp(("adding_factor",), acceptable)


def test_a_password_session_removes_no_factor_cve_2026_3429() -> None:
    assert may_change(case(HELD, base=proven("password", ago=0)), NOW, TOTP) == asked("totp", "recovery")
    assert may_change(case(HELD, base=proven("password", "totp", ago=0)), NOW, TOTP) is None


@pytest.mark.parametrize("age, needs", [(0, None), (300, None), (301, asked("password"))])
def test_the_set_must_be_fresh(age: int, needs: StepUp | None) -> None:
    assert may_change(case(HELD, base=proven("password", "totp", ago=age)), NOW) == needs


def test_how_fresh_is_a_figure_of_the_regime() -> None:
    one = case(HELD, base=proven("password", "totp", ago=200))
    assert may_change(one, NOW) is None
    assert may_change(one._replace(regime=REGIMES["auth0"]._replace(fresh=100)), NOW) == asked("password")


def test_a_fresh_code_beside_an_old_password_is_not_enough() -> None:
    assert may_change(case(HELD, base=proven("password"), shown=("totp",)), NOW) == asked("password")


def test_the_first_factor_needs_a_fresh_password_alone() -> None:
    assert may_change(case(("password",), shown=("password",)), NOW) is None
    assert may_change(case(("password",), base=proven("password")), NOW) == asked("password")
    assert may_change(case(("password",)), NOW) == asked("password")


def test_the_implicit_mailbox_counts_as_no_factor() -> None:
    assert may_change(case(("password", "email"), shown=("password",)), NOW) is None


def test_password_and_mailbox_do_not_change_other_factors() -> None:
    one = case(("password", "totp", "email"), shown=("password", "email"))
    assert may_change(one, NOW) == asked("totp")


def test_a_mailbox_that_somebody_enrolled_is_a_factor_where_it_may_be_one() -> None:
    enrolled = (enrolment("password"), enrolment("email")._replace(link=None))
    one = case(("password", "email"), shown=("password",))._replace(enrolments=enrolled)
    assert may_change(one, NOW) == asked("email")
    assert may_change(one._replace(regime=REGIMES["pci-dss-4"]), NOW) is None


@pytest.mark.parametrize("status", ["suspended", "disabled"])
def test_until_it_is_deleted_a_lost_factor_counts_and_is_no_way_in_cve_2019_16766(status: Status) -> None:
    one = case(("password", "totp"), shown=("password",), totp=status)
    assert may_change(one, NOW) == asked()


def test_a_recovery_code_replaces_a_lost_factor() -> None:
    one = case(HELD, shown=("password", "recovery"), totp="suspended")
    assert may_change(one, NOW) is None


def test_a_locked_factor_is_not_asked_for_and_not_passed_over() -> None:
    assert may_change(case(("password", "totp"), shown=("password",), locked=("totp",)), NOW) == asked()


@pytest.mark.parametrize("about, needs", [(None, None), (TOTP, None), (KEY, asked("key"))])
def test_a_key_is_added_removed_and_changed_with_a_key(about: Shown | None, needs: StepUp | None) -> None:
    one = case(("password", "totp", "key"), shown=("password", "totp"))
    assert may_change(one, NOW, about) == needs
    assert may_change(case(("password", "totp", "key"), shown=("password", "key")), NOW, about) is None


def test_the_first_key_needs_what_the_account_has() -> None:
    assert may_change(case(HELD, shown=("password", "totp")), NOW, KEY) is None


def test_a_passkey_alone_is_all_that_the_account_can_reach() -> None:
    one = case(("passkey",), base=proven("passkey", ago=HOUR))
    assert may_change(one, NOW, FACTORS["passkey"]) == asked("passkey")
    assert may_change(case(("passkey",), shown=("passkey",)), NOW, FACTORS["passkey"]) is None


def test_an_account_with_password_and_passkey_needs_the_passkey() -> None:
    assert may_change(case(("password", "passkey"), shown=("password",)), NOW) == asked("passkey")


def test_a_factor_bound_again_since_vouches_for_nothing() -> None:
    one: Case = case(HELD, base=proven("password", "totp", ago=0))
    again = tuple(enrolment._replace(generation=2) if enrolment.id == "totp" else enrolment for enrolment in one.enrolments)
    assert may_change(one._replace(enrolments=again), NOW) == asked("totp", "recovery")


# Whoever came for a change is asked by `decide` as `may_change` says.


def before(one: Case, about: Shown | None = None) -> Case:
    """The same, in an attempt that is there for a change."""
    return one._replace(attempt=one.attempt._replace(wants=(before_change(one, about),)))


def test_whoever_came_for_a_change_is_let_on_with_a_fresh_set_and_not_before() -> None:
    assert isinstance(decide(before(case(HELD, base=proven("password", "totp", ago=0))), NOW), Allow)
    assert decide(before(case(HELD, base=proven("password", ago=0))), NOW) == asked("totp", "recovery")
    stale = decide(before(case(HELD, base=proven("password", "totp", ago=301))), NOW)
    assert isinstance(stale, StepUp)
    assert stale.acceptable == ("password",)


def test_row_6_the_mailbox_is_not_asked_for_a_change() -> None:
    """What is implicit would satisfy any other request: here it must neither suffice nor be offered."""
    one = before(case(("password", "totp", "email"), shown=("password", "email")))
    assert decide(one, NOW) == asked("totp")


def test_whoever_can_prove_nothing_more_is_refused() -> None:
    one = before(case(("password", "totp"), base=proven("password", ago=0), locked=("totp",)))
    assert decide(one, NOW) == Deny("unmet_authentication_requirements", ("adding_factor",))


def test_a_key_is_changed_only_by_whoever_has_shown_one() -> None:
    held = case(("password", "totp", "key"), base=proven("password", "totp", ago=0))
    assert isinstance(decide(before(held), NOW), Allow)
    wanted = decide(before(held, KEY), NOW)
    assert isinstance(wanted, StepUp)
    assert wanted.acceptable == ("key",)
    assert before_change(case(HELD), KEY).acrs == ()
