"""New names, tokens and facts."""

import base64
import hashlib
from itertools import count

from yett.domain.fact import Fact
from yett.ports import Clock, Randomness


def digest(token: str) -> bytes:
    """What we keep of a bearer token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


class Mint:
    """Makes what must be new."""

    def __init__(self, clock: Clock, random: Randomness) -> None:
        self.clock = clock
        self.random = random
        self.facts = count()

    def name(self, prefix: str = "", size: int = 18) -> str:
        """A name that cannot be guessed, safe in a URL."""
        return prefix + base64.urlsafe_b64encode(self.random(size)).rstrip(b"=").decode()

    def token(self) -> str:
        """A bearer token of 256 bits."""
        return self.name(size=32)

    def fact(self, type: str, account: str | None = None, client: str | None = None, **data: object) -> Fact:
        """A fact of now. Its id sorts by time, within a second by the order in which they were made here, and is otherwise random."""
        now = self.clock()
        return Fact(f"{now:012x}{next(self.facts) & 0xFFFFFF:06x}{self.random(7).hex()}", now, type, account, client, data)
