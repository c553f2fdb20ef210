"""/dbconnections: sign up, and ask for a link to choose a new password, in Auth0's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from yett.domain.account import CONNECTION
from yett.flows.current import Current
from yett.flows.forgot import Forgot
from yett.flows.signup import Opened, SignUp, Wish
from yett.http.asgi import FORM, Request, Response, json_response
from yett.http.edge import Edge
from yett.oauth.lang import choose_locale
from yett.ports import Busy

SENT = "We've just sent you an email to reset your password."
Text = Annotated[str, Meta(max_length=300)]
# Auth0's refusals: name, code, words, status.
REFUSED: Mapping[str, tuple[str, str, str, int]] = {
    "closed": ("BadRequestError", "public_signup_disabled", "Public sign up is disabled", 400),
    "client": ("BadRequestError", "invalid_client", "Unknown client", 400),
    "busy": ("TooManyRequestsError", "too_many_requests", "Too many requests", 429),
    "address": ("BadRequestError", "invalid_signup", "Invalid sign up", 400),
    "username": ("BadRequestError", "invalid_signup", "Invalid sign up", 400),
    "too_short": ("PasswordStrengthError", "invalid_password", "Password is too weak", 400),
    "too_long": ("PasswordStrengthError", "invalid_password", "Password is too long", 400),
    "unreadable": ("PasswordStrengthError", "invalid_password", "Password has a character that cannot be typed", 400),
    "too_common": ("PasswordDictionaryError", "password_dictionary_error", "Password is too common", 400),
    "about_you": ("PasswordNoUserInfoError", "password_no_user_info_error", "Password contains user information", 400),
}


class SignupBody(Struct):
    """As auth0.js sends it; what is not named here is passed over, and decides nothing."""

    client_id: Text
    email: Text
    password: Annotated[str, Meta(max_length=1024)]
    connection: Text
    username: Text = ""
    given_name: Text = ""
    family_name: Text = ""
    name: Text = ""
    nickname: Text = ""
    picture: Text = ""
    user_metadata: Annotated[dict[Text, Text], Meta(max_length=10)] = {}


class ResetBody(Struct):
    """Whose password is forgotten."""

    email: Text
    connection: Text
    client_id: Text = ""


@dataclass(frozen=True, slots=True)
class Dbconnections:
    """Handlers. The address of the caller is the connection's: a body cannot name another."""

    sign_up: SignUp
    forgot: Forgot
    current: Current
    edge: Edge

    async def signup(self, request: Request) -> Response:
        """/dbconnections/signup."""
        body = _read(request, SignupBody)
        if body is None or body.connection != CONNECTION:
            return _refused("address")
        names = ("given_name", "family_name", "name", "nickname", "picture", "user_metadata")
        profile = {name: value for name in names if (value := getattr(body, name))}
        browser = self.edge.browser(request)
        wish = Wish(body.client_id, body.email, body.password, body.username, profile)
        try:
            done = await self.sign_up(wish, await self._locale(browser.languages), browser.ip)
        except Busy:
            return _refused("busy")
        if not isinstance(done, Opened):
            return _refused(done)
        shown = {"_id": done.id, "email": done.email, "email_verified": False, **({"username": body.username} if body.username else {}), **profile}
        return json_response(shown, 200, ())

    async def change_password(self, request: Request) -> Response:
        """/dbconnections/change_password: one answer, whoever it is."""
        body = _read(request, ResetBody)
        if body is None or body.connection != CONNECTION or not body.email.isprintable():
            return json_response({"error": "email is required" if body is None else "connection does not exist"}, 400, ())
        browser = self.edge.browser(request)
        known = body.client_id if body.client_id in (await self.current.latest()).clients else ""
        try:
            await self.forgot(body.email, known, await self._locale(browser.languages), browser.ip)
        except Busy:
            return _refused("busy")
        return Response(200, SENT.encode(), "text/html; charset=utf-8")

    async def _locale(self, languages: str) -> str:
        return choose_locale((), languages, (await self.current.latest()).tenant.locales)


def _refused(why: str) -> Response:
    name, code, says, status = REFUSED[why]
    return json_response({"name": name, "code": code, "message": says, "description": says, "statusCode": status}, status, ())


def _read(request: Request, kind: Any) -> Any:  # noqa: ANN401 - either of two bodies
    """The body, JSON or form; None where it is not one."""
    try:
        if request.content_type == FORM:
            return msgspec.convert(dict(request.form), kind, strict=False)
        return msgspec.json.decode(request.body, type=kind) if b"\\u0000" not in request.body else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
