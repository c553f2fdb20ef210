"""Attempts: the load that each step begins with, and how an attempt moves on."""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Update, and_, case, false, select, true, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import attempts, challenges, misses
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import (
    EPOCH,
    NOW,
    OPEN,
    Query,
    Steps,
    all_or_nothing,
    into,
    later,
    number,
    renewed,
    word,
)
from yett.adapters.sql.tries import HOLD_ACCOUNT
from yett.adapters.sql.writes import concluded, happened, posted
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge
from yett.domain.fact import Fact
from yett.domain.session import Conclusion
from yett.domain.tries import Budget
from yett.domain.verdict import Settled

BEGIN = into(attempts, epoch=EPOCH)
_ANEW = into(attempts, epoch=EPOCH)
_RENEWED = {column.name: _ANEW.excluded[column.name] for column in attempts.c if column.name not in {"id", "version"}}
# The version moves on: whoever still holds the attempt of before has lost it.
RENEW = _ANEW.on_conflict_do_update(index_elements=["id"], set_=_RENEWED | {"version": attempts.c.version + 1})
_HERE = (
    attempts.c.id == word("this_attempt"),
    attempts.c.version == number("seen_version"),
    attempts.c.done == false(),
    attempts.c.epoch == EPOCH,
)
_FIXED = frozenset({"id", "via", "client", "arrived_at", "version"})
_FINISH = update(attempts).values(done=true(), version=attempts.c.version + 1)
FINISH = _FINISH.where(*_HERE, attempts.c.expires_at > NOW)
HOLD = select(attempts.c.id).where(*_HERE).with_for_update(key_share=True)
# A refusal ends the attempt, however far it has come.
END = _FINISH.where(attempts.c.id == word("this_attempt"), attempts.c.done == false())
ASK = into(challenges, epoch=EPOCH)
VOID = update(challenges).values(outcome="void").where(challenges.c.attempt == word("this_attempt"), challenges.c.outcome == OPEN)
# A lock is as long as an enrolment's (see tries.py): else its length would tell who has an account (attacks: row 15).
_rested = and_(misses.c.rests_until > 0, misses.c.rests_until <= NOW)
_failures = case((_rested, 0), else_=misses.c.failures)
MISS = into(misses, paced_at=NOW + number("refill")).on_conflict_do_update(
    index_elements=["identifier"],
    set_={
        "paced_at": later(misses.c.paced_at, NOW) + number("refill"),
        "failures": _failures + 1,
        "rests_until": case((_failures + 1 >= number("cap_here"), number("locked")), (_rested, 0), else_=misses.c.rests_until),
    },
    where=and_(later(misses.c.paced_at, NOW) <= number("limit"), _failures < number("cap_here")),
)


def begin(attempt: Attempt, facts: Sequence[Fact]) -> Steps[None]:
    """Write a new attempt."""
    yield [Query(BEGIN, rows.attempt_values(attempt)), *happened(facts)]


def renew(attempt: Attempt) -> Steps[None]:
    """Write an attempt in the place of the one of that name."""
    yield [Query(RENEW, rows.attempt_values(attempt))]


@cache
def move(*changed: str) -> Update:
    """UPDATE of what has changed, and of nothing else."""
    values = (renewed(attempts, *changed) if changed else {}) | {"version": attempts.c.version + 1}
    return update(attempts).values(values).where(*_HERE, attempts.c.expires_at > NOW)


def moved(seen: Attempt, after: Attempt, now: int) -> Query:
    """The attempt becomes `after`, if it is still the one that was seen; of one that ends nothing more is read."""
    this: dict[str, object] = {"this_attempt": seen.id, "seen_version": seen.version, "now": now}
    if after.done:
        return Query(FINISH, this, lost="used")
    changed = [name for name, old, new in zip(Attempt._fields, seen, after, strict=True) if old is not new and old != new and name not in _FIXED]
    this.update((f"new_{name}", rows.attempt_value(name, getattr(after, name))) for name in changed)
    return Query(move(*changed), this, lost="used")


def replace(seen: Attempt, after: Attempt, facts: Sequence[Fact]) -> Steps[bool]:
    """Replace an attempt."""
    return (yield from all_or_nothing([moved(seen, after, 0)], happened(facts)))


def ask(seal: Seal, seen: Attempt, question: Challenge, facts: Sequence[Fact]) -> Steps[bool]:
    """Put a question in the place of the one before."""
    at = facts[0].at if facts else seen.arrived_at
    held = [Query(HOLD, {"this_attempt": seen.id, "seen_version": seen.version}, lost="used")]
    consequences = [
        Query(VOID, {"this_attempt": seen.id}),
        Query(ASK, rows.challenge_values(question, seal)),
        *posted(question.send, seal, at, seen.account, question.id, seen.client),
        *happened(facts),
    ]
    return (yield from all_or_nothing(held, then=consequences))


def conclude(seen: Attempt, what: Conclusion, facts: Sequence[Fact], now: int) -> Steps[bool]:
    """End an attempt. The account is held first, so that a block in the same moment sees what is left behind."""
    step = [moved(seen, seen._replace(done=True), now), *concluded(what, now)]
    account = account_of(what)
    if account is not None:
        step.insert(0, Query(HOLD_ACCOUNT, {"this_account": account}, lost="used"))
    return (yield from all_or_nothing(step, happened(facts)))


def account_of(what: Conclusion) -> str | None:
    """Whose session or grant this leaves behind."""
    left = what.session or what.grant
    return left.account if left else None


def miss(identifier: bytes, budget: Budget, now: int, facts: Mapping[Settled, Sequence[Fact]]) -> Steps[bool]:
    """Pace the tries of an account that does not exist, and leave behind as much as where one does."""
    cap, limit = budget._replace(known=False).cap_here, budget.enrolment.limit(now, known=False)
    locked = 0 if budget.locks is None else now + budget.locks
    values = {"identifier": identifier, "now": now, "refill": budget.enrolment.refill, "limit": limit, "cap_here": cap, "locked": locked}
    values |= {"failures": 1, "rests_until": locked if cap == 1 else 0}
    if limit >= now and cap > 0 and (yield from all_or_nothing([Query(MISS, values, lost="no tries")], happened(facts.get("done", ())))):
        return True
    if facts.get("no tries"):
        yield happened(facts["no tries"])
    return False
