"""A voice on its way (RFC 3550, 3551): what is said, from recordings, in frames of 20 ms of G.711."""

import asyncio
import secrets
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from yett.adapters.deliver.words import SPOKEN
from yett.ports import Letter

FRAME, RATE, SILENCE = 160, 8000, b"\xff"
PAUSE, BREATH = 0.6, 0.25
RECORDINGS = Path(__file__).parent / "spoken"


def speech(letter: Letter) -> tuple[bytes, int]:
    """The code spoken twice, digit by digit, in the language of the letter; and how many frames it takes to have heard it once.

    Of the words of a notice there are no recordings: that there is one is said instead. Raises ValueError for a code that is no digits,
    and for one that approves what could not be said.
    """
    if letter.approves or (letter.code and not (letter.code.isascii() and letter.code.isdecimal())):
        raise ValueError("no digits")
    language = letter.locale.partition("-")[0].lower()
    language = language if language in SPOKEN else "en"
    code = b"".join(_recording(language, digit) + _quiet(BREATH) for digit in letter.code)
    first, second = (_quiet(PAUSE) + _recording(language, name) + _quiet(PAUSE) + code for name in (("once", "again") if code else ("notice", "notice")))
    whole = first + second + _quiet(PAUSE)
    return whole + SILENCE * (-len(whole) % FRAME), len(first) // FRAME


def packets(audio: bytes) -> Iterator[bytes]:
    """RTP packets, in order; sequence, time and source begin where nobody can guess."""
    sequence, at, source = secrets.randbelow(2**16), secrets.randbelow(2**32), secrets.randbelow(2**32)
    for place in range(0, len(audio), FRAME):
        marker = 0x80 if place == 0 else 0
        yield struct.pack(">BBHII", 0x80, marker, sequence, at, source) + audio[place : place + FRAME]
        sequence, at = (sequence + 1) % 2**16, (at + FRAME) % 2**32


class Voice(asyncio.DatagramProtocol):
    """The socket of the voice. What the other side says is not listened to."""

    def __init__(self) -> None:
        self.sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])

    async def say(self, audio: bytes, to: tuple[str, int], pace: float) -> None:
        """Send it, a frame every `pace` seconds, by the clock: a late frame makes none of the next late."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for packet in packets(audio):
            self.transport.sendto(packet, to)
            self.sent += 1
            await asyncio.sleep(begun + self.sent * pace - loop.time())


@cache
def _recording(language: str, name: str) -> bytes:
    return (RECORDINGS / language / f"{name}.ulaw").read_bytes()


def _quiet(seconds: float) -> bytes:
    return SILENCE * int(seconds * RATE)
