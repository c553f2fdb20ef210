"""Who carries what: the process's own providers of a channel in their order, then the tenant's."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from yett.domain.tenant import Catalogue, Contract
from yett.ports import Letter, Provider, Sent, Undelivered

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

    def of(self, channel: str, catalogue: Catalogue) -> Sequence[Seat]:
        """Those of one channel, in order."""
        own = [Seat(f"{channel} {at} {one.name}", one) for at, one in enumerate(self.own.get(channel, ()))]
        theirs = [one for one in catalogue.contracts if channel in one.channels and not one.disabled]
        return own + [Seat(f"{channel} {one.id} {one.updated_at}", self._of(channel, one)) for one in theirs if self.make]

    def named(self, name: str, catalogue: Catalogue) -> Iterator[Provider]:
        """All who go by this name, whatever they carry."""
        channels = dict.fromkeys([*self.own, *(channel for one in catalogue.contracts for channel in one.channels)])
        return (one for channel in channels for _, one in self.of(channel, catalogue) if one.name == name)

    def _of(self, channel: str, contract: Contract) -> Provider:
        """Kept for as long as the contract is the same: connections and breakers live with it."""
        known = self.made.get((channel, contract.id))
        if known is None or known[0] != contract:
            known = self.made[channel, contract.id] = contract, self._made(channel, contract)
        return known[1]

    def _made(self, channel: str, contract: Contract) -> Provider:
        try:
            return self.make(channel, contract) if self.make else Incomplete(contract.name, "not asked")
        except ValueError as fault:
            return Incomplete(contract.name, str(fault))
