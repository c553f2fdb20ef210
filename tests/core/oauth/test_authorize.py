"""Attacks row 8 (step-up downgrade) and row 18 (mix-up) begin here: what a request may say, and what it is told."""

import json
from typing import get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import API, APIS, AUDIENCE, CALLBACK, CHALLENGE, CLIENTS, SHOP
from yett.domain.assurance import MULTI_FACTOR
from yett.domain.requirement import Clause
from yett.oauth import errors
from yett.oauth.authorize import LONGEST, AuthorizationRequest, judge, meant, present_only, wants
from yett.oauth.errors import OAuthError, RedirectedError
from yett.oauth.redirects import Way

MINIMAL = {"client_id": "shop", "redirect_uri": CALLBACK, "response_type": "code"}
PHR = "phr"


def judged(strict: bool = False, /, **params: str) -> AuthorizationRequest:
    return judge(tuple({**MINIMAL, **params}.items()), CLIENTS, APIS, strict=strict)


def refused(strict: bool = False, /, **params: str) -> RedirectedError:
    with pytest.raises(RedirectedError) as caught:
        judged(strict, **params)
    return caught.value


def shown(*params: tuple[str, str]) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        judge(params, CLIENTS, APIS, strict=False)
    assert not isinstance(caught.value, RedirectedError)
    return caught.value


def acr(**asked: object) -> str:
    return json.dumps({"id_token": {"acr": asked}})


def test_a_full_request_is_taken_as_it_was_sent() -> None:
    request = judged(
        scope="openid profile read:orders offline_access",
        state="s",
        nonce="n",
        audience=AUDIENCE,
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
        prompt="login consent",
        max_age="3600",
        acr_values=f"{MULTI_FACTOR} phr",
        claims=acr(essential=True, value="phrh"),
        id_token_hint="a.b.c",
        login_hint="ann@example.com",
        ui_locales="de-AT en",
    )
    assert request == AuthorizationRequest(
        client_id="shop",
        redirect_uri=CALLBACK,
        scope=("openid", "profile", "read:orders", "offline_access"),
        state="s",
        nonce="n",
        audience=AUDIENCE,
        code_challenge=CHALLENGE,
        prompt=("login", "consent"),
        max_age=3600,
        acr_values=(MULTI_FACTOR, PHR),
        essential_acr=("phrh",),
        id_token_hint="a.b.c",
        login_hint="ann@example.com",
        ui_locales=("de-AT", "en"),
    )


def test_a_request_survives_being_kept_as_json() -> None:
    request = judged(acr_values="phr", max_age="0", ui_locales="de", claims=acr(values=["phr", "phrh"]))
    assert msgspec.json.decode(msgspec.json.encode(request), type=AuthorizationRequest) == request
    assert set(get_type_hints(AuthorizationRequest).values()) == {str, tuple[str, ...], int | None}


def test_unknown_parameters_are_ignored_even_twice_and_empty_ones_are_not_there() -> None:
    twice = (("screen_hint", "signup"), ("screen_hint", "login"))
    sent = (*MINIMAL.items(), *twice, ("max_age", ""), ("prompt", ""), ("request", ""))
    assert judge(sent, CLIENTS, APIS, strict=False) == judged()


@pytest.mark.parametrize(
    "params",
    [
        (),
        (("redirect_uri", CALLBACK),),
        (("client_id", "nobody"), ("redirect_uri", CALLBACK)),
        (("client_id", "shop"), ("client_id", "spa"), ("redirect_uri", CALLBACK)),
        (("client_id", "shop"),),
        (("client_id", "shop"), ("redirect_uri", CALLBACK), ("redirect_uri", CALLBACK)),
        (("client_id", "shop"), ("redirect_uri", CALLBACK + "?" + "x" * 2048)),
        (("client_id", "shop\0"), ("redirect_uri", CALLBACK)),
    ],
)
def test_nobody_is_redirected_before_client_and_address_are_known(params: tuple[tuple[str, str], ...]) -> None:
    assert shown(*params).code == "invalid_request"


def test_an_address_that_is_not_registered_is_shown_and_never_followed() -> None:
    assert shown(("client_id", "shop"), ("redirect_uri", "https://evil.example/"), ("response_type", "code")).code == "redirect_mismatch"


@pytest.mark.parametrize("name", sorted(LONGEST.keys() - {"client_id", "redirect_uri"}))
def test_no_parameter_counts_twice_or_runs_on_or_smuggles_control_characters(name: str) -> None:
    for sent in ([(name, "1"), (name, "1")], [(name, "x" * (LONGEST[name] + 1))], [(name, "a\x0bb")], [(name, "\ud800")]):
        with pytest.raises(RedirectedError) as caught:
            judge([*((key, value) for key, value in MINIMAL.items() if key != name), *sent], CLIENTS, APIS, strict=False)
        assert caught.value.code == "invalid_request"


def test_a_refusal_goes_back_with_the_state_that_was_sent() -> None:
    error = refused(state="xyz", response_type="token")
    assert error.way == Way(CALLBACK, "xyz")
    assert error.answer() == {"error": "unsupported_response_type", "error_description": "Supported response types: code, id_token."}


def test_a_state_sent_twice_is_not_sent_back_at_all() -> None:
    with pytest.raises(RedirectedError) as caught:
        judge([*MINIMAL.items(), ("state", "a"), ("state", "b")], CLIENTS, APIS, strict=False)
    assert caught.value.way.state == ""


@pytest.mark.parametrize(
    "params, code",
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "id_token"}, "unauthorized_client"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "jwt"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
        ({"audience": "https://other.example/"}, "access_denied"),
        ({"scope": 'openid "x"'}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none unheard-of"}, "invalid_request"),
    ],
)
def test_what_the_application_is_told(params: dict[str, str], code: str) -> None:
    assert refused(**params).code == code


def test_an_unknown_api_is_refused_in_the_words_of_auth0() -> None:
    assert refused(audience="https://other.example/").description == "Service not found: https://other.example/"


def test_a_client_without_the_grant_gets_no_code() -> None:
    clients = {"shop": SHOP._replace(grant_types=("client_credentials",))}
    with pytest.raises(RedirectedError) as caught:
        judge(tuple(MINIMAL.items()), clients, APIS, strict=False)
    assert caught.value.code == "unauthorized_client"


def test_the_only_response_mode_may_be_named() -> None:
    assert judged(response_mode="query").response_mode == "query"


def test_prompts_are_read_in_any_order_and_unknown_ones_ignored() -> None:
    assert judged(prompt="consent unheard-of login").prompt == ("login", "consent")
    assert judged(prompt="none").prompt == ("none",)


@pytest.mark.parametrize("text", ["-1", "+1", "1.5", "1e3", " 1", "\u0661", "0x1", "2147483648", "99999999999", "one"])
def test_a_max_age_that_is_no_number_of_seconds_is_refused_rather_than_forgotten(text: str) -> None:
    assert refused(max_age=text).code == "invalid_request"


def test_max_age_reaches_from_zero_to_the_bound() -> None:
    assert [judged(max_age=text).max_age for text in ("0", "007", "2147483647")] == [0, 7, 2147483647]
    assert judged().max_age is None


# PKCE (RFC 7636, RFC 9700 2.1.1)


def test_a_public_client_must_send_a_challenge() -> None:
    with pytest.raises(RedirectedError) as caught:
        judge([("client_id", "spa"), ("redirect_uri", "https://spa.example/"), ("response_type", "code")], CLIENTS, APIS, strict=False)
    assert caught.value.description == "Missing required parameter: code_challenge"


@pytest.mark.parametrize(
    "client", [SHOP._replace(require_pkce=True), SHOP._replace(app_type="spa"), SHOP._replace(app_type="native"), SHOP._replace(auth_method="none")]
)
def test_so_must_whoever_is_public_in_fact_or_says_so(client: object) -> None:
    with pytest.raises(RedirectedError):
        judge(tuple(MINIMAL.items()), {"shop": client}, APIS, strict=False)  # type: ignore[dict-item]


def test_a_strict_regime_asks_it_of_confidential_clients_too() -> None:
    assert judged().code_challenge == ""
    assert refused(True).code == "invalid_request"
    assert judged(True, code_challenge=CHALLENGE, code_challenge_method="S256").code_challenge == CHALLENGE


@pytest.mark.parametrize(
    "challenge, method",
    [
        (CHALLENGE, ""),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        ("", "S256"),
        (CHALLENGE + "=", "S256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE[:-1] + "+", "S256"),
        (CHALLENGE[:-1] + "\u00e9", "S256"),
    ],
)
def test_a_challenge_that_protects_nothing_is_refused(challenge: str, method: str) -> None:
    assert refused(code_challenge=challenge, code_challenge_method=method).code == "invalid_request"


# Scopes


def test_scopes_that_nobody_knows_are_dropped_in_silence() -> None:
    assert judged(scope="openid read:orders admin:all openid", audience=AUDIENCE).scope == ("openid", "read:orders")
    assert judged(scope="openid read:orders").scope == ("openid",)


def test_offline_access_wants_the_refresh_grant_and_an_api_that_allows_it() -> None:
    closed = {AUDIENCE: API._replace(allow_offline_access=False)}
    sent = (*MINIMAL.items(), ("scope", "openid offline_access"))
    with_api = (*sent, ("audience", AUDIENCE))
    poor = {"shop": SHOP._replace(grant_types=("authorization_code",))}
    assert "offline_access" in judge(with_api, CLIENTS, APIS, strict=False).scope
    assert "offline_access" not in judge(with_api, CLIENTS, closed, strict=False).scope
    assert "offline_access" in judge(sent, CLIENTS, closed, strict=False).scope
    assert "offline_access" not in judge(sent, poor, APIS, strict=False).scope


# Row 8: the requirement cannot be talked down


def test_row_8_each_source_of_the_request_is_a_clause_of_its_own() -> None:
    request = judged(acr_values="phr", max_age="60", claims=acr(essential=True, values=["phrh", MULTI_FACTOR]))
    assert wants(request) == (
        Clause("essential", ("phrh", MULTI_FACTOR), essential=True),
        Clause("client_acr", ("phr",)),
        Clause("request", (), max_age=60),
    )


def test_row_8_a_voluntary_claim_adds_to_acr_values_and_replaces_nothing() -> None:
    request = judged(acr_values="phr", claims=acr(value=MULTI_FACTOR))
    assert wants(request) == (Clause("client_acr", ("phr",)), Clause("client_acr", (MULTI_FACTOR,)))


def test_a_request_that_asks_for_nothing_wants_nothing() -> None:
    assert wants(judged()) == ()


@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        '"acr"',
        "NaN",
        "1" * 4096,
        "[" * 4096,
        '{"id_token": []}',
        '{"id_token": {"acr": "phr"}}',
        '{"id_token": {"acr": {"essential": "true", "value": "phr"}}}',
        '{"id_token": {"acr": {"essential": true, "values": []}}}',
        '{"id_token": {"acr": {"essential": true, "values": "phr"}}}',
        '{"id_token": {"acr": {"essential": true, "values": ["phr", 1]}}}',
        '{"id_token": {"acr": {"essential": true, "value": "phr", "values": ["x"]}}}',
        '{"id_token": {"acr": {"essential": true, "value": "\\ud800"}}}',
        '{"id_token": {"acr": {"essential": true, "value": "two words"}}}',
        '{"id_token": {"acr": {"essential": true, "value": "phr", "essential": false}}}',
        '{"id_token": {"acr": {"essential": true, "value": "phr"}}, "id_token": {}}',
        '{"id_token": {"sub": {"values": []}}}',
        '{"id_token": {"sub": {"value": 1}}}',
        '{"id_token": {"sub": {"value": "a", "values": ["b"]}}}',
    ],
)
def test_row_8_a_claims_parameter_that_can_be_read_in_two_ways_is_read_in_none(claims: str) -> None:
    assert refused(claims=claims).code == "invalid_request"


@pytest.mark.parametrize(
    "claims", ["{}", '{"id_token": null}', '{"id_token": {"acr": null}}', '{"userinfo": {"email": {"essential": true}}}', acr(essential=True)]
)
def test_a_claims_parameter_that_names_no_value_asks_for_none(claims: str) -> None:
    assert wants(judged(claims=claims)) == ()


@pytest.mark.parametrize(
    "about, hinted, who",
    [
        ({}, "", "abc"),
        ({"value": "a"}, "", "a"),
        ({"values": ["a", "b"]}, "", "ab"),
        ({"essential": True}, "c", "c"),
        ({"values": ["a", "b"]}, "b", "b"),
        ({"value": "a"}, "b", ""),
    ],
)
def test_a_request_means_whom_it_names_by_sub_and_by_hint_and_else_whoever_it_is(about: dict[str, object], hinted: str, who: str) -> None:
    request = judged(claims=json.dumps({"id_token": {"sub": about}, "userinfo": {"sub": {"value": "z"}}}))._replace(hinted=hinted)
    assert "".join(one for one in "abc" if meant(request, one)) == who


def test_json_may_be_broken_into_lines_and_nothing_else_may() -> None:
    request = judged(claims=json.dumps({"id_token": {"acr": {"essential": True, "value": "phr"}}}, indent="\t").replace("\n", "\r\n"))
    assert request.essential_acr == ("phr",)
    assert refused(claims='{"id_token": {"acr": {"value": "a\nb"}}}').code == "invalid_request"
    assert refused(claims='{"id_token": {}}\x00').code == "invalid_request"
    for name in ("acr_values", "prompt", "state", "scope", "login_hint"):
        assert refused(**{name: "a\nb"}).code == "invalid_request"


def test_only_prompt_login_and_max_age_zero_make_everything_earlier_worthless() -> None:
    assert present_only(judged(prompt="login"))
    assert present_only(judged(max_age="0"))
    assert not present_only(judged(prompt="select_account", max_age="1"))
    assert not present_only(judged())


PARAMETERS = st.one_of(st.sampled_from(sorted(LONGEST)), st.text(max_size=8))
VALUES = st.one_of(st.text(max_size=40), st.sampled_from(("none", "code", "S256", CHALLENGE, CALLBACK, "shop", "openid", "{}", "[[", "0", "phr")))


@given(st.lists(st.tuples(PARAMETERS, VALUES), max_size=12), st.booleans())
def test_whatever_is_sent_is_a_request_or_a_refusal_of_the_table(params: list[tuple[str, str]], known: bool) -> None:
    sent = [*MINIMAL.items(), *params] if known else params
    try:
        request = judge(sent, CLIENTS, APIS, strict=False)
    except OAuthError as refusal:
        assert refusal.code in errors.STATUS  # noqa: PT017
        return
    assert request.redirect_uri in CLIENTS[request.client_id].callbacks
    assert msgspec.json.decode(msgspec.json.encode(request), type=AuthorizationRequest) == request


@given(st.text())
def test_any_claims_parameter_is_a_wish_or_a_refusal(claims: str) -> None:
    try:
        request = judged(claims=claims)
    except RedirectedError as refusal:
        assert refusal.code == "invalid_request"  # noqa: PT017
        return
    assert request.essential_acr == ()
