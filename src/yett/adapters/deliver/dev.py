"""Delivers nowhere: the dev outbox shows what would have left."""

from typing import ClassVar

from yett.ports import Letter, Sent


class Dev:
    """A provider for --demo, of every channel."""

    name: ClassVar[str] = "dev"

    async def send(self, letter: Letter) -> Sent:  # noqa: ARG002 - nothing leaves
        """Kept where it is."""
        return Sent()
