"""`yett deliver try`: one message, who was asked, and what they said."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.carrying import carrier
from yett.adapters.sql.opening import open_store
from yett.flows.event import Event
from yett.flows.trial import Trial
from yett.ports import Letter, Sent, Undelivered


class Fake:
    def __init__(self, name: str, says: Sent | Exception) -> None:
        self.name, self.says, self.taken = name, says, list[Letter]()

    async def send(self, letter: Letter) -> Sent:
        self.taken.append(letter)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Any]:
    found = await open_store("memory:", directory=tmp_path)
    yield found
    await found.close()


async def told(store: Any, *providers: Fake, channel: str = "sms", to: str = "+4915112345678", name: str = "") -> list[Event]:
    return [one async for one in Trial(carrier(store, providers, lambda: 1000)).told(channel, to, name)]


async def test_each_provider_that_was_asked_is_told_of_and_what_came_of_it(store: Any) -> None:
    first, second, third = Fake("one", Undelivered("one: 401 (20003)")), Fake("two", Sent("SM1", "0.05 EUR")), Fake("three", Sent())
    *steps, end = await told(store, first, second, third)
    assert [one.says.rpartition(",")[0] for one in steps] == ["one: 401 (20003)", "two: taken as SM1 for 0.05 EUR"]
    assert (end.kind, end.says) == ("done", "taken by two")
    asked: Any = end.data["asked"]
    assert [(one["provider"], one["taken"]) for one in asked] == [("one", False), ("two", True)]
    assert asked[0]["seconds"] >= 0
    assert third.taken == []


async def test_one_provider_alone_is_asked_where_it_is_named(store: Any) -> None:
    first, second = Fake("one", Sent()), Fake("two", Undelivered("down", permanent=True))
    assert (await told(store, first, second, name="two"))[-1].kind == "refused"
    assert first.taken == []
    assert (await told(store, first, name="three"))[-1].says == "there is no provider for sms called three"


async def test_nothing_is_kept_of_a_trial(store: Any) -> None:
    await told(store, Fake("one", Sent("r")))
    assert await store.outgoing(9) == ()
    assert (await store.ledger(0, 9))[1] == 0


@pytest.mark.parametrize(
    "channel, to", [("fax", "+4915112345678"), ("sms", "12"), ("voice", "ada@example.test"), ("email", "+4915112345678"), ("email", "a@b\r\nBcc: c@d")]
)
async def test_what_cannot_be_reached_is_refused_before_anybody_is_asked(store: Any, channel: str, to: str) -> None:
    one = Fake("one", Sent())
    assert [event.kind for event in await told(store, one, channel=channel, to=to)] == ["refused"]
    assert one.taken == []


async def test_the_message_says_that_it_is_a_trial_and_holds_no_code(store: Any) -> None:
    one = Fake("one", Sent())
    await told(store, one, channel="email", to="ada@example.test")
    assert ("trial" in one.taken[0].text, one.taken[0].code) == (True, "")


async def test_a_bug_of_an_adapter_is_told_by_its_name_alone(store: Any) -> None:
    step, _ = await told(store, Fake("one", KeyError("+4915112345678")))
    assert step.says.startswith("one: KeyError,")
