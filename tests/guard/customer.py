"""Somebody with a browser and a telephone, a real server, and an API there: whatever is guarded meets real tokens."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx

from tests.docs.visitor import Visitor
from tests.harness.process import unused_port
from tests.serving import serving

API = "https://api.example.com/"
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
VERIFIER = "a-verifier-of-some-length-that-nobody-needs-to-guess-0123"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "amount": {"type": "integer"}},
    "required": ["to", "amount"],
    "additionalProperties": False,
}
SCOPES: list[dict[str, Any]] = [
    {"value": "read:accounts"},
    {"value": "transfer:funds", "requirement": {"acr_values": [MULTI_FACTOR], "max_age": 300}},
    {"value": "transfer:large", "requirement": {"acr_values": [MULTI_FACTOR], "one_use": True}},
]


class Bank:
    """The server, and what is registered there: an API, the client that stands for it, and a customer with a telephone."""

    def __init__(self, folder: Path, issuer: str) -> None:
        self.issuer, self.demo = issuer, json.loads((folder / "demo.json").read_text())
        admin = json.loads((folder / "admin.json").read_text())
        self.http = httpx.Client(timeout=30)
        named = {name: admin[name] for name in ("client_id", "client_secret", "audience")}
        token = self.http.post(f"{issuer}oauth/token", json={"grant_type": "client_credentials", **named}).raise_for_status().json()
        self.http.headers["authorization"] = f"Bearer {token['access_token']}"
        kinds = [{"type": "transfer", "schema": SCHEMA, "words": {"en": "Send {{ amount }} to {{ to }}"}}]
        self.manage("resource-servers", identifier=API, name="Bank", scopes=SCOPES, allow_offline_access=True, authorization_details=kinds)
        itself = self.manage("clients", name="Bank API", app_type="resource_server", resource_server_identifier=API)
        # A page that any browser may come back to, and that leaves the address as it is.
        self.callback = f"{issuer}healthz"
        self.application = self.manage(
            "clients", name="Bank application", app_type="regular_web", callbacks=[self.callback], grant_types=["authorization_code", "refresh_token"]
        )
        (user,) = self.http.get(f"{issuer}api/v2/users-by-email", params={"email": self.demo["email"]}).raise_for_status().json()
        self.manage(f"users/{quote(user['user_id'])}/authentication-methods", type="phone", phone_number="+4917612345678")
        self.subject: str = user["user_id"]
        self.environ = {
            "YETT_ISSUER": issuer,
            "YETT_AUDIENCE": API,
            "YETT_CLIENT_ID": itself["client_id"],
            "YETT_CLIENT_SECRET": itself["client_secret"],
        }

    def manage(self, path: str, **body: object) -> Any:
        """POST to the management API."""
        return self.http.post(f"{self.issuer}api/v2/{path}", json=body).raise_for_status().json()

    def code(self) -> str:
        """What the telephone shows."""
        sent = self.http.get(f"{self.issuer}dev/outbox.json").raise_for_status().json()
        return str(next(one["data"]["code"] for one in sent if one["channel"] == "sms"))


class Customer(Visitor):
    """The customer in a browser; each asks for tokens as an application does."""

    def __init__(self, bank: Bank, jar: Path) -> None:
        super().__init__(jar)
        self.bank = bank
        self.log_in(bank.issuer, bank.demo["email"], bank.demo["password"])

    def tokens(self, scope: str, **more: str) -> dict[str, Any]:
        """The token response for this scope of the API, after whatever the server asks."""
        named = {name: self.bank.application[name] for name in ("client_id", "client_secret")}
        asked = {"response_type": "code", "client_id": named["client_id"], "redirect_uri": self.bank.callback, "state": "s", **more}
        proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "audience": API, "scope": f"openid {scope}"}
        self._open(f"{self.bank.issuer}authorize?{urlencode(asked | proof)}")
        while self.screen == "mfa-sms-challenge":
            self.press(code=self.bank.code())
        if self.screen == "mfa-recovery-code-enrollment":
            self.press(action="saved", saved="true")
        given = parse_qs(urlsplit(self._url).query)
        assert "code" in given, f"{self._url}: {re.sub('<[^>]*>', ' ', self._text)[:500]}"
        form = {"grant_type": "authorization_code", "code": given["code"][0], "redirect_uri": asked["redirect_uri"], "code_verifier": VERIFIER, **named}
        answer = httpx.post(f"{self.bank.issuer}oauth/token", data=form).raise_for_status().json()
        return dict(answer)

    def token(self, scope: str, **more: str) -> str:
        """The access token."""
        return str(self.tokens(scope, **more)["access_token"])

    def approval(self, to: str, amount: int) -> str:
        """A token for one transfer, which was shown and approved."""
        return self.token("transfer:large", authorization_details=json.dumps([{"type": "transfer", "to": to, "amount": amount}]))


class Tokens(NamedTuple):
    """What a customer may come with."""

    identity: str
    refresh: str
    read: str
    stepped_up: str


@contextmanager
def open_bank(folder: Path) -> Iterator[Bank]:
    """A server of its own, until the block ends."""
    with serving(folder, unused_port(), "--demo") as issuer:
        bank = Bank(folder, issuer)
        yield bank
        bank.http.close()
