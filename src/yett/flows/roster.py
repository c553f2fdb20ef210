"""Who carries what: the process's own providers of a channel in their order, then the tenant's."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from yett.domain.tenant import Catalogue, Contract
from yett.ports import Letter, Provider, Sent, Undelivered

# How long whoever keeps a connection may take its leave.
LEAVES = 2.0
# A provider of this channel, made of a contract. Raises ValueError that says what is missing.
Make = Callable[[str, Contract], Provider]


class Seat(NamedTuple):
    """A provider in its place; `key` stays the same for as long as it is the same one."""

    key: str
    provider: Provider


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A contract of which no provider can be made: it is asked like any other, and says why it does not send."""

    name: str
    why: str

    async def send(self, letter: Letter) -> Sent:  # noqa: ARG002 - whatever it is
        """Raises Undelivered."""
        raise Undelivered(f"{self.name}: {self.why}")


@dataclass
class Roster:
    """Without `make` the tenant's own are not asked: of a demo nothing leaves."""

    own: Mapping[str, Sequence[Provider]]
    make: Make | None = None
    made: dict[tuple[str, str], tuple[Contract, Provider]] = field(default_factory=dict)
    leaving: set[asyncio.Task[None]] = field(default_factory=set)

    def of(self, channel: str, catalogue: Catalogue) -> Sequence[Seat]:
        """Those of one channel, in order."""
        own = [Seat(f"{channel} {at} {one.name}", one) for at, one in enumerate(self.own.get(channel, ()))]
        theirs = [one for one in catalogue.contracts if channel in one.channels and not one.disabled]
        return own + [Seat(f"{channel} {one.id} {one.updated_at}", self._of(channel, one)) for one in theirs if self.make]

    def named(self, name: str, catalogue: Catalogue) -> Iterator[Provider]:
        """All who go by this name, whatever they carry."""
        channels = dict.fromkeys([*self.own, *(channel for one in catalogue.contracts for channel in one.channels)])
        return (one for channel in channels for _, one in self.of(channel, catalogue) if one.name == name)

    def dismiss(self, catalogue: Catalogue) -> None:
        """Of a contract that is gone, or switched off, no connection stays open."""
        kept = {(channel, one.id) for one in catalogue.contracts if not one.disabled for channel in one.channels}
        for key in self.made.keys() - kept:
            self._let_go(self.made.pop(key)[1])

    async def close(self) -> None:
        """Let all who keep a connection take their leave."""
        everybody = [*(one for mine in self.own.values() for one in mine), *(one for _, one in self.made.values())]
        await asyncio.gather(*map(_leave, everybody), *self.leaving)

    def _let_go(self, provider: Provider) -> None:
        if hasattr(provider, "close"):
            task = asyncio.get_running_loop().create_task(_leave(provider))
            self.leaving.add(task)
            task.add_done_callback(self.leaving.discard)

    def _of(self, channel: str, contract: Contract) -> Provider:
        """Kept for as long as the contract is the same: connections and breakers live with it."""
        known = self.made.get((channel, contract.id))
        if known is None or known[0] != contract:
            if known is not None:
                self._let_go(known[1])
            known = self.made[channel, contract.id] = contract, self._made(channel, contract)
        return known[1]

    def _made(self, channel: str, contract: Contract) -> Provider:
        try:
            return self.make(channel, contract) if self.make else Incomplete(contract.name, "not asked")
        except ValueError as fault:
            return Incomplete(contract.name, str(fault))


async def _leave(provider: Provider) -> None:
    """At most for a moment: nobody waits for whoever does not answer."""
    if close := getattr(provider, "close", None):
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(LEAVES):
                await close()
