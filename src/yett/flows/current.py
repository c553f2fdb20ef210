"""The configuration in force: kept in the process, read again when a load says that it has moved on."""

import time
from collections.abc import Callable

from yett.domain.tenant import Catalogue
from yett.ports import Configuration

# Seconds for which `lately` takes the store's word.
LATELY = 1.0


class Current:
    """The catalogue, as new as the version that the last load reported."""

    def __init__(self, store: Configuration, steady: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._steady = steady
        self._catalogue: Catalogue | None = None
        self._asked_at = float("-inf")

    @property
    def known(self) -> Catalogue | None:
        """What was read last, without asking whether it is still in force."""
        return self._catalogue

    async def at(self, version: int) -> Catalogue:
        """The catalogue of `version` or a later one."""
        if self._catalogue is None or self._catalogue.version < version:
            self._catalogue = await self._store.catalogue()
        return self._catalogue

    async def latest(self) -> Catalogue:
        """The catalogue in force now."""
        return await self.at(await self._store.version())

    async def lately(self) -> Catalogue:
        """The catalogue in force a second ago, or later: for what is public or looks good, never for what decides."""
        known, now = self._catalogue, self._steady()
        if known is None or now - self._asked_at >= LATELY:
            known, self._asked_at = await self.latest(), now
        return known
