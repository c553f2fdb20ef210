"""How settings are read: each reader gives the value as its provider wants it, and raises ValueError for what cannot be."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

LAST_PORT, LONGEST = 65535, 512
ADDRESS = r"[^@\s<>,;:]+@[^@\s<>,;:]+"


def line(text: str) -> str:
    """One line: it may stand in a header."""
    if not text.isprintable() or len(text) > LONGEST:
        raise ValueError
    return text


def matching(pattern: str) -> Callable[[str], str]:
    """What matches as a whole, and nothing else: it may become part of a URL."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError
        return text

    return read


host = matching(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
region = matching(r"[a-z]{2}(-[a-z]+){1,3}-[0-9]")
sender = matching(r"\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}")
name = matching(r"[\w.+@-]{1,64}")
number = matching(r"\+[1-9][0-9]{6,14}")


def port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        raise ValueError
    return int(text)


def switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError
    return text == "on"


def endpoint(text: str) -> str:
    """`https://host[:port]`, without anything after it; whether http will do is the business of whoever calls."""
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError
    return f"{parts.scheme}://{parts.netloc}"


def url(text: str) -> str:
    """A whole one."""
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None or not text.isascii() or not text.isprintable():
        raise ValueError
    return text


def mailbox(text: str) -> str:
    """`a@example.com`, or `Name <a@example.com>`."""
    if not re.fullmatch(rf'{ADDRESS}|[^@<>,;:"\\]* <{ADDRESS}>', line(text)):
        raise ValueError
    return text
