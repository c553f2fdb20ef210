"""Texts as the telephone network carries them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.adapters.deliver.sms_text import ALPHABET, ESCAPE, EXTENSION, GSM7, LETTERS, UCS2, Part, parts

BASIC = [letter for letter in LETTERS if letter not in EXTENSION]


def test_the_alphabet_has_128_places_and_the_letters_of_the_standard() -> None:
    """3GPP TS 23.038, 6.2.1 and 6.2.1.1."""
    assert len(ALPHABET) == len(set(ALPHABET)) == 128
    known = {"@": 0x00, "Δ": 0x10, " ": 0x20, "0": 0x30, "¡": 0x40, "A": 0x41, "Ä": 0x5B, "Ö": 0x5C, "Ü": 0x5E, "¿": 0x60, "a": 0x61, "ä": 0x7B, "à": 0x7F}
    assert {letter: LETTERS[letter][0] for letter in known} == known
    assert LETTERS["€"] == b"\x1b\x65"
    assert len(LETTERS) == 127 + 10


@pytest.mark.parametrize("text", ["123456 is your code", "Ümläute ÄÖÜß", "€ [x] {y} ~ ^ | \\", "", "a" * 160, "€" * 80])
def test_what_fits_in_one_message_of_septets_is_one(text: str) -> None:
    (part,) = parts(text, 7)
    assert (part.coding, part.header) == (GSM7, False)
    assert decoded([part]) == text


@pytest.mark.parametrize("text", ["Ваш код 123456", "code 😀", "ç", "š", "\x1b", "я" * 70, "😀" * 35])
def test_letters_beyond_the_alphabet_make_it_ucs2(text: str) -> None:
    (part,) = parts(text, 7)
    assert (part.coding, part.header) == (UCS2, False)
    assert decoded([part]) == text


@pytest.mark.parametrize(
    "text, many", [("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 81, 2), ("€" * 153, 3), ("я" * 71, 2), ("😀" * 36, 2), ("😀" * 67, 3)]
)
def test_a_long_text_is_cut_where_the_standard_has_room(text: str, many: int) -> None:
    """3GPP TS 23.040, 9.2.3.24.1: 153 septets or 67 letters a part."""
    found = parts(text, 7)
    assert len(found) == many
    assert [part.body[:6] for part in found] == [bytes((5, 0, 3, 7, many, place)) for place in range(1, many + 1)]
    assert decoded(found) == text


def test_no_part_ends_in_the_middle_of_a_letter() -> None:
    assert all(part.body[-2] == ESCAPE for part in parts("€" * 200, 0))
    assert [part.body[6:].decode("utf-16-be") for part in parts("a" + "😀" * 40, 0)] == ["a" + "😀" * 33, "😀" * 7]


def test_a_text_without_end_is_refused() -> None:
    assert len(parts("a" * 153 * 255, 0)) == 255
    with pytest.raises(ValueError, match="too long"):
        parts("a" * (153 * 255 + 1), 0)


@given(st.text(st.sampled_from([*BASIC, *EXTENSION]), max_size=700) | st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(0, 255))
def test_what_arrives_is_what_was_said(text: str, reference: int) -> None:
    found = parts(text, reference)
    assert decoded(found) == text
    assert all(len(part.body) <= (160 if part.coding == GSM7 else 140) for part in found)


def decoded(found: Sequence[Part]) -> str:
    """What a telephone shows."""
    places = {code: letter for letter, code in LETTERS.items()}
    text = ""
    for part in found:
        body, septets = part.body[6:] if part.header else part.body, list[bytes]()
        if part.coding == UCS2:
            text += body.decode("utf-16-be")
            continue
        for code in body:
            if septets and septets[-1] == bytes([ESCAPE]):
                septets[-1] += bytes([code])
            else:
                septets.append(bytes([code]))
        text += "".join(places[one] for one in septets)
    return text
