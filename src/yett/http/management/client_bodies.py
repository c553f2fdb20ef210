"""An application on the wire, and what becomes of each field."""

from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from yett.domain.client import EVERY, LOGOUT_INITIATORS, Client
from yett.domain.client import AuthMethod as AuthMethodOf
from yett.flows.manage.credentials import NewKey
from yett.http.management.credentials import PublicKeyCredential, new_key
from yett.http.management.wire import Body, Paged, Problem, or_else

AppType = Literal["native", "spa", "regular_web", "non_interactive", "resource_server"]
AuthMethod = Literal["none", "client_secret_post", "client_secret_basic"]
GRANT = "http://auth0.com/oauth/grant-type/"
GrantType = Literal[
    "authorization_code",
    "implicit",
    "refresh_token",
    "client_credentials",
    "password",
    "http://auth0.com/oauth/grant-type/password-realm",
    "http://auth0.com/oauth/grant-type/mfa-oob",
    "http://auth0.com/oauth/grant-type/mfa-otp",
    "http://auth0.com/oauth/grant-type/mfa-recovery-code",
    "http://auth0.com/oauth/grant-type/passwordless/otp",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:okta:params:oauth:grant-type:webauthn",
    "urn:openid:params:grant-type:ciba",
]
# What tokens may be signed with. Ed25519 is what EdDSA is called since RFC 9864: some know it by the one name, some by the other.
Alg = Literal["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]
Initiator = Literal[
    "rp-logout",
    "idp-logout",
    "password-changed",
    "session-expired",
    "session-revoked",
    "account-deleted",
    "email-identifier-changed",
    "mfa-phone-unenrolled",
    "account-deactivated",
    "profile-changed",
]
PUBLIC = frozenset({"native", "spa"})
# What Auth0 gives an application of this type that asks for nothing; implicit is left out (RFC 9700, 2.1.2).
USUAL = {
    "native": ("authorization_code", "refresh_token"),
    "spa": ("authorization_code", "refresh_token"),
    "regular_web": ("authorization_code", "refresh_token", "client_credentials"),
    "non_interactive": ("client_credentials",),
    "resource_server": (),
}
YEAR = 31557600
# What "infinite" comes to: the grant that a token rests on ends long before.
INFINITE = 2**31 - 1

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^<>]+$")]
Urls = Annotated[list[Annotated[str, Meta(min_length=1, max_length=2000)]], Meta(max_length=500)]
Metadata = Annotated[dict[str, Annotated[str, Meta(max_length=255)] | None], Meta(max_length=10)]
Seconds = Annotated[int, Meta(ge=1, le=YEAR)]


class JwtConfiguration(Body):
    """How the ID tokens of an application are made."""

    lifetime_in_seconds: Annotated[int, Meta(ge=1, le=2592000)] | UnsetType = UNSET
    alg: Alg | UnsetType = UNSET
    secret_encoded: bool | UnsetType = UNSET
    scopes: Any = UNSET


class RefreshConfiguration(Body):
    """How the refresh tokens of an application live."""

    rotation_type: Literal["rotating", "non-rotating"] | UnsetType = UNSET
    expiration_type: Literal["expiring", "non-expiring"] | UnsetType = UNSET
    leeway: Annotated[int, Meta(ge=0, le=60)] | UnsetType = UNSET
    token_lifetime: Seconds | UnsetType = UNSET
    infinite_token_lifetime: bool | UnsetType = UNSET
    idle_token_lifetime: Seconds | UnsetType = UNSET
    infinite_idle_token_lifetime: bool | UnsetType = UNSET
    policies: Any = UNSET


class LogoutInitiators(Body):
    """For what an application is told of a logout: `all`, or those that are selected. Nobody is told yet of what expires or of profiles."""

    mode: Literal["custom", "all"] = "custom"
    selected_initiators: Annotated[list[Initiator], Meta(max_length=20)] = field(default_factory=list)


class OidcLogout(Body, kw_only=True):
    """Where an application is told that a session has ended (OIDC Back-Channel Logout 1.0): one address, as with Auth0."""

    backchannel_logout_urls: Annotated[list[Annotated[str, Meta(min_length=1, max_length=2000)]], Meta(max_length=1)] | UnsetType = UNSET
    backchannel_logout_initiators: LogoutInitiators | UnsetType | None = UNSET
    backchannel_logout_session_metadata: Any = UNSET


class CredentialName(Body):
    """A credential of the application."""

    id: str


class PrivateKeyJwt(Body):
    """The application signs an assertion with one of these keys (RFC 7523)."""

    credentials: Annotated[list[CredentialName], Meta(max_length=10)]


class Methods(Body):
    """How the application authenticates itself, where it has no secret."""

    private_key_jwt: PrivateKeyJwt


class NewPrivateKeyJwt(Body):
    """Keys that are registered along with the application."""

    credentials: Annotated[list[PublicKeyCredential], Meta(min_length=1, max_length=10)]


class NewMethods(Body):
    """How a new application authenticates itself, where it shall have no secret."""

    private_key_jwt: NewPrivateKeyJwt


class Kept(Body, kw_only=True):
    """What Auth0 knows of an application and nothing here acts upon yet: kept, and given back."""

    description: Any = UNSET
    logo_uri: Any = UNSET
    oidc_conformant: Any = UNSET
    oidc_logout: OidcLogout | UnsetType | None = UNSET
    oidc_backchannel_logout: Any = UNSET
    session_transfer: Any = UNSET
    allowed_origins: Any = UNSET
    client_aliases: Any = UNSET
    allowed_clients: Any = UNSET
    is_token_endpoint_ip_header_trusted: bool | UnsetType = UNSET
    encryption_key: Any = UNSET
    sso: Any = UNSET
    sso_disabled: Any = UNSET
    cross_origin_authentication: Any = UNSET
    cross_origin_loc: Any = UNSET
    custom_login_page_on: Any = UNSET
    custom_login_page: Any = UNSET
    custom_login_page_preview: Any = UNSET
    form_template: Any = UNSET
    addons: Any = UNSET
    mobile: Any = UNSET
    initiate_login_uri: Any = UNSET
    native_social_login: Any = UNSET
    fedcm_login: Any = UNSET
    default_organization: Any = UNSET
    organization_usage: Any = UNSET
    organization_require_behavior: Any = UNSET
    organization_discovery_methods: Any = UNSET
    require_proof_of_possession: Any = UNSET
    compliance_level: Any = UNSET
    skip_non_verifiable_callback_uri_confirmation_prompt: Any = UNSET
    token_exchange: Any = UNSET
    par_request_expiry: Any = UNSET
    token_quota: Any = UNSET
    async_approval_notification_channels: Any = UNSET


class ChangedClient(Kept, kw_only=True):
    """Changes to an application. `require_pkce` is ours: a code is made for a challenge only."""

    name: Name | UnsetType = UNSET
    app_type: AppType | UnsetType = UNSET
    token_endpoint_auth_method: AuthMethod | UnsetType | None = UNSET
    client_authentication_methods: Methods | UnsetType | None = UNSET
    resource_server_identifier: Annotated[str, Meta(max_length=600)] | UnsetType | None = UNSET
    callbacks: Urls | UnsetType = UNSET
    web_origins: Urls | UnsetType = UNSET
    allowed_logout_urls: Urls | UnsetType = UNSET
    grant_types: list[GrantType] | UnsetType = UNSET
    is_first_party: bool | UnsetType = UNSET
    jwt_configuration: JwtConfiguration | UnsetType = UNSET
    refresh_token: RefreshConfiguration | UnsetType = UNSET
    client_metadata: Metadata | UnsetType = UNSET
    require_pkce: bool | UnsetType = UNSET


class NewClient(ChangedClient, kw_only=True):
    """A new application."""

    name: Name
    client_authentication_methods: NewMethods | UnsetType | None = UNSET  # type: ignore[assignment]


class ClientView(Kept, kw_only=True, forbid_unknown_fields=False):
    """An application. `client_secret` is there when it was just made."""

    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    app_type: str | UnsetType = UNSET
    token_endpoint_auth_method: str | UnsetType | None = UNSET
    client_authentication_methods: Methods | UnsetType = UNSET
    resource_server_identifier: str | UnsetType = UNSET
    callbacks: list[str] | UnsetType = UNSET
    web_origins: list[str] | UnsetType = UNSET
    allowed_logout_urls: list[str] | UnsetType = UNSET
    grant_types: list[str] | UnsetType = UNSET
    is_first_party: bool | UnsetType = UNSET
    jwt_configuration: JwtConfiguration | UnsetType = UNSET
    refresh_token: RefreshConfiguration | UnsetType = UNSET
    client_metadata: dict[str, str] | UnsetType = UNSET
    require_pkce: bool | UnsetType = UNSET
    global_: bool | UnsetType = field(default=UNSET, name="global")


class ClientPage(Paged):
    """Applications in their envelope."""

    clients: list[ClientView]


def drafted(body: NewClient) -> Client:
    """The application that a body describes; what it leaves open is as usual for its type."""
    kind = or_else(body.app_type, "regular_web")
    usual = Client(
        "",
        body.name,
        app_type=kind,
        auth_method="none" if kind in PUBLIC else "client_secret_post",
        grant_types=USUAL[kind],
    )
    return changed(usual, body)


def changed(client: Client, body: ChangedClient) -> Client:
    """The application with these changes."""
    jwt = or_else(body.jwt_configuration, JwtConfiguration())
    metadata = {**client.metadata, **or_else(body.client_metadata, {})}
    return _told(_refreshed(client, or_else(body.refresh_token, RefreshConfiguration())), body.oidc_logout)._replace(
        name=or_else(body.name, client.name),
        app_type=or_else(body.app_type, client.app_type),
        auth_method=_method(client, body),
        callbacks=tuple(or_else(body.callbacks, client.callbacks)),
        web_origins=tuple(or_else(body.web_origins, client.web_origins)),
        allowed_logout_urls=tuple(or_else(body.allowed_logout_urls, client.allowed_logout_urls)),
        grant_types=tuple(or_else(body.grant_types, client.grant_types)),
        first_party=or_else(body.is_first_party, client.first_party),
        id_token_alg=or_else(jwt.alg, client.id_token_alg),
        id_token_lifetime=or_else(jwt.lifetime_in_seconds, client.id_token_lifetime),
        require_pkce=or_else(body.require_pkce, client.require_pkce),
        metadata={name: value for name, value in metadata.items() if value is not None},
        extra=kept(client.extra, body, Kept),
        resource_server=or_else(body.resource_server_identifier, client.resource_server) or "",
    )


def _told(client: Client, wish: OidcLogout | UnsetType | None) -> Client:
    """Where it is told of a logout, and of which; what is not said is as usual."""
    if isinstance(wish, UnsetType):
        return client
    wish = wish or OidcLogout()
    which = or_else(wish.backchannel_logout_initiators, None)
    chosen = LOGOUT_INITIATORS if which is None else EVERY if which.mode == "all" else tuple(which.selected_initiators)
    return client._replace(logout_url=next(iter(or_else(wish.backchannel_logout_urls, [])), ""), logout_initiators=chosen)


def _method(client: Client, body: ChangedClient) -> AuthMethodOf:
    """A secret's method takes the place of keys; where keys are taken away and nothing is said, it is the usual one."""
    if body.token_endpoint_auth_method and not isinstance(body.token_endpoint_auth_method, UnsetType):
        return body.token_endpoint_auth_method
    away = body.client_authentication_methods is None and client.auth_method == "private_key_jwt"
    return "client_secret_post" if away else client.auth_method


def uses(body: ChangedClient) -> list[str] | None:
    """The credentials that shall authenticate the application; None where nothing is said of them. Raises Problem where a secret shall as well."""
    methods = body.client_authentication_methods
    if isinstance(methods, UnsetType) or methods is None:
        return None
    exclusive(body)
    return [one.id for one in methods.private_key_jwt.credentials]


def registered(body: NewClient) -> list[NewKey]:
    """The keys that a new application comes with. Raises Problem."""
    methods = body.client_authentication_methods
    if isinstance(methods, UnsetType) or methods is None:
        return []
    exclusive(body)
    return [new_key(one) for one in methods.private_key_jwt.credentials]


def exclusive(body: ChangedClient) -> None:
    """Raises Problem where an application shall have a secret and keys."""
    if body.token_endpoint_auth_method and not isinstance(body.token_endpoint_auth_method, UnsetType):
        raise Problem(400, "token_endpoint_auth_method and client_authentication_methods exclude each other.", "invalid_body")


def _refreshed(client: Client, wish: RefreshConfiguration) -> Client:
    endless = wish.expiration_type == "non-expiring"
    overall = INFINITE if endless or wish.infinite_token_lifetime is True else wish.token_lifetime
    idle = INFINITE if endless or wish.infinite_idle_token_lifetime is True else wish.idle_token_lifetime
    return client._replace(
        rotating=client.rotating if wish.rotation_type is UNSET else wish.rotation_type == "rotating",
        leeway=or_else(wish.leeway, client.leeway),
        refresh_lifetime=or_else(overall, client.refresh_lifetime),
        refresh_idle_lifetime=or_else(idle, client.refresh_idle_lifetime),
    )


def kept(old: bytes, body: Struct, kind: type[Struct]) -> bytes:
    """The document of fields that nothing acts upon, with those of the body; null takes one away."""
    sent = {name: value for name in kind.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
    document = {**msgspec.json.decode(old, type=dict[str, Any]), **sent}
    return msgspec.json.encode({name: value for name, value in document.items() if value is not None})


def view(client: Client, secret: str = "") -> ClientView:
    """The application as it is shown."""
    by_keys = client.auth_method == "private_key_jwt"
    extra = msgspec.json.decode(client.extra, type=dict[str, Any])
    return ClientView(
        client_id=client.id,
        client_secret=secret or UNSET,
        name=client.name,
        app_type=client.app_type,
        token_endpoint_auth_method=None if by_keys else client.auth_method,
        client_authentication_methods=Methods(PrivateKeyJwt([CredentialName(one.id) for one in client.credentials if one.used])) if by_keys else UNSET,
        resource_server_identifier=client.resource_server or UNSET,
        callbacks=list(client.callbacks),
        web_origins=list(client.web_origins),
        allowed_logout_urls=list(client.allowed_logout_urls),
        grant_types=list(client.grant_types),
        is_first_party=client.first_party,
        jwt_configuration=JwtConfiguration(lifetime_in_seconds=client.id_token_lifetime, alg=cast("Alg", client.id_token_alg)),
        refresh_token=_refresh(client),
        client_metadata=dict(client.metadata),
        require_pkce=client.require_pkce,
        global_=client.global_,
        **{name: value for name, value in extra.items() if name in Kept.__struct_fields__},
    )


def _refresh(client: Client) -> RefreshConfiguration:
    overall, idle = client.refresh_lifetime, client.refresh_idle_lifetime
    endless = overall >= INFINITE
    return RefreshConfiguration(
        rotation_type="rotating" if client.rotating else "non-rotating",
        expiration_type="non-expiring" if endless else "expiring",
        leeway=client.leeway,
        token_lifetime=min(overall, YEAR),
        infinite_token_lifetime=endless,
        idle_token_lifetime=min(idle, YEAR),
        infinite_idle_token_lifetime=idle >= INFINITE,
    )
