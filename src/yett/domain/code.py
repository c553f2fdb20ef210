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
    parts = (challenge.attempt, challenge.id, purpose, *challenge.to)
    text = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts) + (challenge.binds or b"")
    mac = hmac.digest(challenge.remember.secret, text, hashlib.sha256)
    return str(int.from_bytes(mac[:8]) % 10**digits).zfill(digits)


def code_of(challenge: Challenge) -> str:
    """The code of a challenge that says in `remember.open` how many digits it has, and what for."""
    terms = json.loads(challenge.remember.open)
    return derive(challenge, terms["purpose"], terms["digits"])


def digits(text: str, length: int) -> str:
    """The ASCII digits of what was typed: spaces, hyphens and other scripts' digits are the same code (CVE-2025-6014).

    Empty for anything that is not `length` digits.
    """
    plain = [_digit(letter) for letter in text if not letter.isspace() and letter != "-"][: length + 1]
    return "".join(plain) if len(plain) == length and all(plain) else ""


def _digit(letter: str) -> str:
    try:
        return str(unicodedata.decimal(letter))
    except ValueError:
        return ""
