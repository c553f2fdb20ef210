"""Codes by e-mail: what is used up is the challenge, so that two attempts of one account do not collide."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from yett.domain.account import canonical
from yett.domain.code import code_of, digits
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words

LIFE, DIGITS = 300, 6
# Ten minutes at most (NIST SP 800-63B-4, 3.1.3.2).
LIVES, LENGTHS = range(60, 601), range(6, 9)


class Terms(NamedTuple):
    """What a question remembers besides its secret: how long the code is, what for, and which mailbox it went to."""

    digits: int
    purpose: str
    to: str


class Email:
    """A mailbox. `state.open` is its canonical address."""

    kind: ClassVar[str] = "email"
    strength: ClassVar[int] = 20
    words: ClassVar[Words] = Words(
        factor="email",
        method="email",
        requirement="email",
        authenticator="oob",
        channel="email",
        grant="http://auth0.com/oauth/grant-type/mfa-oob",
        challenge_type="oob",
        screen_challenge="mfa-email-challenge",
        screen_enrol="mfa-email-enrollment",
        id_prefix="email",
    )

    def promise(self, one: Enrolment | None) -> Shown:
        """Possession of the mailbox, weakly: the channel says which, so that two proofs through it are seen to be one."""
        return _shown(one.state.open.decode() if one else "")

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """A code to the address that shall be enrolled."""
        return self._ask(ask, (), ask.target, "email_verification")._replace(offer=True)

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Whoever has the code has the mailbox."""
        if not pending.offer:
            return Rejected("expired")
        address = _terms(pending).to
        return self._judge(pending, answer, ask, State(b"", address.encode()), _shown(address))

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """A code to the first of them."""
        return self._ask(ask, tuple(one.id for one in to[:1]), to[0].state.open.decode(), "mfa_code")

    def locate(self, answer: bytes) -> bytes | None:
        """The challenge names it."""
        return None

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """The code of this challenge, while it is open."""
        if asked is None or one.id not in asked.to:
            return Rejected("expired")
        # A code to a mailbox that was replaced since proves nothing of the new one.
        if _terms(asked).to != one.state.open.decode():
            return Rejected("expired")
        return self._judge(asked, answer, ask, one.state, self.promise(one)._replace(binds=asked.binds))

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def restored(self, state: State, now: int) -> State:
        """Challenges of the time before are void by themselves."""
        return state

    def _ask(self, ask: Ask, to: tuple[str, ...], target: str, template: str) -> Challenge:
        terms = Terms(_within(ask.rules, "otp_length", DIGITS, LENGTHS), template, canonical(target))
        life = _within(ask.rules, "otp_expiration_time", LIFE, LIVES)
        remember = State(ask.random[:32], json.dumps(terms._asdict()).encode())
        message = Message("email", terms.to, template, ask.locale, {"minutes": str(max(1, life // 60))})
        show = {"masked": masked(terms.to), "digits": str(terms.digits)}
        until = ask.now + life
        return Challenge(ask.id, ask.attempt, self.kind, "email", to, remember, show, (message,), ask.transaction, until)

    def _judge(self, asked: Challenge, answer: bytes, ask: Ask, state: State, shown: Shown) -> Accepted | Rejected:
        if not asked.answerable(ask.now):
            return Rejected("expired")
        typed = digits(answer.decode(errors="replace"), _terms(asked).digits)
        if not hmac.compare_digest(code_of(asked).encode(), typed.encode()):
            return Rejected("wrong_code")
        return Accepted(state, asked.remember, shown)


def masked(address: str) -> str:
    """Enough for its owner to know it, too little for anyone else to learn it."""
    name, _, host = address.rpartition("@")
    domain, dot, top = host.rpartition(".")
    return f"{name[:1]}•••@{(domain or top)[:1]}•••{dot}{top if dot else ''}"


def _shown(address: str) -> Shown:
    channel = hashlib.sha256(b"email:" + address.encode()).digest() if address else None
    return Shown("email", "possession", channel, ("email",), 1, spendable=True)


def _within(rules: Mapping[str, object], name: str, usual: int, allowed: range) -> int:
    """The tenant's figure, no looser than is allowed."""
    return min(max(int(str(rules.get(name, usual))), allowed[0]), allowed[-1])


def _terms(asked: Challenge) -> Terms:
    return Terms(**json.loads(asked.remember.open))
