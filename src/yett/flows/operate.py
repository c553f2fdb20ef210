"""What operators do from the machine itself: each verb a story, told by events."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from yett.domain.account import CONNECTION
from yett.domain.enrolment import State
from yett.factors.base import Factor
from yett.flows.administrator import Administrator, Refusal
from yett.flows.event import Event
from yett.flows.manage.imports import Origin
from yett.flows.manage.jobs import TOGETHER, Jobs, Tally
from yett.flows.mint import Mint
from yett.flows.people import People
from yett.flows.reading import Unreadable, users_of
from yett.policy.decide import within_reach
from yett.policy.regimes import REGIMES
from yett.ports import Busy, Store

# Seals made again in one commit: small enough that logins pass between two of them.
AT_ONCE = 200
# Users between two words on how far it is.
REPORTED = 1000
TRIES = 5


@dataclass(frozen=True, slots=True)
class Operate:
    """The verbs of the command line. Each ends with exactly one `done` or `refused`."""

    store: Store
    administrator: Administrator
    people: People
    factors: Mapping[str, Factor]
    mint: Mint
    jobs: Jobs

    async def reset_admin(self) -> AsyncIterator[Event]:
        """`yett admin reset`."""
        match await self.administrator.reset():
            case Refusal(reason):
                yield Event("refused", reason)
            case made:
                yield Event("done", "admin.json has new credentials; the old ones are void", {"client_id": made.client_id})

    async def set_regime(self, name: str) -> AsyncIterator[Event]:
        """`yett regime set NAME`: what it loosens or tightens holds from the next request on."""
        if name not in REGIMES:
            yield Event("refused", f"there is no regime {name!r}; there are {', '.join(REGIMES)}")
            return
        if not within_reach(REGIMES[name], (factor.promise(None) for factor in self.factors.values())):
            yield Event("refused", f"no factor of this version reaches what {name} requires: nobody could log in")
            return
        for _ in range(TRIES):
            catalogue = await self.store.catalogue()
            before = catalogue.tenant.regime
            if before == name:
                yield Event("done", f"the regime is {name} already", {"regime": name, "before": before})
                return
            fact = self.mint.fact("sapi", None, None, description="The regime was changed", regime=name, before=before)
            if await self.store.configure((catalogue.tenant._replace(regime=name),), (), (fact,), seen=catalogue.version):
                yield Event("done", f"the regime is {name}; it was {before}", {"regime": name, "before": before})
                return
        yield Event("refused", "the configuration is being changed by somebody else; try again")

    async def create_user(self, email: str, password: str, *, verified: bool = False, connection: str = CONNECTION) -> AsyncIterator[Event]:
        """`yett users create`."""
        match await self.people.open(email, password, verified=verified, connection=connection):
            case Refusal(reason):
                yield Event("refused", reason)
            case account:
                yield Event("done", f"{account.email} is {account.id}", {"user_id": account.id, "email": account.email, "email_verified": verified})

    async def import_users(self, chunks: Iterable[bytes], *, upsert: bool = False) -> AsyncIterator[Event]:
        """`yett users import`: rows as they are read; what is wrong with one is told, and the others go on."""
        origin, seen, told = Origin(self.mint.name("job_", 12), None, upsert), 0, Tally()
        rows = users_of(chunks)
        try:
            while part := await asyncio.to_thread(lambda: list(itertools.islice(rows, TOGETHER))):
                tally = await self.jobs.taken(part, seen, origin)
                for fault in tally.errors:
                    yield Event("progress", json.dumps(fault))
                seen, told = seen + len(part), Tally(told.inserted + tally.inserted, told.updated + tally.updated)
                if seen // REPORTED > (seen - len(part)) // REPORTED:
                    yield Event("progress", f"{seen} users read", {"read": seen})
        except Unreadable as fault:
            yield Event("refused", f"behind user {seen} the file cannot be read: {fault}; what was read is imported, and may be read again with --upsert")
            return
        data = {"total": seen, "inserted": told.inserted, "updated": told.updated, "failed": seen - told.inserted - told.updated}
        await self.store.record((self.mint.fact("sapi", None, None, description="Import users", **data),))
        says = f"{data['total']} users read: {data['inserted']} are new, {data['updated']} were brought up to date, {data['failed']} were not taken"
        yield Event("done", says, data)

    async def rotate_keys(self) -> AsyncIterator[Event]:
        """`yett keys rotate`: a new data key, and every secret sealed again under it while logins go on."""
        await self.store.rotate_data_key(self.mint.clock())
        done = 0
        while count := await self.store.reseal(AT_ONCE):
            done += count
            yield Event("progress", f"{done} secrets sealed again", {"sealed": done})
        await self.store.record((self.mint.fact("sapi", None, None, description="The data key was replaced", sealed=done),))
        yield Event("done", f"every secret is sealed under the new key ({done} were sealed again)", {"sealed": done})

    async def rewrap_keys(self) -> AsyncIterator[Event]:
        """`yett keys rewrap`: every data key wrapped by another key-encryption key; no secret is sealed again."""
        try:
            done = await self.store.rewrap()
        except Busy:
            yield Event("refused", "the key-encryption key is being replaced by another process; try again")
            return
        if not done:
            yield Event("refused", "the first key in YETT_KEK wraps every data key already: give YETT_KEK=NEW,OLD to every process, and say this again")
            return
        await self.store.record((self.mint.fact("sapi", None, None, description="The key-encryption key was replaced", wrapped=done),))
        says = f"data keys are wrapped by a new key-encryption key ({done}): back it up; backups from before open with the one before"
        yield Event("done", says, {"wrapped": done})

    async def restored(self) -> AsyncIterator[Event]:
        """`yett db restored`: what the backup brought back may have been used since, so none of it works again."""
        epoch = await self.store.restored(self.mint.clock(), self._roll)
        await self.store.record((self.mint.fact("sapi", None, None, description="A backup was restored", epoch=epoch),))
        says = f"epoch {epoch}: sessions, attempts and grants from before the backup are void, used codes stay used"
        yield Event("done", says, {"epoch": epoch})

    def _roll(self, kind: str, state: State) -> State:
        factor = self.factors.get(kind)
        return factor.restored(state, self.mint.clock()) if factor else state
