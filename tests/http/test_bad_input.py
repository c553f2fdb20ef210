"""What nobody should send, at every endpoint: an answer that says so, and never an error of ours."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.http.browser import call
from tests.world import BACK, CHALLENGE, MFA_OTP, REALM, VERIFIER, World, world
from yett.http.asgi import BODY_LIMIT

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
OURS = 500
CLIENT = {"client_id": "web", "client_secret": "web's secret"}
PROGRAMS = ("/oauth/token", "/mfa/challenge", "/oauth/revoke")
ASKED = {
    "client_id": "web",
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
# A good request of each kind, whose fields are then spoilt one by one.
GOOD: dict[str, list[dict[str, str]]] = {
    "/oauth/token": [
        {**CLIENT, "grant_type": REALM, "username": "ada@example.test", "password": "secret of ada", "scope": "openid", "audience": "", "realm": "x"},
        {**CLIENT, "grant_type": "authorization_code", "code": "c", "redirect_uri": BACK, "code_verifier": VERIFIER},
        {**CLIENT, "grant_type": "refresh_token", "refresh_token": "r", "scope": "openid", "acr_values": "phr", "max_age": "1"},
        {**CLIENT, "grant_type": MFA_OTP, "mfa_token": "a.1.b", "otp": "123456"},
        {**CLIENT, "grant_type": "client_credentials", "audience": "a", "scope": "b"},
    ],
    "/mfa/challenge": [{**CLIENT, "mfa_token": "a.1.b", "challenge_type": "otp oob", "authenticator_id": "totp|dev_ada"}],
    "/oauth/revoke": [{**CLIENT, "token": "t", "token_type_hint": "refresh_token"}],
    "/authorize": [{**ASKED, "state": "s", "nonce": "n", "audience": "a", "claims": "{}", "max_age": "1", "prompt": "login", "acr_values": "phr"}],
    "/oidc/logout": [{"id_token_hint": "x.y.z", "post_logout_redirect_uri": BACK, "client_id": "web", "state": "s", "csrf": "c"}],
    "/userinfo": [{"access_token": "a"}],
    "/u/login-id": [{"state": "s", "csrf": "c", "username": "ada@example.test", "action": "default"}],
}
NASTY = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nset-cookie: a=b",
    "\x1b[31m",
    "é",
    "\uff11\uff12\uff13\uff14\uff15\uff16",
    "\u202etxt",
    "😀" * 50,
    "a" * 10_000,
    "'; DROP TABLE accounts; --",
    "../../etc/passwd",
    "{{7*7}}",
    "%00%0d%0a",
    "-1",
    "1e309",
    "null",
    "[]",
    '{"a":' * 100,
]
NO_TEXT = ["\ud800", "a\udfffb"]


@pytest.fixture
async def w() -> AsyncIterator[World]:
    """A house that somebody lives in."""
    async with world() as made:
        await made.person()
        yield made


@pytest.fixture(params=["memory", "postgresql"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The same over either database: PostgreSQL is pickier than SQLite about what is text."""
    async with world("memory:" if request.param == "memory" else request.getfixturevalue("postgres_url")) as made:
        await made.person()
        yield made


async def send(w: World, method: str, path: str, body: bytes = b"", kind: str = FORM, **headers: str) -> tuple[int, bytes]:
    status, _, answer = await call(w.app, method, path, headers={"content-type": kind, **headers}, body=body)
    return status, answer


def said(answer: tuple[int, bytes]) -> tuple[int, Any]:
    return answer[0], json.loads(answer[1])["error"]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


async def test_a_field_with_anything_in_it_is_no_error_of_ours(either: World, caplog: pytest.LogCaptureFixture) -> None:
    for path, requests in GOOD.items():
        for good in requests:
            for name in good:
                for value in NASTY:
                    status, _ = await send(either, "POST", path, urlencode({**good, name: value}).encode())
                    assert status < OURS, (path, name, value)
                    if path in PROGRAMS:
                        status, answer = await send(either, "POST", path, json.dumps({**good, name: value}).encode(), JSON)
                        assert status < OURS, (path, name, value)
                        assert status == 200 or json.loads(answer)["error"]
    assert caplog.records == []


async def test_a_query_with_anything_in_it_is_no_error_of_ours(either: World) -> None:
    paths = {
        "/authorize": GOOD["/authorize"][0],
        "/u/login-id": {"state": "s"},
        "/u/\u0660": {"state": "s"},
        "/v2/logout": {"returnTo": BACK, "client_id": "web"},
        "/oidc/logout": GOOD["/oidc/logout"][0],
    }
    for path, good in paths.items():
        for name in good:
            for value in NASTY:
                status, _ = await send(either, "GET", f"{path}?{urlencode({**good, name: value})}")
                assert status < OURS, (path, name, value)


@pytest.mark.parametrize("value", NO_TEXT)
async def test_half_a_surrogate_pair_is_no_text(w: World, value: str) -> None:
    for path in PROGRAMS:
        for good in GOOD[path]:
            for name in good:
                status, _ = await send(w, "POST", path, json.dumps({**good, name: value}).encode(), JSON)
                assert status == 400, (path, name)


@pytest.mark.parametrize("value", [None, [], {}, {"a": "b"}, 1, 1.5, True, 10**30, [["x"]]])
async def test_json_of_another_shape_is_an_answer_in_json(w: World, value: object) -> None:
    for path in PROGRAMS:
        for good in GOOD[path]:
            for name in good:
                status, answer = await send(w, "POST", path, json.dumps({**good, name: value}).encode(), JSON)
                assert status < OURS, (path, name, value)
                assert status == 200 or json.loads(answer)["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"\xff\xfe",
        b'{"a":"\xed\xa0\x80"}',
        b'{"grant_type":' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        '{"grant_type":"password"}'.encode("utf-16"),
        b'{"grant_type":"password","grant_type":"refresh_token"}',
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_no_json_object_is_malformed(w: World, body: bytes) -> None:
    for path in PROGRAMS:
        assert said(await send(w, "POST", path, body, JSON)) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"a=%ff", b"a=%C0%AF", b"\xff=1", b"a=%ED%A0%80", b"&".join(b"a%d=1" % number for number in range(300))])
async def test_a_form_that_is_no_text_is_malformed(w: World, body: bytes) -> None:
    for path in (*PROGRAMS, "/authorize", "/u/login-id", "/oidc/logout", "/userinfo"):
        status, _ = await send(w, "POST", path, body)
        assert status == 400, path


async def test_a_field_given_twice_is_malformed_wherever_it_would_be_ambiguous(w: World) -> None:
    """RFC 6749, 3.2: parameters must not be included more than once."""
    for path in (*PROGRAMS, "/u/login-id", "/oidc/logout"):
        status, answer = await send(w, "POST", path, b"client_id=web&client_id=other&state=s")
        assert (status, json.loads(answer)["error"]) == (400, "invalid_request"), path


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/xml", "application/json-patch+json", "x" * 1000])
async def test_another_kind_of_body_is_refused(w: World, kind: str) -> None:
    for path in (*PROGRAMS, "/authorize", "/u/login-id", "/oidc/logout"):
        status, _ = await send(w, "POST", path, b"a=b", kind)
        assert status == 415, path
    assert (await send(w, "POST", "/userinfo", b"access_token=x", kind))[0] == 401


async def test_a_body_may_be_so_large_and_no_larger(w: World) -> None:
    for path in (*PROGRAMS, "/authorize", "/u/login-id", "/oidc/logout", "/userinfo"):
        assert (await send(w, "POST", path, b"a=" + b"x" * (BODY_LIMIT - 2)))[0] < 413, path
        assert (await send(w, "POST", path, b"a=" + b"x" * BODY_LIMIT))[0] == 413, path


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "X"])
async def test_another_method_is_not_allowed_and_told_which_are(w: World, method: str) -> None:
    for route in w.app.routes:
        path = route.path.replace("/*", "/nothing")
        status, headers, body = await call(w.app, method, path, headers={"content-type": FORM})
        assert status < OURS, (path, method)
        if status == 405:
            assert method not in dict(headers)["allow"].split(", ")
            assert body == b""
        if method == "HEAD":
            assert body == b""


async def test_authorization_headers_of_all_kinds(w: World) -> None:
    for value in ("Basic", "Basic ", "Basic !!!", "Basic Og==", "Basic /w==", "Bearer", "Bearer " + "x" * 9000, "Bearer a.b.c", "bearer  a b", "é", "\x80"):
        for path in (*PROGRAMS, "/userinfo"):
            status, _ = await send(
                w, "POST", path, urlencode({"grant_type": "refresh_token", "refresh_token": "r", "token": "t"}).encode(), authorization=value
            )
            assert status in {400, 401, 403}, (path, value)


async def test_cookies_of_all_kinds_are_as_good_as_none(w: World) -> None:
    for value in ("é", "=", ";;;", "a" * 9000, "\x80\xff", "yett-session", "yett-session=é; yett-attempt=ß; yett-device=\xff"):
        for path in ("/authorize?" + urlencode(ASKED), "/u/login-id?state=s", "/oidc/logout", "/v2/logout"):
            status, _ = await send(w, "GET", path, cookie=value)
            assert status < OURS, (path, value)


async def test_a_page_that_is_answered_with_anything_stays_or_ends_and_says_why(either: World) -> None:
    browser = either.browser()
    page = await either.authorize(browser, acr_values="http://schemas.openid.net/pape/policies/2007/06/multi-factor")
    for field in ("username", "action", "csrf"):
        for value in NASTY:
            answer = await browser.submit(page, **{"username": "", field: value})
            assert answer.status < OURS, (field, value)
    page = await browser.submit(await either.authorize(browser), username="ada@example.test")
    for value in NASTY[:4]:
        assert (await browser.submit(page, password=value)).status < OURS
    page = await browser.submit(page, password="secret of ada")
    if page.screen == "mfa-otp-challenge":
        for value in NASTY[:6]:
            assert (await browser.submit(page, code=value)).status < OURS


async def test_paths_that_are_not_there_are_not_there(w: World) -> None:
    for path in ("/", "/nothing", "/u", "/assets/../../etc/passwd", "/assets/%2e%2e/x", "//evil.test/", "/\u0000", "/" + "a" * 5000):
        assert (await send(w, "GET", path))[0] in {400, 404}, path
