"""What an operation needs, and whether a token is enough for it. Pure: the one judgement of every framework, sync and async."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from yett_guard.acr import BUILT_IN, MULTI_FACTOR, Implies, held
from yett_guard.claims import Token
from yett_guard.refusal import Refusal, insufficient_scope, step_up

# A word of a space-separated list that can stand in a challenge (RFC 6749, 3.3).
_WORD = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

Words = str | Iterable[str]


@dataclass(frozen=True, slots=True)
class Requirement:
    """All of it has to be met; of `acr` any one value.

    `max_age` is in seconds since the oldest proof that counts. `one_use`: a token that was given for this operation
    alone, and is consumed by it. `details`: what its user must have approved, exactly (RFC 9396). `live`: the server
    is asked whether the token still stands.
    """

    acr: tuple[str, ...] = ()
    max_age: int | None = None
    amr: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    one_use: bool = False
    details: Mapping[str, Any] | None = None
    live: bool = False

    @property
    def needs(self) -> dict[str, Any]:
        """As a client is told it: what to send to /authorize. A second factor that `amr` demands is asked for by its acr value."""
        acr = self.acr or ((MULTI_FACTOR,) if "mfa" in self.amr else ())
        said = {"acr_values": " ".join(acr), "max_age": self.max_age, "scope": " ".join(self.scope), "amr_values": " ".join(self.amr)}
        needs = {name: value for name, value in said.items() if value not in {"", None}}
        return {**needs, "authorization_details": [dict(self.details)]} if self.details is not None else needs


class Need(TypedDict, total=False):
    """The keywords of `require` and `demand`; lists of words may be strings with spaces."""

    acr: Words
    max_age: int | None
    amr: Words
    scope: Words
    one_use: bool
    details: Mapping[str, Any] | None
    live: bool


def requirement(said: Need) -> Requirement:
    """What these keywords say. Raises ValueError for what no challenge could tell or no token could meet, TypeError for a word that it does not know.

    One that is passed over (`scopes="transfer:funds"`) would leave the operation open.
    """
    if strange := said.keys() - Need.__annotations__.keys():
        raise TypeError(f"no keywords of a requirement: {', '.join(sorted(strange))}")
    max_age = said.get("max_age")
    if max_age is not None and (type(max_age) is not int or max_age < 1):
        raise ValueError("max_age is a number of seconds, one at least: a token takes time to arrive. For a fresh proof each time there is one_use.")
    return Requirement(
        words(said.get("acr", ())),
        max_age,
        words(said.get("amr", ())),
        words(said.get("scope", ())),
        said.get("one_use", False),
        said.get("details"),
        said.get("live", False),
    )


def words(said: Words) -> tuple[str, ...]:
    """A list of words, however it was written. Raises ValueError for one that could not stand in a challenge."""
    found = tuple(said.split() if isinstance(said, str) else said)
    if bad := [one for one in found if not _WORD.fullmatch(one)]:
        raise ValueError(f"no words: {bad}")
    return found


def enough(token: Token, need: Requirement, now: float, implies: Implies = BUILT_IN) -> Refusal | None:
    """None: the token meets the requirement at `now` (seconds), but for its being consumed; else what to answer."""
    if not token.scope.issuperset(need.scope):
        return insufficient_scope(need.needs)
    why = _lacking(token, need, now, implies)
    return step_up(why, need.needs) if why else None


def _lacking(token: Token, need: Requirement, now: float, implies: Implies) -> str:
    """The first thing that is missing; empty: nothing is."""
    if need.acr and held(token.acr, token.amr, implies).isdisjoint(need.acr):
        return "A different authentication level is required."
    if not token.amr.issuperset(need.amr):
        return "A different authentication method is required."
    if need.max_age is not None and (token.auth_time is None or now - token.auth_time > need.max_age):
        return "More recent authentication is required."
    if need.one_use and not token.one_use:
        return "An approval for this operation alone is required."
    if need.details is not None and not any(same(need.details, one) for one in token.details):
        return "An approval of exactly this is required."
    return ""


def same(one: object, other: object) -> bool:
    """Whether two JSON values are the same, to the digit: nothing more, nothing less, and 1 is neither true nor 1.0."""
    return _spelled(one) == _spelled(other)


def _spelled(value: object) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, default=dict)
