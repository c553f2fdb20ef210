"""Reset a password: by the link that went to the mailbox, and one enrolled factor on another channel where there is one.

A reset never lowers MFA: it makes no session, ends all that there are, and the new password carries the mailbox's channel,
so that it and a code to that mailbox stay one factor.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.fact import Fact
from yett.domain.password import Blocklist
from yett.domain.password import fault as unfit
from yett.domain.verdict import Accepted, Rejected, Settled, Verdict
from yett.factors.base import Told
from yett.flows.accounts import Births
from yett.flows.alarm import Alarm
from yett.flows.asking import Asking, Withheld
from yett.flows.gate import regime_of
from yett.flows.mint import Mint
from yett.flows.owner import Ownership
from yett.flows.prove import TRIES
from yett.flows.steps import Browser
from yett.flows.tickets import Found, Tickets
from yett.policy.regimes import budget
from yett.ports import Busy, Hasher, Judged, Store

# How long a factor that was shown is good for choosing the password, in seconds.
CHOOSING = 900
EXPIRED, STUCK = "expired", "stuck"


class Ways(NamedTuple):
    """Another factor is to be shown first: by one of these."""

    found: Found
    ways: tuple[Enrolment, ...]
    error: str = ""


class Question(NamedTuple):
    """Its code is asked for."""

    found: Found
    way: Enrolment
    question: Challenge | None
    error: str = ""


class Choosing(NamedTuple):
    """The new password is asked for."""

    found: Found
    error: str = ""


class Finished(NamedTuple):
    """It is set, and everybody is signed out."""

    found: Found


class Over(NamedTuple):
    """There is nothing to be done here: `expired`, or `stuck`, for nothing that the account has can be shown here."""

    why: str


Stage = Ways | Question | Choosing | Finished | Over


@dataclass(frozen=True, slots=True)
class Reset:
    """One page after the other; which is next is decided here, whatever was asked for."""

    store: Store
    tickets: Tickets
    ownership: Ownership
    births: Births
    mint: Mint
    asking: Asking
    alarm: Alarm
    hasher: Hasher
    common: Blocklist

    async def __call__(self, handle: str, browser: Browser, form: Mapping[str, str] | None = None, way: str = "") -> Stage:
        """Without a form nothing is done: scanners of mail look too."""
        found = await self.tickets.find("reset", handle, browser)
        if found is None:
            return Over(EXPIRED)
        held = self._held(found)
        if held and not any((one.id, one.generation) == (id, generation) for one in held for id, generation, _ in found.attempt.shown):
            return await self._prove(found, held, form, way)
        if form is None or "password" not in form:
            return Choosing(found)
        return await self._set(found, form["password"])

    def _held(self, found: Found) -> tuple[Enrolment, ...]:
        """The factors on another channel that the account has: suspended and locked ones count, for they may come back."""
        owner, case = found.owner, self.ownership.case(found.owner, self.mint.clock())
        mailbox = self._mailbox(found)
        others = (one for one in case.enrolments if one.status not in {"pending", "deleted"} and case.promises[one.id].category != "knowledge")
        on = (one for one in others if self.ownership.gate.on(self.ownership.gate.factors[one.kind], owner.catalogue))
        return tuple(one for one in on if case.promises[one.id].channel is None or case.promises[one.id].channel != mailbox)

    def _mailbox(self, found: Found) -> bytes | None:
        """The channel that the link came through."""
        factor = self.births.email
        if not isinstance(factor, Told):
            return None
        here = Enrolment("", found.owner.account.id, factor.kind, factor.bound(found.ticket.address))
        return factor.promise(here).channel

    async def _prove(self, found: Found, held: Sequence[Enrolment], form: Mapping[str, str] | None, way: str) -> Stage:
        usable = set(self.ownership.case(found.owner, self.mint.clock()).usable)
        ways = tuple(one for one in held if one.id in usable and self._shown(one))
        if not ways:
            return Over(STUCK)
        action = form.get("action", "") if form else ""
        chosen = next((one for one in ways if one.id in {way, action}), None)
        if form is None or chosen is None or action == "pick-authenticator":
            return Ways(found, ways)
        # A button that was pressed before the script was there has no answer, and costs nothing.
        answer = form.get("code") if chosen.lookup is None else form.get("response") or None
        if action in {"default", "code"} and answer is not None:
            return await self._answer(found, ways, chosen, answer)
        return await self._ask(found, chosen, ways)

    def _shown(self, one: Enrolment) -> bool:
        """Whether it can be shown here: a code of it be typed, or a browser ask the key."""
        words = self.ownership.gate.factors[one.kind].words
        return bool(words.channels or words.companion or words.challenge_type in {"otp", "webauthn"})

    async def _ask(self, found: Found, one: Enrolment, ways: Sequence[Enrolment]) -> Stage:
        """Keys of one kind are asked at once: which is at hand, its owner knows."""
        owner, factor = found.owner, self.ownership.gate.factors[one.kind]
        ask, alike = self.ownership.ask(owner, factor, found.attempt.id), [each for each in ways if each.kind == one.kind and each.lookup and each != one]
        asked = await self.asking.challenge(found.attempt, factor, (one, *(alike if one.lookup else ())), ask, self.ownership.asker(owner))
        if isinstance(asked, Withheld):
            return Question(found, one, found.question, asked.reason)
        return Question(found, one, asked)

    async def _answer(self, found: Found, ways: Sequence[Enrolment], chosen: Enrolment, code: str) -> Stage:
        owner, attempt, now = found.owner, found.attempt, self.mint.clock()
        factor, answer = self.ownership.gate.factors[chosen.kind], code.encode(errors="replace")
        lookup = factor.locate(answer) if chosen.lookup else None
        one = next((each for each in ways if lookup and each.kind == chosen.kind and each.lookup == lookup), chosen)
        asked = found.question if found.question and one.id in found.question.to else None
        verdict = factor.verify(one, asked, answer, self.ownership.ask(owner, factor, attempt.id))
        after = attempt
        if isinstance(verdict, Accepted) and verdict.shown:
            shown = (*attempt.shown, (one.id, one.generation, verdict.shown))
            after = attempt._replace(shown=shown, expires_at=min(attempt.expires_at, now + CHOOSING))
        cost = budget(regime_of(owner.catalogue), known=False, first=False)
        told = self.ownership.everywhere(owner, "factor_copied", {"factor": factor.words.factor}) if isinstance(verdict, Rejected) and verdict.alarm else ()
        settled = await self.store.settle(attempt, (Judged(one, verdict),), asked, cost, now, self._facts(found, one, verdict), after, notices=told)
        self.asking.post()
        if settled == "no tries":
            await self.alarm(owner.account, owner.account.email, owner.locale)
        if settled != "done":
            return Question(found, one, found.question, TRIES[settled])
        if isinstance(verdict, Rejected):
            return Question(found, one, found.question, verdict.reason)
        return Choosing(found)

    async def _set(self, found: Found, password: str) -> Stage:
        owner, now = found.owner, self.mint.clock()
        seen = owner.account
        names = (seen.email, seen.username or "", owner.catalogue.tenant.brand.name)
        if why := unfit(password, self.births.shortest(owner.catalogue, owner.enrolments), self.common, names):
            return Choosing(found, why)
        try:
            hashed = await self.hasher.hash(password)
        except Busy:
            return Choosing(found, "busy")
        new = seen._replace(security_version=seen.security_version + 1, updated_at=now, email_verified=seen.email_verified or found.ticket.verifies)
        mailbox = self._mailbox(found)
        set_to = self.births.password_of(seen, hashed, owner.enrolments)
        if mailbox:
            set_to = set_to._replace(state=set_to.state._replace(open=json.dumps({"channel": mailbox.hex()}).encode()))
        done = await self.store.change_account(
            seen,
            new,
            (set_to, *self.births.implicit(new, owner.enrolments)),
            ends=True,
            now=now,
            facts=(self.mint.fact("scp", seen.id, owner.client or None, ip=owner.browser.ip, user_agent=owner.browser.user_agent[:256]),),
            notices=self.ownership.everywhere(owner, "password_changed", {}),
            spends=found.attempt,
        )
        if not done:
            return Over(EXPIRED)
        self.asking.post()
        return Finished(found)

    def _facts(self, found: Found, one: Enrolment, verdict: Verdict) -> Mapping[Settled, Sequence[Fact]]:
        factor = self.ownership.gate.factors[one.kind]
        words = factor.words

        def fact(type: str, **data: object) -> tuple[Fact]:
            return (self.ownership.fact(found.owner, type, factor, **data),)

        done = fact(words.log_failed, reason=verdict.reason) if isinstance(verdict, Rejected) else fact(words.log_done)
        return {"done": done, "used": fact(words.log_failed, reason="already_used"), "no tries": fact(words.log_limit)}
