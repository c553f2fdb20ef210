"""The ways out: who is signed out, by whom, and where the browser may go afterwards (attacks: rows 17 and 18)."""

from typing import Any

import pytest

from tests.http.browser import Browser
from tests.world import API, BACK, World, world

BYE = "https://app.example.test/bye"


async def signed_in(w: World, name: str = "ada") -> tuple[Browser, dict[str, Any]]:
    if await w.store.find(f"{name}@example.test") is None:
        await w.person(name)
    browser = w.browser()
    _, answer = await w.exchange(await w.login(browser, name, scope="openid offline_access"))
    return browser, dict(answer)


async def alive(w: World, browser: Browser) -> bool:
    return "code" in (await w.authorize(browser, prompt="none")).query


EVIL = [
    "https://evil.test/",
    "//evil.test",
    BYE + "/",
    BYE + "?x=1",
    BYE.upper(),
    BYE + "#x",
    "https://app.example.test@evil.test/bye",
    "https://app.example.test\\@evil.test/bye",
    "javascript:alert(1)",
    BYE + "\r\nset-cookie: a=b",
    BACK,
]


@pytest.mark.parametrize("url", EVIL)
async def test_row_17_nobody_is_sent_to_an_address_that_is_not_registered_for_it(url: str) -> None:
    async with world() as w:
        browser, answer = await signed_in(w)
        page = await browser.get("/v2/logout", client_id="web", returnTo=url)
        assert (page.status, page.header("location")) == (400, "")
        page = await browser.get("/oidc/logout", id_token_hint=answer["id_token"], post_logout_redirect_uri=url)
        assert (page.status, page.header("location")) == (400, "")
        assert await alive(w, browser), "a request that is refused does nothing"


async def test_auth0s_logout_ends_the_session_and_leads_to_a_registered_address() -> None:
    async with world() as w:
        browser, _ = await signed_in(w)
        cookies = dict(browser.cookies)
        page = await browser.get("/v2/logout", client_id="web", returnTo=BYE)
        assert (page.status, page.url) == (303, BYE)
        assert "yett-session" not in browser.cookies
        assert not await alive(w, Browser(w.app, cookies=cookies)), "ended where it lives, not in the cookie alone"
        assert (await browser.get("/v2/logout")).screen == "logged-out"


async def test_an_id_token_of_this_session_signs_out_and_hands_the_state_back() -> None:
    async with world() as w:
        browser, answer = await signed_in(w)
        page = await browser.get("/oidc/logout", id_token_hint=answer["id_token"], post_logout_redirect_uri=BYE, state="a b&c")
        assert page.url == BYE + "?state=a%20b%26c"
        assert not await alive(w, browser)


async def test_an_expired_id_token_still_says_whose_session_is_meant() -> None:
    async with world() as w:
        browser, answer = await signed_in(w)
        w.clock.now += 40_000
        page = await browser.get("/oidc/logout", id_token_hint=answer["id_token"], post_logout_redirect_uri=BYE)
        assert page.url == BYE


@pytest.mark.parametrize("hint", ["none", "another's", "another session's", "access token", "forged"])
async def test_row_18_nobody_else_signs_a_person_out(hint: str) -> None:
    """Anyone may hold some ID token of ours: only one of this very session stands in for the person's own yes."""
    async with world() as w:
        browser, answer = await signed_in(w)
        _, others = await signed_in(w, "bob")
        _, elsewhere = await signed_in(w)
        hints = {
            "none": "",
            "another's": others["id_token"],
            "another session's": elsewhere["id_token"],
            "access token": answer["access_token"],
            "forged": answer["id_token"][:-4] + "AAAA",
        }
        page = await browser.get("/oidc/logout", id_token_hint=hints[hint], client_id="web")
        assert page.screen == "logout-confirm"
        assert await alive(w, browser)
        forged = await browser.submit(page, csrf="x")
        assert forged.screen == "logout-confirm"
        foreign = await w.browser().get("/oidc/logout")
        assert foreign.screen == "logged-out"
        assert await alive(w, browser)
        assert (await browser.submit(page)).screen == "logged-out"
        assert not await alive(w, browser)


async def test_a_person_who_is_asked_may_say_no() -> None:
    async with world() as w:
        browser, _ = await signed_in(w)
        page = await browser.get("/oidc/logout")
        page = await browser.submit(page, action="cancel")
        assert (page.status, page.screen) == (200, "error")
        assert "You have cancelled" in page.text
        assert "yett-session" in browser.cookies
        assert await alive(w, browser)


async def test_a_person_who_says_yes_is_sent_where_the_application_wanted() -> None:
    async with world() as w:
        browser, _ = await signed_in(w)
        page = await browser.get("/oidc/logout", client_id="web", post_logout_redirect_uri=BYE, state="s")
        assert page.screen == "logout-confirm"
        elsewhere = await browser.submit(page, state="https://evil.test/")
        assert (elsewhere.screen, elsewhere.header("location")) == ("logout-confirm", "")
        assert await alive(w, browser)
        assert (await browser.submit(page)).url == BYE + "?state=s"
        assert not await alive(w, browser)


async def test_signing_out_leaves_the_grants_of_applications_alone() -> None:
    async with world() as w:
        browser, answer = await signed_in(w)
        await browser.get("/v2/logout")
        assert (await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"]))[0] == 200


async def test_a_signed_access_token_is_revoked_by_the_client_that_has_it_and_by_nobody_else() -> None:
    async with world() as w:
        await w.person()
        _, answer = await w.exchange(await w.login(w.browser(), scope="openid offline_access read:accounts", audience=API))
        token, shown = answer["access_token"], {"authorization": f"Bearer {answer['access_token']}"}
        revoke = {"client_id": "web", "client_secret": "web's secret", "token": token}
        for others in ({"client_id": "bank", "client_secret": "bank's secret"}, {"token": token[:-4] + "AAAA"}, {"token": answer["id_token"]}):
            assert await w.post("/oauth/revoke", {**revoke, **others}) == (200, None)
        assert (await w.get("/userinfo", **shown))[0] == 200
        assert await w.post("/oauth/revoke", revoke) == (200, None)
        assert await w.post("/oauth/revoke", revoke) == (200, None)
        assert (await w.get("/userinfo", **shown))[0] == 401
        asks = {"client_id": "bank", "client_secret": "bank's secret", "token": token}
        assert await w.post("/oauth/introspect", asks) == (200, {"active": False})
        assert (await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"]))[0] == 403


async def test_revoking_a_token_of_either_kind_takes_its_family_along() -> None:
    """RFC 7009: and an unknown token is no error and no news."""
    async with world() as w:
        for kind in ("refresh_token", "access_token"):
            _, answer = await signed_in(w)
            revoke = {"client_id": "web", "client_secret": "web's secret", "token": answer[kind]}
            assert (await w.post("/oauth/revoke", {**revoke, "client_secret": "wrong"}))[0] == 401
            assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 200
            assert await w.post("/oauth/revoke", revoke) == (200, None)
            assert await w.post("/oauth/revoke", revoke) == (200, None)
            assert (await w.token(grant_type="refresh_token", refresh_token=answer["refresh_token"]))[0] == 403
            assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 401
        assert await w.post("/oauth/revoke", {**revoke, "token": "never heard of"}) == (200, None)
