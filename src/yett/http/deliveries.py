"""/deliveries/{provider}/receipts: what providers tell of the messages that they took."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.flows.receipts import Receipts, Taken
from yett.http.asgi import Request, Response

AT, RECEIPTS = "/deliveries/", "/receipts"
STATUS: Mapping[Taken, int] = {"taken": 204, "unsigned": 403, "unreadable": 400, "absent": 404}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Nothing is told but whether it was believed."""

    receipts: Receipts
    issuer: str

    async def report(self, request: Request) -> Response:
        """The URL as the provider knows it, the headers and the body as they came: all of it may be signed."""
        name, found, rest = request.path.removeprefix(AT).partition(RECEIPTS)
        if not found or rest or "/" in name:
            return Response(404)
        query = request.scope.get("query_string", b"").decode("latin-1")
        url = self.issuer.rstrip("/") + request.path + ("?" + query if query else "")
        return Response(STATUS[await self.receipts.report(name, url, request.headers, request.body)])
