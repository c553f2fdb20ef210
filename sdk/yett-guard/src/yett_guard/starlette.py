"""Starlette: `@guard.require(...)` on an endpoint, or `Protected` as middleware before several; the token is `request.state.token`."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, Unpack

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from yett_guard import guard as core
from yett_guard.refusal import Refusal
from yett_guard.requirement import Need, Requirement

__all__ = ["Guard", "Protected", "answer", "answered"]

# A requirement, or what it is for this request: by the value of a transfer, say.
ByValue = Requirement | Callable[[Request], Requirement | Awaitable[Requirement]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
POLICY_VIOLATION = 1008


class Guard(core.Guard):
    """A guard that speaks Starlette."""

    def install(self, app: Starlette) -> None:
        """Answer refusals that are raised within endpoints and dependencies."""
        app.add_exception_handler(Refusal, answered)

    def require(self, need: ByValue | None = None, **said: Unpack[Need]) -> Callable[[Endpoint], Endpoint]:
        """Let an endpoint (a function or a method, async or not) be called only with a token that is enough."""
        wanted: ByValue = self.needed(need, said)

        def decorate(endpoint: Endpoint) -> Endpoint:
            @functools.wraps(endpoint)
            async def guarded(*args: Any, **kwargs: Any) -> Any:
                request = _request(args, kwargs)
                try:
                    request.state.token = token = await self.averify(authorization(request), request.scope)
                    await self.ademand(token, await by_value(wanted, request))
                except Refusal as refused:
                    return answer(refused)
                return await endpoint(*args, **kwargs)

            @functools.wraps(endpoint)
            def guarded_in_a_thread(*args: Any, **kwargs: Any) -> Any:
                request = _request(args, kwargs)
                try:
                    request.state.token = token = self.verify(authorization(request), request.scope)
                    needed = wanted if isinstance(wanted, Requirement) else wanted(request)
                    self.demand(token, needed)  # type: ignore[arg-type]  # asked for below
                except Refusal as refused:
                    return answer(refused)
                return endpoint(*args, **kwargs)

            if inspect.iscoroutinefunction(endpoint):
                return guarded  # type: ignore[return-value]
            if inspect.iscoroutinefunction(wanted):
                raise TypeError("an endpoint that is not async needs a requirement that is not async")
            return guarded_in_a_thread  # type: ignore[return-value]

        return decorate


class Protected:
    """Middleware: nothing behind it is reached without a token that is enough. It belongs behind CORSMiddleware."""

    def __init__(self, app: ASGIApp, guard: core.Guard, need: Requirement | None = None, **said: Unpack[Need]) -> None:
        self.app, self.guard, self.need = app, guard, guard.needed(need, said)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in {"http", "websocket"}:
            return await self.app(scope, receive, send)
        connection = HTTPConnection(scope)
        try:
            connection.state.token = await self.guard.acheck(authorization(connection), self.need, scope)
        except Refusal as refused:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refused.error or "unauthorized"})
            return await answer(refused)(scope, receive, send)
        return await self.app(scope, receive, send)


def answer(refused: Refusal) -> Response:
    """The refusal as a response."""
    return JSONResponse(refused.body, refused.status, refused.headers)


async def answered(_: Request, refused: Exception) -> Response:
    """An exception handler for refusals."""
    if not isinstance(refused, Refusal):
        raise refused
    return answer(refused)


def authorization(connection: HTTPConnection) -> list[str]:
    """Every Authorization header."""
    return connection.headers.getlist("authorization")


async def by_value(wanted: ByValue, request: Request) -> Requirement:
    """The requirement of this request."""
    if isinstance(wanted, Requirement):
        return wanted
    found = wanted(request)
    return found if isinstance(found, Requirement) else await found


def _request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    return next(one for one in (*args, *kwargs.values()) if isinstance(one, Request))
