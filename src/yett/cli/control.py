"""The running server's own door for the command line: a Unix socket in DIR, one JSON object a line.

The folder and the socket are their owner's alone: whoever gets here could read the database as well.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

SOCKET = "control.sock"
LINE_LIMIT = 64 * 1024
# The longest path that a socket may have; a longer one is reached through the descriptor of its folder.
PATH_LIMIT = 100


class Told(NamedTuple):
    """One event of a verb: `progress`, then `done` or `refused`."""

    kind: str
    says: str
    data: Mapping[str, object] = {}


Verb = Callable[[Mapping[str, object]], AsyncIterator[Told]]


async def open_door(folder: Path, verb: Callable[[str], Verb | None]) -> asyncio.Server:
    """Serve the verbs; what an earlier server left behind is removed, for only one can hold the store."""
    with _near(folder) as path:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - ASYNC240 forbids pathlib here, though either takes microseconds
        before = os.umask(0o177)
        try:
            return await asyncio.start_unix_server(lambda reader, writer: _answer(reader, writer, verb), path, limit=LINE_LIMIT)
        finally:
            os.umask(before)


async def close_door(server: asyncio.Server, folder: Path) -> None:
    """No more verbs."""
    server.close()
    (folder / SOCKET).unlink(missing_ok=True)


def knock(folder: Path) -> socket.socket | None:
    """A connection to the server that serves this folder; None: there is none."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _near(folder) as path:
            made.connect(path)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        made.close()
        return None
    return made


def ask(connection: socket.socket, verb: str, args: Mapping[str, object]) -> Iterator[Told]:
    """Have a verb done by the server, and follow what it tells."""
    with connection, connection.makefile("rw", encoding="utf-8") as stream:
        stream.write(json.dumps({"verb": verb, "args": args}) + "\n")
        stream.flush()
        for line in stream:
            yield Told(**json.loads(line))


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: Callable[[str], Verb | None]) -> None:
    with contextlib.suppress(ConnectionError):
        try:
            asked = json.loads(await reader.readline())
            name, args = str(asked["verb"]), dict(asked["args"])
        except (ValueError, KeyError, TypeError):
            await _tell(writer, Told("refused", "this is not a verb"))
        else:
            async for told in _told(name, args, verb):
                await _tell(writer, told)
    writer.close()


async def _told(name: str, args: Mapping[str, object], verb: Callable[[str], Verb | None]) -> AsyncIterator[Told]:
    known = verb(name)
    if known is None:
        yield Told("refused", f"`yett {name}` is not done while the server runs: stop it first")
        return
    async for told in known(args):
        yield told


async def _tell(writer: asyncio.StreamWriter, told: Told) -> None:
    writer.write(json.dumps(told._asdict()).encode() + b"\n")
    await writer.drain()


@contextlib.contextmanager
def _near(folder: Path) -> Iterator[str]:
    """The socket's path, short enough to be one."""
    path = str(folder / SOCKET)
    if len(os.fsencode(path)) <= PATH_LIMIT:
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
