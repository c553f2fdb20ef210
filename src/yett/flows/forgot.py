"""Whoever forgot a password is sent a link, if they have an account; nobody learns whether they do."""

from dataclasses import dataclass

from yett.domain.account import Account, canonical
from yett.domain.enrolment import Message
from yett.domain.tries import Bucket
from yett.flows.mint import Mint, digest
from yett.flows.tickets import Kind, Ticket, Tickets
from yett.ports import Busy, Limiter, Post, Store

# Links are mailed to one address three times at once and every 15 minutes, and asked for by one host twenty times at once and every minute.
ADDRESS, HOST = Bucket(3, 900), Bucket(20, 60)
LIVES = 3600
TEMPLATES: dict[Kind, str] = {"reset": "password_reset", "verify-email": "verify_email"}
LONGEST = 320


@dataclass(frozen=True, slots=True)
class Forgot:
    """The same work and the same answer for everybody; what goes beyond a budget is dropped without a word."""

    store: Store
    tickets: Tickets
    limiter: Limiter
    mint: Mint
    post: Post

    async def __call__(self, identifier: str, client: str, locale: str, ip: str) -> None:
        """`identifier` is what was typed. Raises Busy where this host asks too much."""
        now, plain = self.mint.clock(), canonical(identifier)[:LONGEST]
        if not await self.limiter.take(f"reset:{ip}", HOST, now):
            raise Busy
        may = await self.limiter.take(f"reset:{digest(plain).hex()}", ADDRESS, now)
        account = await self.store.find(plain)
        if account is None or account.blocked or not may:
            # Nobody's ticket, which no handle finds.
            await self.tickets.issue("reset", Account("", ""), client, Ticket(""), 0)
            await self.store.record((self.mint.fact("fcpr", account.id if account else None, client or None, ip=ip),))
            return
        await self.send("reset", account, client, locale, ip=ip)

    async def send(self, kind: Kind, account: Account, client: str, locale: str, lives: int = LIVES, ip: str = "") -> str:
        """Mail a link to the address of the account."""
        verifies = kind == "reset"
        link = await self.tickets.issue(kind, account, client, Ticket(canonical(account.email), verifies=verifies), lives)
        data = {"link": link, "hours": str(max(1, lives // 3600))}
        fact = self.mint.fact("scpr" if verifies else "scv", account.id, client or None, ip=ip)
        await self.store.record((fact,), (Message("email", account.email, TEMPLATES[kind], locale, data),), self.mint.clock())
        self.post()
        return link
