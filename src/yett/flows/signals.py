"""What an attempt was seen to come with: kept on it as it was, whatever is claimed later."""

from typing import NamedTuple

import msgspec

from yett.domain.attempt import Attempt
from yett.flows.steps import Browser

LONGEST = 256


class Signals(NamedTuple):
    """The address, and what the browser calls itself."""

    ip: str = ""
    user_agent: str = ""


def seen(browser: Browser) -> bytes:
    """What `Attempt.signals` keeps of a browser; nothing in it may upset a column or a page."""
    named = browser.user_agent[:LONGEST]
    if not named.isprintable():
        named = "".join(letter for letter in named if letter.isprintable())
    return msgspec.json.encode(Signals(browser.ip, named))


def signals(attempt: Attempt) -> Signals:
    """The same, read again; an attempt without a browser has none."""
    return Signals() if attempt.signals == b"{}" else msgspec.json.decode(attempt.signals, type=Signals)
