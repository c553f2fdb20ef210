"""The claims parameter, as far as it asks for an acr (OIDC Core 5.5.1.1)."""

import re
from typing import NamedTuple

from yett.oauth import errors
from yett.oauth.canonical import strict

_VALUE = re.compile(r"[\x21-\x7e]{1,256}")


class Wish(NamedTuple):
    """The values of which one is wanted in the ID token; `essential`: or else there is to be no code."""

    values: tuple[str, ...] = ()
    essential: bool = False


def wished(text: str) -> Wish:
    """What the claims parameter says of acr. Raises OAuthError for what is no claims parameter, or contradicts itself."""
    if not text:
        return Wish()
    asked = _member(_member(_parsed(text), "id_token"), "acr")
    essential = asked.get("essential", False)
    if not isinstance(essential, bool) or ("value" in asked and "values" in asked):
        raise _malformed()
    values = asked.get("values", [asked["value"]] if "value" in asked else [])
    if not isinstance(values, list) or not all(isinstance(value, str) and _VALUE.fullmatch(value) for value in values):
        raise _malformed()
    if essential and "values" in asked and not values:
        raise _malformed()
    return Wish(tuple(dict.fromkeys(values)), essential)


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
