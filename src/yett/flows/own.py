"""What owners change of their own account: one place does it, whichever page or API they come by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.account import canonical
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Enrolment
from yett.domain.fact import Fact
from yett.domain.verdict import Accepted, Rejected, Settled, Verdict
from yett.factors.base import Factor, Told
from yett.flows.accounts import Births
from yett.flows.alarm import Alarm
from yett.flows.asking import RINGS, Asking, Withheld, at_home
from yett.flows.gate import regime_of
from yett.flows.handles import Handles
from yett.flows.mint import Mint
from yett.flows.models import Models
from yett.flows.numbers import e164
from yett.flows.owner import Missing, Owner, Ownership
from yett.flows.prove import TRIES
from yett.policy.regimes import budget
from yett.ports import Store

LONGEST_NAME = 64


class Offer(NamedTuple):
    """An enrolment begun: `handle` is what completes it, `id` the name that it will have, `question` what to show."""

    handle: str
    id: str
    question: Challenge


class Enrolled(NamedTuple):
    """An enrolment completed, and the recovery codes that came along, shown this once."""

    enrolment: Enrolment
    codes: tuple[str, ...] = ()


class Begun(NamedTuple):
    """What waits for the answer: the id and the name that the new enrolment will have."""

    enrolment: str
    name: str


@dataclass(frozen=True, slots=True)
class Own:
    """An owner's changes. A refusal is `Missing`, or a message id: what is not the owner's own is "absent"."""

    store: Store
    ownership: Ownership
    mint: Mint
    births: Births
    asking: Asking
    alarm: Alarm
    models: Models

    @property
    def handles(self) -> Handles:
        """What begins an enrolment."""
        return Handles(self.store, self.mint, "own")

    async def begin(self, owner: Owner, kind: str, *, channel: str = "", target: str = "", region: str = "", name: str = "") -> Offer | Missing | str:
        """Begin an enrolment; `target` is the address or number that shall be enrolled, dialled from `region` (ISO 3166)."""
        factor, now = self._factor(owner, kind), self.mint.clock()
        if factor is None:
            return "absent"
        if refused := self.ownership.refused(owner, factor, now):
            return refused
        begun = Begun(self._id(owner, factor), named(name))
        attempt, handle = self.handles.new(owner.account.id, owner.client, begun, now + regime_of(owner.catalogue).attempt_lives)
        ask = self.ownership.ask(owner, factor, attempt.id, channel=channel, target=target)
        client = owner.catalogue.clients.get(owner.client)
        ask = at_home(ask, client) if client else ask
        if destination(factor, ask.target, region) in self._addresses(owner, kind):
            return "already_enrolled"
        await self.store.begin(attempt, ())
        question = await self.asking.offer(attempt, factor, owner.enrolments, ask, self.ownership.asker(owner), region=region)
        return question.reason if isinstance(question, Withheld) else Offer(handle, begun.enrolment, question)

    async def confirm(
        self, owner: Owner, handle: str, answer: str, *, id: str = "", codes: bool = True, spends: Attempt | None = None
    ) -> Enrolled | Missing | str:
        """Complete what `handle` began: a confirm is a try, and whether the account may have it is decided again.

        `id`, where given, must be the one that was offered. With `codes` recovery codes come along with the first factor.
        `spends` is the link that led here, which is used up by it.
        """
        now, arrival = self.mint.clock(), await self.handles.find(handle, owner.account.id)
        attempt, asked, account = arrival.attempt, arrival.challenge, arrival.account
        if attempt is None or asked is None or account is None or not asked.offer:
            return "expired"
        begun, factor = msgspec.json.decode(attempt.request, type=Begun), self._factor(owner, asked.kind)
        if factor is None or (id and id != begun.enrolment):
            return "expired"
        if owner.vouched and account.security_version != owner.account.security_version:
            return "already_used"
        # As the account is now: somebody may have enrolled a factor since.
        owner = owner._replace(account=account, enrolments=arrival.enrolments)
        if refused := self.ownership.refused(owner, factor, attempt.arrived_at):
            return refused
        ask = await self.models.judging(factor, self.ownership.ask(owner, factor, attempt.id))
        verdict = factor.confirm(asked, answer.encode(errors="replace"), ask)
        new = self._new(owner, factor, begun, verdict, now) if isinstance(verdict, Accepted) else None
        sheet, shown = self._sheet(owner, factor) if new and codes else (None, ())
        settled = await self.store.enrol(
            attempt,
            asked,
            verdict,
            account,
            tuple(one for one in (new, sheet) if one),
            budget(regime_of(owner.catalogue), known=owner.known, first=False),
            now,
            self._facts(owner, factor, verdict),
            attempt._replace(done=True) if new else attempt,
            None,
            self.ownership.notices(owner, factor, "recovery_regenerated" if new and new.generation > 1 else "factor_added"),
            spends=spends if new else None,
        )
        if settled == "no tries":
            await self.alarm(account, account.email, owner.locale)
        if settled != "done":
            return TRIES[settled]
        self.asking.post()
        return Enrolled(new, shown) if new else _why(verdict)

    async def rename(self, owner: Owner, id: str, name: str | None, *, preferred: str = "") -> Enrolment | str:
        """Give an enrolment another name, or another of its channels: that proves nothing and weakens nothing."""
        held = self.ownership.mine(owner, id)
        if held is None:
            return "absent"
        renamed, factor = held.enrolment, self.ownership.gate.factors[held.enrolment.kind]
        if preferred and not (isinstance(factor, Told) and preferred in factor.words.channels and len(factor.words.channels) > 1):
            return "no_channel"
        if preferred and isinstance(factor, Told):
            state = factor.bound(factor.described(renamed)[factor.told], preferred)
            renamed = renamed._replace(state=state._replace(mark=renamed.state.mark))
        renamed = renamed if name is None else renamed._replace(name=named(name))
        fact = self.ownership.fact(owner, "gd_update_device_account", factor, enrolment=id)
        done = await self.store.change_account(owner.account, owner.account, (renamed,), ends=False, now=self.mint.clock(), facts=(fact,))
        return renamed if done else "busy"

    async def remove(self, owner: Owner, id: str) -> Missing | str | None:
        """Remove an enrolment and what goes along with it: its proofs are worth nothing any longer, its grants are revoked."""
        held, now = self.ownership.mine(owner, id), self.mint.clock()
        if held is None:
            return "absent"
        if held.stays:
            return held.stays
        gone, factors = self.ownership.gone(owner, (held.enrolment,)), self.ownership.gate.factors
        for one in gone:
            if missing := self.ownership.missing(owner, factors[one.kind].promise(one), now):
                return missing
        facts = [self.ownership.fact(owner, "gd_unenroll", factors[one.kind], enrolment=one.id) for one in gone]
        notices = self.ownership.notices(owner, factors[held.enrolment.kind], "factor_removed")
        count = await self.store.unenrol(owner.account.id, [one.id for one in gone], now, facts, notices, owner.account)
        self.asking.post()
        return None if count else "busy"

    async def new_codes(self, owner: Owner) -> Enrolled | Missing | str:
        """New recovery codes in the place of all that the account has, shown this once."""
        factor = next((one for one in self.ownership.kinds(owner) if one.words.companion), None)
        if factor is None:
            return "absent"
        now = self.mint.clock()
        if refused := self.ownership.refused(owner, factor, now):
            return refused
        seen, (sheet, codes) = owner.account, self._codes(owner, factor)
        done = await self.store.change_account(
            seen,
            seen._replace(security_version=seen.security_version + 1),
            (sheet,),
            ends=False,
            now=now,
            facts=(self.ownership.fact(owner, factor.words.log_enrolled, factor, enrolment=sheet.id),),
            notices=self.ownership.notices(owner, factor, "recovery_regenerated"),
            voids=(sheet.id,),
        )
        self.asking.post()
        return Enrolled(sheet, codes) if done else "busy"

    def _factor(self, owner: Owner, kind: str) -> Factor | None:
        """The factor, if it may be enrolled."""
        return next((one for one in self.ownership.kinds(owner) if one.kind == kind), None)

    def _id(self, owner: Owner, factor: Factor) -> str:
        """A sheet of codes takes the place of the one before; everything else is new."""
        old = next((one.id for one in owner.enrolments if one.kind == factor.kind and factor.words.companion), "")
        return old or f"{factor.words.id_prefix or factor.kind}|{self.mint.name('dev_', 12)}"

    def _new(self, owner: Owner, factor: Factor, begun: Begun, verdict: Accepted, now: int) -> Enrolment:
        if factor.words.companion:
            sheet = self.births.companion(owner.account, factor, verdict.state, owner.enrolments)
            return sheet if sheet.generation > 1 else sheet._replace(id=begun.enrolment)
        used = now if verdict.shown else None
        return Enrolment(begun.enrolment, owner.account.id, factor.kind, verdict.state, lookup=verdict.lookup, name=begun.name, created_at=now, used_at=used)

    def _sheet(self, owner: Owner, factor: Factor) -> tuple[Enrolment | None, tuple[str, ...]]:
        """Recovery codes along with a factor, where the account has none that are left."""
        other = next((one for one in self.ownership.kinds(owner) if one.words.companion), None)
        if other is None or factor.words.companion or any(one.kind == other.kind and not other.spent(one) for one in owner.enrolments):
            return None, ()
        return self._codes(owner, other)

    def _codes(self, owner: Owner, factor: Factor) -> tuple[Enrolment, tuple[str, ...]]:
        offer = factor.offer(self.ownership.ask(owner, factor), owner.enrolments)
        return self.births.companion(owner.account, factor, offer.remember, owner.enrolments), tuple(offer.show["codes"].split("\n"))

    def _addresses(self, owner: Owner, kind: str) -> set[str]:
        """Where codes already go, by enrolments of this kind."""
        mine = (one for one in owner.enrolments if one.kind == kind and one.status != "deleted")
        return {message.to for one in mine for message in self.ownership.reached(owner, one)}

    def _facts(self, owner: Owner, factor: Factor, verdict: Verdict) -> Mapping[Settled, Sequence[Fact]]:
        def failed(reason: str) -> Fact:
            return self.ownership.fact(owner, "gd_start_enroll_failed", factor, reason=reason)

        done = failed(_why(verdict)) if isinstance(verdict, Rejected) else self.ownership.fact(owner, factor.words.log_enrolled, factor)
        return {"done": (done,), "used": (failed("already_used"),), "no tries": (self.ownership.fact(owner, factor.words.log_limit, factor),)}


def destination(factor: Factor, target: str, region: str) -> str | None:
    """Where codes would go, in the one form that is kept."""
    return e164(target, region) if RINGS.intersection(factor.words.channels) else canonical(target)


def named(name: str) -> str:
    """As a person may call a thing of theirs: one printable line."""
    return "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST_NAME]


def _why(verdict: Verdict) -> str:
    return verdict.reason if isinstance(verdict, Rejected) else "already_used"
