"""What a verb of the management API answers instead of doing it."""

from typing import Literal, NamedTuple

Why = Literal["unauthorized", "scope", "forbidden", "absent", "taken", "invalid", "busy"]


class Refused(NamedTuple):
    """An expected refusal. `code` is Auth0's errorCode; `message` is read by people."""

    why: Why
    message: str
    code: str = ""


BUSY = Refused("busy", "The user is being changed by others; try again.", "too_many_requests")


def absent(what: str) -> Refused:
    """There is no such thing, or not for this caller: one answer for both."""
    return Refused("absent", f"The {what} does not exist.", f"inexistent_{what.replace(' ', '_')}")


def invalid(message: str, code: str = "invalid_body") -> Refused:
    """The request was understood and cannot be done."""
    return Refused("invalid", message, code)
