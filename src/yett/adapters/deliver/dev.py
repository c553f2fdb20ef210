"""Delivers nowhere: the dev outbox shows what would have left."""

from yett.ports import Mail


class Dev:
    """A provider for --demo."""

    async def send(self, mail: Mail) -> str:  # noqa: ARG002 - nothing leaves
        """Kept where it is."""
        return "dev"
