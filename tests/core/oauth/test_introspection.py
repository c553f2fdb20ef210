"""Introspection, judged."""

from typing import Any

import pytest

from tests.core.oauth.samples import API, AUDIENCE, ISSUER, NOW, PASSWORD, SHOP, TOTP, grant
from yett.domain.client import Client
from yett.domain.proof import Proof
from yett.domain.session import Token
from yett.oauth import errors, introspection
from yett.oauth.claims import access_token, machine_token
from yett.oauth.errors import OAuthError
from yett.oauth.introspection import Inquiry

BANK = Client("bank", "Bank", resource_server=AUDIENCE)
TOKEN = access_token(ISSUER, grant(), SHOP, API, ("openid", "read:orders"), "g1.x", NOW, 600)


def test_a_question_names_a_token_and_may_consume_it() -> None:
    assert introspection.parse({"token": "t", "token_type_hint": "made-up"}) == Inquiry("t")
    assert introspection.parse({"token": "t", "consume": "true"}) == Inquiry("t", consume=True)
    assert introspection.parse({"token": "x" * 8193}) == Inquiry(""), "longer than any of ours"
    assert "t" not in repr(Inquiry("t")).removeprefix("Inquiry")[:3]


@pytest.mark.parametrize("fields", [{}, {"token": ""}, {"token": "t", "consume": "1"}, {"token": "t", "consume": "True"}])
def test_a_question_that_is_none_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(OAuthError) as refused:
        introspection.parse(fields)
    assert refused.value.code == "invalid_request"


def test_a_token_concerns_its_api_and_its_client() -> None:
    assert introspection.access(TOKEN, ISSUER, BANK, NOW) == TOKEN
    assert introspection.access(TOKEN, ISSUER, SHOP, NOW) == TOKEN
    assert introspection.access(TOKEN, ISSUER, BANK._replace(id="shop", resource_server="https://gone.example/"), NOW) == TOKEN


@pytest.mark.parametrize("caller", [Client("x", "X"), BANK._replace(resource_server=AUDIENCE + "x"), BANK._replace(resource_server="")])
def test_a_token_concerns_nobody_else(caller: Client) -> None:
    assert introspection.access(TOKEN, ISSUER, caller, NOW) is None


@pytest.mark.parametrize("change", [{"exp": NOW}, {"iss": "x"}, {"nonce": "n"}, {"client_id": 5}, {"scope": None}])
def test_a_token_that_lacks_something_is_nothing(change: dict[str, Any]) -> None:
    assert introspection.access({**TOKEN, **change}, ISSUER, BANK, NOW) is None
    assert introspection.access(None, ISSUER, BANK, NOW) is None


def test_a_persons_token_names_its_grant_and_a_machines_has_none() -> None:
    assert introspection.grant_of(TOKEN) == "g1"
    assert introspection.grant_of(machine_token(ISSUER, SHOP, API, (), "j", NOW)) == ""


def test_what_is_told_is_what_stands_in_the_token_and_no_more() -> None:
    told = introspection.answer({**TOKEN, "azp": "shop", "secret": 1})
    assert told["active"] is True
    assert {"azp", "secret"}.isdisjoint(told)
    assert {"acr", "amr", "auth_time"} <= set(told)


def test_a_token_that_we_keep_says_of_what_kind_it_is_and_ends_with_its_grant() -> None:
    given = grant(proofs=(Proof(PASSWORD, "e1", 1, "a1", NOW - 5), Proof(TOTP, "e2", 1, "a1", NOW - 5)))
    access = introspection.kept(ISSUER, Token(b"", "access", "g1", NOW + 60, ("openid",)), given)
    assert (access["token_type"], access["aud"], access["exp"], access["scope"]) == ("Bearer", f"{ISSUER}userinfo", NOW + 60, "openid")
    assert access["amr"] == ["pwd", "otp", "mfa"]
    refresh = introspection.kept(ISSUER, Token(b"", "refresh", "g1", 2**40, ()), given)
    assert (refresh["token_type"], refresh["exp"]) == ("refresh_token", given.ends_at)
    assert "aud" not in refresh


def test_what_is_not_for_one_use_is_not_consumed() -> None:
    assert errors.not_for_one_use().body() == {"error": "invalid_request", "error_description": "The token is not for one use, so it cannot be consumed."}
