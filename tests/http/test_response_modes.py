"""The answer to an application by form, fragment or message, over the whole house: who is told, and who may look on."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.http.browser import Page
from tests.world import BACK, MULTI_FACTOR, World, claims, replace_client, world

ORIGIN = "https://app.example.test"
FRONT: dict[str, Any] = {"client": "front", "response_type": "id_token", "response_mode": "form_post", "code_challenge": "", "code_challenge_method": ""}


def message(page: Page) -> tuple[str, dict[str, str]]:
    """Whom a page tells by message, and what."""
    found = re.search(r'data-origin="([^"]*)" data-response="([^"]*)"', page.text)
    assert found, page.text
    return html.unescape(found[1]), json.loads(html.unescape(found[2]))


def directive(page: Page, name: str) -> str:
    policy = dict(one.strip().partition(" ")[::2] for one in page.header("content-security-policy").split(";"))
    return policy.get(name, "")


async def front(w: World) -> None:
    """A web application that has no code: it takes an ID token by a form."""
    web = (await w.store.catalogue()).clients["web"]
    await w.store.configure((replace_client(web, id="front", name="Front & Sons", grant_types=("implicit",)),), (), ())


async def asked(w: World, browser: object, **params: str) -> Page:
    return await w.authorize(browser, "spa", response_mode="web_message", **params)  # type: ignore[arg-type]


async def test_a_popup_goes_through_the_pages_and_the_application_that_opened_it_is_told() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await asked(w, browser, acr_values=MULTI_FACTOR)
        for answer in ({"username": "ada@example.test"}, {"password": "secret of ada"}):
            assert page.header("cross-origin-opener-policy") == "unsafe-none"
            assert directive(page, "frame-ancestors") == "'none'"
            page = await browser.submit(page, **answer)
        page = await w.prove(browser, page)
        assert page.screen == "web-message"
        origin, said = message(page)
        assert (origin, set(said), said["state"]) == (ORIGIN, {"code", "state", "iss"}, "s1")
        asking = {"grant_type": "authorization_code", "client_id": "spa", "redirect_uri": BACK, "code_verifier": "v" * 43}
        status, answer = await w.post("/oauth/token", {**asking, "code": said["code"]})
        assert (status, claims(answer["id_token"])["amr"]) == (200, ["pwd", "otp", "mfa"])


async def test_a_silent_frame_is_told_without_a_page_and_in_the_words_that_the_sdk_reads() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        said = [message(await asked(w, browser, prompt="none"))[1]]
        await w.login(browser)
        said.append(message(await asked(w, browser, prompt="none", acr_values=MULTI_FACTOR))[1])
        page = await asked(w, browser, prompt="none")
        origin, done = message(page)
        assert [(one["error"], one["error_description"], one["state"]) for one in said] == [
            ("login_required", "Login required", "s1"),
            ("login_required", "Multifactor authentication required", "s1"),
        ]
        assert (origin, "code" in done) == (ORIGIN, True)
        assert directive(page, "frame-ancestors") == ORIGIN
        assert (page.header("x-frame-options"), page.header("cache-control")) == ("", "no-store")


async def test_only_the_page_that_tells_may_be_framed_and_only_a_window_that_was_opened_is_held() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await w.authorize(browser)
        assert page.header("x-frame-options") == "DENY"
        assert directive(page, "frame-ancestors") == "'none'"
        assert page.header("cross-origin-opener-policy") == "same-origin-allow-popups"


async def test_a_popup_that_is_left_tells_that_too() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await browser.submit(await asked(w, browser), action="cancel")
        assert message(page)[1]["error"] == "access_denied"


async def test_a_message_for_an_origin_that_is_not_registered_is_a_page_that_says_so_and_no_answer() -> None:
    async with world() as w:
        spa = (await w.store.catalogue()).clients["spa"]
        await w.store.configure((spa._replace(web_origins=("https://elsewhere.example.test",)),), (), ())
        await w.person()
        browser = w.browser()
        await w.login(browser)
        page = await asked(w, browser, prompt="none")
        assert (page.status, page.screen, "data-response" in page.text) == (400, "error", False)
        assert directive(page, "frame-ancestors") == "'none'"
        assert "web origins" in page.text


@pytest.mark.parametrize("state", ['"><script>alert(1)</script>', "'-alert(1)-'", "</p><base href=//evil.example>", "{{ 7*7 }}", "&quot;&#34;"])
@pytest.mark.parametrize("mode", ["web_message", "form_post"])
async def test_nothing_in_a_state_becomes_markup_and_it_comes_back_as_it_was(mode: str, state: str) -> None:
    async with world() as w:
        await w.person()
        page = await w.authorize(w.browser(), "spa", response_mode=mode, prompt="none", state=state)
        said = message(page)[1] if mode == "web_message" else page.hidden
        assert said["state"] == state
        assert "<script>alert" not in page.text
        assert "<base" not in page.text


async def test_a_code_by_form_post_is_posted_to_the_application_and_to_nobody_else() -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser(), response_mode="form_post")
        assert (page.screen, page.status) == ("form-post", 200)
        assert f'<form method="post" action="{BACK}"' in page.text
        assert set(page.hidden) == {"code", "state", "iss"}
        assert "<button" in page.text
        assert directive(page, "form-action") == ORIGIN
        assert directive(page, "frame-ancestors") == "'none'"
        assert page.header("cache-control") == "no-store"
        assert (await w.exchange(page, code=page.hidden["code"]))[0] == 200


async def test_a_code_by_fragment_reaches_no_server() -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser(), response_mode="fragment")
        parts = urlsplit(page.url)
        assert (parts.query, set(dict(parse_qsl(parts.fragment)))) == ("", {"code", "state", "iss"})


async def test_an_id_token_by_form_tells_who_logged_in_and_gives_nothing_that_opens_a_door() -> None:
    async with world() as w:
        await w.person()
        await front(w)
        browser = w.browser()
        page = await w.login(browser, scope="openid email offline_access", acr_values=MULTI_FACTOR, second=True, **FRONT)
        assert set(page.hidden) == {"id_token", "state", "iss"}
        said = claims(page.hidden["id_token"])
        assert (said["aud"], said["nonce"], said["email"]) == ("front", "n1", "ada@example.test")
        assert (said["acr"], said["amr"]) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])
        assert "sid" in said
        assert (await w.get("/userinfo", authorization=f"Bearer {page.hidden['id_token']}"))[0] == 401
        again = await w.authorize(browser, prompt="none", **FRONT)
        assert claims(again.hidden["id_token"])["amr"] == ["pwd", "otp", "mfa"]


async def test_an_id_token_is_made_by_the_same_gate() -> None:
    async with world() as w:
        await w.person()
        await front(w)
        await w.configure(policies=("all-applications",))
        page = await w.authorize(w.browser(), prompt="none", **FRONT)
        assert page.hidden["error"] == "login_required"
        browser = w.browser()
        page = await w.authorize(browser, **FRONT)
        page = await browser.submit(await browser.submit(page, username="ada@example.test"), password="secret of ada")
        assert page.screen == "mfa-otp-challenge"


@pytest.mark.parametrize(
    "change", [{"response_mode": "query"}, {"response_mode": ""}, {"response_mode": "fragment"}, {"nonce": ""}, {"response_type": "token"}, {"client": "spa"}]
)
async def test_an_id_token_is_not_had_by_a_weaker_way(change: dict[str, str]) -> None:
    async with world() as w:
        await w.person()
        await front(w)
        page = await w.login(w.browser(), **{**FRONT, **change})
        told = {**dict(parse_qsl(urlsplit(page.url).fragment)), **page.query, **page.hidden}
        assert told["error"] in {"invalid_request", "unauthorized_client", "unsupported_response_type"}
        assert "id_token" not in told


async def test_parameters_that_are_sent_twice_change_no_way() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        asked = f"/authorize?client_id=web&response_type=code&redirect_uri={BACK}&scope=openid&prompt=none&state=s"
        for twice in ("response_mode=form_post&response_mode=query", "response_mode=query&response_mode=web_message"):
            page = await browser.get(f"{asked}&{twice}")
            assert page.query["error"] == "invalid_request"
        page = await browser.get(f"{asked}&response_mode=form_post&redirect_uri=https://evil.example/")
        assert (page.screen, "evil.example" in page.text) == ("error", False)


async def test_a_form_is_posted_to_no_address_that_is_not_registered() -> None:
    async with world() as w:
        page = await w.authorize(w.browser(), response_mode="form_post", redirect_uri="https://evil.example/callback")
        assert (page.status, page.screen, "evil.example" in page.text) == (400, "error", False)
