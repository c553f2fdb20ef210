"""Who carries what: kept while the contract is the same, and gone with their connections when it is not."""

import asyncio
from dataclasses import dataclass, field

import pytest

from yett.domain.tenant import Catalogue, Contract, Tenant
from yett.flows import roster
from yett.flows.roster import Roster
from yett.ports import Letter, Sent


@dataclass(eq=False)
class Lasting:
    """A provider that keeps a connection; one that is `stuck` never takes its leave."""

    name: str
    stuck: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, letter: Letter) -> Sent:
        return Sent()

    async def close(self) -> None:
        self.closed.set()
        if self.stuck:
            await asyncio.Event().wait()


class Plain:
    """One that keeps nothing."""

    name = "plain"

    async def send(self, letter: Letter) -> Sent:
        return Sent()


ONE = Contract("con_1", "smpp", ("sms",), {"host": "a"}, {})


def catalogue(*contracts: Contract) -> Catalogue:
    return Catalogue(1, 1, Tenant(), {}, {}, (), (), contracts=contracts)


def lasting(here: Roster, *contracts: Contract) -> list[Lasting]:
    return [seat.provider for seat in here.of("sms", catalogue(*contracts))]  # type: ignore[misc]


async def test_a_provider_is_kept_while_its_contract_is_the_same_and_closed_when_it_changes() -> None:
    here = Roster({}, lambda _, contract: Lasting(contract.name))
    (first,) = lasting(here, ONE)
    assert lasting(here, ONE) == [first]
    assert not first.closed.is_set()
    (second,) = lasting(here, ONE._replace(settings={"host": "b"}))
    assert second is not first
    async with asyncio.timeout(5):
        await first.closed.wait()


@pytest.mark.parametrize("now", [(), (ONE._replace(disabled=True),), (ONE._replace(channels=("voice",)),)])
async def test_of_a_contract_that_is_gone_or_switched_off_no_connection_stays_open(now: tuple[Contract, ...]) -> None:
    here = Roster({}, lambda _, contract: Lasting(contract.name))
    (one,) = lasting(here, ONE)
    here.dismiss(catalogue(ONE))
    assert not here.leaving
    here.dismiss(catalogue(*now))
    async with asyncio.timeout(5):
        await one.closed.wait()
    assert lasting(here, ONE) != [one]


async def test_at_the_end_everybody_takes_leave_and_nobody_waits_for_whoever_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "LEAVES", 0.01)
    own = Lasting("own", stuck=True)
    here = Roster({"sms": [own, Plain()]}, lambda _, contract: Lasting(contract.name))
    made = lasting(here, ONE)[-1]
    await here.close()
    assert own.closed.is_set()
    assert made.closed.is_set()
