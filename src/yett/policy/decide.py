"""The one gate: every way to a token or a session asks `decide`, and nothing else answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.assurance import MEANS, MULTI_FACTOR, PHISHING_RESISTANT, Assurance, assure, counted, enough
from yett.domain.attempt import Attempt
from yett.domain.client import Api
from yett.domain.enrolment import Enrolment
from yett.domain.outcome import Allow, Deny, Enrol, Outcome, StepUp, Verify
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import ONE_USE_LIVES, Clause, Requirement
from yett.policy.regimes import Regime


class Case(NamedTuple):
    """Everything that the gate looks at.

    `promises` maps the account's enrolments, best first, to the most that each could prove; `usable` are those of them
    that may be asked now; `offers` maps the kinds that the account could still enrol. `confidence` is the risk
    engine's word; "" where it had nothing to say.
    """

    attempt: Attempt
    account: Account | None
    enrolments: Sequence[Enrolment]
    promises: Mapping[str, Shown]
    usable: tuple[str, ...]
    offers: Mapping[str, Shown]
    regime: Regime
    policies: tuple[str, ...] = ()
    api: Api | None = None
    scope: tuple[str, ...] = ()
    confidence: str = ""

    @property
    def live(self) -> dict[str, int]:
        """The enrolments that still vouch for what they proved."""
        return {one.id: one.generation for one in self.enrolments if one.status == "active"}


# What a remembered browser may lift, if it says so itself: never an acr, a resource, a regime or a risk.
WAIVABLE = frozenset({"tenant_always", "action"})
# The source of what is wanted before a factor is added, changed or removed.
CHANGING = "adding_factor"
# Where people are shown what they approve: an application that asks for a code by itself shows what it likes.
APPROVES = frozenset({"browser"})
# Until it is deleted, a factor counts wherever "has the account one?" is asked.
COUNTS_AS_FACTOR = frozenset({"active", "suspended", "disabled"})


class Check(NamedTuple):
    """A named source of requirements; the names of the unmet ones are the answer, the audit line and the message."""

    name: str
    clauses: Callable[[Case], Iterable[Clause]]


def _always(case: Case) -> Iterable[Clause]:
    if "all-applications" in case.policies:
        yield Clause("tenant_always", (MULTI_FACTOR,), waivable=True)


def _low_confidence(case: Case) -> Iterable[Clause]:
    """No assessment counts as low: a risk engine that is silent must not open the gate."""
    if "confidence-score" in case.policies and case.confidence not in {"medium", "high"}:
        yield Clause("low_confidence", (MULTI_FACTOR,))


def _resource(case: Case) -> Iterable[Clause]:
    if case.api is None:
        return
    for demand in case.api.demands(case.scope):
        yield _clause(case, demand)


def _clause(case: Case, demand: Requirement) -> Clause:
    """A scope that is over at `lifetime` wants proofs that are younger: its token would be dead on arrival, or too short for its one use."""
    lives = ONE_USE_LIVES if demand.one_use else 1
    ages = (demand.max_age, None if demand.lifetime is None else max(0, demand.lifetime - lives))
    max_age = min((age for age in ages if age is not None), default=None)
    clause = Clause("resource_scope", demand.acrs, essential=True, max_age=max_age, spends=demand.one_use)
    return clause if not demand.if_able or meets(assure(_reach(case)), clause) else clause._replace(acrs=())


CHECKS = (
    Check("request", lambda case: case.attempt.wants),
    Check("resource_scope", _resource),
    Check("tenant_always", _always),
    Check("regime", lambda case: case.regime.requires),
    Check("low_confidence", _low_confidence),
)


def clauses_of(case: Case) -> tuple[Clause, ...]:
    """All that is in force for this attempt: OR within one, AND over all; none lowers another.

    A remembered browser lifts what is waivable, and only where the regime knows such a thing; what was declined is
    the voluntary wish of the request alone.
    """
    found = chain.from_iterable(check.clauses(case) for check in CHECKS)
    return tuple(clause for clause in found if not _lifted(clause, case))


def _lifted(clause: Clause, case: Case) -> bool:
    if clause.waivable and clause.source in WAIVABLE and "remembered_browser" in case.attempt.waivers and case.regime.remembers:
        return True
    return _voluntary(clause) and ("declined" in case.attempt.waivers or not MEANS.keys() & set(clause.acrs))


def decide(case: Case, now: int) -> Outcome:
    """Whether what has been proven is enough at `now` (seconds); if not, what would be.

    Nothing about the account (its factors, or that it is blocked) is said before one proof stands first.
    """
    clauses = clauses_of(case)
    if _unbound(case, clauses):
        return Deny("invalid_authorization_details")
    held = _held(case, now, _max_age(clauses))
    shown = _showing(case, held)
    reasons = unmet(shown, clauses)
    if "first" in reasons:
        return StepUp(_reasons(case, clauses, reasons, now), _firsts(case))
    if case.account is None or case.account.blocked:
        return Deny("blocked")
    if not reasons:
        return _before_change(case, now) or Allow(held, assure(shown), clauses)
    asked = _ask(case, clauses, shown, now) or _without_wish(case, clauses, now)
    if isinstance(asked, StepUp) and _aged(case, clauses, reasons, now):
        asked = asked._replace(reasons=tuple(dict.fromkeys((*asked.reasons, "max_age"))))
    return asked or Deny("unmet_authentication_requirements", reasons)


def _unbound(case: Case, clauses: Iterable[Clause]) -> bool:
    """Whether an approval is wanted that says not what of, under a regime that has every payment bound (RTS 2018/389, 5)."""
    spends = any(clause.spends for clause in clauses)
    return spends and case.attempt.transaction is None and case.regime.bound_approvals == "payments"


def before_change(case: Case, about: Shown | None = None) -> Clause:
    """What an attempt wants whose holder came to change a factor (`about` is what it can prove): `decide` then asks `may_change`."""
    strong = about is not None and about.phishing_resistant and any(case.promises[one].phishing_resistant for one in _enrolled(case))
    return Clause(CHANGING, (PHISHING_RESISTANT,) if strong else (), max_age=case.regime.fresh)


def _before_change(case: Case, now: int) -> Outcome | None:
    if all(clause.source != CHANGING for clause in case.attempt.wants):
        return None
    step = may_change(case, now)
    return step if step is None or step.acceptable else Deny("unmet_authentication_requirements", step.reasons)


def unmet(shown: Iterable[Shown], clauses: Iterable[Clause]) -> tuple[str, ...]:
    """The names of what is not met: `first`, where nothing shown may stand first, and the clauses' sources."""
    return _unmet(tuple(shown), tuple(clauses))


@lru_cache(maxsize=4096)
def _unmet(shown: tuple[Shown, ...], clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    have = assure(shown)
    approves = any(one.spendable for one in shown)
    names = ["first"] if not have.first else []
    names += [clause.source for clause in clauses if not meets(have, clause) or (clause.spends and not approves)]
    return tuple(dict.fromkeys(names))


def meets(have: Assurance, clause: Clause) -> bool:
    """Any value suffices, and none listed asks for none; an unknown one is met by nothing."""
    return not clause.acrs or any(enough(have, acr) for acr in clause.acrs)


def _held(case: Case, now: int, max_age: int | None) -> tuple[Proof, ...]:
    """The counted set; what the regime forbids proves nothing, even if it was shown before the regime was in force."""
    attempt = case.attempt
    proofs = (proof for proof in attempt.proofs(now) if permitted(proof.shown, case.regime))
    return counted(proofs, now, case.live, max_age, attempt.id, present_only=attempt.present_only)


def _showing(case: Case, held: Iterable[Proof]) -> tuple[Shown, ...]:
    """What they show here: one approves only in its own attempt, what that attempt is about, and on a page that said so."""
    attempt = case.attempt
    seen = attempt.via in APPROVES
    own = ((proof.shown, seen and proof.attempt == attempt.id and proof.shown.binds == attempt.transaction) for proof in held)
    return tuple(shown if approves else shown._replace(spendable=False) for shown, approves in own)


def _max_age(clauses: Iterable[Clause]) -> int | None:
    return min((clause.max_age for clause in clauses if clause.max_age is not None), default=None)


def _reasons(case: Case, clauses: Sequence[Clause], reasons: tuple[str, ...], now: int) -> tuple[str, ...]:
    """`first` alone is a login; where earlier proofs have lapsed, say whose max_age it was.

    A policy's is told by its source, because that one asks for more than the login that prompt=none may not begin.
    """
    if not case.attempt.base:
        return reasons
    policies = (clause for clause in clauses if clause.source != "request" and clause.max_age is not None)
    aged = [clause.source for clause in policies if not _vouched(case, now, clause.max_age)]
    lapsed = ("max_age",) if case.attempt.present_only or _max_age(clauses) is not None else ()
    return tuple(dict.fromkeys((*reasons, *aged, *lapsed)))


def _aged(case: Case, clauses: Sequence[Clause], reasons: tuple[str, ...], now: int) -> bool:
    """Whether it was proven once, and only too long ago."""
    if _max_age(clauses) is None and not case.attempt.present_only:
        return False
    once = counted(case.attempt.proofs(now), now, case.live, None, case.attempt.id)
    return set(unmet(_showing(case, once), clauses)) < set(reasons)


def _vouched(case: Case, now: int, max_age: int | None) -> bool:
    """Whether a proof no older than this may still stand first."""
    held = counted(case.attempt.proofs(now), now, case.live, max_age, case.attempt.id)
    return assure(proof.shown for proof in held).first


def _ask(case: Case, clauses: Sequence[Clause], shown: tuple[Shown, ...], now: int) -> Outcome | None:
    """What helps: more proofs, or a new factor; None where nothing does.

    An implicit factor (e-mail) serves beside one that was enrolled, not instead of enrolling one.
    """
    reasons = unmet(shown, clauses)
    helps = _helpful(case, case.usable, shown, clauses)
    step = StepUp(reasons, helps) if helps else None
    return step if _enrolled(case).intersection(helps) else _enrol(case, clauses, shown, now) or step


def _enrol(case: Case, clauses: Sequence[Clause], shown: tuple[Shown, ...], now: int) -> Outcome | None:
    """The kinds of which a new factor helps; or the proof that adding one of them needs first."""
    reasons = unmet(shown, clauses)
    everything = (*shown, *_would(case, case.usable))
    kinds = [kind for kind, promise in case.offers.items() if not unmet((*everything, promise), clauses)]
    steps = {kind: may_change(case, now, case.offers[kind]) for kind in kinds}
    free = tuple(kind for kind, step in steps.items() if step is None)
    if free and address_first(case):
        return Verify(reasons)
    if free:
        return Enrol(reasons, free, all(_voluntary(clause) for clause in clauses if clause.source in reasons))
    return next((step for step in steps.values() if step and step.acceptable), None)


def _helpful(case: Case, usable: Sequence[str], shown: Sequence[Shown], clauses: Sequence[Clause]) -> tuple[str, ...]:
    """The enrolments of which one more proof is enough; where none is, those of which two are."""
    for size in (1, 2):
        together = (some for some in combinations(usable, size) if not unmet((*shown, *_would(case, some)), clauses))
        helps = set(chain.from_iterable(together))
        if helps:
            return tuple(one for one in usable if one in helps)
    return ()


def _without_wish(case: Case, clauses: Sequence[Clause], now: int) -> Outcome | None:
    """What nothing can meet is dropped if it was a wish of a request without an API; all other clauses stand."""
    if case.api is not None or not any(_voluntary(clause) for clause in clauses):
        return None
    wants = tuple(clause for clause in case.attempt.wants if not _voluntary(clause))
    return decide(case._replace(attempt=case.attempt._replace(wants=wants)), now)


def _voluntary(clause: Clause) -> bool:
    return clause.source == "client_acr" and not clause.essential


def _firsts(case: Case) -> tuple[str, ...]:
    return tuple(one for one in case.usable if case.promises[one].first)


def _would(case: Case, enrolments: Iterable[str]) -> Iterable[Shown]:
    return (case.promises[one] for one in enrolments)


def permitted(shown: Shown, regime: Regime) -> bool:
    """Whether the regime lets this count at all: what reaches no more than aal 1 is weak, and no stronger for having begun a login."""
    return (regime.weak or shown.aal > 1) and (regime.phone or not shown.restricted)


def within_reach(regime: Regime, promises: Iterable[Shown]) -> bool:
    """Whether all of these together could meet what the regime requires of every login."""
    return not unmet((one for one in promises if permitted(one, regime)), regime.requires)


def may_change(case: Case, now: int, about: Shown | None = None) -> StepUp | None:
    """To add, remove or change a factor (`about` is what it can prove) needs a fresh set: None where it is there.

    As strong as the account can reach, at most mfa; phr for a factor capable of it where the account has one. What is
    suspended counts as the account's until it is deleted. What is implicit (e-mail) neither counts nor suffices: else
    whoever has password and mailbox would be rid of every other factor (attacks: row 6, CVE-2026-3429).
    """
    own, wants = _enrolled(case), change_wants(case, about)
    fresh = tuple(proof.shown for proof in _held(case, now, case.regime.fresh) if proof.enrolment in own)
    missing = unmet(fresh, wants)
    if not missing:
        return None
    usable = tuple(one for one in case.usable if one in own)
    return StepUp((CHANGING,), _firsts(case) if "first" in missing else _helpful(case, usable, fresh, wants))


def change_wants(case: Case, about: Shown | None) -> tuple[Clause, ...]:
    """What a fresh set must amount to before a factor like `about` is added, removed or changed; besides, one proof stands first."""
    reach = _reach(case)
    wants = [Clause(CHANGING, (MULTI_FACTOR,))] if assure(reach).mfa else []
    if about and about.phishing_resistant and any(one.phishing_resistant for one in reach):
        wants.append(Clause(CHANGING, (PHISHING_RESISTANT,)))
    return tuple(wants)


def address_first(case: Case) -> bool:
    """Whether the account's address must be confirmed before its first factor (none of an account without an address).

    Under a strict regime whoever has nothing but somebody's password enrols nothing.
    """
    account = case.account
    if not case.regime.strict or account is None or account.email_verified or not account.email:
        return False
    return all(case.promises[one].category == "knowledge" for one in _enrolled(case))


def _reach(case: Case) -> list[Shown]:
    """The most that the account's own factors could prove, those that are out of use among them."""
    return [case.promises[one] for one in _enrolled(case) if permitted(case.promises[one], case.regime)]


def _enrolled(case: Case) -> set[str]:
    """What somebody enrolled, and nobody has deleted."""
    return {one.id for one in case.enrolments if one.link != "implicit" and one.status in COUNTS_AS_FACTOR}
