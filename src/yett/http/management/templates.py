"""branding/phone/templates and email-templates: the tenant's own words."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.tenant import Template
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.manage.wording import PHONE, Wording
from yett.http.management.providers import CHANNELS, Trying
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Id, Perhaps, given, or_else, settled
from yett.ports import Sent

Kind = Literal["otp_verify", "otp_enroll", "change_password", "blocked_account", "password_breach"]
EmailName = Literal[
    "verify_email",
    "verify_email_by_code",
    "reset_email",
    "reset_email_by_code",
    "welcome_email",
    "blocked_account",
    "stolen_credentials",
    "enrollment_email",
    "mfa_oob_code",
    "user_invitation",
    "async_approval",
    "change_password",
    "password_reset",
]
Text = Annotated[str, Meta(max_length=1600)]
Line = Annotated[str, Meta(max_length=512, pattern=r"^[^\r\n]*$")]
Page = Annotated[str, Meta(max_length=100_000)]
PREFIX = "tem_"
SPELLED = {"from_": "sender"}


class Words(Body):
    """What a text says, and what a call."""

    text: Text | UnsetType = UNSET
    voice: Text | UnsetType = UNSET


class Content(Body, rename={"from_": "from"}):
    """The words of a template; `from` is the number that its messages come from."""

    syntax: Literal["liquid"] | UnsetType = UNSET
    from_: Line | UnsetType = UNSET
    body: Words | UnsetType = UNSET


class NewPhoneTemplate(Body):
    """Words of the tenant's own."""

    type: Kind
    disabled: bool = False
    content: Content | UnsetType = UNSET


class ChangedPhoneTemplate(Body):
    """What is given replaces what was there."""

    content: Content | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class PhoneTemplate(Struct, kw_only=True):
    """A template of a telephone's message."""

    id: str
    channel: str = "phone"
    customizable: bool = True
    type: str
    disabled: bool
    content: dict[str, Any]


class PhoneTemplates(Struct):
    """All of them."""

    templates: list[PhoneTemplate]


class Told(Struct):
    """What came of it."""

    message: str


class EmailTemplateBody(Body, rename={"from_": "from", "result_url": "resultUrl", "url_lifetime": "urlLifetimeInSeconds", "include": "includeEmailInRedirect"}):
    """A mail in the tenant's own words: HTML, from which the text is made. `from` is its sender; links are kept and given back."""

    template: EmailName | UnsetType = UNSET
    body: Page | UnsetType | None = UNSET
    from_: Line | UnsetType | None = UNSET
    subject: Line | UnsetType | None = UNSET
    syntax: Literal["liquid"] | UnsetType | None = UNSET
    enabled: bool | UnsetType | None = UNSET
    result_url: Line | UnsetType | None = UNSET
    url_lifetime: Annotated[int, Meta(ge=0, le=31536000)] | UnsetType | None = UNSET
    include: bool | UnsetType | None = UNSET


KEPT = ("result_url", "url_lifetime", "include")


class TemplatesApi:
    """Handlers of branding/phone/templates and email-templates."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def routes(self) -> Sequence[Route]:
        """All of them."""
        at = "/branding/phone/templates"
        return (
            Route("GET", at, self.phones),
            Route("POST", at, self.add_phone, 201),
            Route("GET", f"{at}/{{id}}", self.phone),
            Route("PATCH", f"{at}/{{id}}", self.change_phone),
            Route("DELETE", f"{at}/{{id}}", self.drop_phone, 204),
            Route("PATCH", f"{at}/{{id}}/reset", self.reset_phone),
            Route("POST", f"{at}/{{id}}/try", self.try_phone, 202),
            Route("POST", "/email-templates", self.add_email),
            Route("GET", "/email-templates/{template_name}", self.email),
            Route("PUT", "/email-templates/{template_name}", self.set_email),
            Route("PATCH", "/email-templates/{template_name}", self.change_email),
        )

    async def phones(self, *, disabled: Perhaps = None) -> PhoneTemplates:
        """Those that there are."""
        return PhoneTemplates([view(one) for one in await self.wording.all("phone") if disabled in {None, not one.enabled}])

    async def add_phone(self, request: Asked, data: JSONBody[NewPhoneTemplate]) -> PhoneTemplate:
        """Words for a message that had none of the tenant's."""
        new = _with(Template("phone", data.type, body=PHONE.get(data.type, ""), enabled=not data.disabled), data.content)
        return view(settled(await self.wording.add(request.auth, new)))

    async def phone(self, id: Id) -> PhoneTemplate:
        """One of them."""
        return view(settled(await self.wording.one("phone", _kind(id))))

    async def change_phone(self, request: Asked, id: Id, data: JSONBody[ChangedPhoneTemplate]) -> PhoneTemplate:
        """Change one."""

        def edit(seen: Template) -> Template:
            return _with(seen._replace(enabled=not or_else(data.disabled, not seen.enabled)), data.content)

        return view(settled(await self.wording.change(request.auth, "phone", _kind(id), edit)))

    async def drop_phone(self, request: Asked, id: Id) -> None:
        """Ours are used again."""
        settled(await self.wording.drop(request.auth, "phone", _kind(id)))

    async def reset_phone(self, request: Asked, id: Id) -> PhoneTemplate:
        """What Auth0 says to begin with."""
        kind = _kind(id)
        return view(settled(await self.wording.change(request.auth, "phone", kind, lambda seen: Template("phone", kind, body=PHONE.get(kind, seen.body)))))

    async def try_phone(self, request: Asked, id: Id, data: JSONBody[Trying]) -> Told:  # noqa: ARG002 - of the route
        """Send what it says, of a code that opens nothing."""
        heard = settled(await self.wording.attempt(_kind(id), CHANNELS[data.delivery_method], data.to))
        taken = bool(heard) and isinstance(heard[-1].said, Sent)
        said = heard[-1].said if heard else "there is no provider"
        return Told(f"The message was taken by {heard[-1].provider}." if taken else settled(invalid(f"The message was not taken: {said}.", "provider_error")))

    async def add_email(self, request: Asked, data: JSONBody[EmailTemplateBody]) -> EmailTemplateBody:
        """Words for a mail that had none of the tenant's."""
        if isinstance(data.template, UnsetType):
            return settled(invalid("Invalid input based on schemas. `template` is missing."))
        return email_view(settled(await self.wording.add(request.auth, _written(Template("email", data.template), data))))

    async def email(self, template_name: Id) -> EmailTemplateBody:
        """A mail's words."""
        return email_view(settled(await self.wording.one("email", template_name)))

    async def set_email(self, request: Asked, template_name: Id, data: JSONBody[EmailTemplateBody]) -> EmailTemplateBody:
        """Replace them."""
        settled(_named(template_name, data))
        return email_view(settled(await self.wording.put(request.auth, _written(Template("email", template_name), data))))

    async def change_email(self, request: Asked, template_name: Id, data: JSONBody[EmailTemplateBody]) -> EmailTemplateBody:
        """Change them."""
        settled(_named(template_name, data))
        return email_view(settled(await self.wording.change(request.auth, "email", template_name, lambda seen: _written(seen, data))))


def view(one: Template) -> PhoneTemplate:
    """A template as Auth0 shows it."""
    words = {"text": one.body, **({"voice": one.voice} if one.voice else {})}
    sender = {"from": one.sender} if one.sender else {}
    return PhoneTemplate(id=PREFIX + one.name, type=one.name, disabled=not one.enabled, content={"syntax": "liquid", **sender, "body": words})


def email_view(one: Template) -> EmailTemplateBody:
    """A mail's words as Auth0 shows them."""
    kept: dict[str, Any] = {name: one.kept.get(name, UNSET) for name in KEPT}
    said = EmailTemplateBody(template=one.name, body=one.body, subject=one.subject, syntax="liquid", enabled=one.enabled, **kept)  # type: ignore[arg-type]
    said.from_ = one.sender or UNSET
    return said


def _with(seen: Template, content: Content | UnsetType) -> Template:
    if isinstance(content, UnsetType):
        return seen
    words = or_else(content.body, Words())
    return seen._replace(body=or_else(words.text, seen.body), voice=or_else(words.voice, seen.voice), sender=or_else(content.from_, seen.sender))


def _written(seen: Template, data: EmailTemplateBody) -> Template:
    told: Mapping[str, Any] = given(data, ("body", "subject", "enabled", "from_"))
    values = {SPELLED.get(name, name): ("" if value is None else value) for name, value in told.items() if name != "enabled"}
    enabled = told.get("enabled", seen.enabled)
    return seen._replace(**values, enabled=enabled is not False, kept={**seen.kept, **given(data, KEPT)})


def _named(name: str, data: EmailTemplateBody) -> Refused | None:
    """The name in the path is one of Auth0's, and the body names no other."""
    if name not in EmailName.__args__:  # type: ignore[attr-defined]
        return absent("email template")
    return None if data.template in {UNSET, name} else invalid("`template` is another one.")


def _kind(id: str) -> str:
    return id.removeprefix(PREFIX) if id.startswith(PREFIX) else ""
