"""Forward authentication behind a real nginx and a real Caddy, by the files that we ship."""

import html
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.harness.process import await_ready, program, start, stop, unused_port
from tests.serving import serving

EXAMPLES = Path(__file__).parents[2] / "examples" / "forward-auth"
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
HTML = {"accept": "text/html", "sec-fetch-mode": "navigate"}


class Application(ThreadingHTTPServer):
    """What is protected: it knows nothing of Yett, and answers with the headers that it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.asked = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        body = json.dumps([(name.lower().replace("_", "-"), value) for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def nginx(folder: Path, port: int, yett: int, app: int) -> list[str | Path]:
    text = (EXAMPLES / "nginx.conf").read_text()
    text = text.replace("443 ssl", f"127.0.0.1:{port}").replace("wiki.example.com", "wiki.localhost")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{yett}").replace("127.0.0.1:9000", f"127.0.0.1:{app}")
    for name in ("yett.conf", "yett-host.conf", "yett-asks.conf"):
        (folder / name).write_text((EXAMPLES / name).read_text())
    temporary = "".join(f"{one}_temp_path {folder}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {temporary}\n{text} }}"
    )
    return [program("nginx", "/usr/sbin/nginx", install="apt-get install nginx-light"), "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr"]


def caddy(folder: Path, port: int, yett: int, app: int) -> list[str | Path]:
    text = (EXAMPLES / "Caddyfile").read_text()
    text = text.replace("https://wiki.example.com", f"http://wiki.localhost:{port}")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{yett}").replace("127.0.0.1:9000", f"127.0.0.1:{app}")
    (folder / "Caddyfile").write_text(f"{{\nadmin off\nauto_https off\nstorage file_system {folder}/caddy\n}}\n{text}")
    return [program("caddy", install="apt-get install caddy"), "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]


class Place(NamedTuple):
    """A protected host: where the proxy listens, who we are, and what is behind."""

    port: int
    issuer: str
    app: Application
    email: str
    password: str

    @property
    def origin(self) -> str:
        return f"http://wiki.localhost:{self.port}"


@contextmanager
def protected(folder: Path, config: Callable[[Path, int, int, int], list[str | Path]]) -> Iterator[Place]:
    app, port, yett, log = Application(), unused_port(), unused_port(), folder / "proxy.log"
    threading.Thread(target=app.serve_forever, daemon=True).start()
    environ = {"YETT_PROTECT": f"http://wiki.localhost:{port}", "YETT_TRUSTED_PROXIES": "127.0.0.1"}
    with serving(folder, yett, "--demo", **environ) as issuer:
        proxy = start(config(folder, port, yett, app.port), log, env={**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)})
        try:
            await_ready(proxy, log, lambda: answers(port))
            demo = json.loads((folder / "demo.json").read_text())
            yield Place(port, issuer, app, demo["email"], demo["password"])
        finally:
            stop(proxy)
            app.shutdown()
            app.server_close()


def answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", headers={"host": "nobody.localhost"})
    except httpx.TransportError:
        return False
    return True


@dataclass
class Visitor:
    """A browser that keeps cookies by host, and goes nowhere by itself."""

    place: Place
    jars: dict[str, dict[str, str]] = field(default_factory=dict)
    web: httpx.Client = field(default_factory=httpx.Client)

    def get(self, url: str, headers: Mapping[str, str] = HTML, method: str = "GET", **data: Any) -> httpx.Response:
        url = url if "://" in url else self.place.origin + url
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.netloc, {})
        sent = {**headers, "host": parts.netloc, "cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        answer = self.web.request(method, f"http://127.0.0.1:{parts.port}{url.partition(parts.netloc)[2]}", headers=sent, follow_redirects=False, **data)
        for value in answer.headers.get_list("set-cookie"):
            name, _, rest = value.partition("=")
            jar[name] = "" if "Max-Age=0" in rest else rest.partition(";")[0]
        return answer

    def follow(self, answer: httpx.Response, until: str) -> tuple[str, httpx.Response]:
        """Redirects, until one leads to an address that begins so, or there are no more."""
        url = ""
        while answer.is_redirect:
            there = answer.headers["location"]
            url = there if "://" in there else self.place.issuer.rstrip("/") + there
            if url.startswith(until):
                break
            answer = self.get(url)
        return url, answer

    def log_in(self, answer: httpx.Response) -> httpx.Response:
        """The name, the password, and back; what the callback answers."""
        back = self.place.origin + "/.yett/callback"
        url, page = self.follow(answer, back)
        for typed in ({"username": self.place.email}, {"password": self.place.password}):
            if not url.startswith(back):
                url, page = self.follow(self.submit(page, **typed), back)
        return self.get(url)

    def submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        assert form, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
        data = {"action": "default", **{name: html.unescape(value) for name, value in hidden.items()}, **typed}
        return self.get(self.place.issuer.rstrip("/") + html.unescape(form[1]), {}, "POST", data=data)


@pytest.mark.parametrize("config", [nginx, caddy])
def test_a_real_proxy_lets_nobody_in_but_whom_we_know(config: Callable[[Path, int, int, int], list[str | Path]], tmp_path: Path) -> None:
    with protected(tmp_path, config) as place, httpx.Client() as web:
        ada = Visitor(place, web=web)
        forged = {
            "X-Yett-Sub": "auth0|eve",
            "X-Yett-Acr": "phr",
            "x-yett-amr": "mfa",
            "X_Yett_Sub": "auth0|eve",
            "X.Yett.Sub": "auth0|eve",
            "X-Forwarded-Host": "evil.example",
        }
        first = ada.get("/page?a=1&b=2", {**HTML, **forged})
        assert first.status_code == 303
        assert first.headers["location"].startswith(place.issuer + "authorize?")
        for headers, method in (({"sec-fetch-mode": "cors"}, "GET"), (HTML, "POST")):
            told = ada.get("/page", {**headers, **forged}, method)
            assert told.status_code == 401
            assert told.headers["www-authenticate"].startswith('Bearer error="insufficient_user_authentication"')
        assert ada.get("/.yett/status").status_code in {403, 404}
        assert place.app.asked == 0

        back = ada.log_in(first)
        assert back.headers["location"] == place.origin + "/page?a=1&b=2"
        seen = ada.get("/page?a=1&b=2", {**HTML, **forged}).json()
        ours = {name: value for name, value in seen if name.startswith("x-yett")}
        assert ours["x-yett-amr"] == "pwd"
        assert ours["x-yett-sub"].startswith("auth0|")
        assert ours.get("x-yett-acr", "") == ""
        assert not [value for name, value in seen if "auth0|eve" in value or (name.startswith("x-yett") and value in {"phr", "mfa"})]
        assert len(ours) == len([name for name, _ in seen if name.startswith("x-yett")])
        assert ada.get("/page", {"sec-fetch-mode": "cors"}, "POST").status_code == 200

        admin = ada.get("/admin/", {**HTML, **forged})
        asked = parse_qs(urlsplit(admin.headers["location"]).query)
        assert (asked["acr_values"], asked["max_age"]) == ([MULTI_FACTOR], ["3600"])
        assert ada.get("/admin/", {**HTML, **forged}, "POST").status_code == 401
        assert ada.get("/admin/?acr=phr&demand=", HTML).status_code == 303

        out = ada.get("/.yett/sign-out")
        assert out.headers["location"].startswith(place.issuer + "v2/logout")
        assert ada.get("/page").status_code == 303
        assert place.app.asked == 2
