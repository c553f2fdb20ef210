"""What a guard is told: whose tokens it takes, and who it is itself."""

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from yett_guard.jws import ALGORITHMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`issuer` and `audience` it must have; `client_id` and `client_secret` to consume tokens of one use.

    `clients`: the applications that are served; empty: all of the issuer's. `leeway`: seconds that two clocks may
    differ. `resource_metadata`: URL that challenges name (RFC 9728). Raises ValueError for what would not be safe.
    """

    issuer: str
    audience: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    clients: AbstractSet[str] = frozenset()
    algorithms: AbstractSet[str] = frozenset(ALGORITHMS)
    leeway: int = 10
    resource_metadata: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not safe(self.issuer) or urlsplit(self.issuer).query or urlsplit(self.issuer).fragment:
            raise ValueError("issuer (YETT_ISSUER) must be an https URL, or http on a loopback address")
        if not self.issuer.endswith("/"):
            object.__setattr__(self, "issuer", self.issuer + "/")
        if not self.audience:
            raise ValueError("audience (YETT_AUDIENCE) must be the identifier of this API")
        if bool(self.client_id) != bool(self.client_secret):
            raise ValueError("client_id and client_secret (YETT_CLIENT_ID, YETT_CLIENT_SECRET) come together")
        if not self.algorithms or not self.algorithms <= set(ALGORITHMS):
            raise ValueError(f"algorithms must be some of {', '.join(ALGORITHMS)}")
        if not 0 <= self.leeway <= 120:  # noqa: PLR2004  # two minutes
            raise ValueError("leeway must be 0 to 120 seconds")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """YETT_ISSUER, YETT_AUDIENCE; YETT_CLIENT_ID, YETT_CLIENT_SECRET; YETT_CLIENTS, which are separated by spaces."""

        def said(name: str) -> str:
            return environ.get(f"YETT_{name}", "")

        return cls(
            issuer=said("ISSUER"),
            audience=said("AUDIENCE"),
            client_id=said("CLIENT_ID"),
            client_secret=said("CLIENT_SECRET"),
            clients=frozenset(said("CLIENTS").split()),
        )


def safe(url: str) -> bool:
    """Whether nobody on the way can say something else: https, or http that does not leave this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _loopback(host))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
