"""What operators' machines ask."""

from dataclasses import replace

import pytest

from tests.http.browser import call
from tests.world import world
from yett.adapters.deliver.dev import Dev
from yett.domain.enrolment import Message
from yett.house.served import house


async def test_alive_ready_and_metrics_by_route() -> None:
    async with world() as w:
        assert (await w.get("/healthz")) == (200, {"status": "ok"})
        assert (await w.get("/readyz")) == (200, {"status": "ok"})
        await w.get("/.well-known/jwks.json")
        status, _, body = await call(w.app, "GET", "/metrics")
        assert status == 200
        assert b'yett_requests_total{method="GET",route="/.well-known/jwks.json",status="200"} 1.0' in body


METRICS = "m" * 16


@pytest.mark.parametrize("handed_on", ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via"])
async def test_figures_are_for_this_machine_and_not_for_what_a_proxy_on_it_hands_on(handed_on: str) -> None:
    async with world() as w:
        for client in ("203.0.113.7", "10.0.0.1", "nobody"):
            status, headers, body = await call(w.app, "GET", "/metrics", client=client)
            assert (status, dict(headers)["www-authenticate"]) == (401, "Bearer")
            assert b"yett_" not in body
        assert (await call(w.app, "GET", "/metrics", headers={handed_on: "203.0.113.7"}))[0] == 401
        assert (await call(w.app, "GET", "/metrics", client="::1"))[0] == 200


async def test_figures_are_for_whoever_has_the_token_where_there_is_one() -> None:
    async with world() as w:
        app = house(w.ground._replace(config=replace(w.ground.config, metrics_token=METRICS)), None).asgi
        for said in ("", METRICS, f"Basic {METRICS}", f"Bearer {METRICS}x", "Bearer ", "Bearer \u00fc"):
            assert (await call(app, "GET", "/metrics", headers={"authorization": said}))[0] == 401
        right = {"authorization": f"Bearer {METRICS}", "x-forwarded-for": "203.0.113.7"}
        assert (await call(app, "GET", "/metrics", headers=right, client="203.0.113.7"))[0] == 200


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
