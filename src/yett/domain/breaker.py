"""A circuit breaker: whoever has failed several times in a row is asked last, until one message finds out how they are."""

from typing import NamedTuple

FAULTS, REST = 5, 30


class Breaker(NamedTuple):
    """How a provider has done of late. Times in seconds."""

    faults: int = 0
    rests_until: int = 0

    def rests(self, now: int) -> bool:
        """Open: asked only where nobody else is left, for a code is worth a try."""
        return self.faults >= FAULTS and now < self.rests_until

    def asked(self, now: int) -> "Breaker":
        """Half-open: one message asks, and the others go elsewhere until it has heard."""
        tired = self.faults >= FAULTS
        return self._replace(rests_until=now + REST) if tired and not self.rests(now) else self

    def failed(self, now: int) -> "Breaker":
        """A fault of theirs, not of the message."""
        faults = self.faults + 1
        return Breaker(faults, now + REST if faults >= FAULTS else 0)

    def served(self) -> "Breaker":
        """They answered: closed."""
        return Breaker()
