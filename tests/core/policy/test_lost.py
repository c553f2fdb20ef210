"""Reporting a factor lost: password and another channel, two under a strict regime, or a recovery code (design: invariant 3)."""

import pytest

from tests.core.policy.cases import case, proven
from tests.core.proving import NOW, SMS
from yett.domain.enrolment import Enrolment, State
from yett.policy.decide import Case
from yett.policy.lost import Lack, lacks

HAS = ("password", "totp", "email", "recovery")


def with_phone(one: Case, *numbers: str) -> Case:
    """The same account with these phones, each of which has just shown its code."""
    phones = tuple(Enrolment(number, "joe", "phone", State()) for number in numbers)
    shown = {number: SMS._replace(channel=number.encode()) for number in numbers}
    attempt = one.attempt._replace(shown=(*one.attempt.shown, *((number, 1, shown[number]) for number in numbers)))
    return one._replace(attempt=attempt, enrolments=(*one.enrolments, *phones), promises={**one.promises, **shown})


ROWS: tuple[tuple[str, Case, tuple[Lack, ...]], ...] = (
    ("nothing", case(HAS), ("password", "channel")),
    ("a password alone", case(HAS, shown=("password",)), ("channel",)),
    ("a mailbox alone", case(HAS, shown=("email",)), ("password",)),
    ("password and mailbox", case(HAS, shown=("password", "email")), ()),
    ("password and mailbox of a moment ago", case(HAS, base=proven("password", "email", ago=300)), ()),
    ("password and mailbox of long ago", case(HAS, base=proven("password", "email", ago=301)), ("password", "channel")),
    ("a password of long ago", case(HAS, base=proven("password", ago=301), shown=("email",)), ("password",)),
    ("the lost factor itself", case(HAS, shown=("password", "totp")), ("channel",)),
    ("a recovery code", case(HAS, shown=("password", "recovery")), ()),
    ("strict: one channel", case(HAS, shown=("password", "email"), regime="pci-dss-4"), ("channel",)),
    ("strict: two channels", with_phone(case(HAS, shown=("password", "email"), regime="pci-dss-4"), "+491"), ()),
    ("strict: two phones", with_phone(case(HAS, shown=("password",), regime="pci-dss-4"), "+491", "+492"), ()),
    ("strict: a recovery code", case(HAS, shown=("password", "recovery"), regime="nist-aal2"), ()),
    ("strict: a recovery code without the password", case(HAS, shown=("email", "recovery"), regime="nist-aal2"), ("password",)),
)


@pytest.mark.parametrize("says, one, expected", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_report_needs(says: str, one: Case, expected: tuple[Lack, ...]) -> None:
    assert lacks(one, "totp", NOW) == expected


def test_another_channel_is_not_the_one_that_is_lost() -> None:
    one = with_phone(case(HAS, shown=("password",)), "+491")
    assert lacks(one, "totp", NOW) == ()
    assert lacks(one, "+491", NOW) == ("channel",)
    twin = one._replace(promises={**one.promises, "old": SMS._replace(channel=b"+491")})
    assert lacks(twin, "old", NOW) == ("channel",)


def test_what_was_deleted_or_bound_again_since_shows_nothing() -> None:
    one = case(HAS, shown=("password", "email"), email="suspended")
    assert lacks(one, "totp", NOW) == ("channel",)
    assert lacks(one, "nothing", NOW) == ("channel",)
