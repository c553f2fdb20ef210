"""users/{id}/authentication-methods, authenticators and enrollments: one thing under Auth0's three names."""

from collections.abc import Sequence
from typing import Annotated, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from yett.flows.manage.bindings import Bindings, Wanted
from yett.flows.manage.enrolments import Enrolments, Held
from yett.flows.manage.guardian import AUTH0
from yett.http.management.routes import Route
from yett.http.management.wire import (
    PER_PAGE,
    Asked,
    Body,
    Flag,
    Id,
    Page,
    Paged,
    PerPage,
    Window,
    iso,
    listed,
    or_else,
    settled,
)


class MethodChannel(Struct):
    """One way in which codes of an enrolment travel."""

    type: str
    id: str


class MethodView(Struct, omit_defaults=True):
    """An enrolment."""

    id: str
    type: str
    confirmed: bool
    created_at: str
    name: str | UnsetType = UNSET
    enrolled_at: str | UnsetType = UNSET
    last_auth_at: str | UnsetType = UNSET
    link_id: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone_number: str | UnsetType = UNSET
    preferred_authentication_method: str | UnsetType = UNSET
    authentication_methods: list[MethodChannel] | UnsetType = UNSET
    key_id: str | UnsetType = UNSET
    public_key: str | UnsetType = UNSET
    credential_device_type: str | UnsetType = UNSET
    credential_backed_up: bool | UnsetType = UNSET
    identity_user_id: str | UnsetType = UNSET
    user_agent: str | UnsetType = UNSET
    user_handle: str | UnsetType = UNSET
    transports: list[str] | UnsetType = UNSET
    aaguid: str | UnsetType = UNSET
    relying_party_identifier: str | UnsetType = UNSET


class MethodPage(Paged):
    """Enrolments in their envelope."""

    authenticators: list[MethodView]


class EnrollmentView(Struct, omit_defaults=True):
    """An enrolment, in the older form that knows no implicit e-mail and no recovery code."""

    id: str
    status: str
    auth_method: str
    name: str | UnsetType = UNSET
    phone_number: str | UnsetType = UNSET
    enrolled_at: str | UnsetType = UNSET
    last_auth: str | UnsetType = UNSET


Name = Annotated[str, Meta(min_length=1, max_length=20, pattern="^[^\\x00-\\x1f\\x7f]+$")]
Channel = Literal["sms", "voice"]
# What tells all of a factor, and what is told of a key.
TOLD = ("totp_secret", "phone_number", "email")
OF_KEYS = (
    "key_id", "public_key", "aaguid", "relying_party_identifier", "credential_device_type", "credential_backed_up",
    "identity_user_id", "user_agent", "user_handle", "transports",
)  # fmt: skip


class WantedMethod(Body, kw_only=True):
    """A factor that is bound without its owner. What it needs depends on its type; none else may be named."""

    type: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[a-z-]+$")]
    name: Name | UnsetType = UNSET
    totp_secret: Annotated[str, Meta(min_length=1, max_length=300, description="The key in base32, of 128 bits at least.")] | UnsetType = UNSET
    phone_number: Annotated[str, Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    email: Annotated[str, Meta(min_length=1, max_length=254)] | UnsetType = UNSET
    preferred_authentication_method: Channel | UnsetType = UNSET


class NewMethod(WantedMethod, kw_only=True):
    """A new enrolment. A security key or passkey is brought along by its public part: it works where it was made under the name that is ours now."""

    key_id: Annotated[str, Meta(max_length=2000, description="The id of the credential, in base64url.")] | UnsetType = UNSET
    public_key: Annotated[str, Meta(max_length=4000, description="Its COSE key, in base64url.")] | UnsetType = UNSET
    aaguid: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    relying_party_identifier: Annotated[str, Meta(max_length=300)] | UnsetType = UNSET
    credential_device_type: Literal["single_device", "multi_device"] | UnsetType = UNSET
    credential_backed_up: bool | UnsetType = UNSET
    identity_user_id: Annotated[str, Meta(max_length=300)] | UnsetType = UNSET
    user_agent: Annotated[str, Meta(max_length=1000)] | UnsetType = UNSET
    user_handle: Annotated[str, Meta(max_length=100, description="What the authenticator calls the user, in base64url.")] | UnsetType = UNSET
    transports: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=20)] | UnsetType = UNSET


class ChangedMethod(Body, kw_only=True):
    """Another name, or another preferred channel."""

    name: Name | UnsetType = UNSET
    preferred_authentication_method: Channel | UnsetType = UNSET


Wishes = Annotated[list[WantedMethod], Meta(max_length=20)]


class RecoveryCodes(Struct):
    """New codes: Auth0's one, and (ours) all of them."""

    recovery_code: str
    recovery_codes: list[str]


class MethodsApi:
    """Handlers of what a user has enrolled."""

    def __init__(self, enrolments: Enrolments) -> None:
        self.enrolments = enrolments
        self.bindings = Bindings(enrolments)

    def routes(self) -> Sequence[Route]:
        """All of them."""
        methods, aliases = "/users/{id}/authentication-methods", "/users/{id}/authenticators"
        return (
            Route("GET", methods, self.all),
            Route("POST", methods, self.bind, 201),
            Route("PUT", methods, self.replace),
            Route("DELETE", methods, self.remove_all, 204),
            Route("GET", methods + "/{method_id}", self.one),
            Route("PATCH", methods + "/{method_id}", self.change),
            Route("DELETE", methods + "/{method_id}", self.remove, 204),
            Route("GET", aliases, self.all),
            Route("DELETE", aliases, self.remove_all, 204),
            Route("DELETE", aliases + "/{method_id}", self.remove, 204),
            Route("GET", "/users/{id}/enrollments", self.enrollments),
            Route("POST", "/users/{id}/recovery-code-regeneration", self.new_codes),
            Route("POST", "/users/{id}/multifactor/actions/invalidate-remember-browser", self.forget, 204),
        )

    async def all(self, *, id: Id, page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False) -> list[MethodView] | MethodPage:
        """What the user has enrolled, the oldest first."""
        _, held = settled(await self.enrolments.of(id))
        window = Window(page, per_page, include_totals)
        part, _ = window.of(list(held), lambda one: one.enrolment.id)
        return listed(MethodPage, "authenticators", [view(one) for one in part], window, len(held))

    async def one(self, id: Id, method_id: Id) -> MethodView:
        """One of them."""
        return view(settled(await self.enrolments.one(id, method_id))[1])

    async def bind(self, request: Asked, id: Id, data: JSONBody[NewMethod]) -> MethodView:
        """Bind one, active at once: `totp`, `phone` or `email`; or bring along a key (`webauthn-roaming`, `webauthn-platform`, `passkey`). The user is told."""
        return view(settled(await self.bindings.bind(request.auth, id, _wanted(data))))

    async def replace(self, request: Asked, id: Id, data: JSONBody[Wishes]) -> list[MethodView]:
        """These in the place of all but what comes with the verified address. The user is told; what rested on the old ones is revoked."""
        return [view(one) for one in settled(await self.bindings.replace(request.auth, id, [_wanted(one) for one in data]))]

    async def change(self, request: Asked, id: Id, method_id: Id, data: JSONBody[ChangedMethod]) -> MethodView:
        """Give one another name, or another preferred channel."""
        name, preferred = or_else(data.name, None), or_else(data.preferred_authentication_method, "")
        if preferred:
            return view(settled(await self.bindings.prefer(request.auth, id, method_id, name, preferred))[1])
        if name is None:
            return view(settled(await self.enrolments.one(id, method_id))[1])
        return view(settled(await self.enrolments.rename(request.auth, id, method_id, name))[1])

    async def remove(self, request: Asked, id: Id, method_id: Id) -> None:
        """Remove one. The user is told; what rests on it is revoked."""
        settled(await self.enrolments.remove(request.auth, id, method_id))

    async def remove_all(self, request: Asked, id: Id) -> None:
        """Remove all but what comes with the verified address."""
        settled(await self.enrolments.remove_all(request.auth, id))

    async def enrollments(self, id: Id) -> list[EnrollmentView]:
        """What the user has enrolled, in the older form."""
        _, held = settled(await self.enrolments.of(id))
        return [_enrollment(one) for one in held if AUTH0.get(one.words.factor) and one.enrolment.link != "implicit"]

    async def new_codes(self, request: Asked, id: Id) -> RecoveryCodes:
        """New recovery codes; those that the user had are void. The user is told."""
        codes = [code.replace("-", "") for code in settled(await self.enrolments.new_codes(request.auth, id))]
        return RecoveryCodes(codes[0], codes)

    async def forget(self, request: Asked, id: Id) -> None:
        """No browser of the user is remembered any longer."""
        settled(await self.enrolments.forget_browsers(request.auth, id))


def view(held: Held) -> MethodView:
    """The enrolment as Auth0 shows it."""
    one = held.enrolment
    confirmed = one.status != "pending"
    seen = MethodView(
        one.id,
        held.words.method,
        confirmed,
        iso(one.created_at),
        name=one.name or UNSET,
        enrolled_at=iso(one.created_at) if confirmed else UNSET,
        last_auth_at=UNSET if one.used_at is None else iso(one.used_at),
        link_id=one.link or UNSET,
        authentication_methods=_channels(held),
    )
    return replace(seen, **held.about)


def _channels(held: Held) -> list[MethodChannel] | UnsetType:
    channels = held.words.channels
    return [MethodChannel(one, held.enrolment.id) for one in channels] if len(channels) > 1 else UNSET


def _wanted(body: WantedMethod) -> Wanted:
    said = {name: value for name in (*TOLD, *OF_KEYS) if (value := getattr(body, name, UNSET)) is not UNSET}
    return Wanted(body.type, said, or_else(body.name, ""), or_else(body.preferred_authentication_method, ""))


def _enrollment(held: Held) -> EnrollmentView:
    one = held.enrolment
    return EnrollmentView(
        one.id,
        "pending" if one.status == "pending" else "confirmed",
        AUTH0[held.words.factor],
        name=one.name or UNSET,
        phone_number=str(number) if (number := held.about.get("phone_number")) else UNSET,
        enrolled_at=iso(one.created_at),
        last_auth=UNSET if one.used_at is None else iso(one.used_at),
    )
