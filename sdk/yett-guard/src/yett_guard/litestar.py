"""Litestar: `guards=[guard.require(...)]`, and `plugins=[guard]` to answer refusals; the token is `request.state.token`."""

from collections.abc import Awaitable, Callable
from typing import Any, Unpack, cast

from litestar import Request, Response
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.plugins import InitPluginProtocol

from yett_guard import guard as core
from yett_guard.refusal import Refusal
from yett_guard.requirement import Need, Requirement

__all__ = ["Guard", "answered"]

Connection = ASGIConnection[Any, Any, Any, Any]
ByValue = Requirement | Callable[[Any], Requirement | Awaitable[Requirement]]


class Guard(core.Guard, InitPluginProtocol):
    """A guard that speaks Litestar, and is a plugin of it."""

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Answer refusals, wherever they are raised."""
        app_config.exception_handlers = {**app_config.exception_handlers, Refusal: answered}
        return app_config

    def require(self, need: ByValue | None = None, **said: Unpack[Need]) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
        """A guard for handlers, controllers, routers or the application."""
        wanted: ByValue = self.needed(need, said)

        async def enough(connection: Connection, _: BaseRouteHandler) -> None:
            kept = cast("core.Kept", connection.scope)
            connection.state.token = token = await self.averify(connection.headers.getall("authorization", []), kept)
            needed = wanted if isinstance(wanted, Requirement) else wanted(connection)
            await self.ademand(token, needed if isinstance(needed, Requirement) else await needed)

        return enough


def answered(_: Request[Any, Any, Any], refused: Refusal) -> Response[dict[str, Any]]:
    """An exception handler for refusals."""
    return Response(refused.body, status_code=refused.status, headers=refused.headers, media_type="application/json")
