"""Codes that are sent, whatever they travel through: what is used up is the challenge, so that two attempts do not collide."""

import hmac
import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from yett.domain.code import code_of, digits
from yett.domain.enrolment import Challenge, Message, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask

LIFE, DIGITS = 300, 6
# Ten minutes at most (NIST SP 800-63B-4, 3.1.3.2).
LIVES, LENGTHS = range(60, 601), range(6, 9)


class Terms(NamedTuple):
    """What a question remembers besides its secret: how long the code is, what for, and where it went."""

    digits: int
    purpose: str
    to: str


def code_to(target: str, masked: str, ask: Ask, kind: str, channel: Literal["email", "sms", "voice"], to: tuple[str, ...], template: str) -> Challenge:
    """A question whose code is sent to `target`; `to` are the enrolments that may answer it."""
    terms = Terms(within(ask.rules, "otp_length", DIGITS, LENGTHS), template, target)
    life = within(ask.rules, "otp_expiration_time", LIFE, LIVES)
    remember = State(ask.random[:32], json.dumps(terms._asdict()).encode())
    approves = {"purpose": ask.text} if ask.text and to else {}
    message = Message(channel, target, template, ask.locale, {"minutes": str(max(1, life // 60)), **approves})
    show = {"masked": masked, "digits": str(terms.digits)}
    return Challenge(ask.id, ask.attempt, kind, channel, to, remember, show, (message,), ask.transaction, ask.now + life)


def judged(asked: Challenge, answer: bytes, ask: Ask, state: State, shown: Shown) -> Accepted | Rejected:
    """Whether this is the code of this challenge, while it is open."""
    if not asked.answerable(ask.now):
        return Rejected("expired")
    typed = digits(answer.decode(errors="replace"), terms_of(asked).digits)
    if not hmac.compare_digest(code_of(asked).encode(), typed.encode()):
        return Rejected("wrong_code")
    return Accepted(state, asked.remember, shown)


def terms_of(asked: Challenge) -> Terms:
    """What the question remembers in the open."""
    return Terms(**json.loads(asked.remember.open))


def within(rules: Mapping[str, object], name: str, usual: int, allowed: range) -> int:
    """The tenant's figure, no looser than is allowed."""
    return min(max(int(str(rules.get(name, usual))), allowed[0]), allowed[-1])
