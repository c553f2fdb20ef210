"""What is known of models of authenticators: what a new enrolment is judged by, and what people see of theirs."""

import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from yett.domain.enrolment import Enrolment
from yett.domain.model import UNKNOWN, Metadata, Model
from yett.factors.base import Ask, Factor, Modelled
from yett.ports import Configuration

# The value of the store that holds the edition in force.
KEPT = "metadata"
# Seconds for which `lately` takes what it has read.
LATELY = 60.0


def opened(kept: bytes | None) -> Metadata:
    """An edition as the store holds it."""
    return msgspec.json.decode(kept, type=Metadata) if kept else UNKNOWN


class Models:
    """The edition in force, read when it is first wanted."""

    def __init__(self, store: Configuration, steady: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._steady = steady
        self._known = UNKNOWN
        self._asked_at = float("-inf")

    async def latest(self) -> Metadata:
        """For what decides."""
        self._known, self._asked_at = opened(await self._store.remembered(KEPT)), self._steady()
        return self._known

    async def lately(self) -> Metadata:
        """For what looks good."""
        return self._known if self._steady() - self._asked_at < LATELY else await self.latest()

    async def judging(self, factor: Factor, ask: Ask) -> Ask:
        """`ask` with what this factor must know to judge a new enrolment."""
        return ask._replace(rules={**ask.rules, "metadata": await self.latest()}) if isinstance(factor, Modelled) else ask

    async def of(self, factor: Factor, one: Enrolment) -> tuple[str, Model]:
        """The model that an enrolment lives in, by its id; an empty one where nobody knows it."""
        if not isinstance(factor, Modelled):
            return "", Model()
        id = factor.model(one).hex()
        return id, (await self.lately()).models.get(id, Model())

    async def picture(self, id: str) -> bytes:
        """What a model looks like, as PNG; b"" where nobody knows."""
        try:
            return (await self.lately()).models.get(UUID(id).hex, Model()).picture
        except ValueError:
            return b""
