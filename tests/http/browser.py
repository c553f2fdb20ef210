"""A browser of thirty lines for the ASGI application: cookies, redirects, forms; no script, like many a careful person's."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

Answer = tuple[int, dict[str, str], bytes]


async def call(
    app: Any, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", client: str = "127.0.0.1"
) -> tuple[int, list[tuple[str, str]], bytes]:
    """One request to an ASGI application."""
    parts = urlsplit(path)
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": (client, 50000),
        "server": ("localhost", 8000),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    return start["status"], [(n.decode(), v.decode("latin-1")) for n, v in start["headers"]], b"".join(m.get("body", b"") for m in sent[1:])


@dataclass
class Page:
    """What a request ended with."""

    status: int
    url: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def screen(self) -> str:
        found = re.search(r'data-screen="([^"]+)"', self.text)
        return found[1] if found else ""

    @property
    def hidden(self) -> dict[str, str]:
        fields = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", self.text)
        pairs = [(re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)) for one in fields]
        return {name[1]: html.unescape(value[1]) for name, value in pairs if name and value}

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query))

    def header(self, name: str) -> str:
        return next((value for one, value in self.headers if one == name), "")


@dataclass
class Browser:
    """Follows redirects within the issuer, and stops where one leaves it."""

    app: Any
    issuer: str = "http://localhost:8000/"
    cookies: dict[str, str] = field(default_factory=dict)
    ip: str = "127.0.0.1"
    language: str = "en"
    agent: str = ""

    async def get(self, url: str, **query: str) -> Page:
        return await self._go("GET", url + ("?" + urlencode(query) if query else ""), b"")

    async def post(self, url: str, fields: Mapping[str, str]) -> Page:
        return await self._go("POST", url, urlencode(fields).encode())

    async def submit(self, page: Page, **fields: str) -> Page:
        """Fill in the page's form and send it."""
        action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        assert action, page.text
        return await self.post(html.unescape(action[1]), {**page.hidden, "action": "default", **fields})

    async def _go(self, method: str, url: str, body: bytes) -> Page:
        for _ in range(10):
            path = url.removeprefix(self.issuer.rstrip("/"))
            headers = {"host": urlsplit(self.issuer).netloc, "cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
            headers |= {"accept-language": self.language, "user-agent": self.agent}
            if method == "POST":
                headers["content-type"] = "application/x-www-form-urlencoded"
            status, got, answer = await call(self.app, method, path, headers=headers, body=body, client=self.ip)
            self._keep(got)
            location = next((value for name, value in got if name == "location"), None)
            if status != 303 or location is None:
                return Page(status, url, got, answer)
            url, method, body = location, "GET", b""
            if ("://" in url and not url.startswith(self.issuer)) or urlsplit(url).path.startswith("/callback"):
                return Page(status, url, got, answer)
        raise AssertionError("too many redirects")

    def _keep(self, headers: list[tuple[str, str]]) -> None:
        for name, value in headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                if "Max-Age=0" in rest:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = rest.partition(";")[0]
