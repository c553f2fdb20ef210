"""SMPP 3.4: a transceiver that binds when there is something to send, stays bound for the receipts, and comes back when the SMSC does."""

import asyncio
import secrets
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.smpp_link import BIND, SUBMIT, Link, Refused
from yett.adapters.deliver.sms_text import Part, parts
from yett.adapters.deliver.telephone import digits, number
from yett.ports import Letter, Sent, Undelivered

VERSION, UDH, WANTS_RECEIPT = 0x34, 0x40, 1
# Statuses (5.1.3) that are about the number or the text: length, destination, its type and plan, "permanent" by the receiver.
PERMANENT = frozenset({0x01, 0x0B, 0x50, 0x51, 0x65})
# A code that comes later than this is good for nothing, so the SMSC need not try (7.1.1, relative).
CODE_LIVES = b"000000000500000R"
CONNECTS, WAITS = 8.0, (1.0, 2.0, 5.0, 15.0, 30.0)


@dataclass(eq=False)
class Smpp:
    """One SMSC. `tls` is for those that speak it; the bind's password is at most 8 letters long, as the standard has it."""

    name: ClassVar[str] = "smpp"
    means: Means
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    default_from: str
    system_type: str = ""
    tls: bool = False
    ca: str | None = None
    waits: tuple[float, ...] = WAITS
    alive: float = 30.0
    _link: Link | None = field(default=None, repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _back: asyncio.Task[None] | None = field(default=None, repr=False)

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the reference is the id of the last part, which has a receipt. Raises Undelivered."""
        to, sender = number(letter), letter.sender or self.default_from
        try:
            messages = parts(letter.text, secrets.randbelow(256))
        except ValueError:
            raise Undelivered(f"{self.name}: too long a text", permanent=True) from None
        link, answer = await self._bound(), b""
        try:
            for part in messages:
                answer = await link.ask(SUBMIT, self._submit(to, part, sender, code=bool(letter.code), last=part is messages[-1]))
        except Refused as refused:
            raise Undelivered(f"{self.name}: refused ({refused})", permanent=refused.status in PERMANENT) from None
        except (OSError, TimeoutError) as fault:
            raise Undelivered(f"{self.name}: {type(fault).__name__}") from None
        return Sent(answer.rstrip(b"\0").decode("latin-1"))

    async def close(self) -> None:
        """Unbind, and do not come back."""
        if self._back:
            self._back.cancel()
        if self._link:
            await self._link.close()

    async def _bound(self) -> Link:
        """The session that is open, or a new one. Raises Undelivered."""
        async with self._lock:
            if self._link is None or self._link.over.is_set():
                try:
                    self._link = await self._bind()
                except Refused as refused:
                    raise Undelivered(f"{self.name}: bind refused ({refused})") from None
                except (OSError, TimeoutError) as fault:
                    raise Undelivered(f"{self.name}: {fault if isinstance(fault, PermissionError) else type(fault).__name__}") from None
                if self._back is None or self._back.done():
                    self._back = asyncio.create_task(self._stay(), name="smpp")
            return self._link

    async def _bind(self) -> Link:
        async with asyncio.timeout(CONNECTS):
            trust = ssl.create_default_context(cafile=self.ca) if self.tls else None
            line = await self.means.outbound.connected(self.host, self.port)
            reader, writer = await asyncio.open_connection(sock=line, ssl=trust, server_hostname=self.host if trust else None)
            link = Link(reader, writer, self.means.on_receipt, self.alive)
            link.start()
            try:
                said = b"".join(text.encode() + b"\0" for text in (self.system_id, self.password, self.system_type))
                await link.ask(BIND, said + bytes((VERSION, 0, 0)) + b"\0")
            except BaseException:
                link.end()
                raise
            return link

    async def _stay(self) -> None:
        """Bind again whenever the session has ended: receipts come to whoever is bound."""
        while self._link:
            await self._link.over.wait()
            for wait in [*self.waits, *[self.waits[-1]] * 1000]:
                await asyncio.sleep(wait)
                with suppress(Undelivered):
                    await self._bound()
                    break

    def _submit(self, to: str, part: Part, sender: str, *, code: bool, last: bool) -> bytes:
        """The body of submit_sm (4.4.1)."""
        kind = b"\x01\x01" if sender.startswith("+") else b"\x03\x00" if sender.isdecimal() else b"\x05\x00"
        source = kind + digits(sender).encode() + b"\0"
        destination = b"\x01\x01" + digits(to).encode() + b"\0"
        times = b"\0" + (CODE_LIVES if code else b"") + b"\0"
        head = struct.pack("BBB", UDH if part.header else 0, 0, 0)
        tail = struct.pack("BBBBB", WANTS_RECEIPT if last else 0, 0, part.coding, 0, len(part.body))
        return b"\0" + source + destination + head + times + tail + part.body
