"""The edge: cookies, headers, addresses and origins, as issuer and configured proxies allow (attacks: rows 17 and 18)."""

from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.http.browser import call
from tests.world import BACK, VERIFIER, World, world
from yett.domain.tries import Bucket
from yett.http.asgi import Request
from yett.http.edge import DEVICE, HOLDER, SESSION, Edge

HTTPS, LOOPBACK = "https://id.example.test/", "http://localhost:8000/"
PROXY = (ip_network("10.0.0.0/8"),)
ORIGIN = "https://app.example.test"


def request(*, peer: str = "127.0.0.1", trusted: bool = True, **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": "GET", "path": "/authorize", "query_string": b"a=b", "headers": named, "client": (peer, 1)}
    return Request(scope, trusted=PROXY if trusted else ())


@pytest.mark.parametrize("name", [SESSION, DEVICE, HOLDER])
def test_row_18_cookies_are_bound_to_the_host_and_out_of_reach_of_scripts(name: str) -> None:
    """No sibling host can plant one: __Host- forbids a Domain, and wants Secure and Path=/."""
    assert Edge(HTTPS).cookie(name, "v") == ("set-cookie", f"__Host-{name}=v; Path=/; HttpOnly; Secure; SameSite=None")
    assert Edge(LOOPBACK).cookie(name, "v", 5) == ("set-cookie", f"{name}=v; Path=/; HttpOnly; Max-Age=5; SameSite=Lax")


def test_row_18_under_https_a_cookie_without_the_prefix_is_not_ours() -> None:
    planted = request(cookie="yett-session=planted; yett-attempt=planted; yett-device=planted")
    assert Edge(HTTPS).browser(planted)[:3] == ("", "", "")
    twice = request(cookie="__Host-yett-session=first; __Host-yett-session=second")
    assert Edge(HTTPS).browser(twice).session == "first"


def test_headers_that_every_answer_carries() -> None:
    said = dict(Edge(HTTPS).always)
    assert said[b"strict-transport-security"] == b"max-age=31536000; includeSubDomains"
    assert b"frame-ancestors 'none'" in said[b"content-security-policy"]
    assert b"unsafe" not in said[b"content-security-policy"]
    assert b"form-action" not in said[b"content-security-policy"], "a redirect to an application follows a form"
    assert (said[b"x-content-type-options"], said[b"referrer-policy"], said[b"cache-control"]) == (b"nosniff", b"no-referrer", b"no-store")
    assert b"strict-transport-security" not in dict(Edge(LOOPBACK).always)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "evil.test", "localhost", "localhost:8001", "LOCALHOST:8000"])
def test_row_17_a_loopback_issuer_sends_pages_of_another_name_home_and_any_other_issuer_ignores_the_name(host: str) -> None:
    """DNS rebinding gets nowhere."""
    assert Edge(LOOPBACK).elsewhere(request(host=host)) == "http://localhost:8000/authorize?a=b"
    assert Edge(HTTPS).elsewhere(request(host=host)) is None
    assert Edge(LOOPBACK).elsewhere(request(host="localhost:8000")) is None


@pytest.mark.parametrize(
    "peer, forwarded, trusted, ip",
    [
        ("203.0.113.9", "198.51.100.1", True, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", True, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", True, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", True, "198.51.100.1"),
        ("10.0.0.1", "", True, "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", True, "10.0.0.2"),
        ("10.0.0.1", " , ,198.51.100.1,", True, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1", False, "10.0.0.1"),
    ],
)
def test_row_17_the_address_is_the_nearest_that_is_not_our_proxys(peer: str, forwarded: str, trusted: bool, ip: str) -> None:
    """CVE-2024-47070: whoever writes X-Forwarded-For himself stays who he is."""
    assert request(peer=peer, trusted=trusted, x_forwarded_for=forwarded).ip == ip


async def test_row_17_no_header_gives_a_guesser_new_tries() -> None:
    async with world() as w:
        await w.person()
        pages = w.app.routes[0].handlers["GET"].__self__
        mfa = next(route for route in w.app.routes if route.path == "/oauth/token").handlers["POST"].__self__.tokens.mfa
        for one in (pages.login.prove, mfa):
            object.__setattr__(one, "address_bucket", Bucket(3, 3600))
        fields = {"grant_type": "password", "client_id": "web", "client_secret": "web's secret", "scope": "openid", "password": "wrong"}
        said = []
        for number in range(6):
            lie: Any = {"x-forwarded-for": f"198.51.100.{number}", "x-real-ip": f"198.51.100.{number}", "forwarded": f"for=198.51.100.{number}"}
            said.append((await w.post("/oauth/token", {**fields, "username": f"{number}@example.test"}, **lie))[0])
        assert said == [403] * 3 + [429] * 3


async def answer_to(w: World, origin: str, client: str = "spa", path: str = "/oauth/token", grant: str = "authorization_code") -> dict[str, str]:
    body = urlencode({"client_id": client, "grant_type": grant, "code": "x", "redirect_uri": BACK, "code_verifier": VERIFIER}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": origin}
    _, got, _ = await call(w.app, "POST", path, headers=headers, body=body)
    return dict(got)


async def test_the_first_answer_to_an_origin_that_is_registered_can_be_read_by_it() -> None:
    async with world() as w:
        assert (await answer_to(w, ORIGIN, grant="nonsense"))["access-control-allow-origin"] == ORIGIN
    async with world() as w:
        assert (await answer_to(w, ORIGIN))["access-control-allow-origin"] == ORIGIN
        spa = (await w.store.catalogue()).clients["spa"]
        await w.store.configure((spa._replace(web_origins=("https://new.example.test",)),), (), ())
        assert (await answer_to(w, "https://new.example.test"))["access-control-allow-origin"] == "https://new.example.test"


@pytest.mark.parametrize("origin", ["https://evil.test", "null", ORIGIN + ".evil.test", ORIGIN + ":444", ORIGIN.upper(), "http://app.example.test", "*"])
async def test_no_answer_can_be_read_by_an_origin_that_is_not_registered(origin: str) -> None:
    async with world() as w:
        for client in ("spa", "nobody", ""):
            said = await answer_to(w, origin, client)
            assert "access-control-allow-origin" not in said
            assert said["vary"] == "origin"
        assert "access-control-allow-origin" not in await answer_to(w, origin, path="/userinfo")
        assert "access-control-allow-credentials" not in await answer_to(w, ORIGIN)
