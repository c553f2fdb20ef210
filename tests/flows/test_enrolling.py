"""Adding a factor: who may, what a confirm costs, and that there is one first (design: invariant 3; attacks: row 5)."""

import asyncio
import re

import pytest

from tests.core.factors.webauthn.authenticator import UP, UV
from tests.flows.mfa import SHEET, has, sheet
from tests.flows.test_webauthn import enrolled as passkeyed
from tests.flows.test_webauthn import key, made
from tests.http.browser import Browser, Page
from tests.world import MULTI_FACTOR, World, claims, essential, otp, world

DEMANDED = essential(MULTI_FACTOR)


async def offered(w: World, browser: Browser, name: str = "ada") -> Page:
    """The page with the key of a new authenticator."""
    page = await w.login(browser, name, claims=DEMANDED)
    page = await browser.submit(page, action="totp") if page.screen == "mfa-begin-enroll-options" else page
    assert page.screen == "mfa-otp-enrollment-qr", page.screen or page.url
    w.enrolling(page, name)
    return page


async def kinds(w: World, name: str = "ada") -> list[str]:
    return sorted(one.kind for one in (await w.store.account(f"auth0|{name}"))[1])


async def test_a_first_factor_is_confirmed_by_its_code_and_counts_at_once() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await browser.submit(await offered(w, browser), code=w.code())
        assert page.screen == "mfa-recovery-code-enrollment"
        _, answer = await w.exchange(await browser.submit(page, action="saved"))
        assert claims(answer["id_token"])["amr"] == ["pwd", "otp", "mfa"]
        assert await kinds(w) == ["password", "recovery-code", "totp"]
        # The code that confirmed it is used up.
        other = w.browser()
        asked = await w.login_until_code(other)
        assert (await other.submit(asked, code=w.code())).status == 400
        assert (await w.mail())[0]["to"] == "ada@example.test"


async def test_row_5_a_page_that_was_opened_before_there_was_a_factor_adds_none_afterwards() -> None:
    """The second factor needs the first (CVE-2019-16766): decided again at confirm, not when the page was shown."""
    async with world() as w:
        await w.person(totp=False)
        attacker, owner = w.browser(), w.browser()
        waiting = await offered(w, attacker)
        attackers_key = w.secrets["ada"]
        await owner.submit(await offered(w, owner), code=w.code())
        page = await attacker.submit(waiting, code=otp(attackers_key, w.clock.now // 30))
        assert page.screen == "mfa-otp-challenge"
        assert "code" not in page.query
        assert (await kinds(w)).count("totp") == 1
        page = await attacker.get(waiting.url)
        assert page.screen == "mfa-otp-challenge"
        assert "secret=" not in page.text


async def test_row_5_of_many_first_confirms_at_once_one_wins_and_only_its_key_works() -> None:
    async with world() as w:
        await w.person(totp=False)
        waiting = []
        for _ in range(5):
            browser = w.browser()
            page = await offered(w, browser)
            waiting.append((browser, page, w.secrets["ada"]))
        now = w.clock.now // 30
        w.all_have_read(5)
        pages = await asyncio.gather(*(browser.submit(page, code=otp(key, now)) for browser, page, key in waiting))
        won = [number for number, page in enumerate(pages) if page.screen == "mfa-recovery-code-enrollment"]
        assert len(won) == 1
        (held,) = [one for one in (await w.store.account("auth0|ada"))[1] if one.kind == "totp"]
        assert held.state.secret == waiting[won[0]][2]
        assert [page.query.get("code") for page in pages] == [None] * 5


async def test_row_5_a_confirm_is_a_try_of_the_question() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await offered(w, browser)
        for _ in range(10):
            assert (await browser.submit(page, code="000000")).status == 400
        shown = await browser.submit(page, code=w.code())
        assert shown.status == 400
        assert await kinds(w) == ["password"]


async def test_row_5_a_confirm_is_a_try_of_the_account_over_all_attempts() -> None:
    async with world() as w:
        await w.person(totp=False)
        said = []
        for _ in range(4):
            browser = w.browser()
            page = await offered(w, browser)
            said += [(await browser.submit(page, code="000000")).status for _ in range(8)]
        assert said == [400] * 27 + [429] * 5
        page = await offered(w, browser)
        assert (await browser.submit(page, code=w.code())).status == 429
        assert await kinds(w) == ["password"]
        assert len([one for one in await w.mail() if one["subject"] == "Too many wrong codes"]) == 1


async def test_a_key_is_shown_again_to_its_own_page_alone_and_is_over_with_its_attempt() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await offered(w, browser)
        again = await browser.get(page.url)
        assert re.findall("secret=([A-Z2-7]+)", again.text) == re.findall("secret=([A-Z2-7]+)", page.text)
        stranger = w.browser()
        assert (await stranger.get(page.url)).screen == "error"
        w.clock.now += 900
        late = await browser.submit(page, code=w.code())
        assert (late.status, late.screen) == (400, "error")
        assert await kinds(w) == ["password"]


async def test_a_factor_that_is_switched_off_is_neither_offered_nor_usable() -> None:
    async with world() as w:
        await w.person()
        await w.person("bob", totp=False)
        await w.configure(factors={"otp": False, "email": False, "recovery-code": False})
        for name in ("ada", "bob"):
            page = await w.login(w.browser(), name, claims=DEMANDED)
            assert page.query["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize("status", ["suspended", "disabled"])
async def test_a_factor_that_is_suspended_is_not_replaced_by_whoever_has_the_password(status: str) -> None:
    async with world() as w:
        account = await w.person()
        one = next(one for one in (await w.store.account(account.id))[1] if one.kind == "totp")
        new = account._replace(security_version=2)
        assert await w.store.change_account(account, new, (one._replace(status=status),), ends=False, now=w.clock.now, facts=())
        page = await w.login(w.browser(), claims=DEMANDED)
        assert page.query.get("error") == "unmet_authentication_requirements", page.screen
        assert await kinds(w) == ["password", "totp"]


async def test_a_lost_device_is_replaced_by_whoever_used_a_recovery_code_and_the_offer_may_be_declined() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await browser.submit(await offered(w, browser), code=w.code())
        codes = re.findall(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}", page.text)
        await browser.submit(page, action="saved")
        w.clock.now += 3600
        for code, action in zip(codes, ("skip", "totp"), strict=False):
            other = w.browser()
            page = await other.submit(await w.login_until_code(other), action="recovery-code")
            page = await other.submit(page, code=code)
            assert page.screen == "mfa-begin-enroll-options"
            page = await other.submit(page, action=action)
            if action == "totp":
                w.enrolling(page)
                page = await other.submit(page, code=w.code())
            _, answer = await w.exchange(page)
            assert claims(answer["id_token"])["acr"] == MULTI_FACTOR
        assert await kinds(w) == ["password", "recovery-code", "totp", "totp"]


async def test_row_5_a_recovery_code_makes_way_for_no_key_where_there_is_one() -> None:
    """To add what is phishing-resistant wants a proof that is, and a recovery code never is one, whatever a login goes on to offer."""
    async with world() as w:
        await w.configure(factors={**w.tenant.factors, "webauthn-roaming": True, "passkey": True})
        await w.person(totp=False)
        await passkeyed(w, w.browser(), "passkey", key(flags=UP | UV))
        await has(w, sheet())
        w.clock.now += 3600
        browser = w.browser()
        page = await w.login(browser, claims=DEMANDED)
        assert page.screen == "passkey-challenge"
        page = await browser.submit(page, action="recovery-code")
        page = await browser.submit(page, code=SHEET[0])
        assert page.screen == "mfa-otp-enrollment-qr" or 'value="totp"' in page.text
        assert 'value="passkey"' not in page.text
        assert 'value="webauthn-roaming"' not in page.text
        page = await browser.submit(page, action="passkey")
        assert not page.screen.startswith("passkey")
        assert (await kinds(w)).count("passkey") == 1


async def test_row_5_whoever_came_to_add_a_key_before_there_was_one_adds_none_afterwards() -> None:
    async with world() as w:
        await w.configure(factors={**w.tenant.factors, "passkey": True})
        await w.person()
        browser, other = w.browser(), w.browser()
        await w.login(browser, claims=DEMANDED)
        page = await browser.get("/account/add")
        page = await browser.submit(page, action="passkey")
        assert page.screen == "passkey-enrollment"
        answer = made(key(id=b"of somebody else", flags=UP | UV), page)
        w.clock.now += 30
        await w.login(other, claims=DEMANDED)
        theirs = await other.submit(await other.get("/account/add"), action="passkey")
        assert theirs.screen == "passkey-enrollment"
        await other.submit(theirs, response=made(key(flags=UP | UV), theirs))
        assert (await kinds(w)).count("passkey") == 1
        await browser.submit(page, response=answer)
        assert (await kinds(w)).count("passkey") == 1


async def test_a_strict_regime_has_the_address_confirmed_before_the_first_factor() -> None:
    """Whoever has nothing but somebody's password enrols nothing (design: invariant 3)."""
    async with world(regime="pci-dss-4") as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await w.login(browser)
        assert page.screen == "mfa-email-enrollment"
        (mail,) = [one for one in await w.mail() if one["data"].get("code")]
        assert mail["to"] == "ada@example.test"
        assert (await browser.get(page.url.replace("mfa-email-enrollment", "mfa-otp-enrollment-qr"))).screen == "mfa-email-enrollment"
        wrong = await browser.submit(page, code=f"{(int(mail['data']['code']) + 1) % 10**6:06}")
        assert (wrong.screen, (await w.store.account("auth0|ada"))[0].email_verified) == ("mfa-email-enrollment", False)
        page = await browser.submit(page, code=mail["data"]["code"])
        assert page.screen == "mfa-otp-enrollment-qr"
        account, has = await w.store.account("auth0|ada")
        assert (account.email_verified, [one.link for one in has if one.kind == "email"]) == (True, ["implicit"])
        assert [one.data["factor"] for one in await w.facts("sv")] == ["email"]
        w.enrolling(page)
        page = await browser.submit(page, code=w.code())
        _, answer = await w.exchange(await browser.submit(page, action="saved"))
        assert claims(answer["id_token"])["amr"] == ["pwd", "otp", "mfa"]


async def test_an_address_that_was_changed_meanwhile_is_not_confirmed_by_a_code_to_the_old_one() -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await w.login(browser)
        (mail,) = [one for one in await w.mail() if one["data"].get("code")]
        seen, _ = await w.store.account("auth0|ada")
        assert await w.store.change_account(seen, seen._replace(email="eve@example.test"), (), ends=False, now=w.clock(), facts=())
        assert (await browser.submit(page, code=mail["data"]["code"])).status == 400
        assert not (await w.store.account("auth0|ada"))[0].email_verified


async def test_without_a_browser_an_application_is_told_that_the_address_comes_first() -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(totp=False)
        status, answer = await w.token(grant_type="password", username="ada@example.test", password="secret of ada")
        assert (status, answer["error"], answer["error_description"]) == (403, "access_denied", "Please verify your email before logging in.")
