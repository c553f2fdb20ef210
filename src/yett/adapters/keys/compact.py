"""The parts of a compact JWS (RFC 7515), read strictly: base64url and JSON that can be written in one way only."""

import base64
import binascii
import json
import math
import re

_SEGMENT = re.compile(rb"[A-Za-z0-9_-]+")


def strict(segment: bytes) -> bytes | None:
    """base64url without padding, without other letters, without bits left over (RFC 7515, 2); None for anything else."""
    if not _SEGMENT.fullmatch(segment):
        return None
    try:
        raw = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return raw if encoded(raw) == segment else None


def encoded(raw: bytes) -> bytes:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def json_object(raw: bytes | None) -> dict[str, object] | None:
    """A JSON object in UTF-8 in which no name stands twice (RFC 7515, 4); None for anything else."""
    try:
        decoded = _DECODER.decode((raw or b"").decode())
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _finite(text: str) -> float:
    """NaN and Infinity are no JSON (RFC 8259, 6): a time that is neither before nor after another is never over."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite)
