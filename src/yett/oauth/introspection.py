"""Introspection, judged: what is asked about a token, who may ask it, and what they are told (RFC 7662)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yett.domain.client import Client
from yett.domain.session import Grant, Token
from yett.oauth import claims, errors
from yett.oauth.person import Said
from yett.oauth.token import LONGEST, required

# All that is said of a token for which there is nothing to say, whatever the reason (2.2).
INACTIVE: Said = {"active": False}
# What an access token tells of itself, as far as it has it.
OF_LOGIN = ("acr", "amr", "auth_time", "authorization_details")
TOLD = ("iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti", "gty", "permissions", claims.ONE_USE, *OF_LOGIN)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A token, and whether its one use is to be spent by this very question. Empty: longer than any token of ours."""

    token: str = field(repr=False)
    consume: bool = False


def parse(fields: Mapping[str, str]) -> Inquiry:
    """What is asked; token_type_hint is no more than a hint, and we need none. Raises OAuthError."""
    token, consume = required(fields, "token"), fields.get("consume", "false")
    if consume not in {"true", "false"}:
        raise errors.invalid_request("consume must be true or false.")
    return Inquiry(token if len(token) <= LONGEST else "", consume == "true")


def access(said: Said | None, issuer: str, caller: Client, now: int) -> Said | None:
    """The claims of a JWT access token of ours, if they are the caller's business; None for anything else.

    A client may ask about what it was given itself, and an API, by the client that stands for it, about what was made for it.
    """
    if said is None:
        return None
    audience = caller.resource_server
    if not audience or audience not in claims.audiences(said):
        if said.get("client_id") != caller.id:
            return None
        audience = str(claims.audiences(said)[0])
    try:
        claims.judge_access(said, issuer, audience, now)
    except errors.OAuthError:
        return None
    return said


def grant_of(said: Said) -> str:
    """The grant that a person's token rests on; "" for a machine's, which rests on its client's own."""
    return "" if said.get("gty") == "client-credentials" else str(said["jti"]).partition(".")[0]


def answer(said: Said) -> Said:
    """What is told of a JWT access token that is good."""
    return {"active": True, "token_type": "Bearer", **{name: said[name] for name in TOLD if name in said}}


def kept(issuer: str, token: Token, grant: Grant) -> Said:
    """What is told of a token that we keep: an opaque access token, or a refresh token, which says so, for nobody shall take it for the other."""
    of_kind: Said = {"token_type": "refresh_token"} if token.kind == "refresh" else {"token_type": "Bearer", "aud": f"{issuer}userinfo"}
    return {
        "active": True,
        "iss": issuer,
        "sub": grant.account,
        "client_id": grant.client,
        "scope": " ".join(token.scope),
        "exp": min(token.expires_at, grant.ends_at),
        **of_kind,
        **claims.authentication(grant),
    }
