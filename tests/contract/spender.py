"""Tries a hundred times at once to spend each of some names, as one of several processes; says how often it was the first."""

import asyncio
import sys
from pathlib import Path

from tests.contract.samples import NOW, digest
from yett.adapters.sql.opening import open_store

NAMES, TIMES = 5, 100


async def _spend(url: str, directory: Path, grant: str) -> None:
    store = await open_store(url, directory=directory)
    await store.spent(b"warm")
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for number in range(NAMES):
        won = await asyncio.gather(*(store.spend(digest(f"name {number}"), NOW + 120, NOW, (), grant) for _ in range(TIMES)))
        print(sum(won), flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(_spend(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
