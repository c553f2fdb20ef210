"""Applications are told when a session ends that they rest on (OIDC Back-Channel Logout 1.0)."""

from collections.abc import Callable
from dataclasses import dataclass

from yett.domain.client import EVERY
from yett.domain.enrolment import Message
from yett.domain.session import Ending
from yett.domain.tenant import Catalogue
from yett.flows.current import Current
from yett.flows.mint import Mint
from yett.oauth import logout
from yett.ports import APART, Outbox, Signer

AT_ONCE = 100
TYP = "logout+jwt"


@dataclass(frozen=True, slots=True)
class Farewell:
    """Says goodbye to those who want to hear it, and makes the token by which they know that it was us."""

    store: Outbox
    current: Current
    signer: Signer
    mint: Mint
    issuer: str
    wake: Callable[[], None]

    async def __call__(self) -> int:
        """One round; returns how many endings there were."""
        catalogue = await self.current.latest()
        ended = await self.store.farewell(AT_ONCE, self.mint.clock(), lambda one: told(one, catalogue))
        if ended:
            self.wake()
        return ended

    async def token(self, client: str, account: str, sid: str) -> str:
        """A new logout token at every try, for it lives two minutes; "" where the client is gone, or wants to be told no longer."""
        catalogue = await self.current.latest()
        known = catalogue.clients.get(client)
        if known is None or not known.logout_url:
            return ""
        said = logout.token(self.issuer, client, account, sid, self.mint.name(), self.mint.clock())
        return self.signer.sign(catalogue, known.id_token_alg, TYP, said)


def told(one: Ending, catalogue: Catalogue) -> Message | None:
    """What an application is told of an ending, where it wants to be."""
    client = catalogue.clients.get(one.client)
    if client is None or not client.logout_url or (client.logout_initiators != EVERY and one.why not in client.logout_initiators):
        return None
    return Message(APART, client.logout_url, "logout", "", {"client": client.id, "account": one.account, "sid": one.sid})
