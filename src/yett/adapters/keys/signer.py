"""JWTs: signed by the current key of their alg, verified against what we signed ourselves, and nothing else.

Signing goes to cryptography at once, for it is most of what a token costs; verifying goes through joserfc. Both are slow to
load, and loaded by whoever first needs them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from yett.adapters.keys.compact import encoded, json_object, strict
from yett.domain.tenant import Catalogue, SigningKey

if TYPE_CHECKING:
    from yett.adapters.keys.jws import Key

_HEADER = frozenset({"alg", "typ", "kid"})


class JoseSigner:
    """ports.Signer."""

    def sign(self, catalogue: Catalogue, alg: str, typ: str, claims: Mapping[str, object]) -> str:
        """A compact JWS by the current key of `alg`. Raises LookupError where there is none."""
        key = next((key for key in catalogue.keys if key.use == "current" and key.alg == alg), None)
        if key is None:
            raise LookupError(f"there is no signing key for {alg}")
        from yett.adapters.keys.signing import private_of, signature

        signed = _header(alg, typ, key.kid) + b"." + encoded(msgspec.json.encode(claims))
        return (signed + b"." + encoded(signature(private_of(key.private), alg, signed))).decode()

    def verify(self, catalogue: Catalogue, token: str, typs: Sequence[str]) -> Mapping[str, object] | None:
        """The claims of a token of ours: no header but alg, typ and kid, alg and typ as key and caller say."""
        header = json_object(strict(token.partition(".")[0].encode("ascii", "replace")))
        if header is None or set(header) != _HEADER or header["typ"] not in typs:
            return None
        key = next((key for key in catalogue.keys if key.kid == header["kid"] and key.use != "revoked"), None)
        if key is None:
            return None
        from yett.adapters.keys.jws import read

        found = read(token.encode("ascii", "replace"), _verifier(key.public, key.alg), key.alg)
        return json_object(found.payload) if found else None

    def new_key(self, alg: str, now: int, use: str) -> SigningKey:
        """A fresh key; its kid is the RFC 7638 thumbprint."""
        from yett.adapters.keys.signing import der_of, fresh, public_of

        private = fresh(alg)
        public = public_of(private)
        kid = encoded(hashlib.sha256(msgspec.json.encode(dict(sorted(public.items())))).digest()).decode()
        return SigningKey(kid, alg, der_of(private), msgspec.json.encode({**public, "kid": kid, "alg": alg, "use": "sig"}), now, use, now)

    def jwks(self, catalogue: Catalogue) -> bytes:
        """RFC 7517: all that may verify a token, and the next one."""
        return msgspec.json.encode({"keys": [msgspec.Raw(key.public) for key in catalogue.keys if key.use != "revoked"]})


@lru_cache(maxsize=64)
def _verifier(public: bytes, alg: str) -> "Key":
    from yett.adapters.keys.jws import key_of

    key = key_of(msgspec.json.decode(public, type=dict[str, object]), alg)
    if key is None:
        raise ValueError(f"a stored key is none for {alg}")
    return key


@lru_cache(maxsize=64)
def _header(alg: str, typ: str, kid: str) -> bytes:
    return encoded(msgspec.json.encode({"alg": alg, "typ": typ, "kid": kid}))
