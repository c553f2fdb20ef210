"""A code by SMS over real connections: the first provider fails in every way there is, and the code arrives once, by the second."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.adapters.deliver.server import Here, Says, here, serving
from tests.carrying import carrier
from yett.adapters.sql.opening import open_store
from yett.adapters.sql.store import SqlStore
from yett.domain.attempt import Attempt
from yett.domain.breaker import FAULTS, REST
from yett.domain.code import code_of
from yett.domain.enrolment import Challenge, Message, State
from yett.flows.deliver import Carrier
from yett.ports import Letter, Provider, Sent, Undelivered

NOW = 1_700_000_000
TO = "+4915112345678"
CODE = Message("sms", TO, "mfa_code", "en", {"minutes": "5", "client": "Web shop"})
ATTEMPT = Attempt("a", "browser", b"h", "web", NOW, NOW + 900, account="auth0|ada")
QUESTION = Challenge("c", "a", "phone", "sms", (), State(b"s" * 32, b'{"digits":6,"purpose":"mfa_code"}'), {}, (CODE,), None, NOW + 300)
SID = "AC" + "0" * 32


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def store(tmp_path: Any) -> AsyncIterator[SqlStore]:
    found = await open_store("memory:", directory=tmp_path)
    await found.begin(ATTEMPT, ())
    await found.ask(ATTEMPT, QUESTION, ())
    yield found
    await found.close()


def twilio(at: Here, url: str) -> Provider:
    return at.make("sms", "twilio", sid=SID, auth_token="t0ken", default_from="+4930123456", endpoint=url)


def webhook(at: Here, url: str) -> Provider:
    return at.make("sms", "webhook", url=url + "/sms", secret="a secret of more than 24 letters")


FIRST: dict[str, Says] = {
    "400": Says(400, {"code": 20001}),
    "a number that it does not serve": Says(400, {"code": 21211}),
    "401": Says(401, {"code": 20003}),
    "429": Says(429, {"code": 20429}),
    "503": Says(503),
    "nonsense": Says(raw=b"SMTP ready\r\n\r\n"),
}


@pytest.mark.parametrize("first", ["down", "slow", *FIRST])
async def test_the_code_arrives_once_and_by_the_second(store: SqlStore, free_port: Callable[[], int], first: str) -> None:
    async with serving(FIRST.get(first, Says())) as one, serving(Says(200, {"reference": "hook-1", "price": "0.01 EUR"})) as other, here() as at:
        one.mute = first == "slow"
        url = f"http://127.0.0.1:{free_port()}" if first == "down" else one.url
        carried = carrier(store, (twilio(at, url), webhook(at, other.url)), Clock(), patience=1.0 if first == "slow" else 20.0)
        assert await carried.carry() == 1
        assert await carried.carry() == 0
        assert len(other.asked) == 1
    assert other.asked[0].json["code"] == code_of(QUESTION)
    ((entry,), _) = await store.ledger(0, 9)
    assert (entry.provider, entry.reference, entry.outcome, entry.price, entry.country) == ("webhook", "hook-1", "sent", "0.01 EUR", "DE")
    assert (entry.account, entry.client, entry.challenge) == ("auth0|ada", "web", "c")
    ((fact,), _) = await store.facts(0, 9, type="gd_send_sms")
    assert (fact.account, fact.client, fact.data) == ("auth0|ada", "web", {"template": "mfa_code", "provider": "webhook"})
    assert carried.counts == {("sms", "twilio", "refused"): 1, ("sms", "webhook", "sent"): 1}


async def test_what_nobody_takes_is_a_failure_in_ledger_and_log(store: SqlStore) -> None:
    async with serving(Says(400, {"code": 21211})) as one, here() as at:
        assert await carrier(store, (twilio(at, one.url),), Clock()).carry() == 1
    ((entry,), _) = await store.ledger(0, 9)
    assert (entry.provider, entry.outcome, entry.detail) == ("twilio", "failed", "twilio: 400 (21211)")
    ((fact,), _) = await store.facts(0, 9, type="gd_send_sms_failure")
    assert fact.data["why"] == "twilio: 400 (21211)"
    assert TO not in str(fact.data)


class Fake:
    """Takes what comes, but for what it refuses; `before` happens first."""

    def __init__(self, name: str, refuses: Exception | None = None, before: Any = None) -> None:
        self.name, self.refuses, self.before, self.taken = name, refuses, before, list[Letter]()

    async def send(self, letter: Letter) -> Sent:
        if self.before:
            await self.before()
        self.taken.append(letter)
        if self.refuses:
            raise self.refuses
        return Sent("r")


async def again(store: SqlStore, carried: Carrier) -> None:
    """One more notice, carried."""
    await store.record((), (CODE._replace(template="factors_locked"),), carried.mint.clock())
    assert await carried.carry() > 0


async def test_a_provider_that_keeps_failing_is_asked_last_until_one_message_finds_it_well(tmp_path: Any) -> None:
    store, clock = await open_store("memory:", directory=tmp_path), Clock()
    first, second = Fake("first", Undelivered("down")), Fake("second")
    carried = carrier(store, (first, second), clock)
    for _ in range(FAULTS + 3):
        await again(store, carried)
    assert (len(first.taken), len(second.taken)) == (FAULTS, FAULTS + 3)
    clock.now += REST
    first.refuses = None
    await again(store, carried)
    await again(store, carried)
    assert (len(first.taken), len(second.taken)) == (FAULTS + 2, FAULTS + 3)
    await store.close()


async def test_whoever_rests_is_asked_all_the_same_where_nobody_else_is_left(tmp_path: Any) -> None:
    store = await open_store("memory:", directory=tmp_path)
    only = Fake("only", Undelivered("down"))
    carried = carrier(store, (only,), Clock())
    for _ in range(FAULTS + 1):
        await again(store, carried)
    assert len(only.taken) == FAULTS + 1
    await store.close()


async def test_a_message_that_is_refused_for_good_is_no_fault_of_the_provider(tmp_path: Any) -> None:
    store = await open_store("memory:", directory=tmp_path)
    picky, second = Fake("picky", Undelivered("no such number", permanent=True)), Fake("second")
    carried = carrier(store, (picky, second), Clock())
    for _ in range(FAULTS + 3):
        await again(store, carried)
    assert len(picky.taken) == FAULTS + 3
    await store.close()


async def test_a_code_that_was_answered_between_claim_and_sending_does_not_leave(store: SqlStore) -> None:
    claim = store.claim

    async def claimed_and_answered(*args: Any, **named: Any) -> Any:
        due = await claim(*args, **named)
        await store.ask(ATTEMPT, QUESTION._replace(id="d", send=()), ())
        return due

    store.claim = claimed_and_answered  # type: ignore[method-assign]
    provider = Fake("one")
    carried = carrier(store, (provider,), Clock())
    assert await carried.carry() == 1
    assert provider.taken == []
    assert (await store.ledger(0, 9))[1] == 0
    assert carried.counts == {}


async def test_a_code_that_is_answered_while_the_first_fails_does_not_leave_by_the_second(store: SqlStore) -> None:
    async def answered() -> None:
        await store.ask(ATTEMPT, QUESTION._replace(id="d", send=()), ())

    second = Fake("second")
    carried = carrier(store, (Fake("first", Undelivered("down"), answered), second), Clock())
    assert await carried.carry() == 1
    assert second.taken == []


async def test_no_provider_takes_longer_than_the_question_lives(store: SqlStore) -> None:
    clock = Clock()
    clock.now = QUESTION.expires_at - 1
    carried = carrier(store, (Fake("one", before=asyncio.Event().wait),), clock, patience=600.0)
    async with asyncio.timeout(5):
        assert await carried.carry() == 1
    assert (await store.ledger(0, 9))[0][0].outcome == "failed"


async def test_a_commit_that_failed_after_a_yes_doubles_nothing_before_the_lease_ends(store: SqlStore) -> None:
    sent = store.sent

    async def broken(*_: Any) -> None:
        store.sent = sent  # type: ignore[method-assign]
        raise ConnectionError

    store.sent = broken  # type: ignore[method-assign, assignment]
    provider, clock = Fake("one"), Clock()
    carried = carrier(store, (provider,), clock)
    assert await carried.carry() == 1
    clock.now += 29
    assert await carried.carry() == 0
    clock.now += 1
    assert await carried.carry() == 1
    assert [letter.id for letter in provider.taken] == [provider.taken[0].id] * 2
