"""Forward authentication: what a proxy asks of whoever stands before a protected host, and the way to a login and back (RFC 9470)."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from yett.domain.assurance import implies
from yett.domain.protected import CALLBACK, OURS, USUAL, YOUNGEST, Protected, unknown
from yett.domain.requirement import Clause
from yett.oauth import pkce
from yett.oauth.redirects import with_query

# What a proxy says of the request that it holds back.
SAID = ("x-forwarded-method", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri")
READS = frozenset({"GET", "HEAD"})
SCOPE = "openid profile email"
# As much of an address as fits into a state.
LONGEST = 2000
_PATH = re.compile(r"/[\x21-\x7e]*")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = re.compile(r"[0-9]{1,9}")


class Demand(NamedTuple):
    """What a place demands: one value of each of `any_of`, and no proof older than `max_age` seconds."""

    any_of: tuple[tuple[str, ...], ...] = ()
    max_age: int | None = None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """As the gate judges it: none of it is voluntary."""
        asked = tuple(Clause("essential", acrs, essential=True) for acrs in self.any_of)
        return asked if self.max_age is None else (*asked, Clause("request", max_age=self.max_age))

    @property
    def acrs(self) -> tuple[str, ...]:
        """Values of which each meets all of it; where there is none, those that were named last, for the place itself."""
        every = dict.fromkeys(acr for acrs in self.any_of for acr in acrs)
        enough = tuple(acr for acr in every if all(any(implies(acr, one) for one in acrs) for acrs in self.any_of))
        return enough or next(reversed(self.any_of), ())


class Asked(NamedTuple):
    """A request that a proxy holds back: `uri` is what it asks for there, a path with its query."""

    method: str
    host: Protected
    uri: str

    @property
    def ours(self) -> str:
        """The path where it is one of ours on that host, else nothing."""
        path = self.uri.partition("?")[0]
        return path if path.startswith(OURS) else ""

    @property
    def back(self) -> str:
        """Where it goes on once somebody is logged in: nowhere but on that host, and none of our own paths."""
        return "/" if self.ours or len(self.uri) > LONGEST else self.uri


def asked(headers: Sequence[tuple[str, str]], hosts: Mapping[str, Protected]) -> Asked | None:
    """What the proxy's headers say, by lower-case name. None for a host that is not protected.

    None as well where one is missing or comes twice: a proxy that adds to what a visitor sent would let the visitor say it.
    """
    said = [[value for name, value in headers if name == one] for one in SAID]
    if any(len(values) != 1 for values in said):
        return None
    method, proto, host, uri = (values[0] for values in said)
    found = hosts.get(f"{proto}://{host.lower().removesuffix(USUAL.get(proto, ''))}")
    return Asked(method, found, uri if _PATH.fullmatch(uri) else "/") if found else None


def params_of(asked: Asked) -> dict[str, str]:
    """The parameters of its address; none where one comes twice."""
    pairs = parse_qsl(asked.uri.partition("?")[2])
    params = dict(pairs)
    return params if len(params) == len(pairs) else {}


def demand(host: Protected, params: Sequence[tuple[str, str]]) -> Demand | None:
    """What the host demands and what the proxy's own query adds; neither lowers the other. None for what cannot be understood."""
    acrs = tuple(dict.fromkeys(acr for name, value in params if name == "acr" for acr in value.split()))
    ages = [value for name, value in params if name == "max_age"]
    if any(name not in {"acr", "max_age"} or not value for name, value in params) or unknown(acrs):
        return None
    if any(not _SECONDS.fullmatch(age) or int(age) < YOUNGEST for age in ages):
        return None
    youngest = min((*map(int, ages), *(() if host.max_age is None else (host.max_age,))), default=None)
    return Demand(tuple(each for each in (host.acrs, acrs) if each), youngest)


def may_leave(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person is looking, who can be sent to log in; a script is told instead, and so is whoever sends something."""
    if method not in READS or "x-requested-with" in headers:
        return False
    mode = headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in headers.get("accept", "")


class Way(NamedTuple):
    """Where somebody came from to log in, and what is demanded there; `turn` makes each way another one."""

    turn: str
    uri: str
    demand: Demand


def usable(secret: str) -> bool:
    """Whether this can be the secret of a browser's ways."""
    return _SECRET.fullmatch(secret) is not None


def state_of(secret: str, way: Way) -> str:
    """The `state` of a way: only the browser that holds `secret` can have begun it, and only it comes back by it."""
    age = "" if way.demand.max_age is None else str(way.demand.max_age)
    body = _plain("\n".join((way.turn, way.uri, age, *(" ".join(acrs) for acrs in way.demand.any_of))).encode())
    return f"{body}.{_derived(secret, 'state', body)}"


def way_of(secret: str, state: str) -> Way | None:
    """The way that a browser comes back by. None where it did not begin it."""
    body, _, mac = state.partition(".")
    if not usable(secret) or not hmac.compare_digest(_derived(secret, "state", body).encode(), mac.encode()):
        return None
    turn, uri, age, *any_of = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode().split("\n")
    return Way(turn, uri, Demand(tuple(tuple(acrs.split()) for acrs in any_of), int(age) if age else None))


def verifier_of(secret: str, way: Way) -> str:
    """The code_verifier of a way (RFC 7636)."""
    return _derived(secret, "verifier", way.turn)


def nonce_of(secret: str, way: Way) -> str:
    """The nonce of a way: what comes back must have been asked for by it."""
    return _derived(secret, "nonce", way.turn)


def login_url(issuer: str, host: Protected, secret: str, way: Way) -> str:
    """The authorization request. What is demanded is essential: a login that cannot meet it ends with an error, not here again."""
    essential = '{"id_token":{"acr":{"essential":true,"values":[' + ",".join(f'"{acr}"' for acr in way.demand.acrs) + "]}}}" if way.demand.any_of else ""
    return with_query(
        issuer + "authorize",
        {
            "response_type": "code",
            "client_id": host.client.id,
            "redirect_uri": host.origin + CALLBACK,
            "scope": SCOPE,
            "state": state_of(secret, way),
            "nonce": nonce_of(secret, way),
            "code_challenge": pkce.of(verifier_of(secret, way)),
            "code_challenge_method": "S256",
            "claims": essential,
            "acr_values": " ".join(way.demand.any_of[0]) if way.demand.any_of else "",
            "max_age": "" if way.demand.max_age is None else str(way.demand.max_age),
        },
    )


def challenge(demand: Demand) -> str:
    """The WWW-Authenticate header of whoever is not let in (RFC 9470, 3)."""
    parts = ['Bearer error="insufficient_user_authentication"', 'error_description="A different authentication level is required"']
    parts += [f'acr_values="{" ".join(demand.acrs)}"'] if demand.any_of else []
    parts += [f'max_age="{demand.max_age}"'] if demand.max_age is not None else []
    return ", ".join(parts)


def _derived(secret: str, what: str, of: str) -> str:
    return _plain(hmac.digest(secret.encode(), f"{what}:{of}".encode(), "sha256"))


def _plain(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
