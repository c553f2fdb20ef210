"""users and users-by-email."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType, field

from yett.domain.account import CONNECTION, Account
from yett.domain.session import Session
from yett.flows.manage.enrolments import Enrolments
from yett.flows.manage.refused import Refused
from yett.flows.manage.users import PROVIDER, Users, Wish
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
    Problem,
    Take,
    Window,
    chosen,
    iso,
    listed,
    or_else,
    settled,
)

EXACT = '(email|user_id|username):"?([^"*\\s]+)"?'
# Fields that live in the profile and mean nothing to the server.
OF_PROFILE = ("given_name", "family_name", "name", "nickname", "picture", "phone_number", "phone_verified")
METADATA = ("user_metadata", "app_metadata")

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Email = Annotated[str, Meta(max_length=254, pattern="^[^\\s@]{1,64}@[^\\s@]+$")]
Username = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[A-Za-z0-9_.+!#$^`~'-]+$")]
Password = Annotated[str, Meta(min_length=1, max_length=256)]
UserId = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[A-Za-z0-9._@+-]+$")]
Metadata = dict[str, Any]
Address = Annotated[str, QueryParameter(max_length=254)]
Search = Annotated[
    str,
    QueryParameter(
        max_length=500,
        pattern=f"^({EXACT}|[^:]*)$",
        description='email:"x", user_id:"x", username:"x", or part of an address or name.',
    ),
]


class ChangedUser(Body, kw_only=True):
    """Changes to a user. Metadata is merged one level deep; null takes a field away."""

    email: Email | UnsetType = UNSET
    email_verified: bool | UnsetType = UNSET
    username: Username | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    given_name: Text | UnsetType | None = UNSET
    family_name: Text | UnsetType | None = UNSET
    name: Text | UnsetType | None = UNSET
    nickname: Text | UnsetType | None = UNSET
    picture: Text | UnsetType | None = UNSET
    phone_number: Annotated[str, Meta(pattern="^\\+[0-9]{1,15}$")] | UnsetType | None = UNSET
    phone_verified: bool | UnsetType = UNSET
    user_metadata: Metadata | UnsetType = UNSET
    app_metadata: Metadata | UnsetType = UNSET
    connection: Literal["Username-Password-Authentication"] | UnsetType = UNSET
    client_id: Text | UnsetType = UNSET
    verify_email: bool | UnsetType = UNSET


class NewUser(ChangedUser, kw_only=True):
    """A new user."""

    email: Email
    user_id: UserId | UnsetType = UNSET


class Identity(Struct, rename={"is_social": "isSocial"}):
    """Where a user comes from: always our own accounts."""

    user_id: str
    provider: str = PROVIDER
    connection: str = CONNECTION
    is_social: bool = False


class UserView(Struct, omit_defaults=True):
    """A user."""

    user_id: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    email_verified: bool | UnsetType = UNSET
    username: str | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET
    identities: list[Identity] | UnsetType = UNSET
    multifactor: list[str] | UnsetType = UNSET
    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    nickname: str | UnsetType = UNSET
    picture: str | UnsetType = UNSET
    phone_number: str | UnsetType = UNSET
    phone_verified: bool | UnsetType = UNSET
    user_metadata: Metadata | UnsetType = UNSET
    app_metadata: Metadata | UnsetType = UNSET


class UserPage(Paged):
    """Users in their envelope."""

    users: list[UserView]


class SessionClient(Struct):
    """An application that a session is known to."""

    client_id: str


class SessionMethod(Struct):
    """How somebody proved who they are."""

    name: str
    timestamp: str


class Authentication(Struct):
    """How a session was authenticated."""

    methods: list[SessionMethod]


class SessionView(Struct, omit_defaults=True):
    """Where a user is signed in."""

    id: str
    user_id: str
    created_at: str
    authenticated_at: str
    idle_expires_at: str
    expires_at: str
    authentication: Authentication
    clients: list[SessionClient] = field(default_factory=list)


class SessionPage(Paged):
    """Sessions in their envelope."""

    sessions: list[SessionView]


class UsersApi:
    """Handlers of users."""

    def __init__(self, users: Users, enrolments: Enrolments) -> None:
        self.users = users
        self.enrolments = enrolments

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/users", self.all, takes=("search_engine",)),
            Route("POST", "/users", self.create, 201),
            Route("GET", "/users-by-email", self.by_email),
            Route("GET", "/users/{id}", self.one),
            Route("PATCH", "/users/{id}", self.change),
            Route("DELETE", "/users/{id}", self.delete, 204),
            Route("GET", "/users/{id}/sessions", self.sessions, takes=("include_totals",)),
            Route("DELETE", "/users/{id}/sessions", self.sign_out, 202),
        )

    async def all(
        self,
        *,
        q: Search = "",
        page: Page = 0,
        per_page: PerPage = PER_PAGE,
        include_totals: Flag = False,
        fields: Fields = None,
        include_fields: Flag = True,
        connection: FromQuery[Literal["Username-Password-Authentication"] | None] = None,  # noqa: ARG002 there is but one
    ) -> list[UserView] | UserPage:
        """Users by the date of their creation; an exact search finds one at most."""
        window = Window(page, per_page, include_totals)
        found, total = await self._search(q.strip(), window)
        views = chosen([view(one) for one in found], fields, include=include_fields)
        return listed(UserPage, "users", views, window, total)

    async def create(self, request: Asked, data: JSONBody[NewUser]) -> UserView:
        """A new user. The regime says how short a password may be."""
        return view(settled(await self.users.create(request.auth, _wish(data), or_else(data.user_id, ""))))

    async def by_email(self, *, email: Address, fields: Fields = None, include_fields: Flag = True) -> list[UserView]:
        """The user of an address, whatever its case: a list of one or none."""
        found = await self.users.by_email(email)
        return chosen([view(found)] if found else [], fields, include=include_fields)

    async def one(self, *, id: Id, fields: Fields = None, include_fields: Flag = True) -> UserView:
        """One of them, and whether there is a second factor."""
        account, has = settled(await self.users.one(id))
        active = [held for held in self.enrolments.shown(has) if held.enrolment.status == "active"]
        shown = view(account)
        shown.multifactor = ["guardian"] if active else []
        return chosen([shown], fields, include=include_fields)[0]

    async def change(self, request: Asked, id: Id, data: JSONBody[ChangedUser]) -> UserView:
        """Change a user. A new password, address or block ends all sessions and is told to the user."""
        return view(settled(await self.users.change(request.auth, id, _wish(data))))

    async def delete(self, request: Asked, id: Id) -> None:
        """Delete a user; the log stays."""
        settled(await self.users.delete(request.auth, id))

    async def sessions(self, *, id: Id, from_: From = None, take: Take = None) -> SessionPage:
        """Where the user is signed in."""
        sessions = sorted(settled(await self.users.sessions(id)), key=lambda one: one.sid)
        part, after = Window(after=from_ or "", take=take).of(sessions, lambda one: one.sid)
        return SessionPage(sessions=[_session(one) for one in part], next=after or UNSET)

    async def sign_out(self, request: Asked, id: Id) -> None:
        """End all sessions and revoke all grants."""
        settled(await self.users.sign_out(request.auth, id))

    async def _search(self, q: str, window: Window) -> tuple[Sequence[Account], int]:
        exact = re.fullmatch(EXACT, q)
        if exact is None:
            return await self.users.page(q, window.offset, window.per_page)
        found = await self._exactly(exact[1], exact[2])
        part, _ = window.of(found, lambda one: one.id)
        return part, len(found)

    async def _exactly(self, field: str, value: str) -> list[Account]:
        if field == "user_id":
            one = await self.users.one(value)
            return [] if isinstance(one, Refused) else [one[0]]
        found = await (self.users.by_email(value) if field == "email" else self.users.by_username(value))
        return [found] if found else []


def _wish(body: ChangedUser) -> Wish:
    if body.verify_email is True:
        raise Problem(400, "Verification e-mails are not sent from here: leave verify_email out.", "operation_not_supported")
    profile = {name: value for name in (*OF_PROFILE, *METADATA) if (value := getattr(body, name)) is not UNSET}
    return Wish(
        email=or_else(body.email, None),
        email_verified=or_else(body.email_verified, None),
        username=or_else(body.username, None),
        blocked=or_else(body.blocked, None),
        password=or_else(body.password, None),
        profile=profile,
    )


def view(account: Account) -> UserView:
    """The user as Auth0 shows it: `name` and `nickname` fall back on the address."""
    profile = msgspec.json.decode(account.profile, type=dict[str, Any])
    shown = {name: profile[name] for name in (*OF_PROFILE, *METADATA) if name in profile}
    shown.setdefault("name", account.email)
    shown.setdefault("nickname", account.email.partition("@")[0])
    return UserView(
        user_id=account.id,
        email=account.email,
        email_verified=account.email_verified,
        username=account.username or UNSET,
        blocked=account.blocked,
        created_at=iso(account.created_at),
        updated_at=iso(account.updated_at),
        identities=[Identity(account.id.partition("|")[2] or account.id)],
        **shown,
    )


def _session(session: Session) -> SessionView:
    methods = [SessionMethod(amr, iso(proof.completed_at)) for proof in session.proofs for amr in proof.shown.amr]
    return SessionView(
        id=session.sid,
        user_id=session.account,
        created_at=iso(session.created_at),
        authenticated_at=iso(max((proof.completed_at for proof in session.proofs), default=session.created_at)),
        idle_expires_at=iso(session.idle_at),
        expires_at=iso(session.ends_at),
        authentication=Authentication(methods),
    )
