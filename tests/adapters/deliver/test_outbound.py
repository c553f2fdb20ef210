"""The one way out: where it goes, where it does not, and what becomes of each kind of answer (attacks, row 20)."""

import asyncio
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.adapters.deliver.server import Says, here, serving
from yett.adapters.deliver.answer import Answer, judge
from yett.adapters.deliver.outbound import LONGEST, LOOPBACK, Outbound, is_public
from yett.ports import Undelivered

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"]
NOT_PUBLIC = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_anybody_may_be_at_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_row_20_what_is_inside_is_not_public_in_whatever_disguise(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.test/",
        "gopher://example.test/",
        "file:///etc/passwd",
        "https://user@example.test/",
        "https://",
        "https://exa mple.test/",
        "https://example.test:99999/",
        "https://example.test/\r\nHost: other",
        "//example.test",
        "https://exämple.test/",
    ],
)
async def test_row_20_what_is_not_https_is_not_asked(url: str) -> None:
    async with here() as at:
        with pytest.raises(Undelivered):
            await at.outbound.call("x", "POST", url, {})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"])
async def test_row_20_an_inner_address_is_not_connected_to_however_it_is_written(host: str) -> None:
    async with serving() as server, here(allowed=()) as at:
        with pytest.raises(Undelivered):
            await at.outbound.call("x", "POST", f"https://{host}:{server.url.rpartition(':')[2]}/", {})
    assert server.connections == 0


async def test_row_20_plain_http_goes_nowhere_unless_this_machine_is_allowed() -> None:
    async with serving() as server, here(allowed=()) as at:
        with pytest.raises(Undelivered, match="only https"):
            await at.outbound.call("x", "POST", server.url, {})
    assert server.connections == 0


async def test_row_20_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(monkeypatch: pytest.MonkeyPatch, authority: Path) -> None:
    """DNS rebinding: the second answer, which nobody has checked, is never asked for."""
    loop, asked = asyncio.get_running_loop(), list[str]()
    real = loop.getaddrinfo

    async def getaddrinfo(host: Any, port: Any, **how: Any) -> Any:
        if host == "rebinding.test":
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))]
        assert host != "127.0.0.2"
        return await real(host, port, **how)

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    async with serving(tls=server_side(authority), host="rebinding.test") as server, here(ca=str(authority / "ca.pem")) as at:
        answer = await at.outbound.call("x", "POST", server.url, {})
    assert (answer.status, asked) == (200, ["rebinding.test"])
    assert server.asked[0].headers["host"].startswith("rebinding.test:")


async def test_a_certificate_of_another_name_or_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch, authority: Path) -> None:
    async with serving(tls=server_side(authority), host="localhost") as server:
        async with here(ca=str(authority / "ca.pem")) as at:
            with pytest.raises(Undelivered, match="x: ConnectError"):
                await at.outbound.call("x", "POST", server.url, {})
        async with here() as at:
            with pytest.raises(Undelivered, match="x: ConnectError"):
                await at.outbound.call("x", "POST", server.url, {})
    assert server.asked == []


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that vouches for one name."""
    folder, ca = tmp_path_factory.mktemp("ca"), trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf = ca.issue_cert("rebinding.test")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "leaf.pem"))
    return folder


def server_side(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(folder / "leaf.pem"))
    return context


async def test_row_20_a_redirect_is_an_answer_and_not_followed() -> None:
    async with serving() as inner, serving(Says(302, headers={"Location": inner.url})) as server, here() as at:
        answer = await at.outbound.call("x", "GET", server.url, {})
    assert (answer.status, answer.good, inner.asked) == (302, False, [])


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as proxy, serving() as server, here() as at:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await at.outbound.call("x", "POST", server.url, {})
    assert (len(server.asked), proxy.connections) == (1, 0)


async def test_a_connection_is_used_again() -> None:
    async with serving() as server, here() as at:
        for _ in range(3):
            await at.outbound.call("x", "POST", server.url + "/a?b=c", {"X-One": "1"}, b"body")
    assert (len(server.asked), server.connections) == (3, 1)
    assert server.asked[0][:2] == ("POST", "/a?b=c")
    assert (server.asked[0].headers["x-one"], server.asked[0].body) == ("1", b"body")


@pytest.mark.parametrize(
    "raw, why",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (LONGEST + 1), "too long an answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 2, "too long an answer"),
        (b"nonsense\r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 200_000 + b"\r\n", "RemoteProtocolError"),
    ],
)
async def test_an_answer_without_end_or_sense_is_none(raw: bytes, why: str) -> None:
    async with serving(Says(raw=raw)) as server, here() as at:
        with pytest.raises(Undelivered, match=f"^x: {why}$") as told:
            await at.outbound.call("x", "POST", server.url, {})
    assert not told.value.permanent


async def test_who_does_not_answer_in_time_or_is_not_there_is_not_the_end(free_port: Any) -> None:
    async with serving() as server, here(timeout=0.1) as at:
        server.mute = True
        with pytest.raises(Undelivered, match="x: no answer in time") as told:
            await at.outbound.call("x", "POST", server.url, {})
        assert not told.value.permanent
        with pytest.raises(Undelivered, match="x: ConnectError"):
            await at.outbound.call("x", "POST", f"http://127.0.0.1:{free_port()}", {})


@pytest.mark.parametrize("status, permanent", [(400, True), (413, True), (422, True), *[(one, False) for one in (301, 401, 402, 403, 404, 408, 429, 500, 503)]])
def test_the_message_is_to_blame_for_a_400_and_the_provider_or_we_for_all_else(status: int, permanent: bool) -> None:
    with pytest.raises(Undelivered) as told:
        judge("x", Answer(status, {}, b""))
    assert (told.value.permanent, str(told.value)) == (permanent, f"x: {status}")


@pytest.mark.parametrize("why", ["the number +49151 is wrong", {"a": 1}, None, "a" * 61, "x\ny"])
def test_only_a_code_of_the_provider_is_quoted_never_its_words(why: object) -> None:
    with pytest.raises(Undelivered) as told:
        judge("x", Answer(400, {}, b""), why)
    assert str(told.value) == "x: 400"


def test_nothing_is_allowed_that_was_not_named() -> None:
    assert Outbound().allowed == ()
    assert Outbound().refuses("http://localhost/")
    assert not Outbound(LOOPBACK).refuses("http://localhost/")
