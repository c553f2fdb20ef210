"""Sessions that end: written down in the commit that ends them, with the applications that rested on each, and told from there."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects.sqlite import Insert, insert

from yett.adapters.sql.schema import endings, grants, sessions
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import EPOCH, NOW, Query, Steps, either, number, word
from yett.adapters.sql.writes import posted
from yett.domain.enrolment import Message
from yett.domain.session import Ending

_ONES = sessions.c.account == word("this_account")


def _noted(*which: ColumnElement[bool]) -> Insert:
    """One line for each application and session. A grant that was revoked before has an application that may still have a session of its own."""
    rests = and_(grants.c.account == sessions.c.account, grants.c.session == sessions.c.sid, grants.c.epoch == sessions.c.epoch)
    found = (
        select(sessions.c.sid, grants.c.client, sessions.c.account, word("why"), number("at"))
        .distinct()
        .select_from(sessions.join(grants, rests))
        .where(*which, sessions.c.epoch == EPOCH)
    )
    return insert(endings).from_select(["sid", "client", "account", "why", "at"], found).on_conflict_do_nothing()


_ALL = _noted(_ONES)
_ONE = _noted(_ONES, sessions.c.sid == word("this_session"))
_BUT = _noted(_ONES, sessions.c.sid != word("this_session"))
_SHOWN = _noted(sessions.c.id == either(sessions.c.id, sessions.c.old, "session", sessions.c.old_until > NOW))
FOUND = (
    select(endings.c.sid, endings.c.client, endings.c.account, endings.c.why, endings.c.at)
    .order_by(endings.c.at, endings.c.sid, endings.c.client)
    .limit(number("limit"))
    .with_for_update(skip_locked=True)
)
TOLD = delete(endings).where(endings.c.sid == word("this_sid"), endings.c.client == word("this_client"))


def all_of(account: str, why: str, now: int) -> Query:
    """All sessions of an account are about to end."""
    return Query(_ALL, {"this_account": account, "why": why, "at": now})


def one_of(account: str, sid: str, why: str, now: int) -> Query:
    """One of them is."""
    return Query(_ONE, {"this_account": account, "this_session": sid, "why": why, "at": now})


def others_of(account: str, sid: str, why: str, now: int) -> Query:
    """All but one are."""
    return Query(_BUT, {"this_account": account, "this_session": sid, "why": why, "at": now})


def shown(session: bytes, why: str, now: int) -> Query:
    """The one that this cookie finds is."""
    return Query(_SHOWN, {"session": session, "why": why, "at": now, "now": now})


def farewell(seal: Seal, limit: int, now: int, words: Callable[[Ending], Message | None]) -> Steps[int]:
    """Put what is to be told of endings into the outbox, and strike them off: one commit, so each is told by one node."""
    (found,) = yield [Query(FOUND, {"limit": limit})]
    ended = [Ending(*row) for row in found.rows]
    if not ended:
        return 0
    step = [Query(TOLD, {"this_sid": one.sid, "this_client": one.client}) for one in ended]
    for one in ended:
        message = words(one)
        step += posted((message,) if message else (), seal, now, one.account, client=one.client)
    yield step
    return len(ended)
