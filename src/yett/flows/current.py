"""The configuration in force: kept in the process, read again when a load says that it has moved on."""

from yett.domain.tenant import Catalogue
from yett.ports import Configuration


class Current:
    """The catalogue, as new as the version that the last load reported."""

    def __init__(self, store: Configuration) -> None:
        self._store = store
        self._catalogue: Catalogue | None = None

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
