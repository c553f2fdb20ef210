import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.oauth.lang import choose_locale, tags

OWN = ("en", "de", "pt-BR")


@pytest.mark.parametrize(
    "wanted, accepted, chosen",
    [
        ((), "", "en"),
        (("de",), "en", "de"),
        (("de-AT", "en"), "", "de"),
        (("DE",), "", "de"),
        (("fr", "pt-br"), "de", "pt-BR"),
        (("fr",), "de", "de"),
        ((), "fr, de;q=0.5, en;q=0.4", "de"),
        ((), "en;q=0.4,de;q=0.5", "de"),
        ((), "de;q=0, en", "en"),
        ((), "de;q=2, pt-BR", "pt-BR"),
        ((), "*", "en"),
        ((), ";;q,,=", "en"),
        ((), "fr-CH, fr;q=0.9, de-CH ; q=0.8", "de"),
    ],
)
def test_the_application_is_heard_first_then_the_browser_then_the_tenant(wanted: tuple[str, ...], accepted: str, chosen: str) -> None:
    assert choose_locale(wanted, accepted, OWN) == chosen


def test_a_tenant_without_languages_speaks_english() -> None:
    assert choose_locale(("de",), "de", ()) == "en"


def test_what_is_no_tag_is_left_out_and_there_are_ten_at_most() -> None:
    assert tags("de-AT ../../etc/passwd en {{x}} x") == ("de-AT", "en")
    assert len(tags("en " * 20)) == 10


@given(st.lists(st.text(max_size=12), max_size=4), st.text())
def test_whatever_is_sent_a_language_of_ours_is_chosen(wanted: list[str], accepted: str) -> None:
    assert choose_locale(wanted, accepted, OWN) in OWN
