"""A key that never leaves a browser: ECDSA over P-256 with SHA-256, as WebCrypto makes it and signs with it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

UNCOMPRESSED, SIGNATURE, HALF = 65, 64, 32


def read(text: str) -> bytes | None:
    """A public key as a page sends it: base64url of an uncompressed point. None for what is none on the curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    raw = _raw(text, UNCOMPRESSED)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError:
        return None
    return raw


def named(key: bytes) -> str:
    """The name under which a browser finds its own key again."""
    return urlsafe_b64encode(sha256(key).digest()).rstrip(b"=").decode()


def signed(key: bytes, said: str, signature: str) -> bool:
    """Whether `signature` (base64url of r and s, as WebCrypto writes them) is that of this key over `said`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    raw = _raw(signature, SIGNATURE)
    halves = encode_dss_signature(int.from_bytes(raw[:HALF]), int.from_bytes(raw[HALF:]))
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key).verify(halves, said.encode(), ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _raw(text: str, size: int) -> bytes:
    """So many bytes; none of them where the text is not so many."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return b""
    return raw if len(raw) == size else b""
