"""Where else an account is logged in or remembered, and how its owner puts an end to that."""

from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.enrolment import Message
from yett.domain.fact import Fact
from yett.flows.gate import regime_of
from yett.flows.mint import Mint
from yett.flows.visit import Inside
from yett.ports import Accounts, Post


class Place(NamedTuple):
    """A browser where the account is logged in, or remembered: `name` is what it calls itself. `here`: the one that asks."""

    id: str
    name: str
    since: int
    used_at: int
    ip: str = ""
    until: int = 0
    here: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Sessions and remembered browsers of one account; whatever belongs to another is not found."""

    store: Accounts
    mint: Mint
    post: Post

    async def sessions(self, inside: Inside) -> tuple[Place, ...]:
        """The sessions that live, this one first, then by their last use."""
        owner, now = inside.owner, self.mint.clock()
        idle = regime_of(owner.catalogue).session_idle
        found = (
            Place(one.sid, one.name, one.created_at, min(now, max(one.created_at, one.idle_at - idle)), one.ip, one.ends_at, here=one.sid == inside.session.sid)
            for one in await self.store.sessions(owner.account.id, now)
        )
        return tuple(sorted(found, key=lambda one: (not one.here, -one.used_at)))

    async def browsers(self, inside: Inside) -> tuple[Place, ...]:
        """The browsers that are remembered now, this one first."""
        account, now = inside.owner.account, self.mint.clock()
        own = inside.device.id if inside.device else ""
        found = (
            Place(one.id, one.name, one.created_at, one.used_at, until=min(one.remembered_until, one.idle_until), here=one.id == own)
            for one in await self.store.devices(account.id)
            if one.security_version == account.security_version and now < min(one.remembered_until, one.idle_until)
        )
        return tuple(sorted(found, key=lambda one: (not one.here, -one.used_at)))

    async def end(self, inside: Inside, sid: str) -> bool:
        """Log another browser out. False: it is not logged in (any longer)."""
        fact = self._fact(inside, "slo", reason="ended by its owner")
        return await self.store.end_session(inside.owner.account.id, sid, self.mint.clock(), (fact,))

    async def end_others(self, inside: Inside) -> None:
        """Log out everywhere but here: applications as well, as soon as they ask again."""
        fact = self._fact(inside, "slo", reason="ended everywhere else by its owner")
        await self.store.end_others(inside.owner.account.id, inside.session.sid, self.mint.clock(), (fact,))

    async def forget(self, inside: Inside, id: str) -> bool:
        """A browser is remembered no longer, nor known. False: it was not."""
        fact = self._fact(inside, "gd_update_device_account", reason="browser forgotten")
        return bool(await self.store.forget(inside.owner.account.id, (fact,), id))

    async def not_me(self, inside: Inside) -> None:
        """Somebody else was here: other sessions end, all that applications hold is revoked, no browser is remembered; the owner is told."""
        fact = self._fact(inside, "w", reason="the owner says that it was somebody else")
        device = inside.device.id if inside.device else ""
        await self.store.end_others(inside.owner.account.id, inside.session.sid, self.mint.clock(), (fact,), self._told(inside, "not_me"), device)
        self.post()

    def _told(self, inside: Inside, template: str) -> tuple[Message, ...]:
        owner = inside.owner
        return (Message("email", owner.account.email, template, owner.locale, {}),) if owner.account.email else ()

    def _fact(self, inside: Inside, type: str, **data: object) -> Fact:
        owner = inside.owner
        seen = {"ip": owner.browser.ip, "user_agent": owner.browser.user_agent[:256]}
        return self.mint.fact(type, owner.account.id, owner.client, **seen, **data)
