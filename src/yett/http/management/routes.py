"""Routes as Litestar has them: each behind its line of the table."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import Empty

from yett.flows.manage.access import Access, Call
from yett.flows.manage.refused import Refused
from yett.http.management.table import ACCESS, BASE
from yett.http.management.wire import ALIAS, Error, Problem, settled

ERRORS = {
    400: "Invalid input.",
    401: "Invalid token, or none.",
    403: "Insufficient scope.",
    404: "There is no such thing.",
    409: "It exists already.",
    413: "The body is too large.",
    415: "The body is neither JSON nor a form.",
    429: "Too much at once; try again.",
}
PATHS = sorted({path for _, path in ACCESS})


class Route(NamedTuple):
    """A line of the table, and who answers it. `takes` are parameters that SDKs send and that change nothing.

    `form` is the schema of a multipart body, which the handler reads itself; `largest` how many bytes a body may have;
    `may_lack`: what it is about need not be there, though no path names it.
    """

    method: Any
    path: str
    answer: Callable[..., Awaitable[object]]
    status: int = 200
    takes: tuple[str, ...] = ()
    may_lack: bool = False
    form: dict[str, Any] | None = None
    largest: int | None = None


def handler(route: Route) -> HTTPRouteHandler:
    """The route as Litestar has it. Raises KeyError where the table does not list it."""
    scopes = ACCESS[route.method, route.path]
    names = inspect.signature(route.answer).parameters
    found = {400, 401, 403, 429} | ({404} if "{" in route.path or route.may_lack else set())
    if "data" in names or route.form:
        found |= {404, 409, 413, 415}
    made = HTTPRouteHandler(
        route.path.replace("}", ":str}"),
        http_method=route.method,
        status_code=route.status,
        operation_id=f"{route.method.lower()}_{route.path.strip('/').translate(str.maketrans('/-{}', '____'))}",
        tags=[route.path.split("/")[1]],
        security=[{"bearer": sorted(scopes)}] if scopes else [{}],
        responses={status: ResponseSpec(Error, description=ERRORS[status]) for status in sorted(found)} if scopes else None,
        request_max_body_size=route.largest or Empty,
        opt={"query": frozenset(ALIAS.get(name, name) for name in names) | frozenset(route.takes)},
    )
    return made(route.answer)


def options(path: str) -> HTTPRouteHandler:
    """What may be asked of a path: Litestar's own answer forgets what was registered later."""

    async def answer() -> Response[None]:
        return Response(None, headers={"allow": allowed(method for method, listed in ACCESS if listed == path)})

    made = HTTPRouteHandler(path.replace("}", ":str}"), http_method="OPTIONS", status_code=204, include_in_schema=False)
    return made(answer)


def allowed(methods: Iterable[str]) -> str:
    """The methods of a path, as the Allow header names them."""
    found = {*methods, "OPTIONS"}
    return ", ".join(sorted(found | {"HEAD"} if "GET" in found else found))


def guard(access: Access) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """The one door: closed unless the table opens it for this caller."""

    async def admitted(connection: ASGIConnection[Any, Any, Any, Any], route: BaseRouteHandler) -> None:
        scope: Any = connection.scope
        method = str(scope["method"])
        if method == "OPTIONS":
            return
        path = str(scope["path_template"]).removeprefix(BASE)
        need = ACCESS.get((method, path))
        if need is None:
            raise Problem(403, "This route is not open to anybody.", "insufficient_scope")
        if not need:
            return
        call = Call(method, scope["path"], _address(scope.get("client")), connection.headers.get("user-agent", ""))
        caller = settled(await access.identify(_bearer(connection.headers.get("authorization", "")), call))
        scope["auth"] = caller
        refusal = access.refusal(caller, need, connection.path_params.get("id"))
        if isinstance(refusal, Refused):
            settled(refusal)
        _known(connection.query_params, route.opt["query"])

    return admitted


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "Missing authentication", "invalid_token")
    return token.strip()


def _known(sent: Iterable[str], known: frozenset[str]) -> None:
    """A filter that is not known is refused: ignored, it would answer with more than was asked for."""
    unknown = sorted(set(sent) - known)
    if unknown:
        raise Problem(
            400,
            f"Query validation error: 'Additional properties not allowed: {unknown[0][:50]}'.",
            "invalid_query_string",
        )


def _address(client: tuple[str, int] | None) -> str:
    return client[0] if client else ""
