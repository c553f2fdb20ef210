"""An SMSC for tests, which says what it is told to: real ones say what the standard does not."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

BIND, SUBMIT, DELIVER, UNBIND, ENQUIRE, ANSWER = 0x9, 0x4, 0x5, 0x6, 0x15, 0x80000000


class Submitted(NamedTuple):
    """What stands in a submit_sm."""

    source: tuple[int, int, str]
    to: tuple[int, int, str]
    kind: int
    validity: str
    registered: int
    coding: int
    body: bytes


@dataclass
class Smsc:
    """What arrived; `statuses` are the command_status of the next answers to submit_sm (then: yes), `bind` of every bind."""

    port: int = 0
    bind: int = 0
    statuses: list[int] = field(default_factory=list)
    binds: list[list[str]] = field(default_factory=list)
    submitted: list[Submitted] = field(default_factory=list)
    commands: list[int] = field(default_factory=list)
    answers: list[tuple[int, int]] = field(default_factory=list)
    """Command and status of what was answered to us."""
    mute: bool = False
    sessions: list[asyncio.StreamWriter] = field(default_factory=list)
    bound: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions.append(writer)
        try:
            while True:
                length, command, status, number = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                async with self.heard:
                    self.answer(writer, command, status, number, body)
                    self.heard.notify_all()
        except (EOFError, OSError):
            pass
        finally:
            writer.close()

    def answer(self, writer: asyncio.StreamWriter, command: int, status: int, number: int, body: bytes) -> None:
        self.commands.append(command)
        if command & ANSWER:
            self.answers.append((command, status))
        elif command == BIND:
            self.binds.append([text.decode() for text in body.split(b"\0")[:3]])
            # A refusal has no body (4.1.6 leaves it open, and most leave it out).
            self.write(writer, BIND | ANSWER, self.bind, number, b"" if self.bind else b"smsc\0")
            self.bound.set()
        elif command == SUBMIT:
            self.submitted.append(submitted(body))
            said = self.statuses.pop(0) if self.statuses else 0
            if not self.mute:
                self.write(writer, SUBMIT | ANSWER, said, number, b"" if said else f"id-{len(self.submitted)}\0".encode())
        elif not self.mute:
            self.write(writer, command | ANSWER, 0, number, b"")

    def write(self, writer: asyncio.StreamWriter, command: int, status: int, number: int, body: bytes) -> None:
        writer.write(struct.pack(">IIII", 16 + len(body), command, status, number) + body)

    async def deliver(self, body: bytes) -> tuple[int, int]:
        """Bring something over the newest session; what is answered."""
        many = len(self.answers)
        self.write(self.sessions[-1], DELIVER, 0, 77, body)
        async with self.heard, asyncio.timeout(5):
            await self.heard.wait_for(lambda: len(self.answers) > many)
        return self.answers[-1]

    async def when(self, command: int, many: int = 1) -> None:
        """Wait until this was heard that often."""
        async with self.heard, asyncio.timeout(5):
            await self.heard.wait_for(lambda: self.commands.count(command) >= many)


def submitted(body: bytes) -> Submitted:
    at = body.index(b"\0") + 1
    addresses = []
    for _ in range(2):
        end = body.index(b"\0", at + 2)
        addresses.append((body[at], body[at + 1], body[at + 2 : end].decode()))
        at = end + 1
    kind, at = body[at], at + 3
    at = body.index(b"\0", at) + 1
    end = body.index(b"\0", at)
    validity, at = body[at:end].decode(), end + 1
    registered, coding, size = body[at], body[at + 2], body[at + 4]
    return Submitted(addresses[0], addresses[1], kind, validity, registered, coding, body[at + 5 : at + 5 + size])


def delivery(text: str, kind: int = 0x04, extra: bytes = b"") -> bytes:
    """The body of a deliver_sm."""
    said = text.encode("latin-1")
    return b"\0\x01\x014915112345678\0\x05\x00Yett\0" + bytes((kind, 0, 0)) + b"\0\0" + bytes((0, 0, 0, 0, len(said))) + said + extra


@asynccontextmanager
async def listening(smsc: Smsc, tls: ssl.SSLContext | None = None) -> AsyncIterator[Smsc]:
    """That SMSC, for the block; entered again, it is one that was restarted."""
    server = await asyncio.start_server(smsc.session, "127.0.0.1", smsc.port, ssl=tls)
    smsc.port = server.sockets[0].getsockname()[1]
    smsc.bound.clear()
    try:
        yield smsc
    finally:
        server.close()
        for one in smsc.sessions:
            one.close()
        await server.wait_closed()
