"""Confirm an address by the link that went to it."""

from dataclasses import dataclass

from yett.flows.accounts import Births
from yett.flows.mint import Mint
from yett.flows.prove import VERIFIED
from yett.flows.steps import Browser
from yett.flows.tickets import Found, Tickets
from yett.ports import Store


@dataclass(frozen=True, slots=True)
class ConfirmAddress:
    """Looking does nothing: scanners of mail look too."""

    store: Store
    tickets: Tickets
    mint: Mint
    births: Births

    async def seen(self, handle: str, browser: Browser) -> Found | None:
        """What this link would confirm."""
        return await self.tickets.find("verify-email", handle, browser)

    async def __call__(self, handle: str, browser: Browser) -> Found | None:
        """Confirm it, once."""
        found = await self.seen(handle, browser)
        if found is None:
            return None
        seen, now = found.owner.account, self.mint.clock()
        new = seen._replace(email_verified=True, updated_at=now)
        put = self.births.implicit(new, found.owner.enrolments)
        new = new._replace(security_version=seen.security_version + 1) if put else new
        fact = self.mint.fact(VERIFIED, seen.id, found.owner.client or None, ip=browser.ip, user_agent=browser.user_agent[:256])
        done = await self.store.change_account(seen, new, put, ends=False, now=now, facts=(fact,), spends=found.attempt)
        return found if done else None
