"""Jobs of the management API: taken at once, done in the background, and begun again where a process ended in the middle."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from yett.domain.enrolment import Message
from yett.domain.job import Job
from yett.flows.accounts import is_address
from yett.flows.manage.access import Caller
from yett.flows.manage.imports import Fault, Imports, Origin, shown
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.reading import Unreadable, users_of
from yett.ports import Store

IMPORT = "users_import"
# Auth0's limit: larger files go by the command line, which reads them as a stream.
LARGEST = 500 * 1024
# Rows that are taken side by side, so that they share commits, and so that logins pass between them.
TOGETHER, LEASE, REST = 16, 60, 2.0


class Wanted(NamedTuple):
    """An import that is asked for."""

    content: bytes
    upsert: bool = False
    external_id: str = ""
    tells: bool = False


class Tally(NamedTuple):
    """What became of a few rows."""

    inserted: int = 0
    updated: int = 0
    errors: tuple[object, ...] = ()


@dataclass
class Jobs:
    """`woken`: there is one to do."""

    store: Store
    imports: Imports
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def import_users(self, caller: Caller, wanted: Wanted) -> Job | Refused:
        """Take a file of users: whether it is a list of users is looked at now, each row later."""
        if wanted.upsert and "update:users" not in caller.scopes:
            return Refused("scope", "Insufficient scope, expected any of: update:users", "insufficient_scope")
        try:
            total = sum(1 for _ in users_of((wanted.content,)))
        except Unreadable as fault:
            return invalid(f"The users file cannot be read: {fault}.")
        mint = self.imports.bindings.enrolments.mint
        now, id = mint.clock(), mint.name("job_", 12)
        job = Job(
            id, IMPORT, caller.client, "pending", wanted.upsert, wanted.external_id, wanted.content, total, created_at=now, updated_at=now, tells=wanted.tells
        )
        await self.store.open_job(job, (caller.fact(mint, "sapi", job=id),))
        self.woken.set()
        return job

    async def one(self, id: str) -> Job | Refused:
        """A job, and how far it is."""
        return await self.store.job(id) or absent("job")

    async def run(self) -> None:
        """Do what is to be done, then wait a while."""
        self.woken.clear()
        await self.work()
        with suppress(TimeoutError):
            async with asyncio.timeout(REST):
                await self.woken.wait()

    async def work(self) -> None:
        """Do all that nobody else works on."""
        while job := await self.store.claim_job(self._now(), LEASE):
            await self._do(job)

    async def _do(self, job: Job) -> None:
        """From where it was left; somebody else may have taken it over meanwhile."""
        rows = itertools.islice(users_of((job.content,)), job.done, None)
        origin = Origin(job.id, job.client, job.upsert)
        while part := list(itertools.islice(rows, TOGETHER)):
            tally = await self.taken(part, job.done, origin)
            errors = [*msgspec.json.decode(job.errors, type=list[object]), *tally.errors]
            after = job._replace(
                status="processing",
                done=job.done + len(part),
                inserted=job.inserted + tally.inserted,
                updated=job.updated + tally.updated,
                failed=job.failed + len(tally.errors),
                errors=msgspec.json.encode(errors),
                updated_at=self._now(),
                leased_until=self._now() + LEASE,
            )
            if not await self.store.job_on(job, after):
                return
            job = after
        over = job._replace(status="completed", content=b"", updated_at=self._now())
        counts = {"job": job.id, "inserted": job.inserted, "updated": job.updated, "failed": job.failed}
        own = self.imports.bindings.enrolments
        if await self.store.job_on(job, over, (own.mint.fact("sapi", None, job.client, description="Import users", **counts),), await self._notices(over)):
            own.post()

    async def _notices(self, job: Job) -> Sequence[Message]:
        """To the support of the tenant, where somebody wants to know and there is an address."""
        tenant = (await self.imports.bindings.enrolments.current.latest()).tenant
        told = {"job": job.id, "inserted": str(job.inserted), "updated": str(job.updated), "failed": str(job.failed)}
        to = tenant.brand.support_email
        return (Message("email", to, "import_done", tenant.locales[0], told),) if job.tells and is_address(to) else ()

    async def taken(self, rows: Sequence[Mapping[str, object]], first: int, origin: Origin) -> Tally:
        """A few rows; two that are the same person's are taken one after the other by the store."""
        outcomes = await asyncio.gather(*(self.imports.take(row, first + at, origin) for at, row in enumerate(rows)))
        errors = [error(row, one) for row, one in zip(rows, outcomes, strict=True) if not isinstance(one, str)]
        return Tally(outcomes.count("inserted"), outcomes.count("updated"), tuple(errors))

    def _now(self) -> int:
        return self.imports.bindings.enrolments.mint.clock()


def error(row: Mapping[str, object], faults: Sequence[Fault]) -> dict[str, object]:
    """What was wrong with a row, as Auth0 lists it."""
    return {"user": shown(row), "errors": [one._asdict() for one in faults]}
