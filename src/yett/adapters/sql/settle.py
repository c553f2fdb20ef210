"""`settle` and `enrol`: no verdict leaves before its try is spent, and nobody wins twice."""

from collections.abc import Mapping, Sequence

from yett.adapters.sql import rows, tries
from yett.adapters.sql.accounts import BUMP, BUMP_VERIFIED, OPEN_ACCOUNT, PUT, opening_values, put_values, resting
from yett.adapters.sql.attempts import END, account_of, moved
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import UNDO, Query, Step, Steps, Taken, Together, lost, new
from yett.adapters.sql.writes import concluded, happened, posted
from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Enrolment, Message
from yett.domain.fact import Fact
from yett.domain.session import Conclusion
from yett.domain.tries import Budget
from yett.domain.verdict import Accepted, Rejected, Settled, Verdict
from yett.ports import Judged

Facts = Mapping[Settled, Sequence[Fact]]


def settle(
    seal: Seal,
    seen: Attempt,
    judged: Sequence[Judged],
    asked: Challenge | None,
    budget: Budget,
    now: int,
    facts: Facts,
    after: Attempt | None,
    conclusion: Conclusion | None,
    notices: Sequence[Message],
) -> Steps[Settled]:
    """Spend the try of a verdict. Locks are taken in one order everywhere: account, enrolments, attempt, challenge."""
    compared = sorted(judged, key=lambda one: one.enrolment.id)
    leaves = [*happened(facts.get("done", ())), *posted(notices, seal, now, seen.account)]
    right = next((one for one in compared if isinstance(one.verdict, Accepted)), None)
    if right is not None:
        step = _accepted(seal, seen, compared, right, asked, budget, now, after, conclusion)
    else:
        step = _rejected(seen, compared, asked, budget, now, after)
    return (yield from _told((*step, *leaves), facts, _nudges(seal, compared)))


def _told(queries: Step, facts: Facts, then: Step = ()) -> Steps[Settled]:
    """Do it all and say "done", or undo it, write what the loser may leave behind, and say which it was."""
    step = Together(queries)
    try:
        word = lost(step, (yield step))
        if then and not word:
            yield then
    except Taken:
        word = "used"
    else:
        if not word:
            return "done"
        yield UNDO
    if word == "swapped":
        word = yield from _why(step)
    settled: Settled = "used" if word == "used" else "no tries"
    if facts.get(settled):
        yield happened(facts[settled])
    return settled


def _why(step: Step) -> Steps[str]:
    """A swap fails for want of a try, or because another was first: only the latter may be said."""
    swap = next(query for query in step if query.lost == "swapped")
    wanted = {name: swap.params[name] for name in ("this", "now", "cap_here", "limit")}
    (result,) = yield [Query(tries.STILL_OPEN, wanted)]
    return "used" if result.touched else "no tries"


def _accepted(
    seal: Seal,
    seen: Attempt,
    compared: Sequence[Judged],
    right: Judged,
    asked: Challenge | None,
    budget: Budget,
    now: int,
    after: Attempt | None,
    conclusion: Conclusion | None,
) -> list[Query]:
    """Every enrolment that was compared needs a try left: else wrong answers would be free where one bucket is spent."""
    leaves = conclusion is not None and account_of(conclusion) is not None
    step = tries.hold_account(right.enrolment.account, budget, now, writes=leaves)
    for one in compared:
        if one is right:
            step.append(_swap(seal, one.enrolment, one.verdict, budget, now))
        else:
            values = tries.of_enrolment(budget, now) | {"this": one.enrolment.id}
            step.append(Query(tries.HOLD_ENROLMENT, values, lost="no tries"))
    return step + _onward(seen, asked, now, after, conclusion)


def _onward(seen: Attempt, asked: Challenge | None, now: int, after: Attempt | None, conclusion: Conclusion | None) -> list[Query]:
    """The attempt moves on, the question is used up, and the end leaves behind what it leaves."""
    step = []
    if after is not None or conclusion is not None:
        next_one = after or seen
        step.append(moved(seen, next_one._replace(done=True) if conclusion is not None else next_one, now))
    if asked is not None:
        step.append(tries.answered(asked.id, now))
    return step + (concluded(conclusion, now) if conclusion is not None else [])


def _swap(seal: Seal, one: Enrolment, verdict: Verdict, budget: Budget, now: int) -> Query:
    """The state that forbids the reuse of the answer, if mark and generation are still those that were judged."""
    state = verdict.state if isinstance(verdict, Accepted) else one.state
    values = tries.of_enrolment(budget, now) | {
        "this": one.id,
        "this_account": one.account,
        "seen_mark": one.state.mark,
        "seen_generation": one.generation,
        "new_open": state.open,
        "new_mark": state.mark,
    }
    if state.secret == one.state.secret:
        return Query(tries.SWAP, values, lost="swapped")
    return Query(tries.SWAP_SECRET, values | new(rows.state_values(one, state, seal)), lost="swapped")


def _rejected(
    seen: Attempt,
    compared: Sequence[Judged],
    asked: Challenge | None,
    budget: Budget,
    now: int,
    after: Attempt | None,
) -> list[Query]:
    """One try of the account and one of each enrolment compared, whatever has become of the attempt meanwhile."""
    step = tries.take_account(compared[0].enrolment.account, budget, now) if compared else []
    for one in compared:
        values = tries.of_enrolment(budget, now) | tries.taken(budget, now) | {"this": one.enrolment.id}
        step.append(Query(tries.TAKE_ENROLMENT, values, lost="no tries"))
    ends = any(isinstance(one.verdict, Rejected) and one.verdict.ends for one in compared)
    step += _left(seen, after, now, ends=ends)
    if asked is not None:
        step.append(tries.missed(asked.id, now, ends=ends))
    return step


def _nudges(seal: Seal, compared: Sequence[Judged]) -> list[Query]:
    """A wrong answer may move a state on, but not one that another answer has moved meanwhile."""
    step = []
    for one, verdict in compared:
        if isinstance(verdict, Rejected) and verdict.state is not None:
            seen = {"this": one.id, "seen_mark": one.state.mark, "seen_generation": one.generation}
            step.append(Query(tries.NUDGE, seen | new(rows.state_values(one, verdict.state, seal))))
    return step


def _left(seen: Attempt, after: Attempt | None, now: int, *, ends: bool) -> list[Query]:
    """A wrong answer moves the attempt where it can; a refusal ends it wherever it is."""
    if ends or (after is not None and after.done):
        return [Query(END, {"this_attempt": seen.id})]
    if after is None or after == seen:
        return []
    moving = moved(seen, after, now)
    return [Query(moving.statement, moving.params)]


def enrol(
    seal: Seal,
    seen: Attempt,
    asked: Challenge,
    verdict: Verdict,
    account: Account,
    added: Sequence[Enrolment],
    budget: Budget,
    now: int,
    facts: Facts,
    after: Attempt | None,
    conclusion: Conclusion | None,
    notices: Sequence[Message],
    *,
    verifies: bool,
    opens: bool,
    spends: Attempt | None,
) -> Steps[Settled]:
    """Complete an enrolment, or count the wrong answer against the question and the account."""
    if isinstance(verdict, Rejected):
        step = tries.take_account(account.id, budget, now)
        step += _left(seen, after, now, ends=verdict.ends)
        step.append(tries.missed(asked.id, now, ends=verdict.ends))
        return (yield from _told([*step, *happened(facts.get("done", ()))], facts))
    if opens:
        step = [Query(OPEN_ACCOUNT, opening_values(account), lost="used")]
    else:
        step = tries.hold_account(account.id, budget, now, writes=True)
        bump = {"this_account": account.id, "seen_security_version": account.security_version, "now": now}
        step.append(Query(BUMP_VERIFIED if verifies else BUMP, bump, lost="used"))
    step += [Query(PUT, put_values(one, seal), lost="used") for one in added]
    step += resting(account.id, (one.id for one in added if one.generation > 1), now)
    step += _onward(seen, asked, now, after, _as_of(conclusion, account))
    if spends is not None:
        step.append(moved(spends, spends._replace(done=True), now))
    return (yield from _told([*step, *happened(facts.get("done", ())), *posted(notices, seal, now, account.id)], facts))


def _as_of(conclusion: Conclusion | None, account: Account) -> Conclusion | None:
    """A browser that is remembered along with a new factor is remembered at the version that this commit makes."""
    device = conclusion.device if conclusion else None
    if conclusion is None or device is None or device.security_version != account.security_version:
        return conclusion
    return conclusion._replace(device=device._replace(security_version=account.security_version + 1))
