"""Applications, APIs, and which may have what."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from yett.domain.requirement import Requirement

# How an access token is written; with _authz it names the permissions of its person besides.
Dialect = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
AuthMethod = Literal["none", "client_secret_post", "client_secret_basic", "private_key_jwt"]

# What the keys of applications may sign with.
CREDENTIALS = ("RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519")


# For which reasons an application is told of a logout that does not say so itself (Auth0), and what stands for all of them.
LOGOUT_INITIATORS, EVERY = ("rp-logout", "idp-logout"), ("all",)


class Credential(NamedTuple):
    """A public key of an application's own (a JWK in JSON), good for signatures of `alg` and of no other algorithm.

    It authenticates the application where it is `used`, and until `expires_at` (None: for good).
    """

    id: str
    kid: str
    alg: str
    public: bytes
    name: str = ""
    used: bool = False
    created_at: int = 0
    updated_at: int = 0
    expires_at: int | None = None

    def good(self, now: int) -> bool:
        """Whether it authenticates its application now."""
        return self.used and (self.expires_at is None or now < self.expires_at)


class Client(NamedTuple):
    """An application. `secret` is the SHA-256 of its client_secret (256 random bits, so no slow hash is needed).

    `leeway` is for how many seconds a rotated refresh token may be shown again (lost answers, two tabs). One that stands
    for an API (`resource_server`, its identifier) may ask about tokens that were made for it. At `logout_url` it is told
    of sessions that have ended, where it was for one of `logout_initiators`, or for whatever reason where they are EVERY.
    """

    id: str
    name: str
    app_type: str = "regular_web"
    auth_method: AuthMethod = "client_secret_post"
    secret: bytes | None = None
    callbacks: tuple[str, ...] = ()
    web_origins: tuple[str, ...] = ()
    allowed_logout_urls: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    first_party: bool = True
    id_token_alg: str = "RS256"
    id_token_lifetime: int = 36000
    refresh_lifetime: int = 2592000
    refresh_idle_lifetime: int = 1296000
    leeway: int = 30
    rotating: bool = True
    require_pkce: bool = False
    global_: bool = False
    metadata: Mapping[str, str] = {}
    extra: bytes = b"{}"
    resource_server: str = ""
    credentials: tuple[Credential, ...] = ()
    logout_url: str = ""
    logout_initiators: tuple[str, ...] = LOGOUT_INITIATORS


# Our own pages, as a client: in no catalogue, so no request can name it and no administrator meets it. It is given no tokens.
OWN_PAGES = Client("yett", "")


class Detail(NamedTuple):
    """A type of authorization_details (RFC 9396, 2): what a transaction of this kind says, and how it is told to its person.

    `schema` is JSON Schema of the members beside `type`; `words` by language a text with {{ member }} in it.
    """

    type: str
    schema: str = '{"additionalProperties":false}'
    words: Mapping[str, str] = {}


class Api(NamedTuple):
    """A resource server. `requirement` holds for any of its tokens, `scope_requirements` for a scope of it.

    `enforce_policies`: nobody is given a scope of it that is not among their permissions, whatever is asked for.
    `descriptions` say what a scope lets an application do, in the words of people; `details` are the kinds of transactions that it knows.
    `skip_consent`: our own applications may have what they ask for without asking their person.
    """

    id: str
    identifier: str
    name: str = ""
    scopes: tuple[str, ...] = ()
    token_lifetime: int = 86400
    token_lifetime_for_web: int = 7200
    signing_alg: str = "RS256"
    token_dialect: Dialect = "access_token"
    allow_offline_access: bool = False
    requirement: Requirement | None = None
    scope_requirements: Mapping[str, Requirement] = {}
    extra: bytes = b"{}"
    enforce_policies: bool = False
    descriptions: Mapping[str, str] = {}
    details: tuple[Detail, ...] = ()
    skip_consent: bool = True

    def demands(self, scope: Iterable[str]) -> tuple[Requirement, ...]:
        """What it demands of whoever asks for these scopes: for any token of it, then for each scope."""
        found = (self.requirement, *(self.scope_requirements.get(name) for name in scope))
        return tuple(demand for demand in found if demand is not None)

    def once(self, scope: Iterable[str]) -> bool:
        """Whether a token with these scopes is good for one use alone."""
        return any(demand.one_use for demand in self.demands(scope))


class ClientGrant(NamedTuple):
    """Which scopes of an API a client may have for itself (client_credentials)."""

    id: str
    client: str
    audience: str
    scope: tuple[str, ...]
