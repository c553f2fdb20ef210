"""Handles: what an owner holds between two requests, or is sent as a link. Each finds one attempt, and only the flow that made it."""

from dataclasses import dataclass

import msgspec

from yett.domain.attempt import Attempt
from yett.flows.mint import Mint, digest
from yett.ports import Arrival, Attempts


@dataclass(frozen=True, slots=True)
class Handles:
    """`via` names the flow: no login, no grant and no other flow finds its attempts, whose names begin with `prefix`.

    A handle is kept as a digest.
    """

    store: Attempts
    mint: Mint
    via: str
    prefix: str = ""

    def new(self, account: str, client: str, about: object, until: int) -> tuple[Attempt, str]:
        """An attempt that lives until then (seconds), and its handle; `about` is what it waits with. Not written yet."""
        token = self.mint.token()
        attempt = Attempt(
            id=self.mint.name(self.prefix),
            via=self.via,
            holder=digest(token),
            client=client,
            arrived_at=self.mint.clock(),
            expires_at=until,
            account=account,
            request=msgspec.json.encode(about),
        )
        return attempt, f"{attempt.id}.{token}"

    async def find(self, handle: str, account: str | None = None) -> Arrival:
        """What it holds; nothing where it is not one of ours, is over, or belongs to another than `account`."""
        id, _, token = handle.partition(".")
        arrival = await self.store.scene(id, digest(token), None, None, self.mint.clock())
        found = arrival.attempt
        ours = found is not None and found.via == self.via and arrival.account is not None
        return arrival if ours and account in {None, found and found.account} else Arrival(arrival.version)
