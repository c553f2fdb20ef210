"""The outbox: messages on their way out, leased to whoever carries them."""

from collections.abc import Sequence

from sqlalchemy import select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import challenges, meta, outbox
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import NOW, OPEN, Query, Row, Steps, number, word
from yett.ports import Delivery

_DELIVERY = (*rows.MESSAGE, outbox.c.challenge, outbox.c.tries, outbox.c.created_at, *rows.CHALLENGE)
_AT_CHALLENGE = len(_DELIVERY) - len(rows.CHALLENGE)
_WITH_CHALLENGE = outbox.outerjoin(challenges, challenges.c.id == outbox.c.challenge)

# Another node may lease at the same moment: whoever comes second passes over what is taken.
DUE = (
    select(*_DELIVERY)
    .select_from(_WITH_CHALLENGE)
    .where(outbox.c.due_at.is_not(None), outbox.c.due_at <= NOW)
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(number("limit"))
    .with_for_update(of=outbox, skip_locked=True)
)
# A code whose question is over must not leave any more: answered, voided, expired, or of another epoch.
DROP_OVER = (
    update(outbox)
    .values(due_at=None, outcome="dropped")
    .where(
        outbox.c.due_at.is_not(None),
        outbox.c.due_at <= NOW,
        outbox.c.challenge.is_not(None),
        ~select(challenges.c.id)
        .where(
            challenges.c.id == outbox.c.challenge,
            challenges.c.outcome == OPEN,
            challenges.c.expires_at > NOW,
            challenges.c.epoch == select(meta.c.epoch).scalar_subquery(),
        )
        .exists(),
    )
)
LEASE = (
    update(outbox)
    .values(due_at=number("leased_until"), tries=outbox.c.tries + 1)
    .where(outbox.c.id == word("this"), outbox.c.due_at.is_not(None), outbox.c.due_at <= NOW)
)
SENT = update(outbox).values(due_at=None, outcome="sent", detail=word("receipt")).where(outbox.c.id == word("this"))
FAILED = (
    update(outbox).values(due_at=number("next_at"), outcome=word("then"), detail=word("error")).where(outbox.c.id == word("this"), outbox.c.due_at.is_not(None))
)
NEWEST = select(*_DELIVERY).select_from(_WITH_CHALLENGE).order_by(outbox.c.id.desc()).limit(number("limit"))


def claim(now: int, lease: int, limit: int) -> Steps[Sequence[Row]]:
    """Drop what is over, lease what is due. Its `tries` are those before this one."""
    _, due = yield [Query(DROP_OVER, {"now": now}), Query(DUE, {"now": now, "limit": limit})]
    if not due.rows:
        return ()
    leased = yield [Query(LEASE, {"this": row[0], "now": now, "leased_until": now + lease}) for row in due.rows]
    return [row for row, result in zip(due.rows, leased, strict=True) if result.touched]


def delivery(row: Row, seal: Seal) -> Delivery:
    """A message and the question whose code it carries."""
    message, (_, tries, created_at) = rows.message(row[:6], seal), row[6:_AT_CHALLENGE]
    question = rows.challenge(row[_AT_CHALLENGE:], seal) if row[_AT_CHALLENGE] is not None else None
    return Delivery(row[0], message, question, tries, created_at)


def sent(id: str, receipt: str) -> Steps[None]:
    """It has left."""
    yield [Query(SENT, {"this": id, "receipt": receipt})]


def failed(id: str, next_at: int | None, error: str) -> Steps[None]:
    """It has not left: later, or never."""
    then = "failed" if next_at is None else "waiting"
    yield [Query(FAILED, {"this": id, "next_at": next_at, "then": then, "error": error[:500]})]
