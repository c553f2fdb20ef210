"""grants: what people have let applications have."""

from collections.abc import Sequence
from typing import Annotated

from litestar.params import QueryParameter
from msgspec import Struct

from yett.domain.consent import Consent
from yett.flows.manage.consents import Consents
from yett.http.management.routes import Route
from yett.http.management.wire import PER_PAGE, Asked, Flag, Id, Page, Paged, PerPage, Window, listed, settled

Filter = Annotated[str | None, QueryParameter(max_length=600)]
User = Annotated[str, QueryParameter(name="user_id", min_length=1, max_length=600)]


class ConsentView(Struct, rename={"client_id": "clientID"}):
    """What somebody has let an application have of an API."""

    id: str
    client_id: str
    user_id: str
    audience: str
    scope: list[str]


class ConsentPage(Paged):
    """Grants in their envelope."""

    grants: list[ConsentView]


class ConsentsApi:
    """Handlers of grants: whoever is let less must ask again, and holds nothing until then."""

    def __init__(self, consents: Consents) -> None:
        self.consents = consents

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/grants", self.all),
            Route("DELETE", "/grants", self.delete_all, 204),
            Route("DELETE", "/grants/{id}", self.delete, 204),
        )

    async def all(
        self,
        *,
        page: Page = 0,
        per_page: PerPage = PER_PAGE,
        include_totals: Flag = False,
        user_id: Filter = None,
        client_id: Filter = None,
        audience: Filter = None,
    ) -> list[ConsentView] | ConsentPage:
        """All of them, or those of a user, an application or an API."""
        window = Window(page, per_page, include_totals)
        found, total = await self.consents.page(user_id or "", client_id or "", audience or "", window.offset, per_page)
        return listed(ConsentPage, "grants", [_view(one) for one in found], window, total)

    async def delete_all(self, request: Asked, user_id: User) -> None:
        """Take back all that a user has let applications have; their refresh tokens end."""
        await self.consents.withdraw_all(request.auth, user_id)

    async def delete(self, request: Asked, id: Id) -> None:
        """Take one back; whatever that application holds of the user ends."""
        settled(await self.consents.withdraw(request.auth, id))


def _view(one: Consent) -> ConsentView:
    return ConsentView(one.id, one.client, one.account, one.audience, list(one.scope))
