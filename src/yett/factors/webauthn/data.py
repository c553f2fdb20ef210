"""What an authenticator and a browser say in a ceremony (WebAuthn Level 3, 5.8.1 and 6.1), read strictly."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import NamedTuple

from yett.factors.webauthn.cbor import Value, decode, decode_first

UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128
HEAD, AAGUID_SIZE = 37, 16
# WebAuthn Level 3, 5.8.3 and 7.1: no credential id is longer.
LONGEST_ID = 1023


class ClientData(NamedTuple):
    """What the browser says that was asked, and where. `top_origin` None: not said."""

    type: str
    challenge: bytes
    origin: str
    cross_origin: bool
    top_origin: str | None


class Attested(NamedTuple):
    """A new credential: which model made it (only a claim), its id and its COSE_Key, decoded and as it came."""

    aaguid: bytes
    id: bytes
    cose: Value
    raw_key: bytes


class AuthenticatorData(NamedTuple):
    """What the authenticator signs besides the client data. `counter` is 0 where it counts nothing."""

    rp_id_hash: bytes
    flags: int
    counter: int
    attested: Attested | None

    def has(self, flag: int) -> bool:
        """Whether this flag is set."""
        return bool(self.flags & flag)


def client_data(raw: bytes) -> ClientData:
    """Client data; what it says beyond that is for a later version. Raises ValueError."""
    try:
        said = json.loads(raw.decode())
    except RecursionError:
        raise ValueError("nested without end") from None
    if not isinstance(said, dict):
        raise ValueError("no object")
    type, challenge, origin = said.get("type"), said.get("challenge"), said.get("origin")
    crossed, top = said.get("crossOrigin", False), said.get("topOrigin")
    if not (isinstance(type, str) and isinstance(challenge, str) and isinstance(origin, str) and isinstance(crossed, bool)):
        raise ValueError("a member is missing or of another type")
    if top is not None and not isinstance(top, str):
        raise ValueError("topOrigin is no text")
    if "tokenBinding" in said and not _binding(said["tokenBinding"]):
        raise ValueError("a token binding that is none")
    return ClientData(type, unbase64url(challenge), origin, crossed, top)


def authenticator_data(raw: bytes) -> AuthenticatorData:
    """Authenticator data; nothing may follow it. Raises ValueError."""
    if len(raw) < HEAD:
        raise ValueError("cut off")
    flags, rest = raw[32], raw[HEAD:]
    attested = None
    if flags & AT:
        attested, rest = _attested(rest)
    if flags & ED:
        extensions, rest = decode_first(rest)
        if not isinstance(extensions, Mapping):
            raise ValueError("extensions are no map")
    if rest:
        raise ValueError("something follows")
    return AuthenticatorData(raw[:32], flags, int.from_bytes(raw[33:HEAD]), attested)


def attestation_object(raw: bytes) -> tuple[str, Mapping[int | str, Value], bytes]:
    """Format, statement and authenticator data (WebAuthn Level 3, 6.5.4). Raises ValueError."""
    said = decode(raw)
    if not isinstance(said, Mapping):
        raise ValueError("no map")
    format, statement, data = said.get("fmt"), said.get("attStmt"), said.get("authData")
    if not (isinstance(format, str) and isinstance(statement, Mapping) and isinstance(data, bytes)):
        raise ValueError("a member is missing or of another type")
    return format, statement, data


def base64url(raw: bytes) -> str:
    """Without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """The bytes of this text, of which there is one spelling. Raises ValueError for any other."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
    if base64url(raw) != text:
        raise ValueError("not the canonical base64url")
    return raw


def _binding(said: object) -> bool:
    """What browsers of Level 2 say, and nobody needs: but not anything whatever."""
    return isinstance(said, dict) and said.get("status") in {"present", "supported", "not-supported"}


def _attested(data: bytes) -> tuple[Attested, bytes]:
    size = int.from_bytes(data[AAGUID_SIZE : AAGUID_SIZE + 2])
    start = AAGUID_SIZE + 2
    if len(data) < start + size or not 0 < size <= LONGEST_ID:
        raise ValueError("a credential id that is cut off, empty or too long")
    cose, rest = decode_first(data[start + size :])
    raw_key = data[start + size : len(data) - len(rest)]
    return Attested(data[:AAGUID_SIZE], data[start : start + size], cose, raw_key), rest
