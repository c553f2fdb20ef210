"""The outbox: messages on their way out, leased to whoever carries them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, func, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import challenges, ledger, meta, outbox
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import NOW, OPEN, Query, Row, Steps, number, upsert, word
from yett.adapters.sql.writes import happened
from yett.domain.fact import Fact
from yett.ports import APART, Delivery, Entry, Receipt

_DELIVERY = (*rows.MESSAGE, outbox.c.challenge, outbox.c.tries, outbox.c.created_at, outbox.c.account, outbox.c.client, *rows.CHALLENGE)
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
# What goes to applications is carried apart: whoever of them is slow to answer holds up no code.
_OURS = DUE.where(outbox.c.channel != APART)
_THEIRS = DUE.where(outbox.c.channel == APART)
# The question whose code it carries: neither answered, voided, expired, nor of another epoch.
_OPEN: ColumnElement[bool] = (
    select(challenges.c.id)
    .where(
        challenges.c.id == outbox.c.challenge,
        challenges.c.outcome == OPEN,
        challenges.c.expires_at > NOW,
        challenges.c.epoch == select(meta.c.epoch).scalar_subquery(),
    )
    .exists()
)
# A code whose question is over must not leave any more.
DROP_OVER = (
    update(outbox).values(due_at=None, outcome="dropped").where(outbox.c.due_at.is_not(None), outbox.c.due_at <= NOW, outbox.c.challenge.is_not(None), ~_OPEN)
)
MAY_LEAVE = select(outbox.c.id).where(
    outbox.c.id == word("this"), outbox.c.due_at.is_not(None), outbox.c.tries == number("tries"), outbox.c.challenge.is_(None) | _OPEN
)
LEASE = (
    update(outbox)
    .values(due_at=number("leased_until"), tries=outbox.c.tries + 1)
    .where(outbox.c.id == word("this"), outbox.c.due_at.is_not(None), outbox.c.due_at <= NOW)
)
SENT = update(outbox).values(due_at=None, outcome="sent", detail=word("receipt")).where(outbox.c.id == word("this"))
WRITE = upsert(ledger, "id")
FAILED = (
    update(outbox).values(due_at=number("next_at"), outcome=word("then"), detail=word("error")).where(outbox.c.id == word("this"), outbox.c.due_at.is_not(None))
)
# What was delivered was delivered, whatever comes in late.
DELIVERED = (
    update(ledger)
    .values(
        outcome=word("new_outcome"),
        detail=word("new_detail"),
        price=case((word("new_price") == "", ledger.c.price), else_=word("new_price")),
        updated_at=number("now"),
    )
    .where(ledger.c.provider == word("of"), ledger.c.reference == word("by"), ledger.c.outcome != "delivered")
)
LEDGER = select(*rows.columns(ledger, Entry._fields)).order_by(ledger.c.at.desc(), ledger.c.id.desc()).limit(number("limit")).offset(number("offset"))
LINES = select(func.count()).select_from(ledger)
CONVERSION = (
    select(func.count(), func.count(case((challenges.c.outcome == "accepted", 1))))
    .select_from(ledger.join(challenges, challenges.c.id == ledger.c.challenge))
    .where(ledger.c.country == word("country"), ledger.c.at >= number("since"), ledger.c.outcome != "failed")
)
NEWEST = select(*_DELIVERY).select_from(_WITH_CHALLENGE).order_by(outbox.c.id.desc()).limit(number("limit"))


def claim(now: int, lease: int, limit: int, *, apart: bool) -> Steps[Sequence[Row]]:
    """Drop what is over, lease what is due. Its `tries` are those before this one."""
    _, due = yield [Query(DROP_OVER, {"now": now}), Query(_THEIRS if apart else _OURS, {"now": now, "limit": limit})]
    if not due.rows:
        return ()
    leased = yield [Query(LEASE, {"this": row[0], "now": now, "leased_until": now + lease}) for row in due.rows]
    return [row for row, result in zip(due.rows, leased, strict=True) if result.touched]


def delivery(row: Row, seal: Seal) -> Delivery:
    """A message and the question whose code it carries."""
    message, (_, tries, created_at, account, client) = rows.message(row[:6], seal), row[6:_AT_CHALLENGE]
    question = rows.challenge(row[_AT_CHALLENGE:], seal) if row[_AT_CHALLENGE] is not None else None
    return Delivery(row[0], message, question, tries, created_at, account, client)


def sent(entry: Entry, facts: Sequence[Fact]) -> Steps[None]:
    """It has left."""
    yield [Query(SENT, {"this": entry.id, "receipt": entry.reference}), Query(WRITE, entry._asdict()), *happened(facts)]


def failed(id: str, next_at: int | None, error: str, entry: Entry | None, facts: Sequence[Fact]) -> Steps[None]:
    """It has not left: later, or never."""
    then = "failed" if next_at is None else "waiting"
    lines = [Query(WRITE, entry._asdict())] if entry else []
    yield [Query(FAILED, {"this": id, "next_at": next_at, "then": then, "error": error[:500]}), *lines, *happened(facts)]


def delivered(provider: str, receipts: Sequence[Receipt], now: int) -> Steps[int]:
    """What a provider told of what it took; an empty reference is nobody's."""
    told = [one for one in receipts if one.reference]
    results = yield [
        Query(
            DELIVERED,
            {"of": provider, "by": one.reference, "new_outcome": one.outcome, "new_detail": one.detail[:200], "new_price": one.price[:50], "now": now},
        )
        for one in told
    ]
    return sum(result.touched for result in results)
