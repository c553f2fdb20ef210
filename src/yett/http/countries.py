"""Countries as people call them, and what is dialled to get there."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "locale" / "countries.json"


class Country(NamedTuple):
    """`code` is ISO 3166, `dials` the digits after the plus."""

    code: str
    name: str
    dials: int


def countries(language: str, codes: Sequence[str]) -> tuple[Country, ...]:
    """Those of `codes` (("*",): all) by their name; of what there is no number, there is none here."""
    everything = _everything(language)
    return everything if "*" in codes else tuple(one for one in everything if one.code in codes)


def home(languages: str, language: str, offered: Sequence[Country]) -> str:
    """The country that a browser's languages (Accept-Language) speak of, else the one where most speak `language`."""
    tags = (tag.partition(";")[0].strip().replace("_", "-") for tag in languages.split(","))
    said = [tag.rpartition("-")[2].upper() for tag in tags if "-" in tag]
    known = {one.code for one in offered}
    return next((one for one in (*said, {"en": "US", "de": "DE"}.get(language, "")) if one in known), "")


@cache
def _everything(language: str) -> tuple[Country, ...]:
    said = json.loads(FILE.read_text("utf-8"))
    named = (Country(code, names[language], names["dials"]) for code, names in said.items())
    return tuple(sorted(named, key=lambda one: _plain(one.name)))


def _plain(name: str) -> str:
    """Sorted as a reader looks for it: Ägypten stands under A."""
    import unicodedata

    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter)).casefold()
