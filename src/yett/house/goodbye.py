"""What applications are told when a session ends."""

import asyncio
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from yett.config import is_loopback
from yett.house.ground import Ground
from yett.ports import APART

if TYPE_CHECKING:
    from yett.flows.current import Current
    from yett.flows.deliver import Carrier
    from yett.flows.farewell import Farewell

PAUSE = 1.0


class Goodbye(NamedTuple):
    """Who notices, and who carries it out."""

    farewell: "Farewell"
    carrier: "Carrier"

    async def run(self) -> None:
        """As long as there is something to tell, at once; then in a moment."""
        while await self.farewell():
            pass
        await asyncio.sleep(PAUSE)


def goodbye(ground: Ground, current: "Current", mail: "Carrier") -> Goodbye:
    """A way out of its own beside that of `mail`, by the same rules: addresses that are public or that the operator allows."""
    from yett.adapters.deliver.backchannel import BackChannel, letter
    from yett.adapters.deliver.outbound import LOOPBACK, Outbound
    from yett.flows.deliver import Carrier
    from yett.flows.farewell import Farewell

    config = ground.config
    allowed = (*config.logout_networks, *(LOOPBACK if is_loopback(urlsplit(config.issuer).hostname or "localhost") else ()))
    carrier = Carrier(ground.store, mail.roster, current, letter, ground.mint, mail.tell, counts=mail.counts, apart=True)
    farewell = Farewell(ground.store, current, ground.signer, ground.mint, config.issuer, carrier.wake)
    mail.roster.own = {**mail.roster.own, APART: [BackChannel(Outbound(allowed), farewell.token)]}
    return Goodbye(farewell, carrier)
