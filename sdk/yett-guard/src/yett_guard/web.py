"""HTTP of the standard library: no redirects, bounded time and size, the certificate authorities of SSL_CERT_FILE and SSL_CERT_DIR."""

import base64
import ssl
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from http.client import HTTPException
from typing import Protocol
from urllib.parse import quote_plus, urlencode

TIMEOUT, LARGEST = 5.0, 262144


class Unreachable(Exception):
    """No answer, or none that could be read."""


class Web(Protocol):
    """Asks the authorization server."""

    def get(self, url: str) -> bytes:
        """The body of a 200. Raises Unreachable."""
        ...

    def post(self, url: str, fields: Mapping[str, str], client: tuple[str, str]) -> bytes:
        """The body of a 200 to a form from this client, which authenticates by client_secret_basic. Raises Unreachable."""
        ...


class Urllib:
    """Over the standard library, through a proxy where the environment names one."""

    def get(self, url: str) -> bytes:
        """As the protocol says."""
        return self._ask(urllib.request.Request(url, headers={"Accept": "application/json"}))  # noqa: S310  # settings.safe has judged it

    def post(self, url: str, fields: Mapping[str, str], client: tuple[str, str]) -> bytes:
        """As the protocol says."""
        named = ":".join(map(quote_plus, client)).encode()
        headers = {"Accept": "application/json", "Authorization": f"Basic {base64.b64encode(named).decode()}"}
        return self._ask(urllib.request.Request(url, urlencode(fields).encode(), headers))  # noqa: S310  # settings.safe has judged it

    def _ask(self, request: urllib.request.Request) -> bytes:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                body: bytes = answer.read(LARGEST + 1)
                status: int = answer.status
        except (OSError, HTTPException, ValueError) as fault:
            raise Unreachable(f"{request.full_url}: {fault}") from fault
        if status != 200 or len(body) > LARGEST:  # noqa: PLR2004  # no other status has what was asked for
            raise Unreachable(f"{request.full_url} answered {status}, {len(body)} bytes")
        return body

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """Without what urllib adds by itself: it would follow redirects, and open files."""
        opener = urllib.request.OpenerDirector()
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        for handler in (urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), https, urllib.request.UnknownHandler()):
            opener.add_handler(handler)
        return opener
