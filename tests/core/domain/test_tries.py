"""Tries: how many there are, how they come back, and which are kept for the owner's own browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.domain.tries import Bucket, Budget

NOW = 1_800_000_000
BUCKETS = st.builds(Bucket, st.integers(2, 60), st.integers(1, 3600))


def spend(bucket: Bucket, paced_at: int, now: int, *, known: bool) -> tuple[int, int]:
    """How many tries are taken at once until none is left, and the arrival time after them."""
    count = 0
    while bucket.admits(paced_at, now, known=known):
        paced_at, count = bucket.taken(paced_at, now), count + 1
    return count, paced_at


@pytest.mark.parametrize("burst, anyone", [(5, 4), (10, 9), (30, 27), (19, 18), (20, 18)])
def test_a_tenth_of_a_bucket_and_at_least_one_try_is_kept_for_the_known_device(burst: int, anyone: int) -> None:
    bucket = Bucket(burst, 360)
    taken, paced_at = spend(bucket, 0, NOW, known=False)
    assert taken == anyone
    assert spend(bucket, paced_at, NOW, known=True)[0] == burst - anyone


@given(BUCKETS, st.booleans())
def test_no_more_than_the_bucket_holds_is_taken_at_once(bucket: Bucket, known: bool) -> None:
    taken, _ = spend(bucket, 0, NOW, known=known)
    assert taken == bucket.burst - (0 if known else bucket.reserve)


@given(BUCKETS, st.booleans(), st.integers(0, 100))
def test_one_try_comes_back_with_each_refill_and_never_more_than_it_holds(bucket: Bucket, known: bool, refills: int) -> None:
    most, paced_at = spend(bucket, 0, NOW, known=known)
    later = NOW + refills * bucket.refill
    assert spend(bucket, paced_at, later, known=known)[0] == min(refills, most)
    assert not bucket.admits(paced_at, NOW + bucket.refill - 1, known=known)


@given(BUCKETS, st.booleans(), st.integers(0, 60), st.integers(0, 10_000))
def test_what_is_said_to_be_left_is_what_can_be_taken(bucket: Bucket, known: bool, before: int, passed: int) -> None:
    paced_at = 0
    for _ in range(before):
        if bucket.admits(paced_at, NOW, known=True):
            paced_at = bucket.taken(paced_at, NOW)
    now = NOW + passed
    assert bucket.left(paced_at, now, known=known) == spend(bucket, paced_at, now, known=known)[0]


@given(BUCKETS, st.integers(-10_000, 10_000))
def test_the_statement_of_the_store_and_the_rule_agree(bucket: Bucket, ahead: int) -> None:
    for known in (True, False):
        statement = max(NOW + ahead, NOW) <= bucket.limit(NOW, known=known)
        assert bucket.admits(NOW + ahead, NOW, known=known) == statement


@pytest.mark.parametrize("cap, anyone", [(5, 4), (10, 9), (100, 90)])
def test_strangers_never_reach_the_cap_that_closes_the_factor_to_its_owner(cap: int, anyone: int) -> None:
    budget = Budget(Bucket(10, 360), cap, None, None)
    assert budget.cap_here == anyone
    assert budget._replace(known=True).cap_here == cap
