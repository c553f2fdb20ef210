"""clients and client-grants."""

from collections.abc import Sequence
from typing import Annotated, Literal

from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct, field

from yett.domain.client import ClientGrant
from yett.flows.manage.clients import ClientGrants, Clients
from yett.http.management.client_bodies import (
    ChangedClient,
    ClientPage,
    ClientView,
    NewClient,
    changed,
    drafted,
    registered,
    uses,
    view,
)
from yett.http.management.routes import Route
from yett.http.management.wire import (
    PER_PAGE,
    Asked,
    Body,
    Fields,
    Flag,
    From,
    Id,
    Page,
    Paged,
    PerPage,
    Take,
    Window,
    chosen,
    listed,
    settled,
)

Scope = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=280, pattern="^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$")]],
    Meta(max_length=1000),
]
Text = Annotated[str, Meta(min_length=1, max_length=600)]
Filter = Annotated[str | None, QueryParameter(max_length=600)]


class ClientsApi:
    """Handlers of clients. A secret is told when it is made and at rotation; we keep its digest alone."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/clients", self.all),
            Route("POST", "/clients", self.create, 201),
            Route("GET", "/clients/{id}", self.one),
            Route("PATCH", "/clients/{id}", self.change),
            Route("DELETE", "/clients/{id}", self.delete, 204),
            Route("POST", "/clients/{id}/rotate-secret", self.rotate),
        )

    async def all(
        self,
        *,
        page: Page = 0,
        per_page: PerPage = PER_PAGE,
        include_totals: Flag = False,
        from_: From = None,
        take: Take = None,
        fields: Fields = None,
        include_fields: Flag = True,
        is_global: FromQuery[bool | None] = None,
        is_first_party: FromQuery[bool | None] = None,
        app_type: Filter = None,
    ) -> list[ClientView] | ClientPage:
        """All of them, or those of some kind."""
        kinds = set(app_type.split(",")) if app_type else None
        wanted = [
            one
            for one in await self.clients.all()
            if is_global in {None, one.global_} and is_first_party in {None, one.first_party} and (kinds is None or one.app_type in kinds)
        ]
        window = Window(page, per_page, include_totals, from_, take)
        part, after = window.of(wanted, lambda one: one.id)
        views = chosen([view(one) for one in part], fields, include=include_fields)
        return listed(ClientPage, "clients", views, window, len(wanted), after)

    async def create(self, request: Asked, data: JSONBody[NewClient]) -> ClientView:
        """A new application; the answer bears its secret, which is never told again."""
        client, secret = settled(await self.clients.create(request.auth, drafted(data), registered(data)))
        return view(client, secret)

    async def one(self, *, id: Id, fields: Fields = None, include_fields: Flag = True) -> ClientView:
        """One of them, without its secret."""
        return chosen([view(settled(await self.clients.one(id)))], fields, include=include_fields)[0]

    async def change(self, request: Asked, id: Id, data: JSONBody[ChangedClient]) -> ClientView:
        """Change an application."""
        return view(settled(await self.clients.change(request.auth, id, lambda client: changed(client, data), uses(data))))

    async def delete(self, request: Asked, id: Id) -> None:
        """Delete an application."""
        settled(await self.clients.delete(request.auth, id))

    async def rotate(self, request: Asked, id: Id) -> ClientView:
        """A new secret; the old one is void at once."""
        client, secret = settled(await self.clients.rotate(request.auth, id))
        return view(client, secret)


class GrantView(Struct):
    """What an application may have for itself."""

    id: str
    client_id: str
    audience: str
    scope: list[str]
    subject_type: str = "client"


class GrantPage(Paged):
    """Grants in their envelope."""

    client_grants: list[GrantView]


class NewGrant(Body):
    """What an application shall have for itself."""

    client_id: Text
    audience: Text
    scope: Scope = field(default_factory=list)
    subject_type: Literal["client"] = "client"


class ChangedGrant(Body):
    """Other scopes."""

    scope: Scope


class GrantsApi:
    """Handlers of client-grants."""

    def __init__(self, grants: ClientGrants) -> None:
        self.grants = grants

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/client-grants", self.all),
            Route("POST", "/client-grants", self.create, 201),
            Route("GET", "/client-grants/{id}", self.one),
            Route("PATCH", "/client-grants/{id}", self.change),
            Route("DELETE", "/client-grants/{id}", self.delete, 204),
        )

    async def all(
        self,
        *,
        page: Page = 0,
        per_page: PerPage = PER_PAGE,
        include_totals: Flag = False,
        from_: From = None,
        take: Take = None,
        audience: Filter = None,
        client_id: Filter = None,
        subject_type: FromQuery[Literal["client"] | None] = None,  # noqa: ARG002 there is but one
    ) -> list[GrantView] | GrantPage:
        """All of them, or those of an application or API."""
        wanted = list(await self.grants.all(client_id, audience))
        window = Window(page, per_page, include_totals, from_, take)
        part, after = window.of(wanted, lambda one: one.id)
        return listed(GrantPage, "client_grants", [_grant(one) for one in part], window, len(wanted), after)

    async def create(self, request: Asked, data: JSONBody[NewGrant]) -> GrantView:
        """A new grant: one for each application and API."""
        scope = tuple(dict.fromkeys(data.scope))
        return _grant(settled(await self.grants.create(request.auth, data.client_id, data.audience, scope)))

    async def one(self, id: Id) -> GrantView:
        """One of them."""
        return _grant(settled(await self.grants.one(id)))

    async def change(self, request: Asked, id: Id, data: JSONBody[ChangedGrant]) -> GrantView:
        """Other scopes: tokens made before are good for no more than these."""
        return _grant(settled(await self.grants.change(request.auth, id, tuple(dict.fromkeys(data.scope)))))

    async def delete(self, request: Asked, id: Id) -> None:
        """Take it away; tokens that rest on it are void at once."""
        settled(await self.grants.delete(request.auth, id))


def _grant(grant: ClientGrant) -> GrantView:
    return GrantView(grant.id, grant.client, grant.audience, list(grant.scope))
