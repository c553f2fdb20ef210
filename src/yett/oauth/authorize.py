"""The authorization request, judged (RFC 6749, 4.1.1; OIDC Core 3.1.2.1; RFC 7636; RFC 9470)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from yett.domain.client import Api, Client
from yett.domain.requirement import Clause
from yett.oauth import details, errors, lang, pkce, redirects, response, scopes
from yett.oauth.acr import wished
from yett.oauth.errors import OAuthError, RedirectedError

# What we read, and how long it may be; everything else is ignored (RFC 6749, 3.1).
LONGEST: Mapping[str, int] = {
    "client_id": 256,
    "redirect_uri": 2048,
    "response_type": 64,
    "response_mode": 32,
    "scope": 4096,
    "state": 4096,
    "nonce": 1024,
    "audience": 1024,
    "code_challenge": 128,
    "code_challenge_method": 16,
    "prompt": 128,
    "max_age": 16,
    "acr_values": 2048,
    "claims": 4096,
    "authorization_details": 8192,
    "id_token_hint": 8192,
    "login_hint": 512,
    "ui_locales": 256,
    "claims_locales": 256,
    "display": 32,
    "request": 16384,
    "request_uri": 2048,
}
PROMPTS = ("none", "login", "consent", "select_account")
OLDEST = 2**31 - 1

_ODD = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_SECONDS = re.compile(r"[0-9]{1,10}")
# JSON may be broken into lines, as the examples of RFC 9396 are; in its strings they are refused where it is read.
_JSON, _BREAKS = frozenset({"claims", "authorization_details"}), str.maketrans("\t\n\r", "   ")


class AuthorizationRequest(NamedTuple):
    """What an application asked for, as far as it was good; an attempt and a grant keep it, as JSON.

    `essential_acr` are the values of which the claims parameter wants one as essential, `claims_acr` those that it
    merely wishes for. Empty strings stand for what was not sent. `authorization_details` are in their canonical form, and
    `purpose` is what they say to the person who is asked. `id_token_claims` and `userinfo_claims` were asked for by name.
    `subjects` are the people of whom it must be one, and `hinted` is whom its id_token_hint names; empty: whoever it is.
    """

    client_id: str
    redirect_uri: str = ""
    scope: tuple[str, ...] = ()
    state: str = ""
    nonce: str = ""
    audience: str = ""
    code_challenge: str = ""
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    claims_acr: tuple[str, ...] = ()
    id_token_hint: str = ""
    login_hint: str = ""
    ui_locales: tuple[str, ...] = ()
    response_type: str = "code"
    response_mode: str = "query"
    authorization_details: str = ""
    purpose: str = ""
    id_token_claims: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    hinted: str = ""


def judge(params: Sequence[tuple[str, str]], clients: Mapping[str, Client], apis: Mapping[str, Api], *, strict: bool) -> AuthorizationRequest:
    """Take the parameters as they came; `strict` is whether the regime is.

    Raises OAuthError for what must be shown, because nobody has said truthfully where to; RedirectedError for all
    that the application is told.
    """
    given = Given(params)
    client = _client(given, clients)
    state, type, mode = (given.or_nothing(name) for name in ("state", "response_type", "response_mode"))
    way = response.way(_redirect_uri(given, client), state, type, mode, client)
    try:
        return _judge(given, client, way, apis, strict=strict)
    except OAuthError as refused:
        raise RedirectedError(refused, way) from None


def wants(request: AuthorizationRequest) -> tuple[Clause, ...]:
    """The assurance that the request itself asks for, one clause per source."""
    clauses = (
        Clause("essential", request.essential_acr, essential=True),
        Clause("client_acr", request.acr_values),
        Clause("client_acr", request.claims_acr),
        Clause("transaction", essential=True, spends=bool(request.authorization_details)),
    )
    asked = tuple(clause for clause in clauses if clause.acrs or clause.spends)
    return asked if request.max_age is None else (*asked, Clause("request", max_age=request.max_age))


def present_only(request: AuthorizationRequest) -> bool:
    """Whether nothing proven earlier counts."""
    return "login" in request.prompt or request.max_age == 0


def meant(request: AuthorizationRequest, account: str) -> bool:
    """Whether it may be answered about this person: nobody else's login is taken for that of whom it names (OIDC Core 3.1.2.1, 3.1.2.2)."""
    return account in (request.subjects or (account,)) and account == (request.hinted or account)


class Given:
    """Parameters as they came: a name may stand twice, a value may be anything."""

    def __init__(self, params: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in params:
            self._values.setdefault(name, []).append(value)

    def one(self, name: str) -> str:
        """Its value; empty where it was not sent, or sent without one. Raises OAuthError for what cannot be read."""
        values = self._values.get(name, [])
        if len(values) > 1:
            raise errors.invalid_request(f"The parameter {name} was sent more than once.")
        value = values[0] if values else ""
        if len(value) > LONGEST[name]:
            raise errors.invalid_request(f"The parameter {name} is too long.")
        if _ODD.search(value.translate(_BREAKS) if name in _JSON else value):
            raise errors.invalid_request(f"The parameter {name} has a character that it may not have.")
        return value

    def needed(self, name: str) -> str:
        """Its value. Raises OAuthError where there is none."""
        value = self.one(name)
        if not value:
            raise errors.missing(name)
        return value

    def or_nothing(self, name: str) -> str:
        """Its value, or nothing where it cannot be read."""
        try:
            return self.one(name)
        except OAuthError:
            return ""


def _client(given: Given, clients: Mapping[str, Client]) -> Client:
    client = clients.get(given.needed("client_id"))
    if client is None:
        raise errors.invalid_request("There is no such application.")
    return client


def _redirect_uri(given: Given, client: Client) -> str:
    redirect_uri = given.needed("redirect_uri")
    if not redirects.allowed(redirect_uri, client):
        raise errors.redirect_mismatch()
    return redirect_uri


def _judge(given: Given, client: Client, way: redirects.Way, apis: Mapping[str, Api], *, strict: bool) -> AuthorizationRequest:
    _check_form(given, client, way)
    api = scopes.api_of(given.one("audience"), apis)
    acr = wished(given.one("claims"))
    approves = details.judge(given.one("authorization_details"), api)
    scope = _scope(given, client, api)
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=way.redirect_uri,
        # What was approved is approved for this once: nothing renews it.
        scope=tuple(name for name in scope if not approves or name != scopes.OFFLINE),
        state=given.one("state"),
        nonce=given.one("nonce"),
        audience=api.identifier if api else "",
        code_challenge=_code_challenge(given, client, strict=strict),
        prompt=_prompt(given),
        max_age=seconds(given.one("max_age")),
        acr_values=acr_values(given.one("acr_values")),
        essential_acr=acr.values if acr.essential else (),
        claims_acr=() if acr.essential else acr.values,
        id_token_claims=acr.id_token,
        userinfo_claims=acr.userinfo,
        subjects=acr.subjects,
        id_token_hint=given.one("id_token_hint"),
        login_hint=given.one("login_hint"),
        ui_locales=lang.tags(given.one("ui_locales")),
        response_type=given.one("response_type"),
        response_mode=way.mode,
        authorization_details=approves,
    )


# Sent at all, these change what everything else means; so they are refused, never ignored.
_UNSUPPORTED: Mapping[str, Callable[[], OAuthError]] = {
    "request": errors.request_not_supported,
    "request_uri": errors.request_uri_not_supported,
}


# Read as any other, and then it is as it is: every page fits every window, and what is told of people has one language (OIDC Core 3.1.2.1, 5.2).
_WISHES = ("display", "claims_locales")


def _check_form(given: Given, client: Client, way: redirects.Way) -> None:
    for name, refusal in _UNSUPPORTED.items():
        if given.one(name):
            raise refusal()
    for name in _WISHES:
        given.one(name)
    type = given.needed("response_type")
    response.check(type, given.one("response_mode"), way, client)
    if type == response.ID_TOKEN and not (given.one("nonce") and scopes.OPENID in given.one("scope").split(" ")):
        # Without a nonce of the application's own a token that was stolen elsewhere could be posted to it (OIDC Core 3.2.2.1).
        raise errors.invalid_request("An ID token is sent for a request with the scope openid and a nonce.")


def _scope(given: Given, client: Client, api: Api | None) -> tuple[str, ...]:
    """What of it is granted; without a code there is nothing that could be had offline."""
    found = scopes.granted(scopes.parse(given.one("scope")), client, api)
    return found if given.one("response_type") == response.CODE else tuple(name for name in found if name != scopes.OFFLINE)


def needs_pkce(client: Client, *, strict: bool) -> bool:
    """Public clients always; confidential ones where they or a strict regime say so."""
    return strict or client.require_pkce or response.public(client)


def _code_challenge(given: Given, client: Client, *, strict: bool) -> str:
    challenge, method = given.one("code_challenge"), given.one("code_challenge_method")
    if not challenge and not method:
        if needs_pkce(client, strict=strict) and given.one("response_type") == response.CODE:
            raise errors.missing("code_challenge")
        return ""
    if method != "S256":
        # No method means plain (RFC 7636, 4.3): whoever saw the request could redeem the code.
        raise errors.invalid_request("The code_challenge_method must be S256.")
    if not pkce.well_formed(challenge):
        raise errors.invalid_request("The code_challenge is not the base64url form of a SHA-256.")
    return challenge


def _prompt(given: Given) -> tuple[str, ...]:
    """Values that we do not know are ignored, as OIDC Core advises; `none` stands alone or is contradicted."""
    asked = given.one("prompt").split()
    if "none" in asked and len(set(asked)) > 1:
        raise errors.invalid_request("The prompt none cannot be combined with another.")
    return tuple(value for value in PROMPTS if value in asked)


def seconds(text: str) -> int | None:
    """A max_age; None where none was sent. Raises OAuthError for anything but a number of seconds."""
    if not text:
        return None
    if not _SECONDS.fullmatch(text) or int(text) > OLDEST:
        raise errors.invalid_request("max_age must be an integer greater than or equal to 0.")
    return int(text)


def acr_values(text: str) -> tuple[str, ...]:
    """The values named, each once, in order of preference."""
    return tuple(dict.fromkeys(text.split()))
