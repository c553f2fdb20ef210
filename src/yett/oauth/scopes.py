"""Scopes: which may be asked for, and what becomes of them (RFC 6749, 3.3)."""

import re
from collections.abc import Mapping

from yett.domain.client import Api, Client
from yett.domain.requirement import Requirement
from yett.oauth import errors

OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE = "openid", "profile", "email", "address", "phone", "offline_access"
OIDC = (OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE)

# What is demanded of a scope that demands nothing.
NOTHING = Requirement()

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def parse(text: str) -> tuple[str, ...]:
    """The scopes named, each once, in their order. Raises OAuthError for what no scope can be."""
    names = tuple(dict.fromkeys(name for name in text.split(" ") if name))
    if not all(_TOKEN.fullmatch(name) for name in names):
        raise errors.invalid_scope("The scope has a character that no scope may have.")
    return names


def api_of(audience: str, apis: Mapping[str, Api]) -> Api | None:
    """The API that an audience names; none without one. Raises OAuthError for an audience that is none of ours."""
    if not audience:
        return None
    if audience not in apis:
        raise errors.no_such_api(audience)
    return apis[audience]


def granted(asked: tuple[str, ...], client: Client, api: Api | None) -> tuple[str, ...]:
    """What of it this client gets: OpenID Connect's own and the API's; as with Auth0 unknown ones are dropped in silence.

    offline_access wants the refresh_token grant, and an API that allows it; nothing renews a scope for one use. Raises
    OAuthError where another scope of the API is asked for beside that one.
    """
    own = api.scopes if api else ()
    once = api is not None and api.once(name for name in asked if name in own)
    offline = "refresh_token" in client.grant_types and (api is None or api.allow_offline_access) and not once
    if once and sum(name in own for name in asked) > 1:
        raise errors.invalid_scope("A scope for one use is given alone: ask for no other scope of its API beside it.")
    return tuple(name for name in asked if (offline if name == OFFLINE else name in OIDC or name in own))


def lasting(had: tuple[str, ...], api: Api | None) -> tuple[str, ...]:
    """What of it can be given where nobody approves anything on a page: none that is for one use."""
    return had if api is None else tuple(name for name in had if not api.scope_requirements.get(name, NOTHING).one_use)


def permitted(asked: tuple[str, ...], held: frozenset[str] | None) -> tuple[str, ...]:
    """What of it this person gets: OpenID Connect's own, and what is among their permissions; None: the API does not ask."""
    return asked if held is None else tuple(name for name in asked if name in OIDC or name in held)


def told(scope: tuple[str, ...], api: Api | None) -> tuple[str, ...]:
    """What is asked for of an API, in the words of people: what demands a proof of its own, else all of it."""
    own = tuple(name for name in scope if name in api.scopes) if api else ()
    demanding = tuple(name for name in own if api and name in api.scope_requirements)
    return tuple((api.descriptions.get(name) or name) for name in demanding or own) if api else ()


def narrowed(asked: tuple[str, ...], had: tuple[str, ...]) -> tuple[str, ...]:
    """What a refresh carries: all that was granted, or those of it that are asked for (RFC 6749, 6).

    SDKs ask again for all that they asked for at first, so what was never granted is no error beside what was.
    """
    if not asked:
        return had
    kept = tuple(name for name in had if name in asked)
    if not kept:
        raise errors.invalid_scope("None of these scopes was granted.")
    return kept
