"""What is good once is used once: a token's jti, an assertion's."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.contract.conftest import migrated
from tests.contract.samples import DAY, NOW, digest, fact, grant, name, somebody, types
from tests.contract.spender import NAMES, TIMES
from tests.harness.postgres import Cluster
from yett.adapters.sql.opening import open_store
from yett.ports import Store


async def test_of_two_hundred_who_spend_a_name_at_once_one_is_first(store: Store, other: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    await store.grant(given, (), ())
    for rests_on in (given.id, ""):
        one, told = digest(name()), fact("spent")
        won = await asyncio.gather(
            *(node.spend(one, NOW + 120, NOW, (told._replace(id=f"{told.id}{at}"),), rests_on) for at, node in enumerate((store, other) * 100))
        )
        assert sorted(won) == [False] * 199 + [True]
        assert await store.spent(one)
        assert await other.spent(one)
    assert await types(store) == ["spent", "spent"], "whoever was not first has written nothing"


async def test_on_postgresql_two_processes_have_one_winner_between_them(postgres: Cluster, tmp_path: Path) -> None:
    with postgres.database(postgres.template("yett_contract", migrated)) as url:
        store = await open_store(url, directory=tmp_path)
        owner, _ = await somebody(store)
        given = grant(owner)
        await store.grant(given, (), ())
        command = [sys.executable, "-m", "tests.contract.spender", url, str(tmp_path), given.id]
        both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert [one.stdout and one.stdout.readline() for one in both] == ["ready\n"] * 2
        for one in both:
            assert one.stdin
            one.stdin.write("\n")
            one.stdin.flush()
        counts = [list(map(int, one.communicate(timeout=60)[0].split())) for one in both]
        assert [sum(pair) for pair in zip(*counts, strict=True)] == [1] * NAMES, f"of {2 * TIMES} at each name"
        await store.close()


async def test_nothing_is_spent_that_rests_on_a_grant_which_stands_no_longer(store: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    await store.grant(given, (), ())
    await store.revoke(given.id, NOW, ())
    for gone in (given.id, "never was"):
        assert not await store.spend(digest("one"), NOW + 120, NOW, (fact("spent"),), gone)
    assert not await store.spent(digest("one"))
    assert await types(store) == []


async def test_a_name_is_remembered_until_what_it_names_is_over(store: Store) -> None:
    assert await store.spend(digest("one"), NOW + 120, NOW)
    await store.sweep(NOW + 120)
    assert not await store.spend(digest("one"), NOW + 240, NOW + 120)
    await store.sweep(NOW + 121 + DAY)
    assert not await store.spent(digest("one"))
