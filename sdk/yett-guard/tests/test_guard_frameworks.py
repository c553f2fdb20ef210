"""Five frameworks, sync and async: each in its own idiom, all with the same answers."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Annotated, Any, NamedTuple

import django
import django.http
import django.test
import fastapi
import flask
import httpx
import litestar
import pytest
import starlette.applications
import starlette.middleware
import starlette.middleware.cors
import starlette.requests
import starlette.responses
import starlette.routing
import starlette.types
import starlette.websockets
import yett_guard.django
import yett_guard.fastapi
import yett_guard.flask
import yett_guard.litestar
import yett_guard.starlette
from django.conf import settings as django_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from litestar.params import JSONBody
from yett_guard import MULTI_FACTOR, Requirement, Token
from yett_guard.refusal import insufficient_scope, invalid_token, no_token, step_up
from yett_guard.testing import Issuer

LARGE = 1000


class Answer(NamedTuple):
    """What came back."""

    status: int
    challenge: str
    body: dict[str, Any]


Ask = Callable[[str, Mapping[str, str], int], Answer]
NAMES = ("fastapi", "fastapi, sync", "starlette", "starlette, sync", "litestar", "litestar, sync", "flask", "flask, async", "django", "django, async")


def by_amount(amount: int) -> Requirement:
    """More for a large sum."""
    return Requirement(acr=("phr",)) if amount >= LARGE else Requirement()


def both(guard: Any) -> Callable[[Any], Any]:
    """Two checks of one request: all that a class needs, say, and what this method of it needs."""
    return lambda view: guard.require()(guard.require(one_use=True)(view))


def sent(app: Any, method: str, place: str, headers: Mapping[str, str], body: object = None) -> httpx.Response:
    """A request to an application, without a server."""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:
            return await client.request(method, place, headers=headers, json=body)

    return asyncio.run(send())


def over_asgi(app: Any) -> Ask:
    """The amount goes along in a header as well: what is not async cannot read the body."""
    return lambda place, headers, amount: told(sent(app, "POST", place, {**headers, "amount": str(amount)}, {"amount": amount}))


def in_fastapi(issuer: Issuer, *, is_async: bool) -> Iterator[Ask]:
    guard, app = yett_guard.fastapi.Guard(issuer.settings, web=issuer, clock=issuer.clock), fastapi.FastAPI()
    guard.install(app)
    enough, body = guard.require, Annotated[dict[str, int], fastapi.Body()]

    async def by_value(request: fastapi.Request) -> Requirement:
        return by_amount((await request.json())["amount"])

    needs = {
        "/read": enough(scope="read"),
        "/step": enough(acr=MULTI_FACTOR, max_age=300),
        "/value": enough(by_value),
        "/once": enough(one_use=True),
        "/demand": enough(),
        "/twice": enough(one_use=True),
    }

    def route(place: str, needed: Any) -> None:
        earlier = [fastapi.Depends(enough(max_age=600))] if place == "/twice" else []

        async def handler(token: Annotated[Token, fastapi.Depends(needed)], order: body) -> Any:  # type: ignore[valid-type]
            if place == "/demand" and order["amount"] >= LARGE:  # type: ignore[index]
                await guard.ademand(token, acr=MULTI_FACTOR)
            return {"sub": token.subject}

        def handler_in_a_thread(token: Annotated[Token, fastapi.Depends(needed)], order: body) -> Any:  # type: ignore[valid-type]
            if place == "/demand" and order["amount"] >= LARGE:  # type: ignore[index]
                guard.demand(token, acr=MULTI_FACTOR)
            return {"sub": token.subject}

        app.post(place, dependencies=earlier)(handler if is_async else handler_in_a_thread)

    for place, needed in needs.items():
        route(place, needed)
    yield over_asgi(app)


def in_starlette(issuer: Issuer, *, is_async: bool) -> Iterator[Ask]:
    guard = yett_guard.starlette.Guard(issuer.settings, web=issuer, clock=issuer.clock)

    async def by_value(request: starlette.requests.Request) -> Requirement:
        return by_amount((await request.json())["amount"])

    def by_value_in_a_thread(request: starlette.requests.Request) -> Requirement:
        return by_amount(int(request.headers["amount"]))

    async def handler(request: starlette.requests.Request) -> starlette.responses.JSONResponse:
        if request.url.path == "/demand" and (await request.json())["amount"] >= LARGE:
            await guard.ademand(request.state.token, acr=MULTI_FACTOR)
        return starlette.responses.JSONResponse({"sub": request.state.token.subject})

    def handler_in_a_thread(request: starlette.requests.Request) -> starlette.responses.JSONResponse:
        if request.url.path == "/demand" and int(request.headers["amount"]) >= LARGE:
            guard.demand(request.state.token, acr=MULTI_FACTOR)
        return starlette.responses.JSONResponse({"sub": request.state.token.subject})

    needs = {
        "/read": guard.require(scope="read"),
        "/step": guard.require(acr=MULTI_FACTOR, max_age=300),
        "/value": guard.require(by_value if is_async else by_value_in_a_thread),
        "/once": guard.require(one_use=True),
        "/demand": guard.require(),
        "/twice": both(guard),
    }
    chosen: Any = handler if is_async else handler_in_a_thread
    app = starlette.applications.Starlette(routes=[starlette.routing.Route(place, needed(chosen), methods=["POST"]) for place, needed in needs.items()])
    guard.install(app)
    yield over_asgi(app)


def in_litestar(issuer: Issuer, *, is_async: bool) -> Iterator[Ask]:
    guard = yett_guard.litestar.Guard(issuer.settings, web=issuer, clock=issuer.clock)

    async def by_value(request: Any) -> Requirement:
        return by_amount((await request.json())["amount"])

    def by_value_of_a_header(request: Any) -> Requirement:
        return by_amount(int(request.headers["amount"]))

    def route(place: str, needed: Any) -> Any:
        async def handler(request: litestar.Request[Any, Any, Any], data: JSONBody[dict[str, int]]) -> dict[str, str]:
            if place == "/demand" and data["amount"] >= LARGE:
                await guard.ademand(request.state.token, acr=MULTI_FACTOR)
            return {"sub": request.state.token.subject}

        def handler_in_a_thread(request: litestar.Request[Any, Any, Any], data: JSONBody[dict[str, int]]) -> dict[str, str]:
            if place == "/demand" and data["amount"] >= LARGE:
                guard.demand(request.state.token, acr=MULTI_FACTOR)
            return {"sub": request.state.token.subject}

        guards = [guard.require(), needed] if place == "/twice" else [needed]
        if is_async:
            return litestar.post(place, guards=guards, status_code=200)(handler)
        return litestar.post(place, guards=guards, status_code=200, sync_to_thread=True)(handler_in_a_thread)

    needs = {
        "/read": guard.require(scope="read"),
        "/step": guard.require(acr=MULTI_FACTOR, max_age=300),
        "/value": guard.require(by_value if is_async else by_value_of_a_header),
        "/once": guard.require(one_use=True),
        "/demand": guard.require(),
        "/twice": guard.require(one_use=True),
    }
    app = litestar.Litestar([route(place, needed) for place, needed in needs.items()], plugins=[guard])
    yield over_asgi(app)


def in_flask(issuer: Issuer, *, is_async: bool) -> Iterator[Ask]:
    guard, app = yett_guard.flask.Guard(issuer.settings, web=issuer, clock=issuer.clock), flask.Flask("tests")
    guard.install(app)
    needs = {
        "/read": guard.require(scope="read"),
        "/step": guard.require(acr=MULTI_FACTOR, max_age=300),
        "/value": guard.require(lambda request: by_amount(request.get_json()["amount"])),
        "/once": guard.require(one_use=True),
        "/demand": guard.require(),
        "/twice": both(guard),
    }

    def view() -> Any:
        if flask.request.path == "/demand" and flask.request.get_json()["amount"] >= LARGE:
            guard.demand(flask.g.token, acr=MULTI_FACTOR)
        return {"sub": flask.g.token.subject}

    async def async_view() -> Any:
        if flask.request.path == "/demand" and flask.request.get_json()["amount"] >= LARGE:
            await guard.ademand(flask.g.token, acr=MULTI_FACTOR)
        return {"sub": flask.g.token.subject}

    for place, needed in needs.items():
        app.add_url_rule(place, place, needed(async_view if is_async else view), methods=["POST"])
    client = app.test_client()

    def ask(place: str, headers: Mapping[str, str], amount: int) -> Answer:
        answer = client.post(place, headers=headers, json={"amount": amount})
        return Answer(answer.status_code, answer.headers.get("WWW-Authenticate", ""), answer.get_json())

    yield ask


def in_django(issuer: Issuer, *, is_async: bool) -> Iterator[Ask]:
    guard = yett_guard.django.Guard(issuer.settings, web=issuer, clock=issuer.clock)
    needs = {
        "read": guard.require(scope="read"),
        "step": guard.require(acr=MULTI_FACTOR, max_age=300),
        "value": guard.require(lambda request: by_amount(json.loads(request.body)["amount"])),
        "once": guard.require(one_use=True),
        "demand": guard.require(),
        "twice": both(guard),
    }

    def view(request: Any) -> Any:
        if request.path == "/demand" and json.loads(request.body)["amount"] >= LARGE:
            guard.demand(request.token, acr=MULTI_FACTOR)
        return django.http.JsonResponse({"sub": request.token.subject})

    async def async_view(request: Any) -> Any:
        if request.path == "/demand" and json.loads(request.body)["amount"] >= LARGE:
            await guard.ademand(request.token, acr=MULTI_FACTOR)
        return django.http.JsonResponse({"sub": request.token.subject})

    @method_decorator(guard.require(scope="read"), name="dispatch")
    class Reading(View):  # type: ignore[misc]  # Django has no types
        def post(self, request: Any) -> Any:
            return django.http.JsonResponse({"sub": request.token.subject})

    urls = ModuleType("urls")
    urls.urlpatterns = [path(place, needed(async_view if is_async else view)) for place, needed in needs.items()]  # type: ignore[attr-defined]
    urls.urlpatterns += [] if is_async else [path("class", Reading.as_view())]  # type: ignore[attr-defined]
    if not django_settings.configured:
        middleware = ["django.middleware.csrf.CsrfViewMiddleware", "yett_guard.django.Refusals"]
        django_settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=middleware, SECRET_KEY="tests", LOGGING_CONFIG=None)
        django.setup()
    with django.test.override_settings(ROOT_URLCONF=urls):
        client = django.test.Client(enforce_csrf_checks=True)

        def ask(place: str, headers: Mapping[str, str], amount: int) -> Answer:
            answer = client.post(place, {"amount": amount}, content_type="application/json", headers=headers)
            return Answer(answer.status_code, answer.headers.get("WWW-Authenticate", ""), json.loads(answer.content))

        yield ask


FRAMEWORKS: dict[str, Callable[..., Iterator[Ask]]] = {
    "fastapi": in_fastapi,
    "starlette": in_starlette,
    "litestar": in_litestar,
    "flask": in_flask,
    "django": in_django,
}


def told(answer: Any) -> Answer:
    return Answer(answer.status_code, answer.headers.get("WWW-Authenticate", ""), answer.json())


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer(clock=lambda: 1_800_000_000)


@pytest.fixture(params=NAMES)
def ask(request: pytest.FixtureRequest, issuer: Issuer) -> Iterator[Ask]:
    name, _, colour = request.param.partition(", ")
    yield from FRAMEWORKS[name](issuer, is_async=colour == "async" or (not colour and name in {"fastapi", "starlette", "litestar"}))


def test_a_token_with_the_scope_is_let_through_and_its_claims_are_there(ask: Ask, issuer: Issuer) -> None:
    assert ask("/read", issuer.authorization(scope="read"), 1) == Answer(200, "", {"sub": "auth0|somebody"})


def test_without_a_token_there_is_a_challenge(ask: Ask) -> None:
    assert ask("/read", {}, 1)[:2] == (401, "Bearer")


def test_a_bad_token_is_told_to_be_bad(ask: Ask, issuer: Issuer) -> None:
    answer = ask("/read", issuer.authorization(scope="read", aud="other"), 1)
    assert answer.status == 401
    assert answer.challenge.startswith('Bearer error="invalid_token"')
    assert answer.body["error"] == "invalid_token"


def test_a_scope_that_is_missing_is_told(ask: Ask, issuer: Issuer) -> None:
    answer = ask("/read", issuer.authorization(scope="write"), 1)
    assert (answer.status, answer.body["error"], answer.body["scope"]) == (403, "insufficient_scope", "read")


def test_a_step_up_is_told_in_the_header_and_in_the_body(ask: Ask, issuer: Issuer) -> None:
    answer = ask("/step", issuer.authorization(), 1)
    assert answer.status == 401
    assert 'error="insufficient_user_authentication"' in answer.challenge
    assert f'acr_values="{MULTI_FACTOR}", max_age="300"' in answer.challenge
    assert answer.body["code"] == "mfa_required"
    assert (answer.body["acr_values"], answer.body["max_age"]) == (MULTI_FACTOR, 300)
    assert ask("/step", issuer.authorization(acr=MULTI_FACTOR, amr=["pwd", "otp", "mfa"]), 1).status == 200


def test_a_refusal_is_the_same_to_the_letter_whichever_framework_gives_it(ask: Ask, issuer: Issuer) -> None:
    needs = {"acr_values": MULTI_FACTOR, "max_age": 300}
    asked = {
        ("/read", ""): no_token(),
        ("/read", issuer.token(aud="other")): invalid_token("It is no access token for this API."),
        ("/read", issuer.token(scope="write")): insufficient_scope({"scope": "read"}),
        ("/step", issuer.token()): step_up("A different authentication level is required.", needs),
        ("/step", issuer.token(amr=["pwd", "otp", "mfa"], auth_time=1)): step_up("More recent authentication is required.", needs),
    }
    for (place, token), refused in asked.items():
        answer = ask(place, {"Authorization": f"Bearer {token}"} if token else {}, 1)
        assert answer == Answer(refused.status, refused.headers["WWW-Authenticate"], refused.body)


@pytest.mark.parametrize("place", ["/value", "/demand"])
def test_a_large_sum_needs_more_than_a_small_one(ask: Ask, issuer: Issuer, place: str) -> None:
    assert ask(place, issuer.authorization(), LARGE - 1).status == 200
    answer = ask(place, issuer.authorization(), LARGE)
    assert (answer.status, answer.body["code"]) == (401, "mfa_required")
    assert ask(place, issuer.authorization(acr="phr", amr=["hwk", "mfa"]), LARGE).status == 200


def test_nothing_of_a_request_is_read_before_its_token(ask: Ask) -> None:
    assert ask("/value", {}, "no number").status == 401  # type: ignore[arg-type]


def test_an_approval_is_good_once_and_for_nobody_while_the_server_is_down(ask: Ask, issuer: Issuer) -> None:
    token = issuer.authorization(one_use=True)
    assert ask("/once", token, 1).status == 200
    assert ask("/once", token, 1).body["code"] == "mfa_required"
    another = issuer.authorization(one_use=True)
    issuer.down = True
    try:
        assert ask("/once", another, 1).status == 503
    finally:
        issuer.down = False
    assert ask("/once", another, 1).status == 200


def test_however_many_checks_a_request_goes_through_its_approval_is_consumed_once_and_is_good_for_no_other(ask: Ask, issuer: Issuer) -> None:
    token = issuer.authorization(one_use=True)
    assert ask("/twice", token, 1).status == 200
    assert ask("/twice", token, 1).body["code"] == "mfa_required"
    assert ask("/twice", issuer.authorization(), 1).body["error_description"] == "An approval for this operation alone is required."


def test_in_flask_two_requests_in_one_context_of_the_application_are_two(issuer: Issuer) -> None:
    guard, app = yett_guard.flask.Guard(issuer.settings, web=issuer, clock=issuer.clock), flask.Flask("tests")
    app.add_url_rule("/", "once", guard.require(one_use=True)(lambda: "done"))
    token = issuer.authorization(one_use=True)
    with app.app_context():
        assert [app.test_client().get("/", headers=token).status_code for _ in range(2)] == [200, 401]


def test_a_view_that_is_a_class_is_guarded_as_a_whole(issuer: Issuer) -> None:
    for ask in in_django(issuer, is_async=False):
        assert ask("/class", issuer.authorization(scope="read"), 1).status == 200
        assert ask("/class", issuer.authorization(), 1).status == 403


async def test_django_under_asgi_awaits_its_views(issuer: Issuer) -> None:
    for _ in in_django(issuer, is_async=True):
        client = django.test.AsyncClient()
        headers = issuer.authorization()
        answer = await client.post("/demand", {"amount": LARGE}, content_type="application/json", headers=headers)
        assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "mfa_required")


def test_middleware_guards_all_that_is_behind_it(issuer: Issuer) -> None:
    async def page(request: starlette.requests.Request) -> starlette.responses.JSONResponse:
        return starlette.responses.JSONResponse({"sub": request.state.token.subject})

    async def talk(socket: starlette.websockets.WebSocket) -> None:
        await socket.accept()
        await socket.send_text(socket.state.token.subject)
        await socket.close()

    guard = yett_guard.starlette.Guard(issuer.settings, web=issuer, clock=issuer.clock)
    app = starlette.applications.Starlette(
        routes=[
            starlette.routing.Route("/", page),
            starlette.routing.Route("/once", guard.require(one_use=True)(page)),
            starlette.routing.WebSocketRoute("/talk", talk),
        ],
        middleware=[
            starlette.middleware.Middleware(starlette.middleware.cors.CORSMiddleware, allow_origins=["https://app.test"]),
            starlette.middleware.Middleware(yett_guard.starlette.Protected, guard=guard, scope="read"),
        ],
    )
    good, preflight = issuer.authorization(scope="read"), {"Origin": "https://app.test", "Access-Control-Request-Method": "GET"}
    assert told(sent(app, "GET", "/", good)).body == {"sub": "auth0|somebody"}
    assert sent(app, "GET", "/", {}).status_code == 401
    assert sent(app, "GET", "/nowhere", {}).status_code == 401
    assert sent(app, "OPTIONS", "/", preflight).status_code == 200
    approval = issuer.authorization(scope="read", one_use=True)
    assert [sent(app, "GET", "/once", approval).status_code for _ in range(2)] == [200, 401]
    assert [one["type"] for one in talked(app, good)] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert talked(app, {}) == [{"type": "websocket.close", "code": 1008, "reason": "unauthorized"}]


def talked(app: Any, headers: Mapping[str, str]) -> list[starlette.types.Message]:
    """What somebody hears who opens a socket."""
    heard: list[starlette.types.Message] = []
    scope = {"type": "websocket", "path": "/talk", "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]}

    async def receive() -> starlette.types.Message:
        return {"type": "websocket.connect"}

    async def send(message: starlette.types.Message) -> None:
        heard.append(message)

    asyncio.run(app(scope, receive, send))
    return heard


async def test_what_is_no_request_passes_middleware_and_what_is_no_refusal_is_not_answered(issuer: Issuer) -> None:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        send(scope["type"])

    heard: list[str] = []
    app: Any = yett_guard.starlette.Protected(inner, issuer.guard())
    await app({"type": "lifespan"}, None, heard.append)
    assert heard == ["lifespan"]
    with pytest.raises(KeyError):
        await yett_guard.starlette.answered(starlette.requests.Request({"type": "http"}), KeyError())


def test_the_description_of_an_api_says_that_it_takes_a_token(issuer: Issuer) -> None:
    guard, app = yett_guard.fastapi.Guard(issuer.settings, web=issuer, clock=issuer.clock), fastapi.FastAPI()

    @app.get("/", dependencies=[fastapi.Depends(guard.require(scope="read"))])
    def nothing() -> None: ...

    assert app.openapi()["paths"]["/"]["get"]["security"] == [{"HTTPBearer": []}]


def test_a_requirement_that_is_async_needs_an_endpoint_that_is(issuer: Issuer) -> None:
    async def later(_: starlette.requests.Request) -> Requirement:
        return Requirement()

    def page(_: starlette.requests.Request) -> starlette.responses.Response:
        return starlette.responses.Response()

    with pytest.raises(TypeError, match="not async"):
        yett_guard.starlette.Guard(issuer.settings, web=issuer, clock=issuer.clock).require(later)(page)
