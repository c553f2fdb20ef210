"""Buckets in the memory of one process."""

from yett.domain.tries import Bucket

MOST = 100_000


class ProcessLimiter:
    """A bounded dict. Where it is full the emptiest buckets go first, so a flood of keys frees nobody who is paced."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._paced: dict[str, int] = {}

    async def take(self, key: str, bucket: Bucket, now: int) -> bool:
        """One from the bucket of `key`, if there is one."""
        paced_at = self._paced.get(key, 0)
        if not bucket.admits(paced_at, now, known=True):
            return False
        self._paced[key] = bucket.taken(paced_at, now)
        if len(self._paced) > self._most:
            self._make_room(now)
        return True

    def _make_room(self, now: int) -> None:
        self._paced = {key: paced_at for key, paced_at in self._paced.items() if paced_at > now}
        surplus = len(self._paced) - self._most * 9 // 10
        if surplus > 0:
            for key in sorted(self._paced, key=self._paced.__getitem__)[:surplus]:
                del self._paced[key]
