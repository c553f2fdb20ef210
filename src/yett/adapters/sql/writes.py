"""What several operations write: facts, messages, and what an attempt leaves behind."""

import itertools
import os
from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import ColumnElement, Insert, bindparam, insert, literal_column, null, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import consents, devices, facts, grants, outbox, sessions, tokens
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import EPOCH, NOW, Query, blob, either, into, number, renewed, word
from yett.domain.consent import Consent
from yett.domain.enrolment import Message
from yett.domain.fact import Fact
from yett.domain.session import Conclusion, Device, Grant, Session, Token

_order = itertools.count()

_ZERO: ColumnElement[int] = literal_column("0")
_EMPTY: ColumnElement[str] = literal_column("''")
MESSAGE = into(outbox, due_at=_ZERO, tries=_ZERO, outcome=_EMPTY, detail=_EMPTY)
SESSION = into(sessions, epoch=EPOCH)
DEVICE = into(devices, epoch=EPOCH)
GRANT = into(grants, epoch=EPOCH)
TOKEN = into(tokens)
_CONSENT = into(consents, epoch=EPOCH)
CONSENT = _CONSENT.on_conflict_do_update(
    index_elements=["account", "client", "audience"],
    set_={name: _CONSENT.excluded[name] for name in ("scope", "updated_at", "epoch")},
)

# What a yes adds to must be there still, as it was seen: what was taken back meanwhile is not written again.
EXTEND = (
    update(consents)
    .values(renewed(consents, "scope", "updated_at"))
    .where(consents.c.id == word("this_consent"), consents.c.scope == blob("seen_scope"), consents.c.epoch == EPOCH)
)

# What the row says now becomes its past: two attempts that began at one level both leave a way back.
RAISE = (
    update(sessions)
    .values(
        id=blob("new_id"),
        proofs=blob("new_proofs"),
        idle_at=number("new_idle_at"),
        old=sessions.c.id,
        old_proofs=sessions.c.proofs,
        old_until=number("new_old_until"),
        device=word("new_device"),
    )
    .where(
        sessions.c.account == word("this_account"),
        sessions.c.epoch == EPOCH,
        sessions.c.id == either(sessions.c.id, sessions.c.old, "raises", sessions.c.old_until > NOW),
    )
)
ROTATE = (
    update(devices)
    .values(
        token=blob("new_token"),
        used_at=number("new_used_at"),
        remembered_until=number("new_remembered_until"),
        idle_until=number("new_idle_until"),
        security_version=number("new_security_version"),
        old=devices.c.token,
        old_until=number("new_old_until"),
        name=word("new_name"),
        key=blob("new_key"),
    )
    .where(
        devices.c.account == word("this_account"),
        devices.c.epoch == EPOCH,
        devices.c.token == either(devices.c.token, devices.c.old, "raises", devices.c.old_until > NOW),
    )
)


@cache
def record(many: int) -> Insert:
    """INSERT of so many facts."""
    given = [column for column in facts.c if column.name not in {"number", "epoch"}]
    return insert(facts).values(
        [{column.name: bindparam(f"{column.name}{at}", type_=column.type) for column in given} | {"number": null(), "epoch": null()} for at in range(many)]
    )


def happened(these: Sequence[Fact]) -> list[Query]:
    """Facts, in the commit of what they tell: one statement for all of them."""
    if not these:
        return []
    values = {f"{name}{at}": value for at, one in enumerate(these) for name, value in rows.fact_values(one).items()}
    return [Query(record(len(these)), values)]


def posted(messages: Iterable[Message], seal: Seal, now: int, account: str | None, challenge: str | None = None, client: str | None = None) -> list[Query]:
    """Messages to this account into the outbox; their ids sort in the order in which they were written."""
    step = []
    for one in messages:
        id = f"{now:012x}{next(_order) & 0xFFFFFFFF:08x}{os.urandom(10).hex()}"
        step.append(Query(MESSAGE, rows.message_values(id, one, seal) | {"account": account, "client": client, "challenge": challenge, "created_at": now}))
    return step


def concluded(what: Conclusion, now: int) -> list[Query]:
    """What an attempt leaves behind. A session that ended meanwhile is not raised from the dead: all is lost."""
    step = []
    if what.session is not None:
        step.append(_session(what.session, what.raises, now))
    if what.device is not None:
        step.append(_device(what.device, what.device_raises, now))
    if what.grant is not None:
        step += granted(what.grant, what.tokens)
    seen = {one.audience: one for one in what.extends}
    step += [_consent(one, seen.get(one.audience)) for one in what.consents]
    return step


def _consent(one: Consent, seen: Consent | None) -> Query:
    if seen is None:
        return Query(CONSENT, rows.consent_values(one))
    values = {"new_scope": rows.pack(one.scope), "new_updated_at": one.updated_at, "this_consent": seen.id, "seen_scope": rows.pack(seen.scope)}
    return Query(EXTEND, values, lost="used")


def granted(grant: Grant, given: Sequence[Token]) -> list[Query]:
    """A grant and its tokens."""
    return [Query(GRANT, rows.grant_values(grant)), *(Query(TOKEN, rows.token_values(token)) for token in given)]


def _session(one: Session, raises: bytes | None, now: int) -> Query:
    if raises is None:
        return Query(SESSION, rows.session_values(one))
    values = {
        "new_id": one.id,
        "new_proofs": rows.pack(one.proofs),
        "new_idle_at": one.idle_at,
        "new_old_until": one.old_until,
        "new_device": one.device,
        "this_account": one.account,
        "raises": raises,
        "now": now,
    }
    return Query(RAISE, values, lost="used")


def _device(one: Device, raises: bytes | None, now: int) -> Query:
    if raises is None:
        return Query(DEVICE, one._asdict())
    values = {
        "new_token": one.token,
        "new_used_at": one.used_at,
        "new_remembered_until": one.remembered_until,
        "new_idle_until": one.idle_until,
        "new_security_version": one.security_version,
        "new_old_until": one.old_until,
        "new_name": one.name,
        "new_key": one.key,
        "this_account": one.account,
        "raises": raises,
        "now": now,
    }
    return Query(ROTATE, values)
