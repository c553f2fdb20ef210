"""users/{id}/authentication-methods, authenticators and enrollments: one thing under Auth0's three names."""

from collections.abc import Sequence
from typing import Annotated

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.account import Account
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
    settled,
)


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


class MethodPage(Paged):
    """Enrolments in their envelope."""

    authenticators: list[MethodView]


class EnrollmentView(Struct, omit_defaults=True):
    """An enrolment, in the older form that knows no implicit e-mail and no recovery code."""

    id: str
    status: str
    auth_method: str
    name: str | UnsetType = UNSET
    enrolled_at: str | UnsetType = UNSET
    last_auth: str | UnsetType = UNSET


class Renamed(Body):
    """Another name."""

    name: Annotated[str, Meta(min_length=1, max_length=20, pattern="^[^\\x00-\\x1f\\x7f]+$")]


class RecoveryCodes(Struct):
    """New codes: Auth0's one, and (ours) all of them."""

    recovery_code: str
    recovery_codes: list[str]


class MethodsApi:
    """Handlers of what a user has enrolled."""

    def __init__(self, enrolments: Enrolments) -> None:
        self.enrolments = enrolments

    def routes(self) -> Sequence[Route]:
        """All of them."""
        methods, aliases = "/users/{id}/authentication-methods", "/users/{id}/authenticators"
        return (
            Route("GET", methods, self.all),
            Route("DELETE", methods, self.remove_all, 204),
            Route("GET", methods + "/{method_id}", self.one),
            Route("PATCH", methods + "/{method_id}", self.rename),
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
        account, held = settled(await self.enrolments.of(id))
        window = Window(page, per_page, include_totals)
        part, _ = window.of(list(held), lambda one: one.enrolment.id)
        return listed(MethodPage, "authenticators", [view(account, one) for one in part], window, len(held))

    async def one(self, id: Id, method_id: Id) -> MethodView:
        """One of them."""
        return view(*settled(await self.enrolments.one(id, method_id)))

    async def rename(self, request: Asked, id: Id, method_id: Id, data: JSONBody[Renamed]) -> MethodView:
        """Give one another name."""
        return view(*settled(await self.enrolments.rename(request.auth, id, method_id, data.name)))

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


def view(account: Account, held: Held) -> MethodView:
    """The enrolment as Auth0 shows it."""
    one = held.enrolment
    confirmed = one.status != "pending"
    return MethodView(
        one.id,
        held.words.method,
        confirmed,
        iso(one.created_at),
        name=one.name or UNSET,
        enrolled_at=iso(one.created_at) if confirmed else UNSET,
        last_auth_at=UNSET if one.used_at is None else iso(one.used_at),
        link_id=one.link or UNSET,
        email=account.email if held.words.factor == "email" else UNSET,
    )


def _enrollment(held: Held) -> EnrollmentView:
    one = held.enrolment
    return EnrollmentView(
        one.id,
        "pending" if one.status == "pending" else "confirmed",
        AUTH0[held.words.factor],
        name=one.name or UNSET,
        enrolled_at=iso(one.created_at),
        last_auth=UNSET if one.used_at is None else iso(one.used_at),
    )
