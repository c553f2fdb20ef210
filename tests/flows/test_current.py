"""How new the configuration is that a request sees."""

from tests.world import world
from yett.flows.current import LATELY, Current
from yett.ports import Configuration


class Counting:
    """A store that counts how often it is asked for the version."""

    def __init__(self, store: Configuration) -> None:
        self.store, self.asked = store, 0

    async def version(self) -> int:
        self.asked += 1
        return await self.store.version()

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


async def test_what_is_public_asks_the_store_once_a_second_and_what_decides_each_time() -> None:
    time = [100.0]
    async with world() as w:
        store = Counting(w.store)
        current = Current(store, lambda: time[0])  # type: ignore[arg-type]
        first = await current.lately()
        await w.store.configure([first.tenant._replace(locales=("de",))], (), ())
        assert await current.lately() is first
        assert store.asked == 1
        time[0] += LATELY
        assert (await current.lately()).tenant.locales == ("de",)
        assert store.asked == 2
        await w.store.configure([first.tenant._replace(locales=("en",))], (), ())
        assert (await current.latest()).tenant.locales == ("en",)


async def test_what_this_process_has_changed_itself_is_public_at_once() -> None:
    async with world() as w:
        current = Current(w.store, lambda: 100.0)
        first = await current.lately()
        version = await w.store.configure([first.tenant._replace(locales=("de",))], (), ())
        await current.at(version)
        assert (await current.lately()).tenant.locales == ("de",)
