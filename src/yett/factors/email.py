"""Codes by e-mail: what is used up is the challenge, so that two attempts of one account do not collide."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import ClassVar

from yett.domain.account import canonical
from yett.domain.code import code_of, digits
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words

LIFE, DIGITS = 300, 6


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
        address = pending.send[0].to if pending.send else _terms(pending)["to"]
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
        return self._judge(asked, answer, ask, one.state, self.promise(one)._replace(binds=asked.binds))

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def restored(self, state: State, now: int) -> State:
        """Challenges of the time before are void by themselves."""
        return state

    def _ask(self, ask: Ask, to: tuple[str, ...], target: str, template: str) -> Challenge:
        length = min(8, max(6, int(str(ask.rules.get("otp_length", DIGITS)))))
        life = int(str(ask.rules.get("otp_expiration_time", LIFE)))
        address = canonical(target)
        terms = {"digits": length, "purpose": template, "to": address}
        remember = State(ask.random[:32], json.dumps(terms).encode())
        message = Message("email", address, template, ask.locale, {"minutes": str(max(1, life // 60))})
        show = {"masked": masked(address), "digits": str(length)}
        return Challenge(ask.id, ask.attempt, self.kind, "email", to, remember, show, (message,), ask.transaction, ask.now + life)

    def _judge(self, asked: Challenge, answer: bytes, ask: Ask, state: State, shown: Shown) -> Accepted | Rejected:
        if asked.outcome != "open" or asked.expires_at <= ask.now:
            return Rejected("expired")
        typed = digits(answer.decode(errors="replace"), _terms(asked)["digits"])
        if not hmac.compare_digest(code_of(asked).encode(), typed.encode()):
            return Rejected("wrong_code")
        return Accepted(state, asked.remember, shown)


def masked(address: str) -> str:
    """Enough for its owner to know it, too little for anyone else to learn it."""
    name, _, host = address.partition("@")
    domain, dot, top = host.rpartition(".")
    return f"{name[:1]}•••@{domain[:1]}•••{dot}{top}"


def _shown(address: str) -> Shown:
    channel = hashlib.sha256(b"email:" + address.encode()).digest() if address else None
    return Shown("email", "possession", channel, ("email",), 1, spendable=True)


def _terms(asked: Challenge):  # type: ignore[no-untyped-def]
    return json.loads(asked.remember.open)
