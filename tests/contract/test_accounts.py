"""Accounts and enrolments, as the helpdesk and their owners change them."""

import pytest

from tests.contract.samples import (
    BUDGET,
    CODE,
    DAY,
    NOW,
    account,
    begun,
    challenge,
    concluding,
    enrolment,
    fact,
    facts,
    grant,
    message,
    name,
    signed_in,
    somebody,
    token,
    types,
    wrong,
)
from yett.domain.enrolment import State
from yett.domain.session import Conclusion
from yett.domain.verdict import Accepted, Rejected
from yett.ports import Store


async def test_an_account_comes_back_as_it_went_in(store: Store) -> None:
    owner = account(username="Ann", profile=b'{"name":"Ann"}', email_verified=True, paced_at=7)
    has = [enrolment(owner, "totp", lookup=b"id", link="recovery", name="Phone"), enrolment(owner, "password")]
    assert await store.open_account(owner, has, (fact("ss"),))
    found = await store.account(owner.id)
    assert found
    assert found[0] == owner
    assert sorted(found[1]) == sorted(has)
    assert await store.account("nobody") is None


@pytest.mark.parametrize("taken", ["id", "email", "username", "lookup"])
async def test_no_account_is_opened_under_what_is_taken(store: Store, taken: str) -> None:
    owner = account(username=name("user"))
    await store.open_account(owner, (enrolment(owner, "webauthn", lookup=owner.id.encode()),), ())
    imitations = {
        "id": account(id=owner.id),
        "email": account(email=f" {owner.email.upper()}"),
        "username": account(username=(owner.username or "").upper()),
    }
    other = imitations.get(taken, account())
    has = [enrolment(other, "webauthn", lookup=owner.id.encode())] if taken == "lookup" else []
    assert not await store.open_account(other, has, (fact("ss"),))
    assert await types(store) == []
    assert (await store.accounts(0, 9))[1] == 1


async def test_accounts_are_listed_in_pages_and_found_by_a_part_of_their_name(store: Store) -> None:
    owners = [account(created_at=NOW + index, username=f"user_{index}%") for index in range(5)]
    for owner in owners:
        await store.open_account(owner, (), ())
    assert await store.accounts(1, 2) == ((owners[1], owners[2]), 5)
    assert await store.accounts(0, 9, "SER_3%") == ((owners[3],), 1)
    assert await store.accounts(0, 9, owners[2].id) == ((owners[2],), 1)
    assert await store.accounts(0, 9, "s_r") == ((), 0)


async def test_a_change_is_refused_where_the_security_version_has_moved(store: Store) -> None:
    owner, _ = await somebody(store)
    blocked = owner._replace(blocked=True, security_version=2)
    assert await store.change_account(owner, blocked, (), ends=False, now=NOW, facts=(fact("first"),))
    assert not await store.change_account(owner, owner._replace(email="x@y"), (), ends=False, now=NOW, facts=(fact("second"),))
    assert await types(store) == ["first"]
    found = await store.account(owner.id)
    assert found
    assert found[0] == blocked


async def test_a_change_leaves_the_tries_of_the_account_alone(store: Store) -> None:
    owner, (one,) = await somebody(store)
    await store.settle(await begun(store, owner), (wrong(one),), None, BUDGET, NOW, {})
    assert await store.change_account(owner, owner._replace(profile=b"1"), (), ends=False, now=NOW, facts=())
    found = await store.account(owner.id)
    assert found
    assert found[0].paced_at == NOW + 120


async def test_a_change_that_ends_sessions_ends_all_that_rests_on_them(store: Store) -> None:
    owner, (one,) = await somebody(store, "password")
    left = await signed_in(store, owner)
    assert left.session
    assert left.device
    assert left.grant
    changed = one._replace(state=State(b"another hash"), generation=2)
    notices = (message("ann@example.test"),)
    assert await store.change_account(owner, owner, (changed,), ends=True, now=NOW, facts=(fact("scp"),), notices=notices)
    arrival = await store.arrive(left.session.id, left.device.token, NOW)
    assert arrival.session is None
    assert arrival.device
    assert arrival.device.remembered_until == 0
    assert not await store.grant_live(left.grant.id, NOW)
    found = await store.account(owner.id)
    assert found
    assert (found[0].security_version, found[1]) == (2, (changed,))
    assert [sent.message for sent in await store.outgoing(9)] == list(notices)


async def test_a_new_generation_replaces_the_state_whatever_its_mark(store: Store) -> None:
    owner, (one,) = await somebody(store, "recovery")
    again = one._replace(state=State(b"new codes", b"", 0), generation=2, failures=0)
    assert await store.change_account(owner, owner, (again,), ends=False, now=NOW, facts=())
    found = await store.account(owner.id)
    assert found
    assert found[1] == (again,)


@pytest.mark.parametrize("until", ["paced", "disabled"])
async def test_rows_1_and_2_a_rename_that_crosses_guesses_gives_none_of_their_tries_back(store: Store, until: str) -> None:
    owner, (one,) = await somebody(store)
    budget = BUDGET if until == "paced" else BUDGET._replace(cap=3)
    for _ in range(3):
        await store.settle(await begun(store, owner), (wrong(one),), None, budget, NOW, {})
    seen = await store.account(owner.id)
    assert seen
    assert await store.change_account(owner, owner, (one._replace(name="renamed"),), ends=False, now=NOW, facts=())
    found = await store.account(owner.id)
    assert found
    assert found[1] == (seen[1][0]._replace(name="renamed"),)
    assert (found[1][0].failures, found[1][0].status) == (3, "active" if until == "paced" else "disabled")


async def test_what_is_disabled_can_still_be_reported_lost(store: Store) -> None:
    owner, (one,) = await somebody(store)
    await store.settle(await begun(store, owner), (wrong(one),), None, BUDGET._replace(cap=1), NOW, {})
    lost = one._replace(status="suspended", leaves_at=NOW + DAY)
    assert await store.change_account(owner, owner, (lost,), ends=False, now=NOW, facts=())
    found = await store.account(owner.id)
    assert found
    assert (found[1][0].status, found[1][0].leaves_at) == ("suspended", NOW + DAY)


async def test_nobody_writes_over_the_enrolment_of_another(store: Store) -> None:
    _, (one,) = await somebody(store)
    thief, _ = await somebody(store)
    stolen = one._replace(account=thief.id, generation=9)
    assert not await store.change_account(thief, thief, (stolen,), ends=False, now=NOW, facts=())
    found = await store.account(one.account)
    assert found
    assert found[1] == (one,)


async def test_an_account_that_is_closed_takes_all_along_but_its_facts(store: Store) -> None:
    owner, _ = await somebody(store)
    left = await signed_in(store, owner)
    assert left.session
    assert await store.close_account(owner.id, (fact("sdu", owner.id),))
    assert not await store.close_account(owner.id, (fact("sdu", owner.id),))
    assert (await store.arrive(left.session.id, None, NOW)).session is None
    assert await store.token("code", left.tokens[0].digest, NOW) is None
    assert await types(store, account=owner.id) == ["sdu"]


async def test_removing_a_factor_revokes_the_grants_that_rest_on_it(store: Store) -> None:
    owner, (one, other) = await somebody(store, "totp", "webauthn")
    on_one, on_both, on_other = grant(owner, (one,)), grant(owner, (one, other)), grant(owner, (other,))
    for given in (on_one, on_both, on_other):
        await store.grant(given, (), ())
    left = await signed_in(store, owner, concluding(owner)._replace(grant=None, tokens=()))
    assert left.device
    assert await store.unenrol(owner.id, (one.id,), NOW, (fact("gd_unenroll"),), (message(),)) == 1
    assert [await store.grant_live(given.id, NOW) for given in (on_one, on_both, on_other)] == [False, False, True]
    found = await store.account(owner.id)
    assert found
    assert (found[0].security_version, found[1]) == (2, (other,))
    assert (await store.devices(owner.id))[0].remembered_until == 0
    assert len(await store.outgoing(9)) == 1


async def test_removing_what_is_not_there_or_not_theirs_changes_nothing(store: Store) -> None:
    owner, (one,) = await somebody(store)
    stranger, _ = await somebody(store)
    assert await store.unenrol(stranger.id, (one.id, "none"), NOW, (fact("gd_unenroll"),)) == 0
    found = await store.account(owner.id)
    assert found
    assert found[1] == (one,)
    assert await types(store) == []
    still = await store.account(stranger.id)
    assert still
    assert still[0].security_version == 1


async def _offered(store: Store, *kinds: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    owner, has = await somebody(store, *kinds)
    seen = await begun(store, owner)
    question = challenge(seen, offer=True, tries=3)
    await store.ask(seen, question, ())
    return owner, has, seen, question


async def test_a_confirmed_enrolment_is_written_and_moves_the_security_version(store: Store) -> None:
    owner, _, seen, question = await _offered(store, "password")
    added, left = enrolment(owner), concluding(owner)
    right = Accepted(added.state, shown=CODE)
    notices = (message(),)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen, left, notices) == "done"
    found = await store.account(owner.id)
    assert found
    assert found[0].security_version == 2
    assert added in found[1]
    assert (await store.scene(seen.id, seen.holder, None, None, NOW)).attempt is None
    assert len(await store.outgoing(9)) == 1
    assert left.device
    remembered = (await store.arrive(None, left.device.token, NOW)).device
    assert remembered
    assert remembered.security_version == 2


async def test_no_factor_is_added_where_another_was_added_meanwhile(store: Store) -> None:
    owner, _, seen, question = await _offered(store, "password")
    await store.change_account(owner, owner._replace(security_version=2), (), ends=False, now=NOW, facts=())
    added = enrolment(owner)
    right = Accepted(added.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen) == "used"
    found = await store.account(owner.id)
    assert found
    assert added not in found[1]
    assert await types(store) == ["used"]


@pytest.mark.parametrize("verifies", [False, True])
async def test_a_confirm_verifies_the_address_where_it_is_said_to(store: Store, verifies: bool) -> None:
    before, _, seen, question = await _offered(store, "password")
    await store.change_account(before, before._replace(email_verified=False), (), ends=False, now=NOW, facts=())
    owner, _ = await store.account(before.id) or (before, ())
    added = enrolment(owner)
    right = Accepted(added.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen, verifies=verifies) == "done"
    found = await store.account(owner.id)
    assert found
    assert found[0].email_verified == verifies


async def test_a_key_that_is_enrolled_elsewhere_is_not_enrolled_again(store: Store) -> None:
    owner, _, seen, question = await _offered(store, "password")
    other, _ = await somebody(store)
    theirs = enrolment(other, "webauthn", lookup=b"credential")
    await store.change_account(other, other, (theirs,), ends=False, now=NOW, facts=())
    added = enrolment(owner, "webauthn", lookup=b"credential")
    right = Accepted(added.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen) == "used"


async def test_a_wrong_confirm_is_a_try_of_the_question_and_of_the_account(store: Store) -> None:
    owner, _, seen, question = await _offered(store, "password")
    said = [await store.enrol(seen, question, Rejected("wrong_code"), owner, (), BUDGET, NOW, facts(), seen, None, (message(),)) for _ in range(4)]
    assert said == ["done", "done", "done", "used"]
    found = await store.account(owner.id)
    assert found
    assert found[0].paced_at == NOW + 360
    assert await store.outgoing(9) == ()
    late = Accepted(State(), shown=CODE)
    assert await store.enrol(seen, question, late, owner, (), BUDGET, NOW, facts(), seen) == "used"


async def test_a_right_confirm_needs_a_try_of_the_account(store: Store) -> None:
    owner, (one,), seen, question = await _offered(store, "totp")
    for _ in range(3):
        for _ in range(10):
            await store.settle(seen, (wrong(one),), None, BUDGET._replace(enrolment=BUDGET.enrolment._replace(burst=99)), NOW, {})
    added = enrolment(owner)
    right = Accepted(added.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen) == "no tries"


async def test_a_companion_is_renewed_in_its_place(store: Store) -> None:
    owner, (codes,), seen, question = await _offered(store, "recovery")
    renewed = codes._replace(state=State(b"new", b"", 0), generation=2)
    right = Accepted(renewed.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (renewed,), BUDGET, NOW, facts(), seen) == "done"
    found = await store.account(owner.id)
    assert found
    assert found[1] == (renewed,)


async def test_facts_are_listed_by_account_and_type_and_continued_after_one(store: Store) -> None:
    owner, _ = await somebody(store)
    written = [fact("f", owner.id, NOW + 1), fact("s", owner.id, NOW + 2), fact("s", None, NOW + 3)]
    await store.record(written)
    assert await store.facts(0, 2) == ((written[2], written[1]), 3)
    assert await store.facts(1, 9, newest_first=False) == ((written[1], written[2]), 3)
    assert await store.facts(0, 9, account=owner.id, type="s") == ((written[1],), 1)
    assert (await store.facts(0, 9, after=written[0].id))[0] == (written[1], written[2])
    assert await store.fact(written[0].id) == written[0]
    assert await store.fact("none") is None


async def test_what_was_suspended_leaves_when_its_time_is_over(store: Store) -> None:
    owner, (one,) = await somebody(store)
    assert await store.leaving(NOW, 9) == ()
    suspended = one._replace(status="suspended", leaves_at=NOW + 10)
    assert await store.change_account(owner, owner._replace(security_version=2), (suspended,), ends=False, now=NOW, facts=())
    assert (await store.leaving(NOW + 9, 9), await store.leaving(NOW + 10, 9)) == ((), (owner.id,))
    found = await store.account(owner.id)
    assert found
    assert found[1] == (suspended,)


async def test_a_change_revokes_what_rests_on_the_enrolments_that_it_voids(store: Store) -> None:
    owner, (one,) = await somebody(store, "password")
    left = await signed_in(store, owner, concluding(owner, (one,)))
    assert left.grant
    assert await store.change_account(owner, owner, (), ends=False, now=NOW, facts=(), voids=("another",))
    assert await store.grant_live(left.grant.id, NOW)
    assert await store.change_account(owner, owner, (), ends=False, now=NOW, facts=(), voids=("another", one.id))
    assert not await store.grant_live(left.grant.id, NOW)


async def test_nothing_is_deleted_where_the_security_version_has_moved(store: Store) -> None:
    owner, (one,) = await somebody(store)
    assert await store.change_account(owner, owner._replace(security_version=2), (), ends=False, now=NOW, facts=())
    assert await store.unenrol(owner.id, (one.id,), NOW, (fact("gd_unenroll"),), (message(),), owner) == 0
    assert (await types(store), await store.outgoing(9)) == ([], ())
    found = await store.account(owner.id)
    assert found
    assert found[1] == (one,)
    assert await store.unenrol(owner.id, (one.id,), NOW, (), (), found[0]) == 1


async def test_an_enrolment_that_is_replaced_takes_what_rests_on_it_along(store: Store) -> None:
    owner, (old,), seen, question = await _offered(store, "recovery")
    left = await signed_in(store, owner, concluding(owner, (old,)))
    again = old._replace(generation=2)
    assert await store.enrol(seen, question, Accepted(again.state), owner, (again,), BUDGET, NOW, facts(), seen) == "done"
    assert left.grant
    assert not await store.grant_live(left.grant.id, NOW)


async def test_the_link_that_led_to_an_enrolment_is_spent_by_it(store: Store) -> None:
    owner, _, seen, question = await _offered(store, "password")
    link, added = await begun(store, owner), enrolment(owner)
    right = Accepted(added.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen, spends=link) == "done"
    assert (await store.scene(link.id, link.holder, None, None, NOW)).attempt is None


async def test_a_link_that_was_spent_meanwhile_leads_to_no_enrolment(store: Store) -> None:
    owner, has, seen, question = await _offered(store, "password")
    link, added = await begun(store, owner), enrolment(owner)
    assert await store.update(link, link._replace(done=True))
    right = Accepted(added.state, shown=CODE)
    assert await store.enrol(seen, question, right, owner, (added,), BUDGET, NOW, facts(), seen, spends=link) == "used"
    found = await store.account(owner.id)
    assert found
    assert (found[0].security_version, list(found[1])) == (1, has)


async def test_an_enrolment_says_whose_it_is(store: Store) -> None:
    owner, (one,) = await somebody(store)
    assert (await store.whose(one.id), await store.whose("nobody's")) == (owner.id, None)


async def test_an_account_is_opened_with_its_first_factor_its_grant_and_its_tokens_or_not_at_all(store: Store) -> None:
    seen = await begun(store)
    question, new = challenge(seen, offer=True), account()
    await store.ask(seen, question, ())
    added, right = enrolment(new), Accepted(question.remember, shown=CODE)
    given = grant(new)
    after, left = seen._replace(account=new.id, done=True), Conclusion(grant=given, tokens=(token(given),))
    assert await store.enrol(seen, question, right, new, (added,), BUDGET, NOW, facts(), after, left, opens=True) == "done"
    found = await store.account(new.id)
    assert found
    assert ([one.id for one in found[1]], found[0].security_version, await store.grant_live(given.id, NOW)) == ([added.id], 1, True)
    kept = enrolment(new, lookup=new.id.encode())
    assert await store.change_account(found[0], found[0], (kept,), ends=False, now=NOW, facts=())
    for taken, lookup in ((account(email=new.email), b"own"), (account(), kept.lookup)):
        again = await begun(store)
        asked = challenge(again, offer=True)
        await store.ask(again, asked, ())
        other = grant(taken)
        left = Conclusion(grant=other, tokens=(token(other),))
        theirs = (enrolment(taken, lookup=lookup),)
        assert await store.enrol(again, asked, right, taken, theirs, BUDGET, NOW, facts(), again._replace(done=True), left, opens=True) == "used"
        assert await store.account(taken.id) is None
        assert not await store.grant_live(other.id, NOW)


async def test_those_of_a_kind_that_are_in_use_are_listed_in_pages(store: Store) -> None:
    held = []
    for _ in range(5):
        owner = account()
        one = enrolment(owner, "webauthn-roaming", state=State(b"secret", b'{"open":1}', 7), lookup=owner.id.encode())
        await store.open_account(owner, (one, enrolment(owner, "totp")), ())
        held.append(one)
    held.sort(key=lambda one: one.id)
    gone, lost = held.pop(1), held.pop(2)
    assert await store.unenrol(gone.account, (gone.id,), NOW, ()) == 1
    found = await store.account(lost.account)
    assert found
    put = (lost._replace(status="suspended", leaves_at=NOW + 9),)
    assert await store.change_account(found[0], found[0], put, ends=False, now=NOW, facts=())
    assert await store.alike("webauthn-roaming", "", 2) == tuple(held[:2])
    assert await store.alike("webauthn-roaming", held[1].id, 2) == (held[2],)
    assert await store.alike("webauthn-roaming", held[2].id, 2) == ()
    assert await store.alike("passkey", "", 9) == ()
