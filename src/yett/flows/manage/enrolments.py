"""What an account has enrolled, as the helpdesk sees and removes it.

A management token stands in for the owner's proof: by its scope, a notice to the account, and a fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.enrolment import Enrolment, Message
from yett.factors.base import Ask, Factor, Keyed, Told, Words
from yett.flows.accounts import IMPLICIT, Births
from yett.flows.current import Current
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import ROUNDS
from yett.flows.manage.refused import BUSY, Refused, absent, invalid
from yett.flows.mint import Mint
from yett.flows.models import KEPT, opened
from yett.ports import Post, Store


class Held(NamedTuple):
    """An enrolment, what its factor is called, and what may be shown of it (by Auth0's names)."""

    enrolment: Enrolment
    words: Words
    about: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Enrolments:
    """A password is an enrolment too, but neither seen nor removed here."""

    store: Store
    current: Current
    mint: Mint
    factors: Mapping[str, Factor]
    births: Births
    post: Post
    origin: str = ""

    async def of(self, account: str) -> tuple[Account, Sequence[Held]] | Refused:
        """The account and its enrolments, the oldest first."""
        found = await self.store.account(account)
        return absent("user") if found is None else (found[0], self.shown(found[1]))

    def shown(self, has: Sequence[Enrolment]) -> Sequence[Held]:
        """Those that Auth0 would list. One whose factor is built no longer is there to be removed."""
        held = [Held(one, self._words(one), self.about(one)) for one in has if one.status != "deleted"]
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
            facts = (caller.fact(self.mint, "sapi", account, enrolment=id),)
            if await self.store.change_account(seen, seen, (renamed,), ends=False, now=self.mint.clock(), facts=facts):
                return seen, held._replace(enrolment=renamed)
        return BUSY

    async def remove(self, caller: Caller, account: str, id: str) -> Refused | None:
        """Remove an enrolment, and those that are linked with it."""
        found = await self.of(account)
        if isinstance(found, Refused):
            return found
        chosen = next((one for one in found[1] if one.enrolment.id == id), None)
        if chosen is None:
            return absent("authentication method")
        if chosen.enrolment.link == IMPLICIT:
            return invalid("This method comes with the verified address and cannot be deleted.", "operation_not_supported")
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

    async def new_codes(self, caller: Caller, account: str) -> Sequence[str] | Refused:
        """New recovery codes in the place of all that the account has."""
        tenant = (await self.current.latest()).tenant
        factor = next((one for one in self.factors.values() if one.words.companion), None)
        if factor is None or not tenant.factors.get(factor.words.factor, False):
            return invalid("Recovery codes are switched off.", "operation_not_supported")
        for _ in range(ROUNDS):
            found = await self.store.account(account)
            if found is None:
                return absent("user")
            seen, has = found
            offer = factor.offer(Ask(self.mint.random(64), self.mint.clock(), rules={"count": tenant.recovery_codes}), has)
            new = seen._replace(security_version=seen.security_version + 1)
            put = (self.births.companion(seen, factor, offer.remember, has),)
            told = caller.fact(self.mint, "sapi", account, factor=factor.words.method)
            notice = Message("email", seen.email, "recovery_regenerated", tenant.locales[0], {})
            if await self.store.change_account(seen, new, put, ends=False, now=self.mint.clock(), facts=(told,), notices=(notice,)):
                self.post()
                return offer.show["codes"].split("\n")
        return BUSY

    async def _remove(self, caller: Caller, account: Account, gone: Sequence[Held]) -> int:
        facts = [caller.fact(self.mint, "sapi", account.id)]
        facts += [caller.fact(self.mint, "gd_unenroll", account.id, enrolment=one.enrolment.id, factor=one.words.method) for one in gone]
        locale = (await self.current.latest()).tenant.locales[0]
        notices = [Message("email", account.email, "factor_removed", locale, {"factor": one.words.factor}) for one in gone]
        ids = [one.enrolment.id for one in gone]
        count = await self.store.unenrol(account.id, ids, self.mint.clock(), facts, notices)
        self.post()
        return count

    def about(self, one: Enrolment) -> Mapping[str, object]:
        """What may be shown of it."""
        factor = self.factors.get(one.kind)
        if isinstance(factor, Keyed):
            return factor.shows(one)
        return factor.described(one) if isinstance(factor, Told) else {}

    async def ask(self, factor: Factor, account: str) -> Ask:
        """All that a factor may want to know of a key that is brought along."""
        settings = (await self.current.latest()).tenant.factor_settings.get(factor.words.factor, {})
        rules = {**settings, "metadata": opened(await self.store.remembered(KEPT))}
        return Ask(self.mint.random(64), self.mint.clock(), rules=rules, origin=self.origin, account=account)

    def _words(self, one: Enrolment) -> Words:
        factor = self.factors.get(one.kind)
        return factor.words if factor else Words(factor=one.kind, method=one.kind)
