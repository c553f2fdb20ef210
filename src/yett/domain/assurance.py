"""Assurance: what a set of proofs amounts to. Everything that asks "is this enough?" asks here.

OIDC Core 2 (acr, amr, auth_time), RFC 8176, EAP ACR values 1.0, PAPE, NIST SP 800-63B-4. No rule names a kind of factor.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from yett.domain.proof import Proof, Shown

MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
PHISHING_RESISTANT = "http://schemas.openid.net/pape/policies/2007/06/phishing-resistant"
MULTI_FACTOR_PHYSICAL = "http://schemas.openid.net/pape/policies/2007/06/multi-factor-physical"
AAL = "http://idmanagement.gov/ns/assurance/aal/"

AMR_ORDER = ("pwd", "pin", "otp", "sms", "tel", "email", "hwk", "swk", "pop", "user", "face", "fpt", "iris", "vbm", "fed")


class Assurance(NamedTuple):
    """What a set of proofs amounts to."""

    mfa: bool = False
    phr: bool = False
    phrh: bool = False
    aal: int = 0
    first: bool = False


class Claims(NamedTuple):
    """The three claims of one counted set: in ID tokens, access tokens and introspection alike."""

    acr: str | None
    amr: tuple[str, ...]
    auth_time: int


# What each value stands for, and so what implies what: served to the guard.
MEANS: Mapping[str, Assurance] = {
    MULTI_FACTOR: Assurance(mfa=True),
    PHISHING_RESISTANT: Assurance(phr=True),
    "phr": Assurance(phr=True),
    "phrh": Assurance(phr=True, phrh=True),
    MULTI_FACTOR_PHYSICAL: Assurance(mfa=True, phr=True, phrh=True),
    AAL + "1": Assurance(aal=1),
    AAL + "2": Assurance(mfa=True, aal=2),
    AAL + "3": Assurance(mfa=True, phr=True, phrh=True, aal=3),
}


def implies(have: str, want: str) -> bool:
    """Whether whoever holds acr `have` meets acr `want`; an unknown value implies and is implied by itself alone."""
    if have == want:
        return True
    return have in MEANS and want in MEANS and enough(MEANS[have], want)


def enough(have: Assurance, acr: str) -> bool:
    """Whether `have` meets the acr value; an unknown value is met by nothing."""
    want = MEANS.get(acr)
    if want is None:
        return False
    return (have.mfa >= want.mfa) and (have.phr >= want.phr) and (have.phrh >= want.phrh) and have.aal >= want.aal


def assure(shown: Iterable[Shown]) -> Assurance:
    """What these amount to together.

    mfa: two categories from independent channels, or one proof that is bound to the verifier and to a verified user.
    aal 2 wants that of proofs whose ceiling is 2, aal 3 of proofs whose ceiling is 3, one of them phishing-resistant
    and in hardware.
    """
    return _assured(tuple(dict.fromkeys(shown)))


# Most people show the same two or three things: what those amount to need not be worked out at every question.
@lru_cache(maxsize=4096)
def _assured(unique: tuple[Shown, ...]) -> Assurance:
    levels = [_complete(one) for one in unique]
    levels += [_paired(one, other) for one, other in combinations(unique, 2)]
    best = max(levels, default=0)
    return Assurance(
        mfa=any(level > 0 for level in levels),
        phr=any(one.phishing_resistant for one in unique),
        phrh=any(one.phishing_resistant and one.hardware for one in unique),
        aal=best if best > 1 else min(1, max((one.aal for one in unique), default=0)),
        first=any(one.first for one in unique),
    )


def _complete(one: Shown) -> int:
    """The level at which one proof is multi-factor by itself; 0: it is not."""
    if not (one.phishing_resistant and one.user_verified):
        return 0
    return _capped(one.aal, hard=one.hardware)


def _paired(one: Shown, other: Shown) -> int:
    """The level at which two proofs are multi-factor together; 0: they are not two factors."""
    if one.category == other.category or (one.channel is not None and one.channel == other.channel):
        return 0
    hard = any(proof.phishing_resistant and proof.hardware for proof in (one, other))
    return _capped(min(one.aal, other.aal), hard=hard)


def _capped(ceiling: int, *, hard: bool) -> int:
    return max(1, min(ceiling, 3 if hard else 2))


def counted(
    proofs: Iterable[Proof], now: int, live: Mapping[str, int], max_age: int | None = None, attempt: str = "", *, present_only: bool = False
) -> tuple[Proof, ...]:
    """The counted set: the newest live proof of each enrolment at each strength, within max_age where one is asked.

    `live` maps the enrolments that still stand to their generation. Proofs of the present `attempt` always count;
    with `present_only` (prompt=login, max_age=0) no others do.
    """
    newest: dict[tuple[str, Shown], Proof] = {}
    for proof in proofs:
        if live.get(proof.enrolment) != proof.generation:
            continue
        present = proof.attempt == attempt
        if not present and (present_only or (max_age is not None and now - proof.completed_at > max_age)):
            continue
        shown = proof.shown
        key = (proof.enrolment, shown if shown.binds is None else shown._replace(binds=None))
        if key not in newest or newest[key].completed_at <= proof.completed_at:
            newest[key] = proof
    return tuple(newest.values())


def amr(shown: Iterable[Shown], *, mfa: bool) -> tuple[str, ...]:
    """RFC 8176 values in one canonical order, and `mfa` exactly when mfa holds."""
    values = {value for one in shown for value in one.amr}
    known = [value for value in AMR_ORDER if value in values]
    return (*known, *sorted(values.difference(AMR_ORDER)), *(("mfa",) if mfa else ()))


def claims(proofs: Sequence[Proof], acrs: Iterable[str]) -> Claims:
    """The three claims of a counted set; `acrs` are the values asked for, in the order in which they are named.

    acr is the first of them that is met; else PAPE multi-factor if mfa holds; else absent. auth_time is the
    completion time of the oldest attempt that contributed. Raises ValueError for an empty set: it proves nothing.
    """
    held = assure(proof.shown for proof in proofs)
    met = (acr for acr in acrs if enough(held, acr))
    acr = next(met, MULTI_FACTOR if held.mfa else None)
    shown = (proof.shown for proof in proofs)
    return Claims(acr, amr(shown, mfa=held.mfa), min(proof.completed_at for proof in proofs))
