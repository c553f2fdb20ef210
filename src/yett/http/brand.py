"""A tenant's colour, made safe to read: contrast is computed, never hoped for (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from functools import lru_cache
from hashlib import sha256

from yett.domain.tenant import Brand

DEFAULT = "#0e5a66"
WHITE, BLACK = "#ffffff", "#000000"
LIGHT, DARK = WHITE, "#171c1f"  # the surfaces of yett.css
READABLE = 4.5
INK = 5.5  # what is written in the colour also stands on tints of it
SEEN = 1.6  # below this a button is lost in its surface
INK_ON_DARK = 6.0  # thin strokes on dark look dimmer than their figures
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


def colour(text: str) -> str:
    """`#rrggbb` of a colour that is safe to write into a style sheet; anything else is the default colour."""
    if not _HEX.fullmatch(text):
        return DEFAULT
    digits = text[1:].lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) < len(DEFAULT) - 1 else digits)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=64)
def brand_css(brand: Brand) -> bytes:
    """The tenant's colour as custom properties, for light and dark: on its own, and as ink on our surfaces."""
    base = colour(brand.primary)
    light, dark = _properties(base, LIGHT, BLACK, INK), _properties(base, DARK, WHITE, INK_ON_DARK)
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n".encode()


@lru_cache(maxsize=64)
def brand_href(brand: Brand) -> str:
    """Where `brand_css` is served: a path that changes with the colour, so that it may be cached for good."""
    return "/assets/brand.css?v=" + sha256(brand_css(brand)).hexdigest()[:12]


def _properties(base: str, surface: str, toward: str, wanted: float) -> str:
    ink = _until_readable(base, surface, toward, wanted)
    fill = base if contrast(base, surface) >= SEEN else ink
    return f"--brand:{fill};--on-brand:{_on(fill)};--brand-ink:{ink}"


def _on(fill: str) -> str:
    """Text upon the colour; white where it can be read, for that is what brands are drawn with."""
    return WHITE if contrast(fill, WHITE) >= READABLE else max(WHITE, BLACK, key=lambda text: contrast(fill, text))


def _until_readable(base: str, surface: str, toward: str, wanted: float) -> str:
    """The colour itself, or the nearest mixture with black or white that can be read on the surface."""
    return next(mixed for mixed in (_mix(base, toward, step / 20) for step in range(21)) if contrast(mixed, surface) >= wanted)


def _mix(one: str, other: str, part: float) -> str:
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(_channels(one), _channels(other), strict=True))


def _channels(hexadecimal: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(hexadecimal[1:]))


def _luminance(hexadecimal: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(hexadecimal))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB, as the standard has it
