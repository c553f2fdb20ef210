"""Somebody with a browser and an authenticator app, as the how-tos ask for one: over real HTTP, without script."""

import base64
import hashlib
import hmac
import html
import re
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener


class Visitor:
    """A browser whose cookies curl can read : a session, as an application's user has one."""

    def __init__(self, jar: Path) -> None:
        self._jar, self._cookies = jar, CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))
        self._url = self._text = ""

    @property
    def screen(self) -> str:
        found = re.search(r'data-screen="([^"]+)"', self._text)
        return found[1] if found else ""

    def log_in(self, issuer: str, email: str, password: str) -> None:
        """With the password alone."""
        self._open(issuer + "demo")
        self.press(action="login")
        self.press(username=email)
        self.press(password=password)
        assert self.screen == "demo-home", self.screen
        self._keep()

    def enrol(self) -> str:
        """Ask for multi-factor and bind an app; gives its key. The code is the previous one, so that the next is still good."""
        self.press(action="step-up")
        self.press(action="totp")
        found = re.search(r"secret=([A-Z2-7]+)", self._text)
        assert found, self.screen
        while self.screen == "mfa-otp-enrollment-qr":
            self.press(code=previous_code(found[1]))
        self.press(action="saved", saved="true")
        assert self.screen == "demo-home", self.screen
        self._keep()
        return found[1]

    def press(self, **fields: str) -> None:
        """Send the form of this page."""
        form = re.search(r"<form[^>]*action=\"([^\"]*)\"", self._text)
        inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", self._text)
        pairs = [(re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)) for one in inputs]
        hidden = {name[1]: html.unescape(value[1]) for name, value in pairs if name and value}
        self._open(urljoin(self._url, html.unescape(form[1]) if form else ""), urlencode({**hidden, **fields}).encode())

    def _open(self, url: str, body: bytes | None = None) -> None:
        try:
            with self._opener.open(Request(url, body)) as answer:
                self._url, self._text = answer.url, answer.read().decode()
        except HTTPError as refused:
            self._url, self._text = refused.url, refused.read().decode()

    def _keep(self) -> None:
        """As curl reads it."""
        self._jar.write_text("".join(f"localhost\tFALSE\t{one.path}\tFALSE\t0\t{one.name}\t{one.value}\n" for one in self._cookies))


def previous_code(secret: str) -> str:
    """RFC 6238, one step back."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, (int(time.time()) // 30 - 1).to_bytes(8), hashlib.sha1)
    at = mac[-1] & 15
    return str((int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 1_000_000).zfill(6)
