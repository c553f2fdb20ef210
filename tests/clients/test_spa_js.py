"""Auth0's own client for applications in the browser, `@auth0/auth0-spa-js`, unmodified: popup, silent frame, step-up; and whoever else would like to hear."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.serving import serving

pytestmark = pytest.mark.clients
SDK = Path(__file__).parent / "node_modules/@auth0/auth0-spa-js/dist/auth0-spa-js.production.js"
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class House(NamedTuple):
    """A server with a demo, and the application that runs in the browser."""

    issuer: str
    demo: dict[str, str]
    client: str
    app: str
    evil: str


def called(issuer: str, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    with urlopen(Request(issuer + path, json.dumps(body).encode(), headers)) as answer:
        said: dict[str, Any] = json.load(answer)
        return said


class Front(BaseHTTPRequestHandler):
    """A page of an application, with the SDK."""

    def do_POST(self) -> None:
        posted = self.rfile.read(int(self.headers["content-length"])).decode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Posted</title><p>{' '.join(name for name, _ in parse_qsl(posted))}".encode())

    def do_GET(self) -> None:
        script = self.path == "/sdk.js"
        body = SDK.read_bytes() if script else b'<!doctype html><title>App</title><script src="/sdk.js"></script>'
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if script else "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def origin() -> Iterator[str]:
    """An origin of its own, on this machine: a browser lets no page from elsewhere frame one from here."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def house(folder: Path, port: int) -> Iterator[House]:
    """The server with its demo, the application, and somebody else's page."""
    with origin() as app, origin() as evil, serving(folder, port, "--demo") as issuer:
        admin = json.loads((folder / "admin.json").read_text())
        asked = {"grant_type": "client_credentials", **{name: admin[name] for name in ("client_id", "client_secret", "audience")}}
        token = called(issuer, "oauth/token", "", asked)["access_token"]
        client = called(issuer, "api/v2/clients", token, {"name": "Front", "app_type": "spa", "callbacks": [app], "web_origins": [app]})
        yield House(issuer, json.loads((folder / "demo.json").read_text()), client["client_id"], app, evil)


async def opened(page: Page, script: str) -> Page:
    """The popup that a call of the SDK opens; its result is waited for as `window.done`."""
    async with page.expect_popup() as popup:
        await page.evaluate(f"() => {{ window.done = {script}; window.done.catch(() => {{}}); }}")
    return await popup.value


async def login(popup: Page, demo: dict[str, str]) -> None:
    await popup.locator("input[name=username]").fill(demo["email"])
    await popup.keyboard.press("Enter")
    await popup.locator("input[name=password]").fill(demo["password"])
    await popup.keyboard.press("Enter")


async def enrol(popup: Page) -> None:
    """An authenticator app, and the recovery codes that come along."""
    await popup.locator("button[name=action][value=totp]").click()
    await expect(popup.locator("body")).to_have_attribute("data-screen", "mfa-otp-enrollment-qr")
    secret = "".join((await popup.locator("#secret").inner_text()).split())
    code = subprocess.run(["oathtool", "--totp", "-b", secret], capture_output=True, text=True, check=True).stdout.strip()
    await popup.locator("input[name=code]").fill(code)
    await expect(popup.locator("body")).to_have_attribute("data-screen", "mfa-recovery-code-enrollment")
    await popup.locator("input[type=checkbox]").check()
    await popup.locator("button[value=saved]").click()


async def ready(page: Page, here: House) -> None:
    """The application's page, with the SDK."""
    await page.goto(f"{here.app}/")
    how = {
        "domain": here.issuer.rstrip("/"),
        "clientId": here.client,
        "interactiveErrorHandler": "popup",
        "authorizationParams": {"redirect_uri": here.app},
    }
    await page.evaluate("async (how) => { window.client = await auth0.createAuth0Client(how); }", how)


async def test_the_sdk_logs_in_by_popup_renews_in_silence_and_steps_up(context: BrowserContext, tmp_path: Path, free_port: Callable[[], int]) -> None:
    with house(tmp_path, free_port()) as here:
        page = await context.new_page()
        await ready(page, here)
        with pytest.raises(Exception, match="Login required"):
            await page.evaluate("() => client.getTokenSilently()")
        popup = await opened(page, "client.loginWithPopup()")
        await login(popup, here.demo)
        await page.evaluate("() => window.done")
        assert (await page.evaluate("() => client.getUser()"))["email"] == here.demo["email"]
        assert await page.evaluate("() => client.getTokenSilently({cacheMode: 'off'})")

        popup = await opened(page, f"client.getTokenSilently({{cacheMode: 'off', authorizationParams: {{acr_values: '{MULTI_FACTOR}'}}}})")
        await enrol(popup)
        assert await page.evaluate("() => window.done")
        said = await page.evaluate("() => client.getIdTokenClaims()")
        assert (said["acr"], said["amr"]) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])
        # Proven once, it is not asked for again: the frame alone brings the token.
        assert await page.evaluate(f"() => client.getTokenSilently({{cacheMode: 'off', authorizationParams: {{acr_values: '{MULTI_FACTOR}'}}}})")


async def test_a_popup_that_is_cancelled_tells_so(context: BrowserContext, tmp_path: Path, free_port: Callable[[], int]) -> None:
    with house(tmp_path, free_port()) as here:
        page = await context.new_page()
        await ready(page, here)
        popup = await opened(page, "client.loginWithPopup().catch((error) => error.error)")
        await popup.locator("button[value=cancel]").click()
        assert await page.evaluate("() => window.done") == "access_denied"


async def test_no_page_of_another_origin_hears_the_answer_or_frames_it(context: BrowserContext, tmp_path: Path, free_port: Callable[[], int]) -> None:
    with house(tmp_path, free_port()) as here:
        page = await context.new_page()
        await ready(page, here)
        await login(await opened(page, "client.loginWithPopup()"), here.demo)
        await page.evaluate("() => window.done")

        asked = {"client_id": here.client, "redirect_uri": here.app, "response_type": "code", "scope": "openid", "prompt": "none", "state": "s"}
        asked |= {"response_mode": "web_message", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        url = f"{here.issuer}authorize?{urlencode(asked)}"
        evil = await context.new_page()
        await evil.goto(f"{here.evil}/")
        await evil.evaluate("() => { window.heard = []; addEventListener('message', (event) => window.heard.push(event.data)); }")
        async with evil.expect_console_message(lambda one: "frame-ancestors" in one.text):
            await evil.evaluate("(url) => { const frame = document.createElement('iframe'); frame.src = url; document.body.append(frame); }", url)
        async with context.expect_console_message(lambda one: "target origin" in one.text):
            await evil.evaluate("(url) => { window.open(url); }", url)
        assert await evil.evaluate("() => window.heard") == []


async def test_a_form_posts_itself_and_has_a_button_where_there_is_no_script(
    chromium: Browser, context: BrowserContext, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with house(tmp_path, free_port()) as here:
        asked = {"client_id": here.client, "redirect_uri": here.app, "response_type": "code", "scope": "openid", "state": "s", "response_mode": "form_post"}
        url = f"{here.issuer}authorize?{urlencode(asked | {'code_challenge': CHALLENGE, 'code_challenge_method': 'S256'})}"
        page = await context.new_page()
        await page.goto(url)
        await login(page, here.demo)
        await expect(page).to_have_title("Posted")
        assert await page.locator("p").inner_text() == "code state iss"

        bare = await chromium.new_context(java_script_enabled=False, storage_state=await context.storage_state())
        page = await bare.new_page()
        await page.goto(f"{url}&prompt=none")
        await expect(page.locator("body")).to_have_attribute("data-screen", "form-post")
        await page.get_by_role("button").click()
        assert await page.locator("p").inner_text() == "code state iss"
        await bare.close()
