"""What operators' machines ask."""

from tests.http.browser import call
from tests.world import world


async def test_alive_ready_and_metrics_by_route() -> None:
    async with world() as w:
        assert (await w.get("/healthz")) == (200, {"status": "ok"})
        assert (await w.get("/readyz")) == (200, {"status": "ok"})
        await w.get("/.well-known/jwks.json")
        status, _, body = await call(w.app, "GET", "/metrics")
        assert status == 200
        assert b'yett_requests_total{method="GET",route="/.well-known/jwks.json",status="200"} 1.0' in body


async def test_a_store_that_does_not_answer_is_told_by_readyz_and_not_by_healthz() -> None:
    async with world() as w:
        await w.store.close()
        status, said = await w.get("/readyz")
        assert (status, said["status"]) == (503, "unavailable")
        assert (await w.get("/healthz"))[0] == 200
