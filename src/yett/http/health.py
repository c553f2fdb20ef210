"""/healthz, /readyz and /metrics."""

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yett.http.asgi import Request, Response, json_response

if TYPE_CHECKING:
    from prometheus_client import Metric

# What went by, for Prometheus: counted where it happens, rendered when it is asked for.
Counts = dict[tuple[str, str, int], int]
# What proxies add to what they hand on.
HANDED_ON = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")


@dataclass(frozen=True, slots=True)
class Probes:
    """Alive: this process answers. Ready: what it stands on does too."""

    check: Callable[[], Awaitable[Mapping[str, str]]]
    counts: Counts
    messages: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    token: str = field(default="", repr=False)

    async def alive(self, _: Request) -> Response:
        """Nothing is asked of anyone else: a dead database is no reason to restart us."""
        return json_response({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """503 and what is wrong, until everything that is needed answers."""
        wrong = await self.check()
        return json_response({"status": "ok"} if not wrong else {"status": "unavailable", **wrong}, 503 if wrong else 200)

    async def metrics(self, request: Request) -> Response:
        """The text format of Prometheus. Routes, not paths: no identifier can get in.

        For whoever has the token; where there is none, for this machine, and not for what a proxy on it hands on.
        """
        if not self._may_look(request):
            return json_response({"error": "invalid_token"}, 401, (("www-authenticate", "Bearer"),))
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        registry.register(Counted(self.counts, self.messages))
        return Response(200, generate_latest(registry), "text/plain; version=0.0.4; charset=utf-8")

    def _may_look(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode()
        if self.token:
            return hmac.compare_digest(given, b"Bearer " + self.token.encode())
        return request.here and not any(name in request.headers for name in HANDED_ON)


class Counted:
    """What was counted, as Prometheus collects it."""

    def __init__(self, counts: Counts, messages: Mapping[tuple[str, str, str], int]) -> None:
        self.counts, self.messages = counts, messages

    def collect(self) -> "Iterable[Metric]":
        """One sample for each method, route and status that there was, and for what became of messages."""
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily("yett_requests", "Requests answered.", labels=("method", "route", "status"))
        for (method, route, status), count in sorted(self.counts.items()):
            family.add_metric((method, route, str(status)), count)
        carried = CounterMetricFamily("yett_messages", "Messages sent, refused, given up, delivered, failed later.", labels=("channel", "provider", "outcome"))
        for labels, count in sorted(self.messages.items()):
            carried.add_metric(labels, count)
        return (family, carried)
