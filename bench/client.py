"""A light HTTP/1.1 client: requests are bytes, connections are kept, nothing is parsed that nobody reads."""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast
from urllib.parse import urlencode

T = TypeVar("T")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_FORM = "application/x-www-form-urlencoded"


class Unexpected(Exception):
    """An answer that is not the one that the flow has: figures of it would mean nothing."""


class Reply(NamedTuple):
    """One answer. `head` is as it came."""

    status: int
    head: bytes
    body: bytes

    def location(self) -> str:
        """Where a redirect leads."""
        return _field(self.head, b"location")

    def cookie(self, name: str) -> str:
        """The value of a cookie that was set."""
        found = re.search(rb"\r\nset-cookie: *" + name.encode() + rb"=([^;\r]*)", self.head, re.IGNORECASE)
        if found is None:
            raise Unexpected(f"no cookie {name} in {self.head!r}")
        return found[1].decode()

    def expect(self, status: int) -> "Reply":
        """The reply, if it has this status."""
        if self.status != status:
            raise Unexpected(f"{self.status} instead of {status}: {self.head.decode('latin-1')}\n{self.body[:600].decode(errors='replace')}")
        return self


def _field(head: bytes, name: bytes) -> str:
    found = re.search(rb"\r\n" + name + rb": *([^\r]*)", head, re.IGNORECASE)
    if found is None:
        raise Unexpected(f"no {name.decode()} in {head!r}")
    return found[1].decode()


class Connection(asyncio.Protocol):
    """One connection: `await connection(request)` writes the bytes and returns the reply."""

    def __init__(self) -> None:
        self._received = b""
        self._waits: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Of asyncio."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Of asyncio: a reply is complete when its content-length is."""
        received = self._received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(received, 0, end + 2)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(received) < whole or self._waits is None:
            return
        self._received = received[whole:]
        waits, self._waits = self._waits, None
        waits.set_result(Reply(int(received[9:12]), received[:end], received[end + 4 : whole]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Of asyncio."""
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(exc or ConnectionError("closed before the answer"))

    def __call__(self, request: bytes) -> "asyncio.Future[Reply]":
        """Write a request."""
        assert self._transport is not None
        self._waits = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waits

    def close(self) -> None:
        """Let go."""
        if self._transport is not None:
            self._transport.close()


async def connect(port: int) -> Connection:
    """A connection to a server of this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


async def drive(connections: Sequence[Connection], jobs: Sequence[T], act: Callable[[Connection, T], Awaitable[object]]) -> None:
    """Work off the jobs, as many at once as there are connections."""
    waiting = deque(jobs)

    async def one(connection: Connection) -> None:
        while waiting:
            await act(connection, waiting.popleft())

    await asyncio.gather(*(one(connection) for connection in connections))


class Site:
    """Writes requests as a browser, or an application, would send them to this issuer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"localhost:{port}"
        self.issuer = f"http://{self.host}/"

    def get(self, path: str, cookies: Mapping[str, str] | None = None, more: Mapping[str, str] | None = None) -> bytes:
        """A page that a browser asks for; a whole URL of ours is taken too. `more` are headers besides."""
        besides = "".join(f"{name}: {value}\r\n" for name, value in (more or {}).items())
        return f"GET {self._path(path)} HTTP/1.1\r\n{self._head(cookies)}{besides}\r\n".encode()

    def post(self, path: str, fields: Mapping[str, str], cookies: Mapping[str, str] | None = None) -> bytes:
        """A form."""
        body = urlencode(fields)
        head = f"{self._head(cookies)}content-type: {_FORM}\r\ncontent-length: {len(body)}\r\n"
        return f"POST {self._path(path)} HTTP/1.1\r\n{head}\r\n{body}".encode()

    def _path(self, url: str) -> str:
        return "/" + url.removeprefix(self.issuer).removeprefix("/")

    def _head(self, cookies: Mapping[str, str] | None) -> str:
        jar = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        head = f"host: {self.host}\r\nuser-agent: {BROWSER}\r\naccept: */*\r\naccept-language: en\r\n"
        return f"{head}cookie: {jar}\r\n" if jar else head
