"""Connects to the address that was checked, and to no other: a name that changes its mind in between (DNS rebinding) gets nowhere.

TLS still asks for the name: httpcore takes it from the URL.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore


class Pinned(httpcore.AsyncNetworkBackend):
    """A network in which a host is one of its `addresses`."""

    def __init__(self, addresses: Callable[[str, int], Awaitable[Sequence[str]]]) -> None:
        self._addresses, self._real = addresses, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first address that answers. Raises PermissionError where none may be called."""
        fault: Exception = httpcore.ConnectError()
        for address in await self._addresses(host, port):
            try:
                return await self._real.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refused:
                fault = refused
        raise fault

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)
