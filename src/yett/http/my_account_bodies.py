"""What the My Account API says: enrolments, offers and refusals, in Auth0's form."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from yett.domain.enrolment import Enrolment
from yett.factors.base import Factor, Keyed, Told
from yett.flows.own import Offer
from yett.flows.owner import Missing
from yett.http.asgi import Request, Response, json_response
from yett.http.oauth import UNFIT

T = TypeVar("T")
LONGEST = 1024
# What a factor shows of a question, by the names that it has here.
SHOWN = {"uri": "barcode_uri", "secret": "manual_input_code"}
# What the management API calls otherwise.
HERE = {"relying_party_identifier": "relying_party_id"}
CHANNEL = "preferred_authentication_method"
# A message id, and how it is told: status and what went wrong.
REFUSALS: Mapping[str, tuple[int, str]] = {
    "absent": (404, "There is no such authentication method."),
    "already_enrolled": (409, "This authentication method is enrolled already."),
    "already_used": (409, "The code was used before, or the account was changed meanwhile."),
    "bad_address": (400, "This is no e-mail address."),
    "bad_number": (400, "This is no telephone number that codes can be sent to."),
    "blocked": (403, "The user is blocked."),
    "busy": (409, "The account is being changed by others; try again."),
    "expired": (404, "This enrolment is over, or was never begun."),
    "held_back": (429, "Codes to telephones of this country are held back at the moment; try again later."),
    "implicit": (409, "This authentication method comes with the verified e-mail address and stays."),
    "known_already": (409, "This authenticator is enrolled already."),
    "last_factor": (409, "The last authentication method stays: add another one first."),
    "moved_on": (409, "The enrolment went on elsewhere."),
    "no_channel": (400, "This authentication method has no such channel."),
    "no_factor": (409, "Recovery codes come along with another authentication method: enrol that first."),
    "not_saved": (400, "The code is wrong."),
    "not_served": (400, "Codes are not sent to telephones of this country."),
    "too_many_messages": (429, "Too many messages; try again later."),
    "too_many_tries": (429, "Too many wrong codes; try again later."),
    "too_soon": (429, "A code was sent a moment ago; try again later."),
    "unverified": (403, "The e-mail address must be verified first."),
    "wrong_code": (400, "The code is wrong."),
}
TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
FIELDS = {"bad_address": "email", "bad_number": "phone_number", "wrong_code": "otp_code", "not_saved": "otp_code", "no_channel": CHANNEL}


class Problem(Exception):
    """An answer that is an error, in the form of RFC 7807."""

    def __init__(self, status: int, kind: str, detail: str, field: str = "", *, challenge: str = "") -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.field, self.challenge = status, kind, detail, field, challenge

    def response(self, headers: tuple[tuple[str, str], ...]) -> Response:
        """Its body, with the field that is at fault."""
        said: dict[str, object] = {"type": f"urn:yett:{self.kind}", "status": self.status, "title": TITLES[self.status], "detail": self.detail}
        if self.field:
            fault = {"detail": self.detail, "field": self.field, "pointer": f"/{self.field}", "source": "body"}
            said["validation_errors"] = [fault]
        return json_response(said, self.status, (*headers, *((("www-authenticate", self.challenge),) if self.challenge else ())))


def refusal(reason: str) -> Problem:
    """A message id as this API tells it; a name that is not in the table is a bug, and told as nothing but a refusal."""
    status, detail = REFUSALS.get(reason, (400, "The request was refused."))
    return Problem(status, reason, detail, FIELDS.get(reason, ""))


def told(done: T | Missing | str) -> T:
    """What was done. Raises Problem for a refusal, and for what must be proven first (RFC 9470, 3)."""
    if isinstance(done, str):
        raise refusal(done)
    if not isinstance(done, Missing):
        return done
    if not done.acceptable:
        raise Problem(403, "unmet_authentication_requirements", "Nothing that the account has left can prove enough for this.")
    wanted = f', acr_values="{" ".join(done.acrs)}"' if done.acrs else ""
    detail = "A fresher or stronger authentication is needed."
    challenge = f'Bearer error="insufficient_user_authentication", error_description="{detail}"{wanted}, max_age="{done.max_age}"'
    raise Problem(401, "insufficient_user_authentication", detail, challenge=challenge)


def unwelcome(scope: str) -> Problem:
    """A token that is not good here, or not for this (RFC 6750, 3.1)."""
    if not scope:
        return Problem(401, "invalid_token", "The access token is invalid or has expired.", challenge='Bearer error="invalid_token"')
    return Problem(403, "insufficient_scope", f"The scope {scope} is needed.", challenge=f'Bearer error="insufficient_scope", scope="{scope}"')


def fields(request: Request, *names: str) -> Mapping[str, str]:
    """The named fields of a JSON body, those that were sent; others are ignored. Raises Problem and Malformed."""
    given = request.json()
    if not isinstance(given, dict):
        raise Problem(400, "invalid_request", "Send a JSON object.")
    said = {name: given[name] for name in names if given.get(name) is not None}
    for name, value in said.items():
        if not isinstance(value, str) or len(value) > LONGEST or UNFIT.search(value):
            raise Problem(400, "invalid_request", f"{name} must be text.", name)
    return said


def answer(request: Request) -> str:
    """The answer that completes an enrolment: a code, what an authenticator said, or that codes are saved."""
    given = request.json()
    response = given.get("authn_response") if isinstance(given, dict) else None
    if isinstance(response, dict):
        return msgspec.json.encode(response).decode()
    return fields(request, "otp_code").get("otp_code", "saved")


def target(factor: Factor, given: Mapping[str, str]) -> str:
    """Where its codes shall go; nothing for a factor that nothing is sent to."""
    if not factor.words.channels or not isinstance(factor, Told):
        return ""
    if not given.get(factor.told):
        raise Problem(400, "invalid_request", f"{factor.told} is needed.", factor.told)
    return given[factor.told]


def begun(offer: Offer, factor: Factor) -> dict[str, object]:
    """An enrolment begun. Recovery codes are a set; Auth0 has one, so the first stands where it looks."""
    said: dict[str, object] = {"id": offer.id, "auth_session": offer.handle}
    said |= {theirs: offer.question.show[ours] for ours, theirs in SHOWN.items() if ours in offer.question.show}
    if "ceremony" in offer.question.show:
        options: dict[str, object] = msgspec.json.decode(offer.question.show["ceremony"])
        # Auth0 excludes no passkey, and whoever was written for Auth0 does not decode what is excluded.
        dropped = {"excludeCredentials"} if factor.words.unnamed else set[str]()
        said["authn_params_public_key"] = {name: value for name, value in options.items() if name not in dropped}
    if "codes" in offer.question.show:
        codes = offer.question.show["codes"].replace("-", "").split("\n")
        said |= {"recovery_code": codes[0], "recovery_codes": codes}
    return said


def view(factor: Factor, one: Enrolment) -> dict[str, object]:
    """An enrolment, as its owner sees it."""
    said: dict[str, object] = {
        "id": one.id,
        "type": factor.words.method,
        "confirmed": one.status != "pending",
        "created_at": iso(one.created_at),
        "usage": usage(factor),
    }
    if one.name:
        said["name"] = one.name
    if one.used_at is not None:
        said["last_auth_at"] = iso(one.used_at)
    if isinstance(factor, Keyed):
        shown = factor.shows(one)
        return {**said, **{HERE.get(name, name): value for name, value in shown.items()}}
    return {**said, **(factor.described(one) if isinstance(factor, Told) else {})}


def usage(factor: Factor) -> list[str]:
    """Whether it begins a login, or follows it."""
    return ["primary", "secondary"] if factor.words.unnamed else ["secondary"]


def iso(seconds: int) -> str:
    """A time as Auth0 writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
