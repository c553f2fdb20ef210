"""Wycheproof's JWS vectors (C2SP/wycheproof, Apache-2.0): no invalid token is accepted."""

import json
from pathlib import Path
from typing import Any

import pytest

from yett.adapters.keys.jws import key_of, read

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "wycheproof" / "json_web_signature_test.json").read_text())

# Called valid, and refused by us all the same: each with its reason.
EMPTY = "its payload is empty, and claims never are"
PINNED = "its header says PS384, and its key is one for PS256"
LETTERS = "it has a letter that is none of base64url"
REFUSED = dict.fromkeys((259, 264, 268, 272, 320, 325), EMPTY) | dict.fromkeys((346, 350), PINNED) | dict.fromkeys((372, 373), LETTERS)

# Called invalid for a padding that the file does not show: to the letter they are case 357, which it calls valid.
CONTRADICTED = (367, 370)


def verified(group: dict[str, Any], token: str) -> bool:
    jwk = group.get("public") or group["private"]
    alg = jwk.get("alg") or {"RSA": "RS256", "EC": "ES256"}[jwk["kty"]]
    alg = {"ES521": "ES512"}.get(alg, alg)
    key = key_of({**jwk, "alg": alg}, alg)
    return key is not None and read(token.encode(), key, alg) is not None


def cases(result: str) -> list[Any]:
    found = [(group, one) for group in VECTORS["testGroups"] for one in group["tests"] if one["result"] == result]
    return [pytest.param(group, one, id=f"{one['tcId']}-{one['comment']}"[:60]) for group, one in found]


def token(case: int) -> str:
    return next(str(one["jws"]) for group in VECTORS["testGroups"] for one in group["tests"] if one["tcId"] == case)


@pytest.mark.parametrize("case", CONTRADICTED)
def test_two_cases_lost_their_padding_and_with_it_they_are_refused(case: int) -> None:
    group = next(group for group in VECTORS["testGroups"] if any(one["tcId"] == case for one in group["tests"]))
    assert token(case) == token(357)
    head, payload, mac = token(case).split(".")
    assert not verified(group, f"{head}=.{payload}.{mac}")
    assert not verified(group, f"{head}.{payload}==.{mac}")
    assert not verified(group, f"{head}.{payload}.{mac}=")


@pytest.mark.parametrize("group, one", [case for case in cases("invalid") if case.values[1]["tcId"] not in CONTRADICTED])
def test_no_invalid_token_is_accepted(group: dict[str, Any], one: dict[str, Any]) -> None:
    assert not verified(group, one["jws"])


@pytest.mark.parametrize("group, one", cases("valid"))
def test_a_valid_token_is_accepted_or_refused_for_a_reason_that_is_written_down(group: dict[str, Any], one: dict[str, Any]) -> None:
    assert verified(group, one["jws"]) is (one["tcId"] not in REFUSED)
