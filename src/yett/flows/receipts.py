"""What providers tell later of what they took: who says so is proven, then the ledger learns it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from yett.flows.current import Current
from yett.flows.deliver import Counts, Tell
from yett.flows.roster import Roster
from yett.ports import Clock, Outbox, Receipt, Reporting, Unsigned

# A receipt may come before our own commit of what it is about.
AGAIN = 5.0
Taken = Literal["taken", "unsigned", "unreadable", "absent"]


@dataclass
class Receipts:
    """By whoever calls us, and over connections that providers of ours keep open."""

    store: Outbox
    roster: Roster
    current: Current
    clock: Clock
    tell: Tell
    counts: Counts
    again: float = AGAIN
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def report(self, name: str, url: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """A call in the name of this provider. Several may go by one name: it must be signed as one of them signs."""
        known = [one for one in self.roster.named(name, await self.current.latest()) if hasattr(one, "report")]
        for one in cast("Sequence[Reporting]", known):
            try:
                said = one.report(url, headers, body)
            except Unsigned:
                continue
            except (ValueError, LookupError, TypeError):
                return "unreadable"
            self.heard(name, *said)
            return "taken"
        return "unsigned" if known else "absent"

    def heard(self, name: str, *said: Receipt) -> None:
        """Kept beside the call, which need not wait for it."""
        if said:
            task = asyncio.get_running_loop().create_task(self.keep(name, said))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def keep(self, name: str, said: Sequence[Receipt]) -> None:
        """Into the ledger; what is not known is asked for once more, and then ignored."""
        try:
            for one in said:
                if await self.store.delivered(name, (one,), self.clock()) == 0:
                    await asyncio.sleep(self.again)
                    if await self.store.delivered(name, (one,), self.clock()) == 0:
                        continue
                self.counts["", name, one.outcome] += 1
        except Exception as fault:  # noqa: BLE001 - whatever a driver raises
            self.tell("a receipt was not kept", fault)
