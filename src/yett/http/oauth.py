"""The protocol's own endpoints: tokens, userinfo, discovery, keys, revocation, introspection and logout."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from yett.flows.current import Current
from yett.flows.introspect import Introspect
from yett.flows.manage.relying import related_origins
from yett.flows.signout import Asked, Away, Ended, Refused, SignOut, Stayed
from yett.flows.tokens import Tokens
from yett.flows.userinfo import Userinfo
from yett.http.asgi import FORM, Malformed, Request, Response, json_response, see_other
from yett.http.edge import SESSION, Edge
from yett.http.pages import Pages, fields
from yett.http.render import Page, render
from yett.oauth.errors import OAuthError
from yett.oauth.lang import choose_locale
from yett.oauth.metadata import discovery
from yett.oauth.token import ANSWER, origin_allowed, presented_client
from yett.ports import Signer

NO_STORE = (("cache-control", "no-store"), ("pragma", "no-cache"))
PUBLIC = (("cache-control", "public, max-age=300"), ("access-control-allow-origin", "*"))


# JSON can spell what is no text: NUL, and half a surrogate pair.
UNFIT = re.compile(r"[\x00\ud800-\udfff]")


@dataclass
class Kept:
    """A document that changes with the configuration only."""

    version: int = -1
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class OAuth:
    """Handlers of the OAuth endpoints. Every refusal is an OAuthError and is rendered in one place."""

    tokens: Tokens
    userinfo_flow: Userinfo
    signout: SignOut
    introspection: Introspect
    current: Current
    signer: Signer
    edge: Edge
    pages: Pages
    keys: Kept = field(default_factory=Kept)
    metadata: Kept = field(default_factory=Kept)

    async def token(self, request: Request) -> Response:
        """/oauth/token, JSON or form."""
        return await self._told(request, lambda given: self.tokens(given, request.headers.get("authorization", ""), self.edge.browser(request)))

    async def revoke(self, request: Request) -> Response:
        """/oauth/revoke (RFC 7009): a refresh token takes its whole family along."""
        return await self._told(request, lambda given: self.signout.revoke(given, request.headers.get("authorization", "")))

    async def introspect(self, request: Request) -> Response:
        """/oauth/introspect (RFC 7662), for clients that can prove who they are; `consume=true` spends a token that is for one use."""
        return await self._told(request, lambda given: self.introspection(given, request.headers.get("authorization", "")))

    async def userinfo(self, request: Request) -> Response:
        """GET or POST, with the token in the header or in the form (RFC 6750, 2)."""
        given = dict(request.form) if request.method == "POST" and request.content_type == FORM else {}
        try:
            said = await self.userinfo_flow(request.headers.get("authorization", ""), given.get("access_token", ""))
        except OAuthError as refused:
            return json_response(refused.body(), refused.status, (*NO_STORE, *await self._cors(request, None), *refused.headers()))
        return json_response(said, 200, (*NO_STORE, *await self._cors(request, None)))

    async def preflight(self, request: Request) -> Response:
        """CORS: which origins may ask is judged when they do."""
        return preflighted(request, "GET, POST")

    async def jwks(self, _: Request) -> Response:
        """The public keys, next and previous ones too."""
        catalogue = await self.current.lately()
        if self.keys.version != catalogue.version:
            self.keys.body, self.keys.version = self.signer.jwks(catalogue), catalogue.version
        return Response(200, self.keys.body, "application/json", PUBLIC)

    async def discovery(self, _: Request) -> Response:
        """OpenID Connect Discovery 1.0, and RFC 8414 by its own name."""
        catalogue = await self.current.lately()
        if self.metadata.version != catalogue.version:
            self.metadata.body, self.metadata.version = msgspec.json.encode(discovery(self.edge.issuer, catalogue)), catalogue.version
        return Response(200, self.metadata.body, "application/json", PUBLIC)

    async def related(self, _: Request) -> Response:
        """Which other origins may use our keys (WebAuthn Level 3, 5.11.1)."""
        origins = related_origins((await self.current.lately()).tenant)
        return json_response({"origins": list(dict.fromkeys((self.edge.issuer.rstrip("/"), *origins)))}, 200, PUBLIC)

    async def passkeys(self, _: Request) -> Response:
        """Where passkeys are made and seen to (W3C Passkey Endpoints)."""
        return json_response({"enroll": f"{self.edge.issuer}account/add", "manage": f"{self.edge.issuer}account"}, 200, PUBLIC)

    async def logout(self, request: Request) -> Response:
        """/v2/logout: Auth0's own."""
        return await self._signed_out(request, await self.signout.v2(dict(request.query), self.edge.browser(request)))

    async def oidc_logout(self, request: Request) -> Response:
        """RP-initiated logout; without a valid hint the person is asked first."""
        given = fields(request) if request.method == "POST" else dict(request.query)
        return await self._signed_out(request, await self.signout.oidc(given, self.edge.browser(request)))

    async def _signed_out(self, request: Request, step: Ended) -> Response:
        match step:
            case Away(url):
                return see_other(url, (self.edge.cookie(SESSION, "", 0),))
            case Asked(csrf, state):
                return await self._page(request, "logout-confirm", "/oidc/logout", state, csrf)
            case Refused(error, description):
                return await self.pages.stop(error, description, self.edge.browser(request))
            case Stayed():
                return await self.pages.stop("declined", "", self.edge.browser(request), 200)
            case _:
                response = await self._page(request, "logged-out", "", "", "")
                return response._replace(headers=(*response.headers, self.edge.cookie(SESSION, "", 0)))

    async def _page(self, request: Request, screen: str, action: str, state: str, csrf: str) -> Response:
        tenant = (await self.current.lately()).tenant
        locale = choose_locale(tuple(dict(request.query).get("ui_locales", "").split()), request.headers.get("accept-language", ""), tenant.locales)
        return Response(200, render(screen, Page(locale, tenant.brand, action, state, csrf, demo=self.edge.demo)))

    async def _told(self, request: Request, act: Callable[[Mapping[str, str]], object]) -> Response:
        given = body_fields(request)
        presented = presented_client(given, request.headers.get("authorization", ""))
        try:
            said = await act(given)  # type: ignore[misc]
        except OAuthError as refused:
            return json_response(refused.body(), refused.status, (*NO_STORE, *await self._cors(request, presented), *refused.headers()))
        headers = (*NO_STORE, *await self._cors(request, presented))
        return json_response(said, 200, headers) if said is not None else Response(200, b"", headers=headers)

    async def _cors(self, request: Request, client_id: str | None) -> tuple[tuple[str, str], ...]:
        """An origin may read the answer if the client that it names has registered it; a bearer token suffices elsewhere.

        Asked after the act, which has read the configuration in force: a new client's first answer is readable, too.
        """
        origin = request.headers.get("origin")
        if origin is None:
            return ()
        clients = (self.current.known or await self.current.latest()).clients
        asked = clients.values() if client_id is None else filter(None, (clients.get(client_id),))
        if not any(origin_allowed(origin, client) for client in asked):
            return (("vary", "origin"),)
        return (("access-control-allow-origin", origin), ("vary", "origin"), ("access-control-expose-headers", "www-authenticate"))


def preflighted(request: Request, methods: str) -> Response:
    """The answer to a preflight of these methods."""
    allowed = (
        ("access-control-allow-methods", methods),
        ("access-control-allow-headers", "authorization, content-type, auth0-client, dpop"),
        ("access-control-max-age", "600"),
    )
    return Response(204, b"", headers=(("access-control-allow-origin", request.headers.get("origin", "*")), ("vary", "origin"), *allowed))


def body_fields(request: Request) -> Mapping[str, str]:
    """The fields of a JSON or form body. Raises Malformed for what is neither, or says a field twice, or not as text."""
    if request.content_type == FORM:
        return fields(request)
    if request.content_type != "application/json":
        raise Malformed(415, f"send application/json or {FORM}")
    given = request.json()
    if not isinstance(given, dict):
        raise Malformed(400, "send a JSON object")
    if any(isinstance(value, str) and UNFIT.search(value) for value in given.values()):
        raise Malformed(400, "a field has a character that no field may have")
    return {str(name): _text(value) for name, value in given.items() if isinstance(value, (str, int, bool)) or (name == ANSWER and isinstance(value, dict))}


def _text(value: object) -> str:
    """A value as a form would say it."""
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
