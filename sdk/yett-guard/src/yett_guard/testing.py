"""For an application's own tests: an issuer without a server, whose tokens the guard under test takes.

It is imported where pytest runs, or YETT_GUARD_TESTING=1 says so, and nowhere else: whoever can mint tokens is the issuer.
"""

import base64
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from yett_guard.guard import Guard
from yett_guard.settings import Settings
from yett_guard.web import Unreachable

if "PYTEST_VERSION" not in os.environ and os.environ.get("YETT_GUARD_TESTING") != "1":
    raise ImportError("yett_guard.testing mints tokens: it is for tests, where pytest runs or YETT_GUARD_TESTING=1 is set")


class Issuer:
    """An authorization server in memory. With `down` it cannot be reached; `consumed` are the tokens of one use that were."""

    def __init__(self, issuer: str = "https://issuer.test/", audience: str = "https://api.test/", clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.settings = Settings(issuer=issuer, audience=audience, client_id="api", client_secret=secrets.token_hex(16))
        self.down = False
        self.consumed: set[str] = set()
        self._key, self._kid = ec.generate_private_key(ec.SECP256R1()), secrets.token_hex(8)

    def guard(self) -> Guard:
        """A guard that takes its tokens."""
        return Guard(self.settings, web=self, clock=self.clock)

    @contextmanager
    def trusted_by(self, guard: Guard) -> Iterator["Issuer"]:
        """Within the block the application's own guard takes the tokens of this issuer, and no others."""
        before = guard.settings, guard.web, guard.clock
        guard.settings, guard.web, guard.clock = self.settings, self, self.clock
        guard.forget()
        try:
            yield self
        finally:
            guard.settings, guard.web, guard.clock = before
            guard.forget()

    def token(self, **claims: Any) -> str:
        """An access token of somebody who has just logged in with a password; `claims` replace or add, None takes away.

        `issuer.token(scope="transfer:funds", acr=MULTI_FACTOR, amr=["pwd", "otp", "mfa"])`
        """
        now = int(self.clock())
        said = {
            "iss": self.settings.issuer,
            "sub": "auth0|somebody",
            "aud": self.settings.audience,
            "iat": now,
            "exp": now + 600,
            "client_id": "application",
            "scope": "",
            "jti": secrets.token_hex(8),
            "auth_time": now,
            "amr": ["pwd"],
            **claims,
        }
        return self.signed({name: value for name, value in said.items() if value is not None})

    def signed(self, claims: Mapping[str, Any], typ: str = "at+jwt", **header: Any) -> str:
        """Any JWS of this issuer."""
        head = {"alg": "ES256", "typ": typ, "kid": self._kid, **header}
        signing = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signing}.{_encoded(r.to_bytes(32) + s.to_bytes(32))}"

    def authorization(self, **claims: Any) -> dict[str, str]:
        """Headers with a token."""
        return {"Authorization": f"Bearer {self.token(**claims)}"}

    def get(self, url: str) -> bytes:
        """Discovery and keys."""
        if self.down:
            raise Unreachable(url)
        issuer = self.settings.issuer
        if urlsplit(url).path.endswith("openid-configuration"):
            said: Mapping[str, Any] = {"issuer": issuer, "jwks_uri": f"{issuer}keys", "introspection_endpoint": f"{issuer}introspect"}
        else:
            numbers = self._key.public_key().public_numbers()
            point = {name: _encoded(value.to_bytes(32)) for name, value in (("x", numbers.x), ("y", numbers.y))}
            said = {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self._kid, **point}]}
        return json.dumps(said).encode()

    def post(self, url: str, fields: Mapping[str, str], client: tuple[str, str]) -> bytes:
        """Introspection: the first who has a token consumed hears yes."""
        if self.down or client != (self.settings.client_id, self.settings.client_secret):
            raise Unreachable(url)
        active = fields["token"] not in self.consumed
        if fields.get("consume") == "true":
            self.consumed.add(fields["token"])
        return json.dumps({"active": active}).encode()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
