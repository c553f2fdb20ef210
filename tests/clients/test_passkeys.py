"""Auth0's own clients with passkeys: `@auth0/auth0-spa-js` in Chromium, `@auth0/auth0-auth-js` with npm's `nid-webauthn-emulator`; `auth0` sees to the keys."""

import json
import os
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import Browser

from tests.browser.keys import INTERNAL, Keys
from tests.clients.test_spa_js import origin
from tests.harness.chromium import pin
from tests.harness.process import unused_port
from tests.serving import serving

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent
GRANT = "urn:okta:params:oauth:grant-type:webauthn"


class House(NamedTuple):
    """A server where anybody may sign up, and an application on an origin of its own."""

    folder: Path
    issuer: str
    app: str
    front: dict[str, Any]
    server: dict[str, Any]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("passkeys")
    with origin() as app, serving(folder, unused_port(), "--tls", "auto") as issuer:
        admin = json.loads((folder / "admin.json").read_text())
        trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))

        def call(method: str, path: str, body: dict[str, Any], token: str = "") -> Any:
            headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
            with urlopen(Request(issuer + path, json.dumps(body).encode(), headers, method=method), context=trust) as answer:
                return json.load(answer)

        asked = {"grant_type": "client_credentials", **{name: admin[name] for name in ("client_id", "client_secret", "audience")}}
        token = call("POST", "oauth/token", asked)["access_token"]
        call("PUT", "api/v2/guardian/factors/passkey", {"enabled": True}, token)
        call("PATCH", "api/v2/tenants/settings", {"disable_signup": False}, token)
        grants = {"grant_types": ["authorization_code", "refresh_token", GRANT]}
        front = call("POST", "api/v2/clients", {"name": "Front", "app_type": "spa", "callbacks": [app], "web_origins": [app], **grants}, token)
        server = call("POST", "api/v2/clients", {"name": "Server", "app_type": "regular_web", **grants}, token)
        yield House(folder, issuer, app, front, server)


async def test_spa_js_signs_up_and_logs_in_in_a_browser(house: House, launch_chromium: Callable[..., Awaitable[Browser]]) -> None:
    browser = await launch_chromium(pins=[pin((house.folder / "tls.pem").read_bytes())])
    page = await browser.new_page()
    await page.goto(house.app)
    keys = await Keys.of(page)
    await keys.add(INTERNAL)
    how = {
        "domain": house.issuer.removeprefix("https://").rstrip("/"),
        "clientId": house.front["client_id"],
        "authorizationParams": {"redirect_uri": house.app},
    }
    await page.evaluate("async (how) => { window.client = await auth0.createAuth0Client(how); }", how)
    who = "async () => [(await window.client.isAuthenticated()), (await window.client.getUser())?.email, (await window.client.getIdTokenClaims())?.amr]"
    await page.evaluate("() => window.client.passkey.signup({ email: 'browser@example.com', name: 'Newt' })")
    assert await page.evaluate(who) == [True, "browser@example.com", ["pop", "user", "mfa"]]
    await page.evaluate("() => window.client.logout({ openUrl: false })")
    assert (await page.evaluate(who))[0] is False
    await page.evaluate("() => window.client.passkey.login()")
    assert await page.evaluate(who) == [True, "browser@example.com", ["pop", "user", "mfa"]]
    steps = """async () => {
        const { authSession, publicKey } = await window.client.passkey.getLoginChallenge();
        const credential = await navigator.credentials.get({ publicKey });
        const first = await window.client.passkey.getTokenWithPasskey({ authSession, credential });
        return [typeof first.access_token, await window.client.passkey.getTokenWithPasskey({ authSession, credential }).catch((error) => error.error)];
    }"""
    assert await page.evaluate(steps) == ["string", "invalid_grant"]
    refused = "(email) => window.client.passkey.signup({ email }).then(() => 'accepted', (error) => [error.error ?? error.code, error.message])"
    assert (await page.evaluate(refused, "browser@example.com"))[0] == "access_denied"


def test_auth_js_signs_up_and_logs_in_and_auth0_sees_to_the_keys(house: House) -> None:
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(house.folder / "ca.pem")}
    script = [HERE / "passkeys.mjs", house.folder, house.server["client_id"], house.server["client_secret"]]
    ran = subprocess.run(["node", *map(str, script)], cwd=HERE, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    for algorithm in ("ES256", "RS256", "EdDSA"):
        assert said[algorithm] == [True, ["swk", "user", "mfa"]], algorithm
    assert said["signedUp"] == ["node@example.com", False, "Newt", ["swk", "user", "mfa"]]
    assert said["taken"][1] == "access_denied"
    wrong = ["passkey_get_token_error", "invalid_grant", "Invalid authn_response."]
    assert (said["wrong"], said["gone"]) == (wrong, wrong)
    assert said["disabled"] == ["passkey_challenge_error", "invalid_request", "The connection is not enabled."]
    assert said["listed"] == [["passkey", "multi_device", "localhost", True, "string", "string", "4e49442d-4155-5448-2d33-313431353932"]]
    assert (said["renamed"], said["removed"], said["left"]) == ("Laptop", None, 0)
    assert (said["brought"], said["back"], said["roaming"]) == ("passkey", True, True)
