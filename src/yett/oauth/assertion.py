"""Assertions by which clients authenticate themselves, judged (RFC 7523, 3; OIDC Core 9, private_key_jwt)."""

from collections.abc import Mapping
from typing import NamedTuple, TypeGuard

from yett.oauth import errors

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# How long one may live, and how far the clock of its client may be ahead of ours, in seconds.
LIVES, AHEAD = 300, 30
LONGEST, LONGEST_JTI = 8192, 256

Said = Mapping[str, object]


class Once(NamedTuple):
    """What is remembered of an assertion until its time is over, so that nobody shows it again."""

    jti: str
    until: int


def presented(fields: Mapping[str, str], authorization: str) -> str:
    """The assertion of a request; "" where it has none. Raises OAuthError where it is of another type, or not the only method."""
    token, kind = fields.get("client_assertion", ""), fields.get("client_assertion_type", "")
    if not token and not kind:
        return ""
    if authorization or fields.get("client_secret"):
        raise errors.invalid_request("Authenticate the client by one method only.")
    if kind != TYPE or not token or len(token) > LONGEST:
        raise errors.invalid_client()
    return token


def judge(said: Said | None, client: str, issuer: str, now: int) -> Once:
    """The claims of a token that this client's own key signed. Raises OAuthError, in the same words whatever is wrong.

    It speaks of the client and of nobody else, to us and to nobody else, for a few minutes, and has a name of its own.
    """
    if said is None or said.get("iss") != client or said.get("sub") != client or not _to_us(said.get("aud"), issuer):
        raise errors.invalid_client()
    exp, jti = said.get("exp"), said.get("jti")
    if not _number(exp) or not now < exp <= now + LIVES + AHEAD or not all(_begun(said.get(name), now) for name in ("iat", "nbf")):
        raise errors.invalid_client()
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise errors.invalid_client()
    return Once(jti, int(exp) + 1)


def _to_us(aud: object, issuer: str) -> bool:
    """The issuer or the token endpoint, to the letter: what was meant for another server as well could be shown by that one here."""
    named = aud if isinstance(aud, list) else [aud]
    return bool(named) and all(one in (issuer, f"{issuer}oauth/token") for one in named)


def _begun(at: object, now: int) -> bool:
    return at is None or (_number(at) and at <= now + AHEAD)


def _number(value: object) -> TypeGuard[int | float]:
    """A NumericDate (RFC 7519, 2): booleans are numbers to Python alone."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
