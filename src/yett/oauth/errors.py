"""The closed table of protocol errors, and Auth0's exact words for them.

OAuthError: answered where it arose, as JSON or on an error page.
  RedirectedError: sent back to the application (RFC 6749, 4.1.2.1); only once the redirect URI is known to be its own.
"""

from collections.abc import Mapping, Sequence

from yett.oauth.redirects import Way

# Every code that may leave the server, and its status where it is answered as JSON.
STATUS: Mapping[str, int] = {
    "access_denied": 403,
    "association_required": 403,
    "authorization_pending": 400,
    "consent_required": 400,
    "expired_token": 403,
    "insufficient_scope": 403,
    "insufficient_user_authentication": 401,
    "interaction_required": 400,
    "invalid_authorization_details": 400,
    "invalid_client": 401,
    "invalid_grant": 403,
    "invalid_request": 400,
    "invalid_scope": 400,
    "invalid_token": 401,
    "login_required": 400,
    "mfa_required": 403,
    "not_found": 404,
    "redirect_mismatch": 400,
    "request_not_supported": 400,
    "request_uri_not_supported": 400,
    "server_error": 500,
    "slow_down": 400,
    "temporarily_unavailable": 503,
    "too_many_attempts": 429,
    "unauthorized_client": 403,
    "unmet_authentication_requirements": 403,
    "unsupported_challenge_type": 401,
    "unsupported_grant_type": 400,
    "unsupported_response_type": 400,
}

# spa-js opens its step-up popup on exactly this text, and logs the user out on any other.
MFA_REQUIRED = "Multifactor authentication required"
LOGIN_REQUIRED = "Login required"
CONSENT_REQUIRED = "Consent required"
BAD_DETAILS = "The authorization_details are not accepted."
UNBOUND = "Under the rules in force this scope is given only with authorization_details."
UNMET = "The authentication requirements of this request cannot be met."
BLOCKED = "user is blocked"
UNVERIFIED = "Please verify your email before logging in."
DENIALS: Mapping[str, str] = {"blocked": BLOCKED, "unverified": UNVERIFIED}
DENIED_BY_NAME: Mapping[str, str] = {"unmet_authentication_requirements": UNMET, "invalid_authorization_details": UNBOUND}
DENIED = "The user or the policy denied the request."
NOT_AUTHORIZED = "User did not authorize the request"
EXPIRED_MFA_TOKEN = "mfa_token is expired"
MALFORMED_MFA_TOKEN = "Malformed mfa_token"
MFA_TOKEN_OF_ANOTHER_CLIENT = "mfa_token not issued to this client"
WRONG_OTP = "Invalid otp_code."
WRONG_BINDING_CODE = "Invalid binding_code."
WRONG_PASSWORD = "Wrong email or password."
REJECTED = "MFA Authorization rejected."
PENDING = "Authorization pending: please repeat the request in a few seconds."
NOT_ENROLLED = "User is not enrolled with guardian"
ALREADY_ENROLLED = "User is already enrolled"
EXPIRED_OOB_CODE = "oob_code is expired"
OOB_CODE_OF_ANOTHER_TOKEN = "The oob_code doesn't match the mfa_token"
WRONG_PASSWORDLESS: Mapping[str, str] = {"email": "Wrong email or verification code.", "sms": "Wrong phone number or verification code."}
WRONG_AUTH_SESSION = "Invalid or expired auth_session."
WRONG_ANSWER = "Invalid authn_response."
NO_SIGNUP: Mapping[str, str] = {"closed": "Public sign up is disabled", "address": "Invalid email address", "username": "Invalid username"}
SIGNUP_FAILED = "The sign up could not be completed: see the message that was sent to your address."
NO_AUTHENTICATOR = "There is no such authenticator."
TOO_WEAK = "A fresher or stronger authentication is needed."
UNAVAILABLE = "The account is being changed by others; try again."
# What tells a client how to come back with a better token (RFC 6750, 3; RFC 9470, 3).
CHALLENGED = ("scope", "acr_values", "max_age")
WRONG_CODE = "Invalid authorization code"
WRONG_VERIFIER = "Failed to verify code verifier"
WRONG_REFRESH_TOKEN = "Unknown or invalid refresh token."
TOO_MANY = "Too many attempts. Please try again later."

Headers = tuple[tuple[str, str], ...]


class OAuthError(Exception):
    """One refusal of the protocol. `scheme` names the way in that is asked for again (RFC 9110, 11.6.1)."""

    def __init__(self, code: str, description: str = "", scheme: str = "", extra: Mapping[str, object] | None = None) -> None:
        super().__init__(code)
        self.status = STATUS[code]
        self.code = code
        self.description = description
        self.scheme = scheme
        self.extra = extra or {}

    def answer(self) -> dict[str, str]:
        """The two members that every error has, in JSON and in a redirect."""
        return {"error": self.code, "error_description": self.description}

    def body(self) -> dict[str, object]:
        """The JSON body (RFC 6749, 5.2)."""
        return {**self.answer(), **self.extra}

    def headers(self) -> Headers:
        """WWW-Authenticate, where the request is to be made again with better credentials."""
        if self.scheme == "Bearer":
            wanted = "".join(f', {name}="{self.extra[name]}"' for name in CHALLENGED if name in self.extra)
            return (("www-authenticate", f'Bearer error="{self.code}", error_description="{self.description}"{wanted}'),)
        return (("www-authenticate", f'{self.scheme} realm="yett"'),) if self.scheme else ()


class RedirectedError(OAuthError):
    """A refusal that goes back to the application, in the way that its answer would have gone."""

    def __init__(self, cause: OAuthError, way: Way) -> None:
        super().__init__(cause.code, cause.description)
        self.way = way


def invalid_request(description: str) -> OAuthError:
    return OAuthError("invalid_request", description)


def missing(name: str) -> OAuthError:
    return invalid_request(f"Missing required parameter: {name}")


def redirect_mismatch() -> OAuthError:
    """Shown, never redirected: this is how a code would be stolen."""
    return OAuthError("redirect_mismatch", "The redirect_uri is not one that this application has registered.")


def invalid_client(scheme: str = "") -> OAuthError:
    """Unknown or not authenticated: the same words for both."""
    return OAuthError("invalid_client", "Unauthorized", scheme)


def invalid_grant(description: str) -> OAuthError:
    return OAuthError("invalid_grant", description)


def consent_required() -> OAuthError:
    return OAuthError("consent_required", CONSENT_REQUIRED)


def invalid_scope(description: str) -> OAuthError:
    return OAuthError("invalid_scope", description)


def invalid_authorization_details(why: str) -> OAuthError:
    return OAuthError("invalid_authorization_details", f"{BAD_DETAILS} {why}")


def invalid_token(description: str) -> OAuthError:
    return OAuthError("invalid_token", description, "Bearer")


def not_for_one_use() -> OAuthError:
    """Nothing was consumed: whoever asks for it takes a token for what it is not."""
    return invalid_request("The token is not for one use, so it cannot be consumed.")


def insufficient_scope(scope: str) -> OAuthError:
    return OAuthError("insufficient_scope", "The access token does not carry the scope that is needed.", "Bearer", {"scope": scope})


def unauthorized_client(grant: str) -> OAuthError:
    return OAuthError("unauthorized_client", f"Grant type '{grant}' not allowed for the client.")


def unsupported_grant_type(grant: str) -> OAuthError:
    return OAuthError("unsupported_grant_type", f"Unsupported grant type: {grant}")


def unsupported_response_type(supported: Sequence[str]) -> OAuthError:
    return OAuthError("unsupported_response_type", f"Supported response types: {', '.join(supported)}.")


def request_not_supported() -> OAuthError:
    return OAuthError("request_not_supported", "Request objects are not supported.")


def request_uri_not_supported() -> OAuthError:
    return OAuthError("request_uri_not_supported", "Request objects by reference are not supported.")


def no_such_api(audience: str) -> OAuthError:
    return OAuthError("access_denied", f"Service not found: {audience}")


def no_client_grant(audience: str) -> OAuthError:
    return OAuthError("access_denied", f'Client is not authorized to access "{audience}". You need to create a "client-grant" associated to this API.')


def scopes_not_granted(scope: Sequence[str]) -> OAuthError:
    return OAuthError("access_denied", f"Client has not been granted scopes: {', '.join(scope)}")


def denied(reason: str) -> OAuthError:
    """What the gate's Deny says on the wire; a reason that is no code of the table stays inside."""
    return OAuthError(*denial(reason))


def denial(reason: str) -> tuple[str, str]:
    """The code and the description of a Deny."""
    if reason in DENIED_BY_NAME:
        return reason, DENIED_BY_NAME[reason]
    return "access_denied", DENIALS.get(reason, DENIED)


def mfa_required(mfa_token: str, requirements: Mapping[str, object], more: Mapping[str, object] | None = None) -> OAuthError:
    return OAuthError("mfa_required", MFA_REQUIRED, extra={"mfa_token": mfa_token, "mfa_requirements": requirements, **(more or {})})


def login_required(description: str = LOGIN_REQUIRED) -> OAuthError:
    return OAuthError("login_required", description)


def expired_mfa_token() -> OAuthError:
    return OAuthError("expired_token", EXPIRED_MFA_TOKEN)


def malformed_mfa_token() -> OAuthError:
    return invalid_grant(MALFORMED_MFA_TOKEN)


def mfa_token_of_another_client() -> OAuthError:
    return invalid_request(MFA_TOKEN_OF_ANOTHER_CLIENT)


def wrong_otp() -> OAuthError:
    return invalid_grant(WRONG_OTP)


def wrong_binding_code() -> OAuthError:
    return invalid_grant(WRONG_BINDING_CODE)


def expired_oob_code() -> OAuthError:
    return OAuthError("expired_token", EXPIRED_OOB_CODE)


def oob_code_of_another_token() -> OAuthError:
    return invalid_request(OOB_CODE_OF_ANOTHER_TOKEN)


def rejected() -> OAuthError:
    return invalid_grant(REJECTED)


def no_connection() -> OAuthError:
    """A realm that is none of ours."""
    return invalid_request("The connection is not enabled.")


def wrong_passwordless(realm: str) -> OAuthError:
    return invalid_grant(WRONG_PASSWORDLESS[realm])


def wrong_auth_session() -> OAuthError:
    """Unknown, over, used, another client's or for another purpose: the same words for all."""
    return invalid_grant(WRONG_AUTH_SESSION)


def wrong_answer() -> OAuthError:
    """An authenticator that is nobody's, or that said what does not hold: the same words for both."""
    return invalid_grant(WRONG_ANSWER)


def no_signup(why: str) -> OAuthError:
    """Why nobody may open this account; `busy` is anybody's pace."""
    if why == "busy":
        return too_many_attempts()
    return OAuthError("access_denied", NO_SIGNUP[why]) if why == "closed" else invalid_request(NO_SIGNUP[why])


def signup_failed() -> OAuthError:
    return OAuthError("access_denied", SIGNUP_FAILED)


def already_enrolled() -> OAuthError:
    return OAuthError("access_denied", ALREADY_ENROLLED)


def not_served() -> OAuthError:
    return OAuthError("access_denied", "Codes are not sent to this destination.")


def no_authenticator() -> OAuthError:
    return OAuthError("not_found", NO_AUTHENTICATOR)


def stays(why: str) -> OAuthError:
    return OAuthError("access_denied", why)


def busy() -> OAuthError:
    return OAuthError("temporarily_unavailable", UNAVAILABLE)


def too_weak(acrs: Sequence[str], max_age: int) -> OAuthError:
    """A token whose login is too old or too weak for this (RFC 9470, 3)."""
    wanted = {"acr_values": " ".join(acrs)} if acrs else {}
    return OAuthError("insufficient_user_authentication", TOO_WEAK, "Bearer", {**wanted, "max_age": max_age})


def wrong_password() -> OAuthError:
    return invalid_grant(WRONG_PASSWORD)


def wrong_verifier() -> OAuthError:
    return invalid_grant(WRONG_VERIFIER)


def not_enrolled() -> OAuthError:
    """Auth0.swift and Auth0.Android read exactly this pair as "enrol first"."""
    return OAuthError("unsupported_challenge_type", NOT_ENROLLED)


def unsupported_challenge_type(asked: str, supported: Sequence[str]) -> OAuthError:
    """`supported` are the challenge types of the account's own factors; none: it has yet to enrol one."""
    if not supported:
        return not_enrolled()
    kinds = " ".join(dict.fromkeys(supported))
    return OAuthError("unsupported_challenge_type", f"The user does not support the requested challenge type ({asked}). Supported type: {kinds}.")


def too_many_attempts() -> OAuthError:
    return OAuthError("too_many_attempts", TOO_MANY)
