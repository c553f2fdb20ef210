"""The one way out over HTTP: https to the address that was checked, no redirect, no proxy, a short answer in a short time."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from yett.adapters.deliver.answer import Answer
from yett.ports import Clock, Receipt, Undelivered

if TYPE_CHECKING:
    import httpcore

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
NAT64: Network = ipaddress.ip_network("64:ff9b::/96")
TIMEOUT, ROOM, IDLE, LONGEST = 10.0, 20, 30.0, 65536


@dataclass(frozen=True, slots=True)
class Outbound:
    """One per process: its connections are used again. `allowed` are networks that are not public and may be called all the same.

    Plain http goes to this machine alone, and only where `allowed` has it (the demo, tests, a gateway beside us).
    """

    allowed: Sequence[Network] = ()
    ca: str | None = None
    timeout: float = TIMEOUT
    _pools: "dict[asyncio.AbstractEventLoop, httpcore.AsyncConnectionPool]" = field(default_factory=dict, repr=False, compare=False)

    async def call(self, who: str, method: Literal["GET", "POST"], url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Ask once. Raises Undelivered, never permanent, where nobody answered or the answer is no use; `who` is named in it."""
        import httpcore

        if fault := self.refuses(url):
            raise Undelivered(f"{who}: {fault}")
        try:
            async with asyncio.timeout(self.timeout):
                sent = [*headers.items(), ("Accept-Encoding", "identity"), ("User-Agent", "yett")]
                async with self._pool().stream(method, url, headers=sent, content=body) as answer:
                    said = {name.decode().lower(): value.decode("latin-1") for name, value in answer.headers}
                    return Answer(answer.status, said, await _short(who, answer.aiter_stream()))
        except (TimeoutError, httpcore.TimeoutException):
            raise Undelivered(f"{who}: no answer in time") from None
        except PermissionError as refused:
            raise Undelivered(f"{who}: {refused}") from None
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, ValueError) as fault:
            raise Undelivered(f"{who}: {type(fault).__name__}") from None

    def refuses(self, url: str) -> str:
        """Why this URL is not asked; empty: it may be, if its address may."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return "not a URL"
        if not host or parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
            return "not a URL"
        if parts.scheme == "https" or (parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"} and self.allowed):
            return ""
        return "only https is spoken"

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Where a name leads, those left out that may not be called. Raises PermissionError where none is left."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        good = list(dict.fromkeys(str(one[4][0]) for one in found if self._may(ipaddress.ip_address(str(one[4][0]).partition("%")[0]))))
        if not good:
            raise PermissionError("leads to an address that is not public, and not allowed")
        return good

    async def connected(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that answers, for what is no HTTP. Raises OSError; PermissionError where none may be called."""
        fault = OSError()
        for address in await self.addresses(host, port):
            connecting = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            connecting.setblocking(False)  # noqa: FBT003 - the standard library wants it so
            try:
                await asyncio.get_running_loop().sock_connect(connecting, (address, port))
            except OSError as refused:
                connecting.close()
                fault = refused
            except asyncio.CancelledError:
                connecting.close()
                raise
            else:
                return connecting
        raise fault

    async def close(self) -> None:
        """Close what is kept open."""
        if pool := self._pools.pop(asyncio.get_running_loop(), None):
            await pool.aclose()

    def _may(self, address: Address) -> bool:
        return is_public(address) or any(address in network for network in self.allowed if network.version == address.version)

    def _pool(self) -> "httpcore.AsyncConnectionPool":
        """Of this loop: a connection belongs to one."""
        import httpcore

        from yett.adapters.deliver.pinned import Pinned

        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = httpcore.AsyncConnectionPool(
                ssl_context=_trust(self.ca), max_connections=ROOM, max_keepalive_connections=ROOM, keepalive_expiry=IDLE, network_backend=Pinned(self.addresses)
            )
        return self._pools[loop]


def is_public(address: Address) -> bool:
    """Whether anybody may be at this address: neither private, link-local (metadata), loopback nor multicast, in whatever disguise (attacks, row 20)."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


@cache
def _trust(ca: str | None) -> ssl.SSLContext:
    """The authorities of the system, and one of the operator's own."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(ca)
    return context


async def _short(who: str, parts: object) -> bytes:
    body = b""
    async for part in parts:  # type: ignore[attr-defined]
        body += part
        if len(body) > LONGEST:
            raise Undelivered(f"{who}: too long an answer")
    return body


def _ignored(_: Receipt) -> None:
    """Nobody wants to know."""


class Means(NamedTuple):
    """What every provider has at hand: the way out, the time, where it may report to, and who hears of what it reports over its own connection."""

    outbound: Outbound
    clock: Clock
    callback: str = ""
    on_receipt: Callable[[Receipt], None] = _ignored
