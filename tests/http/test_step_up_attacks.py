"""Step-up attacked from outside: what a browser, a user or a stolen token can change between request and API (attacks: rows 8, 9, 18 and 19)."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.http.browser import Browser, Page
from tests.world import API, BACK, CHALLENGE, MULTI_FACTOR, World, api, claims, essential, world
from yett.domain.requirement import Requirement
from yett.oauth.authorize import LONGEST

PAY = "openid transfer:funds"
REQUEST = {
    "response_type": "code", "client_id": "web", "redirect_uri": BACK, "scope": PAY, "audience": API, "state": "s1", "nonce": "n1",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256", "acr_values": MULTI_FACTOR, "claims": essential(MULTI_FACTOR), "max_age": "3600",
}  # fmt: skip


async def opened(browser: Browser, pairs: list[tuple[str, str]]) -> Page:
    return await browser.get("/authorize?" + urlencode(pairs))


async def with_password(w: World) -> Browser:
    browser = w.browser()
    await w.login(browser)
    return browser


# --- row 8: the request, changed on its way through the browser --------------------------------------------------------


@pytest.mark.parametrize("gone", [("acr_values",), ("claims",), ("max_age",), ("acr_values", "claims", "max_age")])
async def test_row_8_stripping_what_the_application_asked_leaves_what_the_scope_demands(gone: tuple[str, ...]) -> None:
    async with world() as w:
        await w.person()
        page = await opened(await with_password(w), [(name, value) for name, value in REQUEST.items() if name not in gone])
        assert page.screen == "mfa-otp-challenge"


async def test_row_8_stripping_the_scope_too_gives_a_token_that_says_what_it_is() -> None:
    async with world() as w:
        await w.person()
        kept = {name: value for name, value in REQUEST.items() if name not in {"acr_values", "claims", "max_age"}}
        _, tokens = await w.exchange(await opened(await with_password(w), [*(kept | {"scope": "openid read:accounts"}).items()]))
        said = claims(tokens["access_token"])
        assert (said["scope"], said["amr"], "acr" in said) == ("openid read:accounts", ["pwd"], False)


async def test_row_8_the_order_of_parameters_and_of_scopes_means_nothing() -> None:
    async with world() as w:
        await w.person()
        browser = await with_password(w)
        for pairs in ([*REQUEST.items()], [*reversed(REQUEST.items())], [*(REQUEST | {"scope": "transfer:funds openid"}).items()]):
            assert (await opened(browser, pairs)).screen == "mfa-otp-challenge"


@pytest.mark.parametrize("twice", [name for name in LONGEST if name in REQUEST])
@pytest.mark.parametrize("last", [False, True])
async def test_row_8_a_parameter_that_is_there_twice_is_refused_whichever_comes_first(twice: str, last: bool) -> None:
    async with world() as w:
        await w.person()
        weaker = {"scope": "openid", "max_age": "999999", "claims": "{}", "acr_values": "x", "audience": ""}
        pairs = [*REQUEST.items()]
        pairs.insert(len(pairs) if last else 0, (twice, weaker.get(twice, "other")))
        page = await opened(await with_password(w), pairs)
        assert "code" not in page.query
        assert page.query.get("error") == "invalid_request" or page.screen == "error"


@pytest.mark.parametrize(
    "claim",
    [
        '{"id_token":{"acr":{"essential":true,"values":["phr"],"values":["x"]}}}',
        '{"id_token":{"acr":{"essential":true,"values":["phr"]}},"id_token":{}}',
        '{"id_token":{"acr":{"essential":"true","value":"phr"}}}',
        '{"id_token":{"acr":{"essential":true,"values":[]}}}',
    ],
)
async def test_row_8_a_claims_parameter_that_two_readers_read_differently_is_refused(claim: str) -> None:
    async with world() as w:
        await w.person()
        page = await opened(await with_password(w), [*(REQUEST | {"claims": claim}).items()])
        assert page.query["error"] == "invalid_request"


@pytest.mark.parametrize(
    "weaker",
    [{"acr_values": "http://idmanagement.gov/ns/assurance/aal/1"}, {"acr_values": f"x {MULTI_FACTOR}"}, {"max_age": "999999999"}, {"prompt": "consent"}],
)
async def test_row_8_asking_for_less_lowers_nothing(weaker: dict[str, str]) -> None:
    async with world() as w:
        await w.person()
        asked = {name: value for name, value in REQUEST.items() if name != "claims"} | weaker
        assert (await opened(await with_password(w), [*asked.items()])).screen == "mfa-otp-challenge"


@pytest.mark.parametrize("by", ["request", "request_uri"])
async def test_row_8_a_request_object_beside_the_query_is_refused_and_never_ignored(by: str) -> None:
    async with world() as w:
        page = await opened(w.browser(), [*REQUEST.items(), (by, "eyJhbGciOiJub25lIn0.e30.")])
        assert page.query["error"] == f"{by}_not_supported"


async def test_row_8_the_page_takes_no_request_from_its_form() -> None:
    async with world() as w:
        await w.person()
        browser = await with_password(w)
        page = await opened(browser, [*REQUEST.items()])
        smuggled = {"scope": "openid", "acr_values": "", "claims": "", "max_age": "", "prompt": "none", "audience": "", "client_id": "other"}
        stays = await browser.submit(page, code="000000", **smuggled)
        assert stays.screen == "mfa-otp-challenge"
        left = await browser.submit(stays, code=w.code(), **smuggled)
        _, tokens = await w.exchange(await browser.submit(left, action="saved") if left.screen else left)
        assert claims(tokens["access_token"])["scope"] == PAY


async def test_row_8_a_code_gives_what_was_approved_whatever_its_exchange_asks_for() -> None:
    async with world() as w:
        await w.person()
        browser = await with_password(w)
        weak = await w.authorize(browser, audience=API, scope="openid read:accounts")
        _, tokens = await w.exchange(weak, scope=PAY, audience=API, acr_values=MULTI_FACTOR)
        assert claims(tokens["access_token"])["scope"] == "openid read:accounts"


async def test_row_8_a_refresh_gives_no_scope_that_was_not_granted() -> None:
    async with world() as w:
        await w.person()
        _, tokens = await w.exchange(await w.login(w.browser(), audience=API, scope="openid offline_access read:accounts"))
        asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        status, refused = await w.token(**asked, scope="transfer:funds")
        assert (status, refused["error"]) == (400, "invalid_scope")
        _, more = await w.token(**asked, scope="openid read:accounts transfer:funds")
        assert "transfer:funds" not in claims(more["access_token"])["scope"]


# --- row 9: what was given before, after something changed -------------------------------------------------------------


async def unenrolled(w: World) -> None:
    one = next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "totp")
    await w.store.unenrol("auth0|ada", [one], w.clock.now, ())


async def locked(w: World) -> None:
    account, _ = await w.store.account("auth0|ada")
    assert await w.store.change_account(account, account._replace(blocked=True, security_version=9), (), ends=True, now=w.clock.now, facts=())


async def new_password(w: World) -> None:
    account, has = await w.store.account("auth0|ada")
    old = next(one for one in has if one.kind == "password")
    anew = old._replace(generation=2, state=old.state._replace(secret=b"plain:another"))
    assert await w.store.change_account(account, account._replace(security_version=9), (anew,), ends=True, now=w.clock.now, facts=())


async def stricter_policy(w: World) -> None:
    raised = api()._replace(requirement=Requirement(("phr",)))
    await w.store.configure((raised,), (), ())


async def session_revoked(w: World) -> None:
    (session, *_) = await w.store.sessions("auth0|ada", w.clock.now)
    assert await w.store.end_session("auth0|ada", session.sid, w.clock.now, ())


CHANGES: dict[str, Callable[[World], Awaitable[None]]] = {
    "factor removed": unenrolled,
    "account locked": locked,
    "password changed": new_password,
    "policy raised": stricter_policy,
    "session revoked": session_revoked,
}


async def stepped_up(w: World, scope: str = f"{PAY} offline_access") -> tuple[Browser, Page]:
    await w.person()
    browser = w.browser()
    return browser, await w.login(browser, audience=API, scope=scope)


@pytest.mark.parametrize("change", CHANGES)
async def test_row_9_a_code_from_before_gives_nothing(change: str) -> None:
    async with world() as w:
        _, left = await stepped_up(w)
        assert left.query["code"]
        await CHANGES[change](w)
        status, refused = await w.exchange(left)
        assert (status, refused["error"]) == (403, "invalid_grant")


@pytest.mark.parametrize("change", CHANGES)
async def test_row_9_a_refresh_token_from_before_gives_nothing(change: str) -> None:
    async with world() as w:
        _, left = await stepped_up(w)
        _, tokens = await w.exchange(left)
        await CHANGES[change](w)
        status, refused = await w.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert (status, refused["error"]) in {(403, "invalid_grant"), (403, "mfa_required")}
        assert "access_token" not in refused


@pytest.mark.parametrize("change", CHANGES)
async def test_row_9_a_session_from_before_is_not_enough_for_the_scope(change: str) -> None:
    async with world() as w:
        browser, _ = await stepped_up(w)
        await CHANGES[change](w)
        again = await w.authorize(browser, audience=API, scope=PAY, prompt="none")
        assert "code" not in again.query
        assert again.query["error"] in {"login_required", "access_denied", "unmet_authentication_requirements"}


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "session revoked"])
async def test_row_9_a_page_that_waits_for_its_code_gives_nothing_after_it(change: str) -> None:
    async with world() as w:
        await w.person()
        browser = await with_password(w)
        page = await w.authorize(browser, audience=API, scope=PAY)
        await CHANGES[change](w)
        left = await browser.submit(page, code=w.code())
        assert "code" not in left.query


# --- two tabs at two levels --------------------------------------------------------------------------------------------


async def test_row_18_two_tabs_at_two_levels_each_get_what_they_proved() -> None:
    async with world() as w:
        await w.person()
        browser = await with_password(w)
        low = await w.authorize(browser, audience=API, scope="openid offline_access read:accounts")
        waits = await w.authorize(browser, audience=API, scope=PAY)
        before = browser.cookies["yett-session"]
        high = await w.prove(browser, waits)
        assert browser.cookies["yett-session"] != before, "each level has an id of its own"
        _, mine = await w.exchange(low)
        _, theirs = await w.exchange(high)
        assert claims(mine["access_token"])["amr"] == ["pwd"]
        assert claims(theirs["access_token"])["amr"] == ["pwd", "otp", "mfa"]
        _, renewed = await w.token(grant_type="refresh_token", refresh_token=mine["refresh_token"])
        assert claims(renewed["access_token"])["amr"] == ["pwd"], "a step-up beside it lifts no older family"


async def test_row_18_the_session_id_of_the_lower_level_is_not_raised_with_it() -> None:
    async with world() as w:
        await w.person()
        browser = await with_password(w)
        stolen = dict(browser.cookies)
        await w.prove(browser, await w.authorize(browser, audience=API, scope=PAY))
        thief = w.browser()
        thief.cookies.update(stolen)
        silent = await w.authorize(thief, audience=API, scope=PAY, prompt="none")
        assert silent.query["error"] == "login_required"


async def test_row_19_a_token_of_one_use_and_one_of_many_are_told_apart() -> None:
    async with world() as w:
        await w.person()
        once = api()._replace(scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,), one_use=True)})
        await w.store.configure((once,), (), ())
        _, tokens = await w.exchange(await w.login(w.browser(), audience=API, scope=PAY))
        said: dict[str, Any] = claims(tokens["access_token"])
        assert (said["one_use"], "one_use" in claims(tokens["id_token"])) == (True, False)
