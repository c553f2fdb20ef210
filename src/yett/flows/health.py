"""Whether this process can do its work: what /readyz asks."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yett.ports import Configuration

# One step of a time-based code: beyond it, codes are judged at the wrong time.
STEP = 30
PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """`ahead` says by how many seconds the process's clock is ahead of the machine's, which was set back by as much."""

    store: Configuration
    ahead: Callable[[], float]

    async def __call__(self) -> Mapping[str, str]:
        """What is wrong, by the name of what has it; empty: ready."""
        wrong = {}
        if (ahead := self.ahead()) > STEP:
            wrong["clock"] = f"the machine's clock was set back by {int(ahead)} s"
        try:
            async with asyncio.timeout(PATIENCE):
                await self.store.version()
        except TimeoutError:
            wrong["store"] = "no answer"
        except Exception as fault:  # noqa: BLE001 - whatever a driver raises: the store is not to be reached
            wrong["store"] = type(fault).__name__
        return wrong
