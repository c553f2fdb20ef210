"""Providers as they are made here: with our way out, our clock, and where they report to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from yett.adapters.deliver.outbound import LOOPBACK, Means, Network, Outbound
from yett.domain.tenant import Contract
from yett.ports import Clock, Provider, Receipt

if TYPE_CHECKING:
    from yett.adapters.deliver.known import Setting

# What an operator's own config file may name besides public addresses: a gateway in the house, never the cloud's metadata.
HOUSE: Sequence[Network] = (*LOOPBACK, *map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
# Auth0's name for a webhook; both report under one name.
SAME = {"custom": "webhook"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """`reports` is the URL below which providers report, empty where none can reach us; `heard` takes what comes over a connection of ours."""

    outbound: Outbound
    clock: Clock
    reports: str
    heard: Callable[[str, Receipt], None]

    def make(self, channel: str, contract: Contract) -> Provider:
        """A provider of this channel. Raises ValueError that says everything that is missing or wrong, and quotes no value.

        What the contract says for its other channels is passed over.
        """
        from yett.adapters.deliver.known import make

        known, elsewhere = self.settings(channel, contract.name), self._all(contract)
        told = {**contract.settings, **contract.credentials}
        mine = {name: value for name, value in told.items() if name in known or name not in elsewhere}
        name = SAME.get(contract.name, contract.name)
        callback = f"{self.reports}{name}/receipts" if self.reports else ""
        return make(channel, contract.name, mine, {}, Means(self.outbound, self.clock, callback, lambda receipt: self.heard(name, receipt)))

    def secrets(self, channel: str, name: str) -> frozenset[str]:
        """Which of its settings are told to nobody. Raises ValueError where there is no such provider."""
        return frozenset(one.name for one in _needs(channel, name) if one.secret)

    def spelled(self, channel: str, name: str, told: Mapping[str, str]) -> Mapping[str, str]:
        """Settings as the provider spells them: the environment has no small letters. Raises ValueError where there is no such provider."""
        known = {one.name.lower(): one.name for one in _needs(channel, name)}
        return {known.get(key.lower(), key): value for key, value in told.items()}

    def settings(self, channel: str, name: str) -> frozenset[str]:
        """All that it can be told. Raises ValueError where there is no such provider."""
        return frozenset(one.name for one in _needs(channel, name))

    def _all(self, contract: Contract) -> frozenset[str]:
        return frozenset[str]().union(*(self.settings(channel, contract.name) for channel in contract.channels))


def _needs(channel: str, name: str) -> "Sequence[Setting]":
    """All providers there are, loaded by whoever has one."""
    from yett.adapters.deliver.known import needs

    return needs(channel, name)
