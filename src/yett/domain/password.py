"""Passwords: which may be chosen (NIST SP 800-63B-4, 3.1.1.2): length and a blocklist, no rules of composition."""

import unicodedata
from collections.abc import Callable, Iterable

LONGEST = 256

Blocklist = Callable[[str], bool]


def fault(password: str, shortest: int, common: Blocklist, about: Iterable[str] = ()) -> str:
    """Why this password may not be chosen: too_short, too_long, unreadable, too_common or about_you; empty: it may.

    Length is counted in code points, as they are compared (NFC). `about` are words that anybody would try for this
    person: address, username, the service's name.
    """
    plain = unicodedata.normalize("NFC", password)
    if len(plain) < shortest:
        return "too_short"
    if len(plain) > LONGEST:
        return "too_long"
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in plain):
        return "unreadable"
    folded = plain.casefold()
    if common(folded) or len(set(folded)) == 1:
        return "too_common"
    return "about_you" if _bare(folded) in {word for one in about for word in _words(one)} else ""


def _words(one: str) -> set[str]:
    """The word itself, and what of an address stands before its at sign."""
    folded = one.casefold()
    return {_bare(part) for part in (folded, folded.partition("@")[0]) if part} - {""}


def _bare(text: str) -> str:
    """Without what people add to a word to make it a password."""
    return text.strip("0123456789!?.,;:-_+*#$%&()= ")
