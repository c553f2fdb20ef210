"""What a factor is asked in these tests, and an enrolment made of its answer."""

import hashlib
import hmac

import pytest

from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.verdict import Accepted, Rejected, Verdict
from yett.factors.base import Ask

NOW = 1_800_000_000
PLAIN = Ask(
    random=hashlib.sha512(b"fresh").digest(),
    now=NOW,
    id="c1",
    attempt="a1",
    target="joe@example.com",
    issuer="Example",
    label="joe@example.com",
)


def ask(now: int = NOW, random: bytes = PLAIN.random) -> Ask:
    """The usual question at `now`."""
    return PLAIN._replace(now=now, random=random)


def under(**rules: object) -> Ask:
    """The usual question where these are the settings of the tenant."""
    return PLAIN._replace(rules=rules)


def enrolled(state: State, kind: str = "", id: str = "e1") -> Enrolment:
    """An enrolment in this state."""
    return Enrolment(id, "joe", kind, state)


def accepted(verdict: Verdict) -> Accepted:
    """The acceptance that a test relies on."""
    assert isinstance(verdict, Accepted), verdict
    return verdict


def refused(verdict: Verdict) -> str:
    """Why it was refused."""
    assert isinstance(verdict, Rejected), verdict
    return verdict.reason


def over(challenge: Challenge) -> tuple[tuple[Challenge, int], ...]:
    """Every way in which a question is over, and when it is asked."""
    return (
        (challenge._replace(outcome="accepted"), NOW),
        (challenge._replace(outcome="refused"), NOW),
        (challenge._replace(outcome="void"), NOW),
        (challenge, challenge.expires_at),
        (challenge, challenge.expires_at + 1),
    )


def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str | bytes]:
    """What is compared in constant time from here on."""
    seen: list[str | bytes] = []
    plainly = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        seen.append(one)
        return plainly(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    return seen
