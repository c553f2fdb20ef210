"""The policy of a store: one tenant, one store."""

from collections.abc import Mapping
from typing import NamedTuple

from yett.domain.client import Api, Client, ClientGrant


class Remember(NamedTuple):
    """Remember this browser: as guardian/settings has it; times in seconds. `bound`: only a browser that holds a key of its own."""

    offered: bool = True
    ticked: bool = False
    idle: int = 7 * 86400
    absolute: int = 30 * 86400
    bound: bool = False


class Brand(NamedTuple):
    """What a person sees of the tenant. `primary` is a CSS colour."""

    name: str = "Yett"
    logo: str = ""
    primary: str = ""
    support_email: str = ""
    support_url: str = ""


class Template(NamedTuple):
    """The tenant's own words for one message. `channel` is email or phone, `name` Auth0's for the message; `body` is HTML in a mail, else a text.

    `voice` is what a call says, `sender` whom it comes from (a mailbox, or a number; empty: whoever the provider was told),
    and `kept` what is given back as it was told.
    """

    channel: str
    name: str
    subject: str = ""
    body: str = ""
    voice: str = ""
    enabled: bool = True
    kept: Mapping[str, object] = {}
    sender: str = ""

    @property
    def mailbox(self) -> tuple[str, str]:
        """Name, which may be words of a template, and address: of `address`, or of `name <address>`."""
        name, bracket, address = self.sender.rpartition("<")
        return (name.strip(), address[:-1] if address.endswith(">") else "") if bracket else ("", address)


class Contract(NamedTuple):
    """A provider of the tenant's own: what it is told, and who we are there. `credentials` are sealed at rest, and shown to nobody."""

    id: str
    name: str
    channels: tuple[str, ...]
    settings: Mapping[str, str] = {}
    credentials: Mapping[str, str] = {}
    disabled: bool = False
    created_at: int = 0
    updated_at: int = 0


class Tenant(NamedTuple):
    """Everything that the management API can change about the tenant itself.

    `policies` is Auth0's list: all-applications, confidence-score or empty (never: step-up only). `factors` says by
    Auth0's factor name which are on. `tightened` are the operator's own figures, by name of the regime's column; none
    loosens a strict regime. `signup`: people may open accounts by themselves. `passwordless` are the connections (email, sms) by which a code may stand first.
    `distrusted` are models of authenticators (AAGUID in hexadecimal) that their metadata trust no longer: imports write them.
    """

    regime: str = "auth0"
    policies: tuple[str, ...] = ()
    factors: Mapping[str, bool] = {}
    factor_settings: Mapping[str, Mapping[str, object]] = {}
    remember: Remember = Remember()
    brand: Brand = Brand()
    tightened: Mapping[str, int] = {}
    recovery_codes: int = 10
    locales: tuple[str, ...] = ("en", "de")
    logout_urls: tuple[str, ...] = ()
    extra: bytes = b"{}"
    signup: bool = False
    templates: tuple[Template, ...] = ()
    passwordless: tuple[str, ...] = ()
    distrusted: tuple[str, ...] = ()


class SigningKey(NamedTuple):
    """A key that tokens are signed with. `private` is PKCS #8 DER, sealed at rest; `public` is a JWK in JSON."""

    kid: str
    alg: str
    private: bytes
    public: bytes
    created_at: int
    use: str = "current"  # next, current, previous or revoked
    changed_at: int = 0


class Catalogue(NamedTuple):
    """The configuration as of one version; every load says which version is in force."""

    version: int
    epoch: int
    tenant: Tenant
    clients: Mapping[str, Client]
    apis: Mapping[str, Api]
    grants: tuple[ClientGrant, ...]
    keys: tuple[SigningKey, ...]
    contracts: tuple[Contract, ...] = ()
