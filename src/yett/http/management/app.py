"""The management API as one ASGI application, built when it is first asked for."""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from yett.flows.manage.access import Caller
from yett.http.asgi import ASGI, Network, Receive, Request, Scope, Send

if TYPE_CHECKING:
    from yett.http.management.verbs import Manage

FAILED = 400
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def build(manage: "Callable[[], Manage]", version: str = "0", trusted: Sequence[Network] = ()) -> ASGI:
    """An application for all paths below /api/v2; `trusted` are the proxies that are believed.

    Litestar is imported, and `manage` called, at the first request, not at start.
    """
    return _Management(manage, version, trusted)


@dataclass
class _Management:
    """Hands requests to Litestar as they came, and tells the log of the mutations that failed."""

    manage: "Callable[[], Manage]"
    version: str
    trusted: Sequence[Network]

    def __post_init__(self) -> None:
        self._app: tuple[Manage, ASGI] | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        manage, app = self._app or await self._built()
        head = scope["method"] == "HEAD"
        address = Request(scope, trusted=self.trusted).ip
        path = scope.get("raw_path") or quote(scope["path"]).encode()
        # Litestar routes by the path as it came: an id may hold a slash, percent-encoded.
        asked = {
            **scope,
            "path": path.decode("latin-1"),
            "root_path": "",
            "method": "GET" if head else scope["method"],
            "client": (address, 0),
        }

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                await _tell(manage, asked, message["status"])
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            elif head:
                message = {**message, "body": b""}
            await send(message)

        await app(asked, receive, answer)

    async def _built(self) -> "tuple[Manage, ASGI]":
        async with self._building:
            if self._app is None:
                self._app = await asyncio.to_thread(self._build)
            return self._app

    def _build(self) -> "tuple[Manage, ASGI]":
        from yett.http.management.litestar import application

        manage = self.manage()
        return manage, cast("ASGI", application(manage, self.version))


async def _tell(manage: "Manage", asked: Scope, status: int) -> None:
    """A mutation that failed, of a caller whom we know: strangers write nothing into the log."""
    caller = asked.get("auth")
    if status < FAILED or asked["method"] not in WRITES or not isinstance(caller, Caller):
        return
    access = manage.access
    await manage.logs.store.record((caller.fact(access.mint, "fapi", status=status),))
