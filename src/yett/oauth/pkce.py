"""Proof Key for Code Exchange, S256 alone (RFC 7636)."""

import base64
import hashlib
import hmac
import re

from yett.oauth import errors

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def well_formed(challenge: str) -> bool:
    """Whether this can be the base64url form of a SHA-256."""
    return _CHALLENGE.fullmatch(challenge) is not None


def verify(verifier: str, challenge: str) -> None:
    """Compare them (4.6). Raises OAuthError also where only one of the two was sent, so that none can be stripped."""
    if not verifier and not challenge:
        return
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(of(verifier), challenge):
        raise errors.wrong_verifier()


def of(verifier: str) -> str:
    """The challenge of a verifier (4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()
