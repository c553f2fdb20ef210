"""Consent, as judgement: what wants it, what is lacking, and what a yes adds to."""

import pytest

from tests.core.oauth.samples import API, APIS, AUDIENCE, SHOP
from yett.domain.consent import Consent
from yett.oauth import token
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.consent import needed, to_ask, together, without_asking
from yett.oauth.errors import OAuthError

OTHERS = SHOP._replace(first_party=False)
ASKS = AuthorizationRequest("shop", scope=("openid", "email", "read:orders", "offline_access"), audience=AUDIENCE)


def held(audience: str, *scope: str) -> Consent:
    return Consent("c", "auth0|ann", "shop", audience, scope, 1, 2)


def test_somebody_elses_application_wants_it_for_all_and_an_own_one_for_nothing() -> None:
    assert without_asking(ASKS, OTHERS, API) == {"": ("openid", "email"), AUDIENCE: ("read:orders", "offline_access")}
    assert without_asking(ASKS, SHOP, API) == {}
    assert without_asking(ASKS._replace(scope=("openid", "offline_access"), audience=""), OTHERS, None) == {"": ("openid", "offline_access")}
    assert without_asking(ASKS._replace(audience=""), SHOP, None) == {}


def test_an_api_that_does_not_let_it_be_skipped_wants_it_of_own_applications_for_itself() -> None:
    assert without_asking(ASKS, SHOP, API._replace(skip_consent=False)) == {AUDIENCE: ("read:orders", "offline_access")}


def test_claims_want_what_their_scope_wants_once() -> None:
    request = ASKS._replace(id_token_claims=("email", "gender"), userinfo_claims=("phone_number", "phone_number_verified"))
    assert without_asking(request, OTHERS, API)[""] == ("openid", "email", "profile", "phone")
    assert needed(("openid",), ("unknown",), OTHERS, None) == {"": ("openid",)}


def test_what_was_agreed_to_is_not_asked_for_again() -> None:
    assert to_ask(ASKS, OTHERS, API, (held("", "openid", "email"),)) == {AUDIENCE: ("read:orders", "offline_access")}
    assert to_ask(ASKS, OTHERS, API, (held("", "openid"), held(AUDIENCE, "read:orders", "offline_access"))) == {"": ("email",)}
    assert to_ask(ASKS, OTHERS, API, (held("", "openid", "email", "phone"), held(AUDIENCE, "offline_access", "read:orders"))) == {}


def test_an_api_is_asked_for_even_without_a_scope_of_it() -> None:
    bare = ASKS._replace(scope=("openid",))
    assert to_ask(bare, OTHERS, API, (held("", "openid"),)) == {AUDIENCE: ()}
    assert to_ask(bare, OTHERS, API, (held("", "openid"), held(AUDIENCE))) == {}


def test_prompt_consent_asks_for_all_of_it_of_everybody() -> None:
    anew = ASKS._replace(prompt=("consent",))
    whole = {"": ("openid", "email"), AUDIENCE: ("read:orders", "offline_access")}
    assert to_ask(anew, SHOP, API, (held("", "openid", "email"), held(AUDIENCE, "read:orders", "offline_access"))) == whole
    assert without_asking(anew, SHOP, API) == {}


def test_a_yes_adds_to_what_was_agreed_to_before() -> None:
    assert together({"": ("email", "openid"), AUDIENCE: ()}, (held("", "openid", "phone"),)) == {"": ("openid", "phone", "email"), AUDIENCE: ()}


@pytest.mark.parametrize("asked", [token.PasswordRequest("ann", "p", scope=("openid",)), token.PasswordlessRequest("ann", "1", "email")])
def test_where_there_is_no_page_it_cannot_be_had(asked: token.PasswordRequest) -> None:
    with pytest.raises(OAuthError) as told:
        token.as_authorization(asked, OTHERS, APIS)
    assert told.value.code == "consent_required"
