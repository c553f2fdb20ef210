"""What tokens say, and attacks row 19: no token passes for another."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import API, AUDIENCE, ISSUER, NOW, PASSWORD, SHOP, SPA, grant
from yett.domain.account import Account
from yett.domain.assurance import AAL, MULTI_FACTOR
from yett.domain.client import Api
from yett.domain.proof import Proof
from yett.domain.requirement import Clause, Requirement
from yett.oauth import claims, scopes
from yett.oauth.errors import OAuthError
from yett.oauth.person import OF_PROFILE

ANN = Account("auth0|ann", "ann@example.com", email_verified=True, username="ann", updated_at=NOW - 9)
PROFILE: Mapping[str, object] = {"name": "Ann", "picture": "https://a.example/p.png", "nickname": 7, "user_metadata": {"a": 1}, "app_metadata": {"admin": True}}
USERINFO = ISSUER + "userinfo"


def id_token(*wants: Clause, scope: tuple[str, ...] = ("openid",), nonce: str = "n") -> dict[str, object]:
    return claims.id_token(ISSUER, grant(*wants), SHOP, ANN, PROFILE, scope, nonce, NOW)


def access_token(*wants: Clause, scope: tuple[str, ...] = ("openid", "read:orders")) -> dict[str, object]:
    return claims.access_token(ISSUER, grant(*wants), SHOP, API, scope, "g1.random", NOW, 300)


def test_an_id_token_says_who_for_whom_and_how() -> None:
    assert id_token() == {
        "iss": ISSUER,
        "sub": "auth0|ann",
        "aud": "shop",
        "iat": NOW,
        "exp": NOW + 36000,
        "auth_time": NOW - 3600,
        "amr": ["pwd", "otp", "mfa"],
        "acr": MULTI_FACTOR,
        "nonce": "n",
        "sid": "sid-1",
    }


def test_what_there_is_not_is_not_said() -> None:
    alone = grant(proofs=(Proof(PASSWORD, "e1", 1, "a1", NOW),), session=None)
    said = claims.id_token(ISSUER, alone, SHOP, ANN, PROFILE, ("openid",), "", NOW)
    assert said.keys().isdisjoint({"nonce", "sid", "acr", "azp", "email", "name"})
    assert said["amr"] == ["pwd"]


def test_a_token_made_later_speaks_of_the_same_event() -> None:
    first = claims.id_token(ISSUER, grant(), SHOP, ANN, PROFILE, ("openid",), "", NOW)
    later = claims.id_token(ISSUER, grant(), SHOP, ANN, PROFILE, ("openid",), "", NOW + 86400)
    assert {name for name in first if first[name] != later[name]} == {"iat", "exp"}


def test_acr_is_the_first_value_met_in_the_order_of_the_sources() -> None:
    wants = (Clause("tenant_always", (MULTI_FACTOR,)), Clause("resource_scope", (AAL + "1",)), Clause("client_acr", ("phr", AAL + "2")))
    assert id_token(*wants)["acr"] == AAL + "2"
    assert access_token(*wants)["acr"] == AAL + "1"


def test_a_source_that_nobody_ordered_comes_last() -> None:
    assert id_token(Clause("of a later day", (AAL + "1",)), Clause("action", (AAL + "2",)))["acr"] == AAL + "2"


def test_the_scopes_decide_what_is_said_about_a_person() -> None:
    said = id_token(scope=("openid", "profile", "email"))
    assert {name: said.get(name) for name in ("name", "picture", "preferred_username", "updated_at", "email", "email_verified")} == {
        "name": "Ann",
        "picture": "https://a.example/p.png",
        "preferred_username": "ann",
        "updated_at": NOW - 9,
        "email": "ann@example.com",
        "email_verified": True,
    }
    assert said.keys().isdisjoint({"nickname", "user_metadata", "app_metadata"})


def test_userinfo_says_the_same_and_wants_openid() -> None:
    nameless = ANN._replace(username=None)
    assert claims.userinfo(nameless, {}, ("openid", "profile")) == {"sub": "auth0|ann", "updated_at": NOW - 9}
    with pytest.raises(OAuthError) as caught:
        claims.userinfo(ANN, PROFILE, ("profile",))
    assert caught.value.code == "insufficient_scope"


def test_an_access_token_is_for_the_api_and_with_openid_for_userinfo() -> None:
    said = access_token()
    assert said == {
        "iss": ISSUER,
        "sub": "auth0|ann",
        "aud": [AUDIENCE, USERINFO],
        "iat": NOW,
        "exp": NOW + 300,
        "azp": "shop",
        "client_id": "shop",
        "scope": "openid read:orders",
        "jti": "g1.random",
        "auth_time": NOW - 3600,
        "amr": ["pwd", "otp", "mfa"],
        "acr": MULTI_FACTOR,
    }
    assert access_token(scope=("read:orders",))["aud"] == AUDIENCE


def test_the_dialect_of_an_api_is_the_typ_of_its_tokens() -> None:
    assert claims.typ(API) == "JWT"
    assert claims.typ(API._replace(token_dialect="access_token_authz")) == "JWT"
    assert claims.typ(API._replace(token_dialect="rfc9068_profile")) == "at+jwt"
    assert claims.typ(API._replace(token_dialect="rfc9068_profile_authz")) == "at+jwt"


AUTHZ = API._replace(token_dialect="access_token_authz", enforce_policies=True, scopes=("read:orders", "write:orders", "transfer:funds"))


def said_of(api: Api, held: frozenset[str] | None, *scope: str) -> object:
    return claims.access_token(ISSUER, grant(), SHOP, api, scope, "j", NOW, 300, held).get("permissions")


def test_permissions_are_named_where_the_dialect_has_them_and_the_api_enforces_them() -> None:
    held = frozenset({"write:orders", "read:orders", "gone"})
    assert said_of(AUTHZ, held, "read:orders") == ["read:orders", "write:orders"]
    assert said_of(AUTHZ, frozenset(), "openid") == []
    assert said_of(AUTHZ, None) is None
    assert said_of(AUTHZ._replace(token_dialect="rfc9068_profile"), held) is None
    assert said_of(AUTHZ._replace(token_dialect="rfc9068_profile_authz"), held) == ["read:orders", "write:orders"]


def test_a_permission_that_demands_a_step_up_is_named_only_with_its_scope() -> None:
    demanding = AUTHZ._replace(scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,))})
    held = frozenset({"read:orders", "transfer:funds"})
    assert said_of(demanding, held, "read:orders") == ["read:orders"]
    assert said_of(demanding, held, "transfer:funds") == ["read:orders", "transfer:funds"]


def test_a_machines_permissions_are_its_scopes() -> None:
    assert claims.machine_token(ISSUER, SHOP, AUTHZ, ("read:orders",), "j", NOW)["permissions"] == ["read:orders"]
    assert "permissions" not in claims.machine_token(ISSUER, SHOP, AUTHZ._replace(enforce_policies=False), ("read:orders",), "j", NOW)


def test_a_machine_says_nothing_of_an_authentication() -> None:
    said = claims.machine_token(ISSUER, SHOP, API, ("read:orders",), "j", NOW)
    assert said == {
        "iss": ISSUER,
        "sub": "shop@clients",
        "aud": AUDIENCE,
        "iat": NOW,
        "exp": NOW + 86400,
        "azp": "shop",
        "client_id": "shop",
        "gty": "client-credentials",
        "scope": "read:orders",
        "jti": "j",
    }


# Lifetimes


def test_a_browser_application_gets_shorter_tokens() -> None:
    assert claims.access_lifetime(grant(), ("read:orders",), SHOP, API, NOW) == 86400
    assert claims.access_lifetime(grant(), ("read:orders",), SPA, API, NOW) == 7200


def test_no_access_token_outlives_the_acr_lifetime_of_its_scopes() -> None:
    fresh = grant(proofs=(Proof(PASSWORD, "e1", 1, "a1", NOW - 100),))
    assert claims.access_lifetime(fresh, ("read:orders", "transfer:funds"), SHOP, API, NOW) == 500
    assert claims.access_lifetime(fresh, ("read:orders",), SHOP, API._replace(requirement=Requirement(lifetime=200)), NOW) == 100
    assert claims.access_lifetime(grant(), ("transfer:funds",), SHOP, API, NOW) == 0


def test_no_access_token_outlives_its_grant() -> None:
    assert claims.access_lifetime(grant()._replace(ends_at=NOW + 40), (), SHOP, API, NOW) == 40
    assert claims.access_lifetime(grant()._replace(ends_at=NOW - 40), (), SHOP, API, NOW) == 0


def test_a_refreshed_token_loses_the_scopes_that_were_for_one_use_or_for_a_time() -> None:
    fresh = grant(proofs=(Proof(PASSWORD, "e1", 1, "a1", NOW - 599),))
    scope = ("openid", "read:orders", "transfer:funds", "pay:once")
    assert claims.lapsed(fresh, scope, API, NOW) == ("pay:once",)
    assert claims.lapsed(fresh, scope, API, NOW + 1) == ("transfer:funds", "pay:once")
    assert claims.lapsed(fresh, scope, None, NOW + 1) == ()


def test_it_loses_all_scopes_of_an_api_whose_own_lifetime_is_over() -> None:
    whole = API._replace(requirement=Requirement(lifetime=3600))
    assert claims.lapsed(grant(), ("openid", "read:orders"), whole, NOW) == ("read:orders",)
    assert claims.lapsed(grant(), ("openid", "read:orders"), whole, NOW - 1) == ()


# Row 19


def test_an_access_token_made_for_userinfo_is_good_there_until_it_expires() -> None:
    assert claims.judge_access(access_token(), ISSUER, USERINFO, NOW + 299) == ("openid", "read:orders")
    assert claims.judge_access({**access_token(), "aud": USERINFO}, ISSUER, USERINFO, NOW) == ("openid", "read:orders")


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        id_token(scope=("openid", "profile")),
        {**id_token(), "aud": USERINFO},
        {**id_token(nonce=""), "aud": USERINFO, "scope": "openid", "jti": "x"},
        access_token(scope=("read:orders",)),
        {**access_token(), "nonce": "n"},
        {**access_token(), "nonce": ""},
        {**access_token(), "iss": ISSUER.rstrip("/")},
        {**access_token(), "aud": "https://evil.example/userinfo"},
        {**access_token(), "aud": None},
        {**access_token(), "aud": {USERINFO: 1}},
        {**access_token(), "exp": NOW},
        {**access_token(), "exp": str(NOW + 300)},
        {**access_token(), "exp": None},
        {**access_token(), "scope": ["openid"]},
        {**access_token(), "sub": ""},
        {**access_token(), "sub": 1},
        {**access_token(), "client_id": None},
        {name: value for name, value in access_token().items() if name != "jti"},
        claims.machine_token(ISSUER, SHOP, API, ("openid",), "j", NOW),
        {"iss": ISSUER, "aud": "shop", "sub": "auth0|ann", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "jti": "j", "exp": NOW + 60},
    ],
)
def test_row_19_nothing_else_passes_for_an_access_token(said: Mapping[str, object] | None) -> None:
    with pytest.raises(OAuthError) as caught:
        claims.judge_access(said, ISSUER, USERINFO, NOW)
    assert (caught.value.code, caught.value.status) == ("invalid_token", 401)


def test_row_19_an_access_token_does_not_pass_for_an_id_token() -> None:
    """Whoever expects an ID token pins aud to its client; an access token never has that, and says client_id besides."""
    said = access_token()
    assert "shop" not in {said["aud"], *API.scopes} if isinstance(said["aud"], str) else "shop" not in said["aud"]  # type: ignore[operator]
    assert "client_id" not in id_token()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(st.dictionaries(st.sampled_from(("iss", "aud", "sub", "exp", "scope", "client_id", "jti")), JSON))
def test_row_19_no_spoilt_claim_gets_through_or_breaks_the_judge(spoilt: dict[str, object]) -> None:
    try:
        claims.judge_access({**access_token(), **spoilt}, ISSUER, USERINFO, NOW)
    except OAuthError as refusal:
        assert refusal.code == "invalid_token"  # noqa: PT017
        return
    assert not spoilt.keys() & {"iss", "aud"}


def test_the_claims_that_are_announced_are_those_that_are_said() -> None:
    everything = {**dict.fromkeys(OF_PROFILE, "x"), "phone_number": "+15550100", "user_metadata": {"address": "1 Main Street"}}
    said = claims.id_token(ISSUER, grant(), SHOP, ANN, everything, scopes.OIDC, "n", NOW)
    assert said.keys() == set(claims.SUPPORTED)
