"""The thin layer under the hot routes: a request, a response, and nothing that decides."""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

BODY_LIMIT = 64 * 1024
MOST_FIELDS = 200
FORM = "application/x-www-form-urlencoded"


class Malformed(Exception):
    """A request that cannot be read; `status` says how."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Response(NamedTuple):
    """What is sent. `headers` are added to those that every answer carries."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class Request:
    """One request, read once. What it says of itself (Host, forwarded headers) is believed from trusted proxies only."""

    def __init__(self, scope: Scope, body: bytes = b"", trusted: Sequence[Network] = ()) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.body = body
        self._trusted = trusted

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The last value of each header, by lower-case name."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]}

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the URL, in order, none dropped."""
        return _pairs(self.scope["query_string"])

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """Cookies by name; a header that cannot be read is as none."""
        jar: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, found, value = part.strip().partition("=")
            if found:
                # The first wins: a cookie that a sibling host set comes later for the same path.
                jar.setdefault(name, value)
        return jar

    @cached_property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The fields of a form body, in order. Raises Malformed for any other kind of body."""
        if self.content_type != FORM:
            raise Malformed(415, f"send {FORM}")
        return _pairs(self.body)

    def json(self) -> object:
        """The decoded JSON body. Raises Malformed, also where a name is said twice: parsers differ on which one counts."""
        try:
            decoded: object = json.loads(self.body.decode(), object_pairs_hook=_once)
        except (ValueError, RecursionError):
            raise Malformed(400, "malformed JSON") from None
        return decoded

    @cached_property
    def ip(self) -> str:
        """The address of the client: the nearest hop that is not one of our own proxies."""
        peer = self.scope["client"][0] if self.scope.get("client") else ""
        hops = [hop.strip() for hop in self.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        while hops and self._is_proxy(peer):
            peer = hops.pop()
        return peer

    @property
    def here(self) -> bool:
        """Whether it comes from this machine, as far as we see."""
        try:
            return ipaddress.ip_address(self.scope["client"][0]).is_loopback if self.scope.get("client") else False
        except ValueError:
            return False

    @property
    def from_proxy(self) -> bool:
        """Whether a proxy of our own hands it over."""
        return bool(self.scope.get("client")) and self._is_proxy(self.scope["client"][0])

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    if b"%00" in raw or b"\0" in raw:
        # A character that no field may have, and that PostgreSQL has no room for.
        raise Malformed(400, "malformed parameters")
    try:
        parts = raw.decode("ascii").split("&")
        if len(parts) > MOST_FIELDS:
            raise Malformed(400, "malformed parameters")
        named = (part.partition("=") for part in parts if part)
        return [(_plain(name), _plain(value)) for name, _, value in named]
    except ValueError:
        raise Malformed(400, "malformed parameters") from None


def _plain(text: str) -> str:
    """As application/x-www-form-urlencoded means it. Raises ValueError for what is no UTF-8."""
    if "+" in text:
        text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name was said twice")
    return members


async def read_body(receive: Receive, limit: int = BODY_LIMIT) -> bytes:
    """The whole body, up to `limit` bytes. Raises Malformed when there is more."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed(400, "client went away")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise Malformed(413, "the body is too large")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def respond(send: Send, response: Response, always: Sequence[tuple[bytes, bytes]]) -> None:
    """Send a response with the headers that all of them carry, but for those that it has without a value."""
    headers = [(b"content-type", response.content_type.encode()), (b"content-length", str(len(response.body)).encode())]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in response.headers]
    named = {name for name, _ in headers}
    carried = [(name, value) for name, value in always if name not in named]
    headers = [one for one in headers if one[1] or one[0].startswith(b"x-yett")]
    await send({"type": "http.response.start", "status": response.status, "headers": headers + carried})
    await send({"type": "http.response.body", "body": response.body})


def json_response(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """A JSON answer."""
    return Response(status, msgspec.json.encode(value), "application/json", headers)


def see_other(url: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """303, never 307: a posted password must not travel on (RFC 9700, 4.12)."""
    return Response(303, b"", "text/html; charset=utf-8", (("location", url), *headers))
