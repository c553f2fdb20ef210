"""Listening sockets, bound before anything else is made: what is taken is said at once."""

import errno
import socket
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Address(Protocol):
    """Where to listen; an optional address may be missing on this machine."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def optional(self) -> bool: ...


class Bound(NamedTuple):
    """What was bound, at which port, and what is to be said about it."""

    sockets: tuple[socket.socket, ...]
    port: int
    notes: tuple[str, ...]


class Taken(Exception):
    """An address cannot be listened on; the text says which and why."""


def bind(addresses: Sequence[Address]) -> Bound:
    """Bind them all. Port 0 takes a free one, and the others follow the first. Raises Taken."""
    sockets: list[socket.socket] = []
    notes = []
    port = 0
    for address in addresses:
        try:
            sockets.append(_bound(address.host, address.port or port))
        except OSError as fault:
            if not address.optional or fault.errno == errno.EADDRINUSE:
                _close(sockets)
                raise Taken(f"cannot listen on {shown(address.host, address.port or port)}: {fault.strerror}") from None
            notes.append(f"{shown(address.host, address.port or port)} is not to be had here ({fault.strerror}): listening without it")
        else:
            port = port or sockets[-1].getsockname()[1]
    return Bound(tuple(sockets), port, tuple(notes))


def shown(host: str, port: int) -> str:
    """An address as people write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in host:
            # Its own address family alone, so that 0.0.0.0 and [::] may stand side by side.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    made.setblocking(False)  # noqa: FBT003 - the socket API
    return made


def _close(sockets: Sequence[socket.socket]) -> None:
    for one in sockets:
        one.close()
