"""The running server's own door for the command line: a Unix socket in DIR, one JSON object a line.

The folder and the socket are their owner's alone: whoever gets here could read the database as well.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

from yett.cli.verbs import Verb
from yett.flows.event import Event

SOCKET = "control.sock"
LINE_LIMIT = 64 * 1024
# The longest path that a socket may have; a longer one is reached through the descriptor of its folder.
PATH_LIMIT = 100


@contextlib.asynccontextmanager
async def opened(folder: Path, verbs: Mapping[str, Verb]) -> AsyncIterator[None]:
    """Serve the verbs; what an earlier server left behind is removed, for only one can hold the store."""
    with _near(folder) as path:
        _remove(path)
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(lambda reader, writer: _answer(reader, writer, verbs), path, limit=LINE_LIMIT)
        finally:
            os.umask(before)
        try:
            yield
        finally:
            server.close()
            _remove(path)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()


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


def ask(connection: socket.socket, verb: str, args: Mapping[str, object]) -> Iterator[Event]:
    """Have a verb done by the server, and follow what it tells."""
    with connection, connection.makefile("rw", encoding="utf-8") as stream:
        stream.write(json.dumps({"verb": verb, "args": args}) + "\n")
        stream.flush()
        for line in stream:
            yield Event(**json.loads(line))


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verbs: Mapping[str, Verb]) -> None:
    with contextlib.suppress(ConnectionError):
        try:
            asked = json.loads(await reader.readline())
            name, args = str(asked["verb"]), dict(asked["args"])
        except (ValueError, KeyError, TypeError):
            await _tell(writer, Event("refused", "this is not a verb"))
        else:
            async for told in _done(name, args, verbs):
                await _tell(writer, told)
    writer.close()


async def _done(name: str, args: Mapping[str, object], verbs: Mapping[str, Verb]) -> AsyncIterator[Event]:
    known = verbs.get(name)
    if known is None:
        yield Event("refused", f"`yett {name}` is not done while the server runs: stop it first")
        return
    async for told in known(args):
        yield told


async def _tell(writer: asyncio.StreamWriter, told: Event) -> None:
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
