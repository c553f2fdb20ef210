"""Roles, and what people may do at which API: by their roles, and by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from yett.domain.account import Account
from yett.domain.fact import Fact
from yett.domain.role import Permission, Role
from yett.flows.current import Current
from yett.flows.manage.access import Caller
from yett.flows.manage.refused import Refused, absent
from yett.flows.mint import Mint
from yett.ports import Store

TAKEN = Refused("taken", "A role with this name exists already.", "conflict_role")


@dataclass(frozen=True, slots=True)
class Roles:
    """What is given or taken here counts from the next token on; each change is a fact."""

    store: Store
    current: Current
    mint: Mint

    async def page(self, name: str, offset: int, limit: int) -> tuple[Sequence[Role], int]:
        """Roles whose name contains `name`."""
        return await self.store.roles(offset, limit, name)

    async def one(self, id: str) -> Role | Refused:
        """The role of this id."""
        return await self.store.role(id) or absent("role")

    async def create(self, caller: Caller, name: str, description: str) -> Role | Refused:
        """A new role, which nobody has and which permits nothing."""
        new = Role(self.mint.name("rol_", 12), name, description, self.mint.clock())
        return new if await self.store.open_role(new, (caller.fact(self.mint, "sapi", role=new.id),)) else TAKEN

    async def change(self, caller: Caller, id: str, name: str | None, description: str | None) -> Role | Refused:
        """Another name or description."""
        seen = await self.store.role(id)
        if seen is None:
            return absent("role")
        new = seen._replace(name=seen.name if name is None else name, description=seen.description if description is None else description)
        return new if await self.store.change_role(new, (caller.fact(self.mint, "sapi", role=id),)) else TAKEN

    async def delete(self, caller: Caller, id: str) -> Refused | None:
        """A role goes, and nobody has it any longer."""
        return None if await self.store.close_role(id, (caller.fact(self.mint, "sapi", role=id),)) else absent("role")

    async def of_role(self, id: str) -> Sequence[Permission] | Refused:
        """What a role permits."""
        return absent("role") if await self.store.role(id) is None else await self.store.permissions(role=id)

    async def allow(self, caller: Caller, id: str, these: Sequence[Permission], *, away: bool = False) -> Refused | None:
        """Let a role permit these, or no longer."""
        if await self.store.role(id) is None:
            return absent("role")
        if not away and (refused := await self._unknown(these)):
            return refused
        return _done(await self.store.allow(id, these, (self._fact(caller, None, these, away=away, role=id),), away=away))

    async def members(self, id: str, offset: int, limit: int, after: str = "") -> tuple[Sequence[Account], int] | Refused:
        """Whoever has a role."""
        return absent("role") if await self.store.role(id) is None else await self.store.members(id, offset, limit, after)

    async def enlist(self, caller: Caller, id: str, accounts: Sequence[str]) -> Refused | None:
        """Give a role to these accounts, or to none of them."""
        if await self.store.role(id) is None:
            return absent("role")
        facts = [caller.fact(self.mint, "sapi", one, role=id) for one in accounts]
        return None if await self.store.assign([(one, id) for one in accounts], facts) else absent("user")

    async def of_account(self, account: str) -> Sequence[Role] | Refused:
        """The roles of an account."""
        return absent("user") if await self.store.account(account) is None else await self.store.roles_of(account)

    async def assign(self, caller: Caller, account: str, roles: Sequence[str], *, away: bool = False) -> Refused | None:
        """Give these roles to an account, or none of them; or take them away."""
        if await self.store.account(account) is None:
            return absent("user")
        fact = caller.fact(self.mint, "sapi", account, roles=" ".join(roles), away=away)
        return None if await self.store.assign([(account, one) for one in roles], (fact,), away=away) else absent("role")

    async def permissions(self, account: str) -> Sequence[tuple[Permission, Sequence[Role]]] | Refused:
        """What an account may do, and by which roles (none: by itself)."""
        if await self.store.account(account) is None:
            return absent("user")
        held: dict[Permission, list[Role]] = {one: [] for one in await self.store.permissions(account=account)}
        for role in await self.store.roles_of(account):
            for one in await self.store.permissions(role=role.id):
                held.setdefault(one, []).append(role)
        return sorted(held.items())

    async def permit(self, caller: Caller, account: str, these: Sequence[Permission], *, away: bool = False) -> Refused | None:
        """Give permissions to an account by itself, or take them away; what its roles permit stays."""
        if await self.store.account(account) is None:
            return absent("user")
        if not away and (refused := await self._unknown(these)):
            return refused
        return _done(await self.store.permit(account, these, (self._fact(caller, account, these, away=away),), away=away))

    async def apis(self) -> dict[str, str]:
        """The name of each API, by its identifier."""
        return {one.identifier: one.name for one in (await self.current.latest()).apis.values()}

    async def _unknown(self, these: Sequence[Permission]) -> Refused | None:
        apis = (await self.current.latest()).apis
        missing = next((one for one in these if one.audience not in apis or one.name not in apis[one.audience].scopes), None)
        return absent("permission") if missing else None

    def _fact(self, caller: Caller, account: str | None, these: Sequence[Permission], *, away: bool, **about: object) -> Fact:
        said = " ".join(f"{one.audience}:{one.name}" for one in these)[:1000]
        return caller.fact(self.mint, "sapi", account, permissions=said, away=away, **about)


def _done(done: bool) -> Refused | None:  # noqa: FBT001 - the store's own answer
    """What was there a moment ago is not any longer."""
    return None if done else absent("permission")
