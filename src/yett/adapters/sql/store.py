"""The store: each method of the port is one operation, and what its rows mean."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Literal, Protocol, TypeVar

from msgspec import MsgspecError

from yett.adapters.sql import (
    accounts,
    attempts,
    configuration,
    consents,
    deliveries,
    endings,
    jobs,
    loads,
    roles,
    rows,
    settle,
    tokens,
    upkeep,
)
from yett.adapters.sql.seal import MOST_SEALS, DataKey, Kek, KekFile, KekGiven, Seal, SealError, UnknownKey, new_key
from yett.adapters.sql.steps import Operation, Query, Row
from yett.domain.account import Account, canonical
from yett.domain.attempt import Attempt
from yett.domain.consent import Consent
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.fact import Fact
from yett.domain.job import Job
from yett.domain.role import Permission, Role
from yett.domain.session import Conclusion, Device, Ending, Grant, Session, Token
from yett.domain.tenant import Catalogue
from yett.domain.tries import Budget
from yett.domain.verdict import Settled, Verdict
from yett.ports import Arrival, Busy, Change, Delivery, Entry, Granted, Judged, Passed, Receipt, Redemption

T = TypeVar("T")
LOG = logging.getLogger("yett.adapters.sql.store")
_NO_TOKEN = b""


class Driver(Protocol):
    """A database that can run operations."""

    async def read(self, query: Query) -> Sequence[Row]:
        """One SELECT."""
        ...

    async def view(self, operation: Operation[T]) -> T:
        """Several SELECTs as of one moment."""
        ...

    async def write(self, operation: Operation[T]) -> T:
        """One durable commit."""
        ...

    async def close(self) -> None:
        """Finish what is on its way."""
        ...


class SqlStore:
    """ports.Store over a driver. Secrets are sealed on the way in and opened on the way out, always."""

    def __init__(self, driver: Driver, seal: Seal, kek: Kek, keks: KekFile | KekGiven) -> None:
        self.driver = driver
        self.seal = seal
        self._kek = kek
        self._keks = keks

    # Configuration

    async def version(self) -> int:
        """The version in force."""
        found = await self.driver.read(Query(configuration.VERSION))
        version: int = found[0][0]
        return version

    async def catalogue(self) -> Catalogue:
        """The configuration as of one version."""
        await self.load_keys()
        found = await self.driver.view(configuration.read)
        return await self._opened(lambda: configuration.catalogue(found, self.seal))

    async def configure(
        self,
        put: Sequence[Change],
        drop: Sequence[tuple[Literal["client", "api", "client_grant", "key", "contract"], str]],
        facts: Sequence[Fact],
        seen: int | None = None,
    ) -> int:
        """Write and drop; the new version."""
        return await self.driver.write(partial(configuration.configure, self.seal, put, drop, facts, seen))

    async def remembered(self, name: str) -> bytes | None:
        """A kept value."""
        found = await self.driver.read(Query(configuration.REMEMBERED, {"name": configuration.kept(name)}))
        return found[0][0] if found else None

    async def keep(self, name: str, expect: bytes | None, value: bytes, facts: Sequence[Fact] = ()) -> bool:
        """Compare-and-set of a kept value."""
        return await self.driver.write(partial(configuration.keep, name, expect, value, facts))

    # Attempts

    async def arrive(self, session: bytes | None, device: bytes | None, now: int) -> Arrival:
        """The load before an attempt exists."""
        wanted = {"session": session or _NO_TOKEN, "device": device or _NO_TOKEN, "now": now}
        found = await self.driver.read(Query(loads.ARRIVE, wanted))
        if not loads.complete(found, session, device):
            found = await self.driver.read(Query(loads.ARRIVE_BY_OLD, wanted))
        return await self._opened(lambda: loads.arrived(found, session, device, now, self.seal))

    async def scene(self, attempt: str, holder: bytes, session: bytes | None, device: bytes | None, now: int) -> Arrival:
        """The load in an attempt."""
        wanted = {
            "attempt": attempt,
            "holder": holder,
            "session": session or _NO_TOKEN,
            "device": device or _NO_TOKEN,
            "now": now,
        }
        found = await self.driver.read(Query(loads.SCENE, wanted))
        if not loads.complete(found, session, device):
            found = await self.driver.read(Query(loads.SCENE_BY_OLD, wanted))
        return await self._opened(lambda: loads.arrived(found, session, device, now, self.seal))

    async def begin(self, attempt: Attempt, facts: Sequence[Fact]) -> None:
        """A new attempt."""
        await self.driver.write(partial(attempts.begin, attempt, facts))

    async def renew(self, attempt: Attempt) -> None:
        """An attempt in the place of the one of that name."""
        await self.driver.write(partial(attempts.renew, attempt))

    async def update(self, seen: Attempt, new: Attempt, facts: Sequence[Fact] = ()) -> bool:
        """Replace an attempt."""
        return await self.driver.write(partial(attempts.replace, seen, new, facts))

    async def ask(self, seen: Attempt, new: Challenge, facts: Sequence[Fact]) -> bool:
        """Put a question."""
        return await self.driver.write(partial(attempts.ask, self.seal, seen, new, facts))

    async def settle(
        self,
        seen: Attempt,
        judged: Sequence[Judged],
        asked: Challenge | None,
        budget: Budget,
        now: int,
        facts: Mapping[Settled, Sequence[Fact]],
        after: Attempt | None = None,
        conclusion: Conclusion | None = None,
        notices: Sequence[Message] = (),
    ) -> Settled:
        """Spend the try of a verdict."""
        operation = partial(settle.settle, self.seal, seen, judged, asked, budget, now, facts, after, conclusion, notices)
        return await self.driver.write(operation)

    async def enrol(
        self,
        seen: Attempt,
        asked: Challenge,
        verdict: Verdict,
        account: Account,
        new: Sequence[Enrolment],
        budget: Budget,
        now: int,
        facts: Mapping[Settled, Sequence[Fact]],
        after: Attempt | None = None,
        conclusion: Conclusion | None = None,
        notices: Sequence[Message] = (),
        *,
        verifies: bool = False,
        opens: bool = False,
        spends: Attempt | None = None,
    ) -> Settled:
        """Complete an enrolment."""
        given = (seen, asked, verdict, account, new, budget, now, facts, after, conclusion, notices)
        operation = partial(settle.enrol, self.seal, *given, verifies=verifies, opens=opens, spends=spends)
        return await self.driver.write(operation)

    async def conclude(self, seen: Attempt, conclusion: Conclusion, facts: Sequence[Fact], now: int) -> bool:
        """End an attempt."""
        return await self.driver.write(partial(attempts.conclude, seen, conclusion, facts, now))

    async def miss(self, identifier: bytes, budget: Budget, now: int, facts: Mapping[Settled, Sequence[Fact]]) -> bool:
        """A wrong password of nobody."""
        return await self.driver.write(partial(attempts.miss, identifier, budget, now, facts))

    # Tokens

    async def token(self, kind: str, digest: bytes, now: int) -> Redemption | None:
        """The load of a token."""
        found = await self.driver.read(Query(tokens.REDEEMABLE, {"kind": kind, "digest": digest, "now": now}))
        return await self._opened(lambda: tokens.redemption(found, self.seal))

    async def redeem(
        self, token: Token, successors: Sequence[Token], leeway: int, now: int, facts: Mapping[str, Sequence[Fact]]
    ) -> Literal["done", "replayed"]:
        """Use a token up."""
        return await self.driver.write(partial(tokens.redeem, token, successors, leeway, now, facts))

    async def grant(self, grant: Grant, tokens_: Sequence[Token], facts: Sequence[Fact], session: Session | None = None, idle_at: int | None = None) -> bool:
        """A grant without an attempt."""
        return await self.driver.write(partial(tokens.grant, grant, tokens_, facts, session, idle_at))

    async def revoke(self, grant: str, now: int, facts: Sequence[Fact]) -> None:
        """Revoke a grant."""
        await self.driver.write(partial(tokens.revoke, grant, now, facts))

    async def granted(self, grant: str, now: int) -> Granted | None:
        """The load of a grant."""
        found = await self.driver.read(Query(tokens.GRANTED, {"this_grant": grant, "now": now}))
        return await self._opened(lambda: tokens.granted_of(found, self.seal))

    async def spend(self, name: bytes, until: int, now: int, facts: Sequence[Fact] = (), grant: str = "") -> bool:
        """Use a name up."""
        return await self.driver.write(partial(tokens.spend, name, until, now, facts, grant))

    async def spent(self, name: bytes) -> bool:
        """Whether a name is used up."""
        found = await self.driver.read(Query(tokens.SPENT, {"name": name}))
        return bool(found[0][0])

    async def passed(self, digest: bytes, now: int) -> Passed | None:
        """The load of a pass."""
        found = await self.driver.read(Query(tokens.PASSED, {"digest": digest, "now": now}))
        return await self._opened(lambda: tokens.passed_of(found, self.seal))

    async def touch(self, session: Session, idle_at: int) -> None:
        """A session is in use."""
        await self.driver.write(partial(tokens.touch, session, idle_at))

    async def grant_live(self, grant: str, now: int) -> bool:
        """Whether a grant stands."""
        found = await self.driver.read(Query(tokens.LIVE, {"this_grant": grant, "now": now}))
        return bool(found[0][0])

    async def sign_out(self, session: bytes, now: int, facts: Sequence[Fact]) -> Session | None:
        """End a session."""
        row = await self.driver.write(partial(accounts.sign_out, session, now, facts))
        return rows.session(row, session) if row is not None else None

    # Consents

    async def consents(
        self, account: str, client: str = "", *, audience: str | None = None, offset: int = 0, limit: int = 1000
    ) -> tuple[tuple[Consent, ...], int]:
        """A page of consents."""
        page, count = consents.listed(offset, limit, account, client, audience)
        found = tuple(rows.consent(row) for row in await self.driver.read(page))
        return found, len(found) if not offset and len(found) < limit else (await self.driver.read(count))[0][0]

    async def consent(self, id: str) -> Consent | None:
        """One of them."""
        found = await self.driver.read(Query(consents.ONE, {"this": id}))
        return rows.consent(found[0]) if found else None

    async def withdraw(self, account: str, client: str, now: int, facts: Sequence[Fact], only: str = "") -> bool:
        """Take consents back."""
        return await self.driver.write(partial(consents.withdraw, account, client, now, facts, only))

    # Accounts

    async def account(self, id: str) -> tuple[Account, tuple[Enrolment, ...]] | None:
        """An account with its enrolments."""
        return await self._whole(Query(accounts.ACCOUNT, {"this_account": id}))

    async def bearer(self, lookup: bytes) -> tuple[Account, tuple[Enrolment, ...]] | None:
        """Whose enrolment this is."""
        return await self._whole(Query(accounts.BEARER, {"lookup": lookup}))

    async def _whole(self, query: Query) -> tuple[Account, tuple[Enrolment, ...]] | None:
        found = await self.driver.read(query)
        if not found:
            rows.nobody(self.seal)
            return None
        at = len(rows.ACCOUNT)
        has = await self._opened(lambda: tuple(rows.enrolment(row[at:], self.seal) for row in found if row[at] is not None))
        return rows.account(found[0][:at]), has

    async def find(self, identifier: str) -> Account | None:
        """By e-mail or username."""
        found = await self.driver.read(Query(accounts.FIND, {"identifier": canonical(identifier)}))
        return rows.account(found[0]) if found else None

    async def accounts(self, offset: int, limit: int, text: str = "") -> tuple[tuple[Account, ...], int]:
        """A page of accounts."""
        page, count = accounts.listed(offset, limit, text)
        found, total = await self.driver.read(page), await self.driver.read(count)
        return tuple(rows.account(row) for row in found), total[0][0]

    async def open_account(self, account: Account, enrolments: Sequence[Enrolment], facts: Sequence[Fact]) -> bool:
        """A new account."""
        return await self.driver.write(partial(accounts.open_account, self.seal, account, enrolments, facts))

    async def change_account(
        self,
        seen: Account,
        new: Account,
        put: Sequence[Enrolment],
        *,
        ends: bool,
        now: int,
        facts: Sequence[Fact],
        notices: Sequence[Message] = (),
        voids: Sequence[str] = (),
        drops: Sequence[str] = (),
        spends: Attempt | None = None,
    ) -> bool:
        """Change an account."""
        operation = partial(
            accounts.change_account,
            self.seal,
            seen,
            new,
            put,
            ends=ends,
            now=now,
            happening=facts,
            notices=notices,
            voids=voids,
            drops=drops,
            spends=spends,
        )
        return await self.driver.write(operation)

    async def close_account(self, id: str, facts: Sequence[Fact]) -> bool:
        """Delete an account."""
        return await self.driver.write(partial(accounts.close_account, id, facts))

    async def unenrol(
        self,
        account: str,
        enrolments: Sequence[str],
        now: int,
        facts: Sequence[Fact],
        notices: Sequence[Message] = (),
        seen: Account | None = None,
    ) -> int:
        """Delete enrolments."""
        return await self.driver.write(partial(accounts.unenrol, self.seal, account, enrolments, now, facts, notices, seen))

    async def alike(self, kind: str, after: str, limit: int) -> tuple[Enrolment, ...]:
        """Those of a kind."""
        found = await self.driver.read(Query(accounts.ALIKE, {"kind": kind, "after": after, "limit": limit}))
        return await self._opened(lambda: tuple(rows.enrolment(row, self.seal) for row in found))

    async def whose(self, enrolment: str) -> str | None:
        """The account of an enrolment."""
        found = await self.driver.read(Query(accounts.WHOSE, {"this": enrolment}))
        return found[0][0] if found else None

    async def leaving(self, now: int, limit: int) -> tuple[str, ...]:
        """Accounts of which something is to be deleted."""
        found = await self.driver.read(Query(accounts.LEAVING, {"now": now, "limit": limit}))
        return tuple(row[0] for row in found)

    async def devices(self, account: str) -> tuple[Device, ...]:
        """Browsers that are known."""
        found = await self.driver.read(Query(accounts.DEVICES, {"this_account": account}))
        return tuple(rows.device(row) for row in found)

    async def sessions(self, account: str, now: int) -> tuple[Session, ...]:
        """Sessions that live."""
        found = await self.driver.read(Query(accounts.SESSIONS, {"this_account": account, "now": now}))
        return tuple(rows.session(row) for row in found)

    async def forget(self, account: str, facts: Sequence[Fact], device: str | None = None, notices: Sequence[Message] = (), now: int = 0) -> int:
        """Remember browsers no longer."""
        return await self.driver.write(partial(accounts.forget, self.seal, account, facts, device, notices, now))

    async def end_session(self, account: str, sid: str, now: int, facts: Sequence[Fact]) -> bool:
        """End one session."""
        return await self.driver.write(partial(accounts.end_session, account, sid, now, facts))

    async def end_others(self, account: str, sid: str, now: int, facts: Sequence[Fact], notices: Sequence[Message] = (), device: str | None = None) -> int:
        """End all sessions but one."""
        return await self.driver.write(partial(accounts.end_others, self.seal, account, sid, now, facts, notices, device))

    async def facts(
        self,
        offset: int,
        limit: int,
        *,
        account: str | None = None,
        type: str | None = None,
        after: str | None = None,
        newest_first: bool = True,
    ) -> tuple[tuple[Fact, ...], int]:
        """A page of facts."""
        page, count = accounts.facts_of(account=account is not None, type=type is not None, after=after is not None, newest_first=newest_first)
        given = {"account": account, "type": type, "after": after}
        wanted = {name: value for name, value in given.items() if value is not None}
        found = await self.driver.read(Query(page, {**wanted, "limit": limit, "offset": offset}))
        total = await self.driver.read(Query(count, {name: wanted[name] for name in wanted if name != "after"}))
        return tuple(rows.fact(row) for row in found), total[0][0]

    async def fact(self, id: str) -> Fact | None:
        """One fact."""
        found = await self.driver.read(Query(accounts.FACT_BY_ID, {"this": id}))
        return rows.fact(found[0]) if found else None

    async def record(self, facts: Sequence[Fact], notices: Sequence[Message] = (), now: int = 0) -> None:
        """Facts that stand alone."""
        if facts or notices:
            await self.driver.write(partial(accounts.record, self.seal, facts, notices, now))

    # Roles

    async def roles(self, offset: int, limit: int, name: str = "") -> tuple[tuple[Role, ...], int]:
        """A page of roles."""
        page, count = roles.listed(offset, limit, name)
        found, total = await self.driver.read(page), await self.driver.read(count)
        return tuple(Role(*row) for row in found), total[0][0]

    async def role(self, id: str) -> Role | None:
        """One of them."""
        found = await self.driver.read(Query(roles.ONE, {"this_role": id}))
        return Role(*found[0]) if found else None

    async def roles_of(self, account: str) -> tuple[Role, ...]:
        """Those of an account."""
        return tuple(Role(*row) for row in await self.driver.read(Query(roles.OF_ACCOUNT, {"this_account": account})))

    async def members(self, role: str, offset: int, limit: int, after: str = "") -> tuple[tuple[Account, ...], int]:
        """Whoever has a role."""
        found = await self.driver.read(Query(roles.MEMBERS, {"this_role": role, "after": after, "limit": limit, "offset": offset}))
        total = await self.driver.read(Query(roles.COUNT, {"this_role": role}))
        return tuple(rows.account(row) for row in found), total[0][0]

    async def permissions(self, *, role: str = "", account: str = "") -> tuple[Permission, ...]:
        """Those of a role, or an account's own."""
        query = Query(roles.OF_ROLE, {"this_role": role}) if role else Query(roles.OWN, {"this_account": account})
        return tuple(Permission(*row) for row in await self.driver.read(query))

    async def held(self, account: str, audience: str) -> frozenset[str]:
        """What an account may do at an API."""
        found = await self.driver.read(Query(roles.HELD, {"this_account": account, "audience": audience}))
        return frozenset(row[0] for row in found)

    async def open_role(self, role: Role, facts: Sequence[Fact]) -> bool:
        """A new role."""
        return await self.driver.write(partial(roles.open_role, role, facts))

    async def change_role(self, role: Role, facts: Sequence[Fact]) -> bool:
        """Change a role."""
        return await self.driver.write(partial(roles.change_role, role, facts))

    async def close_role(self, id: str, facts: Sequence[Fact]) -> bool:
        """Delete a role."""
        return await self.driver.write(partial(roles.close_role, id, facts))

    async def allow(self, role: str, these: Sequence[Permission], facts: Sequence[Fact], *, away: bool = False) -> bool:
        """Permissions of a role."""
        return await self.driver.write(partial(roles.allow, role, these, facts, away=away))

    async def permit(self, account: str, these: Sequence[Permission], facts: Sequence[Fact], *, away: bool = False) -> bool:
        """Permissions of an account."""
        return await self.driver.write(partial(roles.permit, account, these, facts, away=away))

    async def assign(self, pairs: Sequence[tuple[str, str]], facts: Sequence[Fact], *, away: bool = False) -> bool:
        """Roles of accounts."""
        return await self.driver.write(partial(roles.assign, pairs, facts, away=away))

    # Jobs

    async def open_job(self, job: Job, facts: Sequence[Fact]) -> None:
        """A new job."""
        await self.driver.write(partial(jobs.open_job, self.seal, job, facts))

    async def job(self, id: str) -> Job | None:
        """One of them."""
        found = await self.driver.read(Query(jobs.ONE, {"this_job": id}))
        return await self._opened(lambda: jobs.job(found[0], self.seal)) if found else None

    async def claim_job(self, now: int, lease: int) -> Job | None:
        """One that is to be worked on."""
        row = await self.driver.write(partial(jobs.claim_job, now, lease))
        return None if row is None else await self._opened(lambda: jobs.job(row, self.seal))

    async def job_on(self, seen: Job, after: Job, facts: Sequence[Fact] = (), notices: Sequence[Message] = ()) -> bool:
        """How far it has come."""
        return await self.driver.write(partial(jobs.on, self.seal, seen, after, facts, notices))

    # Outbox

    async def farewell(self, limit: int, now: int, words: Callable[[Ending], Message | None]) -> int:
        """Tell of sessions that have ended."""
        return await self.driver.write(partial(endings.farewell, self.seal, limit, now, words))

    async def claim(self, now: int, lease: int, limit: int, *, apart: bool = False) -> tuple[Delivery, ...]:
        """Due messages; one that does not open has failed, and holds up none of the others."""
        due = []
        for row in await self.driver.write(partial(deliveries.claim, now, lease, limit, apart=apart)):
            try:
                due.append(await self._opened(partial(deliveries.delivery, row, self.seal)))
            except (SealError, MsgspecError, ValueError):
                LOG.exception("a message cannot be read, and is given up", extra={"message_id": row[0]})
                await self.failed(row[0], None, "unreadable")
        return tuple(due)

    async def may_leave(self, one: Delivery, now: int) -> bool:
        """Asked right before it leaves."""
        return bool(await self.driver.read(Query(deliveries.MAY_LEAVE, {"this": one.id, "tries": one.tries + 1, "now": now})))

    async def sent(self, entry: Entry, facts: Sequence[Fact] = ()) -> None:
        """A message has left."""
        await self.driver.write(partial(deliveries.sent, entry, facts))

    async def failed(self, id: str, next_at: int | None, error: str, entry: Entry | None = None, facts: Sequence[Fact] = ()) -> None:
        """A message has not left."""
        await self.driver.write(partial(deliveries.failed, id, next_at, error, entry, facts))

    async def delivered(self, provider: str, receipts: Sequence[Receipt], now: int) -> int:
        """What became of it."""
        return await self.driver.write(partial(deliveries.delivered, provider, receipts, now)) if any(one.reference for one in receipts) else 0

    async def ledger(self, offset: int, limit: int) -> tuple[tuple[Entry, ...], int]:
        """A page of the ledger."""
        found = await self.driver.read(Query(deliveries.LEDGER, {"limit": limit, "offset": offset}))
        total = await self.driver.read(Query(deliveries.LINES))
        return tuple(Entry(*row) for row in found), total[0][0]

    async def conversion(self, country: str, since: int) -> tuple[int, int]:
        """Codes sent there, and how many were used."""
        ((sent, used),) = await self.driver.read(Query(deliveries.CONVERSION, {"country": country, "since": since}))
        return sent, used

    async def outgoing(self, limit: int) -> tuple[Delivery, ...]:
        """The newest messages."""
        found = await self.driver.read(Query(deliveries.NEWEST, {"limit": limit}))
        return await self._opened(lambda: tuple(deliveries.delivery(row, self.seal) for row in found))

    # Upkeep

    async def number(self, limit: int) -> int:
        """Number facts."""
        return await self.driver.write(partial(upkeep.number_facts, limit))

    async def sweep(self, now: int) -> int:
        """Remove what ended long ago; a data key that has sealed often is replaced."""
        made, self.seal.made = self.seal.made, 0
        swept, seals = await self.driver.write(partial(upkeep.sweep, now, made, self.seal.current))
        if seals >= MOST_SEALS:
            await self.rotate_data_key(now)
        return swept

    async def rotate_data_key(self, now: int) -> int:
        """A new data key, under which everything is sealed from now on; `reseal` brings the rest over."""
        await self.load_keys()
        known = await self.driver.view(upkeep.keys)
        self._unwrapped(known[-1])
        id = self.seal.current + 1
        wrapped = self._kek.wrap(self.seal.store, id, new_key())
        if not await self.driver.write(partial(upkeep.add_key, id, wrapped, now, known[-1])):
            raise Busy
        await self.load_keys()
        return self.seal.current

    async def rewrap(self) -> int:
        """Another key-encryption key: a fresh one in the place of the one in our file, or the first of those that were given."""
        keys = await self.driver.view(upkeep.keys)
        with self._keks.replacing(lambda kek: self._opens(kek, keys)) as new:
            if self._opens(new, keys):
                return 0
            done = await self.driver.write(partial(upkeep.rewrap, lambda key: new.wrap(self.seal.store, key.id, self._unwrapped(key))))
        self._kek = new
        return done

    def _opens(self, kek: Kek, keys: Sequence[DataKey]) -> bool:
        with suppress(SealError):
            return all(kek.unwrap(self.seal.store, key) for key in keys)
        return False

    def _unwrapped(self, key: DataKey) -> bytes:
        """By the key-encryption key that we know, else by one that another process has put in its place. Raises SealError."""
        if not self._opens(self._kek, (key,)):
            self._kek = next((kek for kek in self._keks.load() if self._opens(kek, (key,))), self._kek)
        return self._kek.unwrap(self.seal.store, key)

    async def reseal(self, limit: int) -> int:
        """Seal again what is under an older data key."""
        await self.load_keys()
        return await self.driver.write(partial(upkeep.reseal, limit, self.seal))

    async def restored(self, now: int, roll: Callable[[str, State], State]) -> int:  # noqa: ARG002 -- of the port
        """A backup came back."""
        return await self.driver.write(partial(upkeep.restored, self.seal, roll))

    async def load_keys(self) -> None:
        """Data keys that another node has made since."""
        known = set(self.seal.knows())
        found = await self.driver.view(upkeep.keys)
        fresh = {key.id: self._unwrapped(key) for key in found if key.id not in known}
        if fresh:
            self.seal.learn(fresh)

    async def close(self) -> None:
        """Finish, and let go."""
        await self.driver.close()

    async def _opened(self, read: Callable[[], T]) -> T:
        """What the rows mean; where one is under a key that another node made a moment ago, that is fetched first."""
        try:
            return read()
        except UnknownKey:
            await self.load_keys()
            return read()
