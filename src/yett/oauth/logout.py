"""Where a browser may go once it is signed out, and what applications are told (OIDC RP-Initiated and Back-Channel Logout 1.0; Auth0's /v2/logout)."""

from collections.abc import Mapping
from typing import NamedTuple

from yett.domain.client import Client
from yett.oauth.redirects import leads_back, matches, with_query

LONGEST = 8192
# What a logout token is about, and for how many seconds (Back-Channel Logout 1.0, 2.4).
EVENT, LIVES = "http://schemas.openid.net/event/backchannel-logout", 120


class Plan(NamedTuple):
    """`url` is empty where there is nowhere to go. `hinted`: an ID token of ours says whose session is meant.

    `account` and `sid` are whose; nobody but their own browser may skip the confirmation.
    """

    url: str
    hinted: bool = False
    account: str = ""
    sid: str = ""


def v2_target(query: Mapping[str, str], clients: Mapping[str, Client], logout_urls: tuple[str, ...]) -> str | None:
    """Where /v2/logout leads: empty where nothing was asked, None where it is not allowed.

    With a client_id that client's URLs are meant, without one the tenant's.
    """
    url, client_id = query.get("returnTo", ""), query.get("client_id", "")
    if not url:
        return ""
    if not client_id:
        return url if matches(url, logout_urls, native=False) else None
    client = clients.get(client_id)
    return url if client and leads_back(url, client) else None


def oidc_target(given: Mapping[str, str], hint: Mapping[str, object] | None, clients: Mapping[str, Client]) -> Plan | None:
    """Where /oidc/logout leads; `hint` are the claims of an id_token_hint that is ours, expired or not.

    None where the address is not one of the client that the hint or the client_id names, or where those two disagree.
    """
    account, sid, audience = _read(hint)
    client_id = given.get("client_id", "")
    if client_id and audience and client_id != audience:
        return None
    client = clients.get(client_id or audience)
    url = given.get("post_logout_redirect_uri", "")
    if url and not (client and leads_back(url, client)):
        return None
    state = given.get("state", "") if len(given.get("state", "")) <= LONGEST else ""
    return Plan(with_query(url, {"state": state}) if url else "", bool(account and audience in clients), account, sid)


def token(issuer: str, client: str, account: str, sid: str, jti: str, now: int) -> dict[str, object]:
    """Claims of a logout token: whose session, and which. It has no nonce, so that nobody takes it for an ID token."""
    return {"iss": issuer, "sub": account, "aud": client, "iat": now, "exp": now + LIVES, "jti": jti, "events": {EVENT: {}}, "sid": sid}


def _read(hint: Mapping[str, object] | None) -> tuple[str, str, str]:
    """sub, sid and aud of an ID token. An access token, which has a client_id, is no hint."""
    if hint is None or "client_id" in hint:
        return "", "", ""
    sub, sid, aud = (hint.get(name) for name in ("sub", "sid", "aud"))
    return (sub if isinstance(sub, str) else "", sid if isinstance(sid, str) else "", aud if isinstance(aud, str) else "")
