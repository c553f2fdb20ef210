"""WebAuthn: keys, biometrics and passkeys (Level 3)."""
