"""Recovery codes: a set shown once, each good once, in its own account alone."""

import hashlib
import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.factors.asking import NOW, accepted, ask, comparisons, enrolled, over, refused, under
from yett.domain.enrolment import State
from yett.domain.proof import Shown
from yett.factors.recovery import ALPHABET, Recovery, left

FACTOR = Recovery()


def sheet(seed: int = 0, **rules: object) -> tuple[list[str], State]:
    """The codes as they were shown, and what is remembered of them."""
    offered = FACTOR.offer(under(**rules)._replace(random=bytes([seed]) * 64), ())
    return offered.show["codes"].split("\n"), offered.remember


def test_ten_codes_in_the_shape_of_auth0_all_different() -> None:
    codes, state = sheet()
    assert len(set(codes)) == 10 == left(state)
    assert all(re.fullmatch(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){5}", code) for code in codes)


@pytest.mark.parametrize("count, kept", [(1, 1), (16, 16), ("12", 12), (0, 1), (-3, 1), (1000, 50)])
def test_the_tenant_says_how_many_within_reason(count: object, kept: int) -> None:
    codes, state = sheet(count=count)
    assert len(codes) == left(state) == kept


def test_other_random_bytes_give_other_codes() -> None:
    codes = [code for seed in range(20) for code in sheet(seed)[0]]
    assert len(set(codes)) == 200


def test_every_letter_is_as_likely_as_any_other() -> None:
    letters = Counter(letter for seed in range(250) for code in sheet(seed)[0] for letter in code.replace("-", ""))
    expected = sum(letters.values()) / 36
    assert set(letters) == set(ALPHABET)
    # Chi-squared with 35 degrees of freedom: beyond 80 once in 40,000 sheets; a plain `% 36` gives about 200.
    assert sum((count - expected) ** 2 / expected for count in letters.values()) < 80


def test_nothing_remembered_gives_a_code_away() -> None:
    codes, state = sheet()
    assert state.secret == b""
    assert json.loads(state.open) == [hashlib.sha256(code.replace("-", "").encode()).hexdigest() for code in codes]


def test_a_used_code_leaves_the_sheet_and_the_others_stay() -> None:
    codes, state = sheet()
    for uses, code in enumerate(codes, 1):
        state = accepted(FACTOR.verify(enrolled(state), None, code.encode(), ask())).state
        assert (state.mark, left(state)) == (uses, 10 - uses)
        assert refused(FACTOR.verify(enrolled(state), None, code.encode(), ask())) == "wrong_recovery_code"
    assert FACTOR.spent(enrolled(state))


@given(st.data())
def test_however_it_is_typed_it_is_the_same_code(data: st.DataObject) -> None:
    codes, state = sheet()
    plain = data.draw(st.sampled_from(codes)).replace("-", "")
    typed = "".join(data.draw(st.sampled_from((letter, letter.lower(), letter + " ", "-" + letter, letter + "\n"))) for letter in plain)
    used = accepted(FACTOR.verify(enrolled(state), None, typed.encode(), ask())).state
    assert left(used) == 9
    assert refused(FACTOR.verify(enrolled(used), None, plain.encode(), ask())) == "wrong_recovery_code"


@pytest.mark.parametrize("typed", [b"", b"-", b"A" * 24, b"\xff\xfe", "é".encode() * 24])
def test_anything_else_is_wrong(typed: bytes) -> None:
    assert refused(FACTOR.verify(enrolled(sheet()[1]), None, typed, ask())) == "wrong_recovery_code"


def test_what_is_kept_is_no_code() -> None:
    _, state = sheet()
    stolen = json.loads(state.open)[0]
    assert refused(FACTOR.verify(enrolled(state), None, stolen.encode(), ask())) == "wrong_recovery_code"


def test_a_code_of_one_account_is_nothing_in_another_cve_2025_64175() -> None:
    mine, _ = sheet(1)
    _, theirs = sheet(2)
    assert all(refused(FACTOR.verify(enrolled(theirs), None, code.encode(), ask())) == "wrong_recovery_code" for code in mine)
    assert FACTOR.locate(mine[0].encode()) is None


def test_a_new_sheet_makes_the_old_one_worthless_cve_2022_36071() -> None:
    old, _ = sheet(1)
    new = accepted(FACTOR.confirm(FACTOR.offer(ask(random=b"n" * 64), ()), b"saved", ask())).state
    assert all(refused(FACTOR.verify(enrolled(new), None, code.encode(), ask())) == "wrong_recovery_code" for code in old)


def test_all_that_is_left_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, state = sheet()
    compared = comparisons(monkeypatch)
    for typed in (codes[0], codes[9], "wrong"):
        compared.clear()
        FACTOR.verify(enrolled(state), None, typed.encode(), ask())
        assert compared == json.loads(state.open)


@pytest.mark.parametrize("answer", [b"", b"no", b"Saved", b"saved "])
def test_a_sheet_counts_once_it_is_said_to_be_saved_and_not_before(answer: bytes) -> None:
    offered = FACTOR.offer(ask(), ())
    assert offered.offer
    assert refused(FACTOR.confirm(offered, answer, ask())) == "not_saved"
    done = accepted(FACTOR.confirm(offered, b"saved", ask()))
    assert (done.state, done.shown) == (offered.remember, None)


def test_an_offer_that_is_over_or_was_none_is_not_saved() -> None:
    offered = FACTOR.offer(ask(), ())
    for one, now in (*over(offered), (offered._replace(offer=False), NOW)):
        assert refused(FACTOR.confirm(one, b"saved", ask(now))) == "expired"


def test_it_is_possession_that_approves_nothing_and_is_listed_last() -> None:
    codes, state = sheet()
    about = ask()._replace(transaction=b"100 EUR to Bob")
    asked = FACTOR.challenge((enrolled(state),), about)
    shown = accepted(FACTOR.verify(enrolled(state), asked, codes[0].encode(), about)).shown
    assert shown == FACTOR.promise(enrolled(state))
    assert shown == Shown("recovery-code", "possession", None, ("otp",), 2)
    assert (asked.to, asked.send, asked.binds) == (("e1",), (), None)


def test_after_a_backup_no_code_works() -> None:
    codes, state = sheet()
    back = FACTOR.restored(state._replace(mark=3), NOW)
    assert back == State(b"", b"[]", 4)
    assert all(refused(FACTOR.verify(enrolled(back), None, code.encode(), ask())) == "wrong_recovery_code" for code in codes)


def test_a_sheet_without_a_state_is_spent() -> None:
    assert FACTOR.spent(enrolled(State()))
    assert refused(FACTOR.verify(enrolled(State()), None, b"", ask())) == "wrong_recovery_code"


def test_a_fresh_code_takes_the_place_of_the_one_that_was_used() -> None:
    codes, state = sheet(1)
    used = accepted(FACTOR.verify(enrolled(state), None, codes[0].encode(), ask())).state
    held, fresh = FACTOR.replaced(used, under()._replace(random=bytes([2]) * 64))
    assert re.fullmatch(r"[A-Z0-9]{24}", fresh)
    assert (left(held), held.mark) == (10, used.mark)
    assert accepted(FACTOR.verify(enrolled(held), None, fresh.encode(), ask()))
    assert FACTOR.replaced(State(), ask())[0].open
