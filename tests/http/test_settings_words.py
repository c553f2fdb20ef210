"""What Security settings say: every event has words, and a browser is called what people call it."""

import pytest

from yett.flows.activity import ALARMING, HAPPENED
from yett.http import settings_words
from yett.http.account import ACTS, NEXT, NOTES
from yett.http.agents import agent
from yett.http.settings_words import ASKING, DONE

OF_FACTORS = {"method_accepted", "method_refused", "method_added", "too_many_tries"}


def test_everything_that_is_told_has_words_and_no_word_is_left_over() -> None:
    told = {*HAPPENED.values(), *OF_FACTORS}
    assert told == set(settings_words.HAPPENED)
    assert told >= ALARMING


def test_every_act_asks_first_and_says_afterwards_that_it_is_done() -> None:
    pages_of_their_own = {"rename", "password"}
    assert {*ACTS.values()} - pages_of_their_own <= {name for name, one in ASKING.items() if one.button}
    assert set(ACTS.values()) - {*NEXT, "codes", "password"} == set(DONE)
    assert not [name for name in NOTES.values() if ASKING[name].button]


@pytest.mark.parametrize(
    "says, browser, system",
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", "Chrome", "Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0", "Edge", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari", "macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile Safari/604.1", "Chrome", "iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36", "Samsung Internet", "Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox", "Linux"),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
        ("<script>alert(1)</script>", "", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_by_its_own_name(says: str, browser: str, system: str) -> None:
    assert agent(says) == (browser, system)
