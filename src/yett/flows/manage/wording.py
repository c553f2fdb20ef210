"""The tenant's own words for messages: checked before they are kept, so that none fails for the first time in front of a user."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yett.domain.tenant import Catalogue, Template, Tenant
from yett.flows.accounts import is_address
from yett.flows.deliver import Asked
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.trial import Channel, Trial

# Raises ValueError that says what is wrong with a template, HTML or not.
Check = Callable[[str, bool], None]
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SENDERS = {"email": "an address, or a name (which may be a template) and an address in angle brackets", "phone": "a number, from + on"}
# What Auth0 says to begin with.
PHONE = {
    "otp_enroll": "{{code}} is your verification code for {{tenant.friendly_name}}. Please enter this code to verify your enrollment.",
    "otp_verify": "{{code}} is your verification code for {{tenant.friendly_name}}",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """By channel (email, phone) and Auth0's name."""

    configure: Configure
    check: Check
    trial: Trial

    async def all(self, channel: str) -> Sequence[Template]:
        """Those that there are."""
        return [one for one in (await self.configure.current.latest()).tenant.templates if one.channel == channel]

    async def one(self, channel: str, name: str) -> Template | Refused:
        """The tenant's words."""
        return found((await self.configure.current.latest()).tenant, channel, name) or absent("template")

    async def add(self, caller: Caller, new: Template) -> Template | Refused:
        """New ones, where there were none."""

        def edit(seen: Template | None) -> Template | Refused:
            return Refused("taken", "The template exists already.", "template_conflict") if seen else new

        return await self._edited(caller, new.channel, new.name, edit)

    async def put(self, caller: Caller, new: Template) -> Template | Refused:
        """These, whatever there was."""
        return await self._edited(caller, new.channel, new.name, lambda _: new)

    async def change(self, caller: Caller, channel: str, name: str, edit: Callable[[Template], Template]) -> Template | Refused:
        """Change what there is."""
        return await self._edited(caller, channel, name, lambda seen: edit(seen) if seen else absent("template"))

    async def drop(self, caller: Caller, channel: str, name: str) -> Refused | None:
        """Ours are used again."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            if found(catalogue.tenant, channel, name) is None:
                return absent("template")
            return Edit((_without(catalogue.tenant, channel, name),), (caller.fact(self.configure.mint, "sapi", template=name, removed=True),))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else None

    async def attempt(self, name: str, channel: Channel, to: str) -> Sequence[Asked] | Refused:
        """Send what it says, of a code that opens nothing."""
        seen = await self.one("phone", name)
        return seen if isinstance(seen, Refused) else await self.trial(channel, to, template=seen)

    async def _edited(self, caller: Caller, channel: str, name: str, edit: Callable[[Template | None], Template | Refused]) -> Template | Refused:
        def edited(catalogue: Catalogue) -> Edit | Refused:
            after = edit(found(catalogue.tenant, channel, name))
            fault = after if isinstance(after, Refused) else self._fault(after)
            if fault or isinstance(after, Refused):
                return fault or absent("template")
            tenant = _without(catalogue.tenant, channel, name)
            facts = (caller.fact(self.configure.mint, "sapi", template=name, enabled=after.enabled),)
            return Edit((tenant._replace(templates=(*tenant.templates, after)),), facts)

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else found(done.tenant, channel, name) or absent("template")

    def _fault(self, one: Template) -> Refused | None:
        mail = one.channel == "email"
        for what, text, html in (("subject", one.subject, False), ("body", one.body, mail), ("voice", one.voice, False), ("from", one.mailbox[0], False)):
            try:
                self.check(text, html)
            except ValueError as fault:
                return invalid(f"Invalid template: {what}: {str(fault).rstrip('.')}.", "invalid_template")
        return None if _comes_from_one(one) else invalid(f"Invalid template: from: {SENDERS[one.channel]}.", "invalid_template")


def found(tenant: Tenant, channel: str, name: str) -> Template | None:
    """The tenant's words, where it has some."""
    return next((one for one in tenant.templates if (one.channel, one.name) == (channel, name)), None)


def _comes_from_one(one: Template) -> bool:
    """A header of its message: one number, or one address, which is no words of a template."""
    if not one.sender:
        return True
    address = one.mailbox[1]
    return is_address(address) and "{" not in address if one.channel == "email" else NUMBER.fullmatch(one.sender) is not None


def _without(tenant: Tenant, channel: str, name: str) -> Tenant:
    return tenant._replace(templates=tuple(one for one in tenant.templates if (one.channel, one.name) != (channel, name)))
