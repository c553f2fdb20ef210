"""A text as the telephone network carries it: in GSM-7 where every letter is in it, else in UCS-2; long ones in parts (3GPP TS 23.038, 23.040)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

ALPHABET = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
ESCAPE = 0x1B
EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
LETTERS = {
    **{letter: bytes([place]) for place, letter in enumerate(ALPHABET) if place != ESCAPE},
    **{letter: bytes([ESCAPE, place]) for letter, place in EXTENSION.items()},
}
GSM7, UCS2 = 0, 8
# Septets, and octets, of a message that stands alone, and of a part, whose header takes 7 of the one or 6 of the other.
WHOLE, PART = {GSM7: 160, UCS2: 140}, {GSM7: 153, UCS2: 134}
MOST_PARTS = 255


class Part(NamedTuple):
    """What one message carries: `coding` is SMPP's data_coding; `header`: its body begins with one (UDH)."""

    coding: int
    body: bytes
    header: bool


def parts(text: str, reference: int) -> Sequence[Part]:
    """The messages that carry it. `reference` (0 to 255) says which parts belong together. Raises ValueError where there are too many."""
    coding, letters = _letters(text)
    if sum(map(len, letters)) <= WHOLE[coding]:
        return [Part(coding, b"".join(letters), header=False)]
    bodies = list(_bodies(letters, PART[coding]))
    if len(bodies) > MOST_PARTS:
        raise ValueError("too long a text")
    return [Part(coding, bytes((5, 0, 3, reference, len(bodies), place)) + body, header=True) for place, body in enumerate(bodies, 1)]


def _letters(text: str) -> tuple[int, Sequence[bytes]]:
    """Letter by letter, so that no part ends in the middle of one (an escape, a surrogate)."""
    if all(letter in LETTERS for letter in text):
        return GSM7, [LETTERS[letter] for letter in text]
    return UCS2, [letter.encode("utf-16-be", "replace") for letter in text]


def _bodies(letters: Sequence[bytes], room: int) -> Iterator[bytes]:
    body = b""
    for letter in letters:
        if len(body) + len(letter) > room:
            yield body
            body = b""
        body += letter
    yield body
