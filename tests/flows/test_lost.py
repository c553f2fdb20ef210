"""Reporting a factor lost: suspended at once, counted until it is deleted, kept by whoever holds a channel (design: invariant 3)."""

import re
from typing import Any

import pytest

from tests.flows.owning import Generous, enrolled, kinds, own, owner
from tests.world import MULTI_FACTOR, World, claims, world
from yett.domain.enrolment import Challenge
from yett.domain.outcome import StepUp
from yett.flows.current import Current
from yett.flows.kept import Kept, Suspended
from yett.flows.lost import Lost, Report
from yett.flows.models import Models
from yett.flows.owner import Missing, Owner
from yett.policy.decide import may_change

PHONE = "totp|dev_ada"
HOUR = 3600


def kept(w: World) -> Kept:
    return Kept(w.store, own(w).ownership, Current(w.store), w.ground.mint, w.carrier.wake, "http://localhost:8000/", Models(w.store))


def lost(w: World, limiter: Any = None) -> Lost:
    does = own(w, limiter)
    return Lost(w.store, does.ownership, kept(w), does.mint, does.asking, does.alarm)


async def status(w: World) -> str:
    return str(next((one.status for one in (await owner(w)).enrolments if one.id == PHONE), ""))


async def mailbox(w: World) -> str:
    return str(next(one.id for one in (await owner(w)).enrolments if one.kind == "email"))


async def report(w: World, who: Owner | None = None) -> Report:
    begun = await lost(w).begin(who or await owner(w, "password"), PHONE)
    assert isinstance(begun, Report), begun
    return begun


async def reported(w: World) -> Suspended:
    """Password, and the code to the mailbox."""
    who = await owner(w, "password")
    begun = await report(w, who)
    assert isinstance(await lost(w).ask(who, begun.handle, await mailbox(w)), Challenge)
    done = await lost(w).answer(who, begun.handle, await mailbox(w), (await w.mail())[0]["data"]["code"])
    assert isinstance(done, Suspended), done
    return done


async def links(w: World) -> dict[str, str]:
    """The links that call it off, by whom they were sent to."""
    sent = [one.message for one in await w.store.outgoing(50) if one.message.template == "factor_lost"]
    return {one.to: one.data["link"].partition("ticket=")[2] for one in sent}


async def test_a_report_needs_a_fresh_password() -> None:
    async with world() as w:
        await w.person(verified=True)
        password = next(one.id for one in (await owner(w)).enrolments if one.kind == "password")
        assert await lost(w).begin(await owner(w), PHONE) == Missing((), 300, (password,))
        assert await lost(w).begin(await owner(w, "password", ago=301), PHONE) == Missing((), 300, (password,))
        assert await status(w) == "active"


async def test_a_report_needs_a_code_to_another_channel() -> None:
    async with world() as w:
        await w.person(verified=True)
        who = await owner(w, "password")
        begun = await report(w, who)
        assert ([one.kind for one in begun.ways], begun.needs) == (["email"], ("channel",))
        assert await lost(w).answer(who, begun.handle, await mailbox(w), "123456") == "expired"
        await lost(w).ask(who, begun.handle, await mailbox(w))
        code = (await w.mail())[0]["data"]["code"]
        assert await lost(w).answer(who, begun.handle, await mailbox(w), f"{(int(code) + 1) % 10**6:06}") == "wrong_code"
        # What is reported lost does not speak for itself.
        assert await lost(w).answer(who, begun.handle, PHONE, w.code()) == "absent"
        assert await status(w) == "active"
        assert isinstance(await lost(w).answer(who, begun.handle, await mailbox(w), code), Suspended)
        assert await status(w) == "suspended"
        assert await lost(w).answer(who, begun.handle, await mailbox(w), code) == "expired"


async def test_under_a_strict_regime_a_mailbox_alone_is_not_enough_but_a_recovery_code_is() -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(verified=True)
        offer = await own(w).begin(await owner(w, "password", "totp"), "recovery-code")
        assert not isinstance(offer, str | Missing)
        await own(w).confirm(await owner(w, "password", "totp"), offer.handle, "saved")
        who = await owner(w, "password")
        begun = await report(w, who)
        assert [one.kind for one in begun.ways] == ["email", "recovery-code"]
        await lost(w).ask(who, begun.handle, await mailbox(w))
        still = await lost(w).answer(who, begun.handle, await mailbox(w), (await w.mail())[0]["data"]["code"])
        assert isinstance(still, Report)
        assert (still.needs, await status(w)) == (("channel",), "active")
        sheet = next(one.id for one in begun.ways if one.kind == "recovery-code")
        done = await lost(w).answer(who, begun.handle, sheet, offer.question.show["codes"].split("\n")[0])
        assert isinstance(done, Suspended)


async def test_it_is_of_no_use_at_once_and_what_rests_on_it_is_revoked() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        _, tokens = await w.exchange(await w.login(browser, acr_values=MULTI_FACTOR, scope="openid offline_access", remember=True))
        await reported(w)
        assert not await w.store.grant_live((await w.facts("s"))[0].data["grant"], w.clock.now)
        status_code, _ = await w.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert status_code == 403
        _, silent = await w.exchange(await w.login(browser))
        assert claims(silent["id_token"])["amr"] == ["pwd"]
        page = await w.login_until_code(w.browser())
        assert page.screen == "mfa-email-challenge"


async def test_until_it_is_deleted_it_counts_as_a_factor_cve_2019_16766() -> None:
    async with world() as w:
        await w.person(verified=True)
        await reported(w)
        who = await owner(w, "password", "email")
        case = own(w).ownership.case(who, w.clock.now)
        assert may_change(case, w.clock.now) == StepUp(("adding_factor",), ())
        assert await own(w).begin(who, "totp") == Missing((MULTI_FACTOR,), 300, ())
        assert await own(w).remove(who, PHONE) == Missing((MULTI_FACTOR,), 300, ())
        assert await lost(w).begin(who, PHONE) == "already_lost"


async def test_it_is_deleted_after_72_hours_and_then_a_first_factor_may_be_added() -> None:
    async with world() as w:
        await w.person(verified=True)
        assert (await reported(w)).leaves_at == w.clock.now + 72 * HOUR
        w.clock.now += 72 * HOUR - 1
        assert (await kept(w).sweep(), await status(w)) == (0, "suspended")
        w.clock.now += 1
        assert (await kept(w).sweep(), await kinds(w)) == (1, ["email", "password"])
        assert await kept(w).sweep() == 0
        assert [one.data["reason"] for one in await w.facts("gd_unenroll")] == ["reported lost"]
        assert [one.message.to for one in await w.store.outgoing(50) if one.message.template == "factor_removed"] == ["ada@example.test"]
        assert not isinstance(await own(w).begin(await owner(w, "password"), "totp"), Missing)


async def test_what_is_reported_later_goes_later() -> None:
    async with world() as w:
        await w.person(verified=True)
        second = (await enrolled(w, own(w), await owner(w, "password", "totp"), codes=False)).enrolment.id
        await reported(w)
        w.clock.now += HOUR
        who = await owner(w, "password", "email")
        assert isinstance(await lost(w).begin(who, second), Suspended)
        w.clock.now += 71 * HOUR
        assert (await kept(w).sweep(), (await kinds(w)).count("totp")) == (1, 1)
        w.clock.now += HOUR
        assert (await kept(w).sweep(), (await kinds(w)).count("totp")) == (1, 0)


async def test_recovery_codes_go_with_the_last_factor_that_they_recover() -> None:
    async with world() as w:
        await w.person(verified=True)
        offer = await own(w).begin(await owner(w, "password", "totp"), "recovery-code")
        assert not isinstance(offer, str | Missing)
        await own(w).confirm(await owner(w, "password", "totp"), offer.handle, "saved")
        await reported(w)
        w.clock.now += 72 * HOUR
        assert (await kept(w).sweep(), await kinds(w)) == (2, ["email", "password"])


async def test_every_channel_is_told_and_can_call_it_off_once() -> None:
    async with world() as w:
        await w.person(verified=True)
        offer = await own(w).begin(await owner(w, "password", "totp"), "email", target="other@example.test")
        assert not isinstance(offer, str | Missing)
        await own(w).confirm(await owner(w, "password", "totp"), offer.handle, (await w.mail())[0]["data"]["code"])
        await reported(w)
        found = await links(w)
        assert sorted(found) == ["ada@example.test", "other@example.test"]
        (link,) = set(found.values())
        for _ in range(3):
            seen = await kept(w).seen(link)
            assert seen
            assert (seen.id, await status(w)) == (PHONE, "suspended")
        back = await kept(w).keep(link)
        assert back
        assert (back.status, back.generation, await status(w)) == ("active", 2, "active")
        assert await kept(w).keep(link) is None
        w.clock.now += 72 * HOUR
        assert (await kept(w).sweep(), await status(w)) == (0, "active")
        assert sorted(one.message.to for one in await w.store.outgoing(50) if one.message.template == "factor_kept") == [
            "ada@example.test",
            "other@example.test",
        ]


async def test_what_was_proven_before_it_was_suspended_stays_worthless_when_it_is_back() -> None:
    async with world() as w:
        await w.person(verified=True)
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        await reported(w)
        await kept(w).keep(next(iter((await links(w)).values())))
        page = await w.authorize(browser, acr_values=MULTI_FACTOR)
        assert page.screen == "mfa-otp-challenge"
        assert (await browser.submit(page, code=w.code())).query.get("code")


async def test_a_code_that_was_used_before_is_not_good_again_afterwards() -> None:
    async with world() as w:
        await w.person(verified=True)
        code = w.code()
        browser = w.browser()
        await browser.submit(await w.login_until_code(browser), code=code)
        await reported(w)
        await kept(w).keep(next(iter((await links(w)).values())))
        other = w.browser()
        asked = await w.login_until_code(other)
        assert (await other.submit(asked, code=code)).status == 400


async def test_links_and_reports_are_nobody_elses_and_no_handles_of_each_other() -> None:
    async with world() as w:
        await w.person(verified=True)
        await w.person("eve", verified=True)
        begun, eve = await report(w), await owner(w, "password", name="eve")
        assert await lost(w).begin(eve, PHONE) == "absent"
        assert await lost(w).ask(eve, begun.handle, await mailbox(w)) == "expired"
        assert await lost(w).answer(eve, begun.handle, await mailbox(w), "1") == "expired"
        await reported(w)
        link = next(iter((await links(w)).values()))
        assert await kept(w).keep(begun.handle) is None
        assert await lost(w).answer(await owner(w, "password"), link, await mailbox(w), "1") == "expired"
        assert await kept(w).keep(link[:-1] + "x") is None
        assert await kept(w).seen("") is None


async def test_the_codes_of_a_report_are_tries_and_messages_like_all_others() -> None:
    async with world() as w:
        await w.person(verified=True)
        limiter = Generous()
        who = await owner(w, "password")
        begun = await report(w, who)
        box = await mailbox(w)
        await lost(w, limiter).ask(who, begun.handle, box)
        assert [key.rpartition(":")[0] for key in limiter.asked] == [f"resend:{begun.handle.partition('.')[0]}:email", "message:email"]
        said = [await lost(w).answer(who, begun.handle, box, "000000x") for _ in range(10)]
        assert set(said) <= {"wrong_code", "too_many_tries"}
        assert said.count("wrong_code") == 9


@pytest.mark.parametrize("id", ["email", "password", "nothing"])
async def test_what_is_no_factor_of_its_own_cannot_be_lost(id: str) -> None:
    async with world() as w:
        await w.person(verified=True)
        who = await owner(w, "password")
        found = next((one.id for one in who.enrolments if one.kind == id), id)
        assert await lost(w).begin(who, found) == "absent"


async def test_the_mail_says_in_both_languages_what_to_do() -> None:
    async with world(locales=("de", "en")) as w:
        await w.person(verified=True)
        await reported(w)
        (mail,) = [one for one in await w.mail() if "lost?ticket=" in one["text"]]
        assert "72 hours" in mail["text"]
        assert re.search(r"http://localhost:8000/lost\?ticket=\S+\n", mail["text"])
