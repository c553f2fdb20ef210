"""Carries messages out: at once after the commit that wrote them, again with back-off, by the next provider on failure.

At least once, and a second time only where nobody can know better: a provider that did not answer in time may have taken
it, and a process that ends between a provider's yes and ours leaves the message to another, under the same name.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from yett.domain.breaker import Breaker
from yett.domain.code import code_of
from yett.domain.fact import Fact
from yett.flows.current import Current
from yett.flows.mint import Mint
from yett.flows.numbers import country_of
from yett.flows.roster import Roster, Seat
from yett.ports import APART, Compose, Delivery, Entry, Letter, Outbox, Sent, Undelivered

LEASE, SWEEP, ROOM = 30, 5.0, 20
# For all providers together: were it longer than the lease, another node would send the message as well.
PATIENCE = 24.0
BACK_OFF = (1, 5, 30, 120, 600, 3600)
NOTICE_LIVES = 86400
# Auth0's log types of what has left, and of what was given up.
LOGGED: Mapping[str, tuple[str, str]] = {
    "email": ("gd_send_email", "fn"),
    "sms": ("gd_send_sms", "gd_send_sms_failure"),
    "voice": ("gd_send_voice", "gd_send_voice_failure"),
    "push": ("gd_send_pn", "gd_send_pn_failure"),
    APART: ("oidc_backchannel_logout_succeeded", "oidc_backchannel_logout_failed"),
}
LOGGED_TEMPLATES: Mapping[str, tuple[str, str]] = {"email_verification": ("gd_send_email_verification", "gd_send_email_verification_failure")}

Tell = Callable[[str, Exception], None]
# Seconds that a message may still take to leave; 0: it must not leave any more.
Left = Callable[[], Awaitable[float]]
# What became of messages: channel, provider ("" where none is meant), outcome.
Counts = Counter[tuple[str, str, str]]


class Asked(NamedTuple):
    """What one provider said of one letter, and how many seconds that took."""

    provider: str
    said: Sent | Exception
    took: float


@dataclass
class Carrier:
    """The outbox's way out of this process; `apart`: of what applications are told. `tell` hears of each refusal and each fault, `counts` says how many."""

    store: Outbox
    roster: Roster
    current: Current
    compose: Compose
    mint: Mint
    tell: Tell
    patience: float = PATIENCE
    counts: Counts = field(default_factory=Counter)
    breakers: dict[str, Breaker] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    underway: int = 0
    apart: bool = False

    def wake(self) -> None:
        """There is something to carry."""
        self.woken.set()

    async def run(self) -> None:
        """Carry, for as long as the process runs; a message that is slow to leave holds up no other."""
        async with asyncio.TaskGroup() as group:
            while True:
                # Before looking: whoever wakes us while we look may have come too late to be found.
                self.woken.clear()
                try:
                    await self._take(group)
                except Exception as fault:  # noqa: BLE001 - whatever a driver raises: what is underway goes on
                    self.tell("the outbox could not be read", fault)
                with suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP):
                        await self.woken.wait()

    async def carry(self) -> int:
        """One round, waited for; returns how many messages were due."""
        async with asyncio.TaskGroup() as group:
            return await self._take(group)

    async def peek(self, limit: int) -> Sequence[Mapping[str, object]]:
        """What the dev outbox shows, newest first, codes included: only behind --demo."""
        tenant = (await self.current.latest()).tenant
        out = [one for one in await self.store.outgoing(limit) if one.message.channel != APART]
        return [_shown(one, self.compose(one.message, _code(one), tenant)) for one in out]

    async def ask(self, seats: Sequence[Seat], letter: Letter, left: Left) -> AsyncIterator[Asked]:
        """Offer a letter to one after the other, until one takes it. None uses up the time of those behind it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        for at, (key, provider) in enumerate(self._in_order(seats)):
            if (still := await left()) <= 0:
                return
            began = loop.time()
            self.breakers[key] = self._breaker(key).asked(self.mint.clock())
            said: Sent | Exception
            try:
                async with asyncio.timeout(min(still, (until - began) / (len(seats) - at))):
                    said = await provider.send(letter)
            except Exception as fault:  # noqa: BLE001 - a fault of one provider, or of its adapter, is a reason to ask the next
                said = fault
            self.breakers[key] = self._after(key, said)
            yield Asked(provider.name, said, loop.time() - began)
            if isinstance(said, Sent):
                return

    async def _take(self, group: asyncio.TaskGroup) -> int:
        room = ROOM - self.underway
        due = await self.store.claim(self.mint.clock(), LEASE, room, apart=self.apart) if room > 0 else ()
        for one in due:
            self.underway += 1
            group.create_task(self._carry(one))
        return len(due)

    async def _carry(self, one: Delivery) -> None:
        try:
            await self._settle(one, await self._offer(one))
        except Exception as fault:  # noqa: BLE001 - what the store does not know, the end of the lease will show
            self.tell(_named(one), fault)
        finally:
            # There was no room for more: there may be more.
            if self.underway == ROOM:
                self.wake()
            self.underway -= 1

    async def _offer(self, one: Delivery) -> Sequence[Asked]:
        """What each provider said that was asked; nobody is where there is nothing to send any more."""
        catalogue = await self.current.latest()
        heard: list[Asked] = []
        try:
            letter = self.compose(one.message, _code(one), catalogue.tenant)._replace(id=one.id)
        except Exception as fault:  # noqa: BLE001 - of our own making: told of, and tried again
            self.tell(_named(one), fault)
            return [Asked("", fault, 0)]
        self.roster.dismiss(catalogue)
        async for asked in self.ask(self.roster.of(one.message.channel, catalogue), letter, lambda: self._left(one)):
            heard.append(asked)
            self._heard(one, asked)
        return heard

    def _in_order(self, seats: Sequence[Seat]) -> Sequence[Seat]:
        """As they stand, but those that rest last."""
        return sorted(seats, key=lambda seat: self._breaker(seat.key).rests(self.mint.clock()))

    def _breaker(self, key: str) -> Breaker:
        return self.breakers.get(key, Breaker())

    def _after(self, key: str, said: Sent | Exception) -> Breaker:
        """Whoever refuses a message for good is well: the message is not."""
        served = isinstance(said, Sent) or (isinstance(said, Undelivered) and said.permanent)
        return self._breaker(key).served() if served else self._breaker(key).failed(self.mint.clock())

    async def _left(self, one: Delivery) -> float:
        now = self.mint.clock()
        # Asked again right before it leaves: whoever has answered meanwhile needs no code, and nobody else shall have one.
        return _ends(one) - now if await self.store.may_leave(one, now) else 0

    def _heard(self, one: Delivery, asked: Asked) -> None:
        taken = isinstance(asked.said, Sent)
        self.counts[one.message.channel, asked.provider, "sent" if taken else "refused"] += 1
        if isinstance(asked.said, Exception):
            self.tell(_named(one), asked.said)

    async def _settle(self, one: Delivery, heard: Sequence[Asked]) -> None:
        last = heard[-1] if heard else None
        if last and isinstance(last.said, Sent):
            entry = self._entry(one, last.provider)._replace(reference=last.said.reference, price=last.said.price)
            return await self.store.sent(entry, (self._fact(one, entry),))
        return await self._again(one, heard)

    async def _again(self, one: Delivery, heard: Sequence[Asked]) -> None:
        """Later, or never; whatever nobody waits for any more, or somebody else carries, is left alone."""
        if not heard and not await self.store.may_leave(one, self.mint.clock()):
            return
        wait = BACK_OFF[min(one.tries, len(BACK_OFF) - 1)]
        at = self.mint.clock() + wait
        why = _why(heard)
        if not (_hopeless(heard) or at >= _ends(one)):
            await self.store.failed(one.id, at, why)
            if wait < SWEEP:
                asyncio.get_running_loop().call_later(wait, self.wake)
            return
        self.counts[one.message.channel, "", "given_up"] += 1
        entry = self._entry(one, heard[-1].provider if heard else "")._replace(outcome="failed", detail=why[:200])
        await self.store.failed(one.id, None, why, entry, (self._fact(one, entry),))

    def _entry(self, one: Delivery, provider: str) -> Entry:
        now, message = self.mint.clock(), one.message
        country = _country(message.to) if message.channel in {"sms", "voice"} else ""
        asked = one.challenge.id if one.challenge else None
        return Entry(one.id, message.channel, message.template, provider, "", "sent", "", "", country, one.account, one.client, asked, now, now)

    def _fact(self, one: Delivery, entry: Entry) -> Fact:
        sent, failed = LOGGED_TEMPLATES.get(entry.template) or LOGGED[entry.channel]
        told = {"template": entry.template, "provider": entry.provider}
        if entry.outcome == "failed":
            return self.mint.fact(failed, one.account, one.client, **told, why=entry.detail)
        return self.mint.fact(sent, one.account, one.client, **told)


def _shown(one: Delivery, letter: Letter) -> Mapping[str, object]:
    data = {**one.message.data, **({"code": letter.code} if letter.code else {})}
    return {
        "id": one.id,
        "at": one.created_at,
        "channel": one.message.channel,
        "to": letter.to,
        "subject": letter.subject,
        "text": letter.text,
        "data": data,
    }


def _code(one: Delivery) -> str:
    return code_of(one.challenge) if one.challenge else ""


def _ends(one: Delivery) -> int:
    """From when on it must not leave any more."""
    return one.challenge.expires_at if one.challenge else one.created_at + NOTICE_LIVES


def _country(number: str) -> str:
    """Where it rings; empty for what is no number."""
    from phonenumbers import NumberParseException

    try:
        return country_of(number)
    except NumberParseException:
        return ""


def _hopeless(heard: Sequence[Asked]) -> bool:
    return bool(heard) and all(isinstance(one.said, Undelivered) and one.said.permanent for one in heard)


def _named(one: Delivery) -> str:
    """For the log: neither the mailbox nor the code."""
    return f"message {one.id} ({one.message.template}) was not taken"


def _why(heard: Sequence[Asked]) -> str:
    said = [str(one.said) if isinstance(one.said, Undelivered) else type(one.said).__name__ for one in heard]
    return "; ".join(said) or "no provider, or too late"
