"""A server that is killed between its commit and the sending: no message is lost, and none is doubled beyond the one rule."""

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.adapters.deliver.server import Server, serving
from tests.serving import YETT, _await

# Longer than any pause before another try: on a busy machine one may be needed.
PATIENCE = 45.0
RUNNING: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _nothing_outlives_its_test() -> Iterator[None]:
    yield
    for process in RUNNING:
        process.kill()
        process.wait()
    RUNNING.clear()


def configured(folder: Path, port: int, provider: str) -> Path:
    """One provider for mail: a webhook of ours."""
    file = folder / "yett.toml"
    file.write_text(
        f'dir = "{folder}"\nlisten = "127.0.0.1:{port}"\n[[email]]\nname = "webhook"\nurl = "{provider}/mail"\nsecret = "a secret of more than 24 letters"\n'
    )
    return file


async def started(folder: Path, port: int, provider: str) -> subprocess.Popen[bytes]:
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen([YETT, "serve", "--config", configured(folder, port, provider)], stdout=log, stderr=log, env=dict(os.environ))
    RUNNING.append(process)
    await asyncio.to_thread(_await, f"http://localhost:{port}/", folder, process)
    return process


async def blocked(folder: Path, port: int, names: range) -> None:
    """Block accounts: each is told by a mail, which stands in the commit that blocked it."""
    admin = json.loads((folder / "admin.json").read_text())
    async with httpx.AsyncClient(base_url=f"http://localhost:{port}", timeout=20) as http:
        asked = {"grant_type": "client_credentials", "client_id": admin["client_id"], "client_secret": admin["client_secret"], "audience": admin["audience"]}
        http.headers["authorization"] = f"Bearer {(await http.post('/oauth/token', json=asked)).json()['access_token']}"
        for name in names:
            body = {"connection": "Username-Password-Authentication", "email": f"p{name}@example.test", "password": "a long enough password"}
            user = (await http.post("/api/v2/users", json=body)).json()["user_id"]
            assert (await http.patch(f"/api/v2/users/{user}", json={"blocked": True})).status_code == 200


def leases_end(folder: Path) -> None:
    """Half a minute passes."""
    with closing(sqlite3.connect(folder / "yett.db")) as store:
        store.execute("UPDATE outbox SET due_at = 0 WHERE due_at IS NOT NULL")
        store.commit()


async def arrived(provider: Server, many: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        while len(provider.asked) < many:
            await asyncio.sleep(0.05)
    return [one.json for one in provider.asked]


def settled(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "yett.db")) as store:
        return [row[0] for row in store.execute("SELECT outcome FROM outbox ORDER BY id")]


async def quiet(folder: Path, many: int) -> None:
    """Every message has been taken, and the store knows it."""
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(settled, folder) != ["sent"] * many:
            await asyncio.sleep(0.05)


async def test_what_was_committed_when_the_server_was_killed_leaves_once_after_the_next_start(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port, nowhere = free_port(), f"http://127.0.0.1:{free_port()}"
    process = await started(tmp_path, port, nowhere)
    await blocked(tmp_path, port, range(5))
    process.kill()
    process.wait()
    async with serving() as provider:
        leases_end(tmp_path)
        process = await started(tmp_path, port, provider.url)
        told = await arrived(provider, 5)
        await quiet(tmp_path, 5)
        process.terminate()
        process.wait(15)
        assert sorted(one["to"] for one in told) == [f"p{name}@example.test" for name in range(5)]
        assert len(provider.asked) == 5
    async with serving() as provider:
        leases_end(tmp_path)
        process = await started(tmp_path, port, provider.url)
        await blocked(tmp_path, port, range(5, 6))
        assert [one["to"] for one in await arrived(provider, 1)] == ["p5@example.test"]
        process.terminate()
        process.wait(15)


async def test_what_was_underway_when_the_server_was_killed_leaves_again_under_the_same_name(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port = free_port()
    async with serving() as provider:
        provider.mute = True
        process = await started(tmp_path, port, provider.url)
        await blocked(tmp_path, port, range(1))
        await arrived(provider, 1)
        process.kill()
        process.wait()
        provider.mute = False
        process = await started(tmp_path, port, provider.url)
        await blocked(tmp_path, port, range(1, 2))
        second = (await arrived(provider, 2))[1]
        assert second["to"] == "p1@example.test", "the lease of the first is not over"
        process.terminate()
        process.wait(15)
        leases_end(tmp_path)
        process = await started(tmp_path, port, provider.url)
        first, _, again = await arrived(provider, 3)
        await quiet(tmp_path, 2)
        process.terminate()
        process.wait(15)
        assert (again["to"], again["id"]) == (first["to"], first["id"])
        assert len(provider.asked) == 3
