"""Factors that the helpdesk binds to an account without its owner's hands.

A management token stands in for the owner's proof: by its scope, a notice to the account, and a fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account, canonical
from yett.domain.enrolment import Enrolment, Message
from yett.domain.fact import Fact
from yett.factors.base import Factor, Keyed, Told
from yett.flows.accounts import IMPLICIT, is_address
from yett.flows.asking import RINGS
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import ROUNDS
from yett.flows.manage.enrolments import Enrolments, Held
from yett.flows.manage.refused import BUSY, Refused, absent, invalid
from yett.flows.numbers import e164


class Wanted(NamedTuple):
    """A factor to be bound: `method` is Auth0's type, `told` what was sent of it by Auth0's names, `preferred` a channel."""

    method: str
    told: Mapping[str, object]
    name: str = ""
    preferred: str = ""


@dataclass(frozen=True, slots=True)
class Bindings:
    """Binds and replaces; two at once are told apart by the account's security version, and the loser looks again."""

    enrolments: Enrolments

    async def bind(self, caller: Caller, account: str, wanted: Wanted) -> Held | Refused:
        """One factor more; it is active at once."""
        factor = self._factor(wanted.method)
        made = await self._brought(factor, account, wanted) if isinstance(factor, Keyed) else self.made(wanted)
        if isinstance(made, Refused):
            return made
        for _ in range(ROUNDS):
            found = await self.enrolments.store.account(account)
            if found is None:
                return absent("user")
            if self._twice(found[1], made) or (made[1].lookup and await self.enrolments.store.bearer(made[1].lookup)):
                return Refused("taken", "The user has this authentication method already.", "authentication_method_already_exists")
            new = self._new(account, *made)
            if await self._write(caller, found[0], (new,), ()):
                return new
        return BUSY

    async def replace(self, caller: Caller, account: str, wishes: Sequence[Wanted]) -> Sequence[Held] | Refused:
        """These factors in the place of all that there are, but for what comes with the verified address."""
        made = []
        for wish in wishes:
            one = self.made(wish)
            if isinstance(one, Refused):
                return one
            made.append(one)
        for _ in range(ROUNDS):
            found = await self.enrolments.store.account(account)
            if found is None:
                return absent("user")
            gone = [one for one in self.enrolments.shown(found[1]) if one.enrolment.link != IMPLICIT]
            kept = [one for one in found[1] if one.link == IMPLICIT]
            if any(self._twice(kept, one) or made.count(one) > 1 for one in made):
                return Refused("taken", "An authentication method is named twice.", "authentication_method_already_exists")
            new = [self._new(account, *one) for one in made]
            if await self._write(caller, found[0], new, gone):
                return new
        return BUSY

    async def prefer(self, caller: Caller, account: str, id: str, name: str | None, channel: str) -> tuple[Account, Held] | Refused:
        """Another preferred channel (and name) for a factor that has several."""
        for _ in range(ROUNDS):
            found = await self.enrolments.one(account, id)
            if isinstance(found, Refused):
                return found
            seen, held = found
            factor = self.enrolments.factors.get(held.enrolment.kind)
            if not isinstance(factor, Told) or channel not in factor.words.channels or len(factor.words.channels) == 1:
                return invalid("This authentication method has no preferred_authentication_method.")
            one = held.enrolment
            state = factor.bound(factor.described(one)[factor.told], channel)._replace(mark=one.state.mark)
            changed = one._replace(state=state, name=one.name if name is None else name)
            facts = (caller.fact(self.enrolments.mint, "sapi", account, enrolment=id),)
            if await self.enrolments.store.change_account(seen, seen, (changed,), ends=False, now=self.enrolments.mint.clock(), facts=facts):
                return seen, held._replace(enrolment=changed, about=factor.described(changed))
        return BUSY

    def made(self, wanted: Wanted) -> tuple[Factor, Enrolment] | Refused:
        """The factor, and an enrolment of it that belongs to nobody yet."""
        factor = self._factor(wanted.method)
        if not isinstance(factor, Told):
            return invalid(f"An authentication method of type {wanted.method[:40]} cannot be created here.", "operation_not_supported")
        value, others = str(wanted.told.get(factor.told, "")), sorted(set(wanted.told) - {factor.told})
        if not value or others:
            return invalid(f"An authentication method of type {wanted.method} needs {factor.told}" + (f", and has no {others[0]}." if others else "."))
        if wanted.preferred and (wanted.preferred not in factor.words.channels or len(factor.words.channels) == 1):
            return invalid(f"An authentication method of type {wanted.method} has no such preferred_authentication_method.")
        plain = _plain(value, factor.words.channels)
        if plain is None:
            return invalid(f"{factor.told} does not name where a code could be sent to.")
        try:
            state = factor.bound(plain, wanted.preferred)
        except ValueError as fault:
            return invalid(f"{factor.told}: {fault}.")
        return factor, Enrolment("", "", factor.kind, state, name=wanted.name)

    def told(self, method: str) -> str:
        """What a factor of this type is told by: the name of the field; "" where it is told by nothing."""
        factor = self._factor(method)
        return factor.told if isinstance(factor, Told) else ""

    async def _brought(self, factor: Keyed, account: str, wanted: Wanted) -> tuple[Factor, Enrolment] | Refused:
        """A key that was made elsewhere: whoever brings it along answers for it."""
        if wanted.preferred:
            return invalid(f"An authentication method of type {wanted.method} has no such preferred_authentication_method.")
        try:
            state, lookup = factor.brought(wanted.told, await self.enrolments.ask(factor, account))
        except ValueError as fault:
            return invalid(f"{fault}.")
        return factor, Enrolment("", "", factor.kind, state, lookup=lookup, name=wanted.name)

    def _factor(self, method: str) -> Factor | None:
        return next((one for one in self.enrolments.factors.values() if one.words.method == method and one.words.factor), None)

    def _new(self, account: str, factor: Factor, one: Enrolment) -> Held:
        mint = self.enrolments.mint
        id = f"{factor.words.id_prefix or factor.kind}|{mint.name('dev_', 12)}"
        new = one._replace(id=id, account=account, created_at=mint.clock())
        return Held(new, factor.words, self.enrolments.about(new))

    def _twice(self, has: Sequence[Enrolment], made: tuple[Factor, Enrolment]) -> bool:
        """Whether the account has one already that codes are sent to by this way."""
        factor, new = made
        if not isinstance(factor, Told):
            return False
        shown = factor.described(new).get(factor.told)
        held = (one for one in has if one.kind == factor.kind and one.status != "deleted")
        return shown is not None and any(factor.described(one).get(factor.told) == shown for one in held)

    async def _write(self, caller: Caller, seen: Account, new: Sequence[Held], gone: Sequence[Held]) -> bool:
        own = self.enrolments
        locale = (await own.current.latest()).tenant.locales[0]
        told = [("factor_removed", one) for one in gone] + [("factor_added", one) for one in new]
        notices = [Message("email", seen.email, template, locale, {"factor": one.words.factor}) for template, one in told]
        done = await own.store.change_account(
            seen,
            seen._replace(security_version=seen.security_version + 1),
            [one.enrolment for one in new],
            ends=False,
            now=own.mint.clock(),
            facts=self._facts(caller, seen.id, new, gone),
            notices=notices,
            drops=[one.enrolment.id for one in gone],
        )
        if done:
            own.post()
        return done

    def _facts(self, caller: Caller, account: str, new: Sequence[Held], gone: Sequence[Held]) -> list[Fact]:
        def fact(type: str, one: Held) -> Fact:
            return caller.fact(self.enrolments.mint, type, account, enrolment=one.enrolment.id, factor=one.words.method)

        called = caller.fact(self.enrolments.mint, "sapi", account)
        return [called, *(fact("gd_unenroll", one) for one in gone), *(fact(one.words.log_enrolled, one) for one in new)]


def _plain(value: str, channels: Sequence[str]) -> str | None:
    """A destination in the one form that is kept; whatever is not one is left to its factor. None: nobody is reached by it."""
    if RINGS.intersection(channels):
        return e164(value)
    if "email" in channels:
        return canonical(value) if is_address(value.strip()) else None
    return value
