"""Token requests, judged: one shape per grant (RFC 6749, 4 to 6; Auth0's MFA API)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from yett.domain.client import Api, Client, ClientGrant
from yett.domain.requirement import Clause
from yett.oauth import errors, scopes
from yett.oauth.authorize import AuthorizationRequest, acr_values, seconds
from yett.oauth.clients import origin_allowed, presented_client
from yett.oauth.consent import without_asking
from yett.oauth.scopes import narrowed

__all__ = [
    "ANSWER", "CLIENT_CREDENTIALS", "CODE", "GRANTS", "MFA_OOB", "MFA_OTP", "MFA_RECOVERY", "PASSWORD", "PASSWORDLESS", "PASSWORD_REALM", "REFRESH", "WEBAUTHN",
    "ClientCredentialsRequest", "CodeRequest", "MfaKeyRequest", "MfaOobRequest", "MfaOtpRequest", "MfaRecoveryRequest", "PasskeyRequest",
    "PasswordRequest", "PasswordlessRequest", "RefreshRequest", "TokenRequest",
    "as_authorization", "machine_scope", "narrowed", "origin_allowed", "pageless", "parse", "presented_client", "refresh_wants", "required",
]  # fmt: skip

CODE, REFRESH, CLIENT_CREDENTIALS, PASSWORD = "authorization_code", "refresh_token", "client_credentials", "password"
PASSWORD_REALM = "http://auth0.com/oauth/grant-type/password-realm"
MFA_OTP = "http://auth0.com/oauth/grant-type/mfa-otp"
MFA_OOB = "http://auth0.com/oauth/grant-type/mfa-oob"
MFA_RECOVERY = "http://auth0.com/oauth/grant-type/mfa-recovery-code"
PASSWORDLESS = "http://auth0.com/oauth/grant-type/passwordless/otp"
WEBAUTHN = "urn:okta:params:oauth:grant-type:webauthn"
LONGEST = 8192
# What an authenticator says may carry the certificates of its maker.
ANSWER, LONGEST_ANSWER = "authn_response", 32768

# Half a surrogate pair is no text and has no bytes; JSON can spell it.
_HALVES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A code for tokens (RFC 6749, 4.1.3; RFC 7636, 4.5)."""

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshRequest:
    """A refresh token for new tokens; SDKs may ask for a step-up here as they do at /authorize."""

    refresh_token: str = field(repr=False)
    scope: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class ClientCredentialsRequest:
    """A client for itself."""

    audience: str
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordRequest:
    """A password shown to the application (deprecated by RFC 9700, spoken by Auth0's MFA API)."""

    username: str
    password: str = field(repr=False)
    scope: tuple[str, ...] = ()
    audience: str = ""
    realm: str = ""


@dataclass(frozen=True, slots=True)
class MfaOtpRequest:
    """A code of an authenticator for an attempt that an mfa_token holds."""

    mfa_token: str = field(repr=False)
    otp: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MfaOobRequest:
    """A code that was sent, for an attempt that an mfa_token holds; `oob_code` names the question."""

    mfa_token: str = field(repr=False)
    oob_code: str
    binding_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MfaRecoveryRequest:
    """A recovery code for an attempt that an mfa_token holds."""

    mfa_token: str = field(repr=False)
    recovery_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordlessRequest:
    """A code that was sent to an address or number at /passwordless/start; `realm` is email or sms."""

    username: str
    otp: str = field(repr=False)
    realm: str
    scope: tuple[str, ...] = ()
    audience: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyRequest:
    """What an authenticator answered to /passkey/register or /passkey/challenge, in JSON; `auth_session` names the question."""

    auth_session: str = field(repr=False)
    answer: str = field(repr=False)
    realm: str = ""
    scope: tuple[str, ...] = ()
    audience: str = ""


@dataclass(frozen=True, slots=True)
class MfaKeyRequest:
    """The same, for an attempt that an mfa_token holds."""

    mfa_token: str = field(repr=False)
    answer: str = field(repr=False)


MfaRequest = MfaOtpRequest | MfaOobRequest | MfaRecoveryRequest | MfaKeyRequest
TokenRequest = CodeRequest | RefreshRequest | ClientCredentialsRequest | PasswordRequest | MfaRequest | PasswordlessRequest | PasskeyRequest
Fields = Mapping[str, str]


def parse(fields: Fields) -> TokenRequest:
    """The request, by its grant type. Raises OAuthError for a grant that is none of ours, and for what it lacks."""
    if any(len(value) > (LONGEST_ANSWER if name == ANSWER else LONGEST) or _HALVES.search(value) for name, value in fields.items()):
        raise errors.invalid_request("A parameter is too long, or is no text.")
    grant = required(fields, "grant_type")
    if grant not in _READERS:
        raise errors.unsupported_grant_type(grant if grant.isprintable() else "")
    return _READERS[grant](fields)


def required(fields: Fields, name: str) -> str:
    """A parameter's value. Raises OAuthError where there is none."""
    value = fields.get(name, "")
    if not value:
        raise errors.missing(name)
    return value


def as_authorization(asked: PasswordRequest | PasswordlessRequest | PasskeyRequest, client: Client, apis: Mapping[str, Api]) -> AuthorizationRequest:
    """The same request as an application would make it at /authorize. Raises OAuthError; for a scope for one use always: there it is given alone."""
    api = scopes.api_of(asked.audience, apis)
    scope = scopes.granted(asked.scope, client, api)
    if api is not None and api.once(scope):
        raise errors.invalid_scope("A scope for one use is given by the authorization endpoint alone.")
    request = AuthorizationRequest(client.id, scope=scope, audience=asked.audience)
    if without_asking(request, client, api):
        # There is no page on which a person could agree, and nobody agrees in silence.
        raise errors.consent_required()
    return request


def pageless(request: AuthorizationRequest, apis: Mapping[str, Api]) -> AuthorizationRequest:
    """As much of it as can be given again where nobody is shown what they approve."""
    return request._replace(scope=scopes.lasting(request.scope, apis.get(request.audience)), authorization_details="", purpose="")


def refresh_wants(asked: RefreshRequest) -> tuple[Clause, ...]:
    """What a refresh asks for by itself, judged as /authorize would with prompt=none."""
    wished = (Clause("client_acr", asked.acr_values),) if asked.acr_values else ()
    return wished if asked.max_age is None else (*wished, Clause("request", max_age=asked.max_age))


def machine_scope(asked: ClientCredentialsRequest, client: Client, apis: Mapping[str, Api], grants: Iterable[ClientGrant]) -> tuple[Api, tuple[str, ...]]:
    """The API and the scopes that a client has there for itself: all that it was granted, or those that it names.

    Raises OAuthError; for a public client always, for anyone can say that they are one (RFC 6749, 4.4).
    """
    if client.auth_method == "none":
        raise errors.unauthorized_client(CLIENT_CREDENTIALS)
    api = scopes.api_of(asked.audience, apis)
    had = next((one.scope for one in grants if (one.client, one.audience) == (client.id, asked.audience)), None)
    if api is None or had is None or api.once(()):
        raise errors.no_client_grant(asked.audience)
    # A grant may name what its API has no longer; and nobody approves anything for a machine.
    had = scopes.lasting(tuple(name for name in had if name in api.scopes), api)
    if beyond := tuple(name for name in asked.scope if name not in had):
        raise errors.scopes_not_granted(beyond)
    return api, asked.scope or had


def _code(fields: Fields) -> CodeRequest:
    return CodeRequest(required(fields, "code"), fields.get("redirect_uri", ""), fields.get("code_verifier", ""))


def _refresh(fields: Fields) -> RefreshRequest:
    return RefreshRequest(
        required(fields, "refresh_token"),
        _scope(fields),
        acr_values(fields.get("acr_values", "")),
        seconds(fields.get("max_age", "")),
    )


def _client_credentials(fields: Fields) -> ClientCredentialsRequest:
    return ClientCredentialsRequest(required(fields, "audience"), _scope(fields))


def _password(fields: Fields) -> PasswordRequest:
    return PasswordRequest(required(fields, "username"), required(fields, "password"), _scope(fields), fields.get("audience", ""), fields.get("realm", ""))


def _mfa_otp(fields: Fields) -> MfaOtpRequest:
    return MfaOtpRequest(required(fields, "mfa_token"), required(fields, "otp"))


def _mfa_oob(fields: Fields) -> MfaOobRequest:
    return MfaOobRequest(required(fields, "mfa_token"), required(fields, "oob_code"), fields.get("binding_code", ""))


def _mfa_recovery(fields: Fields) -> MfaRecoveryRequest:
    return MfaRecoveryRequest(required(fields, "mfa_token"), required(fields, "recovery_code"))


def _passwordless(fields: Fields) -> PasswordlessRequest:
    username, otp, realm = required(fields, "username"), required(fields, "otp"), required(fields, "realm")
    return PasswordlessRequest(username, otp, realm, _scope(fields), fields.get("audience", ""))


def _webauthn(fields: Fields) -> PasskeyRequest | MfaKeyRequest:
    """Of a login that it begins, or of one that an mfa_token holds."""
    answer = required(fields, ANSWER)
    if fields.get("mfa_token"):
        return MfaKeyRequest(fields["mfa_token"], answer)
    return PasskeyRequest(required(fields, "auth_session"), answer, fields.get("realm", ""), _scope(fields), fields.get("audience", ""))


def _scope(fields: Fields) -> tuple[str, ...]:
    return scopes.parse(fields.get("scope", ""))


_READERS: Mapping[str, Callable[[Fields], TokenRequest]] = {
    CODE: _code,
    REFRESH: _refresh,
    CLIENT_CREDENTIALS: _client_credentials,
    PASSWORD: _password,
    PASSWORD_REALM: _password,
    MFA_OTP: _mfa_otp,
    MFA_OOB: _mfa_oob,
    MFA_RECOVERY: _mfa_recovery,
    PASSWORDLESS: _passwordless,
    WEBAUTHN: _webauthn,
}
GRANTS = tuple(_READERS)
