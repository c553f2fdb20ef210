"""SIP: a telephone of our own calls through the operator's trunk and speaks the code, from recordings, so that nothing but the trunk is needed.

It is sent when it rings; whether it was heard is told by a receipt.
"""

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.rtp import Voice, speech
from yett.adapters.deliver.sip_call import Call, Line, SipRefused
from yett.adapters.deliver.sip_message import answered, offer
from yett.adapters.deliver.telephone import number
from yett.ports import Letter, Receipt, Sent, Undelivered

# No such number, moved away, incomplete, ambiguous, nowhere, unwanted; every other refusal is about us, or the moment.
PERMANENT = frozenset({404, 410, 484, 485, 604, 607})
RINGS, PACE = 30.0, 0.02


@dataclass(eq=False)
class Sip:
    """One trunk, over UDP. Without a `username` the trunk knows us by our address."""

    name: ClassVar[str] = "sip"
    means: Means
    host: str
    default_from: str
    port: int = 5060
    domain: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    rings: float = RINGS
    pace: float = PACE
    t1: float = 0.5
    _calls: dict[asyncio.Task[None], tuple[Call, Voice]] = field(default_factory=dict, repr=False)

    async def send(self, letter: Letter) -> Sent:
        """Let it ring; the reference is the Call-ID. Raises Undelivered."""
        try:
            audio, once = speech(letter)
        except ValueError:
            raise Undelivered(f"{self.name}: only digits are spoken", permanent=True) from None
        call, voice = await self._open(number(letter), letter.sender or self.default_from)
        try:
            call.begin(offer(call.host, voice.port))
            await call.reach(ringing=True)
        except SipRefused as refused:
            self._close(call, voice)
            raise Undelivered(f"{self.name}: {refused}", permanent=refused.status in PERMANENT) from None
        except TimeoutError:
            self._close(call, voice)
            raise Undelivered(f"{self.name}: no answer in time") from None
        except asyncio.CancelledError:
            # Another provider will call: this one must not ring as well.
            self._later(call, voice, self._leave(call))
            raise
        self._later(call, voice, self._converse(call, voice, audio, once))
        return Sent(call.id)

    async def close(self) -> None:
        """Hang up, whatever is going on."""
        going_on = dict(self._calls)
        for one in going_on:
            one.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)
        await asyncio.gather(*(self._leave(call) for call, _ in going_on.values()))
        for call, voice in going_on.values():
            self._close(call, voice)

    async def _open(self, to: str, caller: str) -> tuple[Call, Voice]:
        """Two sockets, for what is said of the call and for what is said in it. Raises Undelivered."""
        loop = asyncio.get_running_loop()
        line = Line(self.domain or self.host, caller, self.username, self.password)
        try:
            address = (await self.means.outbound.addresses(self.host, self.port))[0]
            _, call = await loop.create_datagram_endpoint(lambda: Call(line, to, self.t1), remote_addr=(address, self.port))
            try:
                _, voice = await loop.create_datagram_endpoint(Voice, local_addr=(call.host, 0))
            except OSError:
                call.transport.close()
                raise
        except OSError as fault:
            raise Undelivered(f"{self.name}: {fault if isinstance(fault, PermissionError) else type(fault).__name__}") from None
        return call, voice

    async def _converse(self, call: Call, voice: Voice, audio: bytes, once: int) -> None:
        """Wait for whoever picks up, speak, hang up, and tell what came of it."""
        try:
            async with asyncio.timeout(self.rings):
                await call.reach(ringing=False)
        except TimeoutError:
            await call.give_up()
            return self._tell(call, "nobody answered")
        except SipRefused as refused:
            return self._tell(call, str(refused))
        fault = await self._speak(call, voice, audio)
        await call.hang_up()
        return self._tell(call, fault or ("" if voice.sent >= once else "hung up"))

    async def _speak(self, call: Call, voice: Voice, audio: bytes) -> str:
        """Until it is said, or the other side hangs up; what was in the way, or nothing."""
        where = answered(call.sdp)
        if where is None:
            return "no common voice"
        try:
            # What a trunk names is checked like any other address: it may be anybody who answers.
            await self.means.outbound.addresses(*where)
        except (OSError, socket.gaierror):
            return "an address that is not public"
        said, left = asyncio.ensure_future(voice.say(audio, where, self.pace)), asyncio.ensure_future(call.over.wait())
        try:
            await asyncio.wait({said, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            said.cancel()
            left.cancel()
            await asyncio.gather(said, left, return_exceptions=True)
        return ""

    @staticmethod
    async def _leave(call: Call) -> None:
        await (call.hang_up() if call.sdp else call.give_up())

    def _tell(self, call: Call, fault: str) -> None:
        with suppress(Exception):
            self.means.on_receipt(Receipt(call.id, "failed" if fault else "delivered", fault))

    def _later(self, call: Call, voice: Voice, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._calls[task] = call, voice
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        call, voice = self._calls.pop(task)
        # One that was cancelled has still to hang up: close() does.
        if not task.cancelled():
            self._close(call, voice)

    @staticmethod
    def _close(call: Call, voice: Voice) -> None:
        call.transport.close()
        voice.transport.close()
