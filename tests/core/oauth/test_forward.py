"""What a proxy asks, what a place demands, and a way to a login that only its own browser comes back by."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from yett.domain.assurance import AAL, MULTI_FACTOR
from yett.domain.protected import Protected, protected
from yett.domain.requirement import Clause
from yett.oauth import forward, pkce
from yett.oauth.forward import Asked, Demand, Way

WIKI = Protected("https://wiki.example.com")
HOSTS = {WIKI.origin: WIKI, "http://localhost:9000": Protected("http://localhost:9000")}
SAID = (("x-forwarded-method", "GET"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "wiki.example.com"), ("x-forwarded-uri", "/page?q=1"))
SECRET = "s" * 43


def said(**change: str) -> list[tuple[str, str]]:
    return [(name, change.get(name.rpartition("-")[2], value)) for name, value in SAID]


# What is asked


def test_what_a_proxy_holds_back_is_read_from_its_four_headers() -> None:
    assert forward.asked(SAID, HOSTS) == Asked("GET", WIKI, "/page?q=1")
    assert forward.asked(said(host="WIKI.example.com:443"), HOSTS) == Asked("GET", WIKI, "/page?q=1")
    there = forward.asked(said(proto="http", host="localhost:9000"), HOSTS)
    assert there is not None
    assert there.host.host == "localhost:9000"


@pytest.mark.parametrize(
    "host", ["evil.example", "wiki.example.com.evil.example", "wiki.example.com:8443", "wiki.example.com@evil.example", "", "xwiki.example.com"]
)
def test_a_host_that_is_not_protected_is_none_of_ours(host: str) -> None:
    assert forward.asked(said(host=host), HOSTS) is None
    assert forward.asked(said(proto="http"), HOSTS) is None


@pytest.mark.parametrize("name", [name for name, _ in SAID])
def test_a_header_that_is_missing_or_comes_twice_is_believed_in_neither_form(name: str) -> None:
    assert forward.asked([one for one in SAID if one[0] != name], HOSTS) is None
    assert forward.asked([(name, "/evil"), *SAID], HOSTS) is None
    assert forward.asked([*SAID, *((one, value) for one, value in SAID if one == name)], HOSTS) is None


@pytest.mark.parametrize("uri", ["https://evil.example/", "evil", "", "/a\nb", "/ü", "\\\\evil.example"])
def test_what_is_no_path_leads_to_the_front_page(uri: str) -> None:
    asked = forward.asked(said(uri=uri), HOSTS)
    assert asked is not None
    assert asked.back == "/"


@pytest.mark.parametrize("uri", ["//evil.example/", "/\\evil.example", "/@evil.example", "/?next=https://evil.example"])
def test_no_path_leads_to_another_host(uri: str) -> None:
    asked = forward.asked(said(uri=uri), HOSTS)
    assert asked is not None
    assert urlsplit(WIKI.origin + asked.back).hostname == "wiki.example.com"


def test_our_own_paths_and_endless_ones_are_no_place_to_go_back_to() -> None:
    assert Asked("GET", WIKI, "/.yett/callback?code=1").ours == "/.yett/callback"
    assert Asked("GET", WIKI, "/.yett/callback?code=1").back == "/"
    assert Asked("GET", WIKI, "/" + "a" * 2000).back == "/"
    assert Asked("GET", WIKI, "/.yettish").ours == ""


def test_parameters_of_which_one_comes_twice_are_none() -> None:
    assert forward.params_of(Asked("GET", WIKI, "/.yett/callback?code=1&state=2")) == {"code": "1", "state": "2"}
    assert forward.params_of(Asked("GET", WIKI, "/.yett/callback?code=1&code=2")) == {}


# What is demanded


def test_the_host_and_the_place_demand_together_and_neither_lowers_the_other() -> None:
    host = protected("https://wiki.example.com", (MULTI_FACTOR,), 3600)
    assert forward.demand(host, []) == Demand(((MULTI_FACTOR,),), 3600)
    assert forward.demand(host, [("acr", "phr phrh"), ("max_age", "600")]) == Demand(((MULTI_FACTOR,), ("phr", "phrh")), 600)
    assert forward.demand(host, [("max_age", "7200")]) == Demand(((MULTI_FACTOR,),), 3600)
    assert forward.demand(WIKI, [("acr", "phr"), ("acr", "phrh")]) == Demand((("phr", "phrh"),))
    assert forward.demand(WIKI, [("max_age", "600"), ("max_age", "60")]) == Demand((), 60)


@pytest.mark.parametrize("query", [("acr", "mfa"), ("acr", ""), ("arc", "phr"), ("max_age", "0"), ("max_age", "29"), ("max_age", "-60"), ("max_age", "1h")])
def test_a_demand_that_is_misspelled_lets_nobody_in(query: tuple[str, str]) -> None:
    assert forward.demand(WIKI, [query]) is None


def test_a_demand_is_judged_as_essential_clauses() -> None:
    demand = Demand(((MULTI_FACTOR,), ("phr",)), 600)
    assert demand.clauses == (
        Clause("essential", (MULTI_FACTOR,), essential=True),
        Clause("essential", ("phr",), essential=True),
        Clause("request", max_age=600),
    )
    assert Demand().clauses == ()


def test_what_is_asked_for_meets_all_that_is_demanded_where_one_value_can() -> None:
    assert Demand(((MULTI_FACTOR,), (AAL + "3",))).acrs == (AAL + "3",)
    assert Demand((("phr",), ("phr", "phrh"))).acrs == ("phr", "phrh")
    assert Demand(((MULTI_FACTOR,), ("phr",))).acrs == ("phr",)
    assert Demand().acrs == ()


def test_who_is_not_let_in_is_told_what_would_do() -> None:
    told = forward.challenge(Demand((("phr",),), 600))
    assert told.startswith('Bearer error="insufficient_user_authentication"')
    assert told.endswith('acr_values="phr", max_age="600"')
    assert "acr_values" not in forward.challenge(Demand())


# Who can be sent to log in

HTML = {"accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize(
    "method, headers, leaves",
    [
        ("GET", HTML, True),
        ("HEAD", HTML, True),
        ("GET", {"sec-fetch-mode": "navigate"}, True),
        ("GET", {**HTML, "sec-fetch-mode": "cors"}, False),
        ("GET", {**HTML, "sec-fetch-mode": "websocket"}, False),
        ("GET", {**HTML, "x-requested-with": "XMLHttpRequest"}, False),
        ("GET", {"accept": "*/*"}, False),
        ("GET", {}, False),
        ("POST", {**HTML, "sec-fetch-mode": "navigate"}, False),
        ("DELETE", HTML, False),
    ],
)
def test_only_a_person_who_looks_is_sent_away(method: str, headers: dict[str, str], leaves: bool) -> None:
    assert forward.may_leave(method, headers) is leaves


# The way there and back

WAY = Way("turn", "/page?q=1", Demand(((MULTI_FACTOR,), ("phr",)), 600))


@pytest.mark.parametrize("way", [WAY, Way("turn", "/", Demand())])
def test_a_way_comes_back_as_it_began(way: Way) -> None:
    assert forward.way_of(SECRET, forward.state_of(SECRET, way)) == way


@pytest.mark.parametrize("secret", ["t" * 43, "", "s", "s" * 42 + "ü"])
def test_a_way_is_none_in_another_browser(secret: str) -> None:
    assert forward.way_of(secret, forward.state_of(SECRET, WAY)) is None


def test_a_way_that_was_changed_is_none() -> None:
    state = forward.state_of(SECRET, WAY)
    other = forward.state_of(SECRET, WAY._replace(uri="/admin"))
    body, _, mac = state.partition(".")
    for made_up in ("", ".", state[:-1], state + "A", body, f"{body}.ü", f"{other.partition('.')[0]}.{mac}", f"{body}."):
        assert forward.way_of(SECRET, made_up) is None


def test_two_ways_of_one_browser_share_neither_verifier_nor_nonce() -> None:
    other = WAY._replace(turn="another")
    assert forward.verifier_of(SECRET, WAY) != forward.verifier_of(SECRET, other)
    assert forward.nonce_of(SECRET, WAY) != forward.nonce_of(SECRET, other)
    assert len({forward.verifier_of(SECRET, WAY), forward.nonce_of(SECRET, WAY)}) == 2


def test_the_authorization_request_demands_and_is_bound_to_the_way() -> None:
    url = urlsplit(forward.login_url("https://login.example.com/", WIKI, SECRET, WAY))
    given = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert (url.hostname, url.path) == ("login.example.com", "/authorize")
    assert json.loads(given["claims"]) == {"id_token": {"acr": {"essential": True, "values": ["phr"]}}}
    assert (given["acr_values"], given["max_age"]) == (MULTI_FACTOR, "600")
    assert given["code_challenge"] == pkce.of(forward.verifier_of(SECRET, WAY))
    assert given["nonce"] == forward.nonce_of(SECRET, WAY)
    assert (given["client_id"], given["redirect_uri"]) == ("forward-auth:wiki.example.com", "https://wiki.example.com/.yett/callback")
    plain = parse_qs(urlsplit(forward.login_url("https://login.example.com/", WIKI, SECRET, Way("t", "/", Demand()))).query)
    assert not {"claims", "acr_values", "max_age"} & set(plain)
