"""Codes that are sent: derived under the challenge's secret, so no database, outbox or log needs to hold one."""

import hashlib
import hmac
import json
import unicodedata

from yett.domain.enrolment import Challenge


def derive(challenge: Challenge, purpose: str, digits: int) -> str:
    """The code of this challenge: a MAC over attempt, challenge, enrolments, purpose and what it binds, truncated.

    64 bits are reduced modulo 10**digits, so the bias is below 2**-37 for the 8 digits at most that we send.
    """
    names = (challenge.attempt, challenge.id, purpose, *challenge.to)
    parts = (*(name.encode() for name in names), challenge.binds or b"")
    mac = hmac.digest(challenge.remember.secret, b"".join(len(part).to_bytes(4) + part for part in parts), hashlib.sha256)
    return str(int.from_bytes(mac[:8]) % 10**digits).zfill(digits)


def code_of(challenge: Challenge) -> str:
    """The code of a challenge that says in `remember.open` how many digits it has, and what for."""
    terms = json.loads(challenge.remember.open)
    return derive(challenge, terms["purpose"], terms["digits"])


def digits(text: str, length: int) -> str:
    """The ASCII digits of what was typed: spaces, hyphens and other scripts' digits are the same code (CVE-2025-6014).

    Empty for anything that is not `length` digits.
    """
    if text.isascii() and text.isdigit():
        return text if len(text) == length else ""
    plain = [_digit(letter) for letter in text if not _between(letter)]
    return "".join(plain) if len(plain) == length and all(plain) else ""


def _between(letter: str) -> bool:
    """What people and clipboards put between digits: white space, dashes, and what cannot be seen."""
    return letter.isspace() or unicodedata.category(letter) in {"Pd", "Cf"}


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter, ""))
