"""The running server's door for the command line."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from yett.cli.control import SOCKET, ask, knock, opened
from yett.flows.event import Event


async def count(args: Mapping[str, object]) -> AsyncIterator[Event]:
    for number in range(int(str(args["to"]))):
        yield Event("progress", str(number))
    yield Event("done", "counted", {"to": args["to"]})


VERBS = {"count": count}


async def asked(folder: Path, verb: str, args: Mapping[str, object]) -> list[Event]:
    """What a command in another process would be told."""

    def outside() -> list[Event]:
        connection = knock(folder)
        assert connection is not None
        return list(ask(connection, verb, args))

    return await asyncio.to_thread(outside)


@pytest.fixture(params=["short", "a folder whose path is far too long for a socket " * 4])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / str(request.param)
    made.mkdir()
    return made


async def test_a_verb_is_told_as_it_goes_and_how_it_ended(folder: Path) -> None:
    async with opened(folder, VERBS):
        assert await asked(folder, "count", {"to": 2}) == [Event("progress", "0"), Event("progress", "1"), Event("done", "counted", {"to": 2})]


async def test_the_door_is_its_owners_alone_and_closes_behind_the_server(folder: Path) -> None:
    async with opened(folder, VERBS):
        assert stat.S_IMODE((folder / SOCKET).stat().st_mode) == 0o600
    assert not (folder / SOCKET).exists()
    assert knock(folder) is None


async def test_a_door_that_a_dead_server_left_behind_is_no_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(SOCKET)
    assert knock(folder) is None
    async with opened(folder, VERBS):
        assert (await asked(folder, "count", {"to": 0}))[-1].kind == "done"


def test_where_nothing_is_nobody_answers(tmp_path: Path) -> None:
    assert knock(tmp_path / "nowhere") is None


async def test_what_a_running_server_does_not_do_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, VERBS):
        (event,) = await asked(tmp_path, "db restored", {})
    assert event == Event("refused", "`yett db restored` is not done while the server runs: stop it first")


@pytest.mark.parametrize("line", [b"\n", b"nonsense\n", b"[]\n", json.dumps({"verb": "count"}).encode() + b"\n", b"x" * 100_000 + b"\n"])
async def test_what_is_no_verb_is_refused_and_harms_nobody(tmp_path: Path, line: bytes) -> None:
    async with opened(tmp_path, VERBS):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / SOCKET))
        writer.write(line)
        assert b"this is not a verb" in await reader.read()
        writer.close()
        assert (await asked(tmp_path, "count", {"to": 0}))[-1].kind == "done"
