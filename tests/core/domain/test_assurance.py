"""What a set of proofs amounts to, stated apart from how it is worked out."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.proving import (
    ANY_PROOF,
    ANY_PROOFS,
    ANY_SET,
    ANY_SHOWN,
    EMAIL,
    FACE,
    KEY,
    KEY_UV,
    MAILBOX,
    NOW,
    PASSWORD,
    RECOVERY,
    RESET,
    SMS,
    SOME_PROOFS,
    SYNCED,
    SYNCED_UV,
    TOTP,
    proof,
)
from yett.domain.assurance import (
    AAL,
    AMR_ORDER,
    MEANS,
    MULTI_FACTOR,
    MULTI_FACTOR_PHYSICAL,
    PHISHING_RESISTANT,
    Assurance,
    amr,
    assure,
    claims,
    counted,
    enough,
    implies,
)
from yett.domain.proof import Proof, Shown

LIVE = {"e1": 1, "e2": 1}
ACRS = (*MEANS, "urn:unknown")


@pytest.mark.parametrize(
    "shown, held",
    [
        ((), Assurance()),
        ((PASSWORD,), Assurance(aal=1, first=True)),
        ((TOTP,), Assurance(aal=1)),
        ((PASSWORD, TOTP), Assurance(mfa=True, aal=2, first=True)),
        ((PASSWORD, RECOVERY), Assurance(mfa=True, aal=2, first=True)),
        ((TOTP, RECOVERY), Assurance(aal=1)),
        ((TOTP, SMS), Assurance(aal=1)),
        ((PASSWORD, PASSWORD._replace(kind="pin")), Assurance(aal=1, first=True)),
        ((PASSWORD, EMAIL), Assurance(mfa=True, aal=1, first=True)),
        ((RESET, EMAIL), Assurance(aal=1, first=True)),
        ((RESET, TOTP), Assurance(mfa=True, aal=2, first=True)),
        ((RESET, EMAIL, TOTP), Assurance(mfa=True, aal=2, first=True)),
        ((PASSWORD, FACE), Assurance(mfa=True, aal=1, first=True)),
        ((TOTP, FACE), Assurance(mfa=True, aal=1)),
        ((KEY,), Assurance(phr=True, phrh=True, aal=1)),
        ((PASSWORD, KEY), Assurance(mfa=True, phr=True, phrh=True, aal=3, first=True)),
        ((KEY_UV,), Assurance(mfa=True, phr=True, phrh=True, aal=3, first=True)),
        ((TOTP, KEY), Assurance(phr=True, phrh=True, aal=1)),
        ((SYNCED,), Assurance(phr=True, aal=1)),
        ((SYNCED_UV,), Assurance(mfa=True, phr=True, aal=2, first=True)),
        ((PASSWORD, SYNCED), Assurance(mfa=True, phr=True, aal=2, first=True)),
        ((SYNCED_UV, KEY), Assurance(mfa=True, phr=True, phrh=True, aal=2, first=True)),
    ],
)
def test_what_the_factors_amount_to_together(shown: tuple[Shown, ...], held: Assurance) -> None:
    assert assure(shown) == assure(reversed(shown)) == assure((*shown, *shown)) == held


def independent(one: Shown, other: Shown) -> bool:
    return one.category != other.category and (one.channel is None or other.channel is None or one.channel != other.channel)


@given(ANY_SET)
def test_no_set_amounts_to_more_or_less_than_its_members_allow(shown: Sequence[Shown]) -> None:
    held = assure(shown)
    verified = [one for one in shown if one.phishing_resistant and one.user_verified]
    pairs = [(one, other) for one, other in product(shown, shown) if independent(one, other)]
    assert held.mfa == bool(verified or pairs)
    assert held.phr == any(one.phishing_resistant for one in shown)
    assert held.phrh == any(one.phishing_resistant and one.hardware for one in shown)
    assert held.first == any(one.first for one in shown)
    assert held.aal <= max((one.aal for one in shown), default=0)
    factors = [(one, one) for one in verified] + pairs
    assert (held.aal >= 2) == any(min(one.aal, other.aal) >= 2 for one, other in factors)
    hard = [pair for pair in factors if any(one.phishing_resistant and one.hardware for one in pair)]
    assert (held.aal == 3) == any(min(one.aal, other.aal) == 3 for one, other in hard)


@given(ANY_SET)
def test_the_levels_rest_on_one_another(shown: Sequence[Shown]) -> None:
    held = assure(shown)
    assert held.mfa or held.aal < 2
    assert held.phrh or held.aal < 3
    assert held.phr or not held.phrh
    assert (held.aal == 0) == (not shown)


def no_weaker(new: Assurance, old: Assurance) -> bool:
    return all(after >= before for after, before in zip(new, old, strict=True))


@given(ANY_SET, ANY_SHOWN)
def test_one_proof_more_never_amounts_to_less(shown: list[Shown], more: Shown) -> None:
    assert no_weaker(assure((*shown, more)), assure(shown))


@given(ANY_PROOFS, ANY_PROOF, st.none() | st.integers(0, 100), st.booleans())
def test_one_proof_more_never_amounts_to_less_once_counted(proofs: list[Proof], more: Proof, max_age: int | None, present_only: bool) -> None:
    def held(given: Sequence[Proof]) -> Assurance:
        return assure(one.shown for one in counted(given, NOW, LIVE, max_age, "now", present_only=present_only))

    assert no_weaker(held((*proofs, more)), held(proofs))


@pytest.mark.parametrize("weak, strong", [(KEY, KEY_UV), (SYNCED, SYNCED_UV)])
def test_a_key_used_without_verification_after_one_with_it_takes_nothing_away(weak: Shown, strong: Shown) -> None:
    proofs = (proof(strong, "e1", NOW - 10), proof(weak, "e1", NOW, "a2"))
    assert counted(proofs, NOW, LIVE) == proofs
    assert assure(one.shown for one in counted(proofs, NOW, LIVE)) == assure((strong,))


@given(st.lists(ANY_SHOWN.map(lambda one: one._replace(channel=MAILBOX)), max_size=5))
def test_proofs_through_one_channel_are_one_factor_kratos_4317(shown: Sequence[Shown]) -> None:
    assert assure(shown).mfa == any(assure((one,)).mfa for one in shown)


@given(ANY_SET)
def test_proofs_of_one_category_are_one_factor(shown: Sequence[Shown]) -> None:
    same = [one._replace(category="possession") for one in shown]
    assert assure(same).mfa == any(assure((one,)).mfa for one in same)


TABLE = {
    MULTI_FACTOR: Assurance(mfa=True),
    PHISHING_RESISTANT: Assurance(phr=True),
    "phr": Assurance(phr=True),
    "phrh": Assurance(phr=True, phrh=True),
    MULTI_FACTOR_PHYSICAL: Assurance(mfa=True, phr=True, phrh=True),
    AAL + "1": Assurance(aal=1),
    AAL + "2": Assurance(mfa=True, aal=2),
    AAL + "3": Assurance(mfa=True, phr=True, phrh=True, aal=3),
}


@pytest.mark.parametrize("acr", TABLE)
def test_a_value_is_met_by_what_it_stands_for_and_by_nothing_less(acr: str) -> None:
    wanted = TABLE[acr]
    assert enough(wanted, acr)
    for name in Assurance._fields:
        value = getattr(wanted, name)
        if value:
            assert not enough(wanted._replace(**{name: value - 1}), acr)


def test_no_other_value_stands_for_anything() -> None:
    assert TABLE == MEANS
    assert not enough(Assurance(mfa=True, phr=True, phrh=True, aal=3, first=True), "urn:unknown")


PHYSICAL = {MULTI_FACTOR, PHISHING_RESISTANT, "phr", "phrh", MULTI_FACTOR_PHYSICAL}
IMPLIED = {
    MULTI_FACTOR: {MULTI_FACTOR},
    PHISHING_RESISTANT: {PHISHING_RESISTANT, "phr"},
    "phr": {PHISHING_RESISTANT, "phr"},
    "phrh": {PHISHING_RESISTANT, "phr", "phrh"},
    MULTI_FACTOR_PHYSICAL: PHYSICAL,
    AAL + "1": {AAL + "1"},
    AAL + "2": {AAL + "1", AAL + "2", MULTI_FACTOR},
    AAL + "3": {AAL + "1", AAL + "2", AAL + "3", *PHYSICAL},
    "urn:unknown": {"urn:unknown"},
}


@pytest.mark.parametrize("have", ACRS)
def test_which_value_is_enough_for_which(have: str) -> None:
    assert {want for want in ACRS if implies(have, want)} == IMPLIED[have]
    assert not implies(have, "urn:another")


@given(ANY_SET, st.sampled_from(ACRS), st.sampled_from(ACRS))
def test_whoever_meets_a_value_meets_all_that_it_implies(shown: Sequence[Shown], one: str, other: str) -> None:
    held = assure(shown)
    assert enough(held, other) or not (enough(held, one) and implies(one, other))


@given(st.lists(st.sampled_from(ACRS), min_size=3, max_size=3))
def test_what_implies_what_can_be_chained(acrs: list[str]) -> None:
    one, two, three = acrs
    assert implies(one, three) or not (implies(one, two) and implies(two, three))


def test_the_newest_proof_of_an_enrolment_counts_and_the_later_of_two_at_once() -> None:
    old, new = proof(TOTP, "e1", NOW - 50), proof(TOTP, "e1", NOW - 10, "a2")
    assert counted((old, new), NOW, LIVE) == counted((new, old), NOW, LIVE) == (new,)
    same = new._replace(attempt="a3")
    assert counted((new, same), NOW, LIVE) == (same,)


def test_what_a_proof_approved_makes_it_no_other_strength() -> None:
    approving = proof(TOTP._replace(binds=b"x"), "e1", NOW, "a2")
    assert counted((proof(TOTP, "e1", NOW - 10), approving), NOW, LIVE) == (approving,)


def test_an_enrolment_that_is_gone_or_was_bound_again_vouches_for_nothing() -> None:
    assert counted((proof(TOTP, "e1", NOW), proof(TOTP, "e9", NOW)), NOW, {"e1": 2}) == ()


@pytest.mark.parametrize("age, counts", [(0, True), (60, True), (61, False)])
def test_an_earlier_proof_counts_if_it_is_no_older_than_max_age(age: int, counts: bool) -> None:
    one = proof(TOTP, "e1", NOW - age)
    assert counted((one,), NOW, LIVE, 60, "now") == ((one,) if counts else ())


def test_a_proof_of_the_present_attempt_always_counts() -> None:
    one = proof(TOTP, "e1", NOW - 500, "now")
    assert counted((one,), NOW, LIVE, 60, "now") == counted((one,), NOW, LIVE, 60, "now", present_only=True) == (one,)


def test_where_only_the_present_attempt_counts_nothing_earlier_does_however_young() -> None:
    assert counted((proof(TOTP, "e1", NOW),), NOW, LIVE, None, "now", present_only=True) == ()


@given(ANY_PROOFS, st.none() | st.integers(0, 100), st.booleans())
def test_the_counted_set_is_live_young_enough_and_holds_nothing_twice(proofs: list[Proof], max_age: int | None, present_only: bool) -> None:
    held = counted(proofs, NOW, LIVE, max_age, "now", present_only=present_only)
    assert set(held) <= set(proofs)
    assert all(LIVE.get(one.enrolment) == one.generation for one in held)
    assert all(one.attempt == "now" or not present_only for one in held)
    assert all(one.attempt == "now" or max_age is None or NOW - one.completed_at <= max_age for one in held)
    assert len({(one.enrolment, one.shown._replace(binds=None)) for one in held}) == len(held)
    assert counted(held, NOW, LIVE, max_age, "now", present_only=present_only) == held


def test_amr_has_one_order_and_mfa_exactly_when_it_holds() -> None:
    assert amr((TOTP, PASSWORD), mfa=True) == amr((PASSWORD, TOTP), mfa=True) == ("pwd", "otp", "mfa")
    assert amr((KEY_UV,), mfa=True) == ("hwk", "pop", "user", "mfa")
    assert amr((TOTP, RECOVERY), mfa=False) == ("otp",)
    odd = PASSWORD._replace(amr=("zzz", "aaa", "pwd"))
    assert amr((odd,), mfa=False) == ("pwd", "aaa", "zzz")
    assert "mfa" not in AMR_ORDER


@given(SOME_PROOFS, st.lists(st.sampled_from(ACRS), max_size=4))
def test_the_three_claims_speak_of_one_set_in_whatever_order_it_comes(proofs: list[Proof], acrs: list[str]) -> None:
    said, held = claims(proofs, acrs), assure(one.shown for one in proofs)
    met = [acr for acr in acrs if enough(held, acr)]
    assert said.acr == (met[0] if met else MULTI_FACTOR if held.mfa else None)
    assert ("mfa" in said.amr) == held.mfa
    assert set(said.amr) - {"mfa"} == {value for one in proofs for value in one.shown.amr}
    assert said.auth_time == min(one.completed_at for one in proofs)
    assert claims(proofs[::-1], acrs) == said


def test_a_token_may_name_phr_and_carry_mfa() -> None:
    assert claims((proof(PASSWORD, "e1", NOW - 60), proof(KEY, "e2", NOW)), ("phr", MULTI_FACTOR)) == (
        "phr",
        ("pwd", "hwk", "pop", "mfa"),
        NOW - 60,
    )


def test_a_set_that_proves_nothing_has_no_claims() -> None:
    with pytest.raises(ValueError, match="empty"):
        claims((), (MULTI_FACTOR,))


def test_a_remembered_browser_is_no_proof_and_a_recovery_code_is_never_phr() -> None:
    assert claims((proof(PASSWORD, "e1", NOW),), (MULTI_FACTOR,)) == (None, ("pwd",), NOW)
    assert claims((proof(PASSWORD, "e1", NOW), proof(RECOVERY, "e2", NOW)), ("phr",)).acr == MULTI_FACTOR
