"""The words of messages."""

from yett.domain.enrolment import Message
from yett.ports import Mail


def compose(message: Message, code: str) -> Mail:
    """Text for now."""
    return Mail(message.to, message.template, f"{message.template} {code}", "")
