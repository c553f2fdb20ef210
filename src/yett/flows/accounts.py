"""What an account is born with, and keeps in step: its addresses, its password, its implicit e-mail factor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from yett.domain.account import Account, canonical
from yett.domain.enrolment import Enrolment, State
from yett.domain.tenant import Catalogue
from yett.factors.base import Factor
from yett.flows.mint import Mint
from yett.policy.regimes import in_force, shortest

# One line and one mailbox: what goes into a header of a message must not begin another (CRLF injection).
ADDRESS = re.compile(r"[^\s\x00-\x20\x7f()<>\[\]:;@\\,\"]{1,64}@[A-Za-z0-9\u0080-\U0010ffff.-]{1,253}")
# No "@": nobody calls himself after another's address.
USERNAME = re.compile(r"[A-Za-z0-9_.+!#$^`~'-]{1,128}")
IMPLICIT = "implicit"
LONGEST = 254


def is_address(email: str) -> bool:
    """Whether this is one e-mail address. No control or separator of any script is in one, nor what nobody sees (U+0085, U+2028, bidi marks)."""
    return len(email) <= LONGEST and email.isprintable() and ADDRESS.fullmatch(email) is not None


def is_username(name: str) -> bool:
    """Whether this may be a username."""
    return USERNAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Births:
    """Makes the enrolments that nobody confirms: a password that is set, a verified address that is a factor."""

    mint: Mint
    password: Factor
    email: Factor | None = None

    def password_of(self, account: Account, hashed: bytes, has: Sequence[Enrolment] = ()) -> Enrolment:
        """The password enrolment of the account: a new generation of the one that it has, if it has one."""
        old = next((one for one in has if one.kind == self.password.kind), None)
        return self._born(account, self.password, State(hashed), old, None)

    def shortest(self, catalogue: Catalogue, has: Sequence[Enrolment] = ()) -> int:
        """Letters that a password must have: more where no factor that somebody enrolled stands beside it."""
        beside = [one for one in has if one.status == "active" and one.kind != self.password.kind and one.link != IMPLICIT]
        return shortest(in_force(catalogue.tenant.regime, catalogue.tenant.tightened), alone=not beside)

    def implicit(self, account: Account, has: Sequence[Enrolment] = ()) -> tuple[Enrolment, ...]:
        """What to write so that a verified address is a factor, and one that is not verified is none."""
        if self.email is None:
            return ()
        old = next((one for one in has if one.kind == self.email.kind and one.link == IMPLICIT), None)
        state = State(open=canonical(account.email).encode())
        if not account.email_verified:
            return (old._replace(status="deleted", generation=old.generation + 1),) if old and old.status == "active" else ()
        if old and old.status == "active" and old.state.open == state.open:
            return ()
        return (self._born(account, self.email, state, old, IMPLICIT),)

    def companion(self, account: Account, factor: Factor, state: State, has: Sequence[Enrolment]) -> Enrolment:
        """A sheet of codes in the place of the one that the account has, if it has one."""
        old = next((one for one in has if one.kind == factor.kind), None)
        return self._born(account, factor, state, old, None)

    def _born(self, account: Account, factor: Factor, state: State, old: Enrolment | None, link: str | None) -> Enrolment:
        """What was proven with the generation before is proven no longer."""
        now = self.mint.clock()
        id = old.id if old else f"{factor.words.id_prefix or factor.kind}|{self.mint.name('dev_', 12)}"
        generation = old.generation + 1 if old else 1
        return Enrolment(id, account.id, factor.kind, state, generation=generation, link=link, created_at=now)
