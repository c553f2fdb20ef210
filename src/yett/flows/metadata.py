"""`yett mds import`: a new edition of the metadata, and what becomes of enrolments whose model is trusted no longer."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from yett.domain.enrolment import Enrolment
from yett.domain.model import Metadata
from yett.factors.base import Modelled
from yett.flows.event import Event
from yett.flows.mint import Mint
from yett.flows.models import KEPT, opened
from yett.flows.owner import Owner, Ownership
from yett.ports import Store

AT_ONCE, ROUNDS = 500, 5
# blob, root, now and whose name stands in the certificate; raises ValueError with the reason.
Read = Callable[[bytes, bytes, int, str], Metadata]


@dataclass(frozen=True, slots=True)
class ImportMetadata:
    """Takes an edition that is signed, newer, and not out of date; ends with exactly one `done` or `refused`."""

    store: Store
    read: Read
    ownership: Ownership
    mint: Mint

    async def __call__(self, blob: bytes, root: bytes, signer: str) -> AsyncIterator[Event]:
        """Keep it, then apply it. The edition in force may be given again: what was left undone is done then."""
        now = self.mint.clock()
        try:
            new = self.read(blob, root, now, signer)
        except ValueError as fault:
            yield Event("refused", str(fault))
            return
        if refused := await self._kept(new, now) or await self._published():
            yield Event("refused", refused)
            return
        suspended = 0
        async for _ in self._distrusted(new):
            suspended += 1
            yield Event("progress", f"{suspended} taken out of use", {"suspended": suspended})
        due = datetime.fromtimestamp(new.next_update, UTC).date().isoformat()
        data = {"no": new.no, "models": len(new.models), "suspended": suspended, "next_update": due}
        await self.store.record((self.mint.fact("sapi", None, None, description="Metadata of authenticators were imported", **data),))
        yield Event("done", f"edition {new.no}: {len(new.models)} models; {suspended} keys were taken out of use; the next edition is due by {due}", data)

    async def _kept(self, new: Metadata, now: int) -> str:
        """Why it is not; "" where it is."""
        if not new.vouches(now):
            return f"edition {new.no} is out of date: fetch the one that is in force"
        before = await self.store.remembered(KEPT)
        held = opened(before)
        # Whoever can bring back an old edition brings back a model that was revoked since.
        if before and new.no < held.no:
            return f"edition {new.no} is older than {held.no}, which is in force"
        if before and new.no == held.no:
            return "" if new == held else f"another edition {new.no} is in force"
        return "" if await self.store.keep(KEPT, before, msgspec.json.encode(new)) else "another edition is being imported; try again"

    async def _published(self) -> str:
        """Why the gate does not know of it; "" where it does: from then on nothing counts of what is distrusted, whenever it was kept."""
        for _ in range(ROUNDS):
            # First its version: of two imports at once the newer edition has the last word.
            catalogue = await self.store.catalogue()
            models = tuple(sorted(one.hex() for one in opened(await self.store.remembered(KEPT)).distrusted()))
            new = catalogue.tenant._replace(distrusted=models)
            if new == catalogue.tenant or await self.store.configure((new,), (), (), seen=catalogue.version):
                return ""
        return "the configuration is being changed; try again"

    async def _distrusted(self, new: Metadata) -> AsyncIterator[Enrolment]:
        for kind, factor in self.ownership.gate.factors.items():
            after: str | None = ""
            while isinstance(factor, Modelled) and after is not None:
                page = await self.store.alike(kind, after, AT_ONCE)
                for one in page:
                    if factor.model(one) in new.distrusted() and await self._suspended(one, new.models[factor.model(one).hex()].distrusted):
                        yield one
                after = page[-1].id if len(page) == AT_ONCE else None

    async def _suspended(self, one: Enrolment, status: str) -> bool:
        """Out of use, with what rested on it; its owner is told on every channel."""
        factor, catalogue = self.ownership.gate.factors[one.kind], await self.store.catalogue()
        for _ in range(ROUNDS):
            found = await self.store.account(one.account)
            now = next((each for each in found[1] if each.id == one.id and each.status == "active"), None) if found else None
            if found is None or now is None:
                return False
            owner = Owner(*found, (), catalogue, "", locale=catalogue.tenant.locales[0])
            fact = self.ownership.fact(owner, "gd_update_device_account", factor, enrolment=one.id, status="suspended", reason=status)
            done = await self.store.change_account(
                owner.account,
                owner.account._replace(security_version=owner.account.security_version + 1),
                (now._replace(status="suspended"),),
                ends=False,
                now=self.mint.clock(),
                facts=(fact,),
                notices=self.ownership.everywhere(owner, "factor_distrusted", {"factor": factor.words.factor}),
                voids=(one.id,),
            )
            if done:
                return True
        return False
