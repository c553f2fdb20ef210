"""The workshop holds what it promises."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
import segno
import trustme
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page
from pytest_socket import SocketConnectBlockedError
from valkey import Valkey

from tests.harness.chromium import pin
from tests.harness.postgres import Cluster
from tests.harness.process import program

HTML = "<!doctype html><html lang=en><title>t</title><main><h1>t</h1>{}</main>"


def test_a_database_is_new_and_empty(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as db:
        db.execute("CREATE TABLE only_here (id int)")
        found = db.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (1,)


def test_a_template_is_built_once_and_copied(postgres: Cluster) -> None:
    built = []

    def build(url: str) -> None:
        built.append(url)
        with psycopg.connect(url) as db:
            db.execute("CREATE TABLE copied (id int)")

    name = postgres.template(f"tpl_{os.getpid()}", build)
    assert postgres.template(name, build) == name
    assert len(built) == 1
    with postgres.database(name) as url, psycopg.connect(url) as db:
        assert db.execute("SELECT count(*) FROM copied").fetchone() == (0,)


def test_the_durable_cluster_syncs_and_the_quick_one_does_not(durable_postgres_url: str, postgres_url: str) -> None:
    said = []
    for url in (durable_postgres_url, postgres_url):
        with psycopg.connect(url) as db:
            said.append([db.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")])
    assert said == [[("on",), ("on",)], [("off",), ("off",)]]


def test_valkey_answers_on_its_socket(valkey_socket: Path) -> None:
    with Valkey(unix_socket_path=str(valkey_socket)) as client:
        client.set("harness", "1")
        assert client.get("harness") == b"1"


def test_servers_die_with_a_killed_test_run() -> None:
    script = "import time; from tests.harness.valkey import valkey\nwith valkey() as path: print(path, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        path = run.stdout.readline().strip()
        run.send_signal(signal.SIGKILL)
    for _ in range(200):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path):
                shutil.rmtree(Path(path).parent)
                return
        time.sleep(0.02)
    pytest.fail("the server outlived its parent")


def test_ports_are_free_on_both_loopbacks(free_port: Callable[[], int]) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert free_port() != port


async def test_the_world_outside_is_out_of_reach() -> None:
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_a_missing_program_is_named_in_one_line() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"^no-such-thing is missing: install it$"):
        program("no-such-thing", install="install it")


def test_oathtool_is_here() -> None:
    said = subprocess.run(
        [program("oathtool", install="run `make test`, or install oathtool"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("oathtool")


@pytest.mark.browser
async def test_a_qr_code_is_read_off_the_screen(page: Page) -> None:
    svg = segno.make("otpauth://totp/x?secret=ABC", micro=False).svg_inline(scale=6, border=4, light="#fff")
    await page.set_content(HTML.format(svg))
    seen = zxingcpp.read_barcodes(Image.open(BytesIO(await page.screenshot())))
    assert [code.text for code in seen] == ["otpauth://totp/x?secret=ABC"]


@pytest.mark.browser
async def test_axe_sees_what_is_wrong_and_nothing_else(page: Page, axe: Callable[[Page], Awaitable[list[str]]]) -> None:
    await page.set_content(HTML.format("<label>Code <input></label>"))
    assert await axe(page) == []
    await page.set_content(HTML.format("<input>"))
    assert [line.partition(":")[0] for line in await axe(page)] == ["label"]


@pytest.mark.browser
async def test_the_browser_trusts_a_pinned_key_alone(
    launch_chromium: Callable[..., Awaitable[Browser]], chromium: Browser, free_port: Callable[[], int], tmp_path: Path
) -> None:
    leaf = trustme.CA().issue_cert("localhost")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "leaf.pem")
    port = free_port()
    script = (
        "import http.server as h, ssl, sys\n"
        "s = h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.BaseHTTPRequestHandler)\n"
        "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[2])\n"
        "s.socket = c.wrap_socket(s.socket, server_side=True); s.serve_forever()"
    )
    server = subprocess.Popen([sys.executable, "-c", script, str(port), str(tmp_path / "leaf.pem")], stderr=-3)
    try:
        while True:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.02)
        pinned = await launch_chromium(pins=[pin(leaf.cert_chain_pems[0].bytes())])
        answers = []
        for browser in (pinned, chromium):
            tab = await browser.new_page()
            try:
                answer = await tab.goto(f"https://localhost:{port}/")
                answers.append(answer.status if answer else None)
            except Exception as fault:  # noqa: BLE001 - Playwright raises its own base error
                answers.append("ERR_CERT_AUTHORITY_INVALID" in str(fault))
            await tab.close()
        assert answers == [501, True]
    finally:
        server.kill()
        server.wait()
