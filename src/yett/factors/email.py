"""Codes by e-mail."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from yett.domain.account import canonical
from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words
from yett.factors.sent import code_to, judged, terms_of


class Email:
    """A mailbox. `state.open` is its canonical address."""

    kind: ClassVar[str] = "email"
    strength: ClassVar[int] = 20
    words: ClassVar[Words] = Words(
        factor="email",
        method="email",
        requirement="email",
        authenticator="oob",
        channels=("email",),
        grant="http://auth0.com/oauth/grant-type/mfa-oob",
        challenge_type="oob",
        screen_challenge="mfa-email-challenge",
        screen_enrol="mfa-email-enrollment",
        id_prefix="email",
    )

    told: ClassVar[str] = "email"

    def bound(self, value: str, channel: str = "") -> State:
        """An address."""
        return State(b"", canonical(value).encode())

    def described(self, one: Enrolment) -> Mapping[str, str]:
        """Its address."""
        return {self.told: one.state.open.decode()}

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
        address = terms_of(pending).to
        return judged(pending, answer, ask, State(b"", address.encode()), _shown(address))

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
        if terms_of(asked).to != one.state.open.decode():
            return Rejected("expired")
        return judged(asked, answer, ask, one.state, self.promise(one)._replace(binds=asked.binds))

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def left(self, one: Enrolment) -> int | None:
        """Not counted."""
        return None

    def restored(self, state: State, now: int) -> State:
        """Challenges of the time before are void by themselves."""
        return state

    def _ask(self, ask: Ask, to: tuple[str, ...], target: str, template: str) -> Challenge:
        address = canonical(target)
        return code_to(address, masked(address), ask, self.kind, "email", to, template)


def masked(address: str) -> str:
    """Enough for its owner to know it, too little for anyone else to learn it."""
    name, _, host = address.rpartition("@")
    domain, dot, top = host.rpartition(".")
    return f"{name[:1]}•••@{(domain or top)[:1]}•••{dot}{top if dot else ''}"


def _shown(address: str) -> Shown:
    channel = hashlib.sha256(b"email:" + address.encode()).digest() if address else None
    return Shown("email", "possession", channel, ("email",), 1, spendable=True)
