"""How an answer goes back to an application: by the URL, by a form, or by a message to the page that asked.

OAuth 2.0 Multiple Response Type Encoding Practices; OAuth 2.0 Form Post Response Mode; Auth0's `web_message`; RFC 9207 (`iss`).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from yett.domain.client import Client
from yett.oauth import errors
from yett.oauth.redirects import Way, encoded, origin_of, with_query

CODE, ID_TOKEN = "code", "id_token"
TYPES = (CODE, ID_TOKEN)
QUERY, FRAGMENT, FORM, MESSAGE = "query", "fragment", "form_post", "web_message"
MODES = (QUERY, FRAGMENT, FORM, MESSAGE)
IMPLICIT = "implicit"

# What may stand in a policy header as a source: it has no word for IPv6, and no room for anything else.
_SOURCE = re.compile(r"https?://[a-z0-9.\-]+(?::[0-9]{1,5})?")


class Reply(NamedTuple):
    """An answer that is ready to leave.

    `url` is where the browser goes; by `form_post` whither it posts `fields`; by `web_message` the one origin that is told
    them. `framers` are the origins whose pages may frame the page that tells.
    """

    url: str
    mode: str = QUERY
    fields: Mapping[str, str] = {}
    framers: tuple[str, ...] = ()


def way(redirect_uri: str, state: str, type: str, mode: str, client: Client) -> Way:
    """The way of all that this request is answered, errors too: as it asks, or where that cannot be as is usual for its type.

    Raises OAuthError where nobody may be told: a message is for an origin that the application has registered.
    """
    if mode == MESSAGE:
        if origin_of(redirect_uri) not in _origins(client):
            raise errors.invalid_request("The origin of the redirect_uri is not one of the application's web origins, so no web_message may go there.")
        return Way(redirect_uri, state, mode, _framers(client))
    usual = FRAGMENT if type == ID_TOKEN else QUERY
    fits = mode in MODES and not (type == ID_TOKEN and mode == QUERY) and (mode != FORM or bool(origin_of(redirect_uri)))
    return Way(redirect_uri, state, mode if fits else usual)


def back(redirect_uri: str, state: str, mode: str, client: Client) -> Way:
    """The way that was judged when the request arrived."""
    return Way(redirect_uri, state, mode, _framers(client) if mode == MESSAGE else ())


def public(client: Client) -> bool:
    """Whether anybody could say that they are this client: it has no secret, or could not keep one."""
    return client.auth_method == "none" or client.app_type in {"spa", "native"}


def check(type: str, mode: str, way: Way, client: Client) -> None:
    """Whether the client may have an answer of this type in this way. Raises OAuthError.

    An ID token leaves by the front channel for confidential clients alone that are allowed `implicit`, and by no URL (RFC 9700, 2.1.2).
    """
    if type not in TYPES:
        raise errors.unsupported_response_type(TYPES)
    if mode not in {"", *MODES}:
        raise errors.invalid_request(f"Supported response modes: {', '.join(MODES)}.")
    if type == CODE and "authorization_code" not in client.grant_types:
        raise errors.unauthorized_client("authorization_code")
    if type == ID_TOKEN and (IMPLICIT not in client.grant_types or public(client)):
        raise errors.unauthorized_client(IMPLICIT)
    if (type == ID_TOKEN and mode != FORM) or (mode and mode != way.mode):
        raise errors.invalid_request(f"The response mode {mode or way.mode} cannot be had for this response_type and redirect_uri.")


def reply(way: Way, answer: Mapping[str, str], issuer: str) -> Reply:
    """The answer with `state` and `iss` (RFC 9207); what has no value is left out."""
    fields = {name: value for name, value in {**answer, "state": way.state, "iss": issuer}.items() if value}
    match way.mode:
        case "form_post":
            return Reply(way.redirect_uri, FORM, fields)
        case "web_message":
            return Reply(origin_of(way.redirect_uri), MESSAGE, fields, way.framers)
        case "fragment":
            return Reply(f"{way.redirect_uri}#{encoded(fields)}", FRAGMENT)
        case _:
            return Reply(with_query(way.redirect_uri, fields))


def policy(told: Reply) -> str:
    """The Content-Security-Policy of a page that passes an answer on: framed by those who may, posting nowhere but where it must."""
    base = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:; base-uri 'none'"
    if told.mode == MESSAGE:
        return f"{base}; form-action 'none'; frame-ancestors {' '.join(told.framers) or _NOBODY}"
    origin = origin_of(told.url)
    target = origin if _SOURCE.fullmatch(origin) else origin.partition("//")[0]
    return f"{base}; form-action {target}; frame-ancestors {_NOBODY}"


_NOBODY = "'none'"


def _origins(client: Client) -> frozenset[str]:
    return frozenset(origin_of(one) for one in client.web_origins) - {""}


def _framers(client: Client) -> tuple[str, ...]:
    return tuple(sorted(one for one in _origins(client) if _SOURCE.fullmatch(one)))
