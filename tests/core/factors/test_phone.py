"""Codes by telephone: one number, two channels, one possession, one use."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.factors.asking import NOW, accepted, ask, comparisons, enrolled, over, refused, under
from yett.domain.code import code_of
from yett.domain.enrolment import Enrolment
from yett.domain.proof import Shown
from yett.factors.base import Ask
from yett.factors.phone import Channel, Line, Phone, channels, line, masked, state_of

FACTOR = Phone()
NUMBER, OTHER = "+4917612345678", "+12025550123"
ONE = enrolled(state_of(Line(NUMBER, "sms")), "phone")
SPOKEN = ONE._replace(state=state_of(Line(NUMBER, "voice")))


def both(**more: object) -> Ask:
    """The usual question where text and call are on."""
    return under(message_types=["sms", "voice"])._replace(**more)  # type: ignore[arg-type]


def test_the_code_of_this_question_is_accepted() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    done = accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), ask()))
    assert done.state == ONE.state
    assert done.remember == asked.remember
    assert done.shown == FACTOR.promise(ONE)


def test_the_challenge_is_what_is_used_up_so_a_used_one_answers_nothing() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    for one, now in over(asked):
        assert refused(FACTOR.verify(ONE, one, code_of(asked).encode(), ask(now))) == "expired"


def test_a_code_of_another_question_is_wrong() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    other = FACTOR.challenge((ONE,), ask(random=b"o" * 64))
    assert refused(FACTOR.verify(ONE, asked, code_of(other).encode(), ask())) == "wrong_code"
    assert refused(FACTOR.verify(ONE, None, code_of(asked).encode(), ask())) == "expired"
    assert refused(FACTOR.verify(ONE._replace(id="e2"), asked, code_of(asked).encode(), ask())) == "expired"


def test_row_12_a_code_to_a_number_that_was_replaced_since_proves_nothing_of_the_new_one() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    moved = ONE._replace(state=state_of(Line(OTHER, "sms")))
    assert refused(FACTOR.verify(moved, asked, code_of(asked).encode(), ask())) == "expired"


def test_row_12_a_code_to_a_number_confirms_that_one_and_no_other() -> None:
    old, new = FACTOR.offer(ask()._replace(target=NUMBER), ()), FACTOR.offer(ask(random=b"n" * 64)._replace(target=OTHER), ())
    assert refused(FACTOR.confirm(new, code_of(old).encode(), ask())) == "wrong_code"
    done = accepted(FACTOR.confirm(new, code_of(new).encode(), ask()))
    assert line(done.state).number == OTHER


def test_a_question_asks_one_number_and_says_which_as_little_as_possible() -> None:
    asked = FACTOR.challenge((ONE, ONE._replace(id="e2")), ask()._replace(locale="de"))
    (message,) = asked.send
    assert asked.to == ("e1",)
    assert (message.channel, message.to, message.template, message.locale) == ("sms", NUMBER, "mfa_code", "de")
    assert asked.show == {"masked": "•••• 5678", "digits": "6"}
    assert asked.expires_at == NOW + 300
    assert json.loads(asked.remember.open) == {"digits": 6, "purpose": "mfa_code", "to": NUMBER}


def test_no_code_stands_in_what_is_sent_shown_or_remembered() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    assert code_of(asked) not in repr(asked._replace(remember=asked.remember._replace(secret=b""), send=()))


@pytest.mark.parametrize("rule, digits", [(6, 6), (8, 8), (4, 6), (12, 8)])
def test_a_code_has_six_to_eight_digits(rule: object, digits: int) -> None:
    asked = FACTOR.challenge((ONE,), under(otp_length=rule))
    assert len(code_of(asked)) == digits == int(asked.show["digits"])
    assert accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), ask()))


@pytest.mark.parametrize("rule, life", [(300, 300), (86400, 600), (0, 60)])
def test_a_code_lives_ten_minutes_at_most(rule: object, life: int) -> None:
    assert FACTOR.challenge((ONE,), under(otp_expiration_time=rule)).expires_at == NOW + life


def test_the_comparison_takes_the_same_time_wherever_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = comparisons(monkeypatch)
    asked = FACTOR.challenge((ONE,), ask())
    for typed in (b"123456", b"", code_of(asked).encode()):
        FACTOR.verify(ONE, asked, typed, ask())
    assert compared == [code_of(asked).encode()] * 3


# Channels


@pytest.mark.parametrize(
    "said, on",
    [(None, ("sms",)), ([], ("sms",)), ("voice", ("sms",)), (["voice"], ("voice",)), (("voice", "sms"), ("sms", "voice")), (["fax"], ("sms",))],
)
def test_codes_go_through_what_the_tenant_has_switched_on(said: object, on: tuple[Channel, ...]) -> None:
    assert channels({} if said is None else {"message_types": said}) == on


@pytest.mark.parametrize(
    "one, rules, wished, channel",
    [
        (ONE, ["sms", "voice"], "", "sms"),
        (SPOKEN, ["sms", "voice"], "", "voice"),
        (SPOKEN, ["sms", "voice"], "sms", "sms"),
        (ONE, ["sms", "voice"], "voice", "voice"),
        (SPOKEN, ["sms"], "", "sms"),
        (ONE, ["voice"], "sms", "voice"),
        (ONE, ["sms", "voice"], "pigeon", "sms"),
    ],
)
def test_the_channel_is_the_one_that_was_chosen_else_the_one_that_is_preferred_and_on(one: Enrolment, rules: list[str], wished: str, channel: str) -> None:
    asked = FACTOR.challenge((one,), under(message_types=rules)._replace(channel=wished))
    assert asked.channel == asked.send[0].channel == channel


def test_a_call_is_tel_and_the_same_possession_as_a_text() -> None:
    asked = FACTOR.challenge((ONE,), both(channel="voice"))
    shown = accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), both())).shown
    assert shown == FACTOR.promise(ONE)._replace(amr=("tel",))


def test_what_a_number_was_confirmed_through_is_preferred() -> None:
    pending = FACTOR.offer(both(target=NUMBER, channel="voice"), ())
    done = accepted(FACTOR.confirm(pending, code_of(pending).encode(), both()))
    assert line(done.state) == Line(NUMBER, "voice")
    assert done.shown == FACTOR.promise(enrolled(done.state))._replace(amr=("tel",))


def test_an_offer_shows_whoever_typed_the_number_all_of_it() -> None:
    pending = FACTOR.offer(ask()._replace(target=NUMBER), ())
    assert (pending.offer, pending.to, pending.send[0].template) == (True, (), "phone_verification")
    assert pending.show["typed"] == NUMBER


def test_a_code_to_log_in_enrols_nothing_and_a_code_to_enrol_logs_nobody_in() -> None:
    asked, pending = FACTOR.challenge((ONE,), ask()), FACTOR.offer(ask()._replace(target=NUMBER), ())
    assert refused(FACTOR.confirm(asked, code_of(asked).encode(), ask())) == "expired"
    assert refused(FACTOR.verify(ONE, pending, code_of(pending).encode(), ask())) == "expired"


def test_an_offer_that_is_over_enrols_nothing() -> None:
    pending = FACTOR.offer(ask()._replace(target=NUMBER), ())
    assert refused(FACTOR.confirm(pending, b"000000", ask())) == "wrong_code"
    for one, now in over(pending):
        assert refused(FACTOR.confirm(one, code_of(pending).encode(), ask(now))) == "expired"


def test_a_code_approves_the_transaction_of_its_question_and_no_other() -> None:
    digest = hashlib.sha256(b"100 EUR to Bob").digest()
    asked = FACTOR.challenge((ONE,), ask()._replace(transaction=digest))
    done = accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), ask()))
    assert done.shown == FACTOR.promise(ONE)._replace(binds=digest)
    assert code_of(asked._replace(binds=hashlib.sha256(b"100 EUR to Eve").digest())) != code_of(asked)


# What it is worth


def test_it_is_possession_by_the_telephone_network() -> None:
    assert FACTOR.promise(ONE) == Shown("phone", "possession", FACTOR.promise(ONE).channel, ("sms",), 2, spendable=True, restricted=True)
    assert FACTOR.promise(None).channel is None


def test_two_enrolments_of_one_number_are_one_channel_and_two_numbers_are_two() -> None:
    assert FACTOR.promise(ONE).channel == FACTOR.promise(SPOKEN._replace(id="e2")).channel == hashlib.sha256(b"phone:" + NUMBER.encode()).digest()
    assert FACTOR.promise(ONE).channel != FACTOR.promise(ONE._replace(state=state_of(Line(OTHER, "sms")))).channel


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_mask_shows_the_last_four_digits_and_nothing_else(number: str) -> None:
    assert masked(number) == f"•••• {number[-4:]}"


def test_it_neither_runs_out_nor_says_whose_an_answer_is_and_is_after_a_backup_as_before() -> None:
    assert not FACTOR.spent(ONE)
    assert FACTOR.left(ONE) is None
    assert FACTOR.locate(b"123456") is None
    assert FACTOR.restored(ONE.state, NOW) == ONE.state
