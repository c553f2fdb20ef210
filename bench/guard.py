"""What yett-guard costs a request, in CPU time of this process, as JSON on stdout: a token verified and judged, and what nobody can verify one without."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from yett_guard import MULTI_FACTOR, Guard, Settings

from bench.floor import ROUNDS, microseconds
from bench.processes import SERVER_CORE

ISSUER, API, TIMES = "https://login.example.com/", "https://api.example.com/", 2000
SHA, PAD = hashes.SHA256(), padding.PKCS1v15()


def main() -> None:
    """Each algorithm by itself."""
    os.sched_setaffinity(0, {SERVER_CORE})
    print(json.dumps({alg: figures(alg, *made) for alg, made in {"RS256": rs256(), "ES256": es256()}.items()}))


Made = tuple[str, Mapping[str, str], Any, Callable[[bytes, bytes], None]]


def figures(alg: str, token: str, jwk: Mapping[str, str], public: Any, verify: Callable[[bytes, bytes], None]) -> dict[str, float]:
    """Microseconds of one verification, four ways."""
    guard, header = Guard(Settings(issuer=ISSUER, audience=API), web=Served(jwk)), [f"Bearer {token}"]
    need = guard.need(scope="transfer:funds", acr=MULTI_FACTOR, max_age=300)

    def floor() -> None:
        head, payload, signature = token.encode().split(b".")
        verify(raw(signature), head + b"." + payload)
        json.loads(raw(head)), json.loads(raw(payload))

    return {
        "floor": microseconds(floor, TIMES),
        "guard": microseconds(lambda: guard.check(header, need), TIMES),
        "guard, async": asyncio.run(awaited(lambda: guard.acheck(header, need))),
        "PyJWT, signature and claims alone": microseconds(lambda: jwt.decode(token, public, [alg], issuer=ISSUER, audience=API), TIMES),
    }


async def awaited(act: Callable[[], Any]) -> float:
    """CPU time of one act that is awaited: the lowest of some rounds."""
    rounds = []
    for _ in range(ROUNDS + 1):
        began = time.process_time_ns()
        for _ in range(TIMES):
            await act()
        rounds.append((time.process_time_ns() - began) / TIMES / 1000)
    return min(rounds)


class Served:
    """The issuer: one key, and no network."""

    def __init__(self, jwk: Mapping[str, str]) -> None:
        self._jwk = jwk

    def get(self, url: str) -> bytes:
        """Discovery, or the key."""
        said: Mapping[str, object] = {"keys": [self._jwk]} if url.endswith("keys") else {"issuer": ISSUER, "jwks_uri": f"{ISSUER}keys"}
        return json.dumps(said).encode()

    def post(self, url: str, fields: Mapping[str, str], client: tuple[str, str]) -> bytes:
        """Nothing is consumed here."""
        raise NotImplementedError


def rs256() -> Made:
    """A token of 2048 bits, and how it is verified by hand."""
    key = rsa.generate_private_key(65537, 2048)
    public, numbers = key.public_key(), key.public_key().public_numbers()
    jwk = {"kty": "RSA", "kid": "k", "alg": "RS256", "n": encoded(numbers.n.to_bytes(256)), "e": "AQAB"}
    return signed("RS256", lambda text: key.sign(text, PAD, SHA)), jwk, public, lambda signature, text: public.verify(signature, text, PAD, SHA)


def es256() -> Made:
    """A token of P-256, and how it is verified by hand."""
    key, sha = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(SHA)
    public, point = key.public_key(), key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "kid": "k", "alg": "ES256", "x": encoded(point.x.to_bytes(32)), "y": encoded(point.y.to_bytes(32))}

    def sign(text: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(text, sha))
        return r.to_bytes(32) + s.to_bytes(32)

    def verify(signature: bytes, text: bytes) -> None:
        public.verify(encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:])), text, sha)

    return signed("ES256", sign), jwk, public, verify


def signed(alg: str, sign: Callable[[bytes], bytes]) -> str:
    """A token as the server makes them, after a step-up."""
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
        "aud": [API, f"{ISSUER}userinfo"],
        "iat": now,
        "exp": now + 7200,
        "azp": "b" * 32,
        "client_id": "b" * 32,
        "scope": "openid profile transfer:funds",
        "jti": "j" * 49,
        "auth_time": now,
        "amr": ["pwd", "otp", "mfa"],
        "acr": MULTI_FACTOR,
    }
    text = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": alg, "typ": "at+jwt", "kid": "k"}, said)).encode()
    return f"{text.decode()}.{encoded(sign(text))}"


def raw(segment: bytes) -> bytes:
    """base64url, as lax as it comes."""
    return base64.urlsafe_b64decode(segment + b"==")


def encoded(octets: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
