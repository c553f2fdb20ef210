"""The language of a page: what the application asks for, what the browser accepts, what the tenant has (RFC 4647, 3.4)."""

import re
from collections.abc import Iterable, Sequence

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_RANGE = re.compile(r"\s*([A-Za-z0-9*-]+)\s*(?:;\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")
_LONGEST = 1000


def tags(text: str) -> tuple[str, ...]:
    """The language tags of a `ui_locales`, at most ten; what is none is left out."""
    return tuple(tag for tag in text.split() if _TAG.fullmatch(tag))[:10]


def choose_locale(wanted: Sequence[str], accepted: str, available: Sequence[str]) -> str:
    """The first of `wanted`, then of an Accept-Language header, that is available; else the tenant's first."""
    own = {tag.lower(): tag for tag in available}
    for tag in (*wanted, *_ranges(accepted)):
        for prefix in _prefixes(tag.lower()):
            if prefix in own:
                return own[prefix]
    return available[0] if available else "en"


def _prefixes(tag: str) -> Iterable[str]:
    parts = tag.split("-")
    return ("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def _ranges(header: str) -> list[str]:
    """The ranges of an Accept-Language header, the dearest first; what is malformed or refused is left out."""
    found = [_RANGE.fullmatch(part) for part in header[:_LONGEST].split(",")]
    weighed = [(float(one[2] or 1), one[1]) for one in found if one]
    return [tag for quality, tag in sorted(weighed, key=lambda pair: -pair[0]) if quality > 0]
