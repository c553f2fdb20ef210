"""WebAuthn: keys, biometrics and passkeys (Level 3)."""

from yett.factors.webauthn.factor import WebAuthn

__all__ = ["WebAuthn"]
