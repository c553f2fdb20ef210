"""Accounts, as the helpdesk makes, changes and deletes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.account import Account, canonical
from yett.domain.enrolment import Enrolment, Message
from yett.domain.fact import Fact
from yett.domain.password import Blocklist
from yett.domain.password import fault as unfit
from yett.domain.session import Session
from yett.flows.accounts import Births, is_address, is_username
from yett.flows.current import Current
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import ROUNDS
from yett.flows.manage.refused import BUSY, Refused, absent, invalid
from yett.flows.mint import Mint
from yett.ports import Accounts, Busy, Hasher, Post

PROVIDER = "auth0"
WEAK = {
    "too_short": "Password is too weak",
    "too_long": "Password is too long",
    "unreadable": "Password has a character that cannot be typed",
    "too_common": "Password is too common",
    "about_you": "Password contains user information",
}
# The two that a change merges, one level deep, rather than replaces.
MERGED = frozenset({"user_metadata", "app_metadata"})


class Wish(NamedTuple):
    """What an account shall be. None: as it is. `profile` holds what only people and applications read."""

    email: str | None = None
    email_verified: bool | None = None
    username: str | None = None
    blocked: bool | None = None
    password: str | None = None
    profile: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Users:
    """Each change tells the account, ends its sessions where it must, and is a fact."""

    store: Accounts
    current: Current
    mint: Mint
    hasher: Hasher
    births: Births
    common: Blocklist
    post: Post

    async def page(self, text: str, offset: int, limit: int) -> tuple[Sequence[Account], int]:
        """Accounts whose address or name contains `text`, and how many there are."""
        return await self.store.accounts(offset, limit, text)

    async def by_email(self, email: str) -> Account | None:
        """The account of this address, whatever its case."""
        found = await self.store.find(email)
        return found if found and canonical(found.email) == canonical(email) else None

    async def by_username(self, name: str) -> Account | None:
        """The account of this username, whatever its case."""
        found = await self.store.find(name)
        return found if found and found.username and canonical(found.username) == canonical(name) else None

    async def one(self, id: str) -> tuple[Account, Sequence[Enrolment]] | Refused:
        """The account of this id, and what it has enrolled."""
        return await self.store.account(id) or absent("user")

    async def create(self, caller: Caller, wish: Wish, id: str = "") -> Account | Refused:
        """A new account."""
        now = self.mint.clock()
        new = _changed(Account(id=f"{PROVIDER}|{id or self.mint.random(12).hex()}", email="", created_at=now), wish, now)
        fault = _faulty(new)
        if fault:
            return invalid(fault)
        hashed = await self._hashed(wish.password, new)
        if isinstance(hashed, Refused):
            return hashed
        born = (*self._password(new, hashed, ()), *self.births.implicit(new))
        if await self._holder(new) or not await self.store.open_account(new, born, (caller.fact(self.mint, "sapi", new.id),)):
            return Refused("taken", "The user already exists.", "user_exists")
        return new

    async def change(self, caller: Caller, id: str, wish: Wish) -> Account | Refused:
        """Change an account. A new password, address or block ends its sessions and revokes its grants."""
        for _ in range(ROUNDS):
            found = await self.store.account(id)
            if found is None:
                return absent("user")
            done = await self._try(caller, *found, wish)
            if done is not None:
                return done
        return BUSY

    async def delete(self, caller: Caller, id: str) -> Refused | None:
        """Delete an account and all that it has; the facts stay."""
        return None if await self.store.close_account(id, (caller.fact(self.mint, "sapi", id),)) else absent("user")

    async def sessions(self, id: str) -> Sequence[Session] | Refused:
        """Where the account is signed in."""
        found = await self.store.account(id)
        return absent("user") if found is None else await self.store.sessions(id, self.mint.clock())

    async def sign_out(self, caller: Caller, id: str) -> Refused | None:
        """End all sessions of an account and revoke its grants."""
        for _ in range(ROUNDS):
            found = await self.store.account(id)
            if found is None:
                return absent("user")
            seen, facts = found[0], (caller.fact(self.mint, "sapi", id),)
            if await self.store.change_account(seen, _moved(seen), (), ends=True, now=self.mint.clock(), facts=facts):
                return None
        return BUSY

    async def _try(self, caller: Caller, seen: Account, has: Sequence[Enrolment], wish: Wish) -> Account | Refused | None:
        """One round; None: the account was changed meanwhile."""
        now = self.mint.clock()
        new = _changed(seen, wish, now)
        fault = _faulty(new)
        if fault:
            return invalid(fault)
        holder = await self._holder(new)
        if holder and holder != seen.id:
            return Refused("taken", "The specified new email or username already exists.", "auth0_idp_error")
        hashed = await self._hashed(wish.password, new, has)
        if isinstance(hashed, Refused):
            return hashed
        put = (*self._password(new, hashed, has), *self.births.implicit(new, has))
        happened = _happened(seen, new, password=hashed is not None)
        if happened or put:
            new = _moved(new)
        locale = (await self.current.latest()).tenant.locales[0]
        notices = [Message("email", seen.email, template, locale, {}) for template in happened]
        done = await self.store.change_account(
            seen,
            new,
            put,
            ends=bool(happened),
            now=now,
            facts=self._facts(caller, new, wish, happened),
            notices=notices,
        )
        if done and notices:
            self.post()
        return new if done else None

    async def _holder(self, new: Account) -> str:
        """Whose address or name this is already; "" if nobody's."""
        for identifier in filter(None, (new.email, new.username)):
            found = await self.store.find(identifier)
            if found and found.id != new.id:
                return found.id
        return ""

    async def _hashed(self, password: str | None, account: Account, has: Sequence[Enrolment] = ()) -> bytes | Refused | None:
        if password is None:
            return None
        shortest = self.births.shortest(await self.current.latest(), has)
        why = unfit(password, shortest, self.common, (account.email, account.username or ""))
        if why:
            return Refused("invalid", WEAK[why], "invalid_password")
        try:
            return await self.hasher.hash(password)
        except Busy:
            return Refused("busy", "Too many passwords are being hashed; try again.", "too_many_requests")

    def _password(self, account: Account, hashed: bytes | None, has: Sequence[Enrolment]) -> tuple[Enrolment, ...]:
        return () if hashed is None else (self.births.password_of(account, hashed, has),)

    def _facts(self, caller: Caller, new: Account, wish: Wish, happened: Sequence[str]) -> Sequence[Fact]:
        changed = [name for name, value in wish._asdict().items() if value not in (None, {})]
        return (caller.fact(self.mint, "sapi", new.id, changed=" ".join(changed), told=" ".join(happened)),)


def _moved(account: Account) -> Account:
    """Sessions, devices and attempts see by this that they are out of date."""
    return account._replace(security_version=account.security_version + 1)


def _changed(seen: Account, wish: Wish, now: int) -> Account:
    """A new address or number is not verified unless that is said along with it."""
    email = seen.email if wish.email is None else canonical(wish.email)
    known = seen.email_verified and email == canonical(seen.email)
    before = msgspec.json.decode(seen.profile, type=dict[str, object])
    profile = merged(before, wish.profile)
    if profile.get("phone_number") != before.get("phone_number") and "phone_verified" not in wish.profile:
        profile.pop("phone_verified", None)
    return seen._replace(
        email=email,
        email_verified=known if wish.email_verified is None else wish.email_verified,
        username=seen.username if wish.username is None else wish.username,
        blocked=seen.blocked if wish.blocked is None else wish.blocked,
        profile=msgspec.json.encode(profile),
        updated_at=now,
    )


def _happened(seen: Account, new: Account, *, password: bool) -> list[str]:
    """What the account must be told, and what ends its sessions: names of templates."""
    happened = []
    if password:
        happened.append("password_changed")
    if canonical(new.email) != canonical(seen.email):
        happened.append("email_changed")
    if new.blocked and not seen.blocked:
        happened.append("account_blocked")
    return happened


def merged(profile: Mapping[str, object], wish: Mapping[str, object]) -> dict[str, object]:
    """The profile with these changes; None takes a field away, an empty metadata object all of it."""
    result = dict(profile)
    for name, value in wish.items():
        old = result.get(name)
        if name in MERGED and isinstance(value, Mapping) and value:
            both = {**(old if isinstance(old, Mapping) else {}), **value}
            result[name] = {key: item for key, item in both.items() if item is not None}
        else:
            result[name] = value
    return {name: value for name, value in result.items() if value is not None}


def _faulty(account: Account) -> str:
    if not is_address(account.email):
        return "email must be one e-mail address."
    if account.username is not None and not is_username(account.username):
        return "username must be 1 to 128 letters, digits or any of _.+!#$^`~'-."
    return ""
