"""Carrying messages out: at once, once, by whoever takes them, and no longer than they are good for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.carrying import carrier
from yett.adapters.deliver.compose import compose
from yett.adapters.sql.opening import open_store
from yett.adapters.sql.store import SqlStore
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Message, State
from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue, Tenant
from yett.flows import deliver
from yett.flows.deliver import LEASE, PATIENCE
from yett.ports import Delivery, Entry, Letter, Sent, Undelivered

NOW = 1000
NOTE = Message("email", "ada@example.test", "factor_added", "en", {"factor": "totp"})
CODE = Message("email", "ada@example.test", "mfa_code", "en", {"minutes": "5"})
ATTEMPT = Attempt("a", "browser", b"h", "web", NOW, NOW + 900)
QUESTION = Challenge("c", "a", "email", "email", (), State(b"s" * 32, b'{"digits":6,"purpose":"mfa_code"}'), {}, (CODE,), None, NOW + 300)


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Provider:
    """Takes everything, unless it `does` something else; `then` happens before."""

    name = "one"

    def __init__(self, does: Exception | None = None, then: Callable[[Letter], Awaitable[object]] | None = None) -> None:
        self.does, self.then = does, then
        self.asked: list[Letter] = []

    @property
    def to(self) -> list[str]:
        return [mail.to for mail in self.asked]

    async def send(self, letter: Letter) -> Sent:
        self.asked.append(letter)
        if self.then:
            await self.then(letter)
        if self.does:
            raise self.does
        return Sent("taken")


async def never(_: Letter) -> None:
    await asyncio.Event().wait()


@pytest.fixture
async def store(tmp_path: Any) -> AsyncIterator[SqlStore]:
    found = await open_store("memory:", directory=tmp_path)
    yield found
    await found.close()


class Carrying:
    """A carrier, what it stands on, and what it told of."""

    def __init__(self, store: Any, *providers: Provider, patience: float = 20.0) -> None:
        self.clock, self.told = Clock(), list[tuple[str, Exception]]()
        self.carrier = carrier(store, providers, self.clock, lambda says, fault: self.told.append((says, fault)), patience)

    async def at(self, now: int) -> int:
        self.clock.now = now
        return await self.carrier.carry()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until the block is left, which must be soon."""
        task = asyncio.create_task(self.carrier.run())
        try:
            async with asyncio.timeout(4):
                yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def post(store: SqlStore, *notes: Message, now: int = NOW) -> None:
    await store.record((), notes, now)


async def to(provider: Provider, *names: str) -> None:
    """Wait until the provider was asked for these."""
    while set(provider.to) < set(names):
        await asyncio.sleep(0)


@pytest.mark.parametrize("fault", [Undelivered("down"), Undelivered("no such user", permanent=True), RuntimeError("a bug of ours")])
async def test_the_next_provider_takes_what_the_first_does_not_and_once(store: SqlStore, fault: Exception) -> None:
    first, second, third = Provider(fault), Provider(), Provider()
    here = Carrying(store, first, second, third)
    await post(store, NOTE)
    assert await here.at(NOW) == 1
    assert await here.at(NOW + 90_000) == 0
    assert (len(first.asked), len(second.asked), len(third.asked)) == (1, 1, 0)
    assert [fault for _, fault in here.told] == [fault]


async def test_a_provider_that_does_not_answer_is_passed_over_before_the_lease_ends(store: SqlStore) -> None:
    second = Provider()
    here = Carrying(store, Provider(then=never), second, patience=0.01)
    await post(store, NOTE)
    assert await here.at(NOW) == 1
    assert second.to == ["ada@example.test"]
    assert PATIENCE < LEASE


async def test_a_slow_message_holds_up_no_other(store: SqlStore) -> None:
    async def slow_for_one(letter: Letter) -> None:
        if letter.to.startswith("slow"):
            await never(letter)

    provider = Provider(then=slow_for_one)
    here = Carrying(store, provider)
    await post(store, NOTE._replace(to="slow@example.test"), NOTE)
    async with here.running():
        await to(provider, "slow@example.test", "ada@example.test")
        await post(store, NOTE._replace(to="grace@example.test"))
        here.carrier.wake()
        await to(provider, "grace@example.test")


async def test_there_are_no_more_underway_than_there_is_room_for_and_the_rest_follows(store: SqlStore) -> None:
    gate, most, underway = asyncio.Event(), 0, 0

    async def counted(_: Letter) -> None:
        nonlocal most, underway
        underway += 1
        most = max(most, underway)
        await gate.wait()
        underway -= 1

    provider = Provider(then=counted)
    here = Carrying(store, provider)
    names = [f"{number}@example.test" for number in range(50)]
    await post(store, *(NOTE._replace(to=name) for name in names))
    async with here.running():
        await to(provider, *names[:20])
        gate.set()
        await to(provider, *names)
    assert most == 20


class Box:
    """An outbox whose reader is told of a message in the very moment in which it has found none."""

    def __init__(self) -> None:
        self.due: list[Delivery] = []
        self.late: Callable[[], None] = lambda: None
        self.done = asyncio.Event()

    async def claim(self, now: int, lease: int, limit: int, *, apart: bool = False) -> Sequence[Delivery]:
        found, self.due = tuple(self.due), []
        self.late()
        return found

    async def version(self) -> int:
        return 1

    async def catalogue(self) -> Catalogue:
        return Catalogue(1, 1, Tenant(), {}, {}, (), ())

    async def may_leave(self, one: Delivery, now: int) -> bool:
        return True

    async def sent(self, entry: Entry, facts: Sequence[Fact] = ()) -> None:
        self.done.set()


async def test_whoever_wakes_the_carrier_while_it_looks_is_heard() -> None:
    box = Box()
    here = Carrying(box, Provider())

    def late() -> None:
        box.due.append(Delivery("1", NOTE, None, 0, NOW))
        here.carrier.wake()
        box.late = lambda: None

    box.late = late
    async with here.running():
        await box.done.wait()


async def test_a_store_that_fails_once_is_asked_again_and_told_of() -> None:
    box = Box()
    here = Carrying(box, Provider())
    box.due.append(Delivery("1", NOTE, None, 0, NOW))

    def broken() -> None:
        box.late = lambda: None
        box.due.append(Delivery("1", NOTE, None, 0, NOW))
        here.carrier.wake()
        raise ConnectionError

    box.late = broken
    async with here.running():
        await box.done.wait()
    assert [type(fault) for _, fault in here.told] == [ConnectionError]


async def test_what_was_underway_when_the_process_stopped_is_carried_by_another(store: SqlStore) -> None:
    slow, other = Provider(then=never), Provider()
    here, there = Carrying(store, slow), Carrying(store, other)
    await post(store, NOTE)
    async with here.running():
        await to(slow, "ada@example.test")
    assert await there.at(NOW + LEASE - 1) == 0
    assert await there.at(NOW + LEASE) == 1
    assert await there.at(NOW + 9 * LEASE) == 0
    assert other.asked[0].id == slow.asked[0].id != ""


async def test_what_nobody_takes_is_tried_again_ever_later_and_in_the_end_no_more(store: SqlStore) -> None:
    here = Carrying(store, Provider(Undelivered("down")))
    await post(store, NOTE)
    now = NOW
    for wait in (1, 5, 30, 120, 600, *[3600] * 23):
        assert await here.at(now) == 1
        assert await here.at(now + wait - 1) == 0
        now += wait
    assert await here.at(now) == 1
    assert now < NOW + 86_400
    assert await here.at(now + 86_400) == 0


async def test_a_provider_that_is_down_for_a_moment_is_asked_again_before_the_next_sweep(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "BACK_OFF", (0, 600))
    down = Provider(Undelivered("down"))
    here = Carrying(store, down)
    await post(store, NOTE)
    async with here.running():
        while len(down.asked) < 2:
            await asyncio.sleep(0)


async def test_what_every_provider_refuses_for_good_is_given_up_at_once(store: SqlStore) -> None:
    first, second = (Provider(Undelivered("no such user", permanent=True)) for _ in range(2))
    here = Carrying(store, first, second)
    await post(store, NOTE)
    assert [await here.at(NOW), await here.at(NOW + 90_000)] == [1, 0]
    assert (len(first.asked), len(second.asked)) == (1, 1)


async def test_a_refusal_for_good_by_one_provider_alone_is_not_the_end(store: SqlStore) -> None:
    first, second = Provider(Undelivered("not from you", permanent=True)), Provider(Undelivered("busy"))
    here = Carrying(store, first, second)
    await post(store, NOTE)
    assert [await here.at(NOW), await here.at(NOW + 1)] == [1, 1]


async def test_a_code_that_nobody_takes_is_not_tried_beyond_the_end_of_its_challenge(store: SqlStore) -> None:
    broken = Provider(Undelivered("down"))
    here = Carrying(store, broken)
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION, ())
    tried = [second for second in range(NOW, NOW + 900) if await here.at(second)]
    assert tried == [NOW, NOW + 1, NOW + 6, NOW + 36, NOW + 156]


async def test_a_code_does_not_leave_by_the_second_provider_when_its_challenge_ended_at_the_first(store: SqlStore) -> None:
    async def slowly(_: Letter) -> None:
        here.clock.now = QUESTION.expires_at

    second = Provider()
    here = Carrying(store, Provider(Undelivered("too slow"), slowly), second)
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION, ())
    assert await here.at(NOW) == 1
    assert second.asked == []


async def test_a_code_whose_question_was_put_anew_does_not_leave_any_more(store: SqlStore) -> None:
    provider = Provider()
    here = Carrying(store, provider)
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION, ())
    await store.ask(ATTEMPT, QUESTION._replace(id="d", remember=QUESTION.remember._replace(secret=b"t" * 32)), ())
    assert await here.at(NOW) == 1
    assert await here.at(NOW + 60) == 0
    (shown, old) = await here.carrier.peek(9)
    assert shown["data"]["code"] in provider.asked[0].text  # type: ignore[index]
    assert old["data"]["code"] not in provider.asked[0].text  # type: ignore[index]


async def test_a_message_that_cannot_be_composed_is_told_of_and_holds_up_no_other(store: SqlStore) -> None:
    def bug(message: Message, code: str, _: Tenant) -> Letter:
        if message.to.startswith("bug"):
            raise KeyError(message.template)
        return compose(message, code)

    provider = Provider()
    here = Carrying(store, provider)
    here.carrier.compose = bug
    await post(store, NOTE._replace(to="bug@example.test"), NOTE)
    assert await here.at(NOW) == 2
    assert provider.to == ["ada@example.test"]
    assert [type(fault) for _, fault in here.told] == [KeyError]
    assert await here.at(NOW + 1) == 1


async def test_what_is_told_of_names_the_message_and_never_its_code_or_its_mailbox(store: SqlStore) -> None:
    here = Carrying(store, Provider(Undelivered("down")))
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION, ())
    await here.at(NOW)
    ((says, _),) = here.told
    (shown,) = await here.carrier.peek(9)
    assert str(shown["id"]) in says
    assert "mfa_code" in says
    assert str(shown["data"]["code"]) not in says  # type: ignore[index]
    assert "ada" not in says


async def test_what_became_of_messages_is_counted(store: SqlStore) -> None:
    one, other = Provider(), Provider(Undelivered("no such user", permanent=True))
    await post(store, NOTE)
    here = Carrying(store, other, one)
    await here.at(NOW)
    assert here.carrier.counts == {("email", "one", "sent"): 1, ("email", "one", "refused"): 1}
    await post(store, NOTE)
    there = Carrying(store, other)
    await there.at(NOW)
    assert there.carrier.counts == {("email", "one", "refused"): 1, ("email", "", "given_up"): 1}


async def test_the_newest_is_shown_first_with_its_words_and_its_code(store: SqlStore) -> None:
    here = Carrying(store)
    await post(store, NOTE)
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION, ())
    first, second = await here.carrier.peek(9)
    assert list(first) == ["id", "at", "channel", "to", "subject", "text", "data"]
    assert (first["at"], first["channel"], first["to"]) == (NOW, "email", "ada@example.test")
    code = first["data"]["code"]  # type: ignore[index]
    assert code in str(first["text"])
    assert code in str(first["subject"])
    assert "code" not in second["data"]  # type: ignore[operator]
    assert await here.carrier.peek(1) == [first]


async def test_a_message_is_shown_without_its_code_when_its_question_was_swept_away(store: SqlStore) -> None:
    here = Carrying(store)
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION, ())
    await store.sweep(ATTEMPT.expires_at + 2 * 86_400)
    (shown,) = await here.carrier.peek(9)
    assert (shown["subject"], "code" in shown["data"]) == ("is your code", False)  # type: ignore[operator]


@pytest.mark.parametrize("channel", ["sms", "voice"])
async def test_what_a_telephone_is_told_is_shown_with_its_code(store: SqlStore, channel: Any) -> None:
    here = Carrying(store, Provider())
    await store.begin(ATTEMPT, ())
    await store.ask(ATTEMPT, QUESTION._replace(channel=channel, send=(CODE._replace(channel=channel, to="+4915112345678"),)), ())
    assert await here.at(NOW) == 1
    (shown,) = await here.carrier.peek(9)
    assert (shown["channel"], shown["to"], shown["subject"]) == (channel, "+4915112345678", "")
    assert str(shown["text"]).startswith(f"{shown['data']['code']} is your code")  # type: ignore[index]


async def test_a_notice_that_goes_to_a_telephone_is_short(store: SqlStore) -> None:
    provider = Provider()
    here = Carrying(store, provider)
    await post(store, NOTE._replace(channel="sms", to="+4915112345678"))
    assert await here.at(NOW) == 1
    assert provider.asked[0].text.startswith("A new way to log in was added. ")
