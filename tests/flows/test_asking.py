"""Questions are budgeted before anything leaves (attacks: row 16, SMS pumping; auth0-surface 2.7)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.world import World, world
from yett.adapters.budget.process import ProcessLimiter
from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Enrolment
from yett.factors.base import Ask, Factor
from yett.factors.phone import Line, state_of
from yett.flows.asking import Asker, Asking, Withheld
from yett.flows.mint import digest
from yett.main import EMAIL, FACTORS
from yett.ports import Busy

PHONE = FACTORS["phone"]
NUMBER, OTHER = "+4917612345678", "+4915112345678"


class Asks:
    """Somebody who asks for codes."""

    def __init__(self, w: World, limiter: Any = None, **more: Any) -> None:
        self.w, self.more = w, more
        self.asking = Asking(w.store, limiter or ProcessLimiter(), w.ground.mint, w.carrier.wake)

    async def attempt(self, account: Account) -> Attempt:
        """An attempt of this account, held by nobody in particular."""
        mint, now = self.w.ground.mint, self.w.clock.now
        attempt = Attempt(mint.name(), "client", digest(mint.token()), "web", now, now + 900, account=account.id)
        await self.w.store.begin(attempt, ())
        return attempt

    async def offer(self, account: Account, number: str, attempt: Attempt | None = None, factor: Factor = PHONE, **ask: Any) -> Challenge | Withheld:
        """Ask whether this number, or address, is theirs."""
        attempt = attempt or await self.attempt(account)
        return await self.asking.offer(attempt, factor, (), self._ask(attempt, target=number, **ask), self._asker(account))

    async def code(self, account: Account, number: str = NUMBER, attempt: Attempt | None = None, **ask: Any) -> Challenge | Withheld:
        """A code to a number that is enrolled."""
        attempt = attempt or await self.attempt(account)
        one = Enrolment("phone|dev_1", account.id, "phone", state_of(Line(number, "sms")))
        return await self.asking.challenge(attempt, PHONE, (one,), self._ask(attempt, **ask), self._asker(account))

    def _ask(self, attempt: Attempt, **more: Any) -> Ask:
        mint, both = self.w.ground.mint, {"message_types": ["sms", "voice"]}
        return Ask(mint.random(64), self.w.clock.now, mint.name(), attempt.id, both, **more)

    def _asker(self, account: Account) -> Asker:
        return Asker(account, self.w.tenant, "Web shop", **self.more)


def why(said: Challenge | Withheld) -> tuple[str, str]:
    assert isinstance(said, Withheld), said
    return said.reason, said.why


async def sent(w: World) -> list[str]:
    return [str(one["to"]) for one in await w.mail() if "code" in one["data"]]


async def test_a_question_is_kept_sent_and_said_to_be_of_the_application_that_asks() -> None:
    async with world() as w:
        who = await w.person()
        asked = await Asks(w).code(who)
        assert isinstance(asked, Challenge)
        (message,) = await w.mail()
        assert (message["channel"], message["to"], message["data"]["client"]) == ("sms", NUMBER, "Web shop")
        assert [one.type for one in await w.facts("gd_start_auth")] == ["gd_start_auth"]


async def test_a_number_is_asked_in_its_one_form_however_it_was_written() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w)
        attempt = await asks.attempt(who)
        ask = asks._ask(attempt, target="0176 1234 5678")
        asked = await asks.asking.offer(attempt, PHONE, (), ask, asks._asker(who), region="DE")
        assert isinstance(asked, Challenge)
        assert await sent(w) == [NUMBER]


@pytest.mark.parametrize("target", ["", "12", "+19005550123", "+4917612345678;ext=1"])
async def test_what_is_no_number_is_asked_nothing(target: str) -> None:
    async with world() as w:
        assert why(await Asks(w).offer(await w.person(), target)) == ("bad_number", "invalid")
        assert await sent(w) == []


async def test_a_landline_is_called_and_gets_no_text() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w)
        assert why(await asks.offer(who, "+493012345678")) == ("bad_number", "invalid")
        assert isinstance(await asks.offer(who, "+493012345678", channel="voice"), Challenge)
        assert await sent(w) == ["+493012345678"]


async def test_what_is_no_address_is_asked_nothing() -> None:
    async with world() as w:
        assert why(await Asks(w).offer(await w.person(), "no address", factor=EMAIL)) == ("bad_address", "invalid")
        assert await sent(w) == []


async def test_an_attempt_that_went_on_elsewhere_is_asked_nothing() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w)
        attempt = await asks.attempt(who)
        assert await w.store.update(attempt, attempt._replace(resume_at="elsewhere"))
        assert why(await asks.code(who, attempt=attempt)) == ("moved_on", "moved")
        assert await sent(w) == []


# Budgets


async def test_ten_texts_or_calls_of_one_account_and_then_one_an_hour() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w)
        said = [await asks.code(who, channel="voice" if number % 2 else "sms") for number in range(12)]
        assert [isinstance(one, Challenge) for one in said] == [True] * 10 + [False] * 2
        assert why(said[-1]) == ("too_many_messages", "paced")
        w.clock.now += 3600
        assert [isinstance(await asks.code(who), Challenge) for _ in range(2)] == [True, False]
        assert len(await sent(w)) == 11
        assert len(await w.facts("gd_otp_rate_limit_exceed")) == 3


async def test_twenty_mails_of_one_account_and_then_one_a_minute() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w)
        said = [await asks.offer(who, "ada@example.test", factor=EMAIL) for _ in range(21)]
        assert [isinstance(one, Challenge) for one in said] == [True] * 20 + [False]
        w.clock.now += 60
        assert isinstance(await asks.offer(who, "ada@example.test", factor=EMAIL), Challenge)


async def test_in_one_attempt_the_same_is_asked_again_after_half_a_minute_and_another_channel_at_once() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w)
        attempt = await asks.attempt(who)
        assert isinstance(await asks.code(who, attempt=attempt), Challenge)
        assert why(await asks.code(who, attempt=attempt)) == ("too_soon", "paced")
        assert isinstance(await asks.code(who, attempt=attempt, channel="voice"), Challenge)
        w.clock.now += 30
        assert isinstance(await asks.code(who, attempt=attempt), Challenge)


async def test_an_application_that_paces_itself_is_not_held_up_within_an_attempt() -> None:
    async with world() as w:
        who, asks = await w.person(), Asks(w, pace=None)
        attempt = await asks.attempt(who)
        assert [isinstance(await asks.code(who, attempt=attempt), Challenge) for _ in range(3)] == [True] * 3


async def many(w: World, count: int) -> list[Account]:
    return [await w.person(f"p{number}", totp=False) for number in range(count)]


async def test_row_16_one_address_causes_so_many_codes_whoever_they_are_for() -> None:
    async with world() as w:
        asks = Asks(w, ip="203.0.113.7")
        people = await many(w, 62)
        said = [await asks.offer(who, f"+49176{10000 * index + 20000000}") for index, who in enumerate(people)]
        assert [isinstance(one, Challenge) for one in said] == [True] * 60 + [False] * 2
        assert isinstance(await Asks(w, asks.asking.limiter, ip="203.0.113.8").offer(people[-1], OTHER), Challenge)


async def test_row_16_an_address_is_not_limited_here_where_the_operator_limits_it_elsewhere() -> None:
    async with world() as w:
        asks = Asks(w, ip="203.0.113.7")
        asks.asking = Asking(w.store, ProcessLimiter(), w.ground.mint, w.carrier.wake, by_address=False)
        said = [await asks.offer(who, f"+49176{10000 * index + 20000000}") for index, who in enumerate(await many(w, 62))]
        assert all(isinstance(one, Challenge) for one in said)


async def test_row_16_numbers_of_one_block_share_a_budget() -> None:
    async with world() as w:
        asks = Asks(w)
        people = await many(w, 32)
        said = [await asks.offer(who, f"+49176123400{index:02}") for index, who in enumerate(people)]
        assert [isinstance(one, Challenge) for one in said] == [True] * 30 + [False] * 2
        assert why(said[-1]) == ("too_many_messages", "paced")
        assert isinstance(await asks.offer(people[-1], "+4917612350000"), Challenge)


async def test_row_16_a_country_has_what_the_tenant_gives_it_and_a_known_browser_gets_its_code_all_the_same() -> None:
    async with world(factor_settings={"sms": {"hourly": 5}}) as w:
        asks = Asks(w)
        people = await many(w, 7)
        said = [await asks.offer(who, f"+49176{10000 * index + 20000000}") for index, who in enumerate(people)]
        assert [isinstance(one, Challenge) for one in said] == [True] * 5 + [False] * 2
        assert isinstance(await asks.offer(people[-1], "+12025550123"), Challenge)
        known = Asks(w, asks.asking.limiter, known=True)
        assert isinstance(await known.code(people[0]), Challenge)
        assert why(await known.offer(people[0], OTHER)) == ("too_many_messages", "paced")


@pytest.mark.parametrize(
    "settings, number, served",
    [
        ({}, NUMBER, True),
        ({}, "+12025550123", True),
        ({}, "+18762345678", False),
        ({"countries": ["JM"]}, "+18762345678", True),
        ({"countries": ["JM"]}, NUMBER, False),
        ({"countries": ["*"]}, "+18762345678", True),
        ({"countries": []}, NUMBER, False),
        ({"countries": "DE"}, NUMBER, True),
    ],
)
async def test_row_16_codes_go_only_to_countries_that_are_served(settings: Mapping[str, object], number: str, served: bool) -> None:
    async with world(factor_settings={"sms": settings}) as w:
        who, asks = await w.person(), Asks(w, known=True)
        for said in (await asks.offer(who, number), await asks.code(who, number)):
            assert isinstance(said, Challenge) if served else why(said) == ("not_served", "unserved")
        assert len(await sent(w)) == (2 if served else 0)
        assert len(await w.facts("gd_send_sms_failure")) == (0 if served else 2)


@pytest.mark.parametrize("asked, answered, held", [(49, 0, False), (50, 9, True), (50, 10, False), (1000, 199, True), (0, 0, False)])
async def test_row_16_where_nobody_answers_codes_are_held_back_until_the_hour_moves_on(asked: int, answered: int, held: bool) -> None:
    async with world() as w:
        seen = []

        async def conversion(country: str, since: int) -> tuple[int, int]:
            seen.append((country, since))
            return asked, answered

        w.store.conversion = conversion
        who = await w.person()
        for said in (await Asks(w).offer(who, NUMBER), await Asks(w).code(who), await Asks(w, known=True).offer(who, OTHER)):
            assert why(said) == ("held_back", "unserved") if held else isinstance(said, Challenge)
        assert seen == [("DE", w.clock.now - 3600)] * 3
        assert isinstance(await Asks(w, known=True).code(who), Challenge)
        assert len(await w.facts("gd_send_sms_failure")) == (3 if held else 0)


async def test_row_16_a_hundred_numbers_at_once_get_no_more_than_their_budgets() -> None:
    async with world() as w:
        asks, people = Asks(w), await many(w, 100)
        said = await asyncio.gather(*(asks.offer(who, f"+49176123400{index:02}") for index, who in enumerate(people)))
        assert len([one for one in said if isinstance(one, Challenge)]) == len(await sent(w)) == 30


async def test_row_26_where_the_limiter_cannot_be_reached_nothing_leaves() -> None:
    class Gone:
        async def take(self, key: str, bucket: object, now: int) -> bool:
            raise Busy("the limiter does not answer")

    async with world() as w:
        who, asks = await w.person(), Asks(w, Gone())
        with pytest.raises(Busy):
            await asks.code(who)
        assert await sent(w) == []


async def test_no_budget_knows_whose_number_it_counts() -> None:
    class Curious:
        keys: list[str]

        async def take(self, key: str, bucket: object, now: int) -> bool:
            self.keys.append(key)
            return True

    async with world() as w:
        curious = Curious()
        curious.keys = []
        await Asks(w, curious).code(await w.person())
        assert len(curious.keys) == 4
        assert not any(NUMBER[1:-4] in key for key in curious.keys)
