"""Rate limits: in the process, in SQL and in Valkey alike."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.samples import NOW, name
from yett.adapters.budget import ProcessLimiter, SqlLimiter, ValkeyLimiter
from yett.adapters.sql.opening import open_store
from yett.domain.tries import Bucket
from yett.ports import Busy, Limiter

BUCKET = Bucket(3, 60)


@pytest.fixture(params=["process", "sql", "postgresql", "valkey"])
async def limiter(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Limiter]:
    if request.param == "process":
        yield ProcessLimiter()
    elif request.param == "valkey":
        one = ValkeyLimiter(f"unix://{request.getfixturevalue('valkey_socket')}", name("test:"))
        yield one
        await one.close()
    else:
        url = "memory:" if request.param == "sql" else request.getfixturevalue("postgres_url")
        store = await open_store(url, directory=tmp_path)
        yield SqlLimiter(store.driver)
        await store.close()


async def test_a_bucket_empties_and_fills_one_by_one(limiter: Limiter) -> None:
    assert [await limiter.take("ip", BUCKET, NOW) for _ in range(4)] == [True, True, True, False]
    assert not await limiter.take("ip", BUCKET, NOW + 59)
    assert [await limiter.take("ip", BUCKET, NOW + 60) for _ in range(2)] == [True, False]
    assert [await limiter.take("ip", BUCKET, NOW + 10**6) for _ in range(4)] == [True, True, True, False]


async def test_keys_do_not_touch_each_other(limiter: Limiter) -> None:
    for _ in range(3):
        await limiter.take("one", BUCKET, NOW)
    assert await limiter.take("other", BUCKET, NOW)


async def test_an_empty_bucket_gives_nothing(limiter: Limiter) -> None:
    assert not await limiter.take("none", Bucket(0, 60), NOW)


async def test_many_at_once_get_as_many_as_there_are(limiter: Limiter) -> None:
    taken = await asyncio.gather(*(limiter.take("rush", BUCKET, NOW) for _ in range(50)))
    assert Counter(taken) == {True: 3, False: 47}


async def test_a_flood_of_keys_frees_nobody_who_is_paced() -> None:
    limiter = ProcessLimiter(most=100)
    for _ in range(3):
        await limiter.take("paced", BUCKET, NOW)
    for index in range(1000):
        await limiter.take(f"flood {index}", BUCKET, NOW)
    assert not await limiter.take("paced", BUCKET, NOW)
    assert len(limiter._paced) <= 100


async def test_a_limiter_that_cannot_be_reached_raises(tmp_path: Path) -> None:
    limiter = ValkeyLimiter(f"unix://{tmp_path}/nobody-listens-here")
    with pytest.raises(Busy, match="does not answer"):
        await limiter.take("ip", BUCKET, NOW)
    await limiter.close()
