"""Codes that are sent, and digits that are typed."""

import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.domain.code import code_of, derive, digits
from yett.domain.enrolment import Challenge, State

DECIMALS = [letter for letter in map(chr, range(sys.maxunicode + 1)) if letter.isdecimal()]
ASKED = Challenge("c1", "a1", "email", "email", ("e1",), State(b"s" * 32), {}, (), b"100 EUR to Bob", 300)


def test_a_code_depends_on_all_that_it_is_about() -> None:
    others = (
        ASKED._replace(id="c2"),
        ASKED._replace(attempt="a2"),
        ASKED._replace(to=("e2",)),
        ASKED._replace(to=("e1", "e2")),
        ASKED._replace(binds=b"100 EUR to Eve"),
        ASKED._replace(binds=None),
        ASKED._replace(remember=State(b"t" * 32)),
    )
    codes = {derive(asked, "mfa_code", 8) for asked in (ASKED, *others)} | {derive(ASKED, "email_verification", 8)}
    assert len(codes) == len(others) + 2


@given(st.lists(st.text(max_size=4), min_size=1, max_size=3), st.lists(st.text(max_size=4), min_size=1, max_size=3))
def test_names_that_only_read_alike_in_a_row_have_different_codes(one: list[str], other: list[str]) -> None:
    codes = [derive(ASKED._replace(to=tuple(names), binds=b""), "", 18) for names in (one, other)]
    assert (codes[0] == codes[1]) == (one == other)


def test_the_last_enrolment_is_not_mistaken_for_what_is_bound() -> None:
    bound = ASKED._replace(to=("e1",), binds=(2).to_bytes(4) + b"e2")
    named = ASKED._replace(to=("e1", "e2"), binds=None)
    assert derive(bound, "mfa_code", 18) != derive(named, "mfa_code", 18)


@pytest.mark.parametrize("length", [6, 7, 8])
def test_a_code_has_as_many_digits_as_are_asked_for(length: int) -> None:
    codes = [derive(ASKED._replace(id=str(index)), "mfa_code", length) for index in range(2000)]
    assert {len(code) for code in codes} == {length}
    assert set(Counter(code[0] for code in codes)) == set("0123456789")


def test_whoever_sends_a_code_reads_from_the_challenge_what_it_is() -> None:
    asked = ASKED._replace(remember=State(b"s" * 32, b'{"digits": 7, "purpose": "mfa_code"}'))
    assert code_of(asked) == derive(asked, "mfa_code", 7)


@given(st.text("0123456789", min_size=1, max_size=8), st.data())
def test_what_stands_between_digits_is_passed_over_cve_2025_6014(plain: str, data: st.DataObject) -> None:
    between = st.text(" \t\n-\u00a0\u2009\u2011\u2013\u200b\u200e\ufeff", max_size=3)
    typed = data.draw(between) + "".join(digit + data.draw(between) for digit in plain)
    assert digits(typed, len(plain)) == plain


@given(st.lists(st.sampled_from(DECIMALS), min_size=6, max_size=6))
def test_digits_of_every_script_are_digits_cve_2025_6014(typed: list[str]) -> None:
    assert digits("".join(typed), 6) == "".join(str(unicodedata.decimal(letter)) for letter in typed)


@given(st.text())
def test_anything_typed_is_six_ascii_digits_or_nothing(typed: str) -> None:
    plain = digits(typed, 6)
    assert plain == "" or (len(plain) == 6 and set(plain) <= set("0123456789"))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345x", "12345\u00b2", "12345\u2460", "+12345", "12.345", "0x1234", "12345\x00"])
def test_what_is_not_six_digits_is_nothing(typed: str) -> None:
    assert digits(typed, 6) == ""


@pytest.mark.parametrize("outcome", ["open", "accepted", "refused", "void"])
def test_a_question_can_be_answered_while_it_is_open_and_its_time_is_not_over(outcome: str) -> None:
    asked = ASKED._replace(outcome=outcome)  # type: ignore[arg-type]
    assert [asked.answerable(now) for now in (0, 299, 300, 301)] == [outcome == "open"] * 2 + [False] * 2
