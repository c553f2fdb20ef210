"""Enrolments and challenges: a factor bound to an account, and one question put to it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Status = Literal["pending", "active", "suspended", "disabled", "deleted"]


class State(NamedTuple):
    """What a factor remembers. The store seals `secret`; a swap compares `mark`, and nothing else."""

    secret: bytes = b""
    open: bytes = b""
    mark: int = 0


class Enrolment(NamedTuple):
    """One factor bound to one account. `lookup` is unique (credential id, device id).

    `failures` counts consecutive wrong answers; `paced_at` is the GCRA arrival time of its bucket, in seconds. One that
    was reported lost is suspended, and deleted at `leaves_at`.
    """

    id: str
    account: str
    kind: str
    state: State
    status: Status = "active"
    generation: int = 1
    lookup: bytes | None = None
    link: str | None = None
    name: str = ""
    created_at: int = 0
    used_at: int | None = None
    failures: int = 0
    paced_at: int = 0
    locked_until: int = 0
    leaves_at: int | None = None


class Message(NamedTuple):
    """One message that shall leave. `template` and `data` say what; a code is derived at sending, never stored."""

    channel: Literal["email", "sms", "voice", "push", "backchannel"]
    to: str
    template: str
    locale: str
    data: Mapping[str, str]


class Challenge(NamedTuple):
    """One question. `to` is empty while the account is not known (passkey), and may name several enrolments.

    An offer (the beginning of an enrolment) is a challenge too: `remember` is then the state that `confirm` judges.
    The store seals `remember.secret` and `show`, for an authenticator's key stands in both.
    """

    id: str
    attempt: str
    kind: str
    channel: str
    to: tuple[str, ...]
    remember: State
    show: Mapping[str, str]
    send: tuple[Message, ...]
    binds: bytes | None
    expires_at: int
    offer: bool = False
    tries: int = 10
    outcome: Literal["open", "accepted", "refused", "void"] = "open"

    def answerable(self, now: int) -> bool:
        """Whether an answer still counts: it is open, and its time is not over."""
        return self.outcome == "open" and now < self.expires_at
