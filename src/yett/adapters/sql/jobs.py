"""Jobs: kept until they are done, whatever becomes of the process that began them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, literal_column, or_, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import jobs
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import NOW, Query, Row, Steps, all_or_nothing, into, new, number, renewed, word
from yett.adapters.sql.writes import happened, posted
from yett.domain.enrolment import Message
from yett.domain.fact import Fact
from yett.domain.job import Job

KEPT = 30 * 86400

_JOB = rows.columns(jobs, Job._fields)
_PENDING: ColumnElement[str] = literal_column("'pending'")
_PROCESSING: ColumnElement[str] = literal_column("'processing'")
_UNDONE = or_(jobs.c.status == _PENDING, jobs.c.status == _PROCESSING)
ONE = select(*_JOB).where(jobs.c.id == word("this_job"))
DUE = (
    select(*_JOB).where(_UNDONE, jobs.c.leased_until <= NOW).order_by(jobs.c.created_at, jobs.c.id).limit(literal_column("1")).with_for_update(skip_locked=True)
)
OPEN = into(jobs)
LEASE = update(jobs).values(leased_until=number("until")).where(jobs.c.id == word("this_job"), jobs.c.leased_until <= NOW, _UNDONE)
ON = update(jobs).values(renewed(jobs)).where(jobs.c.id == word("this_job"), jobs.c.done == number("seen_done"), _UNDONE)
FORGET = delete(jobs).where(jobs.c.status != _PENDING, jobs.c.status != _PROCESSING, jobs.c.updated_at < number("before"))


def values(one: Job, seal: Seal) -> dict[str, object]:
    """Its row."""
    content = seal.close("", "jobs", one.id, "content", one.content) if one.content else None
    return one._asdict() | {"content": content, "sealed_by": seal.current}


def job(row: Row, seal: Seal) -> Job:
    """A job of its row."""
    one = Job(*row)
    content = seal.open("", "jobs", one.id, "content", one.content) if one.content else b""
    return one._replace(content=content, upsert=bool(one.upsert), tells=bool(one.tells))


def open_job(seal: Seal, one: Job, facts: Sequence[Fact]) -> Steps[None]:
    """A new job; those that were done long ago are forgotten along with it."""
    yield [Query(FORGET, {"before": one.created_at - KEPT}), Query(OPEN, values(one, seal)), *happened(facts)]


def claim_job(now: int, lease: int) -> Steps[Row | None]:
    """The oldest one that nobody works on, leased to the caller."""
    (due,) = yield [Query(DUE, {"now": now})]
    if not due.rows:
        return None
    (leased,) = yield [Query(LEASE, {"this_job": due.rows[0][0], "now": now, "until": now + lease})]
    return due.rows[0] if leased.touched else None


def on(seal: Seal, seen: Job, after: Job, facts: Sequence[Fact], notices: Sequence[Message]) -> Steps[bool]:
    """A job has come so far, if nobody else has brought it on since it was read."""
    query = Query(ON, {**new(values(after, seal)), "this_job": seen.id, "seen_done": seen.done}, lost="overtaken")
    return (yield from all_or_nothing([query], [*posted(notices, seal, after.updated_at, None), *happened(facts)]))
