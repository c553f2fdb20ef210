"""A provider that fails rests, and one message finds out when it is well again."""

from yett.domain.breaker import FAULTS, REST, Breaker

NOW = 1_800_000_000


def after(faults: int, now: int = NOW) -> Breaker:
    one = Breaker()
    for _ in range(faults):
        one = one.failed(now)
    return one


def test_it_opens_after_consecutive_faults_and_not_before() -> None:
    assert not after(FAULTS - 1).rests(NOW)
    assert after(FAULTS).rests(NOW)


def test_a_success_between_two_faults_starts_the_count_anew() -> None:
    one = after(FAULTS - 1).served()
    assert not one.failed(NOW).rests(NOW)


def test_after_its_rest_one_message_asks_and_the_others_go_elsewhere() -> None:
    one = after(FAULTS)
    assert one.rests(NOW + REST - 1)
    assert not one.rests(NOW + REST)
    assert one.asked(NOW + REST).rests(NOW + REST)
    assert one.asked(NOW + 1) == one


def test_the_message_that_asks_closes_it_or_opens_it_again() -> None:
    asking = after(FAULTS).asked(NOW + REST)
    assert asking.failed(NOW + REST).rests(NOW + 2 * REST - 1)
    assert not asking.served().rests(NOW + REST)


def test_whoever_is_well_is_asked_without_a_trace() -> None:
    assert Breaker().asked(NOW) == Breaker()
