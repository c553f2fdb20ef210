"""The MFA API and passwordless codes on the wire, as Auth0 speaks them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from yett.flows.authenticators import Asked, Association, Authenticators
from yett.flows.passwordless import Passwordless
from yett.flows.steps import believed
from yett.flows.tokens import Tokens
from yett.http.asgi import Malformed, Request, Response, json_response
from yett.http.edge import Edge
from yett.http.oauth import NO_STORE, UNFIT, body_fields, preflighted
from yett.oauth import errors
from yett.oauth.errors import OAuthError
from yett.oauth.lang import choose_locale
from yett.oauth.token import LONGEST, origin_allowed, presented_client, required

AT = "/mfa/authenticators/"
MOST = 10
LISTS = ("authenticator_types", "oob_channels")


@dataclass(frozen=True, slots=True)
class Mfa:
    """Handlers. Every refusal is an OAuthError and is told as JSON."""

    authenticators: Authenticators
    passwordless: Passwordless
    tokens: Tokens
    edge: Edge

    async def challenge(self, request: Request) -> Response:
        """POST /mfa/challenge: client authentication stands in the body."""
        given, authorization = body_fields(request), request.headers.get("authorization", "")
        short(given)

        async def act() -> object:
            asked = Asked(tuple(given.get("challenge_type", "").split()), given.get("authenticator_id", ""), given.get("oob_channel", ""))
            browser, held = self.edge.browser(request), required(given, "mfa_token")
            return await self.authenticators.challenge(held, asked, lambda catalogue: self.tokens.client(given, authorization, catalogue), browser)

        return await self.told(request, act, presented_client(given, authorization))

    async def associate(self, request: Request) -> Response:
        """POST /mfa/associate, JSON alone; answers 200, whatever is made."""

        async def act() -> object:
            return await self.authenticators.associate(_bearer(request), _association(request), self.edge.browser(request))

        return await self.told(request, act)

    async def listed(self, request: Request) -> Response:
        """GET /mfa/authenticators: a bare list."""
        return await self.told(request, lambda: self.authenticators.listed(_bearer(request)))

    async def remove(self, request: Request) -> Response:
        """DELETE /mfa/authenticators/{id}: 204."""
        return await self.told(request, lambda: self.authenticators.remove(_bearer(request), request.path.removeprefix(AT), self.edge.browser(request)))

    async def start(self, request: Request) -> Response:
        """POST /passwordless/start: the same answer, whether there is such an account or not."""
        given, authorization = body_fields(request), request.headers.get("authorization", "")
        short(given)

        async def act() -> object:
            catalogue = await self.tokens.current.latest()
            client = await self.tokens.client(given, authorization, catalogue)
            connection = required(given, "connection")
            if given.get("send", "code") != "code":
                raise errors.invalid_request("Only codes are sent: send=code.")
            field = "phone_number" if connection == "sms" else "email"
            languages = request.headers.get("x-request-language", "") or request.headers.get("accept-language", "")
            locale = choose_locale((), languages, catalogue.tenant.locales)
            browser = believed(client, self.edge.browser(request))
            to = await self.passwordless.start(connection, required(given, field), client, catalogue, browser, locale)
            return {"_id": self.tokens.mint.random(12).hex(), field: to, "phone_verified" if connection == "sms" else "email_verified": False}

        return await self.told(request, act, presented_client(given, authorization))

    async def preflight(self, request: Request) -> Response:
        """CORS: which origins may ask is judged when they do."""
        return preflighted(request, "GET, POST, DELETE")

    async def told(self, request: Request, act: Callable[[], Awaitable[object]], presented: str | None = None) -> Response:
        """What `act` says, in JSON; None: nothing."""
        try:
            said = await act()
        except OAuthError as refused:
            return json_response(refused.body(), refused.status, (*NO_STORE, *await self._cors(request, presented), *refused.headers()))
        headers = (*NO_STORE, *await self._cors(request, presented))
        return Response(204, b"", "application/json", headers) if said is None else json_response(said, 200, headers)

    async def _cors(self, request: Request, client_id: str | None) -> tuple[tuple[str, str], ...]:
        """An origin may read the answer if the client that it names has registered it; where a bearer token says it all, any client."""
        origin = request.headers.get("origin")
        if origin is None:
            return ()
        clients = (await self.tokens.current.latest()).clients
        asked = clients.values() if client_id is None else filter(None, (clients.get(client_id),))
        if not any(origin_allowed(origin, client) for client in asked):
            return (("vary", "origin"),)
        return (("access-control-allow-origin", origin), ("vary", "origin"), ("access-control-expose-headers", "www-authenticate"))


def _bearer(request: Request) -> str:
    """The token of the Authorization header (RFC 6750, 2.1). Raises OAuthError."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise errors.invalid_token("An mfa_token or an access token is needed.")
    return token.strip()


def _association(request: Request) -> Association:
    """The body of /mfa/associate. Raises Malformed and OAuthError."""
    given = request.json() if request.content_type == "application/json" else None
    if not isinstance(given, dict):
        raise Malformed(415 if given is None else 400, "send a JSON object")
    types, channels = (_texts(given, name) for name in LISTS)
    phone_number, email = (_texts(given, name, one=True) for name in ("phone_number", "email"))
    return Association(types, channels, *phone_number or ("",), *email or ("",))


def _texts(given: Mapping[str, object], name: str, *, one: bool = False) -> tuple[str, ...]:
    value = given.get(name)
    found = [] if value is None else [value] if one or isinstance(value, str) else value
    if not isinstance(found, list) or len(found) > MOST or any(not isinstance(text, str) or len(text) > LONGEST or UNFIT.search(text) for text in found):
        raise errors.invalid_request(f"{name} must be text." if one else f"{name} must be a list of texts.")
    return tuple(found)


def short(given: Mapping[str, str]) -> None:
    """Raises Malformed where a field is longer than any that we know."""
    if any(len(value) > LONGEST for value in given.values()):
        raise Malformed(400, "a field is too long")
