"""roles, users/{id}/roles and users/{id}/permissions: who may do what at which API."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.account import Account
from yett.domain.role import Permission, Role
from yett.flows.manage.roles import Roles
from yett.http.management.apis import Identifier, ScopeName
from yett.http.management.routes import Route
from yett.http.management.wire import PER_PAGE, Asked, Body, Flag, From, Id, Page, Paged, PerPage, Take, Window, listed, or_else, settled

RoleName = Annotated[str, Meta(min_length=1, max_length=50, pattern="^[^<>\\x00-\\x1f\\x7f]+$")]
Description = Annotated[str, Meta(max_length=255, pattern="^[^\\x00-\\x1f\\x7f]*$")]
Name = Annotated[str, QueryParameter(max_length=100, description="A part of the name.")]
Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=300)]], Meta(min_length=1, max_length=1000)]


class ChangedRole(Body, kw_only=True):
    """Another name or description."""

    name: RoleName | UnsetType = UNSET
    description: Description | UnsetType = UNSET


class NewRole(Body, kw_only=True):
    """A new role."""

    name: RoleName
    description: Description = ""


class NamedPermission(Body):
    """A scope of an API."""

    resource_server_identifier: Identifier
    permission_name: ScopeName


class NamedPermissions(Body):
    """Scopes of APIs."""

    permissions: Annotated[list[NamedPermission], Meta(min_length=1, max_length=1000)]


class NamedRoles(Body):
    """Roles by their ids."""

    roles: Ids


class NamedUsers(Body):
    """Users by their ids."""

    users: Ids


class RoleView(Struct):
    """A role."""

    id: str
    name: str
    description: str


class RolePage(Paged):
    """Roles in their envelope."""

    roles: list[RoleView]


class PermissionSource(Struct):
    """By what a user has a permission."""

    source_type: str
    source_id: str = ""
    source_name: str = ""


class PermissionView(Struct, omit_defaults=True):
    """A permission; of a user with its `sources`."""

    resource_server_identifier: str
    permission_name: str
    resource_server_name: str
    description: str | UnsetType = UNSET
    sources: list[PermissionSource] | UnsetType = UNSET


class PermissionPage(Paged):
    """Permissions in their envelope."""

    permissions: list[PermissionView]


class RoleUser(Struct, omit_defaults=True):
    """Whoever has a role."""

    user_id: str
    email: str
    name: str
    picture: str | UnsetType = UNSET


class RoleUserPage(Paged):
    """Users in their envelope."""

    users: list[RoleUser]


class RolesApi:
    """Handlers of roles and permissions."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles

    def routes(self) -> Sequence[Route]:
        """All of them."""
        of_role, of_user = "/roles/{id}/permissions", "/users/{id}/permissions"
        return (
            Route("GET", "/roles", self.all),
            Route("POST", "/roles", self.create),
            Route("GET", "/roles/{id}", self.one),
            Route("PATCH", "/roles/{id}", self.change),
            Route("DELETE", "/roles/{id}", self.delete, 204),
            Route("GET", of_role, self.of_role),
            Route("POST", of_role, self.allow, 201),
            Route("DELETE", of_role, self.deny, 204),
            Route("GET", "/roles/{id}/users", self.members),
            Route("POST", "/roles/{id}/users", self.enlist, 200),
            Route("GET", "/users/{id}/roles", self.of_user),
            Route("POST", "/users/{id}/roles", self.assign, 204),
            Route("DELETE", "/users/{id}/roles", self.dismiss, 204),
            Route("GET", of_user, self.permissions),
            Route("POST", of_user, self.permit, 201),
            Route("DELETE", of_user, self.forbid, 204),
        )

    async def all(self, *, name_filter: Name = "", page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False) -> list[RoleView] | RolePage:
        """Roles, the oldest first."""
        window = Window(page, per_page, include_totals)
        found, total = await self.roles.page(name_filter, window.offset, per_page)
        return listed(RolePage, "roles", [view(one) for one in found], window, total)

    async def create(self, request: Asked, data: JSONBody[NewRole]) -> RoleView:
        """A new role, which nobody has and which permits nothing."""
        return view(settled(await self.roles.create(request.auth, data.name, data.description)))

    async def one(self, id: Id) -> RoleView:
        """One of them."""
        return view(settled(await self.roles.one(id)))

    async def change(self, request: Asked, id: Id, data: JSONBody[ChangedRole]) -> RoleView:
        """Another name or description."""
        return view(settled(await self.roles.change(request.auth, id, or_else(data.name, None), or_else(data.description, None))))

    async def delete(self, request: Asked, id: Id) -> None:
        """A role goes, and nobody has it any longer."""
        settled(await self.roles.delete(request.auth, id))

    async def of_role(self, id: Id, *, page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False) -> list[PermissionView] | PermissionPage:
        """What a role permits."""
        held = [(one, ()) for one in settled(await self.roles.of_role(id))]
        return await self._listed(held, Window(page, per_page, include_totals))

    async def allow(self, request: Asked, id: Id, data: JSONBody[NamedPermissions]) -> None:
        """Let a role permit these as well: from the next token on."""
        settled(await self.roles.allow(request.auth, id, _named(data)))

    async def deny(self, request: Asked, id: Id, data: JSONBody[NamedPermissions]) -> None:
        """Let a role permit these no longer."""
        settled(await self.roles.allow(request.auth, id, _named(data), away=True))

    async def members(
        self, id: Id, *, page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False, from_: From = None, take: Take = None
    ) -> list[RoleUser] | RoleUserPage:
        """Whoever has a role."""
        window = Window(page, per_page, include_totals, from_, take)
        if not window.by_checkpoint:
            found, total = settled(await self.roles.members(id, window.offset, per_page))
            return listed(RoleUserPage, "users", [_user(one) for one in found], window, total)
        size = take or PER_PAGE
        found, total = settled(await self.roles.members(id, 0, size + 1, from_ or ""))
        after = found[size - 1].id if len(found) > size else None
        return listed(RoleUserPage, "users", [_user(one) for one in found[:size]], window, total, after)

    async def enlist(self, request: Asked, id: Id, data: JSONBody[NamedUsers]) -> None:
        """Give a role to these users, or to none of them."""
        settled(await self.roles.enlist(request.auth, id, data.users))

    async def of_user(self, id: Id, *, page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False) -> list[RoleView] | RolePage:
        """The roles of a user."""
        found, window = [view(one) for one in settled(await self.roles.of_account(id))], Window(page, per_page, include_totals)
        return listed(RolePage, "roles", window.of(found, lambda one: one.id)[0], window, len(found))

    async def assign(self, request: Asked, id: Id, data: JSONBody[NamedRoles]) -> None:
        """Give these roles to a user, or none of them."""
        settled(await self.roles.assign(request.auth, id, data.roles))

    async def dismiss(self, request: Asked, id: Id, data: JSONBody[NamedRoles]) -> None:
        """Take these roles away from a user."""
        settled(await self.roles.assign(request.auth, id, data.roles, away=True))

    async def permissions(self, id: Id, *, page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False) -> list[PermissionView] | PermissionPage:
        """What a user may do, and by what."""
        return await self._listed(settled(await self.roles.permissions(id)), Window(page, per_page, include_totals), of_user=True)

    async def permit(self, request: Asked, id: Id, data: JSONBody[NamedPermissions]) -> None:
        """Give permissions to a user: from the next token on."""
        settled(await self.roles.permit(request.auth, id, _named(data)))

    async def forbid(self, request: Asked, id: Id, data: JSONBody[NamedPermissions]) -> None:
        """Take permissions away from a user; what the user's roles permit stays."""
        settled(await self.roles.permit(request.auth, id, _named(data), away=True))

    async def _listed(
        self, held: Sequence[tuple[Permission, Sequence[Role]]], window: Window, *, of_user: bool = False
    ) -> list[PermissionView] | PermissionPage:
        names = await self.roles.apis()
        part = held[window.offset : window.offset + window.per_page]
        views = [PermissionView(one.audience, one.name, names.get(one.audience, ""), sources=_sources(by) if of_user else UNSET) for one, by in part]
        return listed(PermissionPage, "permissions", views, window, len(held))


def view(role: Role) -> RoleView:
    """A role as Auth0 shows it."""
    return RoleView(role.id, role.name, role.description)


def _named(body: NamedPermissions) -> list[Permission]:
    return [Permission(one.resource_server_identifier, one.permission_name) for one in body.permissions]


def _sources(by: Sequence[Role]) -> list[PermissionSource]:
    return [PermissionSource("ROLE", one.id, one.name) for one in by] or [PermissionSource("DIRECT")]


def _user(account: Account) -> RoleUser:
    profile = msgspec.json.decode(account.profile, type=dict[str, object])
    picture = profile.get("picture")
    return RoleUser(account.id, account.email, str(profile.get("name", account.email)), picture if isinstance(picture, str) else UNSET)
