"""Redirect URIs: where a browser may be sent, and with what (RFC 9700, 2.1 and 4.1; RFC 8252, 7.3)."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from yett.domain.client import Client

# No space, control, quote, backslash, bracket trick or letter beyond ASCII: parsers differ on all of them.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_WEB = re.compile(r"https?://([^/?]+)([/?].*)?")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9\-._]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PRIVATE = re.compile(r"([a-z][a-z0-9+.\-]*):.+")
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[1-9][0-9]{0,4})?([/?].*)?")
# Schemes that a browser or a system acts on by itself: never an application's own.
_TAKEN = frozenset(
    {"about", "blob", "data", "file", "filesystem", "ftp", "intent", "javascript", "mailto", "sms", "tel", "vbscript", "view-source", "ws", "wss"}
)


class Way(NamedTuple):
    """Where an application is told the answer, and how (oauth.response); `framers` are the origins that may frame the page that tells it."""

    redirect_uri: str
    state: str = ""
    mode: str = "query"
    framers: tuple[str, ...] = ()


def well_formed(uri: str, *, native: bool) -> bool:
    """Whether this may be registered or sent at all: absolute, no fragment, no userinfo, nothing that parsers differ on.

    A scheme of its own is for native applications alone.
    """
    if not _PLAIN.fullmatch(uri):
        return False
    web = _WEB.fullmatch(uri)
    if web:
        return _AUTHORITY.fullmatch(web[1]) is not None
    private = _PRIVATE.fullmatch(uri)
    return native and private is not None and private[1] not in _TAKEN | {"http", "https"}


def matches(uri: str, registered: Iterable[str], *, native: bool) -> bool:
    """Whether `uri` is one of `registered`, character by character.

    A native application may choose its port on http://127.0.0.1 and http://[::1]; `localhost` may be anyone's name.
    """
    if not well_formed(uri, native=native):
        return False
    if native and (own := _portless(uri)):
        return any(own == _portless(one) for one in registered)
    return uri in registered


def allowed(uri: str, client: Client) -> bool:
    """Whether a code of this client may be sent to `uri`."""
    return matches(uri, client.callbacks, native=client.app_type == "native")


def leads_back(uri: str, client: Client) -> bool:
    """Whether a browser may be sent to `uri` once this client's user has logged out."""
    return matches(uri, client.allowed_logout_urls, native=client.app_type == "native")


def with_query(uri: str, parameters: Mapping[str, str]) -> str:
    """Append those parameters that have a value."""
    query = encoded(parameters)
    if not query:
        return uri
    joint = "?" if "?" not in uri else "" if uri[-1] in "?&" else "&"
    return f"{uri}{joint}{query}"


def encoded(parameters: Mapping[str, str]) -> str:
    """Those that have a value, as a URL has them."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items() if value)


def origin_of(url: str) -> str:
    """The origin of a URL as browsers write it; empty where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _portless(uri: str) -> str:
    """A loopback URI without its port; empty for any other."""
    found = _LOOPBACK.fullmatch(uri)
    return f"{found[1]}{found[2] or ''}" if found else ""
