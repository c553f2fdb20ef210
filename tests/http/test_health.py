"""What operators' machines ask."""

from tests.http.browser import call
from tests.world import world
from yett.adapters.deliver.dev import Dev
from yett.domain.enrolment import Message


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


async def test_what_became_of_messages_is_counted_for_whoever_watches() -> None:
    async with world() as w:
        assert b"yett_messages_total{" not in (await call(w.app, "GET", "/metrics"))[2]
        w.carrier.roster.own = {"email": (Dev(),)}
        await w.store.record((), (Message("email", "ada@example.test", "factors_locked", "en", {}),), w.clock.now)
        assert await w.carrier.carry() == 1
        assert b'yett_messages_total{channel="email",outcome="sent",provider="dev"} 1.0' in (await call(w.app, "GET", "/metrics"))[2]
