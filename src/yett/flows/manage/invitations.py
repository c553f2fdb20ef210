"""Enrolment tickets and single enrolments, as the helpdesk has them: guardian/enrollments in Auth0's words."""

from dataclasses import dataclass

from yett.domain.enrolment import Message
from yett.factors.base import Factor
from yett.flows.accounts import is_address
from yett.flows.invitations import Invitation, Invitations
from yett.flows.manage.access import Caller
from yett.flows.manage.enrolments import Enrolments, Held
from yett.flows.manage.refused import Refused, absent, invalid


@dataclass(frozen=True, slots=True)
class Enrollments:
    """A management token stands in for the owner's proof: by its scope, a notice to the account, and a fact."""

    enrolments: Enrolments
    invitations: Invitations

    async def invite(self, caller: Caller, account: str, factor: str, *, more: bool, mail: bool, address: str, locale: str) -> tuple[str, str] | Refused:
        """A ticket for an account, by mail where that is wanted; returns its name and its link."""
        found, own = await self.enrolments.store.account(account), self.enrolments
        if found is None:
            return Refused("absent", "User not found.", "inexistent_user")
        kind = self._kind(factor)
        if kind is None:
            return invalid(f"There is no factor {factor} that could be enrolled with a ticket.")
        if address and not is_address(address):
            return invalid("The email is not an address.")
        tenant = (await own.current.latest()).tenant
        locale = locale or tenant.locales[0]
        fact = caller.fact(own.mint, "sapi", account, description="An enrolment ticket was made", factor=factor, allow_multiple_enrollments=more)
        id, link = await self.invitations.issue(found[0], Invitation(kind, more, locale), caller.client, (fact,))
        told = [Message("email", address or found[0].email, "enrollment_ticket", locale, {"link": link})] if mail else []
        if found[0].email and found[0].email not in {one.to for one in told}:
            told.append(Message("email", found[0].email, "ticket_issued", locale, {}))
        await own.store.record((), told, own.mint.clock())
        own.post()
        return id, link

    async def one(self, id: str) -> tuple[str, Held] | Refused:
        """An enrolment by its id alone, and whose it is."""
        account = await self.enrolments.store.whose(id)
        if account is None:
            return absent("enrollment")
        found = await self.enrolments.one(account, id)
        return found if isinstance(found, Refused) else (account, found[1])

    async def remove(self, caller: Caller, id: str) -> Refused | None:
        """Remove it."""
        account = await self.enrolments.store.whose(id)
        return absent("enrollment") if account is None else await self.enrolments.remove(caller, account, id)

    def _kind(self, name: str) -> str | None:
        """The factor's own name, by any of Auth0's for it; "" for any."""
        if not name:
            return ""
        return next((one.kind for one in self.enrolments.factors.values() if self._fits(one, name)), None)

    def _fits(self, factor: Factor, name: str) -> bool:
        words = factor.words
        return bool(words.screen_enrol) and not words.companion and name in {words.factor, words.method, words.requirement}
