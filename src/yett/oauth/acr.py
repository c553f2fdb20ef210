"""The claims parameter: the acr that it asks for, and what is to be told of a person (OIDC Core 5.5)."""

import re
from typing import NamedTuple

from yett.oauth import errors
from yett.oauth.canonical import strict
from yett.oauth.person import OF_CLAIM

_VALUE = re.compile(r"[\x21-\x7e]{1,256}")


class Wish(NamedTuple):
    """The values of which one is wanted in the ID token; `essential`: or else there is to be no code.

    `id_token` and `userinfo` are the claims about a person that are to be told there. `subjects`: it is about one of these people, or nobody.
    """

    values: tuple[str, ...] = ()
    essential: bool = False
    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


def wished(text: str) -> Wish:
    """What the claims parameter says. Raises OAuthError for what is no claims parameter, or contradicts itself."""
    if not text:
        return Wish()
    whole = _parsed(text)
    by_place = {place: _member(whole, place) for place in ("id_token", "userinfo")}
    asked, about = _member(by_place["id_token"], "acr"), _member(by_place["id_token"], "sub")
    essential, values = asked.get("essential", False), _values(asked)
    if not isinstance(essential, bool) or (essential and "values" in asked and not values) or ("values" in about and not _values(about)):
        raise _malformed()
    return Wish(values, essential, _named(by_place["id_token"]), _named(by_place["userinfo"]), _values(about))


def _values(asked: dict[str, object]) -> tuple[str, ...]:
    """Those of which a claim shall have one (5.5.1)."""
    values = asked.get("values", [asked["value"]] if "value" in asked else [])
    if ("value" in asked and "values" in asked) or not isinstance(values, list):
        raise _malformed()
    if not all(isinstance(value, str) and _VALUE.fullmatch(value) for value in values):
        raise _malformed()
    return tuple(dict.fromkeys(values))


def _named(asked: dict[str, object]) -> tuple[str, ...]:
    """Whatever is said of a claim, that it is named is what counts: a value that is wished for changes no truth."""
    return tuple(name for name in OF_CLAIM if name in asked)


def _parsed(text: str) -> object:
    try:
        return strict(text)
    except ValueError:
        raise _malformed() from None


def _member(of: object, name: str) -> dict[str, object]:
    """A member that is an object; null and absent ask for nothing in particular."""
    if not isinstance(of, dict):
        raise _malformed()
    found = of.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _malformed()
    return found


def _malformed() -> errors.OAuthError:
    return errors.invalid_request("The claims parameter is malformed.")
