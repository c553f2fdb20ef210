"""Signing out leads home or nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import CLIENTS, ISSUER, PHONE
from yett.oauth import logout
from yett.oauth.logout import Plan, oidc_target, v2_target

BYE = "https://shop.example/bye"
TENANT = ("https://id.example/goodbye",)
HINT = {"iss": ISSUER, "sub": "auth0|ann", "sid": "sid-1", "aud": "shop"}


def test_v2_logout_follows_the_urls_of_the_client_that_is_named_and_else_of_the_tenant() -> None:
    assert v2_target({"client_id": "shop", "returnTo": BYE}, CLIENTS, TENANT) == BYE
    assert v2_target({"returnTo": TENANT[0]}, CLIENTS, TENANT) == TENANT[0]
    assert v2_target({"client_id": "shop"}, CLIENTS, TENANT) == ""


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "shop", "returnTo": TENANT[0]},
        {"client_id": "spa", "returnTo": BYE},
        {"client_id": "nobody", "returnTo": BYE},
        {"client_id": "shop", "returnTo": BYE + "?x=1"},
        {"client_id": "shop", "returnTo": "https://shop.example\\@evil.example/bye"},
        {"returnTo": BYE},
        {"returnTo": "//evil.example"},
    ],
)
def test_row_17_v2_logout_leads_nowhere_else(query: dict[str, str]) -> None:
    assert v2_target(query, CLIENTS, TENANT) is None


def test_a_hint_names_client_and_session_and_needs_no_client_id() -> None:
    plan = oidc_target({"post_logout_redirect_uri": BYE, "state": "a b"}, HINT, CLIENTS)
    assert plan == Plan(BYE + "?state=a%20b", hinted=True, account="auth0|ann", sid="sid-1")


def test_without_a_hint_the_client_is_named_and_the_person_asked() -> None:
    assert oidc_target({"post_logout_redirect_uri": BYE, "client_id": "shop"}, None, CLIENTS) == Plan(BYE)
    assert oidc_target({}, None, CLIENTS) == Plan("")


def test_without_an_address_there_is_nowhere_to_bring_a_state() -> None:
    assert oidc_target({"state": "s", "client_id": "shop"}, None, CLIENTS) == Plan("")
    assert oidc_target({"post_logout_redirect_uri": BYE, "client_id": "shop", "state": "x" * 9000}, None, CLIENTS) == Plan(BYE)


@pytest.mark.parametrize(
    "hint",
    [
        {**HINT, "client_id": "shop"},
        {**HINT, "aud": "nobody"},
        {**HINT, "aud": ["shop"]},
        {**HINT, "sub": 1},
        {**HINT, "sub": ""},
        {},
    ],
)
def test_row_19_what_is_no_id_token_of_ours_is_no_hint(hint: dict[str, object]) -> None:
    plan = oidc_target({}, hint, CLIENTS)
    assert plan is not None
    assert not plan.hinted


def test_a_hint_without_a_session_still_names_its_account() -> None:
    assert oidc_target({}, {**HINT, "sid": None}, CLIENTS) == Plan("", hinted=True, account="auth0|ann")


@pytest.mark.parametrize(
    "given_, hint",
    [
        ({"client_id": "spa"}, HINT),
        ({"post_logout_redirect_uri": BYE}, None),
        ({"post_logout_redirect_uri": BYE, "client_id": "nobody"}, None),
        ({"post_logout_redirect_uri": BYE, "client_id": "spa"}, None),
        ({"post_logout_redirect_uri": "https://shop.example/callback"}, HINT),
        ({"post_logout_redirect_uri": BYE + "#f"}, HINT),
        ({"post_logout_redirect_uri": BYE}, {**HINT, "client_id": "shop"}),
    ],
)
def test_row_17_oidc_logout_leads_nowhere_else(given_: dict[str, str], hint: dict[str, object] | None) -> None:
    assert oidc_target(given_, hint, CLIENTS) is None


def test_a_native_application_comes_back_to_any_port() -> None:
    clients = {"phone": PHONE._replace(allowed_logout_urls=("http://127.0.0.1/bye",))}
    assert oidc_target({"client_id": "phone", "post_logout_redirect_uri": "http://127.0.0.1:4000/bye"}, None, clients) == Plan("http://127.0.0.1:4000/bye")


@given(st.dictionaries(st.sampled_from(("client_id", "post_logout_redirect_uri", "state")), st.one_of(st.text(max_size=30), st.sampled_from(("shop", BYE)))))
def test_no_other_address_is_followed(sent: dict[str, str]) -> None:
    plan = oidc_target(sent, None, CLIENTS)
    assert plan is None or not plan.url or plan.url.split("?")[0] == BYE


def test_a_logout_token_is_about_a_session_and_nobody_takes_it_for_an_id_token() -> None:
    """Back-Channel Logout 1.0, 2.4: and 2.6 forbids a nonce."""
    assert logout.token(ISSUER, "shop", "auth0|ann", "sid-1", "j1", 1000) == {
        "iss": ISSUER,
        "sub": "auth0|ann",
        "aud": "shop",
        "iat": 1000,
        "exp": 1120,
        "jti": "j1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "sid": "sid-1",
    }
