"""Tries as the database counts them: the arithmetic of domain.tries in conditional statements."""

from sqlalchemy import and_, case, false, select, update
from sqlalchemy.sql.elements import ColumnElement

from yett.adapters.sql.schema import accounts, challenges, enrolments
from yett.adapters.sql.steps import EPOCH, NOW, OPEN, Query, later, number, renewed, word
from yett.domain.tries import Bucket, Budget

Values = dict[str, object]

# Failures start anew once the lock that they led to is over.
_rested = and_(enrolments.c.rests_until > 0, enrolments.c.rests_until <= NOW)
_failures = case((_rested, 0), else_=enrolments.c.failures)
_failed = _failures + 1
_OPEN: tuple[ColumnElement[bool], ...] = (
    enrolments.c.id == word("this"),
    enrolments.c.status == "active",
    enrolments.c.locked_until <= NOW,
    _failures < number("cap_here"),
    later(enrolments.c.paced_at, NOW) <= number("limit"),
)

# Held until the commit: a right answer needs a try too, and no wrong one may take it in the same moment.
HOLD_ENROLMENT = select(enrolments.c.id).where(*_OPEN).with_for_update(key_share=True)
TAKE_ENROLMENT = (
    update(enrolments)
    .values(
        failures=_failed,
        paced_at=later(enrolments.c.paced_at, NOW) + number("refill"),
        status=case((_failed >= number("cap"), word("fallen")), else_=enrolments.c.status),
        locked_until=case((_failed >= number("cap"), number("locked")), else_=enrolments.c.locked_until),
        rests_until=case((_failed >= number("cap_unknown"), number("locked")), (_rested, 0), else_=enrolments.c.rests_until),
    )
    .where(*_OPEN)
)
_SWAP = (
    update(enrolments)
    .where(
        *_OPEN,
        enrolments.c.account == word("this_account"),
        enrolments.c.mark == number("seen_mark"),
        enrolments.c.generation == number("seen_generation"),
    )
    .values(failures=0, paced_at=0, locked_until=0, rests_until=0, used_at=NOW)
)
SWAP = _SWAP.values(renewed(enrolments, "open", "mark"))
SWAP_SECRET = _SWAP.values(renewed(enrolments, "open", "mark", "secret", "sealed_by"))
# A wrong answer may move a state on as well; whoever comes second leaves it alone.
NUDGE = (
    update(enrolments)
    .where(
        enrolments.c.id == word("this"),
        enrolments.c.mark == number("seen_mark"),
        enrolments.c.generation == number("seen_generation"),
    )
    .values(renewed(enrolments, "open", "mark", "secret", "sealed_by"))
)
STILL_OPEN = select(enrolments.c.id).where(*_OPEN)

_ACCOUNT_OPEN = (accounts.c.id == word("this_account"), later(accounts.c.paced_at, NOW) <= number("account_limit"))
_NOT_BLOCKED = accounts.c.blocked == false()
HOLD_ACCOUNT = select(accounts.c.id).where(accounts.c.id == word("this_account"), _NOT_BLOCKED).with_for_update(key_share=True)
HOLD_ACCOUNT_TRY = select(accounts.c.id).where(*_ACCOUNT_OPEN, _NOT_BLOCKED).with_for_update(key_share=True)
TAKE_ACCOUNT = update(accounts).values(paced_at=later(accounts.c.paced_at, NOW) + number("account_refill")).where(*_ACCOUNT_OPEN)

_ASKED = (
    challenges.c.id == word("this_challenge"),
    challenges.c.outcome == OPEN,
    challenges.c.expires_at > NOW,
    challenges.c.epoch == EPOCH,
)
ANSWERED = update(challenges).values(outcome="accepted").where(*_ASKED)
MISSED = (
    update(challenges)
    .values(
        tries=challenges.c.tries - 1,
        outcome=case((challenges.c.tries <= 1, "void"), else_=word("then")),
    )
    .where(*_ASKED)
)


def of_enrolment(budget: Budget, now: int) -> Values:
    """What the statements about an enrolment compare with."""
    return {
        "now": now,
        "cap_here": budget.cap_here,
        "limit": budget.enrolment.limit(now, known=budget.known),
    }


def taken(budget: Budget, now: int) -> Values:
    """What they write for a wrong answer besides."""
    return {
        "refill": budget.enrolment.refill,
        "cap": budget.cap,
        "cap_unknown": budget._replace(known=False).cap_here,
        "locked": 0 if budget.locks is None else now + budget.locks,
        "fallen": "disabled" if budget.locks is None else "active",
    }


def of_account(account: str, bucket: Bucket, budget: Budget, now: int) -> Values:
    """What the statements about an account compare with."""
    limit = bucket.limit(now, known=budget.known)
    return {"this_account": account, "now": now, "account_limit": limit}


def take_account(account: str, budget: Budget, now: int) -> list[Query]:
    """One try of the account, where second factors are counted."""
    if budget.account is None:
        return []
    values = of_account(account, budget.account, budget, now) | {"account_refill": budget.account.refill}
    return [Query(TAKE_ACCOUNT, values, lost="no tries")]


def hold_account(account: str, budget: Budget, now: int, *, writes: bool) -> list[Query]:
    """A right answer leaves the account's bucket as it is, but it must have a try left."""
    if budget.account is not None:
        return [Query(HOLD_ACCOUNT_TRY, of_account(account, budget.account, budget, now), lost="no tries")]
    return [Query(HOLD_ACCOUNT, {"this_account": account}, lost="no tries")] if writes else []


def answered(challenge: str, now: int) -> Query:
    """The question is used up, if it was still open."""
    return Query(ANSWERED, {"this_challenge": challenge, "now": now}, lost="used")


def missed(challenge: str, now: int, *, ends: bool) -> Query:
    """One wrong answer less; the last one, or a refusal, closes the question."""
    values = {"this_challenge": challenge, "now": now, "then": "refused" if ends else "open"}
    return Query(MISSED, values, lost="used")
