"""JSON that everybody reads alike (I-JSON, RFC 7493), and its one spelling, of which a digest can be taken (RFC 8785)."""

import json
from typing import NoReturn

# More brackets than any honest request has; so nesting is bounded before anything is parsed.
MOST_BRACKETS = 64
# Beyond it two integers may be one number to whoever reads them as doubles (RFC 7493, 2.2).
LARGEST = 2**53 - 1
# Where the point may stand in a number that is written without an exponent (ECMA-262, Number::toString).
FARTHEST_LEFT, FARTHEST_RIGHT = -6, 21


def strict(text: str, brackets: int = MOST_BRACKETS) -> object:
    """What the text says. Raises ValueError for what is no JSON, and for what two parsers may read differently."""
    if text.count("{") + text.count("[") > brackets:
        raise ValueError("it is nested too often")
    return json.loads(text, object_pairs_hook=_once, parse_constant=_number, parse_int=_integer, parse_float=_double)


def canonical(value: object) -> str:
    """Its one spelling: no spaces, members in the order of UTF-16, numbers as ECMAScript writes them."""
    match value:
        case dict():
            members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
            return "{" + ",".join(f"{canonical(name)}:{canonical(one)}" for name, one in members) + "}"
        case list():
            return "[" + ",".join(map(canonical, value)) + "]"
        case float():
            return number(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def number(value: float) -> str:
    """A finite double as ECMAScript writes it (ECMA-262, Number::toString): the shortest digits that mean it."""
    if value == 0:
        return "0"
    sign, (mantissa, _, exponent) = "-" if value < 0 else "", repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS times ten to the power of `point`.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= FARTHEST_RIGHT:
        return sign + digits.ljust(point, "0")
    if 0 < point <= FARTHEST_RIGHT:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if FARTHEST_LEFT < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two members of one name are read differently by different parsers: a downgrade could hide in the second."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is named twice")
    return members


def _integer(text: str) -> int:
    if len(text) > len(str(-LARGEST)) or abs(int(text)) > LARGEST:
        raise ValueError("a number is too large")
    return int(text)


def _double(text: str) -> float:
    value = float(text)
    if abs(value) > LARGEST:
        raise ValueError("a number is too large")
    return value


def _number(text: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(f"{text} is no number")
