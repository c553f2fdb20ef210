"""Regimes: named sets of limits, one table of data (NIST SP 800-63B-4, PCI DSS 4.0.1, PSD2 RTS 2018/389)."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from yett.domain.assurance import AAL, MULTI_FACTOR
from yett.domain.requirement import Clause
from yett.domain.tries import Bucket, Budget

MINUTE, HOUR, DAY = 60, 3600, 86400


class Regime(NamedTuple):
    """One column of the table. Times in seconds. What is reported lost is deleted after `lost_waits`. `grant_lives` None: until the session's absolute limit.

    `weak` and `phone` say whether codes by e-mail, and by SMS and voice, may count; `notice` that the telephone
    network needs a notice and an alternative. `locks` None: disabled until bound again.
    """

    name: str
    strict: bool = True
    fresh: int = 5 * MINUTE
    lost_waits: int = 72 * HOUR
    attempt_lives: int = 15 * MINUTE
    session_idle: int = HOUR
    session_absolute: int = DAY
    grant_lives: int | None = None
    enrolment_bucket: Bucket = Bucket(10, 6 * MINUTE)
    account_bucket: Bucket = Bucket(30, 2 * MINUTE)
    cap: int = 100
    locks: int | None = None
    remembers: bool = False
    weak: bool = False
    phone: bool = True
    phone_notice: bool = False
    phishing_resistant: Literal["optional", "offered", "required"] = "optional"
    push_number: Literal["optional", "required", "none"] = "required"
    bound_approvals: Literal["asked", "payments"] = "asked"
    shortest_password: int = 8
    shortest_password_alone: int = 8
    requires: tuple[Clause, ...] = ()


REGIMES: Mapping[str, Regime] = {
    regime.name: regime
    for regime in (
        Regime(
            "auth0",
            strict=False,
            session_idle=72 * HOUR,
            session_absolute=168 * HOUR,
            grant_lives=30 * DAY,
            remembers=True,
            weak=True,
            push_number="optional",
        ),
        Regime(
            "nist-aal2",
            attempt_lives=10 * MINUTE,
            phone_notice=True,
            phishing_resistant="offered",
            shortest_password_alone=15,
            requires=(Clause("regime", (AAL + "2",), essential=True),),
        ),
        Regime(
            "nist-aal3",
            attempt_lives=10 * MINUTE,
            session_idle=15 * MINUTE,
            session_absolute=12 * HOUR,
            phone=False,
            phishing_resistant="required",
            push_number="none",
            shortest_password_alone=15,
            requires=(Clause("regime", (AAL + "3",), essential=True),),
        ),
        Regime(
            "pci-dss-4",
            session_idle=15 * MINUTE,
            cap=10,
            locks=30 * MINUTE,
            shortest_password=12,
            shortest_password_alone=12,
            requires=(Clause("regime", (MULTI_FACTOR,), essential=True),),
        ),
        Regime(
            "psd2",
            attempt_lives=5 * MINUTE,
            session_idle=5 * MINUTE,
            enrolment_bucket=Bucket(5, 6 * MINUTE),
            cap=5,
            locks=30 * MINUTE,
            bound_approvals="payments",
            requires=(Clause("regime", (MULTI_FACTOR,), essential=True),),
        ),
    )
}

# Figures that an operator may set by name, and which direction is tighter.
LOWER_IS_TIGHTER = frozenset(
    {
        "fresh", "attempt_lives", "session_idle", "session_absolute", "grant_lives", "cap",
        "enrolment_bucket.burst", "account_bucket.burst",
    }
)  # fmt: skip
HIGHER_IS_TIGHTER = frozenset({"locks", "lost_waits", "shortest_password", "shortest_password_alone", "enrolment_bucket.refill", "account_bucket.refill"})


def in_force(name: str, own: Mapping[str, int]) -> Regime:
    """The regime with the operator's own figures: under a strict one they tighten a figure or are without effect.

    Raises KeyError for a name that the table does not have.
    """
    given = regime = REGIMES[name]
    for figure, value in own.items():
        if value > 0 and figure in LOWER_IS_TIGHTER | HIGHER_IS_TIGHTER and (not given.strict or _tighter(given, figure, value)):
            regime = _with(regime, figure, value)
    return regime


def _tighter(given: Regime, figure: str, value: int) -> bool:
    field, _, part = figure.partition(".")
    limit = getattr(getattr(given, field), part) if part else getattr(given, field)
    if limit is None:
        # Grants end with the session by the regime itself; and nothing is tighter than "disabled until bound again".
        return figure == "grant_lives" and value < given.session_absolute
    return bool(value < limit if figure in LOWER_IS_TIGHTER else value > limit)


def _with(regime: Regime, figure: str, value: int) -> Regime:
    field, _, part = figure.partition(".")
    new: Any = getattr(regime, field)._replace(**{part: value}) if part else value
    return regime._replace(**{field: new})


def shortest(regime: Regime, *, alone: bool) -> int:
    """Letters that a password must have; `alone`: nothing else shows who its owner is (NIST SP 800-63B-4, 3.1.1.2)."""
    return max(regime.shortest_password, regime.shortest_password_alone if alone else 0)


def grant_ends(regime: Regime, auth_time: int, session_ends: int | None) -> int:
    """When a grant is over, however fresh its tokens: under a strict regime with its session at the latest."""
    own = auth_time + (regime.session_absolute if regime.grant_lives is None else regime.grant_lives)
    return min(own, session_ends) if regime.strict and session_ends is not None else own


def budget(regime: Regime, *, known: bool, first: bool) -> Budget:
    """What a verdict costs under this regime; a factor that stands first leaves the account's bucket alone."""
    return Budget(regime.enrolment_bucket, regime.cap, regime.locks, None if first else regime.account_bucket, known)
