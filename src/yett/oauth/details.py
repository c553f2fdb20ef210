"""Rich authorization requests (RFC 9396): what an application asks to do, to the digit, and the words in which it is approved.

A type is registered with its API. What is shown, digested, signed and given back is one text: the canonical form of what was asked.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from yett.domain.client import Api, Detail
from yett.oauth import errors
from yett.oauth.canonical import canonical, strict

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

# How many at once, and how long a string of them may be. The words must fit on a page and into a message, for nothing is cut off.
MOST, LONGEST_STRING, LONGEST_WORDS = 5, 500, 200
LARGEST_SCHEMA, BRACKETS_OF_A_SCHEMA = 16384, 500

_PLACE = re.compile(r"\{\{ *([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*) *\}\}", re.ASCII)
_LANGUAGE = re.compile("[a-z]{2}")
_NAMED = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
# Letters that nobody sees, though they are none of the invisible categories.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
# What joins letters, and what says how one is drawn: it is seen behind letters that have no case, their marks, and pictures; behind others it hides.
_SHAPES = frozenset("\u200c\u200d").union(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_SHAPED = frozenset({"Lo", "Mn", "Mc", "So", "Sk"})
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Scripts that run from the right; what is said in one stands apart, so that it turns nothing around that is said beside it (UAX #9).
_FROM_THE_RIGHT = frozenset({"R", "AL", "AN"})
_APART, _TOGETHER = "\u2068", "\u2069"


def judge(text: str, api: Api | None) -> str:
    """The canonical form of what was asked for; empty where nothing was. Raises OAuthError (RFC 9396, 5)."""
    if not text:
        return ""
    try:
        asked = strict(text)
    except ValueError:
        raise errors.invalid_authorization_details("It cannot be read.") from None
    if not isinstance(asked, list) or not 0 < len(asked) <= MOST:
        raise errors.invalid_authorization_details(f"It must be a list of one to {MOST} objects.")
    kinds = {kind.type: kind for kind in api.details} if api else {}
    for one in asked:
        _check(one, kinds)
    spelled = canonical(asked)
    if any(len(said) > LONGEST_WORDS for said in _in_every_language(asked, kinds)):
        raise errors.invalid_authorization_details("It is too long to be shown.")
    return spelled


def digest(spelled: str) -> bytes | None:
    """What an approval is bound to: SHA-256 of the canonical form; None where nothing particular is approved."""
    return hashlib.sha256(spelled.encode()).digest() if spelled else None


def parsed(spelled: str) -> list[dict[str, object]]:
    """The details as they are given back."""
    details: list[dict[str, object]] = json.loads(spelled)
    return details


def words(spelled: str, api: Api | None, locale: str) -> str:
    """What they amount to, in the words of the API; empty where nothing was asked for. A type that is gone is called by its name."""
    kinds = {kind.type: kind for kind in api.details} if api else {}
    return "; ".join(_said(one, kinds, locale) for one in parsed(spelled)) if spelled else ""


def supported(apis: Iterable[Api]) -> tuple[str, ...]:
    """The types of all APIs (RFC 9396, 10)."""
    return tuple(dict.fromkeys(kind.type for api in apis for kind in api.details))


def fault(kind: Detail) -> str:
    """What is wrong with a type that is to be registered; empty where nothing is."""
    try:
        schema = strict(kind.schema, BRACKETS_OF_A_SCHEMA) if len(kind.schema) <= LARGEST_SCHEMA else None
    except ValueError as wrong:
        return f"The schema of {kind.type} cannot be read: {wrong}."
    if not isinstance(schema, dict):
        return f"The schema of {kind.type} must be an object of at most {LARGEST_SCHEMA} bytes."
    if odd := [language for language in kind.words if not _LANGUAGE.fullmatch(language)]:
        return f"The words of {kind.type} are told by language (en, de), and {odd[0]!r} is none."
    return _fault_of_schema(kind.type, schema) or next(filter(None, (_fault_of_words(kind.type, said, schema) for said in kind.words.values())), "")


def _check(one: object, kinds: Mapping[str, Detail]) -> None:
    """Raises OAuthError for an object that is none of its type, or says what nobody could see."""
    kind = kinds.get(one["type"]) if isinstance(one, dict) and isinstance(one.get("type"), str) else None
    if not isinstance(one, dict) or kind is None:
        raise errors.invalid_authorization_details("Its type is none that the API has registered.")
    if hidden := [said for said in _within(one) if isinstance(said, str) and not (len(said) <= LONGEST_STRING and _visible(said))]:
        raise errors.invalid_authorization_details(f"{len(hidden)} of its strings cannot be shown: they are too long, or have characters that nobody sees.")
    wrong = next(_validator(json.loads(kind.schema)).iter_errors({name: said for name, said in one.items() if name != "type"}), None)
    if wrong is not None:
        path = "/".join(str(step) for step in wrong.instance_path)
        at = f" at {path}" if _NAMED.fullmatch(path) else ""
        raise errors.invalid_authorization_details(f"It is not as the type {kind.type} wants it{at}.")


def _validator(schema: dict[str, Any]) -> "Draft202012Validator":
    """Patterns take time in proportion to what they read, whatever is sent (no ReDoS); nothing is fetched."""
    from jsonschema_rs import Draft202012Validator, RegexOptions

    return Draft202012Validator(schema, pattern_options=RegexOptions())


def _within(value: object) -> Iterator[object]:
    """The value and all that it is made of, the names of members among it."""
    yield value
    parts = (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _within(part)


def _visible(text: str) -> bool:
    """No control, no mark of direction, nothing without a shape of its own but what gives one to the letter before."""
    return all(unicodedata.category(before) in _SHAPED if one in _SHAPES else _has_shape(one) for before, one in pairwise(f" {text}"))


def _has_shape(one: str) -> bool:
    return one not in _BLANK and unicodedata.category(one) not in _HIDDEN


def _in_every_language(asked: list[Any], kinds: Mapping[str, Detail]) -> Iterable[str]:
    languages = {language for one in asked for language in kinds[one["type"]].words} or {""}
    return ("; ".join(_said(one, kinds, language) for one in asked) for language in languages)


def _said(one: Mapping[str, Any], kinds: Mapping[str, Detail], locale: str) -> str:
    """The words of one object, and whatever it says besides: nothing is approved that was not shown.

    They are filled in once: what a value looks like is never read as a place.
    """
    kind = str(one["type"])
    templates = kinds[kind].words if kind in kinds else {}
    template = templates.get(locale[:2].lower()) or templates.get("en") or next(iter(templates.values()), kind)
    said, named = _PLACE.sub(lambda place: _apart(_value(one, place[1])), template), {"type", *_PLACE.findall(template)}
    rest = ", ".join(f"{_apart(path)}: {_apart(value)}" for path, value in _leaves(one) if path not in named)
    return f"{said} ({rest})" if rest else said


def _leaves(one: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    """All that it says, by the path at which it says it."""
    for name, found in one.items():
        if isinstance(found, dict) and found:
            yield from _leaves(found, f"{at}{name}.")
        else:
            yield at + name, found if isinstance(found, str) else canonical(found)


def _value(one: Mapping[str, Any], path: str) -> str:
    found: Any = one
    for name in path.split("."):
        found = found[name]
    return found if isinstance(found, str) else canonical(found)


def _apart(said: str) -> str:
    return f"{_APART}{said}{_TOGETHER}" if any(unicodedata.bidirectional(one) in _FROM_THE_RIGHT for one in said) else said


def _fault_of_schema(type_: str, schema: dict[str, Any]) -> str:
    """Nothing of it may lead elsewhere: it is looked through before it is compiled."""
    objects = [one for one in _within(schema) if isinstance(one, dict)]
    if any(name.startswith("$") for one in objects for name in one):
        return f"The schema of {type_} refers to another: write out what it says."
    try:
        _validator(schema)
    except ValueError as wrong:
        return f"The schema of {type_} is none: {str(wrong).splitlines()[0]}."
    if "type" in schema.get("properties", {}):
        return f"The schema of {type_} is about the members beside type."
    if not all(one.get("additionalProperties") is False for one in objects if one is schema or isinstance(one.get("properties"), dict)):
        return f"The schema of {type_} must say additionalProperties: false beside all properties: what is not known is not approved (RFC 9396, 5)."
    return ""


def _fault_of_words(type_: str, template: str, schema: Mapping[str, Any]) -> str:
    rest = _PLACE.sub("", template)
    if not template.strip() or len(template) > LONGEST_WORDS or not _visible(template):
        return f"The words of {type_} must be one line of at most {LONGEST_WORDS} letters."
    if "{" in rest or "}" in rest or "%}" in rest:
        return f"The words of {type_} may have nothing in braces but the name of a member: {{{{ amount }}}}, {{{{ creditor.name }}}}."
    unsure = [path for path in _PLACE.findall(template) if not _always_there(path.split("."), schema)]
    return f"The words of {type_} name {unsure[0]}, which the schema does not require to be a string or a number." if unsure else ""


def _always_there(path: list[str], schema: Mapping[str, Any]) -> bool:
    """Whether the schema requires this member, so that no sentence is left with a gap."""
    name, *rest = path
    found = schema.get("properties", {}).get(name)
    if not isinstance(found, dict) or name not in schema.get("required", ()):
        return False
    return _always_there(rest, found) if rest else found.get("type") in ("string", "number", "integer")
