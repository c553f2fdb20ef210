"""One load: who holds the attempt, which session, which device, and nothing that is over."""

from dataclasses import dataclass

import pytest

from tests.contract.samples import (
    BUDGET,
    DAY,
    NOW,
    account,
    begun,
    challenge,
    concluding,
    device,
    digest,
    enrolment,
    fact,
    grant,
    name,
    session,
    signed_in,
    somebody,
    token,
    types,
)
from yett.domain.attempt import Attempt
from yett.domain.proof import Proof
from yett.domain.session import Conclusion, Session
from yett.domain.tries import Bucket
from yett.ports import Arrival, Store

MINUTE = 60


async def _scene(store: Store, seen: Attempt, session: bytes | None = None, device: bytes | None = None, now: int = NOW) -> Arrival:
    return await store.scene(seen.id, seen.holder, session, device, now)


async def test_an_attempt_comes_back_as_it_went_in(store: Store) -> None:
    seen = await begun(store)
    assert (await _scene(store, seen)).attempt == seen


async def test_a_state_alone_moves_nothing(store: Store) -> None:
    owner, _ = await somebody(store)
    seen = await begun(store, owner)
    arrival = await store.scene(seen.id, digest("another browser"), None, None, NOW)
    assert (arrival.attempt, arrival.account, arrival.enrolments) == (None, None, ())


async def test_an_attempt_that_expired_or_ended_is_not_found(store: Store) -> None:
    expired, ended = await begun(store), await begun(store)
    assert await store.conclude(ended, Conclusion(), (), NOW)
    assert (await _scene(store, expired, now=NOW + 899)).attempt
    assert (await _scene(store, expired, now=NOW + 900)).attempt is None
    assert (await _scene(store, ended)).attempt is None


async def test_the_account_is_found_by_what_was_typed(store: Store) -> None:
    owner, (one,) = await somebody(store, username="Ann")
    for typed in (owner.email.casefold(), "ann"):
        arrival = await _scene(store, await begun(store, identifier=typed))
        assert (arrival.account, arrival.enrolments) == (owner, (one,))


async def test_an_email_address_wins_over_a_username_that_imitates_it(store: Store) -> None:
    owner, _ = await somebody(store)
    await somebody(store, username=owner.email)
    arrival = await _scene(store, await begun(store, identifier=owner.email.casefold()))
    found = await store.find(owner.email.upper())
    assert arrival.account == found == owner


async def test_every_load_names_the_version_in_force(store: Store) -> None:
    version = await store.configure((), (), ())
    seen = await begun(store)
    assert (await _scene(store, seen)).version == version
    assert (await store.arrive(None, None, NOW)).version == version


async def test_the_open_question_is_loaded_until_it_expires(store: Store) -> None:
    seen = await begun(store)
    question = challenge(seen)
    await store.ask(seen, question, ())
    assert (await _scene(store, seen)).challenge == question
    assert (await _scene(store, seen, now=NOW + 300)).challenge is None


async def test_an_attempt_moves_once_from_where_it_was_seen(store: Store) -> None:
    seen = await begun(store)
    assert await store.update(seen, seen._replace(account=None, resume_at="a", waivers=(), signals=b"2"), (fact("moved"),))
    assert not await store.update(seen, seen._replace(resume_at="b"), (fact("lost"),))
    moved = (await _scene(store, seen)).attempt
    assert moved == seen._replace(account=None, resume_at="a", waivers=(), signals=b"2", version=seen.version + 1)
    assert await types(store) == ["moved"]


async def test_an_update_that_changes_nothing_still_moves_the_version(store: Store) -> None:
    seen = await begun(store)
    assert await store.update(seen, seen)
    assert not await store.update(seen, seen)


async def test_an_attempt_ends_once(store: Store) -> None:
    owner, _ = await somebody(store)
    seen = await begun(store, owner)
    first, second = concluding(owner), concluding(owner)
    assert await store.conclude(seen, first, (fact("ended"),), NOW)
    assert not await store.conclude(seen, second, (fact("again"),), NOW)
    assert first.session
    assert second.session
    assert await store.sessions(owner.id, NOW) == (first.session,)
    assert await types(store) == ["ended"]


async def test_no_question_is_put_to_an_attempt_that_has_moved_on_or_ended(store: Store) -> None:
    seen = await begun(store)
    await store.update(seen, seen)
    assert not await store.ask(seen, challenge(seen), (fact("asked"),))
    ended = await begun(store)
    await store.conclude(ended, Conclusion(), (), NOW)
    assert not await store.ask(ended, challenge(ended), (fact("asked"),))
    assert await types(store) == []


async def test_a_session_brings_its_account_and_enrolments(store: Store) -> None:
    owner, has = await somebody(store, "password", "totp")
    left = await signed_in(store, owner)
    assert left.session
    arrival = await store.arrive(left.session.id, None, NOW)
    assert (arrival.session, arrival.account) == (left.session, owner)
    assert sorted(arrival.enrolments) == sorted(has)


@pytest.mark.parametrize("limits", [{"idle_at": NOW + 60}, {"ends_at": NOW + 60}])
async def test_a_session_ends_when_it_idles_or_grows_old(store: Store, limits: dict[str, int]) -> None:
    owner, _ = await somebody(store)
    one = session(owner, **limits)
    await signed_in(store, owner, Conclusion(one))
    assert (await store.arrive(one.id, None, NOW + 59)).session == one
    assert (await store.arrive(one.id, None, NOW + 60)).session is None
    assert await store.sessions(owner.id, NOW + 60) == ()


@dataclass(frozen=True)
class Raised:
    """A session before and after its level rose."""

    before: Session
    after: Session


async def _raised(store: Store) -> Raised:
    owner, _ = await somebody(store)
    before = session(owner)
    await signed_in(store, owner, Conclusion(before))
    proofs = (*before.proofs, Proof(before.proofs[0].shown, "totp", 1, "now", NOW))
    after = before._replace(id=digest(name()), proofs=proofs, idle_at=NOW + 7200, old=before.id, old_until=NOW + MINUTE, old_proofs=before.proofs)
    await signed_in(store, owner, Conclusion(after, before.id))
    return Raised(before, after)


async def test_a_session_has_a_new_id_at_its_new_level(store: Store) -> None:
    raised = await _raised(store)
    assert (await store.arrive(raised.after.id, None, NOW)).session == raised.after
    assert await store.sessions(raised.after.account, NOW) == (raised.after,)


async def test_the_id_before_is_good_for_a_minute_at_the_level_that_it_had(store: Store) -> None:
    raised = await _raised(store)
    seen = await begun(store)
    for arrival in (
        await store.arrive(raised.before.id, None, NOW + 59),
        await _scene(store, seen, raised.before.id, now=NOW + 59),
    ):
        assert arrival.session == raised.before._replace(idle_at=NOW + 7200)
    assert (await store.arrive(raised.before.id, None, NOW + MINUTE)).session is None


async def test_a_second_tab_that_knows_the_id_before_may_raise_the_session_too(store: Store) -> None:
    raised = await _raised(store)
    other = raised.before._replace(id=digest(name()), old=raised.before.id, old_until=NOW + MINUTE)
    owner = (await store.arrive(raised.after.id, None, NOW)).account
    assert owner
    await signed_in(store, owner, Conclusion(other, raised.before.id))
    assert (await store.arrive(other.id, None, NOW)).session
    first_tab = (await store.arrive(raised.after.id, None, NOW)).session
    assert first_tab
    assert first_tab.proofs == raised.after.proofs


async def test_a_session_that_ended_meanwhile_is_not_raised_from_the_dead(store: Store) -> None:
    owner, _ = await somebody(store)
    one = session(owner)
    await signed_in(store, owner, Conclusion(one))
    assert await store.sign_out(one.id, NOW, ()) == one
    seen, given = await begun(store, owner), grant(owner)
    raised = Conclusion(one._replace(id=digest(name())), one.id, grant=given)
    assert not await store.conclude(seen, raised, (), NOW)
    assert await store.sessions(owner.id, NOW) == ()
    assert not await store.grant_live(given.id, NOW)


async def test_signing_out_works_by_the_id_before_too_and_grants_stand(store: Store) -> None:
    raised = await _raised(store)
    owner = (await store.arrive(raised.after.id, None, NOW)).account
    assert owner
    given = grant(owner)
    await store.grant(given, (), ())
    ended = await store.sign_out(raised.before.id, NOW, (fact("slo"),))
    assert ended
    assert ended.sid == raised.before.sid
    assert await store.sign_out(raised.after.id, NOW, (fact("slo"),)) is None
    assert await types(store) == ["slo"]
    assert await store.grant_live(given.id, NOW)


async def test_a_device_token_rotates_and_its_predecessor_is_good_for_a_minute(store: Store) -> None:
    owner, _ = await somebody(store)
    one = device(owner)
    await signed_in(store, owner, Conclusion(device=one))
    next_one = one._replace(token=digest(name()), used_at=NOW + 5, old=one.token, old_until=NOW + MINUTE, key=b"key")
    await signed_in(store, owner, Conclusion(device=next_one, device_raises=one.token))
    assert (await store.arrive(None, next_one.token, NOW)).device == next_one
    tab = (await store.arrive(None, one.token, NOW + 59)).device
    assert tab == next_one._replace(token=one.token, old=None, old_until=0)


async def test_a_rotated_device_token_shown_later_is_stolen(store: Store) -> None:
    owner, _ = await somebody(store)
    one = device(owner)
    await signed_in(store, owner, Conclusion(device=one))
    next_one = one._replace(token=digest(name()), old=one.token, old_until=NOW + MINUTE)
    await signed_in(store, owner, Conclusion(device=next_one, device_raises=one.token))
    seen = await begun(store)
    for arrival in (
        await store.arrive(None, one.token, NOW + MINUTE),
        await _scene(store, seen, device=one.token, now=NOW + MINUTE),
    ):
        assert (arrival.device, arrival.stolen, arrival.stolen_device) == (None, owner.id, one.id)


async def test_a_device_that_was_revoked_is_not_brought_back_by_its_rotation(store: Store) -> None:
    owner, _ = await somebody(store)
    one = device(owner)
    await signed_in(store, owner, Conclusion(device=one))
    assert await store.forget(owner.id, (), one.id) == 1
    await signed_in(store, owner, Conclusion(device=one._replace(token=digest(name())), device_raises=one.token))
    assert await store.devices(owner.id) == ()


async def test_browsers_are_forgotten_all_or_one(store: Store) -> None:
    owner, _ = await somebody(store)
    one, two, known = device(owner), device(owner), device(owner, remembered_until=0, idle_until=0)
    for each in (one, two, known):
        await signed_in(store, owner, Conclusion(device=each))
    assert await store.forget(owner.id, (), one.id) == 1
    assert await store.forget(owner.id, (fact("forgotten"),)) == 1
    left = await store.devices(owner.id)
    assert {each.id for each in left} == {two.id, known.id}
    assert not any(each.remembered_until or each.idle_until for each in left)


async def test_a_device_is_forgotten_by_its_owner_alone(store: Store) -> None:
    owner, _ = await somebody(store)
    one = device(owner)
    await signed_in(store, owner, Conclusion(device=one))
    assert await store.forget(account().id, (), one.id) == 0
    assert await store.devices(owner.id) == (one,)


async def test_tries_of_nobody_are_paced_like_those_of_somebody(store: Store) -> None:
    budget, nobody = BUDGET, digest("nobody")
    said = [await store.miss(nobody, budget, NOW, {"done": (fact("fu"),), "no tries": (fact("limit_wc"),)}) for _ in range(10)]
    assert said == [True] * 9 + [False]
    assert await store.miss(nobody, budget, NOW + 360, {})
    assert await store.miss(digest("somebody else"), budget, NOW, {})
    assert not await store.miss(digest("a third"), BUDGET._replace(enrolment=Bucket(1, 60)), NOW, {})
    assert sorted(await types(store)) == ["fu"] * 9 + ["limit_wc"]


async def test_what_a_backup_brought_back_is_void(store: Store) -> None:
    owner, has = await somebody(store)
    left = await signed_in(store, owner)
    seen = await begun(store, owner)
    await store.ask(seen, challenge(seen), ())
    assert left.session
    assert left.device
    assert left.grant
    code = token(left.grant)
    assert await store.restored(NOW, lambda kind, state: state._replace(mark=state.mark + len(kind))) == 2
    arrival = await store.scene(seen.id, seen.holder, left.session.id, left.device.token, NOW)
    assert (arrival.attempt, arrival.session, arrival.device, arrival.challenge) == (None, None, None, None)
    assert await store.token("code", left.tokens[0].digest, NOW) is None
    assert not await store.grant_live(left.grant.id, NOW)
    assert await store.redeem(code, (), 0, NOW, {}) == "replayed"
    assert await store.devices(owner.id) == ()
    assert await store.sessions(owner.id, NOW) == ()
    assert not await store.update(seen, seen)
    assert not await store.ask(seen, challenge(seen), ())
    assert not await store.conclude(seen, Conclusion(), (), NOW)
    found = await store.account(owner.id)
    assert found
    assert [one.state for one in found[1]] == [one.state._replace(mark=one.state.mark + 4) for one in has]
    assert (await store.catalogue()).epoch == 2


async def test_the_new_epoch_works_like_the_old_one(store: Store) -> None:
    owner, _ = await somebody(store)
    await store.restored(NOW, lambda _, state: state)
    left = await signed_in(store, owner)
    assert left.session
    assert (await store.arrive(left.session.id, None, NOW)).session == left.session
    assert await store.token("code", left.tokens[0].digest, NOW)


async def test_sweeping_removes_what_ended_and_nothing_else(store: Store) -> None:
    owner, (one,) = await somebody(store)
    left = await signed_in(store, owner)
    seen = await begun(store, owner, expires_at=NOW + 30 * DAY)
    short = session(owner, ends_at=NOW + 60)
    await signed_in(store, owner, Conclusion(short))
    assert await store.sweep(NOW) == 0
    assert await store.sweep(NOW + 2 * DAY + 900) >= 5
    assert left.session
    assert left.grant
    assert await store.grant_live(left.grant.id, NOW + 3 * DAY)
    assert (await _scene(store, seen)).attempt
    found = await store.account(owner.id)
    assert found
    assert found[1] == (one,)
    await store.sweep(NOW + 40 * DAY)
    assert not await store.grant_live(left.grant.id, NOW)


async def test_whoever_has_an_enrolment_is_found_by_its_lookup(store: Store) -> None:
    owner, _ = await somebody(store, "password", "totp")
    key = enrolment(owner, "passkey", lookup=b"credential")
    assert await store.change_account(owner, owner, (key,), ends=False, now=NOW, facts=())
    found = await store.bearer(b"credential")
    assert found
    assert (found[0].id, {one.kind for one in found[1]}) == (owner.id, {"password", "totp", "passkey"})
    assert await store.bearer(b"another") is None
    seen = found[0]
    assert await store.change_account(seen, seen, (key._replace(status="suspended", generation=2),), ends=False, now=NOW, facts=())
    # Out of use, it is somebody's all the same: what nobody has, browsers are told to forget.
    assert await store.bearer(b"credential") is not None


async def test_an_attempt_that_is_renewed_takes_the_place_of_the_one_of_its_name(store: Store) -> None:
    """Whoever still holds the one of before has lost it: live, over or ended."""
    old, new = await begun(store), (await begun(store))._replace(identifier="ann@example.test", arrived_at=NOW + 10, expires_at=NOW + 910)
    new = new._replace(id=old.id)
    await store.renew(new)
    assert (await _scene(store, new)).attempt == new._replace(version=old.version + 1)
    assert (await _scene(store, old)).attempt is None
    assert not await store.update(old, old._replace(identifier="x"))
    assert await store.conclude(new._replace(version=old.version + 1), Conclusion(), (), NOW)
    await store.renew(new)
    assert (await _scene(store, new)).attempt == new._replace(version=old.version + 3)
    fresh = new._replace(id="never-seen", holder=digest("never seen"))
    await store.renew(fresh)
    assert (await _scene(store, fresh)).attempt == fresh


async def test_what_a_browser_has_signed_for_stays_with_its_session_and_its_key_with_the_attempt(store: Store) -> None:
    owner, _ = await somebody(store)
    one = session(owner)
    await signed_in(store, owner, Conclusion(one))
    raised = one._replace(id=digest(name()), old=one.id, old_until=NOW + MINUTE, old_proofs=one.proofs, device="dev_1")
    await signed_in(store, owner, Conclusion(raised, raises=one.id))
    for shown in (raised.id, one.id):
        found = (await store.arrive(shown, None, NOW)).session
        assert found
        assert found.device == "dev_1"
    seen = await begun(store, owner)
    assert await store.update(seen, seen._replace(browser_key=b"key"))
    attempt = (await _scene(store, seen)).attempt
    assert attempt
    assert attempt.browser_key == b"key"
