"""The server's keys: fetched once by many, not often by anybody, kept a while when it is down, never for ever."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from yett_guard import Guard, Refusal, Settings
from yett_guard import keys as keys_of
from yett_guard.acr import BUILT_IN
from yett_guard.keys import FRESH, KEPT, PAUSE, RETRY, Keys, ask
from yett_guard.testing import Issuer
from yett_guard.web import Unreachable


class Server:
    """An issuer whose questions are counted, and that can be made to wait."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer, self.asked, self.may_answer = issuer, 0, threading.Event()
        self.may_answer.set()

    def get(self, url: str) -> bytes:
        self.asked += url.endswith("openid-configuration")
        assert self.may_answer.wait(10)
        return self.issuer.get(url)

    def post(self, url: str, fields: Any, client: Any) -> bytes:
        return self.issuer.post(url, fields, client)


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


Parts = tuple[Guard, Issuer, Server, Clock]


@pytest.fixture
def parts() -> Parts:
    issuer, clock = Issuer(), Clock()
    server = Server(issuer)
    guard = Guard(issuer.settings, web=server)
    guard._keys = Keys(lambda: ask(guard.web, guard.settings), clock)
    return guard, issuer, server, clock


def said(guard: Guard, token: str) -> int:
    """The status of the answer; 200: it is good."""
    try:
        guard.check([f"Bearer {token}"])
    except Refusal as refused:
        return refused.status
    return 200


def unknown(issuer: Issuer, n: int = 0) -> str:
    return issuer.signed({}, kid=f"nobody's {n}")


def test_keys_are_fetched_once_and_kept(parts: Parts) -> None:
    guard, issuer, server, clock = parts
    for _ in range(20):
        assert said(guard, issuer.token()) == 200
    clock.now += FRESH
    assert said(guard, issuer.token()) == 200
    assert server.asked == 1


def test_what_is_no_token_makes_nobody_ask(parts: Parts) -> None:
    guard, _, server, _ = parts
    assert said(guard, "a.b.c") == 401
    assert server.asked == 0


def test_a_storm_of_unknown_keys_asks_once_in_a_while(parts: Parts) -> None:
    guard, issuer, server, clock = parts
    assert said(guard, issuer.token()) == 200
    for n in range(500):
        assert said(guard, unknown(issuer, n)) == 401
    assert server.asked == 1
    clock.now += PAUSE
    for n in range(500):
        assert said(guard, unknown(issuer, n)) == 401
    assert server.asked == 2
    assert said(guard, issuer.token()) == 200


def test_a_new_key_is_found_when_a_token_names_it(parts: Parts) -> None:
    guard, issuer, server, clock = parts
    assert said(guard, issuer.token()) == 200
    server.issuer = other = Issuer()
    clock.now += PAUSE
    assert said(guard, other.token()) == 200
    assert said(guard, issuer.token()) == 401


def test_a_key_that_was_withdrawn_is_good_for_five_minutes_at_most(parts: Parts) -> None:
    guard, issuer, server, clock = parts
    assert said(guard, issuer.token()) == 200
    server.issuer = Issuer()
    clock.now += FRESH + 1
    assert said(guard, issuer.token()) == 401


def test_keys_serve_on_while_the_server_is_down_but_not_for_ever(parts: Parts) -> None:
    guard, issuer, _, clock = parts
    assert said(guard, issuer.token()) == 200
    issuer.down = True
    clock.now += KEPT
    assert said(guard, issuer.token()) == 200
    clock.now += 1
    assert said(guard, issuer.token()) == 503
    issuer.down = False
    clock.now += RETRY
    assert said(guard, issuer.token()) == 200


def test_a_server_that_is_down_is_not_asked_by_everybody(parts: Parts) -> None:
    guard, issuer, server, clock = parts
    issuer.down = True
    for _ in range(100):
        assert said(guard, issuer.token()) == 503
    assert server.asked == 1
    clock.now += RETRY
    assert said(guard, issuer.token()) == 503
    assert server.asked == 2


def test_many_threads_wait_for_one_fetch(parts: Parts) -> None:
    guard, issuer, server, _ = parts
    server.may_answer.clear()
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(said, guard, issuer.token()) for _ in range(16)]
        server.may_answer.set()
        assert [one.result() for one in waiting] == [200] * 16
    assert server.asked == 1


async def test_many_tasks_wait_for_one_fetch_and_whoever_gives_up_takes_it_from_nobody(parts: Parts) -> None:
    guard, issuer, server, _ = parts
    server.may_answer.clear()
    waiting = [asyncio.create_task(guard.acheck([f"Bearer {issuer.token()}"])) for _ in range(200)]
    await asyncio.sleep(0)
    for one in waiting[:100]:
        one.cancel()
    await asyncio.sleep(0)
    server.may_answer.set()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [True] * 100 + [False] * 100
    assert all(one.subject for one in done[100:])  # type: ignore[union-attr]
    assert server.asked == 1


async def test_a_server_that_never_answers_ends_in_a_refusal(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    guard, issuer, server, _ = parts
    server.may_answer.clear()
    monkeypatch.setattr("yett_guard.guard.PATIENCE", 0.01)
    assert said(guard, issuer.token()) == 503
    with pytest.raises(Refusal, match="temporarily"):
        await guard.acheck([f"Bearer {issuer.token()}"])
    server.may_answer.set()


def test_a_fetch_that_breaks_is_a_fetch_that_failed(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    guard, issuer, _, clock = parts

    def broken() -> keys_of.Known:
        raise RuntimeError("no memory")

    guard._keys = Keys(broken, clock)
    assert said(guard, issuer.token()) == 503
    assert "no memory" in caplog.text


class Told:
    """A server that says what it is given, by the end of the path."""

    def __init__(self, document: object, jwks: object = None) -> None:
        self.document, self.jwks = document, jwks or {"keys": []}

    def get(self, url: str) -> bytes:
        told = self.document if url.endswith("openid-configuration") else self.jwks
        return told if isinstance(told, bytes) else json.dumps(told).encode()

    def post(self, url: str, fields: Any, client: Any) -> bytes:
        raise Unreachable(url)


SETTINGS = Settings(issuer="https://issuer.test/", audience="api")
DOCUMENT = {"issuer": "https://issuer.test/", "jwks_uri": "https://issuer.test/keys"}


@pytest.mark.parametrize(
    "told",
    [
        Told(b"not json"),
        Told([]),
        Told({**DOCUMENT, "issuer": "https://other.test/"}),
        Told({**DOCUMENT, "jwks_uri": "http://issuer.test/keys"}),
        Told({**DOCUMENT, "jwks_uri": "file:///etc/passwd"}),
        Told({**DOCUMENT, "jwks_uri": None}),
        Told({**DOCUMENT, "introspection_endpoint": "http://issuer.test/introspect"}),
        Told({**DOCUMENT, "introspection_endpoint": 7}),
        Told(DOCUMENT, {"keys": {}}),
        Told(DOCUMENT, b'{"keys": [], "keys": []}'),
    ],
)
def test_an_answer_that_is_not_the_issuer_s_or_not_safe_is_none(told: Told) -> None:
    with pytest.raises(Unreachable):
        ask(told, SETTINGS)


def test_of_two_keys_of_one_name_the_first_is_it_and_what_is_no_key_is_left_out() -> None:
    first, second = (json.loads(Issuer().get("keys"))["keys"][0] | {"kid": "a"} for _ in range(2))
    known = ask(Told(DOCUMENT, {"keys": [first, second, {"kid": "b", "kty": "oct", "k": "AQAB"}, "c", {"kid": 1}]}), SETTINGS)
    alone = ask(Told(DOCUMENT, {"keys": [first]}), SETTINGS)
    assert set(known.keys) == {"a"}
    assert (known.implies, known.introspection) == (BUILT_IN, "")
    assert _public(known.keys["a"].verify) == _public(alone.keys["a"].verify)


def _public(verify: Callable[..., bool]) -> object:
    """The key that a verifier closes over."""
    (public,) = (cell.cell_contents for cell in verify.__closure__ or ())
    return public.public_numbers()


def test_a_key_for_an_algorithm_that_is_not_allowed_is_left_out() -> None:
    settings = Settings(issuer="https://issuer.test/", audience="api", algorithms=frozenset({"RS256"}))
    assert not ask(Told(DOCUMENT, {"keys": json.loads(Issuer().get("keys"))["keys"]}), settings).keys


def test_what_implies_what_is_taken_from_the_server() -> None:
    assert ask(Told({**DOCUMENT, "acr_values_implied": {"gold": ["silver"]}}, {"keys": []}), SETTINGS).implies == {"gold": {"silver"}}
