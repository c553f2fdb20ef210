"""A small HTTP server for providers to speak to: it keeps what it was asked, and says what it was told to say."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from yett.adapters.deliver.known import make
from yett.adapters.deliver.outbound import LOOPBACK, Means, Outbound
from yett.ports import Letter, Provider, Receipt

NOW = 1_700_000_000
TEXT = Letter("sms", "+4915112345678", "123456: Ihr Code für Ümläute", id="m1", locale="de", code="123456")
CALL = Letter("voice", "+4915112345678", "Your code is 123456", id="m1", locale="en-GB", code="123456")
MAIL = Letter("email", "ada@example.test", "Code <1>\n", "Grüße & more", "<p>ä</p>", "m1", code="123456")


class Asked(NamedTuple):
    """One request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Says(NamedTuple):
    """What the server says; `raw`, where it is given, in place of all that."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = {}
    raw: bytes = b""

    def bytes(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in {**self.headers, "Content-Length": str(len(body))}.items())
        return self.raw or f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode() + body


@dataclass
class Server:
    """What it was asked, and by how many connections. It says the same until it is told otherwise; `mute`: it says nothing."""

    url: str = ""
    says: Says = field(default_factory=Says)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    mute: bool = False

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while line := await reader.readline():
                method, path, _ = line.decode().split(" ")
                headers = {}
                while (line := await reader.readline()) != b"\r\n":
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                self.asked.append(Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0")))))
                if not self.mute:
                    writer.write(self.says.bytes())
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(says: Says = Says(), tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Server]:  # noqa: B008 - a constant
    """A server on the loopback interface, for the block."""
    server = Server(says=says)
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=tls)
    server.url = f"http{'s' if tls else ''}://{host}:{listening.sockets[0].getsockname()[1]}"
    yield server
    listening.close()


class Here:
    """What a provider has at hand in a test, and the receipts that it told of."""

    def __init__(self, **outbound: Any) -> None:
        self.receipts: list[Receipt] = []
        self.outbound = Outbound(**{"allowed": LOOPBACK, **outbound})
        self.means = Means(self.outbound, lambda: NOW, "https://login.example.test/receipts/x", self.receipts.append)

    def make(self, channel: str, name: str, **said: str) -> Provider:
        return make(channel, name, said, {}, self.means)


@asynccontextmanager
async def here(**outbound: Any) -> AsyncIterator[Here]:
    """The same, closed after the block."""
    found = Here(**outbound)
    yield found
    await found.outbound.close()
