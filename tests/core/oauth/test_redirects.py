"""Attacks row 17: no trick of spelling sends a code anywhere but home."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import CALLBACK, ISSUER, PHONE, SHOP
from yett.oauth.redirects import allowed, leads_back, matches, well_formed, with_query

ATTACKS = [
    "https://shop.example/callback/",
    "https://shop.example/callback?x=1",
    "https://shop.example/callback#fragment",
    "https://shop.example/callback#",
    "https://shop.example/callback/../evil",
    "https://shop.example/%63allback",
    "https://shop.example/Callback",
    "https://SHOP.example/callback",
    "HTTPS://shop.example/callback",
    "http://shop.example/callback",
    "https://shop.example:443/callback",
    "https://shop.example:8443/callback",
    "https://shop.example./callback",
    "https://shop.example@evil.example/callback",
    "https://evil.example@shop.example/callback",
    "https://shop.example\\@evil.example/callback",
    "https://evil.example\\shop.example/callback",
    "https://shop.example%2fcallback",
    "https://shop.example%00.evil.example/callback",
    "https://shop.example.evil.example/callback",
    "https://evil.example/https://shop.example/callback",
    "https://sh\u043ep.example/callback",
    "https://shop.example/callback\n",
    "https://shop.example/callback\r\nSet-Cookie: a=b",
    "https://shop.example/callback ",
    " https://shop.example/callback",
    "https:shop.example/callback",
    "https:///shop.example/callback",
    "//shop.example/callback",
    "/callback",
    "javascript:alert(1)//https://shop.example/callback",
    "data:text/html,https://shop.example/callback",
    "",
]


@pytest.mark.parametrize("uri", ATTACKS)
def test_row_17_nothing_but_the_registered_address_matches(uri: str) -> None:
    assert not allowed(uri, SHOP)


def test_the_registered_address_matches_itself() -> None:
    assert allowed(CALLBACK, SHOP)
    assert leads_back("https://shop.example/bye", SHOP)
    assert not leads_back(CALLBACK, SHOP)


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/#f",
        "https://u@a.example/",
        "https://u:p@a.example/",
        "https://a.example\\b",
        "https://a.example:port/",
        "https://[::1/",
        "https://*.example.com/",
        "https://",
        "javascript:alert(1)",
        "com.example.app:/callback",
        "no scheme",
    ],
)
def test_row_17_what_parsers_differ_on_does_not_match_even_where_it_is_registered(uri: str) -> None:
    assert not matches(uri, (uri,), native=False)


def test_a_native_application_may_have_a_scheme_of_its_own() -> None:
    assert allowed("com.example.app:/callback", PHONE)
    assert not allowed("com.example.app:/other", PHONE)
    for uri in ("javascript:alert(1)", "data:text/html,x", "file:/etc/passwd", "intent:x", "http:x", "https:x", "COM.EXAMPLE:/x", "com.example.app:"):
        assert not matches(uri, (uri,), native=True)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://127.0.0.1/callback", "http://[::1]:50000/callback"])
def test_a_native_application_chooses_its_port_on_the_loopback_address(uri: str) -> None:
    assert allowed(uri, PHONE)


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:50000/callback",
        "https://127.0.0.1:50000/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:123456/callback",
        "http://127.0.0.1:x/callback",
        "http://127.0.0.1:50000",
        "http://127.0.0.1:50000/callback/",
        "http://127.0.0.1:50000/callback?x=1",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.1:50000/callback",
        "http://2130706433:50000/callback",
        "http://0x7f000001/callback",
        "http://127.0.0.2:50000/callback",
        "http://[::ffff:127.0.0.1]:50000/callback",
        "http://[0:0:0:0:0:0:0:1]:50000/callback",
    ],
)
def test_row_17_nothing_else_gets_a_free_port(uri: str) -> None:
    assert not allowed(uri, PHONE)


def test_row_17_a_web_application_has_no_free_port_anywhere() -> None:
    web = SHOP._replace(callbacks=("http://127.0.0.1/callback", "http://localhost/callback"))
    assert allowed("http://127.0.0.1/callback", web)
    assert not allowed("http://127.0.0.1:50000/callback", web)
    assert not allowed("http://localhost:50000/callback", web)


def test_localhost_has_no_free_port_for_native_applications_either() -> None:
    phone = PHONE._replace(callbacks=("http://localhost:3000/callback",))
    assert allowed("http://localhost:3000/callback", phone)
    assert not allowed("http://localhost:3001/callback", phone)


@given(st.text(max_size=60))
def test_no_other_text_matches(text: str) -> None:
    assert matches(text, (CALLBACK,), native=False) == (text == CALLBACK)


@given(st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=20), st.sampled_from((CALLBACK, "http://127.0.0.1/callback")), st.booleans())
def test_what_is_not_well_formed_never_matches(tail: str, start: str, native: bool) -> None:
    uri = start + tail
    if not well_formed(uri, native=native):
        assert not matches(uri, (uri,), native=native)
    else:
        assert urlsplit(uri).fragment == ""
        assert urlsplit(uri).username is None


def test_an_answer_keeps_what_the_address_had() -> None:
    assert with_query("https://a.example/cb?x=1", {"code": "c", "iss": ISSUER}) == "https://a.example/cb?x=1&code=c&iss=https%3A%2F%2Fid.example%2F"
    assert with_query("https://a.example/cb?", {"state": "s"}) == "https://a.example/cb?state=s"
    assert with_query("https://a.example/cb?x=1&", {"state": "s"}) == "https://a.example/cb?x=1&state=s"
    assert with_query("https://a.example/cb", {"state": ""}) == "https://a.example/cb"


@given(
    st.sampled_from((CALLBACK, CALLBACK + "?own=1&two=%20", "com.example.app:/callback")),
    st.dictionaries(st.sampled_from(("code", "error", "error_description")), st.text(st.characters(exclude_categories=["Cs"]))),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_an_answer_arrives_as_it_was_given(redirect_uri: str, answer: dict[str, str], state: str) -> None:
    url = with_query(redirect_uri, {**answer, "state": state, "iss": ISSUER})
    sent = {name: value for name, value in {**answer, "state": state, "iss": ISSUER}.items() if value}
    own = parse_qsl(urlsplit(redirect_uri).query)
    assert url.startswith(redirect_uri)
    assert url.isascii()
    assert url.isprintable()
    assert parse_qsl(url.partition("?")[2]) == [*own, *sent.items()]
