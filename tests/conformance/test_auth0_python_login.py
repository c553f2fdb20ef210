"""auth0-python's authentication client as it is: by password-realm to mfa_required, and on to tokens; by a code in place of the password."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from auth0.authentication import GetToken, Passwordless
from auth0.authentication.base import AuthenticationBase
from auth0.authentication.exceptions import Auth0Error

from tests.harness.process import unused_port
from tests.serving import serving
from tests.world import MFA_OTP, PASSWORDLESS, claims, otp
from yett.adapters.clock import SteadyClock

# Its docstrings have escapes that Python warns of when it first reads them.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")


class Shop:
    """An application on the SDK, the administrator's means, and what the demo's outbox has."""

    def __init__(self, folder: Path, http: httpx.Client) -> None:
        self.demo: dict[str, Any] = json.loads((folder / "demo.json").read_text())
        self.admin: dict[str, Any] = json.loads((folder / "admin.json").read_text())
        self.http = http
        means = (self.demo["domain"], self.demo["client_id"], self.demo["client_secret"])
        self.tokens, self.passwordless, self.base = GetToken(*means), Passwordless(*means), AuthenticationBase(*means)

    def manage(self, method: str, path: str, body: dict[str, Any]) -> Any:
        asked = {"grant_type": "client_credentials", **{name: self.admin[name] for name in ("client_id", "client_secret", "audience")}}
        token = self.http.post(f"{self.admin['issuer']}oauth/token", json=asked).json()["access_token"]
        answer = self.http.request(method, f"{self.admin['audience']}{path}", json=body, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def login(self) -> Any:
        return self.tokens.login(
            self.demo["email"], self.demo["password"], scope="openid transfer:funds", realm=self.demo["connection"], audience=self.demo["api"]
        )

    def post(self, path: str, **fields: object) -> Any:
        """The SDK has no call of its own for the MFA API; this is the one that all of its calls go by."""
        return self.base.authenticated_post(f"https://{self.demo['domain']}/{path}", data={"client_id": self.demo["client_id"], **fields})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    folder = tmp_path
    with serving(folder, unused_port(), "--demo", "--tls", "auto"), pytest.MonkeyPatch.context() as patch:
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            patch.setenv(name, str(folder / "ca.pem"))
        with httpx.Client(timeout=20) as http:
            yield Shop(folder, http)


def test_a_login_by_password_realm_gets_mfa_required_and_finishes(shop: Shop) -> None:
    with pytest.raises(Auth0Error) as refused:
        shop.login()
    assert (refused.value.status_code, refused.value.error_code) == (403, "mfa_required")
    assert refused.value.content
    token = refused.value.content["mfa_token"]
    answer = shop.http.post(f"https://{shop.demo['domain']}/mfa/associate", json={"authenticator_types": ["otp"]}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    secret = answer.json()["secret"]
    code = otp(base64.b32decode(secret + "=" * (-len(secret) % 8)), SteadyClock()() // 30)
    tokens = shop.post("oauth/token", grant_type=MFA_OTP, mfa_token=token, otp=code)
    assert claims(tokens["access_token"])["amr"] == ["pwd", "otp", "mfa"]
    with pytest.raises(Auth0Error) as again:
        shop.login()
    assert again.value.content
    assert {"type": "otp"} in again.value.content["mfa_requirements"]["challenge"]
    assert shop.post("mfa/challenge", mfa_token=again.value.content["mfa_token"], challenge_type="otp") == {"challenge_type": "otp"}


def test_a_code_in_place_of_the_password_where_the_tenant_allows_it(shop: Shop) -> None:
    shop.manage("PATCH", f"clients/{shop.demo['client_id']}", {"grant_types": ["authorization_code", PASSWORDLESS]})
    with pytest.raises(Auth0Error) as off:
        shop.passwordless.email(shop.demo["email"], send="code")
    assert off.value.error_code == "invalid_request"
    assert shop.manage("PATCH", "tenants/settings", {"passwordless": ["email"]})["passwordless"] == ["email"]
    assert shop.passwordless.email(shop.demo["email"], send="code")["email"] == shop.demo["email"]
    sent = shop.http.get(f"{shop.demo['issuer']}dev/outbox.json").json()
    code = next(one["data"]["code"] for one in sent if one["channel"] == "email" and "code" in one["data"])
    with pytest.raises(Auth0Error) as wrong:
        shop.tokens.passwordless_login(shop.demo["email"], "000", "email", "openid", shop.demo["api"])
    assert wrong.value.message == "Wrong email or verification code."
    tokens = shop.tokens.passwordless_login(shop.demo["email"], code, "email", "openid", shop.demo["api"])
    assert claims(tokens["id_token"])["amr"] == ["email"]
