"""What an account has enrolled, as the helpdesk sees and removes it.

A management token stands in for the owner's proof: by its scope, a notice to the account, and a fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.enrolment import Enrolment, Message
from yett.factors.base import Factor, Words
from yett.flows.accounts import IMPLICIT
from yett.flows.current import Current
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import ROUNDS
from yett.flows.manage.refused import Refused, absent
from yett.flows.mint import Mint
from yett.ports import Accounts, Post


class Held(NamedTuple):
    """An enrolment, and what its factor is called."""

    enrolment: Enrolment
    words: Words


@dataclass(frozen=True, slots=True)
class Enrolments:
    """A password is an enrolment too, but neither seen nor removed here."""

    store: Accounts
    current: Current
    mint: Mint
    factors: Mapping[str, Factor]
    post: Post

    async def of(self, account: str) -> tuple[Account, Sequence[Held]] | Refused:
        """The account and its enrolments, the oldest first."""
        found = await self.store.account(account)
        return absent("user") if found is None else (found[0], self.shown(found[1]))

    def shown(self, has: Sequence[Enrolment]) -> Sequence[Held]:
        """Those that Auth0 would list. One whose factor is built no longer is there to be removed."""
        held = [Held(one, self._words(one)) for one in has if one.status != "deleted"]
        return sorted((one for one in held if one.words.factor), key=lambda one: (one.enrolment.created_at, one.enrolment.id))

    async def one(self, account: str, id: str) -> tuple[Account, Held] | Refused:
        """One of them."""
        found = await self.of(account)
        if isinstance(found, Refused):
            return found
        held = next((one for one in found[1] if one.enrolment.id == id), None)
        return (found[0], held) if held else absent("authentication method")

    async def rename(self, caller: Caller, account: str, id: str, name: str) -> tuple[Account, Held] | Refused:
        """Give an enrolment another name."""
        for _ in range(ROUNDS):
            found = await self.one(account, id)
            if isinstance(found, Refused):
                return found
            seen, held = found
            renamed = held.enrolment._replace(name=name)
            facts = (caller.fact(self.mint, "sapi", account, method=id), )
            if await self.store.change_account(seen, seen, (renamed,), ends=False, now=self.mint.clock(), facts=facts):
                return seen, held._replace(enrolment=renamed)
        return Refused("busy", "The user is being changed by others; try again.", "too_many_requests")

    async def remove(self, caller: Caller, account: str, id: str) -> Refused | None:
        """Remove an enrolment, and those that are linked with it."""
        found = await self.of(account)
        if isinstance(found, Refused):
            return found
        chosen = next((one for one in found[1] if one.enrolment.id == id), None)
        if chosen is None:
            return absent("authentication method")
        if chosen.enrolment.link == IMPLICIT:
            message = "This method comes with the verified e-mail address and cannot be deleted."
            return Refused("invalid", message, "operation_not_supported")
        link = chosen.enrolment.link
        gone = [one for one in found[1] if one is chosen or (link and one.enrolment.link == link)]
        if not await self._remove(caller, found[0], gone):
            return absent("authentication method")
        return None

    async def remove_all(self, caller: Caller, account: str) -> Refused | None:
        """Remove all but what comes with the verified address."""
        found = await self.of(account)
        if isinstance(found, Refused):
            return found
        gone = [one for one in found[1] if one.enrolment.link != IMPLICIT]
        if gone:
            await self._remove(caller, found[0], gone)
        else:
            await self.store.record((caller.fact(self.mint, "sapi", account),))
        return None

    async def forget_browsers(self, caller: Caller, account: str) -> Refused | None:
        """No browser of the account is remembered any longer."""
        if await self.store.account(account) is None:
            return absent("user")
        await self.store.forget(account, (caller.fact(self.mint, "sapi", account),))
        return None

    async def _remove(self, caller: Caller, account: Account, gone: Sequence[Held]) -> int:
        facts = [caller.fact(self.mint, "sapi", account.id)]
        facts += [caller.fact(self.mint, "gd_unenroll", account.id, method=one.enrolment.id, factor=one.words.method) for one in gone]
        locale = (await self.current.latest()).tenant.locales[0]
        notices = [Message("email", account.email, "factor_removed", locale, {"factor": one.words.method}) for one in gone]
        ids = [one.enrolment.id for one in gone]
        count = await self.store.unenrol(account.id, ids, self.mint.clock(), facts, notices)
        self.post()
        return count

    def _words(self, one: Enrolment) -> Words:
        factor = self.factors.get(one.kind)
        return factor.words if factor else Words(factor=one.kind, method=one.kind)
