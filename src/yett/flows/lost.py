"""Report a factor lost: suspended at once, and deleted later unless somebody says that it was not them (flows.kept)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.fact import Fact
from yett.domain.verdict import Accepted, Rejected, Settled, Verdict
from yett.flows.accounts import IMPLICIT
from yett.flows.alarm import Alarm
from yett.flows.asking import Asking, Withheld
from yett.flows.gate import regime_of
from yett.flows.handles import Handles
from yett.flows.kept import Kept, Suspended, together
from yett.flows.mint import Mint
from yett.flows.owner import Missing, Owner, Ownership
from yett.flows.prove import TRIES
from yett.policy.lost import Lack, lacks
from yett.policy.regimes import budget
from yett.ports import Judged, Store


class Report(NamedTuple):
    """A report on its way: `ways` are the enrolments that may speak for the lost one, `needs` what is still wanted."""

    handle: str
    ways: tuple[Enrolment, ...]
    needs: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Reports. Each method returns how it goes on, or a message id."""

    store: Store
    ownership: Ownership
    kept: Kept
    mint: Mint
    asking: Asking
    alarm: Alarm

    @property
    def handles(self) -> Handles:
        """Those of reports on their way."""
        return Handles(self.store, self.mint, "lost")

    async def begin(self, owner: Owner, id: str) -> Report | Suspended | Missing | str:
        """Report enrolment `id` lost. Without a fresh password proof: what is `Missing`."""
        held, now = self.ownership.mine(owner, id), self.mint.clock()
        if held is None or held.enrolment.link == IMPLICIT:
            return "absent"
        if held.enrolment.leaves_at is not None:
            return "already_lost"
        if owner.account.blocked:
            return "blocked"
        case = self.ownership.case(owner, now)
        needs = lacks(case, id, now)
        if "password" in needs:
            return Missing((), case.regime.fresh, tuple(one for one in case.usable if case.promises[one].first))
        if not needs:
            return await self.kept.suspend(owner, id)
        attempt, handle = self.handles.new(owner.account.id, owner.client, id, now + case.regime.attempt_lives)
        await self.store.begin(attempt._replace(base=owner.proofs), ())
        return Report(handle, self._ways(owner, id), needs)

    async def ask(self, owner: Owner, handle: str, way: str, channel: str = "") -> Challenge | str:
        """Put the question to one of the ways: where codes are sent to, one is on its way."""
        arrival = await self.handles.find(handle, owner.account.id)
        attempt = arrival.attempt
        if attempt is None:
            return "expired"
        owner = owner._replace(enrolments=arrival.enrolments)
        one = self._way(owner, attempt, way)
        if one is None:
            return "absent"
        factor = self.ownership.gate.factors[one.kind]
        ask = self.ownership.ask(owner, factor, attempt.id, channel=channel)
        question = await self.asking.challenge(attempt, factor, (one,), ask, self.ownership.asker(owner))
        return question.reason if isinstance(question, Withheld) else question

    async def answer(self, owner: Owner, handle: str, way: str, code: str) -> Report | Suspended | str:
        """Take the code of one of the ways; once there are enough, the lost one is suspended."""
        arrival, now = await self.handles.find(handle, owner.account.id), self.mint.clock()
        attempt, account = arrival.attempt, arrival.account
        if attempt is None or account is None or account.blocked:
            return "expired"
        owner = owner._replace(account=account, enrolments=arrival.enrolments)
        one = self._way(owner, attempt, way)
        if one is None:
            return "absent"
        factor = self.ownership.gate.factors[one.kind]
        asked = arrival.challenge if arrival.challenge and one.id in arrival.challenge.to else None
        verdict = factor.verify(one, asked, code.encode(errors="replace"), self.ownership.ask(owner, factor, attempt.id))
        shown = ((one.id, one.generation, verdict.shown),) if isinstance(verdict, Accepted) and verdict.shown else ()
        after = attempt._replace(shown=(*attempt.shown, *shown))
        cost = budget(regime_of(owner.catalogue), known=owner.known, first=False)
        settled = await self.store.settle(attempt, (Judged(one, verdict),), asked, cost, now, self._facts(owner, one, verdict), after)
        if settled == "no tries":
            await self.alarm(account, account.email, owner.locale)
        if settled != "done":
            return TRIES[settled]
        if isinstance(verdict, Rejected):
            return verdict.reason
        return await self._on(owner, handle, after._replace(version=attempt.version + 1))

    async def _on(self, owner: Owner, handle: str, attempt: Attempt) -> Report | Suspended | str:
        lost, now = _about(attempt), self.mint.clock()
        if needs := lacks(self.ownership.case(owner, now, attempt), lost, now):
            return Report(handle, self._ways(owner, lost), needs)
        done = await self.kept.suspend(owner, lost)
        await self.store.update(attempt, attempt._replace(done=True))
        return done

    def _way(self, owner: Owner, attempt: Attempt, id: str) -> Enrolment | None:
        return next((one for one in self._ways(owner, _about(attempt)) if one.id == id), None)

    def _ways(self, owner: Owner, lost: str) -> tuple[Enrolment, ...]:
        """What may speak for the lost one: whatever else can be asked, and in any case the mailbox of the account."""
        case, gone = self.ownership.case(owner, self.mint.clock()), together(owner.enrolments, lost)
        others = (one for one in case.enrolments if one not in gone and not case.promises[one.id].first)
        return tuple(one for one in others if one.id in case.usable or (one.link == IMPLICIT and one.status == "active"))

    def _facts(self, owner: Owner, one: Enrolment, verdict: Verdict) -> Mapping[Settled, Sequence[Fact]]:
        factor = self.ownership.gate.factors[one.kind]
        words = factor.words

        def fact(type: str, **data: object) -> tuple[Fact]:
            return (self.ownership.fact(owner, type, factor, **data),)

        done = fact(words.log_failed, reason=verdict.reason) if isinstance(verdict, Rejected) else fact(words.log_done)
        return {"done": done, "used": fact(words.log_failed, reason="already_used"), "no tries": fact(words.log_limit)}


def _about(attempt: Attempt) -> str:
    return msgspec.json.decode(attempt.request, type=str)
