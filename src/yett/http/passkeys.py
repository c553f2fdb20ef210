"""Passkeys in an application's own screens, as Auth0's SDKs ask for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from yett.domain.client import Client
from yett.domain.tenant import Catalogue
from yett.flows.passkeys import Passkeys
from yett.flows.signup import Wish
from yett.flows.steps import Browser, believed
from yett.http.asgi import Malformed, Request, Response
from yett.http.mfa import Mfa, short
from yett.http.oauth import body_fields
from yett.oauth import errors
from yett.oauth.lang import choose_locale
from yett.oauth.token import presented_client

# JSON can spell what is no text: NUL, and half a surrogate pair.
Text = Annotated[str, Meta(max_length=300, pattern="^[^\\x00\\ud800-\\udfff]*$")]
Act = Callable[[Mapping[str, str], Client, Catalogue, Browser], Awaitable[object]]


class Profile(Struct):
    """Who signs up; what is not named here is passed over, and decides nothing."""

    email: Text = ""
    username: Text = ""
    given_name: Text = ""
    family_name: Text = ""
    name: Text = ""
    nickname: Text = ""
    picture: Text = ""


class RegisterBody(Struct):
    """What stands in /passkey/register beside the client."""

    user_profile: Profile
    user_metadata: Annotated[dict[Text, Text], Meta(max_length=10)] = {}


@dataclass(frozen=True, slots=True)
class PasskeysApi:
    """Handlers: they answer, and let origins read the answer, as the MFA API does."""

    flow: Passkeys
    mfa: Mfa

    async def challenge(self, request: Request) -> Response:
        """POST /passkey/challenge."""

        async def act(given: Mapping[str, str], client: Client, catalogue: Catalogue, browser: Browser) -> object:
            return await self.flow.challenge(given.get("realm", ""), client, catalogue, browser)

        return await self._as_client(request, act)

    async def register(self, request: Request) -> Response:
        """POST /passkey/register, JSON alone."""

        async def act(given: Mapping[str, str], client: Client, catalogue: Catalogue, browser: Browser) -> object:
            body = _body(request)
            names = ("given_name", "family_name", "name", "nickname", "picture")
            profile = {name: value for name in names if (value := getattr(body.user_profile, name))}
            metadata = {"user_metadata": body.user_metadata} if body.user_metadata else {}
            wish = Wish(client.id, body.user_profile.email, "", body.user_profile.username, {**profile, **metadata})
            languages = request.headers.get("x-request-language", "") or browser.languages
            locale = choose_locale((), languages, catalogue.tenant.locales)
            return await self.flow.register(wish, given.get("realm", ""), client, catalogue, browser, locale)

        return await self._as_client(request, act)

    async def preflight(self, request: Request) -> Response:
        """CORS: which origins may ask is judged when they do."""
        return await self.mfa.preflight(request)

    async def _as_client(self, request: Request, act: Act) -> Response:
        given, authorization, tokens = body_fields(request), request.headers.get("authorization", ""), self.mfa.tokens
        short(given)

        async def authenticated() -> object:
            catalogue = await tokens.current.latest()
            client = await tokens.client(given, authorization, catalogue)
            return await act(given, client, catalogue, believed(client, self.mfa.edge.browser(request)))

        return await self.mfa.told(request, authenticated, presented_client(given, authorization))


def _body(request: Request) -> RegisterBody:
    """Raises Malformed and OAuthError."""
    if request.content_type != "application/json":
        raise Malformed(415, "send a JSON object")
    try:
        body = msgspec.convert(request.json(), RegisterBody)
    except msgspec.ValidationError as fault:
        raise errors.invalid_request(f"Invalid user_profile: {fault}") from None
    if not body.user_profile.email:
        raise errors.missing("user_profile.email")
    return body
