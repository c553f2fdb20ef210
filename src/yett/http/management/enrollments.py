"""guardian/enrollments: tickets, and an enrolment by its id alone."""

from collections.abc import Sequence
from typing import Annotated

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.flows.manage.invitations import Enrollments
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Id, iso, or_else, settled


class WantedTicket(Body, kw_only=True):
    """Whom a ticket is for. `allow_multiple_enrollments`: it may add one more factor to an account that has one."""

    user_id: Annotated[str, Meta(min_length=1, max_length=300)]
    email: Annotated[str, Meta(max_length=254)] | UnsetType = UNSET
    send_mail: bool | UnsetType = UNSET
    send_email: Annotated[bool, Meta(description="As Auth0's documentation spells `send_mail`.")] | UnsetType = UNSET
    email_locale: Annotated[str, Meta(max_length=35, pattern="^[A-Za-z0-9_-]*$")] | UnsetType = UNSET
    factor: Annotated[str, Meta(max_length=40, pattern="^[a-z-]*$")] | UnsetType = UNSET
    allow_multiple_enrollments: bool | UnsetType = UNSET


class Ticket(Struct):
    """A link that is good once, for five days."""

    ticket_id: str
    ticket_url: str


class GuardianEnrollment(Struct, omit_defaults=True):
    """An enrolment."""

    id: str
    status: str
    name: str | UnsetType = UNSET
    identifier: str | UnsetType = UNSET
    phone_number: str | UnsetType = UNSET
    enrolled_at: str | UnsetType = UNSET
    last_auth: str | UnsetType = UNSET


class EnrollmentsApi:
    """Handlers of guardian/enrollments."""

    def __init__(self, enrollments: Enrollments) -> None:
        self.enrollments = enrollments

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("POST", "/guardian/enrollments/ticket", self.invite, 200),
            Route("GET", "/guardian/enrollments/{id}", self.one),
            Route("DELETE", "/guardian/enrollments/{id}", self.remove, 204),
        )

    async def invite(self, request: Asked, data: JSONBody[WantedTicket]) -> Ticket:
        """A ticket with which the user enrols a factor; the user is told. Under a strict regime it proves nothing by itself."""
        done = await self.enrollments.invite(
            request.auth,
            data.user_id,
            or_else(data.factor, ""),
            more=data.allow_multiple_enrollments is True,
            mail=True in {data.send_mail, data.send_email},
            address=or_else(data.email, ""),
            locale=or_else(data.email_locale, ""),
        )
        return Ticket(*settled(done))

    async def one(self, id: Id) -> GuardianEnrollment:
        """An enrolment."""
        _, held = settled(await self.enrollments.one(id))
        one = held.enrolment
        return GuardianEnrollment(
            one.id,
            "pending" if one.status == "pending" else "confirmed",
            one.name or UNSET,
            phone_number=str(number) if (number := held.about.get("phone_number")) else UNSET,
            enrolled_at=iso(one.created_at),
            last_auth=UNSET if one.used_at is None else iso(one.used_at),
        )

    async def remove(self, request: Asked, id: Id) -> None:
        """Remove it. The user is told; what rests on it is revoked."""
        settled(await self.enrollments.remove(request.auth, id))
