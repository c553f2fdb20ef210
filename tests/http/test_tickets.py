"""Enrolment tickets: good once, for one account, and no way around a factor or a strict regime (attacks: row 5, CVE-2026-37982)."""

import asyncio
import re

import pytest

from tests.flows.owning import answer, own, owner
from tests.flows.owning import enrolled as added
from tests.http.browser import Browser, Page
from tests.world import ISSUER, World, world
from yett.flows.current import Current
from yett.flows.invitations import EnrolmentTickets, Invitation, Invitations
from yett.flows.own import Offer
from yett.flows.steps import Browser as Browsing

PATH = "/guardian/enroll"


async def ticket(w: World, kind: str = "", name: str = "ada", *, more: bool = False) -> str:
    """A link, as the helpdesk makes it."""
    account, _ = await w.store.account(f"auth0|{name}")
    invitations = Invitations(w.store, w.ground.mint, ISSUER)
    id, link = await invitations.issue(account, Invitation(kind, more, "en"), "machine", ())
    assert id.startswith("gten_")
    assert link.startswith(f"{ISSUER}guardian/enroll?ticket={id}.")
    return link.removeprefix(ISSUER.rstrip("/"))


async def kinds(w: World, name: str = "ada") -> list[str]:
    return sorted(one.kind for one in (await w.store.account(f"auth0|{name}"))[1])


async def started(w: World, browser: Browser, link: str, kind: str = "totp") -> Page:
    """The page on which a factor of this kind is confirmed."""
    page = await browser.get(link)
    assert page.screen == "mfa-begin-enroll-options", page.screen
    return await browser.submit(page, action=kind)


async def enrolled(w: World, browser: Browser, link: str, name: str = "ada") -> Page:
    page = await started(w, browser, link)
    assert page.screen == "mfa-otp-enrollment-qr", page.screen
    w.enrolling(page, name)
    return await browser.submit(page, code=w.code(name))


async def test_a_ticket_enrols_a_first_factor_shows_recovery_codes_and_ends_well() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser = w.browser()
        page = await enrolled(w, browser, await ticket(w))
        assert page.screen == "mfa-recovery-code-enrollment"
        assert len(re.findall(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}", page.text)) >= 10
        page = await browser.submit(page, action="saved")
        assert (page.status, page.screen) == (200, "account-note")
        assert await kinds(w) == ["password", "recovery-code", "totp"]
        assert (await w.login_until_code(w.browser())).screen == "mfa-otp-challenge"
        assert "factor_added" in [one.message.template for one in await w.store.outgoing(9)]


async def test_row_5_a_ticket_is_good_once_cve_2026_37982() -> None:
    async with world() as w:
        await w.person(totp=False)
        link = await ticket(w, more=True)
        stale = await started(w, thief := w.browser(), link)
        await enrolled(w, w.browser(), link)
        assert (await w.browser().get(link)).screen == "error"
        key = re.search(r"secret=([A-Z2-7]+)", stale.text)
        assert key
        w.enrolling(stale)
        assert (await thief.submit(stale, code=w.code())).screen == "error"
        assert (await kinds(w)).count("totp") == 1


async def test_row_5_a_ticket_that_went_to_the_mailbox_of_before_opens_nothing() -> None:
    async with world() as w:
        account = await w.person(totp=False)
        link, browser = await ticket(w), w.browser()
        page = await started(w, browser, link)
        moved = account._replace(email="ada@elsewhere.test", security_version=account.security_version + 1)
        assert await w.store.change_account(account, moved, (), ends=True, now=w.clock.now, facts=())
        assert (await w.browser().get(link)).screen == "error"
        w.enrolling(page)
        assert (await browser.submit(page, code=w.code())).screen == "error"
        assert await kinds(w) == ["password"]


async def test_row_5_of_many_who_complete_one_ticket_at_once_one_does() -> None:
    async with world() as w:
        await w.person(totp=False)
        link, pages = await ticket(w, more=True), []
        for _ in range(5):
            browser = w.browser()
            page = await started(w, browser, link)
            w.enrolling(page)
            pages.append((browser, page, w.code()))
        await asyncio.gather(*(browser.submit(page, code=code) for browser, page, code in pages))
        assert (await kinds(w)).count("totp") == 1


async def test_a_scanner_of_mail_that_looks_at_the_link_does_not_use_it_up() -> None:
    async with world() as w:
        await w.person(totp=False)
        link = await ticket(w)
        for _ in range(5):
            assert (await w.browser().get(link)).screen == "mfa-begin-enroll-options"
        assert [one.type for one in await w.facts() if one.type.startswith("gd_")] == []
        assert (await enrolled(w, w.browser(), link)).screen == "mfa-recovery-code-enrollment"


async def test_a_ticket_lives_for_five_days() -> None:
    async with world() as w:
        await w.person(totp=False)
        link = await ticket(w)
        w.clock.now += 432000 - 1
        assert (await w.browser().get(link)).screen == "mfa-begin-enroll-options"
        w.clock.now += 1
        gone = await w.browser().get(link)
        assert (gone.status, gone.screen) == (400, "error")


@pytest.mark.parametrize("link", ["", "?ticket=", "?ticket=gten_x.y", "?ticket=%00"])
async def test_what_is_no_ticket_opens_nothing(link: str) -> None:
    async with world() as w:
        page = await w.browser().get(PATH + link)
        assert page.status == 400


async def test_row_5_an_account_that_has_a_factor_shows_it_first() -> None:
    async with world() as w:
        await w.person()
        browser, link = w.browser(), await ticket(w)
        page = await started(w, browser, link)
        assert page.screen == "login-id"
        assert (await w.browser().get(link)).screen == "error"
        assert await kinds(w) == ["password", "totp"]


async def test_row_5_a_factor_that_was_added_since_the_page_was_opened_closes_it_cve_2019_16766() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser, link = w.browser(), await ticket(w)
        page = await started(w, browser, link)
        w.enrolling(page)
        code = w.code()
        await enrolled(w, w.browser(), await ticket(w))
        closed = await browser.submit(page, code=code)
        assert (closed.status, closed.screen) == (400, "mfa-begin-enroll-options")
        assert (await kinds(w)).count("totp") == 1
        assert (await browser.submit(closed, action="totp")).screen == "login-id"


async def test_the_helpdesk_may_say_that_it_is_one_more() -> None:
    async with world() as w:
        await w.person()
        await enrolled(w, w.browser(), await ticket(w, more=True))
        assert (await kinds(w)).count("totp") == 2


@pytest.mark.parametrize("more", [False, True])
async def test_a_ticket_lowers_nothing_that_a_strict_regime_asks(more: bool) -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(totp=False)
        page = await started(w, w.browser(), await ticket(w, more=more))
        assert page.screen == "login-id"
        assert await kinds(w) == ["password"]


async def test_one_accounts_ticket_completes_nothing_of_anothers() -> None:
    async with world() as w:
        await w.person(totp=False)
        await w.person("eve", totp=False)
        browser = w.browser()
        page = await started(w, browser, await ticket(w))
        w.enrolling(page)
        mine = (await ticket(w, name="eve")).partition("ticket=")[2]
        state = page.hidden["state"].partition(" ")[2]
        crossed = await browser.post(PATH, {"state": f"{mine} {state}", "code": w.code(), "action": "default"})
        assert (crossed.status, crossed.screen) == (400, "mfa-begin-enroll-options")
        assert (await kinds(w), await kinds(w, "eve")) == (["password"], ["password"])


async def test_a_ticket_for_one_factor_enrols_no_other() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser, link = w.browser(), await ticket(w, "email")
        page = await browser.get(link)
        assert 'value="totp"' not in page.text
        assert (await browser.submit(page, action="totp")).screen == "mfa-begin-enroll-options"
        page = await browser.submit(page, action="email")
        assert page.screen == "mfa-email-enrollment"
        wrong = await browser.submit(page, code="0000000")
        assert (wrong.status, wrong.screen) == (400, "mfa-email-enrollment")
        code = next(one["data"]["code"] for one in await w.mail() if one["data"].get("code"))
        assert (await browser.submit(page, code=code)).screen == "mfa-recovery-code-enrollment"


async def test_a_number_is_typed_confirmed_and_may_be_asked_again() -> None:
    async with world() as w:
        await w.configure(factors={"otp": True, "sms": True, "recovery-code": True})
        await w.person(totp=False)
        browser = w.browser()
        page = await browser.submit(await browser.get(await ticket(w)), action="phone")
        assert page.screen == "mfa-phone-enrollment"
        wrong = await browser.submit(page, phone="12", country="DE", type="sms")
        assert (wrong.status, wrong.screen) == (400, "mfa-phone-enrollment")
        page = await browser.submit(page, phone="0171 2345678", country="DE", type="sms")
        assert page.screen == "mfa-sms-challenge"
        again = await browser.submit(page, action="resend")
        assert again.screen == "mfa-sms-challenge"
        sent = [one for one in await w.store.outgoing(9) if one.challenge]
        assert [one.message.to for one in sent] == ["+491712345678"] * len(sent)
        code = (await w.mail())[0]["data"]["code"]
        assert (await browser.submit(again, code=code)).screen == "mfa-recovery-code-enrollment"
        assert await kinds(w) == ["password", "phone", "recovery-code"]


async def test_the_link_stands_in_no_other_address_and_on_no_page_that_others_may_keep() -> None:
    async with world() as w:
        await w.person(totp=False)
        browser, link = w.browser(), await ticket(w)
        secret = link.partition(".")[2]
        page = await browser.get(link)
        headers = dict(page.headers)
        assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
        page = await browser.submit(page, action="totp")
        assert page.url == PATH
        assert secret not in "".join(re.findall(r'(?:href|action|src)="([^"]*)"', page.text))
        assert secret not in str([one.data for one in await w.facts()])


async def test_nobody_is_told_that_it_is_done_who_has_not_just_done_it() -> None:
    async with world() as w:
        await w.person(totp=False)
        link = (await ticket(w)).partition("ticket=")[2]
        page = await w.browser().post(PATH, {"state": link, "csrf": "x", "action": "saved"})
        assert page.screen == "error"


async def test_a_blocked_account_has_no_use_for_a_ticket() -> None:
    async with world() as w:
        await w.person(totp=False, blocked=True)
        assert (await w.browser().get(await ticket(w))).screen == "error"


async def test_row_5_a_ticket_vouches_for_the_account_as_it_was_seen() -> None:
    """A factor is added between the look at the ticket and the look at the enrolment."""
    async with world() as w:
        await w.person(totp=False)
        tickets = EnrolmentTickets(own(w), Current(w.store), Invitations(w.store, w.ground.mint, ISSUER))
        opened = await tickets.open((await ticket(w)).partition("ticket=")[2], Browsing())
        assert opened
        offer = await tickets.begin(opened, "totp")
        assert isinstance(offer, Offer)
        code = await answer(w, offer)
        await added(w, own(w), await owner(w, "password"))
        assert await tickets.confirm(opened, offer.handle, code) == "already_used"
        assert (await kinds(w)).count("totp") == 1
