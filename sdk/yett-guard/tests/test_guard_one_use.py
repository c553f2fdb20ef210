"""Tokens of one use, and revocation: the server's word is asked for last, once, and no answer is no."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from yett_guard import MULTI_FACTOR, Guard, Refusal, Settings
from yett_guard.testing import Issuer

PAYMENT = {"type": "payment", "amount": "100.00"}


class Server:
    """An issuer whose questions are kept, and whose answer can be another."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer, self.answer = issuer, b""
        self.asked: list[Mapping[str, str]] = []

    def get(self, url: str) -> bytes:
        return self.issuer.get(url)

    def post(self, url: str, fields: Mapping[str, str], client: tuple[str, str]) -> bytes:
        assert url == "https://issuer.test/introspect"
        self.asked.append(fields)
        told = self.issuer.post(url, fields, client)
        return self.answer or told


@pytest.fixture
def server() -> Server:
    return Server(Issuer())


@pytest.fixture
def guard(server: Server) -> Guard:
    return Guard(server.issuer.settings, web=server)


def refused(guard: Guard, token: str, **need: Any) -> Refusal:
    with pytest.raises(Refusal) as told:
        guard.check([f"Bearer {token}"], guard.need(**need))
    return told.value


def test_an_approval_opens_one_operation(guard: Guard, server: Server) -> None:
    raw = server.issuer.token(one_use=True, authorization_details=[PAYMENT])
    token = guard.check([f"Bearer {raw}"], guard.need(one_use=True))
    assert (token.consumed, token.details) == (True, (PAYMENT,))
    again = refused(guard, raw, one_use=True)
    assert (again.status, again.error) == (401, "insufficient_user_authentication")
    assert server.asked == [{"token": raw, "token_type_hint": "access_token", "consume": "true"}] * 2


def test_of_many_at_once_one_gets_through(guard: Guard, server: Server) -> None:
    raw, gate = server.issuer.token(one_use=True), threading.Barrier(8)

    def act(_: int) -> bool:
        gate.wait(10)
        try:
            guard.check([f"Bearer {raw}"], guard.need(one_use=True))
        except Refusal:
            return False
        return True

    guard.check([f"Bearer {server.issuer.token()}"])
    lock, post = threading.Lock(), server.issuer.post

    def one_after_another(*args: Any) -> bytes:
        with lock:
            return post(*args)

    server.issuer.post = one_after_another  # type: ignore[method-assign, assignment]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(act, range(8))) == 1


def test_an_approval_is_consumed_wherever_it_is_accepted(guard: Guard, server: Server) -> None:
    raw = server.issuer.token(one_use=True)
    guard.check([f"Bearer {raw}"])
    assert refused(guard, raw).status == 401


def test_within_one_request_it_is_consumed_once(guard: Guard, server: Server) -> None:
    token = guard.check([f"Bearer {server.issuer.token(one_use=True)}"])
    assert guard.demand(token, one_use=True).consumed
    assert len(server.asked) == 1


def test_several_checks_of_one_request_consume_it_once_and_each_has_its_say(guard: Guard, server: Server) -> None:
    raw, request = server.issuer.token(one_use=True, authorization_details=[PAYMENT]), dict[str, Any]()
    first = guard.check([f"Bearer {raw}"], kept=request)
    assert guard.check([f"Bearer {raw}"], guard.need(one_use=True, details=PAYMENT), request) is first
    assert guard.verify([f"Bearer {raw}"], request) is first
    assert len(server.asked) == 1
    with pytest.raises(Refusal):
        guard.check([f"Bearer {raw}"], guard.need(acr=MULTI_FACTOR), request)


def test_what_one_request_has_consumed_opens_no_other_request_and_no_other_guard_or_token_believes_it(guard: Guard, server: Server) -> None:
    raw, request, stranger = server.issuer.token(one_use=True), dict[str, Any](), Guard(server.issuer.settings, web=server)
    assert guard.check([f"Bearer {raw}"], guard.need(one_use=True), request).consumed
    stranger.check([f"Bearer {server.issuer.token()}"])
    for asked, shown, kept in ((guard, raw, {}), (stranger, raw, {**request}), (guard, server.issuer.token(aud="another"), {**request})):
        with pytest.raises(Refusal):
            asked.check([f"Bearer {shown}"], kept=kept)


def test_what_is_refused_for_another_reason_is_not_used_up(guard: Guard, server: Server) -> None:
    raw = server.issuer.token(one_use=True, authorization_details=[PAYMENT])
    assert refused(guard, raw, one_use=True, acr=MULTI_FACTOR).status == 401
    assert refused(guard, raw, one_use=True, scope="other").status == 403
    assert refused(guard, raw, one_use=True, details={**PAYMENT, "amount": "100.01"}).status == 401
    assert server.asked == []
    assert guard.check([f"Bearer {raw}"], guard.need(one_use=True, details=PAYMENT)).consumed


def test_without_the_server_nothing_is_consumed_and_nothing_opens(guard: Guard, server: Server) -> None:
    raw = server.issuer.token(one_use=True)
    guard.check([f"Bearer {server.issuer.token()}"])
    server.issuer.down = True
    assert refused(guard, raw, one_use=True).status == 503
    server.issuer.down = False
    assert guard.check([f"Bearer {raw}"]).consumed


@pytest.mark.parametrize(
    "answer", [b"", b"not json", b"[]", b"{}", b'{"active": "true"}', b'{"active": 1}', b'{"active": null}', b'{"active": true, "active": true}']
)
def test_an_answer_that_is_no_clear_yes_is_no(guard: Guard, server: Server, answer: bytes) -> None:
    server.answer = answer or b" "
    assert refused(guard, server.issuer.token(one_use=True), one_use=True).status == 503


@pytest.mark.parametrize("name", ["sub", "client_id", "jti", "iss"])
def test_a_yes_for_another_token_is_no(guard: Guard, server: Server, name: str) -> None:
    server.answer = json.dumps({"active": True, name: "another"}).encode()
    assert refused(guard, server.issuer.token(one_use=True), one_use=True).status == 401


def test_the_server_is_asked_about_other_tokens_only_where_that_is_wanted(guard: Guard, server: Server) -> None:
    raw = server.issuer.token()
    guard.check([f"Bearer {raw}"])
    assert server.asked == []
    guard.check([f"Bearer {raw}"], guard.need(live=True))
    assert server.asked == [{"token": raw, "token_type_hint": "access_token"}]
    server.answer = b'{"active": false}'
    assert refused(guard, raw, live=True).error == "invalid_token"
    server.answer, server.issuer.down = b"", True
    assert refused(guard, raw, live=True).status == 503


@pytest.mark.parametrize("need", [{"one_use": True}, {"live": True}])
def test_a_route_that_has_to_ask_the_server_cannot_be_made_without_credentials(server: Server, need: Any) -> None:
    guard = Guard(Settings(issuer=server.issuer.settings.issuer, audience=server.issuer.settings.audience), web=server)
    with pytest.raises(ValueError, match="YETT_CLIENT_ID"):
        guard.need(**need)
    assert refused(guard, server.issuer.token(one_use=True)).status == 503
    assert server.asked == []


async def test_async_code_consumes_as_well(guard: Guard, server: Server) -> None:
    raw = server.issuer.token(one_use=True)
    token = await guard.acheck([f"Bearer {raw}"], guard.need(one_use=True))
    assert (await guard.ademand(token, one_use=True)).consumed
    with pytest.raises(Refusal):
        await guard.acheck([f"Bearer {raw}"], guard.need(one_use=True))
    assert len(server.asked) == 2
