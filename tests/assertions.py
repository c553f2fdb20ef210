"""Applications that have a key, and what they sign: by `cryptography` alone, so that no test asks the code under test."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from yett.oauth.assertion import TYPE

ALGS = ("RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519")


@cache
def private(alg: str, which: int = 0) -> Any:
    """A key for signatures of this algorithm; keys are slow to make, so tests share them."""
    if alg in {"RS256", "RS384", "PS256"}:
        return _rsa(which)
    return ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else ed25519.Ed25519PrivateKey.generate()


@cache
def _rsa(which: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: Any) -> str:
    """Its public half."""
    text: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def signed(key: Any, alg: str, said: object, header: Mapping[str, object] | None = None) -> str:
    """A compact JWS; None takes a member of the header away."""
    head = {name: value for name, value in {"alg": alg, "typ": "JWT", **(header or {})}.items() if value is not None}
    message = _encoded(json.dumps(head).encode()) + b"." + _encoded(json.dumps(said).encode())
    return (message + b"." + _encoded(_signature(key, alg, message))).decode()


def fields(token: str, **more: str) -> dict[str, str]:
    """What a request says that is authenticated so."""
    return {"client_assertion": token, "client_assertion_type": TYPE, **more}


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _signature(key: Any, alg: str, message: bytes) -> bytes:
    hashed = hashes.SHA384() if alg == "RS384" else hashes.SHA256()
    match alg:
        case "RS256" | "RS384":
            made: bytes = key.sign(message, padding.PKCS1v15(), hashed)
            return made
        case "PS256":
            return bytes(key.sign(message, padding.PSS(padding.MGF1(hashed), 32), hashed))
        case "ES256":
            r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashed)))
            return r.to_bytes(32) + s.to_bytes(32)
        case _:
            return bytes(key.sign(message))
