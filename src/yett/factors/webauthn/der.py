"""As much of DER (X.690) as an attestation certificate's extensions need: tags, also high ones, and definite lengths."""

from collections.abc import Iterator
from typing import NamedTuple

INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 2, 4, 10, 16, 17
CONTEXT = 0x80


class Item(NamedTuple):
    """One value: its class bits, its tag number, what is in it."""

    of_class: int
    tag: int
    content: bytes

    @property
    def number(self) -> int:
        """The value of an INTEGER or ENUMERATED."""
        return int.from_bytes(self.content, signed=True)


def items(data: bytes) -> Iterator[Item]:
    """The values of which `data` consists. Raises ValueError where it is cut off or not DER."""
    while data:
        item, data = _first(data)
        yield item


def only(data: bytes, tag: int) -> bytes:
    """What is in the one value of which `data` consists, which has this tag. Raises ValueError."""
    found = tuple(items(data))
    if len(found) != 1 or found[0].of_class or found[0].tag != tag:
        raise ValueError("not the one value that is expected")
    return found[0].content


def _first(data: bytes) -> tuple[Item, bytes]:
    of_class, tag, at = data[0] & 0xC0, data[0] & 31, 1
    if tag == 31:
        tag, at = _high(data)
    length, at = _length(data, at)
    if len(data) < at + length:
        raise ValueError("cut off")
    return Item(of_class, tag, data[at : at + length]), data[at + length :]


def _high(data: bytes) -> tuple[int, int]:
    tag, at = 0, 1
    while at < len(data) and at < 5:
        tag, at = tag << 7 | data[at] & 127, at + 1
        if not data[at - 1] & 128:
            return tag, at
    raise ValueError("a tag without an end")


def _length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise ValueError("cut off")
    first = data[at]
    if first < 128:
        return first, at + 1
    size = first & 127
    length = int.from_bytes(data[at + 1 : at + 1 + size])
    if not 0 < size <= 4 or len(data) < at + 1 + size or length < 128:
        raise ValueError("an indefinite length, or one that is cut off or padded")
    return length, at + 1 + size
