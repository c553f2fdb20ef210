"""Compact JWS (RFC 7515): joserfc verifies, behind a gate for what it lets pass: loose base64url and misused keys."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from yett.adapters.keys.compact import json_object, strict

if TYPE_CHECKING:
    from joserfc._rfc7515.model import JWSAlgModel

Key = RSAKey | ECKey | OctKey | OKPKey
KINDS: Mapping[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "oct": OctKey, "OKP": OKPKey}
LONGEST, SEGMENTS = 16384, 3


class Read(NamedTuple):
    """A token that was signed by the key."""

    header: Mapping[str, object]
    payload: bytes


def key_of(jwk: Mapping[str, object], alg: str) -> Key | None:
    """The key, if it may verify signatures of `alg`: its own use, key_ops and alg are believed, never overruled."""
    ops, kind = jwk.get("key_ops"), KINDS.get(str(jwk.get("kty")))
    if kind is None or jwk.get("use", "sig") != "sig" or jwk.get("alg", alg) != alg:
        return None
    if ops is not None and (not isinstance(ops, list) or "verify" not in ops):
        return None
    try:
        return kind.import_key(dict(jwk))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError):
        return None


def read(token: bytes, key: Key, alg: str) -> Read | None:
    """Header and payload of a token that `key` signed with `alg`; None for anything else.

    Neither the header's alg nor a key that it brings along (jwk, jku, x5c) has any say; critical extensions are unknown.
    """
    parts = token.split(b".")
    if len(token) > LONGEST or len(parts) != SEGMENTS or any(strict(part) is None for part in parts):
        return None
    header = json_object(strict(parts[0]))
    if header is None or header.get("alg") != alg or "crit" in header or "b64" in header:
        return None
    try:
        verified = jws.deserialize_compact(token, key, algorithms=[alg], registry=_registry(alg))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return Read(header, verified.payload)


class _Pinned(jws.JWSRegistry):
    """Knows one algorithm. That EdDSA has a newer name (RFC 9864) is no reason for a warning at every token."""

    def get_alg(self, name: str) -> "JWSAlgModel":
        """That one. Raises KeyError for any other."""
        if name not in (self.allowed or ()):
            raise KeyError(name)
        return self.algorithms[name]


@cache
def _registry(alg: str) -> jws.JWSRegistry:
    # What the gate above has judged needs no second opinion; headers that mean nothing to us are ignored, as 4.1 says.
    return _Pinned(algorithms=[alg], strict_check_header=False)
