"""The countries of the page that asks for a number. Run it to bring their names (CLDR) up to date."""

import json

import phonenumbers
import pytest
from babel import Locale

from yett.http.countries import FILE, countries, home
from yett.http.speech import LANGUAGES


def known() -> dict[str, dict[str, object]]:
    """Every country that has telephone numbers, as Unicode's CLDR names it."""
    names = {language: Locale(language).territories for language in LANGUAGES}
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    return {one: {"dials": phonenumbers.country_code_for_region(one), **{language: names[language][one] for language in LANGUAGES}} for one in regions}


def test_every_country_has_its_name_in_every_language_and_the_code_that_is_dialled() -> None:
    assert json.loads(FILE.read_text("utf-8")) == known()


def test_countries_stand_where_a_reader_looks_for_them() -> None:
    names = [one.name for one in countries("de", ("*",))]
    assert names.index("Ägypten") < names.index("Albanien") < names.index("Österreich") < names.index("Zypern")
    assert len(names) == len(known())


def test_only_those_that_are_served_can_be_chosen() -> None:
    assert [(one.code, one.dials) for one in countries("de", ("DE", "AT", "XX"))] == [("DE", 49), ("AT", 43)]
    assert countries("en", ()) == ()


@pytest.mark.parametrize(
    "languages, language, code",
    [("de-AT,de;q=0.9", "de", "AT"), ("de", "de", "DE"), ("", "en", "US"), ("fr-FR, en-GB;q=0.5", "en", "GB"), ("zh_Hant_TW", "xx", ""), ("en-US", "en", "US")],
)
def test_whoever_comes_is_first_offered_their_own_country(languages: str, language: str, code: str) -> None:
    assert home(languages, language, countries("en", ("DE", "AT", "US", "GB"))) == code


if __name__ == "__main__":
    lines = (f"{json.dumps(code)}: {json.dumps(names, ensure_ascii=False)}" for code, names in known().items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
