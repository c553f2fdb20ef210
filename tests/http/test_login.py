"""A login, a step-up and their tokens, over the whole house."""

from tests.world import API, MULTI_FACTOR, World, claims, world


async def test_a_password_alone_gives_a_token_that_says_so_and_no_more() -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser())
        assert page.query["iss"] == "http://localhost:8000/"
        assert page.query["state"] == "s1"
        status, answer = await w.exchange(page)
        said = claims(answer["id_token"])
        assert status == 200
        assert said["amr"] == ["pwd"]
        assert "acr" not in said
        assert said["auth_time"] == w.clock.now
        assert said["nonce"] == "n1"


async def test_a_step_up_asks_for_what_is_missing_alone_and_the_claims_tell_of_both() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser)
        began = w.clock.now
        w.clock.now += 100
        page = await w.authorize(browser, acr_values=MULTI_FACTOR)
        assert page.screen == "mfa-otp-challenge"
        page = await w.prove(browser, page)
        _, answer = await w.exchange(page)
        said = claims(answer["id_token"])
        assert said["acr"] == MULTI_FACTOR
        assert said["amr"] == ["pwd", "otp", "mfa"]
        assert said["auth_time"] == began


async def test_a_scope_that_demands_multi_factor_triggers_it() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, audience=API, scope="openid read:accounts")
        page = await w.authorize(browser, audience=API, scope="openid transfer:funds")
        assert page.screen == "mfa-otp-challenge"
        _, answer = await w.exchange(await w.prove(browser, page))
        said = claims(answer["access_token"])
        assert said["acr"] == MULTI_FACTOR
        assert said["aud"] == [API, "http://localhost:8000/userinfo"]
        assert said["scope"] == "openid transfer:funds"


async def test_prompt_none_says_exactly_what_spa_js_waits_for() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        nobody = await w.authorize(browser, prompt="none")
        assert (nobody.query["error"], nobody.query["error_description"]) == ("login_required", "Login required")
        await w.login(browser)
        page = await w.authorize(browser, prompt="none", acr_values=MULTI_FACTOR)
        assert (page.query["error"], page.query["error_description"]) == ("login_required", "Multifactor authentication required")
        assert "code" in (await w.authorize(browser, prompt="none")).query


async def enrolled(w: World) -> None:
    await w.person()
    await w.configure(policies=("all-applications",))


async def test_under_policy_always_a_remembered_browser_is_not_asked_again_and_never_says_mfa() -> None:
    async with world() as w:
        await enrolled(w)
        browser = w.browser()
        await w.login(browser, remember=True)
        browser.cookies.pop("yett-session")
        page = await w.login(browser)
        _, answer = await w.exchange(page)
        assert claims(answer["id_token"])["amr"] == ["pwd"]
        asked = await w.authorize(browser, acr_values=MULTI_FACTOR)
        assert asked.screen == "mfa-otp-challenge"
