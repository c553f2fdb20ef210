"""Passwords: an enrolment like any other. Argon2id runs outside; here is judged what it found."""

import json
from collections.abc import Sequence
from typing import ClassVar

from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words

MATCH = b"match"
QUESTION_LIVES = 900


class Password:
    """What a person knows. `state.secret` is its hash; `state.open` the channel that it was last reset through."""

    kind: ClassVar[str] = "password"
    strength: ClassVar[int] = 10
    words: ClassVar[Words] = Words(
        method="password", screen_challenge="login-password", log_done="s", log_failed="fp", log_limit="limit_wc", id_prefix="password"
    )

    def promise(self, one: Enrolment | None) -> Shown:
        """It may stand first. A password that was reset through a mailbox is no second factor beside that mailbox."""
        channel = json.loads(one.state.open).get("channel") if one and one.state.open else None
        return Shown("password", "knowledge", bytes.fromhex(channel) if channel else None, ("pwd",), 3, first=True)

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """Passwords are set by their own flows; nothing offers one."""
        raise TypeError("a password is not enrolled by challenge")

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """See `offer`."""
        return Rejected("unusable")

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """The question has no content."""
        asked = tuple(one.id for one in to)
        return Challenge(ask.id, ask.attempt, self.kind, "", asked, State(), {}, (), None, ask.now + QUESTION_LIVES)

    def locate(self, answer: bytes) -> bytes | None:
        """The login names the account."""
        return None

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """`answer` is MATCH where the hasher found the password right."""
        return Accepted(one.state, None, self.promise(one)) if answer == MATCH else Rejected("wrong_credentials")

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def left(self, one: Enrolment) -> int | None:
        """Not counted."""
        return None

    def restored(self, state: State, now: int) -> State:
        """A password may be used again; an older one comes back with an older database."""
        return state
