"""Enrolments that nobody confirms: a password that is set, a verified address that is a factor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.domain.account import Account
from yett.domain.enrolment import Enrolment, State
from yett.factors.email import Email
from yett.factors.password import Password
from yett.factors.recovery import Recovery
from yett.flows.accounts import Births, is_address, is_username
from yett.flows.mint import Mint

BIRTHS = Births(Mint(lambda: 1000, lambda size: b"\x01" * size), Password(), Email())
ADA = Account("auth0|ada", "Ada@Example.com", email_verified=True)


def test_a_verified_address_is_a_factor_of_its_canonical_mailbox() -> None:
    (one,) = BIRTHS.implicit(ADA)
    assert (one.kind, one.link, one.status, one.state.open, one.generation) == ("email", "implicit", "active", b"ada@example.com", 1)


def test_an_address_that_is_not_verified_is_no_factor() -> None:
    assert BIRTHS.implicit(ADA._replace(email_verified=False)) == ()


def test_what_is_in_step_is_left_alone() -> None:
    assert BIRTHS.implicit(ADA, BIRTHS.implicit(ADA)) == ()


def test_an_address_that_is_no_longer_verified_is_a_factor_no_longer() -> None:
    (one,) = BIRTHS.implicit(ADA._replace(email_verified=False), BIRTHS.implicit(ADA))
    assert (one.status, one.generation) == ("deleted", 2)


def test_another_mailbox_is_another_generation_so_the_old_one_vouches_no_longer() -> None:
    before = BIRTHS.implicit(ADA)
    (after,) = BIRTHS.implicit(ADA._replace(email="new@example.com"), before)
    assert (after.id, after.generation, after.state.open) == (before[0].id, 2, b"new@example.com")


def test_one_that_was_deleted_comes_back_as_a_new_generation() -> None:
    gone = BIRTHS.implicit(ADA._replace(email_verified=False), BIRTHS.implicit(ADA))
    (back,) = BIRTHS.implicit(ADA, gone)
    assert (back.status, back.generation) == ("active", 3)


def test_an_address_that_its_owner_enrolled_is_not_touched() -> None:
    own = Enrolment("email|dev_own", ADA.id, "email", State(open=b"other@example.com"))
    (new,) = BIRTHS.implicit(ADA, (own,))
    assert new.id != own.id
    assert BIRTHS.implicit(ADA._replace(email_verified=False), (own,)) == ()


def test_without_the_factor_there_is_nothing_implicit() -> None:
    assert Births(BIRTHS.mint, Password()).implicit(ADA) == ()


def test_a_new_password_takes_the_place_of_the_old_one() -> None:
    old = BIRTHS.password_of(ADA, b"one")
    new = BIRTHS.password_of(ADA, b"two", (old,))
    assert (new.id, new.generation, new.state.secret) == (old.id, 2, b"two")


def test_a_new_password_forgets_failures_and_locks() -> None:
    old = BIRTHS.password_of(ADA, b"one")._replace(failures=99, paced_at=5000, locked_until=9999, status="disabled")
    new = BIRTHS.password_of(ADA, b"two", (old,))
    assert (new.failures, new.paced_at, new.locked_until, new.status) == (0, 0, 0, "active")


def test_new_codes_take_the_place_of_the_sheet() -> None:
    old = BIRTHS.companion(ADA, Recovery(), State(open=b"[1]"), ())
    new = BIRTHS.companion(ADA, Recovery(), State(open=b"[2]"), (old,))
    assert (new.id, new.generation, new.state.open) == (old.id, 2, b"[2]")


@pytest.mark.parametrize("email", ["a@b.example", "o'neil+tag@sub.example.co.uk", "müller@bücher.example", "a@localhost"])
def test_these_are_addresses(email: str) -> None:
    assert is_address(email)


@pytest.mark.parametrize(
    "email",
    ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@b\r\nBcc: x@y", "a@b\n", "a@b,c@d", "<a@b>", "a@b;c", "a\x00@b", 'a"@b', "a@" + "b" * 254],
)
def test_these_are_none_and_could_begin_another_header(email: str) -> None:
    assert not is_address(email)


@pytest.mark.parametrize("letter", ["\x1c", "\x85", "\x9b", "\u00a0", "\u200b", "\u2028", "\u2029", "\u202e", "\u3000", "\ufeff", "\ud800"])
def test_no_control_and_no_separator_of_any_script_is_in_an_address(letter: str) -> None:
    assert not is_address(f"a{letter}b@c.example")
    assert not is_address(f"ab@c{letter}d.example")


@given(st.text(max_size=40))
def test_an_address_is_one_line_with_one_at_sign(text: str) -> None:
    if is_address(text):
        assert text.count("@") == 1
        assert len(text.split()) == 1
        assert text.isprintable()


@pytest.mark.parametrize(
    "name, fit", [("ada", True), ("Ada.L-1_x", True), ("ada@example.com", False), ("a b", False), ("", False), ("a" * 129, False), ("a\n", False)]
)
def test_a_username_is_never_an_address(name: str, fit: bool) -> None:
    assert is_username(name) == fit
