"""The load that each step begins with: one query for all that a browser, or a step of an attempt, needs.

One row for each enrolment, the rest the same in all of them.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    select,
)

from yett.adapters.sql import rows
from yett.adapters.sql.schema import accounts, attempts, challenges, devices, enrolments, meta, sessions
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import NOW, OPEN, Row, blob, either, word
from yett.domain.session import Device
from yett.ports import Arrival

_attempt_found = and_(
    attempts.c.id == word("attempt"),
    attempts.c.holder == blob("holder"),
    attempts.c.done == false(),
    attempts.c.expires_at > NOW,
    attempts.c.epoch == meta.c.epoch,
)
# By account, else by what was typed: an e-mail address before a username.
_account_of_attempt: ColumnElement[str] = func.coalesce(
    attempts.c.account,
    select(accounts.c.id).where(accounts.c.email_key == attempts.c.identifier).correlate(attempts).scalar_subquery(),
    select(accounts.c.id).where(accounts.c.username_key == attempts.c.identifier).correlate(attempts).scalar_subquery(),
)
_question_open = and_(challenges.c.attempt == attempts.c.id, challenges.c.outcome == OPEN, challenges.c.expires_at > NOW)


def _session_found(*, by_old: bool) -> ColumnElement[bool]:
    found = either(sessions.c.id, sessions.c.old, "session", sessions.c.old_until > NOW) if by_old else blob("session")
    return and_(sessions.c.id == found, sessions.c.epoch == meta.c.epoch, sessions.c.idle_at > NOW, sessions.c.ends_at > NOW)


def _device_found(*, by_old: bool) -> ColumnElement[bool]:
    found = either(devices.c.token, devices.c.old, "device") if by_old else blob("device")
    return and_(devices.c.token == found, devices.c.epoch == meta.c.epoch)


def _arrive(*, by_old: bool) -> Select[Row]:
    return select(meta.c.version, *rows.SESSION, *rows.DEVICE, *rows.ACCOUNT, *rows.ENROLMENT).select_from(
        meta.outerjoin(sessions, _session_found(by_old=by_old))
        .outerjoin(devices, _device_found(by_old=by_old))
        .outerjoin(accounts, accounts.c.id == sessions.c.account)
        .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
    )


def _in_attempt(*, by_old: bool) -> Select[Row]:
    return select(
        meta.c.version,
        *rows.SESSION,
        *rows.DEVICE,
        *rows.ACCOUNT,
        *rows.ENROLMENT,
        *rows.ATTEMPT,
        *rows.CHALLENGE,
    ).select_from(
        meta.outerjoin(attempts, _attempt_found)
        .outerjoin(sessions, _session_found(by_old=by_old))
        .outerjoin(devices, _device_found(by_old=by_old))
        .outerjoin(accounts, accounts.c.id == _account_of_attempt)
        .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
        .outerjoin(challenges, _question_open)
    )


# By the names in force; only where one of them is not found, by the names before as well.
ARRIVE, ARRIVE_BY_OLD = _arrive(by_old=False), _arrive(by_old=True)
SCENE, SCENE_BY_OLD = _in_attempt(by_old=False), _in_attempt(by_old=True)

_AT_SESSION = 1
_AT_DEVICE = _AT_SESSION + len(rows.SESSION)
_AT_ACCOUNT = _AT_DEVICE + len(rows.DEVICE)
_AT_ENROLMENT = _AT_ACCOUNT + len(rows.ACCOUNT)
_AT_ATTEMPT = _AT_ENROLMENT + len(rows.ENROLMENT)
_AT_CHALLENGE = _AT_ATTEMPT + len(rows.ATTEMPT)


def complete(found: Sequence[Row], session: bytes | None, device: bytes | None) -> bool:
    """Whether all that was shown was found by its name in force."""
    row = found[0]
    return (session is None or row[_AT_SESSION] is not None) and (device is None or row[_AT_DEVICE] is not None)


def arrived(found: Sequence[Row], session: bytes | None, device: bytes | None, now: int, seal: Seal) -> Arrival:
    """What either load means."""
    row = found[0]
    known, stolen = _device(row[_AT_DEVICE:_AT_ACCOUNT], device, now) if row[_AT_DEVICE] is not None else (None, None)
    attempt = challenge = None
    if len(row) > _AT_ATTEMPT and row[_AT_ATTEMPT] is not None:
        attempt = rows.attempt(row[_AT_ATTEMPT:_AT_CHALLENGE])
        challenge = rows.challenge(row[_AT_CHALLENGE:], seal) if row[_AT_CHALLENGE] is not None else None
        if attempt.identifier and row[_AT_ACCOUNT] is None:
            rows.nobody(seal)
    return Arrival(
        row[0],
        attempt,
        rows.account(row[_AT_ACCOUNT:_AT_ENROLMENT]) if row[_AT_ACCOUNT] is not None else None,
        tuple(rows.enrolment(one[_AT_ENROLMENT:_AT_ATTEMPT], seal) for one in found if one[_AT_ENROLMENT] is not None),
        challenge,
        rows.session(row[_AT_SESSION:_AT_DEVICE], session) if row[_AT_SESSION] is not None else None,
        known,
        stolen.account if stolen else None,
        stolen.id if stolen else None,
    )


def _device(row: Row, token: bytes | None, now: int) -> tuple[Device | None, Device | None]:
    """The device, or the one whose rotated token was shown again when its time was over."""
    one = rows.device(row)
    if one.token == token:
        return one, None
    if one.old_until > now:
        return one._replace(token=token or b"", old=None, old_until=0), None
    return None, one
