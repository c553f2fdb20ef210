"""Reporting a factor lost: what stands in for the proof that it can no longer give (design: invariant 3)."""

from typing import Literal

from yett.domain.assurance import counted
from yett.policy.decide import Case

Lack = Literal["password", "channel"]


def lacks(case: Case, lost: str, now: int) -> tuple[Lack, ...]:
    """What a report that enrolment `lost` is lost still needs; nothing: it may be made.

    A fresh password proof, and a code to another channel than the lost one's; under a strict regime codes to two. What is not
    sent (a recovery code) is in the person's hands, and enough beside the password. What the regime does not count
    otherwise (e-mail) counts here: it leads to no token, and the account is told before anything is gone.
    """
    gone = case.promises.get(lost)
    live = {id: generation for id, generation in case.live.items() if id != lost}
    fresh = counted(case.attempt.proofs(now), now, live, case.regime.fresh, case.attempt.id)
    shown = [proof.shown for proof in fresh]
    needs: list[Lack] = [] if any(one.first and one.category == "knowledge" for one in shown) else ["password"]
    others = [one for one in shown if one.category != "knowledge" and not (gone and gone.channel and one.channel == gone.channel)]
    channels = {one.channel for one in others}
    if None not in channels and len(channels) < (2 if case.regime.strict else 1):
        needs.append("channel")
    return tuple(needs)
