"""The server's bounds, as a client meets them."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from yett.adapters.folder import Folder
from yett.adapters.tls import LocalAuthority
from yett.adapters.web import server as web
from yett.adapters.web.listen import Taken, bind
from yett.config import Address

HOME = Address("127.0.0.1", 0)
SERVERS: list[web.Server] = []


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with its path and the address it believes, when it has read the body."""
    while (await receive()).get("more_body"):
        pass
    body = f"{scope['path']} {scope['client'][0]} {scope['scheme']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def serving(context: ssl.SSLContext | None = None, app: web.Asgi = echo) -> AsyncIterator[int]:
    bound, up = bind((HOME,)), asyncio.Event()
    made = web.server(app, context, up.set)
    made.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    SERVERS.append(made)
    task = asyncio.create_task(made.serve(list(bound.sockets)))
    await up.wait()
    try:
        yield bound.port
    finally:
        SERVERS.remove(made)
        made.should_exit = made.force_exit = True
        await task


async def said(port: int, request: bytes, context: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost" if context else None)
    writer.write(request)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await reader.read()
    writer.close()
    return answer


async def test_forwarded_headers_are_not_believed_and_the_server_names_nothing() -> None:
    async with serving() as port:
        answer = await said(port, b"GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"/x 127.0.0.1 http")
    assert b"server:" not in answer.lower()
    assert b"uvicorn" not in answer.lower()


async def test_a_head_without_end_is_turned_away() -> None:
    async with serving() as port:
        answer = await said(port, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 1000) for n in range(60)))
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_one_endless_header_is_turned_away() -> None:
    async with serving() as port:
        answer = await said(port, b"GET / HTTP/1.1\r\nx: " + b"y" * (web.HEAD_LIMIT + 1))
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_a_long_body_is_no_long_head() -> None:
    async with serving() as port:
        head = b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n"
        answer = await said(port, head + b"z" * 200000)
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"])
async def test_who_does_not_finish_a_request_is_not_waited_for(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "REQUEST_TIMEOUT", -1.0)
    async with serving() as port:
        answer = await said(port, sent)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


async def test_a_connection_that_waits_for_its_next_request_is_not_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as port:
        (made,) = SERVERS
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b"/one 127.0.0.1 http"))
        with monkeypatch.context() as patience:
            patience.setattr(web, "REQUEST_TIMEOUT", -1.0)
            await made.on_tick(0)
        writer.write(b"GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"/two 127.0.0.1 http")
        writer.close()


async def test_a_websocket_is_not_spoken_here() -> None:
    async with serving() as port:
        answer = await said(port, b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\nSec-WebSocket-Key: eA==\r\n\r\n")
    assert b"101" not in answer.split(b"\r\n")[0]


async def test_https_is_served_under_the_local_authority_from_tls_1_2_on(tmp_path: Path) -> None:
    pair = LocalAuthority(Folder(tmp_path)).ensure("localhost", int(time.time()))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    async with serving(web.tls_context(*pair)) as port:
        answer = await said(port, b"GET /s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", trusting)
    assert answer.endswith(b"/s 127.0.0.1 https")
    assert web.tls_context(*pair).minimum_version == ssl.TLSVersion.TLSv1_2


def test_port_nought_is_one_port_on_every_address() -> None:
    bound = bind((HOME, Address("::1", 0, optional=True)))
    ports = {one.getsockname()[1] for one in bound.sockets}
    for one in bound.sockets:
        one.close()
    assert ports == {bound.port}


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(Taken, match=r"cannot listen on 127.0.0.1:\d+: Address already in use"):
        bind((Address("127.0.0.1", other.getsockname()[1]),))


def test_an_address_that_this_machine_lacks_is_done_without_where_that_was_said() -> None:
    bound = bind((HOME, Address("2001:db8::1", 0, optional=True)))
    for one in bound.sockets:
        one.close()
    assert len(bound.sockets) == 1
    assert "listening without it" in bound.notes[0]
    with pytest.raises(Taken):
        bind((HOME, Address("2001:db8::1", 0)))


async def answering(messages: list[dict[str, Any]], request: bytes) -> bytes:
    """What a client is told by an application that sends these messages."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    async with serving(app=app) as port:
        return await said(port, request)


def start(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4"), *headers]}


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


# The connection is closed by the second request, so that the first is answered as one that is kept.
TWICE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("messages", [[start(), part(b"four")], [start(), part(b"fo", more=True), part(b"ur")]], ids=["whole", "in parts"])
async def test_a_body_arrives_whole_however_it_was_sent(messages: list[dict[str, Any]]) -> None:
    answer = await answering(messages, TWICE)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert answer.count(b"\r\ncontent-length: 4\r\n") == 2
    assert answer.count(b"\r\n\r\nfour") == 2


@pytest.mark.parametrize("header", [(b"location", b"/x\r\nset-cookie: a=b"), (b"location", b"/x\0"), (b"x y", b"z")])
async def test_a_header_cannot_become_two(header: tuple[bytes, bytes]) -> None:
    answer = await answering([start(header), part(b"four")], TWICE)
    assert b"set-cookie" not in answer
    assert b"200 OK" not in answer


@pytest.mark.parametrize("body", [b"long body", b"sho"])
async def test_a_body_of_another_length_than_was_said_ends_the_connection(body: bytes) -> None:
    assert (await answering([start(), part(body)], TWICE)).count(b"HTTP/1.1 200 OK\r\n") == 1


async def test_a_head_is_sent_without_its_body_where_only_that_was_asked_for() -> None:
    answer = await answering([start(), part(b"four")], TWICE.replace(b"GET", b"HEAD"))
    assert answer.count(b"content-length: 4") == 2
    assert b"four" not in answer
