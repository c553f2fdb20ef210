"""`settle`: try, mark, proof and fact in one commit, or none of it."""

import pytest

from tests.contract.samples import (
    BUDGET,
    CODE,
    NOW,
    begun,
    challenge,
    concluding,
    facts,
    message,
    now_is,
    right,
    somebody,
    types,
    wrong,
)
from yett.domain.enrolment import Enrolment, State
from yett.domain.tries import Bucket, Budget
from yett.domain.verdict import Accepted, Rejected
from yett.ports import Judged, Store

STRANGER = BUDGET._replace(known=False)


async def _miss(store: Store, one: Enrolment, times: int, budget: Budget = BUDGET, now: int = NOW) -> list[str]:
    seen = await begun(store)
    return [await store.settle(seen, (wrong(one),), None, budget, now, facts()) for _ in range(times)]


async def test_an_accepted_answer_moves_the_mark_and_lands_on_the_attempt(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    after = seen._replace(shown=(*seen.shown, (one.id, 1, CODE)), resume_at="")
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(owner.id), after) == "done"
    arrival = await store.scene(seen.id, seen.holder, None, None, NOW)
    assert arrival.attempt == after._replace(version=seen.version + 1)
    assert arrival.enrolments[0].state.mark == 6
    assert arrival.enrolments[0].used_at == NOW
    assert await types(store) == ["done"]


async def test_an_answer_that_was_judged_on_an_older_mark_is_used(store: Store) -> None:
    owner, (one,) = await somebody(store)
    first, second = await begun(store, owner), await begun(store, owner)
    assert await store.settle(first, (right(one),), None, BUDGET, NOW, facts(), first) == "done"
    assert await store.settle(second, (right(one),), None, BUDGET, NOW, facts(), second) == "used"
    assert await types(store) == ["done", "used"]


async def test_a_loser_leaves_nothing_behind_but_its_fact(store: Store) -> None:
    owner, (one,) = await somebody(store)
    first, second = await begun(store, owner), await begun(store, owner)
    await store.settle(first, (right(one),), None, BUDGET, NOW, facts(), first)
    left = concluding(owner, (one,))
    notice = (message(),)
    assert await store.settle(second, (right(one),), None, BUDGET, NOW, facts(), second, left, notice) == "used"
    arrival = await store.scene(second.id, second.holder, left.session and left.session.id, None, NOW)
    assert arrival.attempt == second
    assert arrival.session is None
    assert await store.outgoing(9) == ()
    assert left.grant
    assert not await store.grant_live(left.grant.id, NOW)


async def test_a_loser_that_had_a_right_answer_leaves_its_mark_where_it_was(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen, left = await begun(store, owner), concluding(owner, (one,))
    ended = left._replace(raises=b"the session that was signed out meanwhile")
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, ended) == "used"
    assert (await now_is(store, one)) == one
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, left) == "done"


async def test_the_same_submission_twice_has_one_winner_and_no_error(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen, left = await begun(store, owner), concluding(owner, (one,))
    once = await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, left)
    again = await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, left)
    assert (once, again) == ("done", "used")


async def test_a_conclusion_ends_the_attempt_and_leaves_what_it_says(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen, left = await begun(store, owner), concluding(owner, (one,))
    assert left.session
    assert left.device
    assert left.grant
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, left) == "done"
    assert (await store.scene(seen.id, seen.holder, None, None, NOW)).attempt is None
    arrival = await store.arrive(left.session.id, left.device.token, NOW)
    assert (arrival.session, arrival.device, arrival.account) == (left.session, left.device, owner)
    redemption = await store.token("code", left.tokens[0].digest, NOW)
    assert redemption
    assert (redemption.token, redemption.grant) == (left.tokens[0], left.grant)


async def test_nobody_concludes_for_a_blocked_account(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    await store.change_account(owner, owner._replace(blocked=True), (), ends=True, now=NOW, facts=())
    left = concluding(owner, (one,))
    first = BUDGET._replace(account=None)
    assert await store.settle(seen, (right(one),), None, first, NOW, facts(), seen, left) == "no tries"
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, left) == "no tries"


async def test_a_wrong_answer_costs_a_try_and_leaves_the_attempt_where_it_is(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    assert await store.settle(seen, (wrong(one),), None, BUDGET, NOW, facts(), seen) == "done"
    arrival = await store.scene(seen.id, seen.holder, None, None, NOW)
    assert arrival.attempt == seen
    assert arrival.account
    assert arrival.account.paced_at == NOW + 120
    assert (arrival.enrolments[0].failures, arrival.enrolments[0].paced_at) == (1, NOW + 360)


async def test_a_wrong_answer_costs_its_try_though_the_attempt_has_moved_on(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    await store.update(seen, seen._replace(resume_at="elsewhere"))
    after = seen._replace(resume_at="here")
    assert await store.settle(seen, (wrong(one),), None, BUDGET, NOW, facts(), after) == "done"
    assert (await now_is(store, one)).failures == 1
    arrival = await store.scene(seen.id, seen.holder, None, None, NOW)
    assert arrival.attempt
    assert arrival.attempt.resume_at == "elsewhere"


async def test_a_right_answer_to_an_attempt_that_has_moved_on_is_used_and_changes_nothing(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    await store.update(seen, seen._replace(resume_at="elsewhere"))
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "used"
    assert (await now_is(store, one)).state.mark == 5


async def test_a_right_answer_to_an_attempt_that_has_expired_is_used(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW + 900, facts(), seen) == "used"


async def test_a_refusal_ends_the_attempt_however_far_it_has_come(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    await store.update(seen, seen._replace(resume_at="elsewhere"))
    denied = Judged(one, Rejected("denied", ends=True))
    assert await store.settle(seen, (denied,), None, BUDGET, NOW, facts(), seen) == "done"
    assert (await store.scene(seen.id, seen.holder, None, None, NOW)).attempt is None


async def test_tries_end_with_the_bucket_and_come_back_one_by_one(store: Store) -> None:
    _, (one,) = await somebody(store)
    assert await _miss(store, one, 11) == ["done"] * 10 + ["no tries"]
    assert await _miss(store, one, 1, now=NOW + 359) == ["no tries"]
    assert await _miss(store, one, 2, now=NOW + 360) == ["done", "no tries"]


async def test_a_right_answer_needs_a_try_too_and_is_not_told_apart_from_a_wrong_one(store: Store) -> None:
    owner, (one,) = await somebody(store)
    await _miss(store, one, 10)
    one, seen = await now_is(store, one), await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "no tries"
    assert await store.settle(seen, (wrong(one),), None, BUDGET, NOW, facts(), seen) == "no tries"
    assert (await now_is(store, one)) == one


async def test_a_used_answer_is_not_told_where_no_try_is_left(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "done"
    await _miss(store, await now_is(store, one), 10)
    late = await begun(store, owner)
    assert await store.settle(late, (right(one),), None, BUDGET, NOW, facts(), late) == "no tries"


async def test_the_known_device_has_a_lane_of_its_own(store: Store) -> None:
    owner, (one,) = await somebody(store)
    assert await _miss(store, one, 10, STRANGER) == ["done"] * 9 + ["no tries"]
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, STRANGER, NOW, facts(), seen) == "no tries"
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "done"


async def test_a_success_resets_pace_and_failures_of_the_enrolment(store: Store) -> None:
    owner, (one,) = await somebody(store)
    await _miss(store, one, 9)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "done"
    fresh = await now_is(store, one)
    assert (fresh.failures, fresh.paced_at) == (0, 0)


async def test_a_success_gives_back_its_own_try_of_the_account_and_resets_nothing_there(store: Store) -> None:
    owner, (one, stolen) = await somebody(store, "totp", "webauthn")
    budget = BUDGET._replace(account=Bucket(3, 120))
    await _miss(store, one, 2, budget)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(stolen),), None, budget, NOW, facts(), seen) == "done"
    assert await _miss(store, one, 2, budget) == ["done", "no tries"]


async def test_a_right_answer_is_refused_where_the_account_has_no_try_left(store: Store) -> None:
    owner, (one, other) = await somebody(store, "totp", "sms")
    budget = BUDGET._replace(account=Bucket(2, 120))
    await _miss(store, one, 2, budget)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(other),), None, budget, NOW, facts(), seen) == "no tries"


async def test_a_factor_that_stands_first_leaves_the_bucket_of_the_account_alone(store: Store) -> None:
    _, (one,) = await somebody(store, "password")
    assert await _miss(store, one, 1, BUDGET._replace(account=None)) == ["done"]
    found = await store.account(one.account)
    assert found
    assert found[0].paced_at == 0


async def test_the_cap_of_consecutive_failures_disables_where_nothing_unlocks(store: Store) -> None:
    owner, (one,) = await somebody(store)
    budget = Budget(Bucket(100, 1), 3, None, None, known=True)
    assert await _miss(store, one, 4, budget) == ["done"] * 3 + ["no tries"]
    closed = await now_is(store, one)
    assert (closed.status, closed.failures, closed.locked_until) == ("disabled", 3, 0)
    seen = await begun(store, owner)
    later = NOW + 10**6
    assert await store.settle(seen, (right(closed),), None, budget, later, facts()) == "no tries"


async def test_a_lock_ends_and_failures_start_anew(store: Store) -> None:
    owner, (one,) = await somebody(store)
    budget = Budget(Bucket(100, 1), 3, 1800, None, known=True)
    assert await _miss(store, one, 4, budget) == ["done"] * 3 + ["no tries"]
    closed = await now_is(store, one)
    assert (closed.status, closed.locked_until) == ("active", NOW + 1800)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(closed),), None, budget, NOW + 1799, facts()) == "no tries"
    assert await _miss(store, one, 4, budget, NOW + 1800) == ["done"] * 3 + ["no tries"]


async def test_strangers_alone_never_close_the_lane_of_the_known_device(store: Store) -> None:
    owner, (one,) = await somebody(store)
    budget = Budget(Bucket(100, 1), 10, 1800, None)
    assert await _miss(store, one, 10, budget) == ["done"] * 9 + ["no tries"]
    closed = await now_is(store, one)
    assert (closed.status, closed.locked_until) == ("active", 0)
    assert await _miss(store, one, 1, budget, NOW + 1799) == ["no tries"]
    assert await _miss(store, one, 1, budget, NOW + 1800) == ["done"]
    seen = await begun(store, owner)
    known = budget._replace(known=True)
    assert await store.settle(seen, (right(closed),), None, known, NOW + 1800, facts()) == "done"


@pytest.mark.parametrize("status", ["pending", "suspended", "disabled", "deleted"])
async def test_only_an_active_enrolment_answers(store: Store, status: str) -> None:
    owner, (one,) = await somebody(store)
    changed = one._replace(status=status, generation=2)  # type: ignore[arg-type]
    assert await store.change_account(owner, owner, (changed,), ends=False, now=NOW, facts=())
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(changed),), None, BUDGET, NOW, facts(), seen) == "no tries"


async def test_a_verdict_on_an_older_generation_is_used(store: Store) -> None:
    owner, (one,) = await somebody(store)
    bound_again = one._replace(generation=2)
    assert await store.change_account(owner, owner, (bound_again,), ends=False, now=NOW, facts=())
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "used"


async def test_renaming_or_sealing_again_between_reading_and_settling_does_no_harm(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    await store.change_account(owner, owner, (one._replace(name="My phone"),), ends=False, now=NOW, facts=())
    await store.rotate_data_key(NOW)
    await store.reseal(100)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "done"
    assert (await now_is(store, one)).name == "My phone"


async def test_a_rename_that_crosses_a_login_does_not_bring_the_used_code_back(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "done"
    renamed = one._replace(name="My phone")
    assert not await store.change_account(owner, owner, (renamed,), ends=False, now=NOW, facts=())
    assert (await now_is(store, one)).state.mark == 6


async def test_a_new_secret_is_swapped_in_with_its_mark(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    state = State(b"another secret", b"used: 1", 9)
    verdict = Judged(one, Accepted(state, shown=CODE))
    assert await store.settle(seen, (verdict,), None, BUDGET, NOW, facts(), seen) == "done"
    assert (await now_is(store, one)).state == state


async def test_a_wrong_answer_may_move_the_state_on_unless_another_was_first(store: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    nudged = Judged(one, Rejected("again", State(one.state.secret, b"resync", 7)))
    assert await store.settle(seen, (nudged,), None, BUDGET, NOW, facts()) == "done"
    assert (await now_is(store, one)).state.open == b"resync"
    assert await store.settle(seen, (nudged,), None, BUDGET, NOW, facts()) == "done"
    assert (await now_is(store, one)).state.mark == 7


async def test_of_several_that_were_compared_the_accepted_one_alone_changes(store: Store) -> None:
    owner, (one, other) = await somebody(store, "totp", "totp")
    await _miss(store, other, 2)
    other = await now_is(store, other)
    seen = await begun(store, owner)
    assert await store.settle(seen, (wrong(other), right(one)), None, BUDGET, NOW, facts(), seen) == "done"
    assert (await now_is(store, one)).state.mark == 6
    assert await now_is(store, other) == other


async def test_several_that_were_compared_in_vain_cost_each_a_try_and_the_account_one(store: Store) -> None:
    owner, (one, other) = await somebody(store, "totp", "totp")
    seen = await begun(store, owner)
    assert await store.settle(seen, (wrong(one), wrong(other)), None, BUDGET, NOW, facts(), seen) == "done"
    found = await store.account(owner.id)
    assert found
    assert found[0].paced_at == NOW + 120
    assert [had.failures for had in found[1]] == [1, 1]


async def test_a_spent_enrolment_among_several_does_not_make_guesses_at_the_others_free(store: Store) -> None:
    owner, (one, spent) = await somebody(store, "totp", "totp")
    await _miss(store, spent, 10)
    spent, seen = await now_is(store, spent), await begun(store, owner)
    assert await store.settle(seen, (wrong(one), wrong(spent)), None, BUDGET, NOW, facts(), seen) == "no tries"
    assert await store.settle(seen, (right(one), wrong(spent)), None, BUDGET, NOW, facts(), seen) == "no tries"
    assert (await now_is(store, one)).state.mark == 5


async def test_a_question_is_answered_once(store: Store) -> None:
    owner, (one,) = await somebody(store, "sms")
    seen = await begun(store, owner)
    question = challenge(seen, (one,))
    assert await store.ask(seen, question, ())
    sent = Judged(one, Accepted(one.state, question.remember, CODE))
    assert await store.settle(seen, (sent,), question, BUDGET, NOW, facts()) == "done"
    assert await store.settle(seen, (sent,), question, BUDGET, NOW, facts()) == "used"
    assert (await store.scene(seen.id, seen.holder, None, None, NOW)).challenge is None


async def test_two_attempts_that_sent_codes_to_one_number_do_not_collide(store: Store) -> None:
    owner, (one,) = await somebody(store, "sms")
    for _ in range(2):
        seen = await begun(store, owner)
        question = challenge(seen, (one,))
        await store.ask(seen, question, ())
        sent = Judged(one, Accepted(one.state, question.remember, CODE))
        assert await store.settle(seen, (sent,), question, BUDGET, NOW, facts(), seen) == "done"


async def test_wrong_answers_use_a_question_up(store: Store) -> None:
    owner, (one,) = await somebody(store, "sms")
    seen = await begun(store, owner)
    question = challenge(seen, (one,), tries=3)
    await store.ask(seen, question, ())
    said = [await store.settle(seen, (wrong(one),), question, BUDGET, NOW, facts()) for _ in range(4)]
    assert said == ["done", "done", "done", "used"]
    sent = Judged(one, Accepted(one.state, question.remember, CODE))
    assert await store.settle(seen, (sent,), question, BUDGET, NOW, facts()) == "used"
    assert (await now_is(store, one)).failures == 3


@pytest.mark.parametrize("late", [300, 301])
async def test_a_question_that_has_expired_is_used(store: Store, late: int) -> None:
    owner, (one,) = await somebody(store, "sms")
    seen = await begun(store, owner)
    question = challenge(seen, (one,))
    await store.ask(seen, question, ())
    sent = Judged(one, Accepted(one.state, question.remember, CODE))
    assert await store.settle(seen, (sent,), question, BUDGET, NOW + late, facts()) == "used"


async def test_a_new_question_voids_the_one_before(store: Store) -> None:
    owner, (one,) = await somebody(store, "sms")
    seen = await begun(store, owner)
    first, second = challenge(seen, (one,)), challenge(seen, (one,))
    assert await store.ask(seen, first, ())
    assert await store.ask(seen, second, ())
    sent = Judged(one, Accepted(one.state, first.remember, CODE))
    assert await store.settle(seen, (sent,), first, BUDGET, NOW, facts()) == "used"
    assert (await store.scene(seen.id, seen.holder, None, None, NOW)).challenge == second


async def test_an_answer_of_nobody_known_leaves_a_fact_and_uses_up_its_question(store: Store) -> None:
    seen = await begun(store)
    question = challenge(seen, tries=1)
    await store.ask(seen, question, ())
    assert await store.settle(seen, (), question, BUDGET, NOW, facts()) == "done"
    assert await store.settle(seen, (), question, BUDGET, NOW, facts()) == "used"
