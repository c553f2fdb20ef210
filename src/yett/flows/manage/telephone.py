"""guardian/factors/phone/* (and sms/*, the same by its older name): which kinds of message, by whom, in which words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yett.domain.tenant import Contract, Template, Tenant
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Edit
from yett.flows.manage.contracts import GUARDIAN, Contracts
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.manage.wording import PHONE, Wording, found

NAMES = frozenset({"phone", "sms"})
# Where the tenant's settings of codes by telephone stand.
FACTOR = "sms"
OURS, TWILIO = "auth0", "twilio"
TEMPLATES = {"enrollment_message": "otp_enroll", "verification_message": "otp_verify"}


@dataclass(frozen=True, slots=True)
class Telephone:
    """One provider that is known by its kind; those of branding/phone stand beside it."""

    contracts: Contracts
    wording: Wording

    async def message_types(self, name: str) -> list[str] | Refused:
        """Text, call, or both."""
        if name not in NAMES:
            return absent("factor")
        said = _own(await self._tenant()).get("message_types")
        return [str(one) for one in said] if isinstance(said, list | tuple) and said else ["sms"]

    async def set_message_types(self, caller: Caller, name: str, types: list[str]) -> list[str] | Refused:
        """Replace them."""
        if name not in NAMES:
            return absent("factor")
        done = await self._set(caller, "message_types", list(dict.fromkeys(types)))
        return done if isinstance(done, Refused) else await self.message_types(name)

    async def selected(self, name: str) -> str | Refused:
        """`auth0`: those that the server is configured with; `twilio`: the one that is told here."""
        return str(_own(await self._tenant()).get("provider", OURS)) if name in NAMES else absent("factor")

    async def select(self, caller: Caller, name: str, provider: str) -> str | Refused:
        """Choose one. The one that is told here is asked for nothing while it is not chosen."""
        if name not in NAMES:
            return absent("factor")
        if provider not in {OURS, TWILIO}:
            return invalid("Messages are handed to a hook by a custom provider of branding/phone/providers.", "operation_not_supported")
        done = await self._set(caller, "provider", provider)
        if isinstance(done, Refused):
            return done
        seen = await self.contracts.one(GUARDIAN)
        if isinstance(seen, Contract):
            changed = await self.contracts.change(caller, GUARDIAN, lambda one: one._replace(disabled=provider != TWILIO))
            if isinstance(changed, Refused):
                return changed
        return provider

    async def twilio(self, name: str) -> Mapping[str, str] | Refused:
        """What it is told, but for the token."""
        if name not in NAMES:
            return absent("factor")
        seen = await self.contracts.one(GUARDIAN)
        return {} if isinstance(seen, Refused) else seen.settings

    async def set_twilio(self, caller: Caller, name: str, told: Mapping[str, str], token: str) -> Mapping[str, str] | Refused:
        """Replace it; told nothing, it is gone. The token that there is stays where none is given."""
        if name not in NAMES:
            return absent("factor")
        seen = await self.contracts.one(GUARDIAN)
        if not told and not token:
            gone = None if isinstance(seen, Refused) else await self.contracts.close(caller, GUARDIAN)
            return gone if isinstance(gone, Refused) else {}
        # A call needs a number to come from, which a messaging service is not.
        channels = ("sms", "voice") if told.get("default_from", "").startswith("+") else ("sms",)
        off = await self.selected(name) != TWILIO
        if isinstance(seen, Refused):
            made = Contract(GUARDIAN, TWILIO, channels, disabled=off)
            done = await self.contracts.open(caller, made, {**told, **({"auth_token": token} if token else {})})
        else:
            credentials = {"auth_token": token} if token else None
            done = await self.contracts.change(caller, GUARDIAN, lambda one: one._replace(channels=channels, disabled=off), told, credentials)
        return done if isinstance(done, Refused) else done.settings

    async def templates(self, name: str) -> Mapping[str, str] | Refused:
        """The two texts of a code: where it confirms a number, and where it logs somebody in."""
        if name not in NAMES:
            return absent("factor")
        tenant = await self._tenant()
        return {field: seen.body if (seen := found(tenant, "phone", kind)) else PHONE[kind] for field, kind in TEMPLATES.items()}

    async def set_templates(self, caller: Caller, name: str, texts: Mapping[str, str]) -> Mapping[str, str] | Refused:
        """Replace them."""
        if name not in NAMES:
            return absent("factor")
        for field, kind in TEMPLATES.items():
            done = await self.wording.put(caller, Template("phone", kind, body=texts[field]))
            if isinstance(done, Refused):
                return done
        return await self.templates(name)

    async def _tenant(self) -> Tenant:
        return (await self.contracts.configure.current.latest()).tenant

    async def _set(self, caller: Caller, field: str, value: object) -> Refused | None:
        def edit(tenant: Tenant) -> Tenant:
            return tenant._replace(factor_settings={**tenant.factor_settings, FACTOR: {**_own(tenant), field: value}})

        done = await _changed(self.contracts, caller, edit, field)
        return done if isinstance(done, Refused) else None


def _own(tenant: Tenant) -> Mapping[str, object]:
    return tenant.factor_settings.get(FACTOR, {})


async def _changed(contracts: Contracts, caller: Caller, edit: Callable[[Tenant], Tenant], field: str) -> object:
    configure = contracts.configure
    told = {"factor": FACTOR, "setting": field}
    facts = caller.fact(configure.mint, "gd_tenant_update", **told), caller.fact(configure.mint, "sapi", **told)
    return await configure.change(lambda catalogue: Edit((edit(catalogue.tenant),), facts))
