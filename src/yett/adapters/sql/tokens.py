"""Grants and the tokens that rest on them."""

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import and_, exists, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import accounts, enrolments, grants, meta, sessions, spent, tokens
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import EPOCH, NOW, Query, Row, Steps, all_or_nothing, blob, into, number, word
from yett.adapters.sql.writes import TOKEN, granted, happened
from yett.domain.fact import Fact
from yett.domain.session import Grant, Session, Token
from yett.ports import Granted, Passed, Redemption

_LIVE = (grants.c.revoked_at.is_(None), grants.c.ends_at > NOW)

REDEEMABLE = select(meta.c.version, *rows.TOKEN, *rows.GRANT, *rows.ACCOUNT, *rows.ENROLMENT).select_from(
    meta.join(
        tokens,
        and_(tokens.c.digest == blob("digest"), tokens.c.kind == word("kind"), tokens.c.expires_at > NOW),
    )
    .join(grants, and_(grants.c.id == tokens.c.grant, *_LIVE, grants.c.epoch == meta.c.epoch))
    .join(accounts, accounts.c.id == grants.c.account)
    .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
)
_AT_GRANT = 1 + len(rows.TOKEN)
_AT_ACCOUNT = _AT_GRANT + len(rows.GRANT)
_AT_ENROLMENT = _AT_ACCOUNT + len(rows.ACCOUNT)

GRANTED = (
    select(meta.c.version, *rows.GRANT, *rows.ACCOUNT, *rows.ENROLMENT)
    .select_from(
        meta.join(grants, and_(grants.c.id == word("this_grant"), *_LIVE, grants.c.epoch == meta.c.epoch))
        .join(accounts, accounts.c.id == grants.c.account)
        .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
    )
)  # fmt: skip
_OF_GRANT = len(rows.TOKEN)

PASSED = (
    select(meta.c.version, *rows.GRANT, *rows.ACCOUNT, *rows.SESSION, *rows.ENROLMENT)
    .select_from(
        meta.join(tokens, and_(tokens.c.digest == blob("digest"), tokens.c.kind == "pass", tokens.c.expires_at > NOW))
        .join(grants, and_(grants.c.id == tokens.c.grant, *_LIVE, grants.c.epoch == meta.c.epoch))
        .join(accounts, accounts.c.id == grants.c.account)
        .join(
            sessions,
            and_(
                sessions.c.account == grants.c.account,
                sessions.c.sid == grants.c.session,
                sessions.c.epoch == meta.c.epoch,
                sessions.c.idle_at > NOW,
                sessions.c.ends_at > NOW,
            ),
        )
        .outerjoin(enrolments, enrolments.c.account == accounts.c.id)
    )
)  # fmt: skip

LIVE = select(exists().where(grants.c.id == word("this_grant"), *_LIVE, grants.c.epoch == EPOCH))
HOLD_GRANT = select(grants.c.id).where(grants.c.id == word("this_grant"), *_LIVE, grants.c.epoch == EPOCH).with_for_update(key_share=True)
_USE = update(tokens).where(tokens.c.digest == blob("this_token"), tokens.c.grant == word("this_grant"))
# Once means once, on whichever clock: a leeway of nothing must not become a second's on a node that is behind.
USE_ONCE = _USE.values(used_at=NOW).where(tokens.c.used_at.is_(None))
USE_AGAIN = _USE.values(used_at=tokens.c.used_at).where(tokens.c.used_at > number("since"))
SPEND = into(spent).on_conflict_do_nothing()
SPENT = select(exists().where(spent.c.name == blob("name")))
REVOKE = update(grants).values(revoked_at=NOW).where(grants.c.id == word("this_grant"), grants.c.revoked_at.is_(None))
_THIS = (sessions.c.sid == word("this_sid"), sessions.c.account == word("this_account"), sessions.c.epoch == EPOCH)
TOUCH = update(sessions).values(idle_at=number("new_idle_at")).where(*_THIS)
STANDS = select(sessions.c.sid).where(*_THIS).with_for_update(key_share=True)


def redemption(found: Sequence[Row], seal: Seal) -> Redemption | None:
    """What the load of a token means."""
    if not found:
        return None
    row = found[0]
    return Redemption(
        row[0],
        rows.token(row[1:_AT_GRANT]),
        rows.grant(row[_AT_GRANT:_AT_ACCOUNT]),
        rows.account(row[_AT_ACCOUNT:_AT_ENROLMENT]),
        tuple(rows.enrolment(one[_AT_ENROLMENT:], seal) for one in found if one[_AT_ENROLMENT] is not None),
    )


def granted_of(found: Sequence[Row], seal: Seal) -> Granted | None:
    """What the load of a grant means."""
    if not found:
        return None
    account, enrolment = _AT_ACCOUNT - _OF_GRANT, _AT_ENROLMENT - _OF_GRANT
    has = tuple(rows.enrolment(one[enrolment:], seal) for one in found if one[enrolment] is not None)
    return Granted(found[0][0], rows.grant(found[0][1:account]), rows.account(found[0][account:enrolment]), has)


def passed_of(found: Sequence[Row], seal: Seal) -> Passed | None:
    """What the load of a pass means."""
    if not found:
        return None
    row, account = found[0], _AT_ACCOUNT - _OF_GRANT
    session = account + len(rows.ACCOUNT)
    enrolment = session + len(rows.SESSION)
    has = tuple(rows.enrolment(one[enrolment:], seal) for one in found if one[enrolment] is not None)
    return Passed(row[0], rows.grant(row[1:account]), rows.session(row[session:enrolment]), rows.account(row[account:session]), has)


def touch(session: Session, idle_at: int) -> Steps[None]:
    """Move the end of an idle session."""
    yield [Query(TOUCH, {"this_sid": session.sid, "this_account": session.account, "new_idle_at": idle_at})]


def redeem(token: Token, successors: Sequence[Token], leeway: int, now: int, facts: Mapping[str, Sequence[Fact]]) -> Steps[Literal["done", "replayed"]]:
    """Use a token up, once; shown again in its leeway (a lost answer, two tabs) it gets successors of its own."""
    this: dict[str, object] = {"this_token": token.digest, "this_grant": token.grant, "now": now}
    hold = Query(HOLD_GRANT, {"this_grant": token.grant, "now": now}, lost="replayed")
    written = [*(Query(TOKEN, rows.token_values(one)) for one in successors), *happened(facts.get("done", ()))]
    if (yield from all_or_nothing([hold, Query(USE_ONCE, this, lost="replayed")], written)):
        return "done"
    if leeway > 0:
        again = {"this_token": token.digest, "this_grant": token.grant, "since": now - leeway}
        if (yield from all_or_nothing([hold, Query(USE_AGAIN, again, lost="replayed")], written)):
            return "done"
    yield [Query(REVOKE, {"this_grant": token.grant, "now": now}), *happened(facts.get("replayed", ()))]
    return "replayed"


def grant(given: Grant, with_tokens: Sequence[Token], facts: Sequence[Fact], session: Session | None, idle_at: int | None) -> Steps[bool]:
    """A grant without an attempt. The session that it rests on must still be there."""
    conditions = []
    if session is not None:
        this: dict[str, object] = {"this_sid": session.sid, "this_account": session.account}
        touched = Query(TOUCH, this | {"new_idle_at": idle_at}, lost="ended")
        conditions = [Query(STANDS, this, lost="ended") if idle_at is None else touched]
    return (yield from all_or_nothing(conditions, [*granted(given, with_tokens), *happened(facts)]))


def revoke(grant: str, now: int, facts: Sequence[Fact]) -> Steps[None]:
    """Revoke a grant and with it every token that rests on it."""
    yield [Query(REVOKE, {"this_grant": grant, "now": now}), *happened(facts)]


def spend(name: bytes, until: int, now: int, facts: Sequence[Fact], grant: str) -> Steps[bool]:
    """Use a name up. Whoever comes second finds it there, also where both come at once: the row itself is the compare-and-set."""
    conditions = [Query(HOLD_GRANT, {"this_grant": grant, "now": now}, lost="over")] if grant else []
    conditions.append(Query(SPEND, {"name": name, "expires_at": until}, lost="spent"))
    return (yield from all_or_nothing(conditions, happened(facts)))
