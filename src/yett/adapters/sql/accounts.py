"""Accounts and enrolments, as the helpdesk and their owners change them."""

from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import Executable, and_, case, delete, func, or_, select, true, update
from sqlalchemy.sql.elements import ColumnElement

from yett.adapters.sql import endings, rows
from yett.adapters.sql.attempts import moved
from yett.adapters.sql.schema import (
    accounts,
    consents,
    devices,
    enrolments,
    facts,
    grants,
    meta,
    sessions,
)
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import (
    EPOCH,
    NOW,
    UNDO,
    Query,
    Row,
    Steps,
    Together,
    all_or_nothing,
    blob,
    either,
    into,
    new,
    number,
    renewed,
    word,
)
from yett.adapters.sql.writes import happened, posted
from yett.domain.account import Account, canonical
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment, Message
from yett.domain.fact import Fact

_THIS = accounts.c.id == word("this_account")
# The scope of a grant that outlives its session.
OFFLINE = "offline_access"

ACCOUNT = (
    select(*rows.ACCOUNT, *rows.ENROLMENT)
    .select_from(accounts.outerjoin(enrolments, enrolments.c.account == accounts.c.id))
    .where(_THIS)
    .order_by(enrolments.c.created_at, enrolments.c.id)
)
_BEARER = select(enrolments.c.account).where(enrolments.c.lookup == blob("lookup"), enrolments.c.status != "deleted")
BEARER = (
    select(*rows.ACCOUNT, *rows.ENROLMENT)
    .select_from(accounts.join(enrolments, enrolments.c.account == accounts.c.id))
    .where(accounts.c.id == _BEARER.scalar_subquery())
    .order_by(enrolments.c.created_at, enrolments.c.id)
)
# An e-mail address is asked for first: nobody takes over another's name by calling himself after his address.
FIND = (
    select(*rows.ACCOUNT)
    .where(or_(accounts.c.email_key == word("identifier"), accounts.c.username_key == word("identifier")))
    .order_by((accounts.c.email_key == word("identifier")).desc())
    .limit(1)
)
_LIKE = or_(
    accounts.c.email_key.like(word("pattern"), escape="\\"),
    accounts.c.username_key.like(word("pattern"), escape="\\"),
    accounts.c.id == word("text"),
)
_PAGE = select(*rows.ACCOUNT).order_by(accounts.c.created_at, accounts.c.id).limit(number("limit")).offset(number("offset"))
ALL = (_PAGE, select(func.count()).select_from(accounts))
LIKE = (_PAGE.where(_LIKE), select(func.count()).select_from(accounts).where(_LIKE))

OPEN_ACCOUNT = into(accounts).on_conflict_do_nothing()
_PUT = into(enrolments)
_KEPT = {"id", "account", "kind", "created_at"}
# What guesses and logins move: whoever writes the same generation again has read it before they did (attacks: rows 1 and 2).
_COUNTED = {"failures", "paced_at", "locked_until", "rests_until", "used_at"}
_ANEW = enrolments.c.generation < _PUT.excluded.generation
_FALLEN = and_(enrolments.c.status == "disabled", _PUT.excluded.status == "active", ~_ANEW)


def _put(name: str) -> ColumnElement[object]:
    """What a column becomes where the enrolment is there already."""
    stays = ~_ANEW if name in _COUNTED else _FALLEN if name == "status" else None
    return _PUT.excluded[name] if stays is None else case((stays, enrolments.c[name]), else_=_PUT.excluded[name])


# A state is replaced only by a newer generation, or where nothing was used since it was read: a rename that crosses
# a login must not bring back a code that was used in it.
PUT = _PUT.on_conflict_do_update(
    index_elements=["id"],
    set_={column.name: _put(column.name) for column in enrolments.c if column.name not in _KEPT},
    where=and_(
        enrolments.c.account == _PUT.excluded.account,
        enrolments.c.kind == _PUT.excluded.kind,
        or_(
            _ANEW,
            and_(
                enrolments.c.generation == _PUT.excluded.generation,
                enrolments.c.mark == _PUT.excluded.mark,
            ),
        ),
    ),
)
_CHANGED = renewed(
    accounts,
    "email",
    "email_verified",
    "username",
    "blocked",
    "security_version",
    "profile",
    "updated_at",
    "email_key",
    "username_key",
)
CHANGE = update(accounts).values(_CHANGED).where(_THIS, accounts.c.security_version == number("seen_security_version"))
_BUMP = update(accounts).values(security_version=accounts.c.security_version + 1, updated_at=NOW).where(_THIS)
BUMP = _BUMP.where(accounts.c.security_version == number("seen_security_version"))
BUMP_VERIFIED = BUMP.values(email_verified=true())
CLOSE = delete(accounts).where(_THIS)

END_SESSIONS = delete(sessions).where(sessions.c.account == word("this_account"))
REVOKE_ALL = update(grants).values(revoked_at=NOW).where(grants.c.account == word("this_account"), grants.c.revoked_at.is_(None))
FORGET_ALL = update(devices).values(remembered_until=0, idle_until=0).where(devices.c.account == word("this_account"), devices.c.remembered_until > 0)
FORGET = delete(devices).where(devices.c.account == word("this_account"), devices.c.id == word("this_device"))
WITHDRAW_ALL = delete(consents).where(consents.c.account == word("this_account"))
FORGET_BUT = delete(devices).where(devices.c.account == word("this_account"), devices.c.id != word("this_device"))
_THIS_SESSION, _OWN = word("this_session"), sessions.c.account == word("this_account")
END_ONE = delete(sessions).where(_OWN, sessions.c.sid == _THIS_SESSION)
END_BUT = delete(sessions).where(_OWN, sessions.c.sid != _THIS_SESSION)
_REVOKE = update(grants).values(revoked_at=NOW).where(grants.c.account == word("this_account"), grants.c.revoked_at.is_(None))
GRANTS_OF = select(grants.c.id, grants.c.scope).where(
    grants.c.account == word("this_account"), grants.c.session == _THIS_SESSION, grants.c.revoked_at.is_(None)
)
REVOKE_ONE = _REVOKE.where(grants.c.id == word("this_grant"))
REVOKE_OF = _REVOKE.where(grants.c.session == _THIS_SESSION)
REVOKE_BUT = _REVOKE.where(or_(grants.c.session.is_(None), grants.c.session != _THIS_SESSION))
UNENROL = delete(enrolments).where(enrolments.c.account == word("this_account"), enrolments.c.id == word("this"))
# Looked for among the account's own: an index would be two more rows for each of millions of logins.
REVOKE_RESTING = _REVOKE.where(grants.c.rests_on.like(word("like")))

ALIKE = (
    select(*rows.ENROLMENT)
    .where(enrolments.c.kind == word("kind"), enrolments.c.status == "active", enrolments.c.id > word("after"))
    .order_by(enrolments.c.id)
    .limit(number("limit"))
)
WHOSE = select(enrolments.c.account).where(enrolments.c.id == word("this"))
LEAVING = select(enrolments.c.account).distinct().where(enrolments.c.leaves_at <= NOW).limit(number("limit"))
DEVICES = (
    select(*rows.DEVICE)
    .select_from(devices.join(meta, devices.c.epoch == meta.c.epoch))
    .where(devices.c.account == word("this_account"))
    .order_by(devices.c.used_at.desc(), devices.c.id)
)
SESSIONS = (
    select(*rows.SESSION)
    .select_from(sessions.join(meta, sessions.c.epoch == meta.c.epoch))
    .where(sessions.c.account == word("this_account"), sessions.c.idle_at > NOW, sessions.c.ends_at > NOW)
    .order_by(sessions.c.created_at, sessions.c.id)
)
FACT_BY_ID = select(*rows.FACT).where(facts.c.id == word("this"))
SIGN_OUT = (
    delete(sessions)
    .where(
        sessions.c.epoch == EPOCH,
        sessions.c.id == either(sessions.c.id, sessions.c.old, "session", sessions.c.old_until > NOW),
    )
    .returning(*rows.SESSION)
)


@cache
def facts_of(*, account: bool, type: bool, after: bool, newest_first: bool) -> tuple[Executable, Executable]:
    """The page and the count, for the filters that are in use."""
    wanted: list[ColumnElement[bool]] = []
    if account:
        wanted.append(facts.c.account == word("account"))
    if type:
        wanted.append(facts.c.type == word("type"))
    count = select(func.count()).select_from(facts).where(*wanted)
    if after:
        wanted.append(facts.c.id > word("after"))
    order = facts.c.id.desc() if newest_first and not after else facts.c.id
    page = select(*rows.FACT).where(*wanted).order_by(order).limit(number("limit")).offset(number("offset"))
    return page, count


def listed(offset: int, limit: int, text: str) -> tuple[Query, Query]:
    """A page of accounts, and how many there are in all."""
    page: dict[str, object] = {"offset": offset, "limit": limit}
    if not text:
        return Query(ALL[0], page), Query(ALL[1])
    plain = canonical(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    wanted: dict[str, object] = {"pattern": f"%{plain}%", "text": text}
    return Query(LIKE[0], page | wanted), Query(LIKE[1], wanted)


def put_values(one: Enrolment, seal: Seal) -> dict[str, object]:
    """An enrolment to be written, new or in the place of one that has its id."""
    return rows.enrolment_values(one, seal)


def opening_values(account: Account) -> dict[str, object]:
    """An account to be opened."""
    return rows.account_values(account) | {"paced_at": account.paced_at}


def open_account(seal: Seal, account: Account, has: Sequence[Enrolment], happening: Sequence[Fact]) -> Steps[bool]:
    """A new account with what it begins with."""
    conditions = [Query(OPEN_ACCOUNT, opening_values(account), lost="taken")]
    conditions += [Query(PUT, put_values(one, seal), lost="taken") for one in has]
    return (yield from all_or_nothing(conditions, happened(happening)))


def change_account(
    seal: Seal,
    seen: Account,
    after: Account,
    put: Sequence[Enrolment],
    *,
    ends: bool,
    now: int,
    happening: Sequence[Fact],
    notices: Sequence[Message],
    voids: Sequence[str],
    drops: Sequence[str] = (),
    spends: Attempt | None = None,
) -> Steps[bool]:
    """Change an account; what ends its sessions moves its security version as well."""
    if ends and after.security_version == seen.security_version:
        after = after._replace(security_version=seen.security_version + 1)
    values = {name: value for name, value in new(rows.account_values(after)).items() if name in _NAMES}
    this = {"this_account": seen.id, "seen_security_version": seen.security_version}
    conditions = [Query(CHANGE, values | this, lost="used")]
    conditions += [Query(PUT, put_values(one, seal), lost="used") for one in put]
    if spends is not None:
        conditions.append(moved(spends, spends._replace(done=True), now))
    consequences = _ended(seen.id, now, _why(seen, after, put)) if ends else resting(seen.id, (*voids, *drops), now)
    consequences += [Query(UNENROL, {"this_account": seen.id, "this": one}) for one in sorted(set(drops))]
    consequences += [*posted(notices, seal, now, seen.id), *happened(happening)]
    return (yield from all_or_nothing(conditions, then=Together(consequences)))


_NAMES = frozenset(new(_CHANGED))


def _why(seen: Account, after: Account, put: Sequence[Enrolment]) -> str:
    """What ends all sessions of an account, as applications choose of it (Auth0's initiators)."""
    if after.blocked and not seen.blocked:
        return "account-deactivated"
    if after.email != seen.email:
        return "email-identifier-changed"
    return "password-changed" if put else "session-revoked"


def _ended(account: str, now: int, why: str) -> list[Query]:
    this = {"this_account": account}
    return [endings.all_of(account, why, now), Query(END_SESSIONS, this), Query(REVOKE_ALL, this | {"now": now}), Query(FORGET_ALL, this)]


def resting(account: str, these: Iterable[str], now: int) -> list[Query]:
    """What rests on these enrolments is revoked."""
    return [Query(REVOKE_RESTING, {"this_account": account, "like": f"% {one} %", "now": now}) for one in sorted(set(these))]


def close_account(account: str, happening: Sequence[Fact]) -> Steps[bool]:
    """Delete an account and all that hangs on it; the facts stay."""
    now = max((one.at for one in happening), default=0)
    conditions = [endings.all_of(account, "account-deleted", now), Query(CLOSE, {"this_account": account}, lost="gone")]
    return (yield from all_or_nothing(conditions, happened(happening)))


def unenrol(
    seal: Seal, account: str, these: Sequence[str], now: int, happening: Sequence[Fact], notices: Sequence[Message], seen: Account | None
) -> Steps[int]:
    """Delete enrolments, and revoke what rests on them; with `seen`, only while nothing of the account's security has moved."""
    this: dict[str, object] = {"this_account": account}
    bump = Query(_BUMP, this | {"now": now})
    if seen is not None:
        bump = Query(BUMP, this | {"now": now, "seen_security_version": seen.security_version})
    step = [bump]
    step += [Query(UNENROL, this | {"this": one}) for one in sorted(set(these))]
    results = yield step
    gone = sum(result.touched for result in results[1:])
    if not gone or not results[0].touched:
        yield UNDO
        return 0
    yield Together((*resting(account, these, now), Query(FORGET_ALL, this), *posted(notices, seal, now, account), *happened(happening)))
    return gone


def forget(seal: Seal, account: str, happening: Sequence[Fact], device: str | None, notices: Sequence[Message], now: int) -> Steps[int]:
    """Remember browsers no longer; one that is named is not known any longer either."""
    this = {"this_account": account}
    query = Query(FORGET_ALL, this) if device is None else Query(FORGET, this | {"this_device": device})
    results = yield [query, *posted(notices, seal, now, account), *happened(happening)]
    return results[0].touched


def end_session(account: str, sid: str, now: int, happening: Sequence[Fact]) -> Steps[bool]:
    """End one session, and what rests on it."""
    this = {"this_account": account, "this_session": sid}
    consequences = [Query(REVOKE_OF, this | {"now": now}), *happened(happening)]
    conditions = [endings.one_of(account, sid, "session-revoked", now), Query(END_ONE, this, lost="gone")]
    return (yield from all_or_nothing(conditions, then=consequences))


def end_others(seal: Seal, account: str, sid: str, now: int, happening: Sequence[Fact], notices: Sequence[Message], device: str | None) -> Steps[int]:
    """End all sessions but one, and what rests on them; with `device` all that rests on any and all consents, and every browser but that one is forgotten."""
    this: dict[str, object] = {"this_account": account}
    revoked = Query(REVOKE_BUT, this | {"this_session": sid, "now": now}) if device is None else Query(REVOKE_ALL, this | {"now": now})
    step = [endings.others_of(account, sid, "session-revoked", now), Query(END_BUT, this | {"this_session": sid}), revoked]
    if device is not None:
        step += [Query(FORGET_BUT, this | {"this_device": device}), Query(FORGET_ALL, this), Query(WITHDRAW_ALL, this)]
    results = yield [*step, *posted(notices, seal, now, account), *happened(happening)]
    return results[1].touched


def record(seal: Seal, happening: Sequence[Fact], notices: Sequence[Message], now: int) -> Steps[None]:
    """Facts that stand alone, and who is told of them."""
    yield [*posted(notices, seal, now, next((one.account for one in happening if one.account), None)), *happened(happening)]


def sign_out(session: bytes, now: int, happening: Sequence[Fact]) -> Steps[Row | None]:
    """End one session, and the grants that rest on it but for those that were promised to outlive it (OIDC Back-Channel Logout 1.0, 2.7)."""
    _, result = yield [endings.shown(session, "rp-logout", now), Query(SIGN_OUT, {"session": session, "now": now})]
    if not result.rows:
        return None
    _, sid, account, *_ = row = result.rows[0]
    (found,) = yield [Query(GRANTS_OF, {"this_account": account, "this_session": sid})]
    over = [id for id, scope in found.rows if OFFLINE not in rows.words(scope)]
    step = [*(Query(REVOKE_ONE, {"this_account": account, "this_grant": id, "now": now}) for id in over), *happened(happening)]
    if step:
        yield step
    return row
