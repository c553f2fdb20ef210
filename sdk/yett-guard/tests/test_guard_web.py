"""HTTP: no redirects, no other status, nothing without an end, and the client is named by client_secret_basic."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from yett_guard.web import LARGEST, Unreachable, Urllib


class Answers(BaseHTTPRequestHandler):
    """Says what its path asks for."""

    def do_GET(self) -> None:
        status = int(self.path.strip("/") or 200)
        body = b"x" * (LARGEST + 1) if status == 299 else b"said"
        self.send_response(200 if status == 299 else status)
        if status == 302:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"])) + b" " + self.headers["Authorization"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:  # its name
        pass


@pytest.fixture(scope="module")
def there() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_an_answer_is_its_body(there: str) -> None:
    assert Urllib().get(there) == b"said"


@pytest.mark.parametrize("path", ["204", "302", "400", "404", "500", "503", "299"])
def test_redirects_errors_and_floods_are_no_answer(there: str, path: str) -> None:
    with pytest.raises(Unreachable):
        Urllib().get(there + path)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "file:///etc/hostname", "ftp://127.0.0.1/", "data:,x"])
def test_nobody_there_and_no_http_are_no_answer(url: str) -> None:
    with pytest.raises(Unreachable):
        Urllib().get(url)


def test_the_client_is_named_as_rfc_6749_has_it(there: str) -> None:
    body, _, basic = Urllib().post(there, {"token": "a b"}, ("id:1", "s&c ")).decode().partition(" Basic ")
    assert body == "token=a+b"
    assert base64.b64decode(basic) == b"id%3A1:s%26c+"
