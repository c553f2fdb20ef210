"""The house in the loop of the test, on a port of this machine: a browser can come, and the clock can be moved."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import uvicorn

from tests.world import World, world
from yett.house.served import house


class Quiet(uvicorn.Server):
    """A server in the loop of the test, which leaves the signals of the process alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def settled(port: int, **tenant: Any) -> AsyncIterator[tuple[World, str]]:
    """A world on a port of this machine, and its issuer."""
    async with world(**tenant) as w:
        issuer = f"http://localhost:{port}/"
        ground = w.ground._replace(config=replace(w.ground.config, issuer=issuer))
        w.app = house(ground, None).asgi
        server = Quiet(uvicorn.Config(w.app, host="127.0.0.1", port=port, lifespan="off", log_level="warning"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield w, issuer
        finally:
            server.should_exit = True
            await serving
