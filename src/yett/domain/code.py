"""Codes that are sent: derived under the challenge's secret, so no database, outbox or log needs to hold one."""

import hashlib
import hmac

from yett.domain.enrolment import Challenge


def derive(challenge: Challenge, purpose: str, digits: int) -> str:
    """The code of this challenge: a MAC over attempt, challenge, enrolments, purpose and what it binds, truncated.

    64 bits are reduced modulo 10**digits, so the bias is below 2**-37 for the 8 digits at most that we send.
    """
    parts = (challenge.attempt, challenge.id, purpose, *challenge.to)
    text = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts) + (challenge.binds or b"")
    mac = hmac.digest(challenge.remember.secret, text, hashlib.sha256)
    return str(int.from_bytes(mac[:8]) % 10**digits).zfill(digits)
