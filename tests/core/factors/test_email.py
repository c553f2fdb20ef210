"""Codes by e-mail: one question, one code, one mailbox, one use."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.factors.asking import NOW, accepted, ask, comparisons, enrolled, over, refused, under
from yett.domain.code import code_of
from yett.domain.enrolment import Enrolment, State
from yett.domain.proof import Shown
from yett.factors.email import Email, masked

FACTOR = Email()
ONE = enrolled(State(open=b"joe@example.com"), "email")


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


def test_a_question_to_another_enrolment_is_none_to_this() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    assert refused(FACTOR.verify(ONE._replace(id="e2"), asked, code_of(asked).encode(), ask())) == "expired"


def test_a_code_to_a_mailbox_that_was_replaced_since_proves_nothing() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    moved = ONE._replace(state=State(open=b"joe@new.example"))
    assert refused(FACTOR.verify(moved, asked, code_of(asked).encode(), ask())) == "expired"


@pytest.mark.parametrize("part", ["id", "attempt"])
def test_a_code_is_bound_to_its_attempt_and_question(part: str) -> None:
    asked = FACTOR.challenge((ONE,), ask())
    codes = {code_of(asked._replace(**{part: str(index)})) for index in range(20)}  # type: ignore[arg-type]
    assert len(codes) > 10


def test_a_question_asks_one_mailbox_and_says_which_as_little_as_possible() -> None:
    asked = FACTOR.challenge((ONE, ONE._replace(id="e2")), ask()._replace(locale="de"))
    (message,) = asked.send
    assert asked.to == ("e1",)
    assert (message.channel, message.to, message.template, message.locale) == ("email", "joe@example.com", "mfa_code", "de")
    assert asked.show["masked"] == "j•••@e•••.com"
    assert asked.channel == "email"
    assert asked.expires_at == NOW + 300
    assert len(asked.remember.secret) == 32
    assert json.loads(asked.remember.open) == {"digits": 6, "purpose": "mfa_code", "to": "joe@example.com"}


def test_no_code_stands_in_what_is_sent_shown_or_remembered() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    assert code_of(asked) not in repr(asked._replace(remember=asked.remember._replace(secret=b"")))


@pytest.mark.parametrize("rule, digits", [(6, 6), (7, 7), (8, 8), ("8", 8), (4, 6), (12, 8)])
def test_a_code_has_six_to_eight_digits(rule: object, digits: int) -> None:
    asked = FACTOR.challenge((ONE,), under(otp_length=rule))
    assert len(code_of(asked)) == digits == int(asked.show["digits"])
    assert accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), ask()))


@pytest.mark.parametrize("rule, life", [(300, 300), (60, 60), (600, 600), (86400, 600), (0, 60)])
def test_a_code_lives_ten_minutes_at_most(rule: object, life: int) -> None:
    asked = FACTOR.challenge((ONE,), under(otp_expiration_time=rule))
    assert asked.expires_at == NOW + life
    assert asked.send[0].data == {"minutes": str(life // 60)}
    assert accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), ask(NOW + life - 1)))


@pytest.mark.parametrize("mangle", ["{0} {1}", "{0}-{1}\n", "\u200b{0}\u2011{1}"])
def test_however_it_is_typed_it_is_the_same_code(mangle: str) -> None:
    asked = FACTOR.challenge((ONE,), ask())
    code = code_of(asked)
    full_width = "".join(chr(0xFF10 + int(digit)) for digit in code)
    for typed in (mangle.format(code[:3], code[3:]), full_width):
        assert accepted(FACTOR.verify(ONE, asked, typed.encode(), ask()))


@pytest.mark.parametrize("typed", [b"", b"0", b"00000000", b"abcdef", b"\xff" * 6])
def test_anything_else_is_wrong(typed: bytes) -> None:
    assert refused(FACTOR.verify(ONE, FACTOR.challenge((ONE,), ask()), typed, ask())) == "wrong_code"


def test_the_comparison_takes_the_same_time_wherever_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = comparisons(monkeypatch)
    asked = FACTOR.challenge((ONE,), ask())
    for typed in (b"123456", b"", code_of(asked).encode()):
        FACTOR.verify(ONE, asked, typed, ask())
    assert compared == [code_of(asked).encode()] * 3


def test_an_address_is_enrolled_by_whoever_has_its_mailbox() -> None:
    pending = FACTOR.offer(ask()._replace(target=" Joe@Example.COM "), ())
    assert pending.offer
    assert pending.to == ()
    assert pending.send[0].template == "email_verification"
    stored = pending._replace(send=())
    done = accepted(FACTOR.confirm(stored, code_of(pending).encode(), ask()))
    assert done.state == State(open=b"joe@example.com")
    assert done.shown == FACTOR.promise(enrolled(done.state))


def test_a_code_to_log_in_enrols_nothing_and_a_code_to_enrol_logs_nobody_in() -> None:
    asked, pending = FACTOR.challenge((ONE,), ask()), FACTOR.offer(ask(), ())
    assert refused(FACTOR.confirm(asked, code_of(asked).encode(), ask())) == "expired"
    assert refused(FACTOR.verify(ONE, pending, code_of(pending).encode(), ask())) == "expired"
    assert code_of(asked) != code_of(pending)


def test_an_offer_that_is_over_enrols_nothing() -> None:
    pending = FACTOR.offer(ask(), ())
    assert refused(FACTOR.confirm(pending, b"000000", ask())) == "wrong_code"
    for one, now in over(pending):
        assert refused(FACTOR.confirm(one, code_of(pending).encode(), ask(now))) == "expired"


def test_a_code_approves_the_transaction_of_its_question_and_no_other() -> None:
    digest = hashlib.sha256(b"100 EUR to Bob").digest()
    asked = FACTOR.challenge((ONE,), ask()._replace(transaction=digest))
    done = accepted(FACTOR.verify(ONE, asked, code_of(asked).encode(), ask()))
    assert done.shown == FACTOR.promise(ONE)._replace(binds=digest)
    other = asked._replace(binds=hashlib.sha256(b"100 EUR to Eve").digest())
    assert code_of(other) != code_of(asked)


def test_two_enrolments_of_one_mailbox_are_one_channel_and_two_mailboxes_are_two() -> None:
    def channel(one: Enrolment) -> bytes | None:
        return FACTOR.promise(one).channel

    assert channel(ONE) == channel(ONE._replace(id="e2")) == hashlib.sha256(b"email:joe@example.com").digest()
    assert channel(ONE) != channel(ONE._replace(state=State(open=b"ann@example.com")))
    assert FACTOR.promise(None).channel is None


def test_it_is_possession_weakly() -> None:
    assert FACTOR.promise(ONE) == Shown("email", "possession", FACTOR.promise(ONE).channel, ("email",), 1, spendable=True)


@pytest.mark.parametrize(
    "address, shown",
    [
        ("joe@example.com", "j•••@e•••.com"),
        ("j@mail.example.co.uk", "j•••@m•••.uk"),
        ("joe@localhost", "j•••@l•••"),
        ('"a@b"@example.com', '"•••@e•••.com'),
    ],
)
def test_an_address_is_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


@given(st.emails())
def test_a_mask_shows_one_letter_of_the_name_and_one_of_the_host(address: str) -> None:
    name, _, host = address.rpartition("@")
    top = host.rpartition(".")[2]
    assert masked(address) == f"{name[0]}•••@{host[0]}•••.{top}"


def test_after_a_backup_it_is_as_before_for_its_challenges_are_void() -> None:
    assert FACTOR.restored(ONE.state, NOW) == ONE.state
