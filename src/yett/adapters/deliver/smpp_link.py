"""One bound SMPP 3.4 session: requests and their answers, keep-alive, and the receipts that come in between.

What cannot be read in a receipt costs that receipt and never the session: an SMSC would send it again, for ever.
"""

import asyncio
import re
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from yett.ports import Receipt

SUBMIT, DELIVER, UNBIND, BIND, ENQUIRE, ANSWER, NACK = 0x4, 0x5, 0x6, 0x9, 0x15, 0x80000000, 0x80000000
OK, UNKNOWN_COMMAND, TRY_AGAIN = 0x0, 0x3, 0x64
LONGEST, ALIVE, PATIENCE = 70_000, 30.0, 10.0
RECEIPT_BITS, RECEIPT = 0x3C, 0x04
RECEIPTED_ID, STATE, PAYLOAD = 0x001E, 0x0427, 0x0424
# 5.2.28; what is not here is on its way.
STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
OUTCOMES: dict[str, Literal["delivered", "failed"]] = {"DELIVRD": "delivered", **dict.fromkeys(("EXPIRED", "DELETED", "UNDELIV", "REJECTD"), "failed")}


class Refused(Exception):
    """The other side said no; `status` is its command_status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:#x}")
        self.status = status


@dataclass(eq=False)
class Link:
    """A session over a connection that is open; `over` is done when it has ended."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    on_receipt: Callable[[Receipt], None]
    alive: float = ALIVE
    patience: float = PATIENCE
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: dict[int, asyncio.Future[bytes]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Listen, and keep alive, until it ends."""
        self._tasks = [asyncio.create_task(self._until_over(self._listen())), asyncio.create_task(self._until_over(self._keep()))]

    async def ask(self, command: int, body: bytes) -> bytes:
        """The body of the answer. Raises Refused, and OSError or TimeoutError where there is none."""
        number = next(self._numbers) & 0x7FFFFFFF
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if self.over.is_set():
            raise ConnectionResetError
        self._waiting[number] = answer
        try:
            self._write(command, OK, number, body)
            async with asyncio.timeout(self.patience):
                return await answer
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """Take leave, if the other side listens."""
        with suppress(Refused, OSError, TimeoutError):
            await self.ask(UNBIND, b"")
        self.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.alive)
            # Whoever answers, though with a refusal, is there.
            with suppress(Refused):
                await self.ask(ENQUIRE, b"")

    async def _listen(self) -> None:
        while True:
            length, command, status, number = struct.unpack(">IIII", await self.reader.readexactly(16))
            if not 16 <= length <= LONGEST:  # noqa: PLR2004 - the size of the header
                return
            body = await self.reader.readexactly(length - 16)
            if command & ANSWER:
                self._answered(number, status, body)
            else:
                self._write(*self._reply(command, body), number, b"\0" if command == DELIVER else b"")
            if command == UNBIND:
                return

    def _answered(self, number: int, status: int, body: bytes) -> None:
        waiting = self._waiting.get(number)
        if waiting and not waiting.done():
            if status:
                waiting.set_exception(Refused(status))
            else:
                waiting.set_result(body)

    def _reply(self, command: int, body: bytes) -> tuple[int, int]:
        """Command and status of our answer."""
        if command not in {DELIVER, ENQUIRE, UNBIND}:
            return NACK, UNKNOWN_COMMAND
        status = OK
        if command == DELIVER and (receipt := receipt_in(body)):
            try:
                self.on_receipt(receipt)
            except Exception:  # noqa: BLE001 - whatever it is: the receipt is not lost, the SMSC is told to bring it again
                status = TRY_AGAIN
        return command | ANSWER, status

    def _write(self, command: int, status: int, number: int, body: bytes) -> None:
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, status, number) + body)

    async def _until_over(self, work: Coroutine[object, object, None]) -> None:
        with suppress(OSError, EOFError, TimeoutError):
            await work
        self.end()

    def end(self) -> None:
        """Leave without a word."""
        self.over.set()
        self.writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()


def receipt_in(body: bytes) -> Receipt | None:
    """What a deliver_sm tells of a message that was sent (SMPP 3.4, 4.6.1 and appendix B); None where it tells nothing final."""
    try:
        kind, text, extra = _delivered(body)
    except (ValueError, IndexError, struct.error):
        return None
    # The message's own words come last, and say what they like.
    told = re.split(r"\btext:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    said = {name.lower(): value for name, value in re.findall(r"\b(id|stat|err):(\S+)", told, re.IGNORECASE)}
    reference = extra.get(RECEIPTED_ID, b"").rstrip(b"\0").decode("latin-1") or said.get("id", "")
    state = said.get("stat", "").upper() or STATES.get(int.from_bytes(extra.get(STATE, b"")), "")
    outcome = OUTCOMES.get(state)
    if kind & RECEIPT_BITS != RECEIPT or not reference or not outcome:
        return None
    fault = said.get("err", "").strip("0")
    return Receipt(reference, outcome, "" if outcome == "delivered" else f"{state} {fault}".strip())


def _delivered(body: bytes) -> tuple[int, str, dict[int, bytes]]:
    """esm_class, text and what follows it, of a deliver_sm."""
    at = body.index(b"\0") + 1
    for _ in ("source", "destination"):
        at = body.index(b"\0", at + 2) + 1
    kind, at = body[at], at + 3
    for _ in ("scheduled", "valid until"):
        at = body.index(b"\0", at) + 1
    size, at = body[at + 4], at + 5
    text, at = body[at : at + size], at + size
    extra: dict[int, bytes] = {}
    while at + 4 <= len(body):
        tag, length = struct.unpack_from(">HH", body, at)
        extra[tag], at = body[at + 4 : at + 4 + length], at + 4 + length
    return kind, (text or extra.get(PAYLOAD, b"")).decode("latin-1"), extra
