"""What a factor answers."""

from typing import Literal, NamedTuple

from yett.domain.enrolment import State
from yett.domain.proof import Shown


class Accepted(NamedTuple):
    """`state` is the enrolment's next state, which forbids the reuse of the answer.

    `remember` is set where the challenge is what is used up (a sent code): then the state may stay as it is. `lookup` is
    what a new enrolment is found by, unique over all accounts.
    """

    state: State
    remember: State | None = None
    shown: Shown | None = None
    lookup: bytes | None = None


class Rejected(NamedTuple):
    """`ends`: the attempt is over (a push was denied). `alarm`: "this wasn't me"."""

    reason: str
    state: State | None = None
    ends: bool = False
    alarm: bool = False


Verdict = Accepted | Rejected
Settled = Literal["done", "used", "no tries"]
