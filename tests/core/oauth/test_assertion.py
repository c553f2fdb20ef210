"""Assertions of clients: of this client, to us, for a moment, once (RFC 7523, 3)."""

from typing import Any

import pytest

from tests.core.oauth.samples import ISSUER, NOW
from yett.oauth import assertion
from yett.oauth.assertion import TYPE, Once
from yett.oauth.errors import OAuthError

GOOD: dict[str, Any] = {"iss": "shop", "sub": "shop", "aud": ISSUER, "exp": NOW + 120, "iat": NOW, "jti": "j1"}


def refused(fields: dict[str, str], authorization: str = "") -> str:
    with pytest.raises(OAuthError) as caught:
        assertion.presented(fields, authorization)
    return caught.value.code


def test_an_assertion_stands_alone_and_says_its_type() -> None:
    assert assertion.presented({"client_id": "shop", "client_assertion": "a.b.c", "client_assertion_type": TYPE}, "") == "a.b.c"
    assert assertion.presented({"client_id": "shop", "client_secret": "s"}, "Basic x") == ""


def test_another_type_or_none_is_no_proof() -> None:
    for fields in (
        {"client_assertion": "a.b.c"},
        {"client_assertion_type": TYPE},
        {"client_assertion": "a.b.c", "client_assertion_type": TYPE.replace("jwt", "saml2")},
        {"client_assertion": "x" * 8193, "client_assertion_type": TYPE},
    ):
        assert refused(fields) == "invalid_client"


def test_no_other_method_stands_beside_it() -> None:
    fields = {"client_assertion": "a.b.c", "client_assertion_type": TYPE}
    assert refused({**fields, "client_secret": "s"}) == "invalid_request"
    assert refused(fields, "Basic x") == "invalid_request"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"aud": f"{ISSUER}oauth/token"},
        {"aud": [ISSUER]},
        {"aud": [ISSUER, f"{ISSUER}oauth/token"]},
        {"iat": None},
        {"nbf": NOW},
        {"iat": NOW + 30},
        {"exp": NOW + 330},
        {"exp": NOW + 60.5},
        {"typ": "anything"},
    ],
)
def test_a_good_one_is_remembered_until_it_is_over(change: dict[str, Any]) -> None:
    said = {**GOOD, **change}
    assert assertion.judge(said, "shop", ISSUER, NOW) == Once("j1", int(said["exp"]) + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"iss": None},
        {"sub": None},
        {"aud": None},
        {"aud": []},
        {"aud": ISSUER.rstrip("/")},
        {"aud": ISSUER.upper()},
        {"aud": f"{ISSUER}oauth/token/"},
        {"aud": f"{ISSUER}oauth/introspect"},
        {"aud": [ISSUER, "https://other.example/"]},
        {"aud": [ISSUER, None]},
        {"aud": [[ISSUER]]},
        {"aud": {"iss": ISSUER}},
        {"exp": None},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": NOW + 331},
        {"exp": str(NOW + 60)},
        {"exp": True},
        {"iat": NOW + 31},
        {"iat": "now"},
        {"nbf": NOW + 31},
        {"nbf": False},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 257},
        {"jti": 5},
    ],
)
def test_one_that_bends_a_claim_is_no_proof(change: dict[str, Any]) -> None:
    with pytest.raises(OAuthError) as caught:
        assertion.judge({**GOOD, **change}, "shop", ISSUER, NOW)
    assert (caught.value.code, caught.value.description) == ("invalid_client", "Unauthorized")


def test_what_nobody_has_signed_is_no_proof() -> None:
    with pytest.raises(OAuthError):
        assertion.judge(None, "shop", ISSUER, NOW)
