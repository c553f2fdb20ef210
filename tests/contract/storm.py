"""Writes to a store as fast as it can, and says what was acknowledged, until it is killed."""

import asyncio
import sys
from pathlib import Path

from tests.contract.samples import BUDGET, NOW, begun, concluding, fact, name, right, somebody
from yett.adapters.sql.opening import open_store
from yett.domain.tries import Bucket
from yett.ports import Store

RICH = BUDGET._replace(account=Bucket(1000, 1))


async def _worker(store: Store) -> None:
    owner, (one,) = await somebody(store)
    for mark in range(6, 10**9):
        left = concluding(owner, (one,))
        assert left.grant
        told = fact("s")._replace(data={"grant": left.grant.id})
        seen = await begun(store, owner)
        assert await store.settle(seen, (right(one, mark),), None, RICH, NOW, {"done": (told,)}, seen, left) == "done"
        one = one._replace(state=one.state._replace(mark=mark))
        print(seen.id, left.grant.id, told.id, one.id, mark, flush=True)


async def _storm(url: str, directory: Path) -> None:
    store = await open_store(url, directory=directory)
    await asyncio.gather(*(_worker(store) for _ in range(8)))


if __name__ == "__main__":
    name()
    asyncio.run(_storm(sys.argv[1], Path(sys.argv[2])))
