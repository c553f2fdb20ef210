"""branding/phone/providers and emails/provider: the tenant's own providers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.tenant import Contract
from yett.flows.manage.contracts import EMAIL, Contracts
from yett.flows.manage.refused import Refused
from yett.flows.trial import Channel
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Fields, Flag, Id, Perhaps, chosen, iso, or_else, settled

Method = Literal["text", "voice"]
CHANNELS: Mapping[Method, Channel] = {"text": "sms", "voice": "voice"}
Name = Annotated[str, Meta(min_length=1, max_length=50)]
Told = Annotated[dict[str, str | int | bool | list[str] | None], Meta(max_length=30)]
Secrets = Annotated[dict[str, str | int | None], Meta(max_length=30)]
To = Annotated[str, Meta(min_length=1, max_length=254)]


class NewPhoneProvider(Body, kw_only=True):
    """A provider for telephones. Beside Auth0's `twilio` and `custom` (a webhook: `url`, `secret`) there are ours."""

    name: Name
    credentials: Secrets
    configuration: Told | UnsetType = UNSET
    disabled: bool = False


class ChangedPhoneProvider(Body):
    """What is given replaces what was there."""

    name: Name | UnsetType = UNSET
    credentials: Secrets | UnsetType = UNSET
    configuration: Told | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class PhoneProvider(Struct, kw_only=True):
    """A provider, without its credentials."""

    id: str
    name: str
    channel: str = "phone"
    disabled: bool
    configuration: dict[str, str | list[str]]
    created_at: str
    updated_at: str


class PhoneProviders(Struct):
    """All of them."""

    providers: list[PhoneProvider]


class Trying(Body):
    """Whom a trial message goes to, and how."""

    to: To
    delivery_method: Method = "text"


class Tried(Struct):
    """What came of it."""

    code: int
    message: str


class NewEmailProvider(Body, kw_only=True):
    """A provider for mail. What Auth0 tells among `credentials` is told there."""

    name: Name
    credentials: Secrets
    enabled: bool = True
    default_from_address: Annotated[str, Meta(max_length=254)] | UnsetType = UNSET
    settings: Told | UnsetType | None = UNSET


class ChangedEmailProvider(Body):
    """What is given replaces what was there."""

    name: Name | UnsetType = UNSET
    credentials: Secrets | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    default_from_address: Annotated[str, Meta(max_length=254)] | UnsetType = UNSET
    settings: Told | UnsetType | None = UNSET


class EmailProvider(Struct, omit_defaults=True):
    """The provider for mail, without what is secret of its credentials."""

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    default_from_address: str | UnsetType = UNSET
    credentials: dict[str, str | int] | UnsetType = UNSET
    settings: dict[str, str] | UnsetType = UNSET


class ProvidersApi:
    """Handlers of branding/phone/providers and emails/provider."""

    def __init__(self, contracts: Contracts) -> None:
        self.contracts = contracts

    def routes(self) -> Sequence[Route]:
        """All of them."""
        at = "/branding/phone/providers"
        return (
            Route("GET", at, self.phones),
            Route("POST", at, self.add_phone, 201),
            Route("GET", f"{at}/{{id}}", self.phone),
            Route("PATCH", f"{at}/{{id}}", self.change_phone),
            Route("DELETE", f"{at}/{{id}}", self.drop_phone, 204),
            Route("POST", f"{at}/{{id}}/try", self.try_phone, 202),
            Route("GET", "/emails/provider", self.email, may_lack=True),
            Route("POST", "/emails/provider", self.add_email, 201),
            Route("PATCH", "/emails/provider", self.change_email),
            Route("DELETE", "/emails/provider", self.drop_email, 204, may_lack=True),
        )

    async def phones(self, *, disabled: Perhaps = None) -> PhoneProviders:
        """All of them, in the order in which they are asked."""
        return PhoneProviders([view(one) for one in await self.contracts.phone() if disabled in {None, one.disabled}])

    async def add_phone(self, request: Asked, data: JSONBody[NewPhoneProvider]) -> PhoneProvider:
        """A new one: it is asked after those that there are."""
        told = or_else(data.configuration, {})
        one = Contract("", data.name, _channels(told), disabled=data.disabled)
        return view(settled(await self.contracts.open(request.auth, one, {**_plain(told), **_plain(data.credentials)})))

    async def phone(self, id: Id) -> PhoneProvider:
        """One of them."""
        return view(settled(await self._phone(id)))

    async def change_phone(self, request: Asked, id: Id, data: JSONBody[ChangedPhoneProvider]) -> PhoneProvider:
        """Change one. Credentials do not go along to another place."""
        settled(await self._phone(id))

        def edit(seen: Contract) -> Contract:
            channels = seen.channels if data.configuration is UNSET else _channels(data.configuration)
            return seen._replace(name=or_else(data.name, seen.name), channels=channels, disabled=or_else(data.disabled, seen.disabled))

        return view(settled(await self.contracts.change(request.auth, id, edit, _given(data.configuration), _given(data.credentials))))

    async def drop_phone(self, request: Asked, id: Id) -> None:
        """It carries nothing any longer."""
        settled(await self._phone(id))
        settled(await self.contracts.close(request.auth, id))

    async def try_phone(self, request: Asked, id: Id, data: JSONBody[Trying]) -> Tried:  # noqa: ARG002 - of the route
        """Send one message by it, and say what came of that."""
        settled(await self._phone(id))
        return Tried(202, settled(await self.contracts.attempt(id, CHANNELS[data.delivery_method], data.to)))

    async def email(self, *, fields: Fields = None, include_fields: Flag = True) -> EmailProvider:
        """The provider for mail."""
        return chosen([email_view(settled(await self.contracts.one(EMAIL)))], fields, include=include_fields)[0]

    async def add_email(self, request: Asked, data: JSONBody[NewEmailProvider]) -> EmailProvider:
        """The provider for mail, where there is none."""
        told = self._from(data.name, data.default_from_address, {**_plain(_or_empty(data.settings)), **_plain(data.credentials)})
        one = Contract(EMAIL, data.name, ("email",), disabled=not data.enabled)
        return email_view(settled(await self.contracts.open(request.auth, one, told)))

    async def change_email(self, request: Asked, data: JSONBody[ChangedEmailProvider]) -> EmailProvider:
        """Change it. Credentials do not go along to another place."""
        seen = settled(await self.contracts.one(EMAIL))
        name = or_else(data.name, seen.name)
        told = {**seen.settings} if name == seen.name else {}
        told |= {**_plain(_or_empty(data.settings)), **_plain(or_else(data.credentials, {}))}
        secret = self.contracts.makes.secrets("email", seen.name) if name == seen.name else frozenset[str]()
        given = {key: value for key, value in told.items() if key in secret}

        def edit(one: Contract) -> Contract:
            return one._replace(name=name, disabled=not or_else(data.enabled, not one.disabled))

        told = self._from(name, data.default_from_address, told)
        renewed = given or ({} if name == seen.name else told)
        return email_view(settled(await self.contracts.change(request.auth, EMAIL, edit, told, renewed or None)))

    async def drop_email(self, request: Asked) -> None:
        """Mail leaves by those that the server is configured with."""
        settled(await self.contracts.close(request.auth, EMAIL))

    async def _phone(self, id: str) -> Contract | Refused:
        return next((one for one in await self.contracts.phone() if one.id == id), None) or await self.contracts.one("")

    def _from(self, name: str, address: str | UnsetType, told: dict[str, str]) -> dict[str, str]:
        """With the sender, for those who want to be told one."""
        try:
            wanted = "default_from_address" in self.contracts.makes.settings("email", name)
        except ValueError:
            return told
        return {**told, "default_from_address": address} if wanted and isinstance(address, str) else told


def view(one: Contract) -> PhoneProvider:
    """A provider as Auth0 shows it."""
    methods = [method for method, channel in CHANNELS.items() if channel in one.channels]
    told: dict[str, str | list[str]] = {**one.settings, "delivery_methods": list(map(str, methods))}
    return PhoneProvider(id=one.id, name=one.name, disabled=one.disabled, configuration=told, created_at=iso(one.created_at), updated_at=iso(one.updated_at))


def email_view(one: Contract) -> EmailProvider:
    """A provider as Auth0 shows it."""
    told: dict[str, str | int] = {name: int(value) if name.endswith("_port") else value for name, value in one.settings.items()}
    sender = told.pop("default_from_address", UNSET)
    return EmailProvider(one.name, not one.disabled, str(sender) if sender is not UNSET else UNSET, told)


def _channels(told: Mapping[str, object]) -> tuple[str, ...]:
    said = told.get("delivery_methods")
    methods = said if isinstance(said, list) else ["text"]
    return tuple(channel for method, channel in CHANNELS.items() if method in methods) or ("sms",)


def _plain(told: Mapping[str, object]) -> dict[str, str]:
    spelled = {name: ("on" if value else "off") if isinstance(value, bool) else value for name, value in told.items() if name != "delivery_methods"}
    return {name: str(value) for name, value in spelled.items() if value is not None}


def _given(told: Mapping[str, object] | UnsetType) -> Mapping[str, str] | None:
    return None if isinstance(told, UnsetType) else _plain(told)


def _or_empty(told: Mapping[str, object] | UnsetType | None) -> Mapping[str, object]:
    return {} if told is None or isinstance(told, UnsetType) else told
