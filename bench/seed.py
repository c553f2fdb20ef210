"""Fill a store for the bench, in a process of its own: the first start, the application, accounts, sessions.

Accounts are written in bulk through the store's own tables, sealed as it seals; they are kept between runs.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import delete, func, or_, select, update

from bench.people import API, CALLBACK, CLIENT_ID, CLIENT_SECRET, FIRST_KEYED, PASSWORD, SESSIONS, Person, keyed, session_of, taking_part
from yett.adapters.sql import rows, schema
from yett.adapters.sql.steps import Query, Steps, into
from yett.adapters.sql.store import SqlStore
from yett.adapters.sql.writes import SESSION
from yett.config import parse
from yett.domain.account import Account
from yett.domain.client import Api, Client
from yett.domain.enrolment import Enrolment, State
from yett.domain.proof import Proof
from yett.domain.session import Session
from yett.factors.totp import Terms
from yett.factors.webauthn.credential import Credential
from yett.factors.webauthn.factor import state_of
from yett.flows.administrator import Refusal
from yett.flows.mint import digest
from yett.house.ground import Ground
from yett.main import FACTORS, begin, lay

TOGETHER = 2000
DAY = 86400
ACCOUNT, ENROLMENT = into(schema.accounts), into(schema.enrolments)
# What a run leaves behind; the parents of rows come last.
PASSING = ("challenges", "attempts", "sessions", "devices", "tokens", "grants", "facts", "outbox", "misses", "buckets")
UNTOUCHED = {"mark": 0, "failures": 0, "paced_at": 0, "locked_until": 0, "rests_until": 0}
GRANTS = (
    "authorization_code",
    "refresh_token",
    "http://auth0.com/oauth/grant-type/password-realm",
    "http://auth0.com/oauth/grant-type/mfa-otp",
)


async def main(url: str, accounts: int) -> None:
    """The whole of it."""
    flags = {"dir": os.environ["YETT_DIR"], "listen": "127.0.0.1:8000", **({"database": url} if url else {})}
    ground = await lay(parse(flags, {}))
    try:
        ready, _ = await begin(ground, ground.config.issuer, demo=False)
        if isinstance(ready, Refusal):
            sys.exit(ready.reason)
        await configure(ground)
        await ground.store.driver.write(forget)
        await fill(ground, accounts)
        await hand_out(ground)
        await ground.store.driver.write(lambda: sessions(taking_part(accounts), int(time.time())))
    finally:
        await ground.store.close()


async def configure(ground: Ground) -> None:
    """One application, one API, and a tenant that asks everyone for a second factor."""
    tenant = (await ground.store.catalogue()).tenant
    client = Client(CLIENT_ID, "Bench", secret=digest(CLIENT_SECRET), callbacks=(CALLBACK,), grant_types=GRANTS)
    api = Api("bench", API, "Bench API", ("read:things",), allow_offline_access=True)
    await ground.store.configure((tenant._replace(policies=("all-applications",), factors={"otp": True, "webauthn-roaming": True}), client, api), (), ())


def forget() -> Steps[None]:
    """What earlier runs left behind, the marks of used codes too."""
    touched = or_(*(schema.enrolments.c[name] > 0 for name in UNTOUCHED))
    yield [Query(delete(schema.metadata.tables[name])) for name in PASSING]
    paced = update(schema.accounts).values(paced_at=0).where(schema.accounts.c.paced_at > 0)
    yield [Query(update(schema.enrolments).values(UNTOUCHED).where(touched)), Query(paced)]


async def fill(ground: Ground, accounts: int) -> None:
    """The accounts that are still missing."""
    found = await ground.store.driver.read(Query(select(func.count()).select_from(schema.accounts)))
    hashed, now, began = await ground.hasher.hash(PASSWORD), int(time.time()), time.monotonic()
    for first in range(found[0][0], accounts, TOGETHER):
        people = [Person(number) for number in range(first, min(first + TOGETHER, accounts))]
        await ground.store.driver.write(written(ground.store, people, hashed, now))
        there = people[-1].number + 1
        if there % 50_000 == 0 or there == accounts:
            print(f"  {there:,} of {accounts:,} accounts, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


async def hand_out(ground: Ground) -> None:
    """People with security keys, unless they are there."""
    people = keyed()
    if await ground.store.account(people[0].id) is None:
        hashed = await ground.hasher.hash(PASSWORD)
        await ground.store.driver.write(written(ground.store, people, hashed, int(time.time())))


def written(store: SqlStore, people: Sequence[Person], hashed: bytes, now: int) -> Callable[[], Steps[None]]:
    """One commit of accounts, each with a password and an authenticator."""

    def operation() -> Steps[None]:
        for person in people:
            yield list(queries(store, person, hashed, now))

    return operation


def queries(store: SqlStore, person: Person, hashed: bytes, now: int) -> Iterator[Query]:
    """The rows of one account."""
    profile = json.dumps({"name": person.email, "nickname": person.email.partition("@")[0]}).encode()
    account = Account(person.id, person.email, profile=profile, created_at=now, updated_at=now)
    yield Query(ACCOUNT, rows.account_values(account) | {"paced_at": 0})
    yield Query(ENROLMENT, rows.enrolment_values(Enrolment(person.password_id, person.id, "password", State(hashed), created_at=now), store.seal))
    yield Query(ENROLMENT, rows.enrolment_values(second(person, now), store.seal))


def second(person: Person, now: int) -> Enrolment:
    """Their second factor."""
    if person.number < FIRST_KEYED:
        state = State(person.secret, json.dumps(Terms()._asdict()).encode())
        return Enrolment(person.totp_id, person.id, "totp", state, created_at=now)
    numbers = person.key.public_key().public_numbers()
    # A COSE_Key of P-256 (RFC 9053, 7.1.1).
    cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + numbers.x.to_bytes(32) + b"\x22\x58\x20" + numbers.y.to_bytes(32)
    kept = Credential(
        person.credential, cose, 0, eligible=False, backed_up=False, verified=False, model=bytes(16), attested=False, hardware=False, rp="localhost"
    )
    return Enrolment(person.key_id, person.id, "webauthn-roaming", state_of(kept), lookup=person.credential, created_at=now)


def sessions(people: Sequence[Person], now: int) -> Steps[None]:
    """Browsers in which somebody has logged in a moment ago: by password, and by password and code."""
    for number in range(SESSIONS):
        made = [_session(people, kind, number, now) for kind in ("password", "totp")]
        yield [Query(SESSION, rows.session_values(one)) for one in (*made, _session(keyed(), "key", number, now))]


def _session(people: Sequence[Person], kind: str, number: int, now: int) -> Session:
    person, cookie = session_of(people, kind, number)
    shown = [("password", person.password_id), ("totp", person.totp_id)][: 2 if kind == "totp" else 1]
    proofs = tuple(Proof(FACTORS[name].promise(None), id, 1, "earlier", now) for name, id in shown)
    return Session(digest(cookie), f"bench-{kind}-{number:012}", person.id, proofs, now, now + 3 * DAY, now + 7 * DAY)


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--database", default="")
    asked.add_argument("--accounts", type=int, required=True)
    given = asked.parse_args()
    asyncio.run(main(given.database, given.accounts))
