"""The application: hot routes as plain handlers, the management API mounted beside them."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from yett.http.asgi import ASGI, Malformed, Receive, Request, Response, Scope, Send, json_response, read_body, respond, see_other
from yett.http.assets import assets
from yett.http.edge import Edge
from yett.http.health import Counts
from yett.ports import Busy

Handler = Callable[[Request], Awaitable[Response]]
Stopper = Callable[[Request, str, int, str], Awaitable[Response]]

LOG = logging.getLogger("yett.http")
MANAGEMENT = "/api/v2"
READS = frozenset({"GET", "HEAD"})
WRITES = frozenset({"POST", "PATCH"})


@dataclass(frozen=True, slots=True)
class Route:
    """One path: its handlers by method, and the gate that stands before any token or session that it may give.

    `gate` names the check that a test looks for: decide (policy.decide), client (client authentication alone),
    token (a token that we gave), none (nothing is given).
    """

    path: str
    handlers: Mapping[str, Handler]
    gate: str
    page: bool = False


class App:
    """One ASGI application. A bug is logged whole in one place and shown as nothing but an error."""

    def __init__(self, routes: tuple[Route, ...], management: ASGI, edge: Edge, stop: Stopper, counts: Counts) -> None:
        self.routes = routes
        self._exact = {route.path: route for route in routes if not route.path.endswith("/*")}
        self._prefixes = tuple((route.path[:-1], route) for route in routes if route.path.endswith("/*"))
        self._management = management
        self._edge = edge
        self._stop = stop
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("only http is spoken here")
        if scope["path"].startswith(MANAGEMENT):
            await self._management(scope, receive, send)
            return
        response = await self._respond(scope, receive)
        if scope["method"] == "HEAD":
            response = response._replace(body=b"")
        await respond(send, response, self._edge.always)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        request = Request(scope, trusted=self._edge.trusted)
        try:
            request.body = await read_body(receive) if scope["method"] in WRITES else b""
            return await self._route(request)
        except Malformed as fault:
            return json_response({"error": "invalid_request", "error_description": str(fault)}, fault.status)
        except Busy:
            return await self._failed(request, "temporarily_unavailable", 503, "")
        except Exception:
            correlation = secrets.token_hex(6)
            LOG.exception("a request ended in a bug: %s %s, shown as %s", request.method, request.path, correlation)
            return await self._failed(request, "server_error", 500, correlation)

    async def _failed(self, request: Request, error: str, status: int, correlation: str) -> Response:
        """A page for people, JSON for programs."""
        route = self._at(request.path)
        if route is None or route.page:
            return await self._stop(request, error, status, correlation)
        return json_response({"error": error, "error_description": correlation or "Try again in a moment."}, status)

    def _at(self, path: str) -> Route | None:
        return self._exact.get(path) or next((found for prefix, found in self._prefixes if path.startswith(prefix)), None)

    async def _route(self, request: Request) -> Response:
        route = self._at(request.path)
        if route is None:
            return await self._stop(request, "not_found", 404, "")
        if route.page and (elsewhere := self._edge.elsewhere(request)):
            return see_other(elsewhere)
        handler = route.handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allow = ", ".join(sorted({*route.handlers, "OPTIONS"} | (READS if "GET" in route.handlers else frozenset())))
            return Response(204 if request.method == "OPTIONS" else 405, b"", headers=(("allow", allow),))
        response = await handler(request)
        key = (request.method, route.path, response.status)
        self._counts[key] = self._counts.get(key, 0) + 1
        return response


async def asset(request: Request) -> Response:
    """A file whose name changes with its bytes, so it may be cached for good."""
    found = assets().get(quote(request.path))
    if found is None:
        return Response(404)
    headers = (("cache-control", "public, max-age=31536000, immutable"), ("etag", found.etag), ("vary", "accept-encoding"))
    if request.headers.get("if-none-match") == found.etag:
        return Response(304, b"", found.content_type, headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(200, found.gzip, found.content_type, (*headers, ("content-encoding", "gzip")))
    return Response(200, found.body, found.content_type, headers)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
