"""Messages: whoever carries them out, and who hears of them later."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from yett.config import Config, Fault, Faulty, is_loopback
from yett.house.ground import Ground

if TYPE_CHECKING:
    from yett.adapters.deliver.outbound import Outbound
    from yett.adapters.deliver.shelf import Shelf
    from yett.flows.current import Current
    from yett.flows.deliver import Carrier
    from yett.http.deliveries import Deliveries
    from yett.ports import Clock, Provider, Receipt


LOG = logging.getLogger("yett.house.mail")
# What a demo keeps from leaving.
CARRIED = ("email", "sms", "voice", "push")


class Mailing(NamedTuple):
    """What carries messages out, what hears of them later, and what makes whoever they leave by."""

    carrier: "Carrier"
    reports: "Deliveries"
    shelf: "Shelf"


def mailing(ground: Ground, current: "Current") -> Mailing:
    """Messages leave by the configured providers in their order, then by the tenant's; in a demo they stay in the outbox."""
    from collections import Counter

    from yett.adapters.deliver.compose import compose
    from yett.adapters.deliver.dev import Dev
    from yett.adapters.deliver.outbound import LOOPBACK, Outbound
    from yett.flows.deliver import Carrier
    from yett.flows.receipts import Receipts
    from yett.flows.roster import Roster
    from yett.http.deliveries import Deliveries
    from yett.ports import Undelivered

    config, host = ground.config, urlsplit(ground.config.issuer).hostname or "localhost"

    def tell(says: str, fault: Exception) -> None:
        LOG.warning(says, exc_info=None if isinstance(fault, Undelivered) else fault, extra={"why": str(fault) or type(fault).__name__})

    def heard(name: str, receipt: "Receipt") -> None:
        receipts.heard(name, receipt)

    own = {channel: [Dev()] for channel in CARRIED} if config.demo else own_providers(config, ground.clock, heard)
    shelf = shelf_of(config, Outbound(LOOPBACK if is_loopback(host) else ()), ground.clock, heard)
    roster = Roster(own, None if config.demo else shelf.make)
    words = partial(compose, account=config.issuer + "account", host=host, warn=LOG.warning)
    carrier = Carrier(ground.store, roster, current, words, ground.mint, tell, counts=Counter())
    receipts = Receipts(ground.store, roster, current, ground.clock, tell, carrier.counts)
    return Mailing(carrier, Deliveries(receipts, config.issuer), shelf)


def own_providers(config: Config, clock: "Clock", heard: "Callable[[str, Receipt], None]") -> "Mapping[str, Sequence[Provider]]":
    """Those of the config file, by channel. Raises Faulty with all that is missing or wrong."""
    from yett.adapters.deliver.smtp import Smtp

    nobody = f"no-reply@{urlsplit(config.issuer).hostname or 'localhost'}"
    made: dict[str, list[Provider]] = {
        "email": [Smtp(one.host, one.port, one.sender or nobody, one.security, one.username, one.password) for one in config.smtp]
    }
    if not config.providers:
        return made
    from yett.adapters.deliver.outbound import Outbound
    from yett.adapters.deliver.shelf import HOUSE
    from yett.domain.tenant import Contract

    shelf, faults = shelf_of(config, Outbound(HOUSE), clock, heard), []
    for one in config.providers:
        try:
            contract = Contract("", one.name, (one.channel,), shelf.spelled(one.channel, one.name, one.told))
            made.setdefault(one.channel, []).append(shelf.make(one.channel, contract))
        except ValueError as fault:
            faults.append(Fault(f"config file, {one.channel}", f"{one.name}: {fault}"))
    if faults:
        raise Faulty(faults)
    return made


def shelf_of(config: Config, outbound: "Outbound", clock: "Clock", heard: "Callable[[str, Receipt], None]") -> "Shelf":
    """Providers report to us where they can reach us."""
    from yett.adapters.deliver.shelf import Shelf

    reachable = not is_loopback(urlsplit(config.issuer).hostname or "localhost")
    return Shelf(outbound, clock, f"{config.issuer}deliveries/" if reachable else "", heard)
