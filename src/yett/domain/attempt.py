"""Attempts: one login or step-up in progress."""

from typing import NamedTuple

from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Clause


class Attempt(NamedTuple):
    """What is asked and what has been proven so far. It belongs to its holder: a `state` alone moves nothing.

    `via` is browser, client, device or ciba; `holder` the hash of a cookie, an mfa_token or an auth_req_id.
    `identifier` is what was typed, in canonical form; `account` is only a claim until something in `shown` stands
    first. `request` is the encoded request that waits; `base` the session's proofs when it arrived; `shown` holds
    (enrolment, generation, what it proved). `waivers` lift named clauses (remembered_browser, declined).
    `resume_at` names the page that is next when it comes back; `remember` is the person's wish to be remembered here, and
    `browser_key` the public key that their browser made for it.
    """

    id: str
    via: str
    holder: bytes
    client: str
    arrived_at: int
    expires_at: int
    version: int = 0
    account: str | None = None
    identifier: str = ""
    request: bytes = b"{}"
    wants: tuple[Clause, ...] = ()
    present_only: bool = False
    base: tuple[Proof, ...] = ()
    shown: tuple[tuple[str, int, Shown], ...] = ()
    waivers: tuple[str, ...] = ()
    signals: bytes = b"{}"
    commands: bytes = b"[]"
    resume_at: str = ""
    transaction: bytes | None = None
    remember: bool = False
    done: bool = False
    browser_key: bytes | None = None

    def proofs(self, now: int) -> tuple[Proof, ...]:
        """Those it came with, and its own as if it completed at `now`."""
        own = (Proof(shown, enrolment, generation, self.id, now) for enrolment, generation, shown in self.shown)
        return (*self.base, *own)
