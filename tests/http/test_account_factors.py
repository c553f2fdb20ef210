"""Security settings know no factor by name: whatever is wired is added, shown, removed and vouched for by its own pages."""

import json

import pytest

from tests.flows.test_webauthn import key, made, shown
from tests.http.test_account import LATER, links, log_in
from tests.http.test_account_lost import LOST, status
from tests.world import World, world
from yett.domain.enrolment import Enrolment, State
from yett.main import FACTORS

ALL = {factor.words.factor: True for factor in FACTORS.values() if factor.words.factor}
ALONE = [kind for kind, factor in FACTORS.items() if factor.words.screen_enrol and not factor.words.companion]


async def phone_of(w: World, name: str = "ada") -> str:
    """A number of this person's, as it stands after it was confirmed."""
    account, _ = await w.store.account(f"auth0|{name}")
    state = State(b"", json.dumps({"number": "+4917612345678", "preferred": "sms"}).encode())
    one = Enrolment(f"sms|dev_{name}", account.id, "phone", state, created_at=w.clock.now)
    assert await w.store.change_account(account, account, (one,), ends=False, now=w.clock.now, facts=())
    return one.id


@pytest.mark.parametrize("kind", ALONE)
async def test_whatever_is_switched_on_is_added_on_its_own_page_after_a_fresh_proof(kind: str) -> None:
    async with world() as w:
        await w.configure(factors=ALL)
        await w.person()
        browser = w.browser()
        await log_in(browser)
        page = await browser.submit(await browser.get("/account/add"), action=kind)
        assert page.screen == "mfa-otp-challenge"
        page = await browser.submit(page, code=w.code())
        words = FACTORS[kind].words
        assert page.screen in {words.screen_enrol, *words.screens.values()}
        assert (await browser.submit(page, action="cancel")).screen == "account"


async def test_a_key_is_added_shown_and_removed_only_by_whoever_has_it() -> None:
    async with world() as w:
        await w.configure(factors=ALL)
        await w.person()
        browser, own = w.browser(), key()
        await log_in(browser)
        page = await browser.submit(await browser.get("/account/add"), action="webauthn-roaming")
        page = await browser.submit(page, code=w.code())
        w.clock.now += 30
        page = await browser.submit(page, response=made(own, page))
        page = await browser.submit(page, action="saved") if page.screen == "mfa-recovery-code-enrollment" else page
        assert page.screen == "account"
        assert "Security key" in page.text
        w.clock.now += LATER
        (remove,) = [one for one in links(page, "/remove") if "webauthn" in one]
        page = await browser.submit(await browser.get(remove), password="secret of ada")
        assert page.screen == "mfa-webauthn-roaming-challenge"
        assert 'value="pick-authenticator"' not in page.text
        own.counter += 1
        page = await browser.submit(page, response=shown(own, page))
        assert (page.screen, page.url) == ("account-confirm", remove)
        assert [one for one in links(await browser.submit(page), "/remove") if "webauthn" in one] == []


async def test_a_number_is_masked_and_vouches_for_what_was_lost() -> None:
    async with world() as w:
        await w.configure(factors=ALL)
        await w.person()
        number = await phone_of(w)
        browser = w.browser()
        page = await log_in(browser)
        assert "12345678" not in page.text
        ways = await browser.submit(await browser.get(LOST))
        assert ways.screen == "mfa-login-options"
        page = await browser.submit(ways, action=number)
        assert page.screen == "mfa-sms-challenge"
        assert "12345678" not in page.text
        page = await browser.submit(page, code=(await w.mail())[0]["data"]["code"])
        assert (page.screen, await status(w)) == ("account", ["suspended"])
