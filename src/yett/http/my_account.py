"""The My Account API on the wire, as Auth0 speaks it: /me/v1."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from yett.domain.enrolment import Enrolment
from yett.flows.my_account import MyAccount
from yett.flows.own import Own
from yett.flows.owner import Owner
from yett.http.asgi import Malformed, Request, Response, json_response
from yett.http.edge import Edge
from yett.http.my_account_bodies import CHANNEL, Problem, answer, begun, fields, refusal, target, told, unwelcome, usage, view
from yett.oauth.token import origin_allowed

Act = Callable[[Owner], Awaitable[Response]]

METHODS = "me/v1/authentication-methods"
AT = f"/{METHODS}/"
NO_STORE = ("cache-control", "no-store")


@dataclass(frozen=True, slots=True)
class MyAccountApi:
    """Handlers. Each knows whose token it is before it looks at anything else."""

    enter: MyAccount
    own: Own
    edge: Edge

    async def preflight(self, request: Request) -> Response:
        """CORS: which origins may read an answer is judged when there is one."""
        allowed = (
            ("access-control-allow-methods", "GET, POST, PATCH, DELETE"),
            ("access-control-allow-headers", "authorization, content-type, auth0-client, dpop"),
            ("access-control-max-age", "600"),
        )
        return Response(204, b"", headers=(("access-control-allow-origin", request.headers.get("origin", "*")), ("vary", "origin"), *allowed))

    async def factors(self, request: Request) -> Response:
        """What may be enrolled."""

        async def act(owner: Owner) -> Response:
            kinds = self.own.ownership.kinds(owner)
            return json_response({"factors": [{"type": one.words.method, "usage": usage(one)} for one in kinds]})

        return await self._as_owner(request, "read:me:factors", act)

    async def all(self, request: Request) -> Response:
        """What is enrolled, the oldest first; with `type`, of that type alone."""

        async def act(owner: Owner) -> Response:
            wanted = dict(request.query).get("type", "")
            held = (one for one in self.own.ownership.listed(owner) if wanted in {"", one.words.method})
            return json_response({"authentication_methods": [self._view(one.enrolment) for one in held]})

        return await self._as_owner(request, "read:me:authentication_methods", act)

    async def one(self, request: Request) -> Response:
        """One of them."""

        async def act(owner: Owner) -> Response:
            return json_response(self._view(self._mine(owner, request.path.removeprefix(AT))))

        return await self._as_owner(request, "read:me:authentication_methods", act)

    async def change(self, request: Request) -> Response:
        """Another name, or another preferred channel."""

        async def act(owner: Owner) -> Response:
            given = fields(request, "name", CHANNEL)
            done = await self.own.rename(owner, request.path.removeprefix(AT), given.get("name"), preferred=given.get(CHANNEL, ""))
            return json_response(self._view(told(done)))

        return await self._as_owner(request, "update:me:authentication_methods", act)

    async def remove(self, request: Request) -> Response:
        """Remove one."""

        async def act(owner: Owner) -> Response:
            told(await self.own.remove(owner, request.path.removeprefix(AT)))
            return Response(204, b"", "application/json")

        return await self._as_owner(request, "delete:me:authentication_methods", act)

    async def begin(self, request: Request) -> Response:
        """Begin an enrolment: 202, and where it is completed."""

        async def act(owner: Owner) -> Response:
            given = fields(request, "type", "phone_number", "email", CHANNEL)
            factor = next((one for one in self.own.ownership.kinds(owner) if one.words.method == given.get("type")), None)
            if factor is None:
                raise Problem(400, "invalid_request", "There is no such authentication method, or it is switched off.", "type")
            offer = told(await self.own.begin(owner, factor.kind, channel=given.get(CHANNEL, ""), target=target(factor, given)))
            place = f"{self.edge.issuer}{METHODS}/{quote(offer.id, safe='')}"
            return json_response(begun(offer, factor), 202, (("location", place),))

        return await self._as_owner(request, "create:me:authentication_methods", act)

    async def verify(self, request: Request) -> Response:
        """Complete an enrolment by its code; recovery codes by saying that they are saved."""

        async def act(owner: Owner) -> Response:
            id, slash, verb = request.path.removeprefix(AT).rpartition("/")
            if not slash or verb != "verify":
                raise Problem(404, "not_found", "There is no such endpoint.")
            given = fields(request, "auth_session")
            if "auth_session" not in given:
                raise Problem(400, "invalid_request", "auth_session is needed.", "auth_session")
            done = told(await self.own.confirm(owner, given["auth_session"], answer(request), id=id, codes=False))
            return json_response(self._view(done.enrolment), 201)

        return await self._as_owner(request, "create:me:authentication_methods", act)

    async def _as_owner(self, request: Request, scope: str, act: Act) -> Response:
        headers: tuple[tuple[str, str], ...] = (NO_STORE,)
        try:
            owner = await self.enter(request.headers.get("authorization", ""), scope, self.edge.browser(request))
            headers += await self._cors(request)
            if not isinstance(owner, Owner):
                raise unwelcome(owner.scope)
            response = await act(owner)
        except Problem as problem:
            return problem.response(headers)
        except Malformed as fault:
            return Problem(400, "invalid_request", str(fault)).response(headers)
        return response._replace(headers=(*response.headers, *headers))

    async def _cors(self, request: Request) -> tuple[tuple[str, str], ...]:
        """An origin may read the answer if an application has registered it: the token says whose the answer is."""
        origin = request.headers.get("origin")
        if origin is None:
            return ()
        clients = (await self.enter.current.latest()).clients.values()
        if not any(origin_allowed(origin, client) for client in clients):
            return (("vary", "origin"),)
        return (("access-control-allow-origin", origin), ("vary", "origin"), ("access-control-expose-headers", "Location, WWW-Authenticate"))

    def _mine(self, owner: Owner, id: str) -> Enrolment:
        held = self.own.ownership.mine(owner, id)
        if held is None:
            raise refusal("absent")
        return held.enrolment

    def _view(self, one: Enrolment) -> dict[str, object]:
        return view(self.own.ownership.gate.factors[one.kind], one)
