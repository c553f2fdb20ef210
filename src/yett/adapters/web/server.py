"""uvicorn with an end to its patience: heads, bodies and connections are bounded in size, time and number."""

import asyncio
import contextlib
import resource
import signal
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from pathlib import Path
from socket import socket
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

T = TypeVar("T")
Asgi = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

HEAD_LIMIT = 32 * 1024
# From the first byte of a request, or the opening of its connection, to its last byte (slow loris).
REQUEST_TIMEOUT = 20.0
KEEP_ALIVE = 30
GRACE = 10
CONNECTIONS = 4096


class Bounded(HttpToolsProtocol):
    """One connection. `waits_since` is when we began to wait for the rest of a request; None: it is complete."""

    waits_since: float | None = None
    _head = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.waits_since = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > HEAD_LIMIT:
            self.turn_away(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        self.waits_since = self.loop.time()
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.waits_since = None
        self._in_head = True
        super().on_message_complete()

    def turn_away(self, status: bytes) -> None:
        """Answer a request that was not fit to be read, where nothing was answered yet, and close."""
        if self.transport.is_closing():
            return
        if getattr(self.cycle, "response_complete", True):
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()


class Server(uvicorn.Server):
    """Says when it is up, and turns away who is too slow. Signals are ours: what was opened is closed in order."""

    def __init__(self, config: uvicorn.Config, up: Callable[[], None]) -> None:
        super().__init__(config)
        self._up = up

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The first SIGTERM or SIGINT lets requests finish, the second does not wait for them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self._up()

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._turn_away_the_slow()
        return await super().on_tick(counter)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    def _turn_away_the_slow(self) -> None:
        latest = asyncio.get_running_loop().time() - REQUEST_TIMEOUT
        for connection in list(self.server_state.connections):
            if isinstance(connection, Bounded) and connection.waits_since is not None and connection.waits_since < latest:
                connection.turn_away(b"408 Request Timeout")


def server(app: Asgi, context: ssl.SSLContext | None, up: Callable[[], None]) -> Server:
    """A server for these sockets; forwarded headers are none of its business, nor is an access log."""
    raise_open_files(CONNECTIONS + 256)
    config = uvicorn.Config(
        app,
        http=Bounded,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        ssl_context_factory=(lambda *_: context) if context else None,
    )
    return Server(config, up)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later, HTTP/1.1; the same context takes a renewed certificate by `load_cert_chain`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


def raise_open_files(wanted: int) -> None:
    """Ask for as many open files as the limits allow: a full table of files is a dead server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run one process's story on uvloop."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(story)
