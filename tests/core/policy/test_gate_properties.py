"""What holds of the gate for every account, session and request that one could think of."""

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.core.policy.cases import JOE, demanding
from tests.core.proving import EMAIL, FACE, KEY, KEY_UV, NOW, PASSWORD, RECOVERY, RESET, SMS, SYNCED, SYNCED_UV, TOTP
from yett.domain.assurance import MEANS, assure, claims, enough
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment, State, Status
from yett.domain.outcome import Allow, Deny, Enrol, Outcome, StepUp, Verify
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Clause, Requirement
from yett.policy.decide import Case, clauses_of, decide, may_change, permitted
from yett.policy.regimes import REGIMES

IDS = ("e1", "e2", "e3", "e4")
FACTORS = st.sampled_from((PASSWORD, PASSWORD, RESET, TOTP, EMAIL, SMS, RECOVERY, KEY, KEY_UV, SYNCED, SYNCED_UV, FACE))
ACRS = st.lists(st.sampled_from([*MEANS, "urn:unknown"]), max_size=2).map(tuple)
AGES = st.none() | st.integers(0, 100)
SOURCES = ("client_acr", "client_acr", "essential", "par", "action")
WANTS = st.lists(
    st.builds(Clause, st.sampled_from(SOURCES), ACRS, waivable=st.booleans(), spends=st.booleans()) | st.builds(Clause, st.just("request"), max_age=AGES),
    max_size=3,
)
REQUIREMENTS = st.builds(Requirement, ACRS, AGES, AGES, st.booleans(), st.just(False))


FIRSTS = st.sampled_from((PASSWORD, PASSWORD, RESET, KEY_UV, SYNCED_UV))
STATUSES: Sequence[Status] = ("active", "active", "active", "suspended", "pending")
ONCE_OR_NOT = (1, 1, 1, 1, 2)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """An account that can log in, up to three factors besides, and some of them shown now or earlier."""
    promises = {"e1": draw(FIRSTS)} | {id: draw(FACTORS) for id in IDS[1 : draw(st.integers(1, 4))]}
    links = st.sampled_from((None, None, "implicit"))
    rest = [Enrolment(id, "joe", "k", State(), draw(st.sampled_from(STATUSES)), link=draw(links)) for id in promises if id != "e1"]
    enrolments = (Enrolment("e1", "joe", "k", State()), *rest)
    ids = st.sampled_from(list(promises))
    earlier = draw(st.lists(st.tuples(ids, st.sampled_from(ONCE_OR_NOT), st.integers(0, 200)), max_size=3))
    now = draw(st.sampled_from((("e1",), ("e1",), ()))) + tuple(draw(st.lists(ids, max_size=2)))
    attempt = Attempt(
        "now",
        "browser",
        b"",
        "shop",
        NOW,
        NOW + 900,
        wants=tuple(draw(WANTS)),
        present_only=draw(st.integers(0, 4)) == 0,
        base=tuple(Proof(short_of(draw, promises[id]), id, generation, "earlier", NOW - age) for id, generation, age in earlier),
        shown=tuple((id, 1, short_of(draw, promises[id])) for id in now),
        waivers=tuple(draw(st.sets(st.sampled_from(("remembered_browser", "declined"))))),
    )
    regime = REGIMES[draw(st.sampled_from(("auth0", "auth0", *REGIMES)))]
    offers = dict.fromkeys("xy"[: draw(st.integers(0, 2))], draw(FACTORS))
    api = demanding(draw(st.none() | REQUIREMENTS), pay=draw(REQUIREMENTS))
    return Case(
        attempt,
        draw(st.sampled_from((*[JOE] * 8, JOE._replace(blocked=True), None))),
        enrolments,
        promises,
        tuple(one.id for one in enrolments if one.status == "active" and permitted(promises[one.id], regime)),
        {kind: shown for kind, shown in offers.items() if permitted(shown, regime)},
        regime,
        draw(st.sampled_from(((), ("all-applications",), ("confidence-score",)))),
        draw(st.sampled_from((None, api))),
        draw(st.sampled_from(((), ("read",), ("pay",)))),
        draw(st.sampled_from(("", "low", "medium", "high"))),
    )


def short_of(draw: st.DrawFn, promise: Shown) -> Shown:
    """What was shown: now and then less than the promise, as of a key that was used without verification."""
    return promise._replace(user_verified=False, aal=1) if draw(st.integers(0, 4)) == 0 else promise


def wish(clause: Clause) -> bool:
    return clause.source == "client_acr"


def met(shown: Sequence[Shown], clause: Clause, approves: bool = True) -> bool:
    """Said apart from the gate: any of the values, and an approval where one is wanted."""
    held = assure(shown)
    return (not clause.acrs or any(enough(held, acr) for acr in clause.acrs)) and (approves or not clause.spends)


def approves(one: Case, proofs: Sequence[Proof]) -> bool:
    return any(proof.shown.spendable and proof.attempt == "now" for proof in proofs)


@given(cases())
def test_nobody_is_allowed_with_a_clause_unmet(one: Case) -> None:
    outcome = decide(one, NOW)
    if not isinstance(outcome, Allow):
        return
    shown = [proof.shown for proof in outcome.proofs]
    assert one.account
    assert not one.account.blocked
    assert outcome.assurance == assure(shown)
    assert outcome.assurance.first
    for clause in outcome.clauses:
        assert met(shown, clause, approves(one, outcome.proofs))
    dropped = [clause for clause in clauses_of(one) if clause not in outcome.clauses]
    assert all(wish(clause) and one.api is None for clause in dropped)


@given(cases())
def test_no_source_is_passed_over(one: Case) -> None:
    found = clauses_of(one)
    remembered = "remembered_browser" in one.attempt.waivers and one.regime.remembers
    for clause in one.attempt.wants:
        assert clause in found or wish(clause) or (clause.waivable and remembered)
    assert set(one.regime.requires) <= set(found)
    sources = {clause.source for clause in found}
    assert ("tenant_always" in sources) == ("all-applications" in one.policies and not remembered)
    assert ("low_confidence" in sources) == ("confidence-score" in one.policies and one.confidence in {"", "low"})
    demands = [one.api.requirement, one.api.scope_requirements["pay"] if "pay" in one.scope else None] if one.api else []
    assert [clause.acrs for clause in found if clause.source == "resource_scope"] == [demand.acrs for demand in demands if demand]


@given(cases())
def test_what_counts_is_live_permitted_young_enough_and_of_this_account(one: Case) -> None:
    outcome = decide(one, NOW)
    if not isinstance(outcome, Allow):
        return
    live = {had.id: had.generation for had in one.enrolments if had.status == "active"}
    ages = [clause.max_age for clause in outcome.clauses if clause.max_age is not None]
    for proof in outcome.proofs:
        assert live[proof.enrolment] == proof.generation
        assert permitted(proof.shown, one.regime)
        if proof.attempt != "now":
            assert not one.attempt.present_only
            assert NOW - proof.completed_at <= min(ages, default=200)


@given(cases())
def test_the_acr_that_is_reported_is_met_by_the_counted_set(one: Case) -> None:
    outcome = decide(one, NOW)
    if not isinstance(outcome, Allow):
        return
    said = claims(outcome.proofs, [acr for clause in outcome.clauses for acr in clause.acrs])
    held = assure(proof.shown for proof in outcome.proofs)
    assert said.acr is None or enough(held, said.acr)
    assert (said.acr is None) <= (not held.mfa)
    assert ("mfa" in said.amr) == held.mfa
    assert said.auth_time == min(proof.completed_at for proof in outcome.proofs)


def apart_from_order(outcome: Outcome) -> tuple[object, ...]:
    match outcome:
        case Allow(proofs, assurance, clauses):
            return "allow", proofs, assurance, frozenset(clauses)
        case StepUp(reasons, acceptable):
            return "step up", frozenset(reasons), acceptable
        case Enrol(reasons, acceptable, optional):
            return "enrol", frozenset(reasons), acceptable, optional
        case Verify(reasons):
            return "verify", frozenset(reasons)
        case Deny(reason, because):
            return "deny", reason, frozenset(because)


@given(cases(), st.randoms(use_true_random=False))
def test_every_source_is_satisfied_in_whatever_order_they_come(one: Case, random: Random) -> None:
    wants = list(one.attempt.wants)
    random.shuffle(wants)
    shuffled = one._replace(attempt=one.attempt._replace(wants=tuple(wants)))
    assert apart_from_order(decide(shuffled, NOW)) == apart_from_order(decide(one, NOW))


@given(cases(), WANTS.filter(bool))
def test_one_more_demand_never_opens_the_gate(one: Case, more: list[Clause]) -> None:
    asks_more = one._replace(attempt=one.attempt._replace(wants=(*one.attempt.wants, *more)))
    if isinstance(decide(asks_more, NOW), Allow):
        assert isinstance(decide(one, NOW), Allow)


@given(cases(), st.sampled_from(("all-applications", "confidence-score")))
def test_one_more_policy_never_opens_the_gate(one: Case, policy: str) -> None:
    if isinstance(decide(one._replace(policies=(*one.policies, policy)), NOW), Allow):
        assert isinstance(decide(one, NOW), Allow)


@given(cases(), st.sampled_from(IDS), st.integers(0, 200))
def test_one_more_proof_never_closes_the_gate(one: Case, id: str, age: int) -> None:
    if id not in one.promises or not isinstance(decide(one, NOW), Allow):
        return
    base = (*one.attempt.base, Proof(one.promises[id], id, 1, "earlier", NOW - age))
    # A wish that is only dropped while nothing could meet it may be asked for once something could.
    outcome = decide(one._replace(attempt=one.attempt._replace(base=base)), NOW)
    dropped = any(wish(clause) for clause in one.attempt.wants)
    assert isinstance(outcome, Allow) or dropped


@given(cases())
def test_a_waiver_lifts_at_most_what_it_may(one: Case) -> None:
    plain = one._replace(attempt=one.attempt._replace(waivers=()))
    lifted = set(clauses_of(plain)) - set(clauses_of(one))
    assert all(clause.waivable or wish(clause) for clause in lifted)
    assert not any(clause.source in {"regime", "resource_scope", "low_confidence", "essential", "request"} for clause in lifted)
    if one.regime.strict:
        assert all(wish(clause) for clause in lifted)


@given(cases())
def test_nothing_of_the_account_is_said_before_one_proof_stands_first(one: Case) -> None:
    shown = [proof.shown for proof in one.attempt.proofs(NOW) if one.live.get(proof.enrolment) == proof.generation]
    if any(proof.first for proof in shown):
        return
    outcome = decide(one, NOW)
    if outcome == Deny("invalid_authorization_details"):
        # That is said of the request alone, to whomever.
        assert outcome == decide(one._replace(account=None, enrolments=(), promises={}, usable=(), offers={}), NOW)
        return
    assert isinstance(outcome, StepUp)
    assert outcome.reasons[0] == "first"
    assert all(one.promises[id].first for id in outcome.acceptable)


def answered(one: Case, ids: Sequence[str]) -> Case:
    """The same after each of these showed all that it can."""
    shown = tuple((id, 1, one.promises[id]) for id in ids)
    return one._replace(attempt=one.attempt._replace(shown=(*one.attempt.shown, *shown)))


@given(cases())
def test_nobody_is_asked_in_vain(one: Case) -> None:
    outcome = decide(one, NOW)
    if isinstance(outcome, StepUp) and "first" not in outcome.reasons:
        assert outcome.acceptable
        assert set(outcome.acceptable) <= set(one.usable)
        after = decide(answered(one, outcome.acceptable), NOW)
        assert isinstance(after, Allow) or after.__class__ is Enrol or set(after.reasons) != set(outcome.reasons)  # type: ignore[union-attr]


@given(cases())
def test_a_factor_that_is_to_be_enrolled_would_do_and_may_be_added(one: Case) -> None:
    outcome = decide(one, NOW)
    if not isinstance(outcome, Enrol):
        return
    assert outcome.acceptable
    for kind in outcome.acceptable:
        shown = [proof.shown for proof in one.attempt.proofs(NOW) if permitted(proof.shown, one.regime)]
        together = (*shown, *(one.promises[id] for id in one.usable), one.offers[kind])
        assert all(met(together, clause) or (wish(clause) and one.api is None) for clause in clauses_of(one))
        assert may_change(one, NOW, one.offers[kind]) is None
    unmet = [clause for clause in clauses_of(one) if clause.source in outcome.reasons]
    assert outcome.optional == all(wish(clause) for clause in unmet)


@given(cases())
def test_only_what_nothing_could_meet_is_denied(one: Case) -> None:
    outcome = decide(one, NOW)
    if not isinstance(outcome, Deny) or outcome.reason == "blocked":
        return
    if outcome.reason == "invalid_authorization_details":
        # More proofs would not help: the request does not say what is to be approved.
        assert one.regime.bound_approvals == "payments"
        assert one.attempt.transaction is None
        return
    assert outcome.reason == "unmet_authentication_requirements"
    assert outcome.because
    every = answered(one, [id for id in one.usable if one.promises[id].aal])
    own = {had.id for had in one.enrolments if had.link != "implicit"}
    if own.issuperset(one.usable):
        assert not isinstance(decide(every, NOW), Allow)
