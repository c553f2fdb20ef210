"""Time that never runs backwards, and fresh random bytes."""

import os
import time
from collections.abc import Callable


class SteadyClock:
    """Seconds since the epoch; forwards with the wall clock, and at half its pace while that one is behind.

    A wall clock that is set back would let a used code, or a lock that was waited out, live twice. At half pace ours
    neither stands still nor stays wrong for good.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._now, self._since = wall(), steady()

    def __call__(self) -> int:
        steady = self._steady()
        slow = self._now + (steady - self._since) / 2
        self._now, self._since = max(self._wall(), slow), steady
        return int(self._now)

    def ahead(self) -> float:
        """By how many seconds ours is ahead of the wall clock: the wall clock was set back by at least as much."""
        self()
        return max(0.0, self._now - self._wall())


def random_bytes(size: int) -> bytes:
    """From the kernel."""
    return os.urandom(size)
