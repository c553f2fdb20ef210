"""resource-servers. `requirement`, and that of a scope, are ours: what a token for them demands; so are schema and words of authorization_details."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from yett.domain.client import Api, Detail, Dialect
from yett.domain.requirement import Requirement
from yett.flows.manage.apis import Apis
from yett.http.management.client_bodies import Alg, kept
from yett.http.management.routes import Route
from yett.http.management.wire import (
    PER_PAGE,
    Asked,
    Body,
    Flag,
    From,
    Id,
    Page,
    Paged,
    PerPage,
    Take,
    Window,
    listed,
    or_else,
    settled,
)

# The identifier is an audience: printable, and no more.
Identifier = Annotated[str, Meta(min_length=1, max_length=600, pattern="^[\\x21-\\x7e]+$")]
ScopeName = Annotated[str, Meta(min_length=1, max_length=280, pattern="^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$")]
Seconds = Annotated[int, Meta(ge=0, le=2592000)]
DetailType = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$")]


class Demand(Body, kw_only=True):
    """Assurance that is demanded of whoever asks for a token.

    Any of `acr_values` suffices. `max_age`: no proof older, in seconds. `lifetime`: for so many seconds from auth_time a
    token may carry the scope. `one_use`: an approval for every token, given on a page; the token lives 120 s, carries no other
    scope of its API, is renewed by nothing, and says `one_use`, so that whoever accepts it has it consumed.
    """

    acr_values: Annotated[list[Annotated[str, Meta(min_length=1, max_length=300, pattern="^[\\x21-\\x7e]+$")]], Meta(max_length=20)] = msgspec.field(
        default_factory=list
    )
    max_age: Seconds | None = None
    lifetime: Annotated[int, Meta(ge=1, le=2592000)] | None = None
    one_use: bool = False


class ApiScope(Body, kw_only=True):
    """A scope of an API."""

    value: ScopeName
    description: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    requirement: Demand | UnsetType | None = UNSET


class DetailKind(Body, kw_only=True):
    """A type of authorization_details (RFC 9396): what may be asked for, and how it is told to the person who approves it.

    `schema` is JSON Schema (2020-12) of the members beside `type`; without one there are none. `words` by language (en, de): one
    line in which {{ amount }} or {{ creditor.name }} stand for members that the schema requires; without words the type is named.
    """

    type: DetailType
    schema: dict[str, Any] | UnsetType = UNSET
    words: dict[str, Annotated[str, Meta(max_length=200)]] | UnsetType = UNSET


class ApiKept(Body, kw_only=True):
    """What Auth0 knows of an API and nothing here acts upon yet: kept, and given back."""

    allow_online_access: Any = UNSET
    allow_online_access_with_ephemeral_sessions: Any = UNSET
    token_lifetime_for_anonymous_access_tokens: Any = UNSET
    access_token: Any = UNSET
    consent_policy: Any = UNSET
    require_consent_non_repudiation: Any = UNSET
    subject_type_authorization: Any = UNSET
    authorization_policy: Any = UNSET


class ChangedApi(ApiKept, kw_only=True):
    """Changes to an API."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^<>]+$")] | UnsetType = UNSET
    scopes: Annotated[list[ApiScope], Meta(max_length=1000)] | UnsetType = UNSET
    signing_alg: Alg | UnsetType = UNSET
    token_lifetime: Annotated[int, Meta(ge=1, le=2592000)] | UnsetType = UNSET
    token_lifetime_for_web: Annotated[int, Meta(ge=1, le=2592000)] | UnsetType = UNSET
    token_dialect: Dialect | UnsetType = UNSET
    enforce_policies: bool | UnsetType = UNSET
    allow_offline_access: bool | UnsetType = UNSET
    skip_consent_for_verifiable_first_party_clients: bool | UnsetType = UNSET
    requirement: Demand | UnsetType | None = UNSET
    authorization_details: Annotated[list[DetailKind], Meta(max_length=20)] | UnsetType | None = UNSET


class NewApi(ChangedApi, kw_only=True):
    """A new API."""

    identifier: Identifier


class ApiView(ApiKept, kw_only=True, forbid_unknown_fields=False):
    """An API."""

    id: str
    identifier: str
    name: str
    is_system: bool
    scopes: list[ApiScope]
    signing_alg: str
    token_lifetime: int
    token_lifetime_for_web: int
    token_dialect: str
    enforce_policies: bool
    allow_offline_access: bool
    skip_consent_for_verifiable_first_party_clients: bool
    requirement: Demand | UnsetType = UNSET
    authorization_details: list[DetailKind] | UnsetType = UNSET


class ApiPage(Paged):
    """APIs in their envelope."""

    resource_servers: list[ApiView]


class ApisApi:
    """Handlers of resource-servers."""

    def __init__(self, apis: Apis) -> None:
        self.apis = apis

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/resource-servers", self.all),
            Route("POST", "/resource-servers", self.create, 201),
            Route("GET", "/resource-servers/{id}", self.one),
            Route("PATCH", "/resource-servers/{id}", self.change),
            Route("DELETE", "/resource-servers/{id}", self.delete, 204),
        )

    async def all(
        self,
        *,
        page: Page = 0,
        per_page: PerPage = PER_PAGE,
        include_totals: Flag = False,
        from_: From = None,
        take: Take = None,
        identifiers: FromQuery[list[str] | None] = None,
    ) -> list[ApiView] | ApiPage:
        """All of them, or those of these identifiers."""
        wanted = [one for one in await self.apis.all() if not identifiers or one.identifier in identifiers]
        window = Window(page, per_page, include_totals, from_, take)
        part, after = window.of(wanted, lambda one: one.id)
        return listed(ApiPage, "resource_servers", [self._view(one) for one in part], window, len(wanted), after)

    async def create(self, request: Asked, data: JSONBody[NewApi]) -> ApiView:
        """A new API; its identifier is its audience for good."""
        draft = changed(Api("", data.identifier, data.identifier), data)
        return self._view(settled(await self.apis.create(request.auth, draft)))

    async def one(self, *, id: Id) -> ApiView:
        """One of them, by id or identifier."""
        return self._view(settled(await self.apis.one(id)))

    async def change(self, request: Asked, id: Id, data: JSONBody[ChangedApi]) -> ApiView:
        """Change an API."""
        return self._view(settled(await self.apis.change(request.auth, id, lambda api: changed(api, data))))

    async def delete(self, request: Asked, id: Id) -> None:
        """Delete an API and what was granted of it."""
        settled(await self.apis.delete(request.auth, id))

    def _view(self, api: Api) -> ApiView:
        extra = msgspec.json.decode(api.extra, type=dict[str, Any])
        return ApiView(
            id=api.id,
            identifier=api.identifier,
            name=api.name,
            is_system=self.apis.ours(api),
            scopes=[_scope(name, api) for name in api.scopes],
            signing_alg=api.signing_alg,
            token_lifetime=api.token_lifetime,
            token_lifetime_for_web=api.token_lifetime_for_web,
            token_dialect=api.token_dialect,
            enforce_policies=api.enforce_policies,
            allow_offline_access=api.allow_offline_access,
            skip_consent_for_verifiable_first_party_clients=api.skip_consent,
            requirement=_shown(api.requirement),
            authorization_details=[_kind(one) for one in api.details] or UNSET,
            **{name: value for name, value in extra.items() if name in ApiKept.__struct_fields__},
        )


def changed(api: Api, body: ChangedApi) -> Api:
    """The API with these changes. Scopes are replaced as a whole, with what they demand."""
    result = api._replace(
        name=or_else(body.name, api.name),
        signing_alg=or_else(body.signing_alg, api.signing_alg),
        token_lifetime=or_else(body.token_lifetime, api.token_lifetime),
        token_lifetime_for_web=or_else(body.token_lifetime_for_web, api.token_lifetime_for_web),
        token_dialect=or_else(body.token_dialect, api.token_dialect),
        enforce_policies=or_else(body.enforce_policies, api.enforce_policies),
        allow_offline_access=or_else(body.allow_offline_access, api.allow_offline_access),
        skip_consent=or_else(body.skip_consent_for_verifiable_first_party_clients, api.skip_consent),
        extra=kept(api.extra, body, ApiKept),
    )
    if body.requirement is not UNSET:
        result = result._replace(requirement=_demanded(body.requirement))
    if body.authorization_details is not UNSET:
        result = result._replace(details=tuple(_detail(one) for one in body.authorization_details or ()))
    return result if body.scopes is UNSET else _scoped(result, body.scopes)


def _scoped(api: Api, scopes: Sequence[ApiScope]) -> Api:
    """A demand that is not sent along with its scope stays; null takes it away."""
    old = {name: demand for name, demand in api.scope_requirements.items() if name in {one.value for one in scopes}}
    sent = {one.value: _demanded(one.requirement) for one in scopes if one.requirement is not UNSET}
    demands = {name: demand for name, demand in {**old, **sent}.items() if demand is not None}
    described = {one.value: one.description for one in scopes if one.description is not UNSET}
    names = tuple(dict.fromkeys(one.value for one in scopes))
    return api._replace(scopes=names, scope_requirements=demands, descriptions=described)


def _demanded(demand: Demand | None) -> Requirement | None:
    return None if demand is None else Requirement(tuple(demand.acr_values), demand.max_age, demand.lifetime, demand.one_use)


def _shown(demand: Requirement | None) -> Demand | UnsetType:
    if demand is None:
        return UNSET
    return Demand(acr_values=list(demand.acrs), max_age=demand.max_age, lifetime=demand.lifetime, one_use=demand.one_use)


def _scope(name: str, api: Api) -> ApiScope:
    return ApiScope(value=name, description=api.descriptions.get(name, UNSET), requirement=_shown(api.scope_requirements.get(name)))


def _detail(kind: DetailKind) -> Detail:
    bare = Detail(kind.type)
    schema = bare.schema if kind.schema is UNSET else msgspec.json.encode(kind.schema).decode()
    return Detail(kind.type, schema, or_else(kind.words, bare.words))


def _kind(detail: Detail) -> DetailKind:
    return DetailKind(type=detail.type, schema=msgspec.json.decode(detail.schema), words=dict(detail.words) or UNSET)
