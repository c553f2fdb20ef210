"""Whoever comes at the same moment: on PostgreSQL from two nodes."""

import asyncio
from collections import Counter

from tests.contract.samples import (
    BUDGET,
    CODE,
    NOW,
    account,
    begun,
    challenge,
    concluding,
    enrolment,
    facts,
    grant,
    message,
    name,
    now_is,
    right,
    somebody,
    token,
    types,
    wrong,
)
from yett.domain.tries import Bucket
from yett.domain.verdict import Accepted
from yett.ports import Judged, Store


async def test_of_two_submissions_of_one_answer_exactly_one_wins_two_hundred_times(store: Store, other: Store) -> None:
    owner, has = await somebody(store, *["totp"] * 200)
    rich = BUDGET._replace(account=Bucket(1000, 1))

    async def twice(index: int) -> list[str]:
        one = has[index]
        tries = [await begun(store, owner), await begun(store, owner)]
        submissions = (
            node.settle(seen, (right(one),), None, rich, NOW, facts(), seen, concluding(owner, (one,)))
            for node, seen in zip((store, other), tries, strict=True)
        )
        return sorted(await asyncio.gather(*submissions))

    assert await asyncio.gather(*(twice(index) for index in range(200))) == [["done", "used"]] * 200
    assert Counter(await types(store)) == {"done": 200, "used": 200}


async def test_one_form_sent_twice_has_one_winner(store: Store, other: Store) -> None:
    owner, (one,) = await somebody(store)
    seen, left = await begun(store, owner), concluding(owner, (one,))
    both = (node.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen, left) for node in (store, other))
    assert sorted(await asyncio.gather(*both)) == ["done", "used"]


async def test_five_hundred_parallel_guesses_see_as_many_verdicts_as_there_are_tries(store: Store, other: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    guesses = (node.settle(seen, (wrong(one),), None, BUDGET, NOW, facts()) for node in (store, other) * 250)
    assert Counter(await asyncio.gather(*guesses)) == {"done": 10, "no tries": 490}
    assert await store.settle(seen, (right(one),), None, BUDGET, NOW, facts(), seen) == "no tries"
    assert (await now_is(store, one)).failures == 10
    assert Counter(await types(store)) == {"done": 10, "no tries": 491}


async def test_a_right_guess_among_parallel_wrong_ones_is_one_of_as_many_as_there_are_tries(store: Store, other: Store) -> None:
    owner, (one,) = await somebody(store)
    seen = await begun(store, owner)
    rich = BUDGET._replace(account=None)
    guesses = [(node, wrong(one)) for node in (store, other) * 30]
    guesses.append((other, right(one)))
    said = await asyncio.gather(*(node.settle(seen, (guess,), None, rich, NOW, facts()) for node, guess in guesses))
    if said[-1] == "no tries":
        assert Counter(said) == {"done": 10, "no tries": 51}
    else:  # it came while there were tries, and gave the others a full bucket again
        assert said[-1] == "done"
        assert 11 <= Counter(said)["done"] <= 20


async def test_the_bucket_of_the_account_holds_over_all_its_factors(store: Store, other: Store) -> None:
    owner, has = await somebody(store, *["totp"] * 12)
    seen = await begun(store, owner)
    guesses = (node.settle(seen, (wrong(one),), None, BUDGET, NOW, facts()) for one in has for node in (store, other) * 4)
    assert Counter(await asyncio.gather(*guesses)) == {"done": 30, "no tries": 66}
    assert await store.settle(seen, (right(has[0]),), None, BUDGET, NOW, facts(), seen) == "no tries"


async def test_a_question_gives_as_many_verdicts_as_it_has_tries(store: Store, other: Store) -> None:
    owner, (one,) = await somebody(store, "sms")
    seen = await begun(store, owner)
    question = challenge(seen, (one,), tries=4)
    await store.ask(seen, question, ())
    guesses = (node.settle(seen, (wrong(one),), question, BUDGET, NOW, facts()) for node in (store, other) * 20)
    assert Counter(await asyncio.gather(*guesses)) == {"done": 4, "used": 36}
    assert (await now_is(store, one)).failures == 4


async def test_a_code_that_was_sent_wins_once_two_hundred_times_at_once(store: Store, other: Store) -> None:
    """What is used up is the question: the state of its enrolment may stay as it is."""
    owner, (one,) = await somebody(store, "sms")
    seen = await begun(store, owner)
    question = challenge(seen, (one,))
    await store.ask(seen, question, ())
    answer = Judged(one, Accepted(one.state, question.remember, CODE))
    left = [concluding(owner, (one,)) for _ in range(200)]
    said = await asyncio.gather(
        *(node.settle(seen, (answer,), question, BUDGET, NOW, facts(), seen, conclusion) for node, conclusion in zip((store, other) * 100, left, strict=True))
    )
    assert Counter(said) == {"done": 1, "used": 199}
    assert len([one for one in left if one.grant and await store.grant_live(one.grant.id, NOW)]) == 1


async def test_five_hundred_guesses_at_codes_that_were_sent_see_as_many_verdicts_as_there_are_tries(store: Store, other: Store) -> None:
    """Over fifty questions, each of which would have ten: the number has one budget."""
    owner, (one,) = await somebody(store, "sms")
    asked = []
    for _ in range(50):
        seen = await begun(store, owner)
        asked.append((seen, challenge(seen, (one,))))
        await store.ask(*asked[-1], ())
    guesses = (node.settle(seen, (wrong(one),), question, BUDGET, NOW, facts()) for seen, question in asked for node in (store, other) * 5)
    assert Counter(await asyncio.gather(*guesses)) == {"done": 10, "no tries": 490}


async def test_a_code_is_redeemed_once(store: Store, other: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    code = token(given)
    await store.grant(given, (code,), ())
    both = (node.redeem(code, (token(given, "refresh"),), 0, NOW, {}) for node in (store, other) * 5)
    assert Counter(await asyncio.gather(*both)) == {"done": 1, "replayed": 9}
    assert not await store.grant_live(given.id, NOW)


async def test_the_first_factor_is_added_once(store: Store, other: Store) -> None:
    owner, _ = await somebody(store, "password")
    tries = [await begun(store, owner) for _ in range(8)]
    questions = [challenge(seen, offer=True) for seen in tries]
    for seen, question in zip(tries, questions, strict=True):
        await store.ask(seen, question, ())
    adding = (
        node.enrol(seen, question, Accepted(question.remember, shown=CODE), owner, (enrolment(owner),), BUDGET, NOW, {})
        for node, seen, question in zip((store, other) * 4, tries, questions, strict=True)
    )
    assert Counter(await asyncio.gather(*adding)) == {"done": 1, "used": 7}
    found = await store.account(owner.id)
    assert found
    assert [one.kind for one in found[1]] == ["password", "totp"]


async def test_a_block_in_the_same_moment_leaves_no_session_behind(store: Store, other: Store) -> None:
    for _ in range(20):
        owner, (one,) = await somebody(store)
        seen, left = await begun(store, owner), concluding(owner, (one,))
        blocked = owner._replace(blocked=True)
        said, _ = await asyncio.gather(
            store.settle(seen, (right(one),), None, BUDGET, NOW, {}, seen, left),
            other.change_account(owner, blocked, (), ends=True, now=NOW, facts=()),
        )
        assert said in {"done", "no tries"}
        assert left.grant
        assert await store.sessions(owner.id, NOW) == ()
        assert not await store.grant_live(left.grant.id, NOW)


async def test_one_of_many_updates_of_an_attempt_wins(store: Store, other: Store) -> None:
    seen = await begun(store)
    moves = (node.update(seen, seen._replace(resume_at=f"{index}")) for index, node in enumerate((store, other) * 10))
    assert Counter(await asyncio.gather(*moves)) == {True: 1, False: 19}


async def test_questions_asked_at_once_leave_one_open(store: Store, other: Store) -> None:
    seen = await begun(store)
    asking = (node.ask(seen, challenge(seen), ()) for node in (store, other) * 10)
    assert all(await asyncio.gather(*asking))
    arrival = await store.scene(seen.id, seen.holder, None, None, NOW)
    assert arrival.challenge


async def test_a_kept_value_is_written_by_whoever_was_first(store: Store, other: Store) -> None:
    keeping = (node.keep("admin", None, bytes([index]), ()) for index, node in enumerate((store, other) * 10))
    assert Counter(await asyncio.gather(*keeping)) == {True: 1, False: 19}


async def test_facts_are_numbered_without_gaps_while_others_are_written(store: Store, other: Store) -> None:
    owner, _ = await somebody(store)

    async def write(node: Store) -> None:
        for _ in range(25):
            await node.record(facts(owner.id)["done"])

    async def number(node: Store) -> None:
        for _ in range(25):
            await node.number(7)

    await asyncio.gather(write(store), write(other), number(store), number(other), write(store), number(other))
    while await store.number(10):
        pass
    found, total = await store.facts(0, 1000)
    assert sorted(one.number or 0 for one in found) == list(range(1, total + 1))


async def test_two_carriers_never_lease_the_same_message(store: Store, other: Store) -> None:
    seen = await begun(store)
    await store.ask(seen, challenge(seen, send=tuple(message() for _ in range(40))), ())
    leased = await asyncio.gather(*(node.claim(NOW, 30, 5) for node in (store, other) * 6))
    ids = [one.id for some in leased for one in some]
    assert len(ids) == len(set(ids)) == 40


async def test_verdicts_of_several_factors_in_any_order_do_not_lock_each_other_out(store: Store, other: Store) -> None:
    owner, (one, two) = await somebody(store, "totp", "totp")
    rich = BUDGET._replace(enrolment=Bucket(1000, 1), cap=10_000, account=Bucket(1000, 1))
    seen = await begun(store, owner)
    orders = ((wrong(one), wrong(two)), (wrong(two), wrong(one)))
    guesses = (node.settle(seen, order, None, rich, NOW, {}) for order in orders * 20 for node in (store, other))
    assert Counter(await asyncio.gather(*guesses)) == {"done": 80}


async def test_a_question_opens_one_account_and_an_address_is_given_once(store: Store, other: Store) -> None:
    address = f"{name('new')}@example.test"
    new = [account(email=address) for _ in range(8)]
    seen = [await begun(store) for _ in new]
    questions = [challenge(one, offer=True) for one in seen]
    for one, question in zip(seen, questions, strict=True):
        await store.ask(one, question, ())
    opening = (
        node.enrol(one, question, Accepted(question.remember, shown=CODE), who, (enrolment(who),), BUDGET, NOW, {}, one._replace(done=True), opens=True)
        for node, one, question, who in zip((store, other) * 4, seen, questions, new, strict=True)
    )
    assert Counter(await asyncio.gather(*opening)) == {"done": 1, "used": 7}
