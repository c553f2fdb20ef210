"""Buckets in the store's own database, for several processes: one conditional statement each."""

from collections.abc import Sequence

from yett.adapters.sql.schema import buckets
from yett.adapters.sql.steps import NOW, Query, Steps, all_or_nothing, into, later, number
from yett.adapters.sql.store import Driver
from yett.domain.tries import Bucket

_paced = later(buckets.c.paced_at, NOW)
_TAKE = into(buckets, paced_at=NOW + number("refill")).on_conflict_do_update(
    index_elements=["key"],
    set_={"paced_at": _paced + number("refill")},
    where=_paced <= number("limit"),
)


class SqlLimiter:
    """Shared by all processes of a store."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def take(self, key: str, bucket: Bucket, now: int) -> bool:
        """One from the bucket of `key`, if there is one."""
        limit = bucket.limit(now, known=True)
        if limit < now:
            return False
        values = {"key": key, "now": now, "refill": bucket.refill, "limit": limit}
        step: Sequence[Query] = [Query(_TAKE, values, lost="empty")]

        def take() -> Steps[bool]:
            return all_or_nothing(step)

        return await self._driver.write(take)
