"""Change the configuration: read, edit, write on the version that was read; whoever lost starts over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue
from yett.flows.current import Current
from yett.flows.manage.refused import Refused
from yett.flows.mint import Mint
from yett.ports import Change, Configuration

ROUNDS = 8
Drop = tuple[Literal["client", "api", "client_grant", "key", "contract"], str]


class Edit(NamedTuple):
    """What is to be written, and the facts that tell of it."""

    put: Sequence[Change]
    facts: Sequence[Fact]
    drop: Sequence[Drop] = ()


@dataclass(frozen=True, slots=True)
class Configure:
    """The one way in which management writes configuration."""

    store: Configuration
    current: Current
    mint: Mint

    async def change(self, edit: Callable[[Catalogue], Edit | Refused]) -> Catalogue | Refused:
        """Apply `edit`, which may run more than once, and return the configuration that it led to."""
        for _ in range(ROUNDS):
            catalogue = await self.current.latest()
            wanted = edit(catalogue)
            if isinstance(wanted, Refused):
                return wanted
            version = await self.store.configure(wanted.put, wanted.drop, wanted.facts, catalogue.version)
            if version:
                return await self.current.at(version)
        return Refused("busy", "The configuration is being changed by others; try again.", "too_many_requests")
