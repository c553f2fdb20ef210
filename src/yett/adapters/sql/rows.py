"""Rows and what they mean: the only place that knows how a value of the domain lies in a table.

Tuples are msgpack arrays by position: a new field of the domain goes to the end, with a default.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast, get_type_hints

import msgspec
from msgspec import json, msgpack
from sqlalchemy import Column, Table

from yett.adapters.sql import schema
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import Row
from yett.domain.account import Account, canonical
from yett.domain.attempt import Attempt
from yett.domain.consent import Consent
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.fact import Fact
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Clause
from yett.domain.session import Device, Grant, Session, Token

Params = dict[str, object]
N = TypeVar("N", bound=NamedTuple)

pack = msgpack.Encoder().encode
to_json = json.Encoder(order="sorted").encode
_proofs = msgpack.Decoder(tuple[Proof, ...]).decode
_clauses = msgpack.Decoder(tuple[Clause, ...]).decode
_shown = msgpack.Decoder(tuple[tuple[str, int, Shown], ...]).decode
words = _words = msgpack.Decoder(tuple[str, ...]).decode
_show = msgpack.Decoder(dict[str, str]).decode
_data = json.Decoder(dict[str, object]).decode


def columns(table: Table, names: Sequence[str]) -> tuple[Column[Any], ...]:
    """The columns in the order of the value that is made of them."""
    return tuple(table.c[name] for name in names)


ACCOUNT = columns(schema.accounts, Account._fields)
ATTEMPT = columns(schema.attempts, Attempt._fields)
SESSION = columns(schema.sessions, Session._fields)
DEVICE = columns(schema.devices, Device._fields)
GRANT = columns(schema.grants, Grant._fields)
TOKEN = columns(schema.tokens, Token._fields)
CONSENT = columns(schema.consents, Consent._fields)
FACT = columns(schema.facts, Fact._fields)
ENROLMENT = columns(
    schema.enrolments,
    (
        "id", "account", "kind", "secret", "open", "mark", "status", "generation", "lookup", "link",
        "name", "created_at", "used_at", "failures", "paced_at", "locked_until", "leaves_at",
    ),
)  # fmt: skip
CHALLENGE = columns(
    schema.challenges,
    (
        "id", "attempt", "kind", "channel", "to", "secret", "open", "mark",
        "show", "binds", "expires_at", "offer", "tries", "outcome",
    ),
)  # fmt: skip
MESSAGE = columns(schema.outbox, ("id", "channel", "to", "template", "locale", "data"))


def account(row: Row) -> Account:
    """An account of its row."""
    id, email, verified, username, blocked, *rest = row
    return Account(id, email, bool(verified), username, bool(blocked), *rest)


def account_values(one: Account) -> Params:
    """Its row, but for the bucket, which moves on its own."""
    return {
        "id": one.id,
        "email": one.email,
        "email_verified": one.email_verified,
        "username": one.username,
        "blocked": one.blocked,
        "security_version": one.security_version,
        "profile": one.profile,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "email_key": canonical(one.email) or None,
        "username_key": canonical(one.username) if one.username else None,
    }


def enrolment(row: Row, seal: Seal) -> Enrolment:
    """An enrolment of its row, its secret opened."""
    id, account, kind, sealed, clear, mark, *rest = row
    secret = seal.open(account, "enrolments", id, "secret", sealed) if sealed is not None else b""
    return Enrolment(id, account, kind, State(secret, clear, mark), *rest)


def nobody(seal: Seal) -> None:
    """Takes as long as reading somebody who has a password, an app and recovery codes (attacks: row 15)."""
    account(("", "", False, None, False))
    for _ in range(3):
        enrolment(("", "", "", seal.nothing, b"", 0, *Enrolment._field_defaults.values()), seal)


def state_values(one: Enrolment, state: State, seal: Seal) -> Params:
    """What a state becomes in the row of this enrolment."""
    secret = seal.close(one.account, "enrolments", one.id, "secret", state.secret) if state.secret else None
    return {"secret": secret, "open": state.open, "mark": state.mark, "sealed_by": seal.current}


def enrolment_values(one: Enrolment, seal: Seal) -> Params:
    """Its row."""
    values = one._asdict()
    del values["state"]
    return {**values, **state_values(one, one.state, seal), "rests_until": one.locked_until}


def attempt(row: Row) -> Attempt:
    """An attempt of its row."""
    values = list(row)
    for at, read in _ATTEMPT_READ:
        values[at] = read(values[at])
    return Attempt(*values)


def attempt_values(one: Attempt) -> Params:
    """Its row."""
    return {name: attempt_value(name, value) for name, value in zip(Attempt._fields, one, strict=True)}


def attempt_value(name: str, value: object) -> object:
    """One column of it."""
    return pack(value) if name in _PACKED else value


_PACKED: Mapping[str, Callable[[bytes], object]] = {"wants": _clauses, "base": _proofs, "shown": _shown, "waivers": _words}
_ATTEMPT_READ: tuple[tuple[int, Callable[[Any], object]], ...] = tuple(
    (at, {**_PACKED, "present_only": bool, "remember": bool, "done": bool}[name])
    for at, name in enumerate(Attempt._fields)
    if name in {*_PACKED, "present_only", "remember", "done"}
)


def challenge(row: Row, seal: Seal) -> Challenge:
    """A challenge of its row, opened; its messages are in the outbox."""
    id, attempt, kind, channel, to, sealed, clear, mark, shown, binds, expires_at, offer, tries, outcome = row
    secret = seal.open("", "challenges", id, "secret", sealed) if sealed is not None else b""
    show = _show(seal.open("", "challenges", id, "show", shown)) if shown is not None else {}
    state = State(secret, clear, mark)
    return Challenge(id, attempt, kind, channel, _words(to), state, show, (), binds, expires_at, bool(offer), tries, outcome)


def challenge_values(one: Challenge, seal: Seal) -> Params:
    """Its row."""
    state = one.remember
    return {
        "id": one.id,
        "attempt": one.attempt,
        "kind": one.kind,
        "channel": one.channel,
        "to": pack(one.to),
        "secret": seal.close("", "challenges", one.id, "secret", state.secret) if state.secret else None,
        "open": state.open,
        "mark": state.mark,
        "show": seal.close("", "challenges", one.id, "show", pack(dict(one.show))) if one.show else None,
        "binds": one.binds,
        "expires_at": one.expires_at,
        "offer": one.offer,
        "tries": one.tries,
        "outcome": one.outcome,
        "sealed_by": seal.current,
    }


def session(row: Row, shown: bytes | None = None) -> Session:
    """A session of its row; found by the id before, it has the level that it had then."""
    id, sid, account, proofs, created_at, idle_at, ends_at, old, old_until, old_proofs, ip, name, device = row
    if shown is not None and shown != id:
        return Session(shown, sid, account, _proofs(old_proofs), created_at, idle_at, ends_at, ip=ip, name=name, device=device)
    return Session(id, sid, account, _proofs(proofs), created_at, idle_at, ends_at, old, old_until, _proofs(old_proofs), ip, name, device)


def session_values(one: Session) -> Params:
    """Its row."""
    return one._asdict() | {"proofs": pack(one.proofs), "old_proofs": pack(one.old_proofs)}


def device(row: Row) -> Device:
    """A device of its row."""
    return Device(*row)


def grant(row: Row) -> Grant:
    """A grant of its row."""
    values = list(row)
    values[5] = _proofs(values[5])
    values[6] = _clauses(values[6])
    values[7] = _words(values[7])
    values[8] = _words(values[8])
    return Grant(*values)


def grant_values(one: Grant) -> Params:
    """Its row."""
    values = one._asdict()
    for name in ("proofs", "wants", "waivers", "scope"):
        values[name] = pack(values[name])
    values["rests_on"] = " ".join(("", *sorted({proof.enrolment for proof in one.proofs}), ""))
    return values


def token(row: Row) -> Token:
    """A token of its row."""
    digest, kind, grant, expires_at, scope, used_at = row
    return Token(digest, kind, grant, expires_at, _words(scope), used_at)


def token_values(one: Token) -> Params:
    """Its row."""
    return one._asdict() | {"scope": pack(one.scope)}


def consent(row: Row) -> Consent:
    """A consent of its row."""
    id, account, client, audience, scope, created_at, updated_at = row
    return Consent(id, account, client, audience, _words(scope), created_at, updated_at)


def consent_values(one: Consent) -> Params:
    """Its row."""
    return one._asdict() | {"scope": pack(one.scope)}


def fact(row: Row) -> Fact:
    """A fact of its row."""
    id, at, type, account, client, data, number = row
    return Fact(id, at, type, account, client, _data(data), number)


def fact_values(one: Fact) -> Params:
    """Its row; the number comes later."""
    return {
        "id": one.id,
        "at": one.at,
        "type": one.type,
        "account": one.account,
        "client": one.client,
        "data": to_json(one.data).decode(),
    }


def message(row: Row, seal: Seal) -> Message:
    """A message of its row, opened."""
    id, channel, to, template, locale, data = row
    to = seal.open("", "outbox", id, "to", to).decode()
    return Message(channel, to, template, locale, _show(seal.open("", "outbox", id, "data", data)) if data else {})


def message_values(id: str, one: Message, seal: Seal) -> Params:
    """Its row: whom it goes to and what it says are sealed."""
    return {
        "id": id,
        "channel": one.channel,
        "template": one.template,
        "locale": one.locale,
        "to": seal.close("", "outbox", id, "to", one.to.encode()),
        "data": seal.close("", "outbox", id, "data", pack(dict(one.data))) if one.data else None,
        "sealed_by": seal.current,
    }


def document(one: NamedTuple) -> str:
    """Configuration as JSON by name: fields may come and go."""
    return to_json(one._asdict()).decode()


def of_document(kind: type[N], text: str, known: Mapping[str, object] | None = None) -> N:
    """The reverse: unknown names are passed over, missing ones have their default."""
    hints = get_type_hints(kind)
    fields = json.decode(text, type=dict[str, msgspec.Raw])
    values = {name: json.decode(raw, type=hints[name]) for name, raw in fields.items() if name in hints}
    return cast("Any", kind)(**{**values, **(known or {})})  # type: ignore[no-any-return]
