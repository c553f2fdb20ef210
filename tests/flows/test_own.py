"""Owners change their factors: what must be proven, decided again at confirm, and told (design: invariant 3; attacks: rows 5, 6)."""

import asyncio

import pytest

from tests.flows.owning import answer, enrolled, kinds, own, owner
from tests.world import MULTI_FACTOR, World, claims, otp, world
from yett.domain.enrolment import Enrolment
from yett.domain.tries import Bucket
from yett.factors.phone import Line, state_of
from yett.flows.own import Enrolled, Offer
from yett.flows.owner import Missing


async def told(w: World, template: str) -> list[str]:
    """Who has had a notice of this kind."""
    return [one.message.to for one in await w.store.outgoing(50) if one.message.template == template]


async def test_the_first_factor_needs_a_fresh_password_and_brings_recovery_codes() -> None:
    async with world() as w:
        await w.person(totp=False)
        does = own(w)
        password = next(one.id for one in (await owner(w)).enrolments if one.kind == "password")
        assert await does.begin(await owner(w, "password", ago=301), "totp") == Missing((), 300, (password,))
        done = await enrolled(w, does, await owner(w, "password"), name="  My phone\n")
        assert (len(done.codes), done.enrolment.name) == (10, "My phone")
        assert await kinds(w) == ["password", "recovery-code", "totp"]
        assert await told(w, "factor_added") == ["ada@example.test"]
        assert [one.type for one in await w.facts() if one.type.startswith("gd_")] == ["gd_enrollment_complete", "gd_start_enroll"]
        page = await w.login_until_code(w.browser())
        assert page.screen == "mfa-otp-challenge"


async def test_row_5_a_second_factor_needs_the_first_cve_2019_16766() -> None:
    async with world() as w:
        await w.person()
        does = own(w)
        assert await does.begin(await owner(w, "password"), "totp") == Missing((MULTI_FACTOR,), 300, ("totp|dev_ada",))
        assert await does.begin(await owner(w, "password", "totp", ago=301), "totp") != ""
        assert isinstance(await does.begin(await owner(w, "password", "totp", ago=301), "totp"), Missing)
        await enrolled(w, does, await owner(w, "password", "totp"))
        assert await kinds(w) == ["password", "recovery-code", "totp", "totp"]


async def test_row_5_whoever_began_before_there_was_a_factor_completes_nothing_afterwards() -> None:
    async with world() as w:
        await w.person(totp=False)
        does, thief = own(w), await owner(w, "password")
        begun = await does.begin(thief, "totp")
        assert isinstance(begun, Offer)
        stolen = await answer(w, begun)
        await enrolled(w, does, await owner(w, "password"))
        refused = await does.confirm(thief, begun.handle, stolen)
        assert isinstance(refused, Missing)
        assert refused.acrs == (MULTI_FACTOR,)
        assert (await kinds(w)).count("totp") == 1


async def test_row_5_of_many_confirms_at_once_that_all_saw_no_factor_one_wins() -> None:
    async with world() as w:
        await w.person(totp=False)
        does, who = own(w), await owner(w, "password")
        offers = [offer for _ in range(5) if isinstance(offer := await does.begin(who, "totp"), Offer)]
        answers = [await answer(w, offer) for offer in offers]
        w.all_have_read(5)
        done = await asyncio.gather(*(does.confirm(who, offer.handle, code) for offer, code in zip(offers, answers, strict=True)))
        assert len([one for one in done if isinstance(one, Enrolled)]) == 1
        assert [one for one in done if not isinstance(one, Enrolled)] == ["already_used"] * 4
        assert await kinds(w) == ["password", "recovery-code", "totp"]


async def test_a_confirm_is_a_try_counted_on_the_question_and_on_the_account() -> None:
    async with world() as w:
        await w.person(totp=False)
        does, who = own(w), await owner(w, "password")
        said = []
        for _ in range(4):
            offer = await does.begin(who, "totp")
            assert isinstance(offer, Offer)
            right = await answer(w, offer)
            wrong = f"{(int(right) + 1) % 10**6:06}"
            said += [await does.confirm(who, offer.handle, wrong) for _ in range(11)]
        # Ten of one question; 27 of the account, for three of its thirty are kept for a browser that is known.
        assert (said.count("wrong_code"), said.count("too_many_tries")) == (27, 44 - 27 - said.count("expired"))
        assert await told(w, "factors_locked") == ["ada@example.test"] * said.count("too_many_tries")
        assert (await w.store.account("auth0|ada"))[0].paced_at == w.clock.now + 27 * 120
        offer = await does.begin(who, "totp")
        assert isinstance(offer, Offer)
        assert await does.confirm(who, offer.handle, await answer(w, offer)) == "too_many_tries"
        assert await kinds(w) == ["password"]


async def test_what_one_began_another_does_not_complete() -> None:
    async with world() as w:
        await w.person(totp=False)
        await w.person("eve", totp=False)
        does, ada = own(w), await owner(w, "password")
        offer = await does.begin(ada, "totp")
        assert isinstance(offer, Offer)
        right = await answer(w, offer)
        assert await does.confirm(await owner(w, "password", name="eve"), offer.handle, right) == "expired"
        assert await does.confirm(ada, offer.handle, right, id="totp|dev_other") == "expired"
        assert await does.confirm(ada, offer.handle[:-1] + "x", right) == "expired"
        assert await does.confirm(ada, "", right) == "expired"
        assert isinstance(await does.confirm(ada, offer.handle, right, id=offer.id), Enrolled)
        assert await does.confirm(ada, offer.handle, right) == "expired"


async def test_row_4_a_handle_is_no_mfa_token() -> None:
    """Nor is an mfa_token a handle: an attempt belongs to the way by which it began."""
    async with world() as w:
        await w.person()
        does, who = own(w), await owner(w, "password", "totp")
        offer = await does.begin(who, "totp")
        assert isinstance(offer, Offer)
        status, refused = await w.token(grant_type="http://auth0.com/oauth/grant-type/mfa-otp", mfa_token=offer.handle, otp=w.code())
        assert (status, refused["error"]) == (403, "invalid_grant")
        status, refused = await w.token(grant_type="password", username="ada@example.test", password="secret of ada", scope="openid")
        assert await does.confirm(who, str(refused.get("mfa_token", "")), w.code()) == "expired"


@pytest.mark.parametrize("proven", [("password",), ("password", "email"), ("totp",)])
async def test_row_6_a_factor_is_not_removed_by_less_than_the_account_can_reach_cve_2026_3429(proven: tuple[str, ...]) -> None:
    async with world() as w:
        await w.person(verified=True)
        does = own(w)
        assert isinstance(await does.remove(await owner(w, *proven), "totp|dev_ada"), Missing)
        assert isinstance(await does.remove(await owner(w, "password", "totp", ago=301), "totp|dev_ada"), Missing)
        assert isinstance(await does.new_codes(await owner(w, *proven)), Missing)
        assert await kinds(w) == ["email", "password", "totp"]


async def test_a_removal_takes_proofs_grants_and_remembered_browsers_along_and_is_told() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await w.login(browser, acr_values=MULTI_FACTOR, scope="openid offline_access", remember=True)
        _, tokens = await w.exchange(page)
        assert await does_remove(w) is None
        assert await kinds(w) == ["password"]
        status, _ = await w.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert status == 403
        _, silent = await w.exchange(await w.login(browser))
        assert claims(silent["id_token"])["amr"] == ["pwd"]
        assert await told(w, "factor_removed") == ["ada@example.test"]
        assert [one.data["factor"] for one in await w.facts("gd_unenroll")] == ["recovery-code", "totp"]


async def does_remove(w: World, *proven: str) -> Missing | str | None:
    return await own(w).remove(await owner(w, *(proven or ("password", "totp"))), "totp|dev_ada")


async def test_recovery_codes_stay_while_a_factor_stands_beside_them() -> None:
    async with world() as w:
        await w.person()
        await enrolled(w, own(w), await owner(w, "password", "totp"))
        assert await does_remove(w) is None
        assert await kinds(w) == ["password", "recovery-code", "totp"]


async def test_what_is_not_the_owners_own_is_absent() -> None:
    async with world() as w:
        await w.person()
        await w.person("eve")
        does, eve = own(w), await owner(w, "password", "totp", name="eve")
        assert await does.remove(eve, "totp|dev_ada") == "absent"
        assert await does.rename(eve, "totp|dev_ada", "mine") == "absent"
        password = next(one.id for one in eve.enrolments if one.kind == "password")
        assert await does.remove(eve, password) == "absent"


async def test_a_removal_that_was_judged_by_what_is_no_longer_so_does_nothing() -> None:
    async with world() as w:
        await w.person()
        seen = await owner(w, "password", "totp")
        await enrolled(w, own(w), seen)
        assert await own(w).remove(seen, "totp|dev_ada") == "busy"
        assert (await kinds(w)).count("totp") == 2
        assert await told(w, "factor_removed") == []


async def test_the_mailbox_of_the_account_and_under_a_strict_regime_the_last_factor_stay() -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(verified=True)
        who = await owner(w, "password", "totp")
        assert {one.enrolment.kind: one.stays for one in own(w).ownership.listed(who)} == {"email": "implicit", "totp": "last_factor"}
        assert await does_remove(w) == "last_factor"
        email = next(one.id for one in who.enrolments if one.kind == "email")
        assert await own(w).remove(who, email) == "implicit"


async def test_under_a_strict_regime_an_address_is_confirmed_before_the_first_factor() -> None:
    async with world(regime="pci-dss-4") as w:
        await w.person(totp=False)
        assert await own(w).begin(await owner(w, "password"), "totp") == "unverified"
        await w.person("eve", totp=False, verified=True)
        assert isinstance(await own(w).begin(await owner(w, "password", name="eve"), "totp"), Offer)
        assert await own(w).begin(await owner(w, "password", name="eve"), "email") == "absent"


async def test_new_codes_void_the_whole_set_and_what_rests_on_it() -> None:
    async with world() as w:
        await w.person(totp=False)
        does = own(w)
        first = (await enrolled(w, does, await owner(w, "password"))).codes
        browser = w.browser()
        page = await browser.submit(await w.login_until_code(browser), action="recovery-code")
        page = await browser.submit(page, code=first[0])
        page = await browser.submit(page, action="skip") if page.screen else page
        _, tokens = await w.exchange(page)
        new = await does.new_codes(await owner(w, "password", "totp"))
        assert isinstance(new, Enrolled)
        codes = new.codes
        assert (len(codes), set(codes) & set(first)) == (10, set())
        assert not await w.store.grant_live((await w.facts("s"))[0].data["grant"], w.clock.now)
        other = w.browser()
        asked = await other.submit(await w.login_until_code(other), action="recovery-code")
        assert (await other.submit(asked, code=first[1])).status == 400
        assert (await other.submit(asked, code=codes[0])).status != 400
        assert await told(w, "recovery_regenerated") == ["ada@example.test"]
        assert tokens["id_token"]


async def test_codes_are_no_first_factor() -> None:
    async with world() as w:
        await w.person(totp=False)
        assert await own(w).begin(await owner(w, "password"), "recovery-code") == "no_factor"
        assert await own(w).new_codes(await owner(w, "password")) == "no_factor"


async def test_codes_that_are_begun_replace_the_old_ones_once_they_are_saved() -> None:
    async with world() as w:
        await w.person()
        does, who = own(w), await owner(w, "password", "totp")
        offer = await does.begin(who, "recovery-code")
        assert isinstance(offer, Offer)
        assert await does.confirm(who, offer.handle, "") == "not_saved"
        done = await does.confirm(who, offer.handle, "saved")
        assert isinstance(done, Enrolled)
        assert (done.enrolment.id, done.codes) == (offer.id, ())
        who = await owner(w, "password", "totp")
        again = await does.begin(who, "recovery-code")
        assert isinstance(again, Offer)
        assert again.id == offer.id
        await does.confirm(who, again.handle, "saved")
        assert (await kinds(w)).count("recovery-code") == 1
        assert await told(w, "recovery_regenerated") == ["ada@example.test"]


async def test_an_address_is_enrolled_by_its_code_and_the_account_is_told_elsewhere() -> None:
    async with world() as w:
        await w.person()
        does, who = own(w), await owner(w, "password", "totp")
        done = await enrolled(w, does, who, "email", target="Other@Example.test")
        assert done.enrolment.state.open == b"other@example.test"
        assert await told(w, "factor_added") == ["ada@example.test"]
        assert await does.begin(await owner(w, "password", "totp"), "email", target="other@example.TEST") == "already_enrolled"


@pytest.mark.parametrize("target", ["nobody", "a@b\r\nBcc: eve@example.test", "x" * 300 + "@example.test"])
async def test_what_is_no_address_is_sent_nothing(target: str) -> None:
    async with world() as w:
        await w.person()
        assert await own(w).begin(await owner(w, "password", "totp"), "email", target=target) == "bad_address"
        assert await w.store.outgoing(9) == ()


class Spent:
    async def take(self, key: str, bucket: Bucket, now: int) -> bool:
        return not key.startswith("message:")


async def test_row_16_messages_are_budgeted_before_they_leave() -> None:
    async with world() as w:
        await w.person()
        assert await own(w, Spent()).begin(await owner(w, "password", "totp"), "email", target="other@example.test") == "too_many_messages"
        assert await w.store.outgoing(9) == ()
        assert isinstance(await own(w, Spent()).begin(await owner(w, "password", "totp"), "totp"), Offer)


async def test_what_was_switched_off_meanwhile_is_not_completed() -> None:
    async with world() as w:
        await w.person(totp=False)
        offer = await own(w).begin(await owner(w, "password"), "totp")
        assert isinstance(offer, Offer)
        await w.configure(factors={})
        assert await own(w).confirm(await owner(w, "password"), offer.handle, await answer(w, offer)) == "expired"
        assert await own(w).begin(await owner(w, "password"), "totp") == "absent"


async def test_an_enrolment_that_is_begun_does_not_wait_for_ever() -> None:
    async with world() as w:
        await w.person(totp=False)
        offer = await own(w).begin(await owner(w, "password"), "totp")
        assert isinstance(offer, Offer)
        w.clock.now += 901
        assert await own(w).confirm(await owner(w, "password"), offer.handle, await answer(w, offer)) == "expired"


async def test_a_name_is_one_line_and_changes_nothing_else() -> None:
    async with world() as w:
        await w.person()
        before = (await owner(w)).account
        renamed = await own(w).rename(await owner(w, "password"), "totp|dev_ada", " Work\x00 phone\r\n" + "x" * 99)
        assert not isinstance(renamed, str)
        assert (renamed.name[:10], len(renamed.name)) == ("Work phone", 64)
        who = await owner(w)
        assert (who.account, [one.name for one in who.enrolments if one.kind == "totp"]) == (before, [renamed.name])
        assert otp(w.secrets["ada"], w.clock.now // 30) == w.code()


async def test_a_blocked_account_adds_nothing() -> None:
    async with world() as w:
        await w.person(totp=False, blocked=True)
        assert await own(w).begin(await owner(w, "password"), "totp") == "blocked"


async def test_a_mailbox_that_is_added_is_told_to_the_telephone_as_well() -> None:
    """Whoever has taken over the mailbox of the account would else be the only one to hear of it."""
    async with world() as w:
        await w.person()
        account, _ = await w.store.account("auth0|ada")
        phone = Enrolment("phone|dev_ada", account.id, "phone", state_of(Line("+491712345678", "sms")), created_at=w.clock.now)
        assert await w.store.change_account(account, account, (phone,), ends=False, now=w.clock.now, facts=())
        await enrolled(w, own(w), await owner(w, "password", "totp"), "email", target="other@example.test")
        assert sorted(await told(w, "factor_added")) == ["+491712345678", "ada@example.test"]


async def test_row_12_a_number_changes_only_by_a_new_binding_with_a_fresh_proof_and_a_notice() -> None:
    """Whoever has the session, or the number of before, does not move codes to a telephone of their own."""
    async with world() as w:
        await w.configure(factors={"otp": True, "sms": True})
        await w.person()
        does = own(w)
        assert isinstance(await does.begin(await owner(w, "password"), "phone", target="+491712345678"), Missing)
        first = await enrolled(w, does, await owner(w, "password", "totp"), "phone", target="+491712345678")
        assert isinstance(await does.begin(await owner(w, "password", "totp", ago=301), "phone", target="+491798765432"), Missing)
        assert await does.rename(await owner(w, "password"), first.enrolment.id, None, preferred="fax") == "no_channel"
        second = await enrolled(w, does, await owner(w, "password", "totp"), "phone", target="0179 8765432", region="DE")
        assert second.enrolment.id != first.enrolment.id
        assert await does.begin(await owner(w, "password", "totp"), "phone", target="+49 171 2345678") == "already_enrolled"
        assert await does.begin(await owner(w, "password", "totp"), "phone", target="+49 900 1234567") == "bad_number"
        assert await told(w, "factor_added") == ["ada@example.test"] * 2
