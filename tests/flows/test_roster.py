"""Who is asked: the server's own first, then the tenant's, and of a contract that is wanting what it wants."""

import pytest

from yett.domain.tenant import Catalogue, Contract, Tenant
from yett.flows.roster import Roster
from yett.ports import Letter, Provider, Sent, Undelivered

CATALOGUE = Catalogue(1, 1, Tenant(), {}, {}, (), ())
LETTER = Letter("sms", "+4915112345678", "text")
FIRST = Contract("c1", "twilio", ("sms", "voice"), created_at=1, updated_at=1)


class Fake:
    def __init__(self, name: str) -> None:
        self.name = name

    async def send(self, letter: Letter) -> Sent:
        return Sent(self.name)


def make(channel: str, contract: Contract) -> Provider:
    if contract.name == "wanting":
        raise ValueError("auth_token is missing")
    return Fake(f"{contract.name} for {channel}")


def names(roster: Roster, channel: str, *contracts: Contract) -> list[str]:
    return [one.name for _, one in roster.of(channel, CATALOGUE._replace(contracts=contracts))]


def test_the_servers_own_are_asked_first_then_the_tenants_in_their_order() -> None:
    roster = Roster({"sms": (Fake("own"), Fake("other"))}, make)
    second = Contract("c2", "vonage", ("sms",), created_at=2)
    assert names(roster, "sms", FIRST, second) == ["own", "other", "twilio for sms", "vonage for sms"]
    assert names(roster, "voice", FIRST, second) == ["twilio for voice"]
    assert names(roster, "email", FIRST, second) == []


def test_one_that_is_switched_off_is_not_asked() -> None:
    assert names(Roster({}, make), "sms", FIRST._replace(disabled=True)) == []


def test_of_a_demo_nothing_leaves_whatever_the_tenant_has_configured() -> None:
    assert names(Roster({"sms": (Fake("dev"),)}), "sms", FIRST) == ["dev"]


async def test_one_that_is_wanting_says_why_it_does_not_send() -> None:
    ((_, one),) = Roster({}, make).of("sms", CATALOGUE._replace(contracts=(FIRST._replace(name="wanting"),)))
    with pytest.raises(Undelivered, match="wanting: auth_token is missing") as told:
        await one.send(LETTER)
    assert not told.value.permanent


async def test_a_provider_is_the_same_one_until_its_contract_changes() -> None:
    roster = Roster({}, make)
    ((key, one),) = roster.of("sms", CATALOGUE._replace(contracts=(FIRST,)))
    assert roster.of("sms", CATALOGUE._replace(contracts=(FIRST,)))[0] == (key, one)
    ((other_key, other),) = roster.of("sms", CATALOGUE._replace(contracts=(FIRST._replace(updated_at=2),)))
    assert other is not one
    assert other_key != key
