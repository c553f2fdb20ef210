"""npm's `oidc-provider` (its own store in memory) over the requests that our flows make: what a certified server in another language costs."""

import re
from collections.abc import Mapping, Sequence

from bench.client import Connection, Site, Unexpected, drive
from bench.flows import Flow, authorization_url, code_of, code_request, two_jwts
from bench.people import API, CALLBACK, CLIENT_ID, CLIENT_SECRET
from bench.processes import ROOT

CLIENTS = ROOT / "tests" / "clients"
PATH = "/.well-known/openid-configuration"
_COOKIE = re.compile(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", re.IGNORECASE)
# Redirects of one login: to the interaction and back, once for the login and once for the consent.
MOST_STEPS = 8


def there() -> bool:
    """Whether it is installed; `make test-clients` does that."""
    return (CLIENTS / "node_modules" / "oidc-provider").exists()


def command(port: int) -> list[str]:
    """It, with our client."""
    return ["node", str(CLIENTS / "peer.mjs"), str(port), CLIENT_ID, CLIENT_SECRET, CALLBACK, API]


class Peer:
    """Its flows, whose sessions are made before."""

    def __init__(self, port: int) -> None:
        self.site = Site(port)

    def flows(self) -> Sequence[Flow]:
        """Those that are alike on both."""
        signed = {"rs256": 2}
        return (
            Flow("silent", "silent step-up (prompt=none), code to tokens", {"get": 1, "post": 1, **signed}, self.known, self.silent),
            Flow("discovery", "discovery", {"get": 1}, self.nothing, self.discovery, times=1000),
        )

    async def nothing(self, _: Sequence[Connection], times: int) -> Sequence[int]:
        return range(times)

    async def known(self, connections: Sequence[Connection], times: int) -> Sequence[Mapping[str, str]]:
        """Browsers that are logged in."""
        held: list[Mapping[str, str]] = []

        async def one(connection: Connection, _: int) -> None:
            held.append(await self._login(connection))

        await drive(connections, range(min(times, 40)), one)
        return [held[number % len(held)] for number in range(times)]

    async def silent(self, connection: Connection, cookies: Mapping[str, str]) -> None:
        asked = self.site.get(authorization_url("/auth", prompt="none", resource=API), cookies)
        code = code_of((await connection(asked)).expect(303))
        two_jwts(await connection(code_request(self.site, "/token", code)))

    async def discovery(self, connection: Connection, _: int) -> None:
        (await connection(self.site.get(PATH))).expect(200)

    async def _login(self, connection: Connection) -> Mapping[str, str]:
        cookies: dict[str, str] = {}
        url = authorization_url("/auth", resource=API)
        for _ in range(MOST_STEPS):
            reply = (await connection(self.site.get(url, cookies))).expect(303)
            cookies |= {name.decode(): value.decode() for name, value in _COOKIE.findall(reply.head)}
            url = reply.location()
            if url.startswith(CALLBACK):
                return cookies
        raise Unexpected(f"no way back from {url}")
