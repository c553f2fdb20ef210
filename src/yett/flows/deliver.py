"""Carries messages out: at once after the commit that wrote them, again with back-off, by the next provider on failure."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from yett.domain.code import code_of
from yett.ports import Clock, Compose, Delivery, Outbox, Sender, Undelivered

LEASE, SWEEP, BATCH = 30, 5.0, 20
BACK_OFF = (1, 5, 30, 120, 600, 3600)
NOTICE_LIVES = 86400


@dataclass
class Carrier:
    """The outbox's way out of this process."""

    store: Outbox
    senders: Sequence[Sender]
    compose: Compose
    clock: Clock
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There is something to carry."""
        self.woken.set()

    async def run(self) -> None:
        """Carry, for as long as the process runs."""
        while True:
            while await self.carry():
                pass
            self.woken.clear()
            try:
                async with asyncio.timeout(SWEEP):
                    await self.woken.wait()
            except TimeoutError:
                continue

    async def carry(self) -> int:
        """One round; returns how many messages were due."""
        due = await self.store.claim(self.clock(), LEASE, BATCH)
        for one in due:
            await self._one(one)
        return len(due)

    async def peek(self, limit: int) -> Sequence[Mapping[str, object]]:
        """What the dev outbox shows, newest first, codes included: only behind --demo."""
        return [self._shown(one) for one in await self.store.outgoing(limit)]

    async def _one(self, delivery: Delivery) -> None:
        mail = self.compose(delivery.message, self._code(delivery))
        error = "no provider"
        for sender in self.senders:
            try:
                return await self.store.sent(delivery.id, self.clock(), await sender.send(mail))
            except Undelivered as failure:
                error = str(failure)
                if failure.permanent:
                    return await self.store.failed(delivery.id, None, error)
        age = self.clock() - delivery.created_at
        wait = BACK_OFF[min(delivery.tries, len(BACK_OFF) - 1)]
        await self.store.failed(delivery.id, self.clock() + wait if age < NOTICE_LIVES else None, error)
        return None

    def _code(self, delivery: Delivery) -> str:
        return code_of(delivery.challenge) if delivery.challenge else ""

    def _shown(self, one: Delivery) -> Mapping[str, object]:
        code = self._code(one)
        mail = self.compose(one.message, code)
        data = {**one.message.data, **({"code": code} if code else {})}
        return {"id": one.id, "at": one.created_at, "channel": one.message.channel, "to": mail.to, "subject": mail.subject, "text": mail.text, "data": data}
