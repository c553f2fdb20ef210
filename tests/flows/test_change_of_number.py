"""Another number in the place of the old one: a new binding, freshly proven, and told elsewhere (attacks: row 12; NIST SP 800-63B-4, 4.1)."""

from typing import Any

import pytest

from tests.flows.owning import Generous, enrolled, kinds, own, owner
from tests.world import World, world
from yett.domain.enrolment import Enrolment
from yett.domain.proof import Proof
from yett.factors.phone import Line, line, state_of
from yett.flows.own import Enrolled, Offer
from yett.flows.owner import Missing, Owner
from yett.main import FACTORS

OLD, NEW = "+4917612345678", "+12025550123"
ID = "phone|dev_old"


async def with_number(w: World, **more: Any) -> None:
    """Somebody whose only second factor is the old number."""
    await w.configure(factors={**w.tenant.factors, "sms": True})
    account = await w.person(totp=False, **more)
    one = Enrolment(ID, account.id, "phone", state_of(Line(OLD, "sms")), created_at=w.clock.now)
    assert await w.store.change_account(account, account, (one,), ends=False, now=w.clock.now, facts=())


async def numbers(w: World) -> list[str]:
    return sorted(line(one.state).number for one in (await w.store.account("auth0|ada"))[1] if one.kind == "phone")


async def told(w: World, template: str) -> list[tuple[str, str]]:
    return [(one.message.channel, one.message.to) for one in await w.store.outgoing(50) if one.message.template == template]


async def newest_code(w: World, to: str) -> str:
    return str(next(one["data"]["code"] for one in await w.mail() if one["to"] == to and "code" in one["data"]))


async def fresh(w: World, *shown: str) -> Owner:
    return await owner(w, *shown)


@pytest.mark.parametrize("proven, ago", [(("password",), 0), (("password", "phone"), 301), (("password", "email"), 0)])
async def test_row_12_a_session_alone_changes_no_number(proven: tuple[str, ...], ago: int) -> None:
    """As strong as the account can reach, freshly: neither a password, nor a mailbox, nor a proof of a while ago."""
    async with world() as w:
        await with_number(w, verified=True)
        does, who = own(w), await owner(w, *proven, ago=ago)
        assert isinstance(await does.begin(who, "phone", target=NEW), Missing)
        assert isinstance(await does.remove(who, ID), Missing)
        assert await numbers(w) == [OLD]
        assert await w.mail() == []


async def test_row_12_the_new_number_is_added_by_a_code_that_went_there_and_the_old_one_removed_with_notice_to_the_mailbox() -> None:
    async with world() as w:
        await with_number(w)
        does, who = own(w), await fresh(w, "password", "phone")
        offer = await does.begin(who, "phone", target=NEW)
        assert isinstance(offer, Offer)
        done = await does.confirm(who, offer.handle, await newest_code(w, NEW))
        assert isinstance(done, Enrolled)
        assert await numbers(w) == [NEW, OLD]
        assert await told(w, "factor_added") == [("email", "ada@example.test")]
        # Both vouch for the owner now; the old one is taken away by a proof of either.
        who = await fresh(w, "password", "phone")
        assert await does.remove(who, ID) is None
        assert await numbers(w) == [NEW]
        assert await told(w, "factor_removed") == [("email", "ada@example.test")]


async def test_row_12_a_code_sent_to_the_old_number_proves_nothing_of_the_new_one() -> None:
    async with world() as w:
        await with_number(w)
        does, who = own(w), await fresh(w, "password", "phone")
        browser = w.browser()
        await w.login(browser, acr_values="http://schemas.openid.net/pape/policies/2007/06/multi-factor")
        to_the_old_one = await newest_code(w, OLD)
        offer = await does.begin(who, "phone", target=NEW)
        assert isinstance(offer, Offer)
        assert await does.confirm(who, offer.handle, to_the_old_one) == "wrong_code"
        assert await numbers(w) == [OLD]


async def test_row_12_what_the_old_number_proved_is_worth_nothing_once_it_is_gone() -> None:
    async with world() as w:
        await with_number(w)
        does, who = own(w), await fresh(w, "password", "phone")
        await enrolled(w, does, who, "phone", target=NEW)
        both = await fresh(w, "password", "phone")
        assert await does.remove(both, ID) is None
        account, has = await w.store.account("auth0|ada")
        password = next(one for one in has if one.kind == "password")
        gone = next(one for one in both.enrolments if one.id == ID)
        stale = tuple(Proof(FACTORS[one.kind].promise(one), one.id, one.generation, "earlier", w.clock.now) for one in (password, gone))
        thief = both._replace(account=account, enrolments=has, proofs=stale)
        assert isinstance(await does.begin(thief, "phone", target="+4915112345678"), Missing)
        assert isinstance(await does.remove(thief, next(one.id for one in has if one.kind == "phone")), Missing)


async def test_two_numbers_are_two_channels_and_one_category_so_they_are_one_factor() -> None:
    async with world() as w:
        await with_number(w)
        does = own(w)
        await enrolled(w, does, await fresh(w, "password", "phone"), "phone", target=NEW)
        assert isinstance(await does.begin(await owner(w, "phone"), "phone", target="+4915112345678"), Missing)


async def test_the_same_number_is_not_enrolled_twice_however_it_is_written() -> None:
    async with world() as w:
        await with_number(w)
        does, who = own(w), await fresh(w, "password", "phone")
        assert await does.begin(who, "phone", target="0176 1234-5678", region="DE") == "already_enrolled"
        assert await w.mail() == []


async def test_a_confirm_of_a_number_is_a_try_and_a_message_is_budgeted() -> None:
    async with world() as w:
        await with_number(w)
        generous = Generous()
        does, who = own(w, generous), await fresh(w, "password", "phone")
        offer = await does.begin(who, "phone", target=NEW)
        assert isinstance(offer, Offer)
        right = await newest_code(w, NEW)
        wrong = f"{(int(right) + 1) % 10**6:06}"
        said = [await does.confirm(who, offer.handle, wrong) for _ in range(11)]
        assert (said.count("wrong_code"), said[-1]) == (10, "expired")
        assert await does.confirm(who, offer.handle, right) == "expired"
        assert "message:telephone:auth0|ada" in generous.asked
        assert (await kinds(w)).count("phone") == 1


@pytest.mark.parametrize("regime, said", [("nist-aal3", "absent"), ("nist-aal2", Offer), ("psd2", Offer)])
async def test_where_the_regime_forbids_the_telephone_network_no_number_is_enrolled(regime: str, said: object) -> None:
    async with world(regime=regime) as w:
        await with_number(w, verified=True)
        begun = await own(w).begin(await fresh(w, "password", "phone"), "phone", target=NEW)
        assert begun == said if isinstance(said, str) else isinstance(begun, Offer)
        assert len(await w.mail()) == (0 if said == "absent" else 1)
