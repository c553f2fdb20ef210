"""tickets, and jobs/verification-email: links that are good once."""

from collections.abc import Sequence
from typing import Annotated

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, field

from yett.flows.manage.letters import LONGEST, Letters, Wanted
from yett.http.management.jobs import CONNECTIONS, JobView
from yett.http.management.jobs import view as job_view
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Problem, or_else, settled

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Seconds = Annotated[int, Meta(ge=0, le=LONGEST, description="432000 where it is 0 or left out.")]
Url = Annotated[str, Meta(min_length=1, max_length=2000, description="https, at the host of a registered application.")]


class TicketIdentity(Body):
    """Which identity of the user: there is but one."""

    user_id: Text
    provider: Text
    connection_id: Text | UnsetType = UNSET


class VerifyTicket(Body, kw_only=True):
    """A link that confirms the address of a user."""

    user_id: Text
    result_url: Url | UnsetType = UNSET
    client_id: Text | UnsetType = UNSET
    ttl_sec: Seconds = 0
    include_email_in_redirect: bool = field(default=False, name="includeEmailInRedirect")
    identity: TicketIdentity | UnsetType = UNSET


class PasswordTicket(Body, kw_only=True):
    """A link with which a user chooses a new password: by `user_id`, or by `email` and `connection_id`."""

    user_id: Text | UnsetType = UNSET
    email: Text | UnsetType = UNSET
    connection_id: Text | UnsetType = UNSET
    result_url: Url | UnsetType = UNSET
    client_id: Text | UnsetType = UNSET
    ttl_sec: Seconds = 0
    mark_email_as_verified: bool = False
    include_email_in_redirect: bool = field(default=False, name="includeEmailInRedirect")
    identity: TicketIdentity | UnsetType = UNSET


class MailVerification(Body, kw_only=True):
    """Mail such a link to the user."""

    user_id: Text
    client_id: Text | UnsetType = UNSET
    identity: TicketIdentity | UnsetType = UNSET


class TicketView(Struct):
    """The link."""

    ticket: str


class TicketsApi:
    """Handlers of tickets."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("POST", "/tickets/email-verification", self.verify, 201),
            Route("POST", "/tickets/password-change", self.password, 201),
            Route("POST", "/jobs/verification-email", self.mail, 201),
        )

    async def verify(self, request: Asked, data: JSONBody[VerifyTicket]) -> TicketView:
        """A link that confirms the address of a user, once, as long as it is the user's address."""
        wanted = Wanted(
            data.user_id,
            client=or_else(data.client_id, ""),
            result_url=or_else(data.result_url, ""),
            ttl=data.ttl_sec,
            tells_address=data.include_email_in_redirect,
        )
        return TicketView(settled(await self.letters.ticket(request.auth, "verify-email", wanted)))

    async def password(self, request: Asked, data: JSONBody[PasswordTicket]) -> TicketView:
        """A link with which a user chooses a new password. Whoever has a second factor is asked for it as well."""
        by_email = data.email is not UNSET and or_else(data.connection_id, "") in CONNECTIONS
        if (data.user_id is UNSET) != by_email:
            raise Problem(400, "Invalid input based on schemas. Give user_id, or email and connection_id.", "invalid_body")
        wanted = Wanted(
            or_else(data.user_id, ""),
            or_else(data.email, ""),
            or_else(data.client_id, ""),
            or_else(data.result_url, ""),
            data.ttl_sec,
            data.include_email_in_redirect,
            data.mark_email_as_verified,
        )
        return TicketView(settled(await self.letters.ticket(request.auth, "reset", wanted)))

    async def mail(self, request: Asked, data: JSONBody[MailVerification]) -> JobView:
        """Mail the user a link that confirms the address."""
        return job_view(settled(await self.letters.mail(request.auth, Wanted(data.user_id, client=or_else(data.client_id, "")))))
