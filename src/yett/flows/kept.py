"""What was reported lost: out of use at once, deleted in time, and kept where its owner says that it was not them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.enrolment import Enrolment, Status
from yett.factors.base import Modelled
from yett.flows.current import Current
from yett.flows.gate import regime_of
from yett.flows.handles import Handles
from yett.flows.mint import Mint
from yett.flows.models import Models
from yett.flows.owner import Owner, Ownership
from yett.ports import Arrival, Post, Store

ROUNDS, AT_ONCE, HOUR = 8, 100, 3600


class Suspended(NamedTuple):
    """It is out of use, and deleted at `leaves_at` (seconds) unless somebody calls that off."""

    enrolment: Enrolment
    leaves_at: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Suspends, calls off, and deletes."""

    store: Store
    ownership: Ownership
    current: Current
    mint: Mint
    post: Post
    issuer: str
    models: Models

    @property
    def handles(self) -> Handles:
        """Those of the links that call off."""
        return Handles(self.store, self.mint, "kept")

    async def suspend(self, owner: Owner, id: str) -> Suspended | str:
        """Out of use at once; the account is told on every channel, each time with the link that calls it off."""
        now = self.mint.clock()
        leaves_at = now + regime_of(owner.catalogue).lost_waits
        attempt, link = self.handles.new(owner.account.id, owner.client, id, leaves_at)
        await self.store.begin(attempt, ())
        data = {"hours": str((leaves_at - now) // HOUR), "link": f"{self.issuer}lost?ticket={link}"}
        for _ in range(ROUNDS):
            found = await self.store.account(owner.account.id)
            these = together(found[1], id) if found else ()
            if found is None or not these or any(one.leaves_at is not None for one in these):
                return "absent"
            owner = owner._replace(account=found[0], enrolments=found[1])
            # The generation stays: a code that is used in this moment must not come back with it.
            put = [one._replace(status="suspended", leaves_at=leaves_at) for one in these]
            if await self._change(owner, put, "factor_lost", data):
                return Suspended(put[0], leaves_at)
        return "busy"

    async def seen(self, link: str) -> Enrolment | None:
        """What this link would keep. Looking does nothing: scanners of mail look too."""
        return next(iter(_leaving(await self.handles.find(link))), None)

    async def keep(self, link: str) -> Enrolment | None:
        """It was not lost. What was proven with it before is proven no longer."""
        arrival = await self.handles.find(link)
        account, attempt, these = arrival.account, arrival.attempt, _leaving(arrival)
        if account is None or attempt is None or not these:
            return None
        catalogue = await self.current.at(arrival.version)
        owner = Owner(account, arrival.enrolments, (), catalogue, attempt.client, locale=catalogue.tenant.locales[0])
        done = await self._restore(owner, these)
        await self.store.update(attempt, attempt._replace(done=True))
        return done

    async def call_off(self, owner: Owner, id: str) -> Enrolment | None:
        """The same by its owner, who has proven as much as removing it would take: a password alone brings nothing back."""
        these = [one for one in together(owner.enrolments, id) if one.leaves_at is not None]
        return await self._restore(owner, these) if these else None

    async def _restore(self, owner: Owner, these: Sequence[Enrolment]) -> Enrolment | None:
        """In use again, but for what is of a model that is trusted no longer: that was said of it before, or meanwhile."""
        distrusted = (await self.models.latest()).distrusted()
        put = [one._replace(status=self._status(one, distrusted), leaves_at=None, generation=one.generation + 1) for one in these]
        template = "factor_kept" if put[0].status == "active" else "factor_distrusted"
        return put[0] if await self._change(owner, put, template, {}) else None

    def _status(self, one: Enrolment, distrusted: frozenset[bytes]) -> Status:
        factor = self.ownership.gate.factors[one.kind]
        return "suspended" if isinstance(factor, Modelled) and factor.model(one) in distrusted else "active"

    async def sweep(self) -> int:
        """Delete what nobody has kept in time; returns how many went."""
        now = self.mint.clock()
        return sum([await self._delete(account, now) for account in await self.store.leaving(now, AT_ONCE)])

    async def _delete(self, account: str, now: int) -> int:
        found, catalogue = await self.store.account(account), await self.current.latest()
        if found is None:
            return 0
        owner, factors = Owner(*found, (), catalogue, "", locale=catalogue.tenant.locales[0]), self.ownership.gate.factors
        due = [one for one in owner.enrolments if one.leaves_at is not None and one.leaves_at <= now and one.kind in factors]
        gone = self.ownership.gone(owner, due)
        facts = [self.ownership.fact(owner, "gd_unenroll", factors[one.kind], enrolment=one.id, reason="reported lost") for one in gone]
        words = [factors[one.kind].words.factor for one in due]
        notices = [notice for word in words for notice in self.ownership.everywhere(owner, "factor_removed", {"factor": word})]
        count = await self.store.unenrol(account, [one.id for one in gone], now, facts, notices, owner.account)
        self.post()
        return count

    async def _change(self, owner: Owner, put: Sequence[Enrolment], template: str, data: dict[str, str]) -> bool:
        factor = self.ownership.gate.factors[put[0].kind]
        fact = self.ownership.fact(owner, "gd_update_device_account", factor, enrolment=put[0].id, status=put[0].status)
        done = await self.store.change_account(
            owner.account,
            owner.account._replace(security_version=owner.account.security_version + 1),
            put,
            ends=False,
            now=self.mint.clock(),
            facts=(fact,),
            notices=self.ownership.everywhere(owner, template, {"factor": factor.words.factor, **data}),
            voids=[one.id for one in put],
        )
        self.post()
        return done


def together(has: Sequence[Enrolment], id: str) -> list[Enrolment]:
    """This enrolment, and then what is linked with it."""
    link = next((one.link for one in has if one.id == id), None)
    return sorted((one for one in has if one.id == id or (link and one.link == link)), key=lambda one: one.id != id)


def _leaving(arrival: Arrival) -> list[Enrolment]:
    """What a link keeps, while it is suspended."""
    if arrival.attempt is None:
        return []
    id = msgspec.json.decode(arrival.attempt.request, type=str)
    return [one for one in together(arrival.enrolments, id) if one.leaves_at is not None]
