"""What all who carry to a telephone share: numbers that are numbers, and how a code is spoken."""

import pytest

from tests.adapters.deliver.server import CALL, TEXT
from yett.adapters.deliver.telephone import digits, language, number, sentences
from yett.adapters.deliver.words import APPROVES, LANGUAGES, NOTICE, SPOKEN
from yett.ports import Undelivered


@pytest.mark.parametrize("to", ["", "4915112345678", "+0123456789", "+49151\r\nVia: x", "+1", "+" + "1" * 16, "+49 151", "+49151;x=y", "+١٢٣٤٥٦٧٨"])
def test_what_is_no_number_is_told_to_nobody(to: str) -> None:
    with pytest.raises(Undelivered) as told:
        number(TEXT._replace(to=to))
    assert told.value.permanent
    assert not to or to not in str(told.value)


def test_a_number_is_taken_as_it_is() -> None:
    assert number(TEXT) == "+4915112345678"
    assert digits("+4915112345678") == "4915112345678"


def test_a_code_is_spoken_twice_digit_by_digit_in_the_language_of_the_letter() -> None:
    assert sentences(CALL) == ("Your code is", "1, 2, 3, 4, 5, 6.", "Once more: your code is", "1, 2, 3, 4, 5, 6.")
    assert sentences(CALL._replace(locale="de_AT".replace("_", "-")))[0] == "Ihr Code lautet"
    assert [language(CALL._replace(locale=locale)) for locale in ("en-GB", "de", "DE-at", "fr", "")] == ["en-US", "de-DE", "de-DE", "en-US", "en-US"]
    assert set(SPOKEN) == set(APPROVES) == set(NOTICE) == set(LANGUAGES)


def test_what_a_code_approves_is_heard_before_it() -> None:
    said = sentences(CALL._replace(approves="Pay 100.00 EUR to Bob", locale="fr"))
    assert said[:3] == ("You are asked to approve this, and nothing else:", "Pay 100.00 EUR to Bob", "Your code is")
    assert said[2:] == sentences(CALL)
    assert sentences(CALL._replace(approves="x", locale="de"))[0] == APPROVES["de"]


def test_a_notice_is_spoken_as_it_is() -> None:
    assert sentences(CALL._replace(code="", text="Hello.\n")) == ("Hello.",)
