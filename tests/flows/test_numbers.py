"""Telephone numbers: as people write them, in one form, and none that nobody may be reached by."""

import pytest

from yett.flows.numbers import block_of, country_of, e164


@pytest.mark.parametrize(
    "typed, region, number",
    [
        ("+4917612345678", "", "+4917612345678"),
        ("0176 1234-5678", "DE", "+4917612345678"),
        ("(0176) 12345678", "DE", "+4917612345678"),
        ("0049 176 12345678", "DE", "+4917612345678"),
        ("+49 176 12345678", "US", "+4917612345678"),
        ("\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("+39 06 1234 5678", "", "+390612345678"),
    ],
)
def test_a_number_has_one_form_however_it_is_written(typed: str, region: str, number: str) -> None:
    assert e164(typed, region) == number


@pytest.mark.parametrize(
    "typed, region",
    [
        ("", ""),
        ("12", "DE"),
        ("0176 12345678", ""),
        ("+4917612345678;ext=5", ""),
        ("+1 202 555 0123 x9", "US"),
        ("1-800-FLOWERS", "US"),
        ("tel:+12025550123", ""),
        ("+12025550123\nBcc: +12025550124", ""),
        ("+1" * 40, ""),
        ("+999123456789", ""),
        ("+49123", ""),
    ],
    ids=lambda text: str(text)[:20] or "empty",
)
def test_what_is_no_number_is_none(typed: str, region: str) -> None:
    assert e164(typed, region) is None


@pytest.mark.parametrize(
    "number, what",
    [
        ("+19005550123", "premium rate"),
        ("+18005550123", "toll free"),
        ("+448431234567", "shared cost"),
        ("+447012345678", "personal number"),
        ("+881612345678", "satellite"),
        ("+87077123456", "satellite"),
        ("+883510012345678", "no country"),
        ("+445612345678", "VoIP"),
    ],
)
def test_row_16_a_number_that_bills_whoever_calls_or_is_bound_to_no_line_is_none(number: str, what: str) -> None:
    assert e164(number) is None, what


def test_a_landline_is_a_number_only_where_somebody_calls() -> None:
    assert e164("+493012345678") == "+493012345678"
    assert e164("+493012345678", landline=False) is None


def test_a_number_rings_in_its_country_and_not_in_that_of_its_code() -> None:
    numbers = ("+4917612345678", "+12025550123", "+16135550123", "+18762345678", "+881612345678", "+999", "none")
    assert [country_of(number) for number in numbers] == ["DE", "US", "CA", "JM", "001", "001", "001"]


def test_numbers_that_were_given_out_together_are_one_block() -> None:
    assert block_of("+12025550123") == block_of("+12025559999") != block_of("+12025560123")
