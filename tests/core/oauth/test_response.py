"""The way back to an application: nothing leaves by a way that is weaker than the one that was asked for, or to somebody else."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.core.oauth.samples import APIS, CALLBACK, CHALLENGE, CLIENTS, ISSUER, PHONE, SHOP, SPA
from yett.oauth.authorize import AuthorizationRequest, judge
from yett.oauth.errors import OAuthError, RedirectedError
from yett.oauth.redirects import Way
from yett.oauth.response import FORM, MODES, Reply, back, policy, reply, way

FRONT = SHOP._replace(id="front", grant_types=("implicit",))
KNOWN = {**CLIENTS, "front": FRONT, "spa": SPA._replace(web_origins=("https://spa.example",))}
CODE = {"client_id": "shop", "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}
ID_TOKEN = {**CODE, "client_id": "front", "response_type": "id_token", "response_mode": FORM, "nonce": "n", "scope": "openid email"}
OF_SPA = {
    **CODE,
    "client_id": "spa",
    "redirect_uri": "https://spa.example/",
    "response_mode": "web_message",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def judged(params: dict[str, str], **change: str) -> AuthorizationRequest:
    return judge(tuple({**params, **change}.items()), KNOWN, APIS, strict=False)


def refused(params: dict[str, str], **change: str) -> RedirectedError:
    with pytest.raises(RedirectedError) as told:
        judged(params, **change)
    return told.value


@pytest.mark.parametrize("mode", [one for one in MODES if one != "web_message"])
def test_a_code_leaves_in_the_way_that_was_asked_for_and_an_error_no_other(mode: str) -> None:
    assert judged(CODE, response_mode=mode).response_mode == mode
    assert refused(CODE, response_mode=mode, max_age="-1").way.mode == mode
    assert judged(CODE, response_mode="").response_mode == "query"


@pytest.mark.parametrize("mode", ["nonsense", "Fragment", "query.jwt", "form_post "])
def test_a_way_that_nobody_knows_is_no_other_in_silence(mode: str) -> None:
    error = refused(CODE, response_mode=mode)
    assert (error.code, error.way.mode, error.description.split(":")[0]) == ("invalid_request", "query", "Supported response modes")


def test_a_message_is_for_an_origin_that_the_application_has_registered() -> None:
    request = judged(OF_SPA)
    told = reply(back(request.redirect_uri, request.state, request.response_mode, KNOWN["spa"]), {"code": "c"}, ISSUER)
    assert told == Reply("https://spa.example", "web_message", {"code": "c", "state": "s", "iss": ISSUER}, ("https://spa.example",))
    assert refused(OF_SPA, prompt="none login").way.mode == "web_message"


@pytest.mark.parametrize("origins", [(), ("https://other.example",), ("https://spa.example:8443",), ("http://spa.example",), ("*",), ("null",), ("https://*",)])
def test_nobody_is_told_by_message_whose_origin_is_not_registered(origins: tuple[str, ...]) -> None:
    with pytest.raises(OAuthError) as told:
        judge(tuple(OF_SPA.items()), {"spa": SPA._replace(web_origins=origins)}, APIS, strict=False)
    assert not isinstance(told.value, RedirectedError)
    assert "web origins" in told.value.description


def test_an_application_with_a_scheme_of_its_own_has_no_origin_to_tell_and_no_form_to_take() -> None:
    for mode in ("web_message", FORM):
        asked = {**OF_SPA, "client_id": "phone", "redirect_uri": "com.example.app:/callback", "response_mode": mode}
        with pytest.raises(OAuthError) as told:
            judge(tuple(asked.items()), {"phone": PHONE._replace(web_origins=("null",))}, APIS, strict=False)
        assert told.value.code == "invalid_request"


def test_an_id_token_leaves_by_a_form_for_a_client_that_may_and_asks_for_no_code() -> None:
    request = judged(ID_TOKEN, scope="openid email offline_access")
    assert (request.response_type, request.response_mode, request.scope) == ("id_token", FORM, ("openid", "email"))


@pytest.mark.parametrize("mode", ["", "query", "fragment", "nonsense"])
def test_row_an_id_token_leaves_by_no_url(mode: str) -> None:
    error = refused(ID_TOKEN, response_mode=mode)
    assert (error.code, error.way.mode) == ("invalid_request", "fragment")


def test_an_id_token_by_message_is_refused_in_that_way() -> None:
    assert refused(ID_TOKEN, response_mode="web_message").way.mode == "web_message"


@pytest.mark.parametrize("lacks", ["nonce", "scope"])
def test_an_id_token_wants_a_nonce_and_openid(lacks: str) -> None:
    assert refused(ID_TOKEN, **{lacks: ""}).code == "invalid_request"


@pytest.mark.parametrize("client", [FRONT._replace(auth_method="none"), FRONT._replace(app_type="spa"), FRONT._replace(grant_types=("authorization_code",))])
def test_implicit_is_for_confidential_clients_that_are_allowed_it(client: object) -> None:
    with pytest.raises(RedirectedError) as told:
        judge(tuple(ID_TOKEN.items()), {"front": client}, APIS, strict=False)  # type: ignore[dict-item]
    assert told.value.code == "unauthorized_client"


@pytest.mark.parametrize("type", ["token", "code id_token", "id_token token", "none"])
def test_no_access_token_and_no_mixture_leaves_by_the_front_channel(type: str) -> None:
    assert refused(ID_TOKEN, response_type=type).code == "unsupported_response_type"


@pytest.mark.parametrize("name", ["response_type", "response_mode"])
def test_a_way_that_is_asked_for_twice_is_none(name: str) -> None:
    for first, second in ((ID_TOKEN, CODE), (CODE, ID_TOKEN)):
        twice = ((name, first.get(name, "query")), (name, second.get(name, "query")))
        with pytest.raises(RedirectedError) as told:
            judge((*((key, value) for key, value in ID_TOKEN.items() if key != name), *twice), KNOWN, APIS, strict=False)
        assert told.value.code == "invalid_request"


@pytest.mark.parametrize("mode", MODES)
def test_row_18_every_answer_names_its_issuer_and_repeats_the_state(mode: str) -> None:
    told = reply(Way(CALLBACK, "s", mode), {"error": "login_required", "error_description": ""}, ISSUER)
    parts = urlsplit(told.url)
    said = told.fields or dict(parse_qsl(parts.query or parts.fragment))
    assert said == {"error": "login_required", "state": "s", "iss": ISSUER}


def test_a_page_that_tells_is_framed_by_registered_origins_and_posts_nowhere() -> None:
    client = SPA._replace(web_origins=("https://spa.example", "https://b.example:8443", "http://[::1]:3000", "https://x.example; script-src *"))
    told = reply(way("https://spa.example/", "s", "code", "web_message", client), {}, ISSUER)
    assert told.framers == ("https://b.example:8443", "https://spa.example")
    assert policy(told).endswith("form-action 'none'; frame-ancestors https://b.example:8443 https://spa.example")
    assert policy(told._replace(framers=())).endswith("frame-ancestors 'none'")


def test_a_page_that_posts_posts_to_the_application_alone_and_is_framed_by_nobody() -> None:
    assert policy(Reply(CALLBACK, FORM)).endswith("form-action https://shop.example; frame-ancestors 'none'")
    # A policy has no word for an IPv6 address.
    assert "form-action http:;" in policy(Reply("http://[::1]:3000/callback", FORM))
