"""Which passwords may be chosen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.adapters.keys.blocklist import common
from yett.domain.password import LONGEST, fault


def chosen(password: str, shortest: int = 8, *about: str) -> str:
    return fault(password, shortest, common, about)


@pytest.mark.parametrize(
    "password, why",
    [
        ("1234567", "too_short"),
        ("x" * (LONGEST + 1), "too_long"),
        ("with\x00a nul byte", "unreadable"),
        ("half \ud800 a letter", "unreadable"),
        ("password1", "too_common"),
        ("PassWord1", "too_common"),
        ("aaaaaaaaaaaa", "too_common"),
        ("correct horse battery staple", ""),
        ("пароль для почты", ""),
        ("🔒" * 4 + "🗝" * 4, ""),
    ],
)
def test_length_and_commonness_are_all_that_is_judged(password: str, why: str) -> None:
    assert chosen(password) == why


@pytest.mark.parametrize("password", ["ada.lovelace1815", "Ada.Lovelace!!", "ada.lovelace@example.test", "lovelady99"])
def test_what_anybody_would_try_for_this_person_may_not_be_chosen(password: str) -> None:
    assert chosen(password, 8, "ada.lovelace@example.test", "lovelady", "") == "about_you"


def test_length_is_counted_as_it_is_compared() -> None:
    assert chosen("e\u0301" * 4 + "abc") == "too_short"


@given(st.text(min_size=64, max_size=64))
def test_sixty_four_letters_are_never_too_many(password: str) -> None:
    assert chosen(password) not in {"too_short", "too_long"}


def test_the_list_has_what_attackers_try_first() -> None:
    assert all(map(common, ("123456", "qwerty", "iloveyou", "letmein")))
    assert not common("correct horse battery staple")
