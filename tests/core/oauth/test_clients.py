"""Client authentication: one method, proven, or no answer that tells why not."""

import base64
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import CLIENTS, SECRET, SHOP, SPA
from yett.domain.client import Client
from yett.oauth.clients import authenticate, origin_allowed, presented_client, trusts_address
from yett.oauth.errors import OAuthError


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()


def refused(fields: dict[str, str], authorization: str = "", clients: dict[str, Client] = CLIENTS) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        authenticate(fields, authorization, clients)
    return caught.value


def test_a_confidential_client_shows_its_secret_in_either_form() -> None:
    assert authenticate({"client_id": "shop", "client_secret": SECRET}, "", CLIENTS) == SHOP
    assert authenticate({}, basic("shop", SECRET), CLIENTS) == SHOP
    assert authenticate({"client_id": "shop"}, basic("shop", SECRET).replace("Basic", "basic"), CLIENTS) == SHOP


def test_a_public_client_names_itself() -> None:
    assert authenticate({"client_id": "spa"}, "", CLIENTS) == SPA


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"client_id": "nobody", "client_secret": SECRET},
        {"client_id": "shop"},
        {"client_id": "shop", "client_secret": ""},
        {"client_id": "shop", "client_secret": SECRET + "x"},
        {"client_id": "shop", "client_secret": "\ud800"},
        {"client_id": "spa", "client_secret": "anything"},
        {"client_id": "spa", "client_assertion": "e30.e30.", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
        {"client_id": "spa", "client_assertion": "e30.e30."},
        {"client_id": "spa", "client_assertion_type": "x"},
    ],
)
def test_whoever_is_unknown_or_unproven_is_told_the_same(fields: dict[str, str]) -> None:
    error = refused(fields)
    assert (error.status, error.body()) == (401, {"error": "invalid_client", "error_description": "Unauthorized"})


@pytest.mark.parametrize(
    "authorization",
    [
        basic("shop", "wrong"),
        basic("nobody", SECRET),
        basic("spa", "x"),
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"shop:%ff").decode(),
        "Basic " + base64.b64encode(b"\xff:x").decode(),
        "Bearer token",
    ],
)
def test_a_header_that_proves_nothing_is_asked_for_again(authorization: str) -> None:
    error = refused({}, authorization)
    assert (error.code, error.headers()) == ("invalid_client", (("www-authenticate", 'Basic realm="yett"'),))


def test_two_methods_in_one_request_are_refused() -> None:
    assert refused({"client_secret": SECRET}, basic("shop", SECRET)).code == "invalid_request"
    assert refused({"client_id": "spa"}, basic("shop", SECRET)).code == "invalid_request"


def test_a_confidential_client_without_a_secret_is_nobody() -> None:
    for secret in (None, b""):
        assert refused({"client_id": "shop", "client_secret": ""}, clients={"shop": SHOP._replace(secret=secret)}).code == "invalid_client"


def test_a_client_uses_the_grants_that_it_was_given() -> None:
    fields = {"client_id": "spa", "grant_type": "password"}
    error = refused(fields)
    assert (error.status, error.code, error.description) == (403, "unauthorized_client", "Grant type 'password' not allowed for the client.")
    assert authenticate({**fields, "grant_type": "refresh_token"}, "", CLIENTS) == SPA


def test_an_unproven_client_does_not_learn_which_grants_it_would_have() -> None:
    assert refused({"client_id": "shop", "client_secret": "x", "grant_type": "made-up"}).code == "invalid_client"


def test_the_client_that_a_request_names_can_be_read_without_judging_it() -> None:
    assert presented_client({"client_id": "shop"}, "") == "shop"
    assert presented_client({}, basic("shop", "wrong")) == "shop"
    assert presented_client({}, "") is None
    assert presented_client({}, "Bearer x") is None


def test_where_an_assertion_alone_says_who_it_is_no_client_of_a_page_is_named() -> None:
    assert presented_client({"client_assertion": "a.b.c"}, "") == ""
    assert presented_client({"client_assertion": "a.b.c", "client_id": "shop"}, "") == "shop"


def test_whoever_has_a_key_does_not_come_in_by_a_secret() -> None:
    keyed = {"shop": SHOP._replace(auth_method="private_key_jwt")}
    assert refused({"client_id": "shop", "client_secret": SECRET}, clients=keyed).code == "invalid_client"
    assert refused({}, basic("shop", SECRET), keyed).code == "invalid_client"


@given(st.dictionaries(st.sampled_from(("client_id", "client_secret", "client_assertion", "grant_type")), st.text(max_size=20)), st.text(max_size=40))
def test_nothing_made_up_is_a_client(fields: dict[str, str], authorization: str) -> None:
    try:
        client = authenticate(fields, authorization, CLIENTS)
    except OAuthError as refusal:
        assert refusal.code in {"invalid_client", "invalid_request", "unauthorized_client"}  # noqa: PT017
        return
    assert client.auth_method == "none"


@pytest.mark.parametrize("origin", ["https://shop.example", "https://app.shop.example:8443", "http://localhost:3000", "http://[::1]:3000"])
def test_an_origin_of_the_client_may_read_its_answers(origin: str) -> None:
    own = ("https://app.shop.example:8443/", "http://localhost:3000", "http://[::1]:3000")
    assert origin_allowed(origin, SHOP._replace(web_origins=own))


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://shop.example", "https://shop.example:8443", "https://evil.shop.example", "https://shop.example.evil.example", "*", "com.example.app:"],
)
def test_no_other_origin_may(origin: str) -> None:
    own = ("*", "null", "https://*.shop.example", "https://[broken", "https://shop.example:99999", "com.example.app:/callback", "https:///x")
    assert not origin_allowed(origin, SHOP._replace(web_origins=own))


def test_a_usual_port_is_not_written_in_an_origin() -> None:
    assert origin_allowed("https://a.example", SHOP._replace(web_origins=("https://a.example:443",)))


@pytest.mark.parametrize(
    "extra, trusted", [(b"{}", False), (b'{"is_token_endpoint_ip_header_trusted":true}', True), (b'{"is_token_endpoint_ip_header_trusted":"yes"}', False)]
)
def test_an_address_is_believed_of_a_server_that_was_allowed_to_say_it(extra: bytes, trusted: bool) -> None:
    assert trusts_address(SHOP._replace(extra=extra)) is trusted
    assert not trusts_address(SPA._replace(extra=extra))
