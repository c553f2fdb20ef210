"""Attempts: the load that each step begins with, and how an attempt moves on."""

from collections.abc import Sequence

from sqlalchemy import and_, false, func, select, true, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import accounts, attempts, challenges, devices, enrolments, meta, misses, sessions
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import (
    EPOCH,
    NOW,
    OPEN,
    Query,
    Row,
    Steps,
    all_or_nothing,
    blob,
    into,
    later,
    new,
    number,
    renewed,
    word,
)
from yett.adapters.sql.tries import HOLD_ACCOUNT
from yett.adapters.sql.writes import concluded, happened, posted
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge
from yett.domain.fact import Fact
from yett.domain.session import Conclusion, Device
from yett.domain.tries import Bucket
from yett.ports import Arrival

# Unique indexes, one after the other: an OR over two of them would cost a planner its index.
_SESSION_FOUND = and_(
    sessions.c.sid
    == func.coalesce(
        select(sessions.c.sid).where(sessions.c.id == blob("session")).scalar_subquery(),
        select(sessions.c.sid).where(sessions.c.old == blob("session"), sessions.c.old_until > NOW).limit(1).scalar_subquery(),
    ),
    sessions.c.epoch == meta.c.epoch,
    sessions.c.idle_at > NOW,
    sessions.c.ends_at > NOW,
)
_DEVICE_FOUND = and_(
    devices.c.id
    == func.coalesce(
        select(devices.c.id).where(devices.c.token == blob("device")).scalar_subquery(),
        select(devices.c.id).where(devices.c.old == blob("device")).limit(1).scalar_subquery(),
    ),
    devices.c.epoch == meta.c.epoch,
)
_ATTEMPT_FOUND = and_(
    attempts.c.id == word("attempt"),
    attempts.c.holder == blob("holder"),
    attempts.c.done == false(),
    attempts.c.expires_at > NOW,
    attempts.c.epoch == meta.c.epoch,
)
_ACCOUNT_OF_ATTEMPT = accounts.c.id == func.coalesce(
    attempts.c.account,
    select(accounts.c.id).where(accounts.c.email_key == attempts.c.identifier).correlate(attempts).scalar_subquery(),
    select(accounts.c.id).where(accounts.c.username_key == attempts.c.identifier).correlate(attempts).scalar_subquery(),
)

ARRIVE = select(meta.c.version, *rows.SESSION, *rows.DEVICE, *rows.ACCOUNT, *rows.ENROLMENT).select_from(
    meta.outerjoin(sessions, _SESSION_FOUND)
    .outerjoin(devices, _DEVICE_FOUND)
    .outerjoin(accounts, accounts.c.id == sessions.c.account)
    .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
)
SCENE = select(meta.c.version, *rows.SESSION, *rows.DEVICE, *rows.ACCOUNT, *rows.ENROLMENT, *rows.ATTEMPT, *rows.CHALLENGE).select_from(
    meta.outerjoin(attempts, _ATTEMPT_FOUND)
    .outerjoin(sessions, _SESSION_FOUND)
    .outerjoin(devices, _DEVICE_FOUND)
    .outerjoin(accounts, _ACCOUNT_OF_ATTEMPT)
    .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
    .outerjoin(
        challenges,
        and_(challenges.c.attempt == attempts.c.id, challenges.c.outcome == OPEN, challenges.c.expires_at > NOW),
    )
)
_AT_DEVICE = 1 + len(rows.SESSION)
_AT_ACCOUNT = _AT_DEVICE + len(rows.DEVICE)
_AT_ENROLMENT = _AT_ACCOUNT + len(rows.ACCOUNT)
_AT_ATTEMPT = _AT_ENROLMENT + len(rows.ENROLMENT)
_AT_CHALLENGE = _AT_ATTEMPT + len(rows.ATTEMPT)

BEGIN = into(attempts, epoch=EPOCH)
_HERE = (
    attempts.c.id == word("this_attempt"),
    attempts.c.version == number("seen_version"),
    attempts.c.done == false(),
    attempts.c.epoch == EPOCH,
)
_MUTABLE = tuple(name for name in Attempt._fields if name not in {"id", "via", "client", "arrived_at", "version"})
MOVE = update(attempts).values(renewed(attempts, *_MUTABLE) | {"version": attempts.c.version + 1}).where(*_HERE, attempts.c.expires_at > NOW)
HOLD = select(attempts.c.id).where(*_HERE).with_for_update(key_share=True)
# A refusal ends the attempt, however far it has come.
END = update(attempts).values(done=true(), version=attempts.c.version + 1).where(attempts.c.id == word("this_attempt"), attempts.c.done == false())
ASK = into(challenges, epoch=EPOCH)
VOID = update(challenges).values(outcome="void").where(challenges.c.attempt == word("this_attempt"), challenges.c.outcome == OPEN)
MISS = into(misses, paced_at=NOW + number("refill")).on_conflict_do_update(
    index_elements=["identifier"],
    set_={"paced_at": later(misses.c.paced_at, NOW) + number("refill")},
    where=later(misses.c.paced_at, NOW) <= number("limit"),
)


def arrived(found: Sequence[Row], session: bytes | None, device: bytes | None, now: int, seal: Seal) -> Arrival:
    """What either load means: one row for each enrolment, the rest the same in all."""
    row = found[0]
    account = rows.account(row[_AT_ACCOUNT:_AT_ENROLMENT]) if row[_AT_ACCOUNT] is not None else None
    known, stolen = _device(row[_AT_DEVICE:_AT_ACCOUNT], device, now) if row[_AT_DEVICE] is not None else (None, None)
    attempt = challenge = None
    if len(row) > _AT_ATTEMPT and row[_AT_ATTEMPT] is not None:
        attempt = rows.attempt(row[_AT_ATTEMPT:_AT_CHALLENGE])
        if row[_AT_CHALLENGE] is not None:
            challenge = rows.challenge(row[_AT_CHALLENGE:], seal)
    return Arrival(
        version=row[0],
        attempt=attempt,
        account=account,
        enrolments=tuple(rows.enrolment(one[_AT_ENROLMENT:_AT_ATTEMPT], seal) for one in found if one[_AT_ENROLMENT] is not None),
        challenge=challenge,
        session=rows.session(row[1:_AT_DEVICE], session) if row[1] is not None else None,
        device=known,
        stolen=stolen.account if stolen else None,
        stolen_device=stolen.id if stolen else None,
    )


def _device(row: Row, token: bytes | None, now: int) -> tuple[Device | None, Device | None]:
    """The device, or the one whose rotated token was shown again when its time was over."""
    one = rows.device(row)
    if one.token == token:
        return one, None
    if one.old_until > now:
        return one._replace(token=token or b"", old=None, old_until=0), None
    return None, one


def begin(attempt: Attempt, facts: Sequence[Fact]) -> Steps[None]:
    """Write a new attempt."""
    yield [Query(BEGIN, rows.attempt_values(attempt)), *happened(facts)]


def moved(seen: Attempt, after: Attempt, now: int, *, done: bool) -> Query:
    """The attempt becomes `after`, if it is still the one that was seen."""
    values = new(rows.attempt_values(after._replace(done=done)))
    return Query(MOVE, {**values, "this_attempt": seen.id, "seen_version": seen.version, "now": now}, lost="used")


def replace(seen: Attempt, after: Attempt, facts: Sequence[Fact]) -> Steps[bool]:
    """Replace an attempt."""
    return (yield from all_or_nothing([moved(seen, after, 0, done=after.done)], happened(facts)))


def ask(seal: Seal, seen: Attempt, question: Challenge, facts: Sequence[Fact]) -> Steps[bool]:
    """Put a question in the place of the one before."""
    at = facts[0].at if facts else seen.arrived_at
    held = Query(HOLD, {"this_attempt": seen.id, "seen_version": seen.version}, lost="used")
    consequences = [
        Query(VOID, {"this_attempt": seen.id}),
        Query(ASK, rows.challenge_values(question, seal)),
        *posted(question.send, seal, at, question.id),
        *happened(facts),
    ]
    return (yield from all_or_nothing([held], consequences))


def conclude(seen: Attempt, what: Conclusion, facts: Sequence[Fact], now: int) -> Steps[bool]:
    """End an attempt. The account is held first, so that a block in the same moment sees what is left behind."""
    step = [moved(seen, seen, now, done=True), *concluded(what, now)]
    account = account_of(what)
    if account is not None:
        step.insert(0, Query(HOLD_ACCOUNT, {"this_account": account}, lost="used"))
    return (yield from all_or_nothing(step, happened(facts)))


def account_of(what: Conclusion) -> str | None:
    """Whose session or grant this leaves behind."""
    left = what.session or what.grant
    return left.account if left else None


def miss(identifier: bytes, bucket: Bucket, now: int, facts: Sequence[Fact]) -> Steps[bool]:
    """Pace the tries of an account that does not exist."""
    limit = bucket.limit(now, known=False)
    if limit < now:
        return False
    values = {"identifier": identifier, "now": now, "refill": bucket.refill, "limit": limit}
    return (yield from all_or_nothing([Query(MISS, values, lost="no tries")], happened(facts)))
