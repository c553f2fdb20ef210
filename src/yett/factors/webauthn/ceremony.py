"""Registration and authentication ceremonies, step by step (WebAuthn Level 3, 7.1 and 7.2)."""

import hashlib
import hmac

from yett.factors.webauthn.attestation import vouched
from yett.factors.webauthn.cbor import decode
from yett.factors.webauthn.certificates import UNREADABLE, identifiers, trusted
from yett.factors.webauthn.credential import Credential, Refused, Terms, Trust
from yett.factors.webauthn.data import BE, BS, UP, UV, Attested, AuthenticatorData, ClientData, attestation_object, authenticator_data, client_data
from yett.factors.webauthn.keys import public_key, signed
from yett.factors.webauthn.making import Making, Vouched


def register(client: bytes, attestation: bytes, terms: Terms, trust: Trust, now: int) -> Credential:
    """7.1: the credential that was made. Raises Refused."""
    try:
        said, (format, statement, raw) = client_data(client), attestation_object(attestation)
        data = authenticator_data(raw)
    except ValueError:
        raise Refused("malformed") from None
    _asked(said, "webauthn.create", terms)
    _present(data, terms)
    made = data.attested
    if made is None:
        raise Refused("malformed")
    try:
        key = public_key(made.cose)
        making = Making(raw, hashlib.sha256(client).digest(), data.rp_id_hash, made.aaguid, made.id, key)
        return _kept(data, made, vouched(format, statement, making), format, trust, now)._replace(rp=terms.rp_id)
    except UNREADABLE:
        raise Refused("attestation") from None


def authenticate(credential: Credential, client: bytes, raw: bytes, signature: bytes, terms: Terms) -> Credential:
    """7.2: the credential in its next state. Raises Refused; "cloned" where its counter went back."""
    try:
        said, data, key = client_data(client), authenticator_data(raw), public_key(decode(credential.key))
    except ValueError:
        raise Refused("malformed") from None
    _asked(said, "webauthn.get", terms)
    _present(data, terms)
    if data.has(BE) != credential.eligible:
        raise Refused("backup")
    if not signed(key, raw + hashlib.sha256(client).digest(), signature):
        raise Refused("signature")
    # Only now: else anybody could raise the alarm of a clone.
    if (data.counter or credential.counter) and data.counter <= credential.counter:
        raise Refused("cloned")
    return credential._replace(counter=data.counter, backed_up=data.has(BS), verified=data.has(UV), rp=terms.rp_id)


def _asked(said: ClientData, type: str, terms: Terms) -> None:
    """7.1 steps 7 to 11, 7.2 steps 10 to 14: this was asked, by us, and here."""
    if said.type != type:
        raise Refused("type")
    if not hmac.compare_digest(said.challenge, terms.challenge):
        raise Refused("challenge")
    if said.origin not in terms.origins:
        raise Refused("origin")
    embedded = said.cross_origin or said.top_origin is not None
    if embedded and not terms.top_origins:
        raise Refused("embedded")
    if said.top_origin is not None and (not said.cross_origin or said.top_origin not in terms.top_origins):
        raise Refused("embedded")


def _present(data: AuthenticatorData, terms: Terms) -> None:
    """7.1 steps 14 to 17, 7.2 steps 15 to 18: for us, with somebody there, who was verified if that is asked for."""
    if not hmac.compare_digest(data.rp_id_hash, hashlib.sha256(terms.rp_id.encode()).digest()):
        raise Refused("rp_id")
    if terms.present and not data.has(UP):
        raise Refused("presence")
    if terms.verified and not data.has(UV):
        raise Refused("verification")
    if data.has(BS) and not data.has(BE):
        raise Refused("backup")


def _kept(data: AuthenticatorData, made: Attested, said: Vouched, format: str, trust: Trust, now: int) -> Credential:
    """7.1 steps 23 and 24: who vouches, and whether that is good enough."""
    # This format signs no model: whatever the data says of it is anybody's word.
    model = bytes(16) if format == "fido-u2f" else made.aaguid
    attested = trusted(said.chain, _roots(model, trust, named=said.named), now)
    hardware = attested and not data.has(BE) and (said.hardware or model in trust.protected)
    if trust.attested and not attested:
        raise Refused("untrusted")
    known = not trust.withdrawn or trust.withdrawn.isdisjoint(identifiers(said.chain))
    if (trust.allowed and not (attested and model in trust.allowed)) or model in trust.denied or not known:
        raise Refused("model")
    if trust.hardware and not hardware:
        raise Refused("hardware")
    return Credential(made.id, made.raw_key, data.counter, data.has(BE), data.has(BS), data.has(UV), model, attested, hardware)


def _roots(model: bytes, trust: Trust, *, named: bool) -> tuple[bytes, ...]:
    """8.2.1: a root of several models vouches where its certificates name theirs; else the stolen key of one model makes them all."""
    others = () if named else {root for id, some in trust.roots.items() if id not in {b"", model} for root in some}
    return (*(root for root in trust.roots.get(model, ()) if root not in others), *trust.roots.get(b"", ()))
