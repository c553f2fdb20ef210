"""Recovery codes: a set, shown once, each used once (NIST SP 800-63B-4, 3.1.2: look-up secrets)."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import ClassVar

from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words

# Auth0's shape: 24 of 36 letters are 124 bits, so a fast hash without salt suffices (112 are asked for).
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LENGTH = 24
MOST = 50
SHEET_LIVES, QUESTION_LIVES = 900, 900
SAVED = b"saved"


class Recovery:
    """A way back for whoever lost everything else. `mark` counts uses; a used code's hash leaves `open`."""

    kind: ClassVar[str] = "recovery-code"
    strength: ClassVar[int] = 1
    words: ClassVar[Words] = Words(
        factor="recovery-code",
        method="recovery-code",
        requirement="recovery-code",
        authenticator="recovery-code",
        grant="http://auth0.com/oauth/grant-type/mfa-recovery-code",
        screen_challenge="mfa-recovery-code-challenge",
        screen_enrol="mfa-recovery-code-enrollment",
        log_done="gd_recovery_succeed",
        log_failed="gd_recovery_failed",
        log_limit="gd_recovery_rate_limit_exceed",
        companion=True,
        id_prefix="recovery-code",
    )

    def promise(self, one: Enrolment | None) -> Shown:
        """Possession of the sheet; never phishing-resistant, and no approval of anything."""
        return Shown(self.kind, "possession", None, ("otp",), 2)

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """A new sheet; what it replaces stays good until this one was saved."""
        count = min(MOST, max(1, int(str(ask.rules.get("count", 10)))))
        codes = [_new(ask.random, index) for index in range(count)]
        state = State(b"", json.dumps([_hash(code) for code in codes]).encode())
        show = {"codes": "\n".join(grouped(code) for code in codes)}
        return Challenge(ask.id, ask.attempt, self.kind, "", (), state, show, (), None, ask.now + SHEET_LIVES, offer=True)

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """The person says that the codes are saved; nothing is proven by that."""
        if not (pending.offer and pending.answerable(ask.now)):
            return Rejected("expired")
        return Accepted(pending.remember) if answer == SAVED else Rejected("not_saved")

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """Any unused code of the sheet."""
        asked = tuple(one.id for one in to)
        return Challenge(ask.id, ask.attempt, self.kind, "", asked, State(), {}, (), None, ask.now + QUESTION_LIVES)

    def locate(self, answer: bytes) -> bytes | None:
        """A code is looked for in its own account alone (CVE-2025-64175)."""
        return None

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """The next state lacks the code that was used."""
        typed = _hash(plain(answer.decode(errors="replace")))
        left = json.loads(one.state.open or b"[]")
        # All are compared, whichever matches.
        used = [kept for kept in left if hmac.compare_digest(kept, typed)]
        if not used:
            return Rejected("wrong_recovery_code")
        state = State(b"", json.dumps([kept for kept in left if kept not in used]).encode(), one.state.mark + 1)
        return Accepted(state, None, self.promise(one))

    def replaced(self, state: State, ask: Ask) -> tuple[State, str]:
        """A fresh code in the place of the one that was used (Auth0's MFA API)."""
        code = _new(ask.random, 0)
        return state._replace(open=json.dumps([*json.loads(state.open or b"[]"), _hash(code)]).encode()), code

    def spent(self, one: Enrolment) -> bool:
        """Whether the last code was used."""
        return left(one.state) == 0

    def left(self, one: Enrolment) -> int | None:
        """How many codes are unused."""
        return left(one.state)

    def restored(self, state: State, now: int) -> State:
        """Which codes were used since the backup cannot be known, so none is good any longer."""
        return State(b"", b"[]", state.mark + 1)


def left(state: State) -> int:
    """How many codes are unused."""
    return len(json.loads(state.open or b"[]"))


def grouped(code: str) -> str:
    """As people read it: groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def plain(typed: str) -> str:
    """As it was made: without spaces and hyphens, in capitals."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _new(seed: bytes, index: int) -> str:
    """Unbiased: bytes beyond the last multiple of 36 are passed over."""
    stream = hashlib.shake_256(b"recovery code:" + index.to_bytes(4) + seed).digest(LENGTH * 8)
    fair = 256 - 256 % len(ALPHABET)
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in stream if byte < fair)[:LENGTH]
