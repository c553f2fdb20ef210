"""Tries: leaky buckets and caps of consecutive failures, and the lane kept for a known device."""

from typing import NamedTuple


class Bucket(NamedTuple):
    """A leaky bucket: `burst` tries, one back every `refill` seconds. Kept as a GCRA arrival time."""

    burst: int
    refill: int

    @property
    def reserve(self) -> int:
        """A tenth of the bucket, at least one try, is kept for the known-device lane."""
        return max(1, self.burst // 10)

    def limit(self, now: int, *, known: bool) -> int:
        """The latest arrival time that still admits a try: what the store's statement compares with."""
        return now + (self.burst - (0 if known else self.reserve) - 1) * self.refill

    def admits(self, paced_at: int, now: int, *, known: bool) -> bool:
        """Whether one more try fits."""
        return max(paced_at, now) <= self.limit(now, known=known)

    def taken(self, paced_at: int, now: int) -> int:
        """The arrival time after one try."""
        return max(paced_at, now) + self.refill

    def left(self, paced_at: int, now: int, *, known: bool) -> int:
        """How many tries are left now."""
        room = self.limit(now, known=known) - max(paced_at, now)
        return max(0, room // self.refill + 1)


class Budget(NamedTuple):
    """What a verdict may cost: the enrolment's bucket and cap, and the account's bucket over all second factors.

    `locks` is how many seconds the enrolment is closed once `cap` consecutive failures are reached; None disables it
    until it is bound again. `account` is None for a factor that stands first: the counter of passwords is apart from
    that of second factors. `known` opens the lane of the known device.
    """

    enrolment: Bucket
    cap: int
    locks: int | None
    account: Bucket | None
    known: bool = False

    @property
    def cap_here(self) -> int:
        """Consecutive failures after which this asker is refused."""
        return self.cap if self.known else self.cap - max(1, self.cap // 10)
