"""CBOR as authenticators write it (CTAP 2.2, 8): definite lengths, the shortest form, no key twice, nothing behind it."""

from collections.abc import Callable, Mapping, Sequence

Value = int | bytes | str | bool | None | Sequence["Value"] | Mapping[int | str, "Value"]
# CTAP allows four levels; an attestation statement stands one deeper, in a map of its own.
DEEPEST = 5
_SIMPLE: Mapping[int, bool | None] = {20: False, 21: True, 22: None}
# For each of the long forms: how many bytes follow, and the smallest number that needs them.
_LONG: Mapping[int, tuple[int, int]] = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}


def decode(data: bytes) -> Value:
    """The one value of which `data` consists. Raises ValueError for anything else."""
    value, rest = decode_first(data)
    if rest:
        raise ValueError("something follows the value")
    return value


def decode_first(data: bytes, depth: int = 0) -> tuple[Value, bytes]:
    """The value at the beginning, and what follows it. Raises ValueError."""
    if not data or depth > DEEPEST:
        raise ValueError("no value, or one that is too deep")
    major, low = data[0] >> 5, data[0] & 31
    if major == 7:
        if low not in _SIMPLE:
            raise ValueError("neither true, false nor null")
        return _SIMPLE[low], data[1:]
    number, rest = _number(low, data[1:])
    if major not in _READERS:
        raise ValueError("a tag")
    return _READERS[major](number, rest, depth)


def _number(low: int, data: bytes) -> tuple[int, bytes]:
    if low < 24:
        return low, data
    if low not in _LONG:
        raise ValueError("an indefinite length")
    size, least = _LONG[low]
    number = int.from_bytes(data[:size])
    if len(data) < size or number < least:
        raise ValueError("cut off, or not in the shortest form")
    return number, data[size:]


def _bytes(number: int, data: bytes, _: int) -> tuple[bytes, bytes]:
    if len(data) < number:
        raise ValueError("cut off")
    return data[:number], data[number:]


def _text(number: int, data: bytes, depth: int) -> tuple[str, bytes]:
    said, rest = _bytes(number, data, depth)
    return said.decode(), rest


def _array(number: int, data: bytes, depth: int) -> tuple[list[Value], bytes]:
    items = []
    for _ in range(number):
        item, data = decode_first(data, depth + 1)
        items.append(item)
    return items, data


def _map(number: int, data: bytes, depth: int) -> tuple[dict[int | str, Value], bytes]:
    found: dict[int | str, Value] = {}
    for _ in range(number):
        key, data = decode_first(data, depth + 1)
        # To Python true is 1: a map would have the key 1 twice, or a key of COSE that nobody else reads.
        if not isinstance(key, int | str) or isinstance(key, bool) or key in found:
            raise ValueError("a key that is none, or the same again")
        found[key], data = decode_first(data, depth + 1)
    return found, data


_READERS: Mapping[int, Callable[[int, bytes, int], tuple[Value, bytes]]] = {
    0: lambda number, rest, _: (number, rest),
    1: lambda number, rest, _: (-1 - number, rest),
    2: _bytes,
    3: _text,
    4: _array,
    5: _map,
}
