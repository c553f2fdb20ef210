"""The edge: cookies, headers and addresses, as the issuer's scheme and the configured proxies allow."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from yett.flows.steps import Browser
from yett.http.asgi import Network, Request

SESSION, DEVICE, HOLDER = "yett-session", "yett-device", "yett-attempt"
DAY = 86400
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

# No form-action: a redirect to an application may follow a form (Chromium applies it to redirects as well).
CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Edge:
    """What the process knows of its own address; nothing is taken from Host but the redirect to the loopback issuer."""

    issuer: str
    trusted: Sequence[Network] = ()
    demo: bool = False
    secure: bool = field(init=False)
    host: str = field(init=False)
    loopback: bool = field(init=False)
    always: tuple[tuple[bytes, bytes], ...] = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        object.__setattr__(self, "secure", parts.scheme == "https")
        object.__setattr__(self, "host", parts.netloc)
        object.__setattr__(self, "loopback", parts.hostname in LOOPBACK)
        object.__setattr__(self, "always", self._headers())

    def _headers(self) -> tuple[tuple[bytes, bytes], ...]:
        headers = [
            (b"content-security-policy", CSP.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin-allow-popups"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
            (b"cache-control", b"no-store"),
        ]
        if self.secure and not self.loopback:
            headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
        return tuple(headers)

    def browser(self, request: Request) -> Browser:
        """What the request's browser brings."""
        cookies, headers = request.cookies, request.headers
        return Browser(
            cookies.get(self._name(HOLDER), ""),
            cookies.get(self._name(SESSION), ""),
            cookies.get(self._name(DEVICE), ""),
            request.ip,
            headers.get("user-agent", ""),
            headers.get("accept-language", ""),
            _address(headers.get("auth0-forwarded-for", "")),
        )

    def cookie(self, name: str, value: str, max_age: int | None = None) -> tuple[str, str]:
        """A Set-Cookie header. SameSite=None, for silent authentication runs in an iframe of the application's site.

        On an http loopback issuer neither prefix nor Secure (strict clients drop such cookies there), and Lax.
        """
        parts = [f"{self._name(name)}={value}", "Path=/", "HttpOnly"]
        if max_age is not None:
            parts.append(f"Max-Age={max_age}")
        parts += ["Secure", "SameSite=None"] if self.secure else ["SameSite=Lax"]
        return "set-cookie", "; ".join(parts)

    def elsewhere(self, request: Request) -> str | None:
        """Where a page asked for under another name is to be found, if our issuer is a loopback one.

        WebAuthn does not work on an IP address, and DNS rebinding gets nowhere.
        """
        if not self.loopback or request.headers.get("host", self.host) == self.host:
            return None
        query = request.scope["query_string"].decode("latin-1")
        return self.issuer.rstrip("/") + quote(request.path) + (f"?{query}" if query else "")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name


def _address(said: str) -> str:
    """An address in its canonical form; "" for what is none, or several."""
    try:
        return str(ipaddress.ip_address(said)) if said else ""
    except ValueError:
        return ""
