"""guardian/factors/{phone,sms}/...: message types, provider, templates."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from yett.flows.manage.telephone import Telephone
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Id, settled

MessageType = Literal["sms", "voice"]
Text = Annotated[str, Meta(min_length=1, max_length=1600)]
Word = Annotated[str, Meta(max_length=512)]


class MessageTypes(Body):
    """How a code may reach a telephone."""

    message_types: Annotated[list[MessageType], Meta(min_length=1, max_length=2, extra_json_schema={"uniqueItems": True})]


class Selected(Body):
    """`auth0`: those that the server is configured with."""

    provider: Literal["auth0", "twilio", "phone-message-hook"]


class TwilioTold(Body, rename={"from_": "from"}):
    """An account with Twilio. The token is told and never told back."""

    from_: Word | UnsetType | None = UNSET
    messaging_service_sid: Word | UnsetType | None = UNSET
    auth_token: Word | UnsetType | None = UNSET
    sid: Word | UnsetType | None = UNSET


class TwilioView(Body, rename={"from_": "from"}):
    """An account with Twilio, without its token."""

    from_: str | UnsetType = UNSET
    messaging_service_sid: str | UnsetType = UNSET
    sid: str | UnsetType = UNSET


class Texts(Body):
    """What a text message says: `{{ code }}`, `{{ tenant.friendly_name }}` and others are filled in."""

    enrollment_message: Text
    verification_message: Text


SETTINGS = {"from_": "default_from", "messaging_service_sid": "mssid", "sid": "sid"}


class TelephoneApi:
    """Handlers of guardian/factors/{name}/..., where name is phone or sms."""

    def __init__(self, telephone: Telephone) -> None:
        self.telephone = telephone

    def routes(self) -> Sequence[Route]:
        """All of them."""
        at = "/guardian/factors/{name}"
        return (
            Route("GET", f"{at}/message-types", self.types),
            Route("PUT", f"{at}/message-types", self.set_types),
            Route("GET", f"{at}/selected-provider", self.selected),
            Route("PUT", f"{at}/selected-provider", self.select),
            Route("GET", f"{at}/providers/twilio", self.twilio),
            Route("PUT", f"{at}/providers/twilio", self.set_twilio),
            Route("GET", f"{at}/templates", self.texts),
            Route("PUT", f"{at}/templates", self.set_texts),
        )

    async def types(self, name: Id) -> MessageTypes:
        """How a code may reach a telephone."""
        return MessageTypes(settled(await self.telephone.message_types(name)))  # type: ignore[arg-type]

    async def set_types(self, request: Asked, name: Id, data: JSONBody[MessageTypes]) -> MessageTypes:
        """Replace that."""
        return MessageTypes(settled(await self.telephone.set_message_types(request.auth, name, list(data.message_types))))  # type: ignore[arg-type]

    async def selected(self, name: Id) -> Selected:
        """Who carries messages."""
        return Selected(settled(await self.telephone.selected(name)))  # type: ignore[arg-type]

    async def select(self, request: Asked, name: Id, data: JSONBody[Selected]) -> Selected:
        """Choose who carries messages."""
        return Selected(settled(await self.telephone.select(request.auth, name, data.provider)))  # type: ignore[arg-type]

    async def twilio(self, name: Id) -> TwilioView:
        """The account with Twilio, without its token."""
        return _view(settled(await self.telephone.twilio(name)))

    async def set_twilio(self, request: Asked, name: Id, data: JSONBody[TwilioTold]) -> TwilioView:
        """Replace it."""
        told = {theirs: str(value) for ours, theirs in SETTINGS.items() if (value := getattr(data, ours)) and value is not UNSET}
        token = data.auth_token if isinstance(data.auth_token, str) else ""
        return _view(settled(await self.telephone.set_twilio(request.auth, name, told, token)))

    async def texts(self, name: Id) -> Texts:
        """What a text message says."""
        return Texts(**settled(await self.telephone.templates(name)))

    async def set_texts(self, request: Asked, name: Id, data: JSONBody[Texts]) -> Texts:
        """Replace what it says."""
        wanted = {"enrollment_message": data.enrollment_message, "verification_message": data.verification_message}
        return Texts(**settled(await self.telephone.set_templates(request.auth, name, wanted)))


def _view(told: Mapping[str, str]) -> TwilioView:
    return TwilioView(**{ours: told[theirs] for ours, theirs in SETTINGS.items() if theirs in told})
