"""Phone and address, by scope and by name: from the helpdesk's hands to the application's."""

import json

import pytest

from tests.world import API, claims, world

PROFILE = json.dumps({"phone_number": "+15550100", "phone_verified": True, "user_metadata": {"address": {"locality": "Perth"}}}).encode()


async def test_userinfo_and_id_token_tell_what_the_scopes_and_the_claims_parameter_ask_for() -> None:
    async with world() as w:
        await w.person(profile=PROFILE)
        browser = w.browser()
        _, answer = await w.exchange(await w.login(browser, scope="openid phone address"))
        _, told = await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}")
        assert (told["phone_number"], told["phone_number_verified"], told["address"]) == ("+15550100", True, {"locality": "Perth"})
        assert claims(answer["id_token"])["address"] == {"locality": "Perth"}

        named = json.dumps({"id_token": {"email": None}, "userinfo": {"phone_number": {"essential": True}}})
        page = await w.authorize(browser, scope="openid read:accounts", audience=API, claims=named)
        _, answer = await w.exchange(page)
        _, told = await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}")
        assert set(told) == {"sub", "phone_number"}
        assert claims(answer["id_token"])["email"] == "ada@example.test"
        assert "phone_number" not in claims(answer["access_token"])


@pytest.mark.parametrize("audience", [API, ""])
@pytest.mark.parametrize("over", ["client", "regime"])
async def test_userinfo_tells_nothing_for_a_token_whose_client_is_gone_or_whose_login_the_regime_ended(over: str, audience: str) -> None:
    """Another door than introspection, and the same answer."""
    async with world() as w:
        await w.person()
        _, answer = await w.exchange(await w.login(w.browser(), scope="openid read:accounts", audience=audience))
        shown = {"authorization": f"Bearer {answer['access_token']}"}
        w.clock.now += 13 * 3600
        assert (await w.get("/userinfo", **shown))[0] == 200
        if over == "client":
            await w.store.configure((), (("client", "web"),), ())
        else:
            await w.configure(regime="nist-aal3")
        assert (await w.get("/userinfo", **shown))[0] == 401


async def test_display_and_claims_locales_change_nothing_and_are_no_mistake() -> None:
    async with world() as w:
        page = await w.authorize(w.browser(), display="popup", claims_locales="de en")
        assert page.screen == "login-id"
