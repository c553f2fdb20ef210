"""Pages on a port of this machine, under the policy of the real server."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl

from yett.domain.tenant import Brand
from yett.http.assets import assets
from yett.http.brand import brand_css
from yett.http.edge import CSP


class Served(NamedTuple):
    """Where the pages are, and the forms that were sent to them."""

    base: str
    forms: list[list[tuple[str, str]]]


@contextmanager
def served(pages: Mapping[str, bytes], brand: Brand) -> Iterator[Served]:
    """Each page under its name; whatever is posted anywhere is kept."""
    forms: list[list[tuple[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/assets/brand.css":
                self.answer(brand_css(brand), "text/css")
            elif asset := assets().get(path):
                self.answer(asset.body, asset.content_type)
            else:
                self.answer(pages.get(path[1:], b""), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            forms.append(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode(), keep_blank_values=True))
            self.answer(b"<!doctype html><title>Sent</title>", "text/html; charset=utf-8")

        def answer(self, body: bytes, content_type: str) -> None:
            self.send_response(200)
            self.send_header("content-type", content_type)
            self.send_header("content-security-policy", CSP)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(f"http://localhost:{server.server_port}/", forms)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
