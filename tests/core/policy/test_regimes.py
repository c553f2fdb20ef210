"""Regimes: every cell of the table, and that nothing loosens a strict one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.proving import ANY_SHOWN, EMAIL, NOW, PASSWORD, SMS, TOTP
from yett.domain.assurance import AAL, MULTI_FACTOR
from yett.domain.proof import Shown
from yett.domain.tries import Bucket
from yett.policy.decide import permitted, within_reach
from yett.policy.regimes import HIGHER_IS_TIGHTER, LOWER_IS_TIGHTER, REGIMES, Regime, budget, grant_ends, in_force, shortest

HOUR = 3600
FOREVER = "disabled until rebound"

# design, section 5: the columns and rows of its table.
COLUMNS = ("auth0", "nist-aal2", "nist-aal3", "pci-dss-4", "psd2")
TABLE: tuple[tuple[str, Callable[[Regime], object], tuple[object, ...]], ...] = (
    ("strict", lambda one: one.strict, (False, True, True, True, True)),
    ("fresh", lambda one: one.fresh, (300, 300, 300, 300, 300)),
    ("what is lost waits, h", lambda one: one.lost_waits / HOUR, (72, 72, 72, 72, 72)),
    ("attempt lives, min", lambda one: one.attempt_lives / 60, (15, 10, 10, 15, 5)),
    ("session idle, min", lambda one: one.session_idle / 60, (72 * 60, 60, 15, 15, 5)),
    ("session absolute, h", lambda one: one.session_absolute / HOUR, (168, 24, 12, 24, 24)),
    ("grant lives after auth_time, h", lambda one: (grant_ends(one, NOW, None) - NOW) / HOUR, (720, 24, 12, 24, 24)),
    ("bucket per enrolment", lambda one: one.enrolment_bucket, (*[Bucket(10, 360)] * 4, Bucket(5, 360))),
    ("bucket per account", lambda one: one.account_bucket, (Bucket(30, 120),) * 5),
    ("consecutive failures", lambda one: one.cap, (100, 100, 100, 10, 5)),
    ("then, min", lambda one: FOREVER if one.locks is None else one.locks / 60, (FOREVER, FOREVER, FOREVER, 30, 30)),
    ("remembered browser", lambda one: one.remembers, (True, False, False, False, False)),
    ("codes by e-mail", lambda one: permitted(EMAIL, one), (True, False, False, False, False)),
    ("codes by SMS, voice", lambda one: (permitted(SMS, one), one.phone_notice), ((True, False), (True, True), (False, False), (True, False), (True, False))),
    ("phishing-resistant factor", lambda one: one.phishing_resistant, ("optional", "offered", "required", "optional", "optional")),
    ("number in a push", lambda one: one.push_number, ("optional", "required", "none", "required", "required")),
    ("approvals bound", lambda one: one.bound_approvals, ("asked", "asked", "asked", "asked", "payments")),
    ("shortest password", lambda one: one.shortest_password, (8, 8, 8, 12, 8)),
    ("shortest password alone", lambda one: one.shortest_password_alone, (8, 15, 15, 12, 8)),
    ("requires", lambda one: [clause.acrs for clause in one.requires], ([], [(AAL + "2",)], [(AAL + "3",)], [(MULTI_FACTOR,)], [(MULTI_FACTOR,)])),
)  # fmt: skip


@pytest.mark.parametrize("name, alone, beside", list(zip(COLUMNS, (8, 15, 15, 12, 8), (8, 8, 8, 12, 8), strict=True)))
def test_a_password_that_stands_alone_is_longer(name: str, alone: int, beside: int) -> None:
    assert (shortest(REGIMES[name], alone=True), shortest(REGIMES[name], alone=False)) == (alone, beside)
    assert shortest(in_force(name, {"shortest_password": 20}), alone=True) == 20
    assert shortest(in_force(name, {"shortest_password_alone": 20}), alone=True) == 20
    assert shortest(in_force(name, {"shortest_password_alone": 20}), alone=False) == beside


def test_there_are_five_regimes() -> None:
    assert tuple(REGIMES) == COLUMNS
    assert all(regime.name == name for name, regime in REGIMES.items())


@pytest.mark.parametrize("column, name", list(enumerate(COLUMNS)), ids=COLUMNS)
@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_each_cell_of_the_table(row: tuple[str, Callable[[Regime], object], tuple[object, ...]], column: int, name: str) -> None:
    _, figure, cells = row
    assert figure(REGIMES[name]) == cells[column]


@pytest.mark.parametrize("name", COLUMNS)
def test_what_a_regime_requires_cannot_be_waived_or_declined(name: str) -> None:
    for clause in REGIMES[name].requires:
        assert (clause.source, clause.essential, clause.waivable, clause.max_age) == ("regime", True, False, None)


@pytest.mark.parametrize("name", COLUMNS)
def test_what_may_begin_a_login_or_reaches_aal_2_is_permitted_everywhere(name: str) -> None:
    assert all(permitted(shown, REGIMES[name]) for shown in (PASSWORD, TOTP, SMS) if REGIMES[name].phone or shown is not SMS)


@given(ANY_SHOWN, st.sampled_from(COLUMNS))
def test_where_the_telephone_network_is_forbidden_nothing_that_came_by_it_counts(shown: Shown, name: str) -> None:
    plain = permitted(shown._replace(restricted=False), REGIMES[name])
    assert permitted(shown._replace(restricted=True), REGIMES[name]) == (plain and name != "nist-aal3")


FIGURES = sorted(LOWER_IS_TIGHTER | HIGHER_IS_TIGHTER)
OWN = st.dictionaries(st.sampled_from([*FIGURES, "strict", "remembers", "weak", "requires", "name", "nonsense", "cap.burst"]), st.integers(-10, 10**8))


def figure_of(regime: Regime, name: str) -> int | None:
    field, _, part = name.partition(".")
    value = getattr(regime, field)
    number = getattr(value, part) if part else value
    assert number is None or isinstance(number, int)
    return number


@given(st.sampled_from(COLUMNS[1:]), OWN)
def test_nothing_loosens_a_strict_regime(name: str, own: dict[str, int]) -> None:
    given, regime = REGIMES[name], in_force(name, own)
    for figure in sorted(LOWER_IS_TIGHTER - {"grant_lives"}):
        assert (figure_of(regime, figure) or 0) <= (figure_of(given, figure) or 0)
    for figure in sorted(HIGHER_IS_TIGHTER - {"locks"}):
        assert (figure_of(regime, figure) or 0) >= (figure_of(given, figure) or 0)
    assert regime.locks is None if given.locks is None else (regime.locks or 0) >= given.locks
    assert grant_ends(regime, NOW, NOW + 100) <= NOW + 100
    assert grant_ends(regime, NOW, None) <= grant_ends(given, NOW, None)
    changed = {field for field in Regime._fields if getattr(regime, field) != getattr(given, field)}
    assert changed <= {figure.partition(".")[0] for figure in own}
    assert not changed & {"name", "strict", "remembers", "weak", "phone", "requires"}


@given(st.sampled_from(COLUMNS), OWN)
def test_no_figure_is_zero_or_less_and_the_order_of_figures_does_not_matter(name: str, own: dict[str, int]) -> None:
    regime = in_force(name, own)
    assert all(value is None or value > 0 for value in (figure_of(regime, figure) for figure in FIGURES))
    assert in_force(name, dict(reversed(own.items()))) == regime


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("name", COLUMNS[1:])
def test_every_figure_of_a_strict_regime_can_be_tightened(name: str, figure: str) -> None:
    given = figure_of(REGIMES[name], figure)
    tighter = 60 if given is None else given - 1 if figure in LOWER_IS_TIGHTER else given + 1
    if figure == "locks" and given is None:
        assert in_force(name, {figure: 60}) == REGIMES[name]
    else:
        assert figure_of(in_force(name, {figure: tighter}), figure) == tighter


def test_the_default_regime_goes_both_ways() -> None:
    own = {"session_idle": 30 * 24 * HOUR, "cap": 5, "locks": 60, "grant_lives": 365 * 24 * HOUR, "enrolment_bucket.burst": 20}
    regime = in_force("auth0", own)
    assert {name: figure_of(regime, name) for name in own} == own
    assert regime.enrolment_bucket == Bucket(20, 360)


def test_a_regime_that_is_none_is_an_error_and_never_the_default() -> None:
    with pytest.raises(KeyError):
        in_force("nist", {})


def test_a_grant_ends_with_its_session_under_a_strict_regime_alone() -> None:
    strict, usual = REGIMES["pci-dss-4"], REGIMES["auth0"]
    assert grant_ends(strict, NOW, NOW + 60) == NOW + 60
    assert grant_ends(strict, NOW - HOUR, NOW + 99 * HOUR) == NOW + 23 * HOUR
    assert grant_ends(usual, NOW, NOW + 60) == NOW + 30 * 24 * HOUR
    assert grant_ends(in_force("pci-dss-4", {"grant_lives": HOUR}), NOW, NOW + 24 * HOUR) == NOW + HOUR


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("name", COLUMNS)
def test_passwords_are_counted_apart_from_second_factors(name: str, known: bool) -> None:
    regime = REGIMES[name]
    password, second = budget(regime, known=known, first=True), budget(regime, known=known, first=False)
    assert password.account is None
    assert second.account == regime.account_bucket
    assert password._replace(account=second.account) == second
    assert (second.enrolment, second.cap, second.locks, second.known) == (regime.enrolment_bucket, regime.cap, regime.locks, known)


@pytest.mark.parametrize("regime", [one for one in REGIMES.values() if not one.weak], ids=lambda one: one.name)
def test_a_code_to_a_mailbox_is_no_stronger_for_having_begun_a_login(regime: Regime) -> None:
    mailbox = Shown("email", "possession", b"m", ("email",), 1, first=True)
    assert not permitted(mailbox, regime)
    assert permitted(mailbox, REGIMES["auth0"])


@pytest.mark.parametrize("name", ["pci-dss-4", "psd2"])
def test_what_a_regime_forbids_makes_nothing_that_it_requires_reachable(name: str) -> None:
    assert within_reach(REGIMES[name], (PASSWORD, TOTP))
    assert not within_reach(REGIMES[name], (PASSWORD, EMAIL))
