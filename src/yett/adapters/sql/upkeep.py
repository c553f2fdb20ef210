"""What operators and sweepers do."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Delete, Table, delete, func, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import (
    attempts,
    buckets,
    challenges,
    contracts,
    data_keys,
    devices,
    enrolments,
    facts,
    grants,
    jobs,
    ledger,
    meta,
    misses,
    outbox,
    sequencer,
    sessions,
    signing_keys,
    spent,
    tokens,
)
from yett.adapters.sql.seal import DataKey, Seal
from yett.adapters.sql.steps import EPOCH, NOW, Query, Result, Row, Steps, blob, into, new, number, renewed, word
from yett.domain.enrolment import State

DAY = 86400
# How many rows of one table a sweep removes in one commit: others are waiting for theirs.
SWEPT = 1000
PAGE = 200

LAST = select(sequencer.c.last).with_for_update(key_share=True)
_waiting = select(facts.c.id).where(facts.c.number.is_(None)).order_by(facts.c.id).limit(number("limit")).subquery()
_numbered = select(_waiting.c.id, func.row_number().over(order_by=_waiting.c.id).label("place")).subquery()
NUMBER = update(facts).values(number=_numbered.c.place + number("last"), epoch=EPOCH).where(facts.c.id == _numbered.c.id)
COUNTED = update(sequencer).values(last=sequencer.c.last + number("many"))


def number_facts(limit: int) -> Steps[int]:
    """One sequencer at a time: its row is held until the numbers are written."""
    (last,) = yield [Query(LAST)]
    (result,) = yield [Query(NUMBER, {"last": last.rows[0][0], "limit": limit})]
    if result.touched:
        yield [Query(COUNTED, {"many": result.touched})]
    return result.touched


def _over(table: Table, key: str, over: ColumnElement[bool]) -> Delete:
    column = table.c[key]
    return delete(table).where(column.in_(select(column).where(over).limit(SWEPT)))


_YESTERDAY = NOW - DAY
_SWEEP = (
    _over(attempts, "id", attempts.c.expires_at < _YESTERDAY),
    _over(sessions, "id", sessions.c.ends_at < _YESTERDAY),
    _over(tokens, "digest", tokens.c.expires_at < _YESTERDAY),
    _over(spent, "name", spent.c.expires_at < _YESTERDAY),
    _over(grants, "id", grants.c.ends_at < _YESTERDAY),
    _over(devices, "token", devices.c.used_at < NOW - 400 * DAY),
    _over(outbox, "id", (outbox.c.due_at.is_(None)) & (outbox.c.created_at < NOW - 7 * DAY)),
    _over(ledger, "id", ledger.c.at < NOW - 400 * DAY),
    _over(misses, "identifier", (misses.c.paced_at < NOW) & (misses.c.rests_until < NOW)),
    _over(buckets, "key", buckets.c.paced_at < NOW),
)
COUNT_SEALS = update(data_keys).values(seals=data_keys.c.seals + number("made")).where(data_keys.c.id == number("this")).returning(data_keys.c.seals)


def sweep(now: int, made: int, key: int) -> Steps[tuple[int, int]]:
    """Remove what ended long ago; returns how many rows went, and how often the newest data key has sealed."""
    count = Query(COUNT_SEALS, {"made": made, "this": key})
    results = yield [*(Query(one, {"now": now}) for one in _SWEEP), count]
    seals = results[-1].rows[0][0] if results[-1].rows else 0
    return sum(one.touched for one in results[:-1]), seals


MAKE_KEY = into(data_keys, seals=0).on_conflict_do_nothing()
KEYS = select(data_keys.c.id, data_keys.c.wrapped).order_by(data_keys.c.id)
REWRAP = update(data_keys).values(wrapped=blob("new_wrapped")).where(data_keys.c.id == number("this"))
NEW_VERSION = update(meta).values(version=meta.c.version + 1)


def add_key(id: int, wrapped: bytes, now: int, beside: DataKey | None = None) -> Steps[bool]:
    """A new data key. The configuration's version moves, so that every node loads it with its next request.

    False, and nothing done, where the key `beside` it is wrapped by another key-encryption key by now.
    """
    # First of all, by each that writes keys: they go one after the other.
    yield [Query(NEW_VERSION)]
    if beside is not None and beside not in (yield from keys()):
        return False
    yield [Query(MAKE_KEY, {"id": id, "wrapped": wrapped, "created_at": now})]
    return True


def keys() -> Steps[Sequence[DataKey]]:
    """The data keys, wrapped."""
    (result,) = yield [Query(KEYS)]
    return [DataKey(*row) for row in result.rows]


def rewrap(wrap: Callable[[DataKey], bytes]) -> Steps[int]:
    """Wrap every data key anew; returns how many there are."""
    yield [Query(NEW_VERSION)]
    known = yield from keys()
    yield [Query(REWRAP, {"this": one.id, "new_wrapped": wrap(one)}) for one in known]
    return len(known)


# Where sealed columns stand: table, key, the column whose value names the account, and the columns.
_SEALED: tuple[tuple[Table, str, str | None, tuple[str, ...]], ...] = (
    (enrolments, "id", "account", ("secret",)),
    (signing_keys, "kid", None, ("private",)),
    (contracts, "id", None, ("credentials",)),
    (challenges, "id", None, ("secret", "show")),
    (outbox, "id", None, ("to", "data")),
    (jobs, "id", None, ("content",)),
)
_OLD = {
    table.name: select(table.c[key], *((table.c[owner],) if owner else ()), *(table.c[one] for one in sealed))
    .where(table.c.sealed_by < number("current"))
    .limit(number("limit"))
    .with_for_update(key_share=True)
    for table, key, owner, sealed in _SEALED
}
_ANEW = {table.name: update(table).values(renewed(table, *sealed, "sealed_by")).where(table.c[key] == word("this")) for table, key, _, sealed in _SEALED}


def reseal(limit: int, seal: Seal) -> Steps[int]:
    """Seal again what is under an older data key. Only the seal changes: no mark, no generation."""
    done = 0
    for table, _, owner, sealed in _SEALED:
        if done >= limit:
            break
        wanted = {"current": seal.current, "limit": limit - done}
        (found,) = yield [Query(_OLD[table.name], wanted)]
        if found.rows:
            yield [_sealed_anew(table, owner, sealed, row, seal) for row in found.rows]
        done += found.touched
    return done


def _sealed_anew(table: Table, owner: str | None, sealed: tuple[str, ...], row: Row, seal: Seal) -> Query:
    id, *rest = row
    account = rest.pop(0) if owner else ""
    # A plain string: SQLAlchemy's own kind of name does not encode.
    place = str(table.name)
    values: dict[str, object] = {"sealed_by": seal.current}
    for column, secret in zip(sealed, rest, strict=True):
        clear = None if secret is None else seal.open(account, place, id, column, secret)
        values[column] = None if clear is None else seal.close(account, place, id, column, clear)
    return Query(_ANEW[table.name], new(values) | {"this": id})


RESTORED = update(meta).values(epoch=meta.c.epoch + 1, version=meta.c.version + 1).returning(meta.c.epoch)
_NEXT_PAGE = select(*rows.ENROLMENT).where(enrolments.c.id > word("after")).order_by(enrolments.c.id).limit(number("limit")).with_for_update(key_share=True)
ROLL = update(enrolments).values(renewed(enrolments, "secret", "open", "mark", "sealed_by")).where(enrolments.c.id == word("this"))


def restored(seal: Seal, roll: Callable[[str, State], State]) -> Steps[int]:
    """A new epoch, in which nothing that was used since the backup works again."""
    results: Sequence[Result] = yield [Query(RESTORED)]
    epoch: int = results[0].rows[0][0]
    after = ""
    while True:
        (found,) = yield [Query(_NEXT_PAGE, {"after": after, "limit": PAGE})]
        if not found.rows:
            return epoch
        known = [rows.enrolment(row, seal) for row in found.rows]
        yield [Query(ROLL, new(rows.state_values(one, roll(one.kind, one.state), seal)) | {"this": one.id}) for one in known]
        after = known[-1].id
