"""Client authentication (RFC 6749, 2.3 and 3.2.1), and which origins may read a client's answers."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from yett.domain.client import Client
from yett.oauth import errors
from yett.oauth.redirects import origin_of

# By which a confidential client proves itself; a public one has nothing to show.
PROOFS = ("client_secret_basic", "client_secret_post", "private_key_jwt")
METHODS = (*PROOFS, "none")


class Presented(NamedTuple):
    """What a request says of its client. `scheme` is Basic where that is how it said it."""

    client_id: str
    secret: str
    scheme: str = ""


def authenticate(fields: Mapping[str, str], authorization: str, clients: Mapping[str, Client]) -> Client:
    """The client that the request is from, and which may use the grant that it names. Raises OAuthError.

    A confidential client proves itself by either form of its secret; a public one has none to show. Assertions are judged elsewhere.
    """
    shown = _presented(fields, authorization)
    client = clients.get(shown.client_id)
    if client is None or not _proven(client, shown):
        raise errors.invalid_client(shown.scheme)
    may_use(client, fields)
    return client


def may_use(client: Client, fields: Mapping[str, str]) -> None:
    """Whether a client that is proven may use the grant that the request names. Raises OAuthError."""
    grant = fields.get("grant_type", "")
    if grant and grant not in client.grant_types:
        raise errors.unauthorized_client(grant)


def trusts_address(client: Client) -> bool:
    """Whether it may say what address its user has; of a public client anybody could say it (Auth0: is_token_endpoint_ip_header_trusted)."""
    return client.auth_method != "none" and json.loads(client.extra).get("is_token_endpoint_ip_header_trusted") is True


def presented_client(fields: Mapping[str, str], authorization: str) -> str | None:
    """The client that a request claims to be from; None where that cannot be read. Judges nothing.

    An assertion is no page's: where it alone says who it is, no client of any page is named.
    """
    if fields.get("client_assertion"):
        return fields.get("client_id", "")
    try:
        return _presented(fields, authorization).client_id or None
    except errors.OAuthError:
        return None


def origin_allowed(origin: str, client: Client) -> bool:
    """Whether a page of this origin may read answers: its web_origins, and as with Auth0 those of its callbacks."""
    known = (*(origin_of(one) for one in client.web_origins), *(origin_of(one) for one in client.callbacks))
    return bool(origin) and origin in known


def _proven(client: Client, shown: Presented) -> bool:
    if client.auth_method == "none":
        return not shown.secret
    if client.auth_method == "private_key_jwt":
        # Whatever secret it had before: a key that never leaves its owner is not to be had more cheaply.
        return False
    return hmac.compare_digest(hashlib.sha256(shown.secret.encode(errors="surrogatepass")).digest(), client.secret or b"")


def _presented(fields: Mapping[str, str], authorization: str) -> Presented:
    if fields.get("client_assertion") or fields.get("client_assertion_type"):
        raise errors.invalid_client()
    if not authorization:
        return Presented(fields.get("client_id", ""), fields.get("client_secret", ""))
    shown = _basic(authorization)
    if fields.get("client_secret"):
        raise errors.invalid_request("Authenticate the client by one method only.")
    if fields.get("client_id", shown.client_id) != shown.client_id:
        raise errors.invalid_request("The client_id is not the one of the Authorization header.")
    return shown


def _basic(authorization: str) -> Presented:
    """Both parts are form-encoded before they are joined (RFC 6749, 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise errors.invalid_client("Basic")
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        if not colon:
            raise errors.invalid_client("Basic")
        return Presented(unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict"), "Basic")
    except (binascii.Error, ValueError):
        raise errors.invalid_client("Basic") from None
