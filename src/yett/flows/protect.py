"""Protected hosts as applications: a start enters those that the configuration names and the store does not know."""

from collections.abc import Sequence
from dataclasses import dataclass

from yett.domain.client import Client
from yett.domain.protected import Protected
from yett.domain.tenant import Catalogue
from yett.flows.mint import Mint
from yett.ports import Configuration

ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Protect:
    """Every node does it, and the first one has."""

    store: Configuration
    mint: Mint

    async def __call__(self, hosts: Sequence[Protected]) -> None:
        """What an administrator has changed of one since stays, but for the address that its codes go to."""
        for _ in range(ROUNDS):
            catalogue = await self.store.catalogue()
            new = _missing(hosts, catalogue)
            facts = [self.mint.fact("sapi", None, one.id, description="A host is protected by forward authentication") for one in new]
            if not new or await self.store.configure(new, (), facts, catalogue.version):
                return


def _missing(hosts: Sequence[Protected], catalogue: Catalogue) -> list[Client]:
    wanted = ((host.client, catalogue.clients.get(host.client.id)) for host in hosts)
    return [ours if there is None else there._replace(callbacks=ours.callbacks) for ours, there in wanted if there is None or there.callbacks != ours.callbacks]
