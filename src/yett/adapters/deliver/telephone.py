"""What all who carry to a telephone need: a number that is one, and the words with which a code is spoken."""

import re
from collections.abc import Sequence

from yett.adapters.deliver.words import APPROVES, SPOKEN
from yett.ports import Letter, Undelivered


def number(letter: Letter) -> str:
    """The number (E.164). Raises Undelivered, permanent, for what is none: it goes into URLs and addresses."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", letter.to):
        raise Undelivered("not a telephone number", permanent=True)
    return letter.to


def digits(number: str) -> str:
    """The number as those want it who know no plus."""
    return number.removeprefix("+")


def language(letter: Letter) -> str:
    """The tag of the language in which it is spoken (BCP 47)."""
    return _spoken(letter)[0]


def sentences(letter: Letter) -> Sequence[str]:
    """What is said, a pause after each: what is approved, before the code can be heard (RTS 2018/389, 5); the code twice, digit by digit; a notice as it is."""
    if not letter.code:
        return (letter.text.strip(),)
    _, once, again = _spoken(letter)
    code = ", ".join(letter.code)
    approves = (APPROVES[_language(letter)], letter.approves) if letter.approves else ()
    return (*approves, once, f"{code}.", again, f"{code}.")


def _spoken(letter: Letter) -> tuple[str, str, str]:
    return SPOKEN[_language(letter)]


def _language(letter: Letter) -> str:
    known = letter.locale.partition("-")[0].lower()
    return known if known in SPOKEN else "en"
