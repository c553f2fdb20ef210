"""Open an account by oneself, where the tenant lets people do that: closed until it says so.

Whether there is an account of that address already is said to the address alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.account import Account, canonical
from yett.domain.enrolment import Message
from yett.domain.password import Blocklist
from yett.domain.password import fault as unfit
from yett.domain.tenant import Catalogue
from yett.domain.tries import Bucket
from yett.flows.accounts import Births, is_address, is_username
from yett.flows.current import Current
from yett.flows.forgot import ADDRESS, Forgot
from yett.flows.mint import Mint, digest
from yett.flows.tickets import Ticket
from yett.ports import Busy, Hasher, Store

HOST = Bucket(10, 60)
PROFILE = ("given_name", "family_name", "name", "nickname", "picture")
LIVES = 5 * 86400


class Wish(NamedTuple):
    """Who somebody wants to be. `profile` may hold names and user_metadata, and nothing that decides what they may do."""

    client: str
    email: str
    password: str
    username: str = ""
    profile: Mapping[str, object] = {}


class Opened(NamedTuple):
    """The id and address of an account that was opened, or that nobody shall know to be taken."""

    id: str
    email: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """A refusal is a word: closed, client, busy, address, username, or why the password is not fit."""

    store: Store
    current: Current
    births: Births
    hasher: Hasher
    common: Blocklist
    mint: Mint
    forgot: Forgot

    async def __call__(self, wish: Wish, locale: str, ip: str) -> Opened | str:
        """An account whose address is still to be confirmed."""
        catalogue = await self.current.latest()
        new = await self.newcomer(wish, catalogue, ip)
        if isinstance(new, str):
            return new
        about = (new.email, wish.username, catalogue.tenant.brand.name)
        if why := unfit(wish.password, self.births.shortest(catalogue), self.common, about):
            return why
        try:
            hashed = await self.hasher.hash(wish.password)
        except Busy:
            return "busy"
        may = await self.may_tell(new.email)
        fact = self.mint.fact("ss", new.id, wish.client, ip=ip)
        if await self.store.open_account(new, (self.births.password_of(new, hashed),), (fact,)):
            await self.welcome(new, wish.client, locale, ip)
        else:
            await self.known(new.email, wish.client, locale, ip, told=may)
        return Opened(new.id.removeprefix("auth0|"), new.email)

    async def newcomer(self, wish: Wish, catalogue: Catalogue, ip: str) -> Account | str:
        """Whoever somebody may become, not written yet; whether the address is taken is not looked for."""
        now = self.mint.clock()
        if not catalogue.tenant.signup:
            return "closed"
        if wish.client not in catalogue.clients:
            return "client"
        if not await self.forgot.limiter.take(f"signup:{ip}", HOST, now):
            return "busy"
        email, username = canonical(wish.email), wish.username or None
        if not is_address(email):
            return "address"
        if username is not None and not is_username(username):
            return "username"
        return Account(f"auth0|{self.mint.random(12).hex()}", email, username=username, profile=_profile(wish.profile), created_at=now, updated_at=now)

    async def may_tell(self, email: str) -> bool:
        """Whether this address may be told of one more sign-up."""
        return await self.forgot.limiter.take(f"reset:{digest(email).hex()}", ADDRESS, self.mint.clock())

    async def welcome(self, new: Account, client: str, locale: str, ip: str) -> None:
        """The address is asked whether it is theirs."""
        await self.forgot.send("verify-email", new, client, locale, LIVES, ip)

    async def known(self, email: str, client: str, locale: str, ip: str, *, told: bool) -> None:
        """As much is done as for a new one; the owner of the address is told."""
        await self.forgot.tickets.issue("verify-email", Account("", ""), client, Ticket(""), 0)
        holder = await self.store.find(email)
        notices = (Message("email", holder.email, "signup_known", locale, {}),) if holder and told else ()
        await self.store.record((self.mint.fact("fs", holder.id if holder else None, client, ip=ip),), notices, self.mint.clock())
        self.forgot.post()


def _profile(said: Mapping[str, object]) -> bytes:
    return msgspec.json.encode({name: value for name, value in said.items() if name in (*PROFILE, "user_metadata")})
