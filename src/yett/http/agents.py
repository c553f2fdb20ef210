"""Browsers by the names that people know: what a user agent says of itself, and no more than that."""

from typing import NamedTuple

# The first that is found: nearly all of them claim to be Safari, and many to be Chrome.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


class Agent(NamedTuple):
    """A browser and what it runs on; "" for what cannot be told."""

    browser: str
    system: str


def agent(name: str) -> Agent:
    """What a person would call it. The words are ours, so nothing that was sent reaches a page."""
    return Agent(_first(BROWSERS, name), _first(SYSTEMS, name))


def _first(known: tuple[tuple[str, str], ...], name: str) -> str:
    return next((called for sign, called in known if sign in name), "")
