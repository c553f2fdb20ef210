"""/healthz, /readyz and /metrics."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from yett.http.asgi import Request, Response, json_response

# What went by, for Prometheus: counted where it happens, rendered when it is asked for.
Counts = dict[tuple[str, str, int], int]


@dataclass(frozen=True, slots=True)
class Probes:
    """Alive: this process answers. Ready: what it stands on does too."""

    check: Callable[[], Awaitable[Mapping[str, str]]]
    counts: Counts

    async def alive(self, _: Request) -> Response:
        """Nothing is asked of anyone else: a dead database is no reason to restart us."""
        return json_response({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """503 and what is wrong, until everything that is needed answers."""
        wrong = await self.check()
        return json_response({"status": "ok"} if not wrong else {"status": "unavailable", **wrong}, 503 if wrong else 200)

    async def metrics(self, _: Request) -> Response:
        """The text format of Prometheus. Routes, not paths: no identifier can get in."""
        lines = ["# HELP yett_requests_total Requests answered.", "# TYPE yett_requests_total counter"]
        for (method, route, status), count in sorted(self.counts.items()):
            lines.append(f'yett_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}')
        return Response(200, ("\n".join(lines) + "\n").encode(), "text/plain; version=0.0.4; charset=utf-8")
