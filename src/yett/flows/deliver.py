"""Carries messages out: at once after the commit that wrote them, again with back-off, by the next provider on failure.

At least once: a process that ends between a provider's yes and ours leaves the message to another, under the same name.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from yett.domain.code import code_of
from yett.ports import Clock, Compose, Delivery, Letter, Outbox, Provider, Sent, Undelivered

LEASE, SWEEP, ROOM = 30, 5.0, 20
# For all providers together: were it longer than the lease, another node would send the message as well.
PATIENCE = 24.0
BACK_OFF = (1, 5, 30, 120, 600, 3600)
NOTICE_LIVES = 86400

Tell = Callable[[str, Exception], None]


@dataclass
class Carrier:
    """The outbox's way out of this process. `tell` hears of each refusal and each fault, `counts` says how many."""

    store: Outbox
    senders: Sequence[Provider]
    compose: Compose
    clock: Clock
    tell: Tell
    patience: float = PATIENCE
    counts: Counter[str] = field(default_factory=Counter)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    underway: int = 0

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
        return [self._shown(one) for one in await self.store.outgoing(limit)]

    async def _take(self, group: asyncio.TaskGroup) -> int:
        room = ROOM - self.underway
        due = await self.store.claim(self.clock(), LEASE, room) if room > 0 else ()
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

    async def _offer(self, one: Delivery) -> Sent | list[Exception]:
        """The receipt of the first provider that takes it, or why none did."""
        faults: list[Exception] = []
        letter: Letter | None = None
        for sender in self.senders:
            if self.clock() >= _ends(one):
                break
            try:
                letter = letter or self.compose(one.message, _code(one))._replace(id=one.id)
                async with asyncio.timeout(self.patience / len(self.senders)):
                    return await sender.send(letter)
            except Exception as fault:  # noqa: BLE001 - a fault of one provider, or of its adapter, is a reason to ask the next
                self.counts["refused"] += 1
                self.tell(_named(one), fault)
                faults.append(fault)
                if letter is None:
                    break
        return faults

    async def _settle(self, one: Delivery, taken: Sent | list[Exception]) -> None:
        if isinstance(taken, Sent):
            self.counts["sent"] += 1
            return await self.store.sent(one.id, self.clock(), taken.reference)
        wait = BACK_OFF[min(one.tries, len(BACK_OFF) - 1)]
        again = self.clock() + wait
        hopeless = bool(taken) and all(isinstance(fault, Undelivered) and fault.permanent for fault in taken)
        if hopeless or again >= _ends(one):
            self.counts["given_up"] += 1
            return await self.store.failed(one.id, None, _why(taken))
        await self.store.failed(one.id, again, _why(taken))
        if wait < SWEEP:
            asyncio.get_running_loop().call_later(wait, self.wake)
        return None

    def _shown(self, one: Delivery) -> Mapping[str, object]:
        code = _code(one)
        letter = self.compose(one.message, code)
        data = {**one.message.data, **({"code": code} if code else {})}
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


def _named(one: Delivery) -> str:
    """For the log: neither the mailbox nor the code."""
    return f"message {one.id} ({one.message.template}) was not taken"


def _why(faults: Sequence[Exception]) -> str:
    said = [str(fault) if isinstance(fault, Undelivered) else type(fault).__name__ for fault in faults]
    return "; ".join(said) or "no provider, or too late"
