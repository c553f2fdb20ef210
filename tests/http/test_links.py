"""Links out of a mailbox: what they do, once, and what they never do."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import UP, UV, Authenticator
from tests.flows.test_webauthn import enrolled, key, shown
from tests.http.browser import Browser, Page
from tests.world import MULTI_FACTOR, World, essential, world
from yett.domain.enrolment import Enrolment
from yett.domain.password import LONGEST
from yett.factors.email import Email
from yett.flows.tickets import Ticket

NEW = "eleven purple umbrellas"


async def asked(house: World, typed: str = "ada@example.test", browser: Browser | None = None) -> Page:
    browser = browser or house.browser()
    return await browser.submit(await browser.get("/u/reset-password-request"), username=typed)


async def link(house: World, template: str = "Choose a new password") -> str:
    """The path of the newest link that was mailed."""
    found = next(one for one in await house.mail() if one["subject"] == template)
    return "/" + re.search(r"https?://[^/]+/(\S+)", str(found["text"]))[1]  # type: ignore[index]


async def opened(house: World, browser: Browser) -> Page:
    await asked(house)
    return await browser.get(await link(house))


async def factor(house: World, page: Page, browser: Browser) -> Page:
    """Choose the authenticator, and type its code."""
    assert page.screen == "reset-password-methods", page.text
    page = await browser.submit(page, action="totp|dev_ada")
    assert page.screen == "reset-password-challenge"
    return await browser.submit(page, code=house.code())


async def kept(house: World) -> dict[str, Enrolment]:
    _, has = await house.store.account("auth0|ada")
    return {one.kind: one for one in has}


async def test_a_forgotten_password_is_chosen_anew_by_the_mailbox_where_there_is_no_factor() -> None:
    async with world() as house:
        await house.person(totp=False)
        browser = house.browser()
        page = await opened(house, browser)
        assert (page.screen, page.status) == ("reset-password", 200)
        page = await browser.submit(page, password=NEW)
        assert (page.screen, page.status) == ("link-note", 200)
        assert (await kept(house))["password"].state.secret == b"plain:" + NEW.encode()
        assert not browser.cookies
        assert next(one["subject"] for one in await house.mail()) == "Your password was changed"
        assert (await house.facts("scp"))[0].account == "auth0|ada"


async def test_a_reset_never_lowers_mfa_keycloak_12759() -> None:
    """Whoever has the mailbox alone gets nowhere where there is a factor on another channel."""
    async with world() as house:
        await house.person()
        browser = house.browser()
        page = await opened(house, browser)
        forced = await browser.post("/u/reset-password", {**page.hidden, "action": "default", "password": NEW})
        assert forced.screen == "reset-password-methods"
        forced = await browser.post("/u/reset-password?way=totp%7Cdev_ada", {**page.hidden, "action": "default", "code": "000000", "password": NEW})
        assert (forced.screen, forced.status) == ("reset-password-challenge", 400)
        assert (await kept(house))["password"].state.secret == b"plain:secret of ada"
        page = await factor(house, page, browser)
        assert page.screen == "reset-password"
        assert (await browser.submit(page, password=NEW)).screen == "link-note"
        login = await house.login(house.browser(), acr_values=MULTI_FACTOR)
        assert login.screen == "login-password"


async def test_whoever_cancels_or_wants_another_way_has_changed_nothing() -> None:
    async with world() as house:
        await house.person()
        browser = house.browser()
        page = await browser.submit(await opened(house, browser), action="totp|dev_ada")
        assert (await browser.submit(page, action="pick-authenticator", code="")).screen == "reset-password-methods"
        assert (await browser.submit(page, action="cancel", code="")).status == 200
        assert (await browser.get(await link(house))).screen == "reset-password-methods"


async def test_wrong_codes_on_the_way_to_a_reset_are_tries_like_any_other() -> None:
    async with world() as house:
        await house.person()
        browser = house.browser()
        page = await browser.submit(await opened(house, browser), action="totp|dev_ada")
        for _ in range(9):
            page = await browser.submit(page, code="000000")
        page = await browser.submit(page, code=house.code())
        assert (page.screen, page.status) == ("reset-password-challenge", 429)
        assert (await kept(house))["totp"].failures >= 9


async def test_a_code_to_the_same_mailbox_is_no_second_factor_ory_4317() -> None:
    """The address is a factor of the account, but the link came through it already."""
    async with world() as house:
        await house.person(totp=False, verified=True)
        browser = house.browser()
        page = await browser.submit(await opened(house, browser), password=NEW)
        assert page.screen == "link-note"
        has = await kept(house)
        channel = Email().promise(has["email"]).channel
        assert channel
        assert json.loads(has["password"].state.open) == {"channel": channel.hex()}
        await house.configure(policies=("all-applications",))
        page = await house.authorize(second := house.browser(), acr_values=MULTI_FACTOR)
        page = await second.submit(await second.submit(page, username="ada@example.test"), password=NEW)
        assert page.screen != "mfa-email-challenge"
        assert "code" not in page.query


async def test_a_password_that_came_through_the_mailbox_is_not_washed_by_changing_it_ory_4317() -> None:
    """Whoever has the mailbox resets the password, logs in with it and changes it: that is still the mailbox, and nothing else."""
    async with world() as house:
        await house.person(totp=False, verified=True)
        await house.configure(factors={"email": True})
        browser = house.browser()
        await browser.submit(await opened(house, browser), password=NEW)
        page = await browser.submit(await browser.get("/account/password"), username="ada@example.test")
        page = await browser.submit(page, password=NEW)
        page = await browser.submit(page, password="twelve yellow umbrellas")
        assert "Your password is changed" in page.text
        page = await house.authorize(second := house.browser(), claims=essential(MULTI_FACTOR))
        page = await second.submit(await second.submit(page, username="ada@example.test"), password="twelve yellow umbrellas")
        assert page.query["error"] == "unmet_authentication_requirements"


async def test_a_password_that_another_channel_has_vouched_for_stands_for_itself() -> None:
    """Whoever changes it after a code of their authenticator is not held to have the mailbox alone."""
    async with world() as house:
        await house.person(verified=True)
        browser = house.browser()
        await browser.submit(await factor(house, await opened(house, browser), browser), password=NEW)
        assert (await kept(house))["password"].state.open
        house.clock.now += 30
        page = await browser.submit(await browser.get("/account/password"), username="ada@example.test")
        page = await house.prove(browser, await browser.submit(page, password=NEW))
        page = await browser.submit(page, password="twelve yellow umbrellas")
        assert "Your password is changed" in page.text
        assert not (await kept(house))["password"].state.open


async def test_a_reset_ends_every_session_revokes_every_grant_and_makes_none() -> None:
    async with world() as house:
        await house.person(totp=False)
        old = house.browser()
        _, answer = await house.exchange(await house.login(old, scope="openid offline_access"))
        browser = house.browser()
        await browser.submit(await opened(house, browser), password=NEW)
        assert (await house.authorize(old)).screen == "login-id"
        status, _ = await house.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
        assert status == 403
        assert await house.store.sessions("auth0|ada", house.clock.now) == ()


async def test_a_link_is_good_once() -> None:
    async with world() as house:
        await house.person(totp=False)
        browser, other = house.browser(), house.browser()
        page = await opened(house, browser)
        await browser.submit(page, password=NEW)
        assert (await other.get(await link(house))).status == 400
        assert (await browser.submit(page, password="another good password")).status == 400
        assert (await kept(house))["password"].state.secret == b"plain:" + NEW.encode()


async def test_a_link_that_was_not_used_ends_with_the_password_that_it_was_for() -> None:
    """Else whoever finds an older mail undoes what its owner has just mended."""
    async with world() as house:
        await house.person(totp=False)
        await asked(house)
        older = await link(house)
        browser = house.browser()
        await browser.submit(await opened(house, browser), password=NEW)
        assert (await house.browser().get(older)).status == 400


async def test_of_two_at_once_one_wins() -> None:
    import asyncio

    async with world() as house:
        await house.person(totp=False)
        browser, other = house.browser(), house.browser()
        page = await opened(house, browser)
        house.all_have_read(2)
        done = await asyncio.gather(browser.submit(page, password=NEW), other.post("/u/reset-password", {**page.hidden, "password": "another good password"}))
        assert sorted(one.status for one in done) == [200, 400]


async def test_a_link_ends_with_its_hour_and_with_the_address_that_it_went_to() -> None:
    async with world() as house:
        account = await house.person(totp=False)
        await asked(house)
        path = await link(house)
        seen, _ = await house.store.account(account.id)
        assert await house.store.change_account(seen, seen._replace(email="new@example.test"), (), ends=False, now=house.clock(), facts=())
        assert (await house.browser().get(path)).status == 400
        assert await house.store.change_account(seen, seen, (), ends=False, now=house.clock(), facts=())
        assert (await house.browser().get(path)).status == 200
        house.clock.now += 3600
        assert (await house.browser().get(path)).status == 400


async def test_a_factor_that_was_shown_is_not_good_for_long() -> None:
    async with world() as house:
        await house.person()
        browser = house.browser()
        page = await factor(house, await opened(house, browser), browser)
        house.clock.now += 900
        assert (await browser.submit(page, password=NEW)).status == 400


async def test_scanners_of_mail_use_nothing_up_and_have_nothing_sent() -> None:
    async with world() as house:
        await house.person(totp=False, verified=True)
        await asked(house)
        path, before = await link(house), len(await house.mail())
        for _ in range(5):
            assert (await house.browser().get(path)).screen == "reset-password"
        assert len(await house.mail()) == before


async def test_a_password_is_not_set_without_the_link_cve_2026_18963() -> None:
    async with world() as house:
        await house.person(totp=False)
        browser = house.browser()
        page = await opened(house, browser)
        attempt, _, token = page.hidden["state"].partition(".")
        login = await house.authorize(house.browser())
        for state in ("", attempt, f"{attempt}.", f"{attempt}.{token[:-1]}", f".{token}", login.hidden["state"]):
            assert (await browser.post("/u/reset-password", {"state": state, "password": NEW})).status == 400
        assert (await browser.post("/u/email-verification", {"state": page.hidden["state"]})).status == 400
        assert (await kept(house))["password"].state.secret == b"plain:secret of ada"


async def test_a_link_of_a_login_or_of_another_kind_resets_nothing() -> None:
    async with world() as house:
        await house.person(totp=False)
        page = await house.authorize(browser := house.browser())
        assert (await browser.get(f"/u/reset-password?ticket={page.hidden['state']}.{browser.cookies.get('yett-attempt', '')}")).status == 400


async def test_whoever_is_blocked_resets_nothing() -> None:
    async with world() as house:
        account = await house.person(totp=False)
        await asked(house)
        path = await link(house)
        assert await house.store.change_account(account, account._replace(blocked=True), (), ends=False, now=house.clock(), facts=())
        assert (await house.browser().get(path)).status == 400
        before = len(await house.mail())
        await asked(house)
        assert len(await house.mail()) == before


async def test_a_passkey_counts_as_a_factor_although_it_may_stand_first() -> None:
    """Else the mailbox alone would give a password to an account that is protected by the strongest there is."""
    async with world() as house:
        browser, page, own = await with_key(house, "passkey", UP | UV)
        assert (page.screen, "passkey" in await kept(house)) == ("reset-password-methods", True)
        forced = await browser.post("/u/reset-password", {**page.hidden, "password": NEW})
        assert forced.screen == "reset-password-methods"
        one = (await kept(house))["passkey"].id
        page = await browser.submit(page, action=one)
        assert page.screen == "reset-password-mfa-webauthn-challenge"
        path = "/u/reset-password?way=" + one.replace("|", "%7C")
        forced = await browser.post(path, {**page.hidden, "action": "default", "password": NEW, "response": "", "code": "000000"})
        assert forced.screen == "reset-password-mfa-webauthn-challenge"
        assert (await kept(house))["password"].state.secret == b"plain:secret of ada"
        page = await browser.submit(forced, response=shown(own, forced))
        assert page.screen == "reset-password"
        assert (await browser.submit(page, password=NEW)).screen == "link-note"
        assert (await kept(house))["password"].state.secret == b"plain:" + NEW.encode()
        assert not browser.cookies


async def with_key(house: World, kind: str = "webauthn-roaming", flags: int = UP, counter: int = 0) -> tuple[Browser, Page, Authenticator]:
    """Somebody who has a key forgot the password, and has opened the link."""
    await house.configure(factors={**house.tenant.factors, "webauthn-roaming": True, "passkey": True})
    await house.person(totp=False)
    own = key(flags=flags, counter=counter)
    await enrolled(house, house.browser(), kind, own)
    browser = house.browser()
    return browser, await opened(house, browser), own


async def test_what_a_key_must_not_say_at_a_reset_is_refused_and_a_copy_is_told_of() -> None:
    async with world() as house:
        browser, page, own = await with_key(house, counter=5)
        one = (await kept(house))["webauthn-roaming"]
        page = await browser.submit(page, action=one.id)
        other = await house.login(house.browser(), claims=essential("phr"))
        for by, at in ((replace(own, rp="evil.test"), page), (replace(own, key=key().key), page), (replace(own, id=b"another"), page), (own, other)):
            refused = await browser.submit(page, response=shown(by, at))
            assert (refused.screen, refused.status) == ("reset-password-mfa-webauthn-challenge", 400)
        refused = await browser.submit(page, response=shown(replace(own, counter=3), refused))
        assert "may have been copied" in refused.text
        assert (await house.mail())[0]["subject"] == "Somebody may have a copy of your key"
        own.counter = 6
        answer = shown(own, refused)
        assert (await browser.submit(refused, response=answer)).screen == "reset-password"
        assert (await kept(house))["webauthn-roaming"].state.mark == 6


async def test_a_factor_that_is_suspended_still_counts() -> None:
    """Reported lost, it may come back: until then a mailbox alone is not enough."""
    async with world() as house:
        account = await house.person()
        has = await kept(house)
        put = (has["totp"]._replace(status="suspended", leaves_at=house.clock.now + 9999),)
        assert await house.store.change_account(account, account, put, ends=False, now=house.clock(), facts=())
        browser = house.browser()
        page = await opened(house, browser)
        assert (page.screen, page.status) == ("link-note", 400)
        forced = await browser.post(await link(house), {"state": (await link(house)).partition("=")[2], "password": NEW})
        assert forced.status == 400
        assert (await kept(house))["password"].state.secret == b"plain:secret of ada"


@pytest.mark.parametrize("password", ["short", "password1", "ada@example.test1", "x" * (LONGEST + 1), "tab\tin it all"])
async def test_a_password_that_is_no_good_is_refused_and_the_link_stays_good(password: str) -> None:
    async with world() as house:
        await house.person(totp=False)
        browser = house.browser()
        page = await opened(house, browser)
        page = await browser.submit(page, password=password)
        assert (page.screen, page.status) == ("reset-password", 400)
        assert (await browser.submit(page, password=NEW)).screen == "link-note"


@pytest.mark.parametrize("totp, least", [(False, 15), (True, 8)])
async def test_the_page_says_how_long_a_password_must_be_and_more_where_it_stands_alone(totp: bool, least: int) -> None:
    async with world(tightened={"shortest_password_alone": 15}) as house:
        await house.person(totp=totp)
        browser = house.browser()
        page = await opened(house, browser)
        page = await factor(house, page, browser) if totp else page
        assert f"At least {least} characters." in page.text
        page = await browser.submit(page, password="x7k-m2q-p9z-w4v"[: least - 1])
        assert "That is too short" in page.text
        assert f"At least {least} characters." in page.text
        assert (await browser.submit(page, password="x7k-m2q-p9z-w4v"[:least])).screen == "link-note"


async def test_nobody_learns_who_has_an_account() -> None:
    async with world() as house:
        await house.person()
        answers = [await asked(house, typed) for typed in ("ada@example.test", "nobody@example.test", "nobody")]
        assert len({(one.status, one.screen, one.text) for one in answers}) == 1
        assert len(await house.mail()) == 1


async def test_as_much_is_written_for_nobody_as_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as house:
        await house.person()
        counts: list[Any] = []
        write = house.store.driver.write

        async def counting(operation: Any) -> Any:
            counts[-1] += 1
            return await write(operation)

        monkeypatch.setattr(house.store.driver, "write", counting)
        for typed in ("ada@example.test", "nobody@example.test"):
            counts.append(0)
            await asked(house, typed)
        assert counts[0] == counts[1]


async def test_mails_to_one_address_are_budgeted_without_a_word() -> None:
    async with world() as house:
        await house.person()
        answers = [await asked(house) for _ in range(6)]
        assert {one.status for one in answers} == {200}
        assert len(await house.mail()) == 3


async def test_one_host_asks_for_so_many_and_no_more() -> None:
    async with world() as house:
        answers = [await asked(house, f"nobody{number}@example.test") for number in range(21)]
        assert [one.status for one in answers[-2:]] == [200, 429]


async def test_an_address_is_confirmed_by_the_button_and_not_by_looking() -> None:
    async with world() as house:
        account = await house.person(totp=False)
        route = next(one for one in house.app.routes if one.path == "/u/email-verification")
        ticket = route.handlers["GET"].__self__.confirm.tickets
        url = await ticket.issue("verify-email", account, "web", Ticket("ada@example.test"), 60)
        browser, path = house.browser(), url.removeprefix("http://localhost:8000")
        page = await browser.get(path)
        assert page.screen == "email-verification"
        assert not (await house.store.account(account.id))[0].email_verified
        page = await browser.submit(page)
        assert page.screen == "link-note"
        seen, has = await house.store.account(account.id)
        assert seen.email_verified
        assert [one.link for one in has if one.kind == "email"] == ["implicit"]
        assert (await browser.get(path)).status == 400
        assert [one.account for one in await house.facts("sv")] == [account.id]
