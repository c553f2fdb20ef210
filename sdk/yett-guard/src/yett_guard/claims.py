"""Access tokens, judged: which of the server's signed tokens is one for this API, and is good now (RFC 9068, 4, and Auth0's dialect). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yett_guard.refusal import Refusal, invalid_token
from yett_guard.settings import Settings

# RFC 9068, and Auth0's dialect, which shares its typ with ID tokens.
TYPS = frozenset({"at+jwt", "application/at+jwt", "jwt"})
# Claims of ID tokens (OIDC Core 2, 3.3.2.11), logout tokens (Back-Channel Logout 2.4) and security events (RFC 8417).
OF_OTHERS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events", "toe"})
MALFORMED, OTHER = "The access token is malformed.", "It is no access token for this API."
# Where no int is expected to be without an end: the year 9999.
LATEST = 253402300799


@dataclass(slots=True, eq=False)
class Token:
    """An access token that is good: signed by the server, made for this API, not expired. `claims` is everything that it says."""

    raw: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    consumed: bool = False

    @property
    def subject(self) -> str:
        """Whose it is (`sub`)."""
        return str(self.claims["sub"])

    @property
    def client(self) -> str:
        """The application that it was given to (`client_id`)."""
        return str(self.claims["client_id"])

    @property
    def scope(self) -> frozenset[str]:
        """The scopes that were granted."""
        return frozenset(self.claims.get("scope", "").split())

    @property
    def acr(self) -> str | None:
        """The level that was asked for and met."""
        acr: str | None = self.claims.get("acr")
        return acr

    @property
    def amr(self) -> frozenset[str]:
        """How its user was authenticated (RFC 8176)."""
        return frozenset(self.claims.get("amr", ()))

    @property
    def auth_time(self) -> int | None:
        """When: the oldest proof that counts, in seconds. None: nobody was authenticated."""
        auth_time: int | None = self.claims.get("auth_time")
        return auth_time

    @property
    def one_use(self) -> bool:
        """Whether it is good for one operation: the guard has it consumed before it lets anything through."""
        return self.claims.get("one_use") is True

    @property
    def details(self) -> tuple[Mapping[str, Any], ...]:
        """What its user was shown and approved, to the digit (`authorization_details`, RFC 9396)."""
        return tuple(self.claims.get("authorization_details", ()))


def judge(raw: str, typ: str, said: Mapping[str, Any] | None, settings: Settings, now: float) -> Token:
    """The token whose signature is good, if it is an access token for this API. Raises Refusal."""
    if typ.lower() not in TYPS or said is None or not OF_OTHERS.isdisjoint(said):
        raise invalid_token(OTHER)
    if said.get("iss") != settings.issuer or settings.audience not in _audiences(said):
        raise invalid_token(OTHER)
    if not all(isinstance(said.get(name), str) and said[name] for name in ("sub", "client_id", "jti")) or "cnf" in said:
        # Bound to a key (RFC 7800): whoever shows it has to show the key as well, and this guard cannot see it.
        raise invalid_token(OTHER)
    if settings.clients and said["client_id"] not in settings.clients:
        raise invalid_token("Its application is none that this API serves.")
    if fault := _untimely(said, settings.leeway, now) or _ill_typed(said):
        raise fault
    return Token(raw, said)


def _audiences(said: Mapping[str, Any]) -> list[str]:
    aud = said.get("aud")
    if isinstance(aud, str):
        return [aud]
    return aud if isinstance(aud, list) and all(isinstance(one, str) for one in aud) else []


def _untimely(said: Mapping[str, Any], leeway: int, now: float) -> Refusal | None:
    times = {name: said[name] for name in ("exp", "iat", "nbf", "auth_time") if name in said}
    if not {"exp", "iat"} <= times.keys() or not all(type(time) is int and 0 <= time <= LATEST for time in times.values()):
        return invalid_token(MALFORMED)
    if times["exp"] <= now - leeway:
        return invalid_token("The access token has expired.")
    if any(times[name] > now + leeway for name in ("iat", "nbf", "auth_time") if name in times):
        return invalid_token("The access token is not good yet.")
    return None


def _ill_typed(said: Mapping[str, Any]) -> Refusal | None:
    """A claim that is judged later must be what it is meant to be: `"mfa" in "no-mfa-at-all"` is true."""
    amr, details = said.get("amr", []), said.get("authorization_details", [])
    if not isinstance(said.get("acr", ""), str) or not isinstance(said.get("scope", ""), str) or not isinstance(said.get("one_use", False), bool):
        return invalid_token(MALFORMED)
    if not isinstance(amr, list) or not all(isinstance(one, str) for one in amr):
        return invalid_token(MALFORMED)
    if not isinstance(details, list) or not all(isinstance(one, dict) for one in details):
        return invalid_token(MALFORMED)
    return None
