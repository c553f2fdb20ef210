"""Consent: what somebody else's application may have is what its person said yes to, and no more, and no longer."""

from typing import Any

import msgspec
import pytest

from tests.http.browser import Browser, Page
from tests.world import API, BACK, MULTI_FACTOR, REALM, World, claims, replace_client, world
from yett.domain.attempt import Attempt
from yett.domain.proof import Shown
from yett.flows.mint import digest
from yett.oauth.authorize import AuthorizationRequest
from yett.ports import Arrival


async def stranger(w: World, **change: Any) -> None:
    """The application `other` belongs to somebody else from now on."""
    catalogue = await w.store.catalogue()
    api = catalogue.apis[API]._replace(descriptions={"read:accounts": "See what you have"})
    await w.store.configure((replace_client(catalogue.clients["other"], first_party=False, **change), api), (), ())


async def asked(w: World, browser: Browser, **params: Any) -> Page:
    return await w.login(browser, client="other", **params)


async def test_a_person_is_told_in_words_what_is_asked_for_and_says_yes_once() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await asked(w, browser, scope="openid email offline_access read:accounts transfer:funds", audience=API, acr_values=MULTI_FACTOR)
        assert (page.screen, page.header("x-frame-options")) == ("consent", "DENY")
        api = ("Bank", "See what you have", "transfer:funds")
        for words in ("Other shop", "See your email address", "Keep this access while you are away", *api, "app.example.test"):
            assert words in page.text, words
        page = await browser.submit(page, action="accept")
        status, answer = await w.exchange(page, "other")
        assert (status, claims(answer["id_token"])["email"]) == (200, "ada@example.test")
        assert claims(answer["access_token"])["scope"].split() == ["openid", "email", "offline_access", "read:accounts", "transfer:funds"]
        again = await asked(w, browser, scope="openid read:accounts", audience=API)
        assert "code" in again.query


async def test_what_is_asked_for_later_is_asked_for_alone() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await browser.submit(await asked(w, browser, scope="openid profile"), action="accept")
        assert "code" in page.query
        page = await asked(w, browser, scope="openid profile email")
        assert "email address" in page.text
        assert "your name" not in page.text
        page = await browser.submit(page, action="accept")
        page = await asked(w, browser, scope="openid read:accounts", audience=API)
        assert "See what you have" in page.text
        assert "email address" not in page.text
        assert "code" in (await asked(w, browser, scope="openid profile email")).query


async def test_no_is_no_and_nothing_is_remembered() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await browser.submit(await asked(w, browser), action="deny")
        assert (page.query["error"], page.query["error_description"]) == ("access_denied", "User did not authorize the request")
        assert (await asked(w, browser)).screen == "consent"


async def test_a_no_to_an_application_is_no_logout() -> None:
    """Neither is it a login for it: nothing that it could redeem is left behind."""
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        left = await browser.submit(await asked(w, browser, acr_values=MULTI_FACTOR), action="deny")
        assert (left.query["error"], "code" in left.query) == ("access_denied", False)
        assert not (await w.store.consents("auth0|ada"))[0]
        assert {"s", "f"} <= {one.type for one in await w.facts()}
        assert "code" in (await w.authorize(browser, prompt="none", acr_values=MULTI_FACTOR)).query, "what was proven was proven to us"
        assert (await w.authorize(browser, "other", prompt="none")).query["error"] == "consent_required"


async def test_a_no_is_told_even_where_the_session_that_it_came_with_is_over() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        await w.login(browser)
        page = await asked(w, browser)
        conclude, session = w.store.conclude, digest(browser.cookies["yett-session"])

        async def late(seen: Any, what: Any, *rest: Any) -> Any:
            if what.session:
                await w.store.sign_out(session, w.clock.now, ())
            return await conclude(seen, what, *rest)

        w.store.conclude = late
        left = await browser.submit(page, action="deny")
        assert left.query["error"] == "access_denied"
        assert (await w.authorize(browser, prompt="none")).query["error"] == "login_required"


@pytest.mark.parametrize("prompt", ["none", "consent"])
async def test_prompt_none_asks_nothing_and_prompt_consent_asks_for_all_of_it_again(prompt: str) -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        await w.login(browser)
        first = await asked(w, browser)
        silent = await w.authorize(browser, "other", prompt="none")
        assert (silent.query["error"], silent.query["error_description"]) == ("consent_required", "Consent required")
        await browser.submit(first, action="accept")
        page = await w.authorize(browser, "other", prompt=prompt)
        assert ("code" in page.query) == (prompt == "none")
        assert ("email address" in page.text) == (prompt == "consent")
        if prompt == "consent":
            assert "code" in (await browser.submit(page, action="accept")).query


async def test_prompt_consent_asks_for_an_own_application_too_and_nothing_else_does() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        assert "code" in (await w.login(browser)).query
        page = await w.authorize(browser, prompt="consent")
        assert page.screen == "consent"
        assert (await w.exchange(await browser.submit(page, action="accept")))[0] == 200


async def test_an_api_may_want_consent_for_own_applications_as_well() -> None:
    async with world() as w:
        await w.person()
        api = (await w.store.catalogue()).apis[API]
        await w.store.configure((api._replace(skip_consent=False),), (), ())
        browser = w.browser()
        page = await w.login(browser, scope="openid email read:accounts", audience=API)
        assert (page.screen, "read:accounts" in page.text, "email address" in page.text) == ("consent", True, False)
        assert "code" in (await browser.submit(page, action="accept")).query
        assert "code" in (await w.authorize(browser, scope="openid email")).query


async def test_a_yes_is_bound_to_its_attempt_its_browser_and_its_page() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser, other = w.browser(), w.browser()
        page = await asked(w, browser)
        form = {**page.hidden, "action": "accept"}
        await w.login(other, name="ada")
        assert (await other.post("/u/consent", form)).screen == "error"
        for csrf in ("", "x" * 43, form["csrf"][::-1]):
            assert (await browser.post("/u/consent", {**form, "csrf": csrf})).screen == "error"
        assert (await browser.post("/u/consent", {**form, "action": "default"})).screen == "consent"
        assert not (await w.store.consents("auth0|ada"))[0]
        assert "code" in (await browser.post("/u/consent", form)).query
        assert (await browser.post("/u/consent", form)).screen == "error"


async def test_a_yes_is_to_what_the_page_said_and_to_nothing_that_came_to_be_asked_for_since() -> None:
    """What had been agreed to before was not on the page; once it is taken back, in another tab, it is asked for again."""
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        await browser.submit(await asked(w, browser, scope="openid profile"), action="accept")
        page = await asked(w, browser, scope="openid profile email")
        assert "your name" not in page.text
        assert await w.store.withdraw("auth0|ada", "other", w.clock.now, ())
        page = await browser.submit(page, action="accept")
        assert (page.screen, "your name" in page.text) == ("consent", True)
        assert not (await w.store.consents("auth0|ada"))[0]
        assert "code" in (await browser.submit(page, action="accept")).query


async def test_a_yes_is_to_the_words_that_were_shown() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await asked(w, browser, scope="openid read:accounts", audience=API)
        api = (await w.store.catalogue()).apis[API]
        await w.store.configure((api._replace(descriptions={"read:accounts": "Spend what you have"}),), (), ())
        page = await browser.submit(page, action="accept")
        assert (page.screen, "Spend what you have" in page.text) == ("consent", True)
        assert "code" in (await browser.submit(page, action="accept")).query


async def test_a_yes_before_the_login_is_complete_is_no_yes() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        await w.configure(policies=("all-applications",))
        browser = w.browser()
        page = await w.authorize(browser, "other")
        for fields in ({"username": "ada@example.test"}, {"password": "secret of ada"}):
            forced = await browser.post("/u/consent", {**page.hidden, "action": "accept"})
            assert forced.screen == page.screen
            page = await browser.submit(page, **fields)
        forced = await browser.post("/u/consent", {**page.hidden, "action": "accept"})
        assert forced.screen == "mfa-otp-challenge"
        assert not (await w.store.consents("auth0|ada"))[0]


async def test_the_yes_of_one_person_is_not_that_of_another() -> None:
    async with world() as w:
        await w.person()
        await w.person("bob")
        await stranger(w)
        browser = w.browser()
        await browser.submit(await asked(w, browser), action="accept")
        page = await asked(w, browser, name="bob", prompt="select_account")
        assert page.screen == "consent"


async def test_a_claim_that_is_asked_for_by_name_wants_a_yes_as_its_scope_does() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        await browser.submit(await asked(w, browser, scope="openid"), action="accept")
        page = await asked(w, browser, scope="openid", claims='{"userinfo": {"phone_number": null}}')
        assert (page.screen, "phone number" in page.text) == ("consent", True)


async def test_what_is_taken_back_is_over_at_once_for_codes_refreshes_and_silence() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await browser.submit(await asked(w, browser, scope="openid offline_access"), action="accept")
        _, answer = await w.exchange(page, "other")
        unused = await asked(w, browser, scope="openid offline_access")
        assert await w.store.withdraw("auth0|ada", "other", w.clock.now, ())
        as_other = {"client_id": "other", "client_secret": "other's secret"}
        assert (await w.token(**as_other, grant_type="refresh_token", refresh_token=answer["refresh_token"]))[1]["error"] == "invalid_grant"
        assert (await w.exchange(unused, "other"))[1]["error"] == "invalid_grant"
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 401
        assert (await w.authorize(browser, "other", prompt="none", scope="openid")).query["error"] == "consent_required"


async def test_a_grant_that_nobody_has_agreed_to_gives_no_tokens() -> None:
    """However it came about: an application that becomes somebody else's has to ask."""
    async with world() as w:
        await w.person()
        page = await w.login(w.browser(), client="other", scope="openid offline_access")
        _, answer = await w.exchange(page, "other")
        unused = await w.login(w.browser(), client="other", scope="openid offline_access")
        await stranger(w)
        as_other = {"client_id": "other", "client_secret": "other's secret"}
        status, told = await w.token(**as_other, grant_type="refresh_token", refresh_token=answer["refresh_token"])
        assert (status, told["error"]) == (400, "consent_required")
        assert (await w.exchange(unused, "other"))[1]["error"] == "consent_required"


async def test_where_there_is_no_page_nobody_agrees_in_silence() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        looks = w.hasher.looks
        for password in ("secret of ada", "wrong"):
            asked = {"grant_type": REALM, "username": "ada@example.test", "password": password, "scope": "openid"}
            status, told = await w.token(client_id="other", client_secret="other's secret", **asked)
            assert (status, told["error"]) == (400, "consent_required")
        assert w.hasher.looks == looks


async def test_a_step_up_at_a_refresh_ends_with_the_consent() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await browser.submit(await asked(w, browser, scope="openid offline_access"), action="accept")
        _, answer = await w.exchange(page, "other")
        as_other = {"client_id": "other", "client_secret": "other's secret"}
        _, told = await w.token(**as_other, grant_type="refresh_token", refresh_token=answer["refresh_token"], acr_values=MULTI_FACTOR)
        assert told["error"] == "mfa_required"
        assert await w.store.withdraw("auth0|ada", "other", w.clock.now, ())
        otp = {"grant_type": "http://auth0.com/oauth/grant-type/mfa-otp", "mfa_token": told["mfa_token"], "otp": w.code()}
        assert (await w.token(**as_other, **otp))[1]["error"] == "consent_required"


async def test_an_id_token_by_form_wants_a_yes_as_well() -> None:
    async with world() as w:
        await w.person()
        await stranger(w, grant_types=("implicit",))
        browser = w.browser()
        page = await asked(w, browser, response_type="id_token", response_mode="form_post")
        assert page.screen == "consent"
        page = await browser.submit(page, action="accept")
        assert "id_token" in page.hidden


async def test_an_owner_sees_who_has_access_and_takes_it_back() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        page = await browser.submit(await asked(w, browser, scope="openid email offline_access"), action="accept")
        _, answer = await w.exchange(page, "other")
        page = await browser.get("/account")
        assert "Other shop" in page.text
        assert "See your email address" in page.text
        page = await browser.get("/account/applications/other")
        assert "Take access from Other shop?" in page.text
        forged = await browser.post("/account/applications/other", {**page.hidden, "csrf": "x", "action": "default"})
        assert forged.status == 409
        page = await browser.submit(page)
        assert "It has nothing of yours any longer." in page.text
        assert "You took access from an application" in page.text
        assert "Applications with access" not in page.text
        assert (await browser.get("/account/applications/other")).status == 404
        refresh = {"client_id": "other", "client_secret": "other's secret", "grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
        assert (await w.token(**refresh))[1]["error"] == "invalid_grant"
        assert (await w.authorize(browser, "other", prompt="none")).query["error"] == "consent_required"


async def test_what_belongs_to_another_account_is_neither_seen_nor_taken_back() -> None:
    async with world() as w:
        await w.person()
        await w.person("bob")
        await stranger(w)
        browser, bobs = w.browser(), w.browser()
        await browser.submit(await asked(w, browser), action="accept")
        await w.login(bobs, "bob")
        assert "Other shop" not in (await bobs.get("/account")).text
        assert (await bobs.get("/account/applications/other")).status == 404
        assert (await w.store.consents("auth0|ada"))[1] == 1


async def test_whoever_says_that_it_was_not_them_takes_back_what_applications_were_let_have() -> None:
    async with world() as w:
        await w.person()
        await stranger(w)
        browser = w.browser()
        await browser.submit(await asked(w, browser), action="accept")
        await browser.submit(await browser.get("/account/not-me"))
        assert (await w.store.consents("auth0|ada"))[1] == 0


async def test_what_was_loaded_for_one_person_says_nothing_of_whoever_turns_out_to_be_there() -> None:
    """A name was typed, and then somebody else's passkey answered."""
    async with world() as w:
        ada, bob = await w.person(totp=False), await w.person("bob", totp=False)
        await stranger(w)
        browser = w.browser()
        await browser.submit(await asked(w, browser, scope="openid"), action="accept")
        whereabouts = w.app.routes[0].handlers["GET"].__self__.login.whereabouts
        consents, _ = await w.store.consents(ada.id)
        request = msgspec.json.encode(AuthorizationRequest("other", BACK, ("openid",)))
        catalogue, first = await w.store.catalogue(), Shown("password", "knowledge", None, ("pwd",), 1, first=True)
        for owner, place in ((ada, "finish"), (bob, "consent")):
            _, has = await w.store.account(owner.id)
            shown = ((has[0].id, has[0].generation, first),)
            attempt = Attempt("at", "browser", b"", "other", w.clock.now, w.clock.now + 60, account=owner.id, request=request, shown=shown)
            assert whereabouts.stand(attempt, Arrival(1, attempt, owner, has, consents=consents), catalogue).place.verb == place
