"""What is needed has to be said, once and in words that are known: what is passed over would leave an operation open."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import fastapi
import flask
import httpx
import pytest
import starlette.applications
import starlette.responses
import starlette.routing
import yett_guard.django
import yett_guard.fastapi
import yett_guard.flask
import yett_guard.litestar
import yett_guard.starlette
from yett_guard import Requirement
from yett_guard.guard import Guard
from yett_guard.testing import Issuer

ISSUER = Issuer(clock=lambda: 1_800_000_000)
FRAMEWORKS: list[Callable[..., Any]] = [
    yett_guard.django.Guard,
    yett_guard.fastapi.Guard,
    yett_guard.flask.Guard,
    yett_guard.litestar.Guard,
    yett_guard.starlette.Guard,
]
WORDS = {"scopes": "transfer:funds", "acr_values": "phr", "maxAge": 60, "oneUse": True}


def of(framework: Callable[..., Any]) -> Any:
    return framework(ISSUER.settings, web=ISSUER, clock=ISSUER.clock)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_word_that_is_misspelled_is_not_passed_over(framework: Callable[..., Any], name: str) -> None:
    with pytest.raises(TypeError, match=name):
        of(framework).require(**{name: WORDS[name]})


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("need", [Requirement(), lambda _: Requirement()])
def test_keywords_beside_a_requirement_are_not_passed_over(framework: Callable[..., Any], need: Any) -> None:
    with pytest.raises(TypeError, match="of both"):
        of(framework).require(need, scope="transfer:funds")


def test_nor_are_they_by_a_demand_or_a_middleware() -> None:
    guard = ISSUER.guard()
    token = guard.check([ISSUER.authorization()["Authorization"]])
    with pytest.raises(TypeError, match="of both"):
        guard.demand(token, Requirement(), acr="phr")
    with pytest.raises(TypeError, match="of both"):
        yett_guard.starlette.Protected(starlette.applications.Starlette(), guard, Requirement(), acr="phr")


def test_a_demand_of_nothing_has_to_say_so() -> None:
    guard = ISSUER.guard()
    token = guard.check([ISSUER.authorization()["Authorization"]])
    with pytest.raises(TypeError, match="nothing was said"):
        guard.demand(token)
    assert guard.demand(token, Requirement()) is token


def forgets(*_: object) -> Any:
    """Says nothing of a small sum."""


def asked(app: Any) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
            await client.get("/", headers=ISSUER.authorization())

    asyncio.run(ask())


def in_fastapi() -> None:
    app, guard = fastapi.FastAPI(), of(yett_guard.fastapi.Guard)
    app.get("/", dependencies=[fastapi.Depends(guard.require(lambda: None))])(lambda: {"open": True})
    asked(app)


def in_starlette() -> None:
    def view(_: object) -> starlette.responses.Response:
        return starlette.responses.PlainTextResponse("open")

    app = starlette.applications.Starlette(routes=[starlette.routing.Route("/", of(yett_guard.starlette.Guard).require(forgets)(view))])
    asked(app)


def in_flask() -> None:
    app = flask.Flask("tests")
    app.testing = True
    app.add_url_rule("/", "open", of(yett_guard.flask.Guard).require(forgets)(lambda: "open"))
    app.test_client().get("/", headers=ISSUER.authorization())


def in_django() -> None:
    request: Any = SimpleNamespace(headers=ISSUER.authorization(), META={})
    of(yett_guard.django.Guard).require(forgets)(lambda _: "open")(request)


@pytest.mark.parametrize("ask", [in_fastapi, in_starlette, in_flask, in_django])
def test_a_function_that_forgets_to_say_what_is_needed_opens_nothing(ask: Callable[[], None]) -> None:
    with pytest.raises(TypeError, match="nothing was said"):
        ask()


def test_a_guard_of_no_framework_knows_the_same_words() -> None:
    guard: Guard = ISSUER.guard()
    with pytest.raises(TypeError, match="scopes"):
        guard.need(scopes="transfer:funds")  # type: ignore[call-arg]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_in_flask_a_guard_above_its_route_opens_nothing(method: str) -> None:
    app, guard = flask.Flask("tests"), yett_guard.flask.Guard(ISSUER.settings, web=ISSUER, clock=ISSUER.clock)
    guard.install(app)

    @guard.require(scope="transfer:funds")
    @app.route("/above")
    def above() -> str:
        return "open"

    @app.route("/below")
    @guard.require(scope="transfer:funds")
    def below() -> str:
        return "open"

    assert app.test_client().open("/above", method=method).status_code == 500
    assert app.test_client().open("/below", method=method).status_code == (200 if method == "OPTIONS" else 401)
    assert app.test_client().get("/nowhere").status_code == 404
