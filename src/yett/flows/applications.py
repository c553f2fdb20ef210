"""Which applications somebody has let have something, and how they take it back."""

from dataclasses import dataclass
from typing import NamedTuple

from yett.flows.mint import Mint
from yett.flows.steps import Wanted
from yett.flows.visit import Inside
from yett.ports import Consents

# What the log says of one that lost what it was let have.
TAKEN_BACK = "taken back by its owner"


class Application(NamedTuple):
    """One of them, by its id: since when, and what it may have."""

    id: str
    name: str
    since: int
    has: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Applications:
    """Applications of one account; what belongs to another is not found."""

    store: Consents
    mint: Mint

    async def all(self, inside: Inside) -> tuple[Application, ...]:
        """By name; one that is gone had lost it all."""
        found, _ = await self.store.consents(inside.owner.account.id)
        known = inside.owner.catalogue
        apis = {one.audience: known.apis[one.audience].name or one.audience for one in found if one.audience in known.apis}
        by_client = {client.id: [one for one in found if one.client == client.id] for client in known.clients.values()}
        listed = (
            Application(
                client,
                known.clients[client].name,
                min(one.created_at for one in consents),
                tuple(Wanted(apis.get(one.audience, one.audience), tuple((name, _says(inside, one.audience, name)) for name in one.scope)) for one in consents),
            )
            for client, consents in by_client.items()
            if consents
        )
        return tuple(sorted(listed, key=lambda one: (one.name.casefold(), one.id)))

    async def end(self, inside: Inside, client: str) -> bool:
        """It has nothing any longer, and must ask again. False: it had nothing."""
        owner, now = inside.owner, self.mint.clock()
        seen = {"ip": owner.browser.ip, "user_agent": owner.browser.user_agent[:256]}
        return await self.store.withdraw(owner.account.id, client, now, (self.mint.fact("srrt", owner.account.id, client, reason=TAKEN_BACK, **seen),))


def _says(inside: Inside, audience: str, scope: str) -> str:
    api = inside.owner.catalogue.apis.get(audience)
    return api.descriptions.get(scope, "") if api else ""
