"""A key in Auth0's words: as it is shown, and as it is brought along from elsewhere. All of it is public."""

from collections.abc import Mapping
from uuid import UUID

from yett.factors.webauthn.credential import Credential, Trust
from yett.factors.webauthn.data import LONGEST_ID, base64url, unbase64url

SINGLE, MULTI = "single_device", "multi_device"
# WebAuthn Level 3, 5.4.3: a user handle has 64 bytes at most.
LONGEST_HANDLE, LONGEST_AGENT, MOST_TRANSPORTS = 64, 256, 8
TOLD = frozenset({
    "key_id", "public_key", "aaguid", "relying_party_identifier", "credential_device_type", "credential_backed_up",
    "identity_user_id", "user_agent", "user_handle", "transports",
})  # fmt: skip


def shown_of(kept: Credential, handle: bytes, account: str) -> Mapping[str, object]:
    """By the names of authentication-methods; what nobody knows is left out."""
    said: dict[str, object] = {
        "key_id": base64url(kept.id),
        "public_key": base64url(kept.key),
        "credential_device_type": MULTI if kept.eligible else SINGLE,
        "credential_backed_up": kept.backed_up,
        "identity_user_id": account.partition("|")[2] or account,
        "user_handle": base64url(handle),
        "aaguid": str(UUID(bytes=kept.model)),
        "relying_party_identifier": kept.rp,
        "transports": list(kept.transports),
        "user_agent": kept.agent,
    }
    return {name: value for name, value in said.items() if value not in ("", [])}


def brought(said: Mapping[str, object], rp: str, trust: Trust, account: str) -> Credential:
    """A key that was made elsewhere under our own name `rp`. Raises ValueError that says which field is at fault.

    Nobody vouches for it, whatever vouched where it was made: its authenticator is asked when it is first used.
    """
    from yett.factors.webauthn.cbor import decode
    from yett.factors.webauthn.keys import public_key

    if others := sorted(said.keys() - TOLD):
        raise ValueError(f"a key has no {others[0]}")
    id, key, handle = _bytes(said, "key_id"), _bytes(said, "public_key"), _bytes(said, "user_handle")
    if not 0 < len(id) <= LONGEST_ID:
        raise ValueError("key_id is the id of a credential, in base64url")
    try:
        public_key(decode(key))
    except ValueError:
        raise ValueError("public_key is a COSE key, in base64url, of an algorithm that is offered here") from None
    if len(handle) > LONGEST_HANDLE:
        raise ValueError("user_handle is longer than any")
    if said.get("relying_party_identifier", rp) != rp:
        raise ValueError(f"relying_party_identifier is {rp} here: a key that is bound to another name works under no other")
    if said.get("identity_user_id", account.partition("|")[2]) != account.partition("|")[2]:
        raise ValueError("identity_user_id is another user's")
    eligible, backed_up = _device(said)
    model = _model(said)
    if trust.attested or trust.hardware or trust.allowed or model in trust.denied:
        raise ValueError("public_key: nobody vouches for a key that is brought along, and the tenant wants somebody to")
    agent, transports = str(said.get("user_agent", "")), said.get("transports", ())
    kept = Credential(id, key, 0, eligible, backed_up, verified=False, model=model, attested=False, hardware=False)
    return kept._replace(rp=rp, handle=handle, agent=printable(agent), transports=ways(transports))


def printable(agent: str) -> str:
    """What a browser calls itself, as it may be kept."""
    return "".join(letter for letter in agent if letter.isprintable())[:LONGEST_AGENT]


def ways(transports: object) -> tuple[str, ...]:
    """The ways in which an authenticator is reached, as a browser says them; unknown ones too (Level 3, 5.8.4)."""
    said = transports if isinstance(transports, (list, tuple)) else ()
    known = (one for one in said if isinstance(one, str) and one.isascii() and one.replace("-", "").isalnum() and len(one) <= LONGEST_HANDLE)
    return tuple(dict.fromkeys(known))[:MOST_TRANSPORTS]


def _device(said: Mapping[str, object]) -> tuple[bool, bool]:
    """Whether it may be, and is, in several places (6.1.3)."""
    eligible, backed_up = said.get("credential_device_type", SINGLE) == MULTI, said.get("credential_backed_up") is True
    if said.get("credential_device_type", SINGLE) not in {SINGLE, MULTI} or (backed_up and not eligible):
        raise ValueError(f"credential_device_type is {SINGLE} or {MULTI}, and only the latter is backed up")
    return eligible, backed_up


def _model(said: Mapping[str, object]) -> bytes:
    try:
        return UUID(str(said.get("aaguid") or UUID(int=0))).bytes
    except ValueError:
        raise ValueError("aaguid is a UUID") from None


def _bytes(said: Mapping[str, object], name: str) -> bytes:
    """In either alphabet, with padding or without: exports differ."""
    try:
        return unbase64url(str(said.get(name, "")).replace("+", "-").replace("/", "_").rstrip("="))
    except ValueError:
        raise ValueError(f"{name} is not base64url") from None
