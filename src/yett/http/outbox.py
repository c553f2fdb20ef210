"""The dev outbox of --demo: what would have left, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yett.flows.deliver import Carrier
from yett.http.render import Message

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages as JSON and as the page shows them."""

    carrier: Carrier

    async def items(self) -> Sequence[Mapping[str, object]]:
        """As /dev/outbox.json gives them."""
        return await self.carrier.peek(SHOWN)

    async def shown(self) -> tuple[Message, ...]:
        """As the page takes them."""
        return tuple(_message(one) for one in await self.items())


def _message(one: Mapping[str, object]) -> Message:
    data = one.get("data")
    code = str(data.get("code", "")) if isinstance(data, Mapping) else ""
    return Message(str(one["id"]), int(str(one["at"])), str(one["channel"]), str(one["to"]), str(one["subject"]), str(one["text"]), code)
