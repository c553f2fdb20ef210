"""Passwords: what the hasher found, and which mailbox they were reset through."""

import hashlib
import json

import pytest

from tests.core.factors.asking import NOW, accepted, ask, enrolled, refused
from yett.domain.assurance import assure
from yett.domain.enrolment import State
from yett.domain.proof import Shown
from yett.factors.email import Email
from yett.factors.password import Password

FACTOR = Password()
ONE = enrolled(State(b"$argon2id$..."), "password")
MAILBOX = enrolled(State(open=b"joe@example.com"), "email")


def test_a_password_that_matches_is_knowledge_and_may_stand_first() -> None:
    shown = accepted(FACTOR.verify(ONE, None, b"match", ask())).shown
    assert shown == FACTOR.promise(ONE) == Shown("password", "knowledge", None, ("pwd",), 3, first=True)


def test_it_may_be_used_again_so_its_state_stays() -> None:
    assert accepted(FACTOR.verify(ONE, None, b"match", ask())).state == ONE.state
    assert FACTOR.restored(ONE.state, NOW) == ONE.state


@pytest.mark.parametrize("answer", [b"", b"Match", b"match ", b"true", b"$argon2id$..."])
def test_anything_but_a_match_is_refused(answer: bytes) -> None:
    assert refused(FACTOR.verify(ONE, None, answer, ask())) == "wrong_credentials"


def test_one_reset_through_a_mailbox_is_no_second_factor_beside_that_mailbox() -> None:
    channel = Email().promise(MAILBOX).channel or b""
    reset = ONE._replace(state=State(b"$argon2id$...", json.dumps({"channel": channel.hex()}).encode()))
    shown = accepted(FACTOR.verify(reset, None, b"match", ask())).shown
    assert shown is not None
    assert shown.channel == hashlib.sha256(b"email:joe@example.com").digest()
    assert not assure((shown, Email().promise(MAILBOX))).mfa
    assert assure((FACTOR.promise(ONE), Email().promise(MAILBOX))).mfa


def test_a_state_that_says_nothing_of_a_reset_has_no_channel() -> None:
    assert FACTOR.promise(ONE._replace(state=State(b"x", b"{}"))).channel is None


def test_nobody_is_offered_one() -> None:
    with pytest.raises(TypeError):
        FACTOR.offer(ask(), ())
    assert refused(FACTOR.confirm(FACTOR.challenge((ONE,), ask()), b"match", ask())) == "unusable"


def test_the_question_has_no_content() -> None:
    asked = FACTOR.challenge((ONE,), ask())
    assert (asked.to, asked.show, asked.send, asked.remember) == (("e1",), {}, (), State())
