"""Accounts as an operator opens them, from the machine itself."""

import json
from dataclasses import dataclass

from yett.domain.account import CONNECTION, Account, canonical
from yett.domain.password import LONGEST, Blocklist, fault
from yett.flows.accounts import Births, is_address
from yett.flows.administrator import Refusal
from yett.flows.current import Current
from yett.flows.mint import Mint
from yett.ports import Accounts, Hasher

WEAK = {
    "too_short": "the password must have at least {shortest} characters",
    "too_long": "the password must have at most {longest} characters",
    "unreadable": "the password has a character that cannot be typed",
    "too_common": "the password is one of those that are tried first",
    "about_you": "the password is the address with something added",
}


@dataclass(frozen=True, slots=True)
class People:
    """Opens accounts that have a password."""

    store: Accounts
    current: Current
    hasher: Hasher
    births: Births
    mint: Mint
    common: Blocklist

    async def open(self, email: str, password: str, *, verified: bool = False, connection: str = CONNECTION) -> Account | Refusal:
        """A new account. The regime in force says how short a password may be."""
        if connection != CONNECTION:
            return Refusal(f"there is one connection here: {CONNECTION}")
        if not is_address(email):
            return Refusal(f"{email!r} is not an e-mail address")
        shortest = self.births.shortest(await self.current.latest())
        if why := fault(password, shortest, self.common, (email,)):
            return Refusal(WEAK[why].format(shortest=shortest, longest=LONGEST))
        now, name = self.mint.clock(), canonical(email)
        profile = json.dumps({"name": name, "nickname": name.partition("@")[0]}).encode()
        account = Account(f"auth0|{self.mint.random(12).hex()}", name, verified, profile=profile, created_at=now, updated_at=now)
        born = (self.births.password_of(account, await self.hasher.hash(password)), *self.births.implicit(account))
        fact = self.mint.fact("sapi", account.id, None, description="Create a User", connection=CONNECTION)
        if not await self.store.open_account(account, born, (fact,)):
            return Refusal(f"there is an account for {name} already")
        return account

    async def ensure(self, email: str, password: str) -> None:
        """A verified account that has this password: opened where it is missing."""
        known = await self.store.find(canonical(email))
        found = await self.store.account(known.id) if known else None
        if found is None:
            await self.open(email, password, verified=True)
            return
        account, has = found
        held = next((one for one in has if one.kind == self.births.password.kind), None)
        if held and await self.hasher.verify(held.state.secret, password):
            return
        born = self.births.password_of(account, await self.hasher.hash(password), has)
        fact = self.mint.fact("sapi", account.id, None, description="Set the password of the demo's user")
        moved = account._replace(security_version=account.security_version + 1)
        await self.store.change_account(account, moved, (born,), ends=True, now=self.mint.clock(), facts=(fact,))
