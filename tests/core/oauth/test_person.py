"""What is told of a person: what a scope or a name asks for, and nothing that nobody knows."""

import json
from typing import Any

import pytest

from tests.core.oauth.samples import APIS, CALLBACK, CLIENTS
from yett.domain.account import Account
from yett.oauth.authorize import judge
from yett.oauth.errors import OAuthError
from yett.oauth.person import about

ANN = Account("auth0|ann", "ann@example.com", username="ann", updated_at=7)
HOME = {"street_address": "1 Main Street", "country": "UK", "secret": "x", "region": 5}


def profile(**more: Any) -> dict[str, Any]:
    return {"phone_number": "+15550100", "phone_verified": True, "user_metadata": {"address": HOME}, **more}


def test_phone_and_address_are_told_to_whoever_asks_for_their_scopes() -> None:
    assert about(ANN, profile(), ("openid",)) == {}
    assert about(ANN, profile(), ("phone",)) == {"phone_number": "+15550100", "phone_number_verified": True}
    assert about(ANN, profile(), ("address",)) == {"address": {"street_address": "1 Main Street", "country": "UK"}}
    assert about(ANN, profile(user_metadata={"address": "1 Main Street"}), ("address",)) == {"address": {"formatted": "1 Main Street"}}


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_a_number_is_verified_only_where_somebody_said_so(verified: object) -> None:
    assert about(ANN, profile(phone_verified=verified), ("phone",))["phone_number_verified"] is False


@pytest.mark.parametrize("metadata", [None, {}, {"address": 5}, {"address": {"x": "y"}}])
def test_what_nobody_knows_is_not_said(metadata: object) -> None:
    assert about(ANN, {"phone_number": 5, "user_metadata": metadata}, ("phone", "address")) == {}


def test_a_claim_that_is_asked_for_by_name_comes_alone() -> None:
    assert about(ANN, profile(), ("openid",), ("phone_number", "email", "gender")) == {"phone_number": "+15550100", "email": "ann@example.com"}


def asked(claims: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sent = {"client_id": "shop", "redirect_uri": CALLBACK, "response_type": "code", "claims": json.dumps(claims)}
    request = judge(tuple(sent.items()), CLIENTS, APIS, strict=False)
    return request.id_token_claims, request.userinfo_claims


def test_the_claims_parameter_names_what_is_told_where() -> None:
    wanted = {"id_token": {"email": None, "acr": {"value": "phr"}}, "userinfo": {"phone_number": {"essential": True}, "no such": None, "sub": {"value": "x"}}}
    assert asked(wanted) == (("email",), ("phone_number",))
    assert asked({"userinfo": None}) == ((), ())


def test_a_place_that_is_no_list_of_claims_is_refused() -> None:
    with pytest.raises(OAuthError) as told:
        asked({"userinfo": ["email"]})
    assert told.value.code == "invalid_request"
