"""A carrier for tests: over any store, with these providers for every channel, and a clock of the test's own."""

from collections.abc import Callable, Sequence
from typing import Any

from yett.adapters.clock import random_bytes
from yett.adapters.deliver.compose import compose
from yett.flows.current import Current
from yett.flows.deliver import PATIENCE, Carrier
from yett.flows.mint import Mint
from yett.flows.roster import Roster
from yett.ports import Provider


def carrier(store: Any, providers: Sequence[Provider], clock: Callable[[], int], tell: Any = lambda *_: None, patience: float = PATIENCE) -> Carrier:
    """Its own words, and the tenant's where the store has some."""
    roster = Roster({"email": providers, "sms": providers, "voice": providers})
    return Carrier(store, roster, Current(store), compose, Mint(clock, random_bytes), tell, patience)
