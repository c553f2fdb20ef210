"""WebAuthn as a factor: one ceremony, three uses (a security key, this device, a passkey)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.model import UNKNOWN, Metadata
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import QUIET, Ask, Words
from yett.factors.webauthn.credential import ALGORITHMS, Credential, Refused, Terms, Trust
from yett.factors.webauthn.data import base64url, unbase64url
from yett.factors.webauthn.moving import brought, printable, shown_of, ways

LIVES, SHORTEST_CHALLENGE = 300, 32
NO_MODEL = bytes(16)
Use = Literal["webauthn-roaming", "webauthn-platform", "passkey"]
# The parts of a credential that JSON spells in base64url.
BYTES = ("id", "key", "model", "handle")
UV = ("discouraged", "preferred", "required")


class Wish(NamedTuple):
    """What a use asks of the browser: where the authenticator is, whether it finds its account by itself, who is verified."""

    attachment: str
    resident: str
    verification: str


WISHES: Mapping[Use, Wish] = {
    "webauthn-roaming": Wish("cross-platform", "discouraged", "discouraged"),
    "webauthn-platform": Wish("platform", "preferred", "required"),
    "passkey": Wish("", "required", "required"),
}


class WebAuthn:
    """A credential bound to our name. `state.mark` is its counter, `state.open` the rest of it in JSON."""

    def __init__(self, use: Use, strength: int) -> None:
        self.kind: str = use
        self.strength = strength
        self.use: Use = use
        self.words = Words(
            factor=use,
            method=use,
            requirement=use,
            authenticator=use,
            grant="urn:okta:params:oauth:grant-type:webauthn",
            challenge_type="webauthn",
            screen_challenge=f"mfa-{use}-challenge" if use != "passkey" else "passkey-challenge",
            screen_enrol=f"mfa-{use}-enrollment" if use != "passkey" else "passkey-enrollment",
            unnamed=use == "passkey",
            bound=True,
            id_prefix=use,
        )

    def promise(self, one: Enrolment | None) -> Shown:
        """Of one that is enrolled what it can prove at best; of a new one what any browser may bring: nothing in hardware."""
        verified = WISHES[self.use].verification == "required"
        if one is None:
            return _shown(self.use, eligible=False, hardware=False, verified=verified)
        kept = credential(one.state)
        return _shown(self.use, eligible=kept.eligible, hardware=kept.hardware, verified=verified or kept.verified)

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """Creation options; what the account has already is excluded. In passing (5.1.3, conditional mediation) nobody is asked for a gesture."""
        wish, rp = self._wish(ask.rules), rp_of(ask.rules, ask.origin)
        wish = wish._replace(verification="preferred") if ask.channel == QUIET else wish
        selection: dict[str, object] = {"residentKey": wish.resident, "requireResidentKey": wish.resident == "required", "userVerification": wish.verification}
        if wish.attachment:
            selection["authenticatorAttachment"] = wish.attachment
        options = {
            "rp": {"id": rp, "name": ask.issuer},
            "user": {"id": base64url(user_handle(ask.account)), "name": ask.label, "displayName": ask.label},
            "challenge": base64url(ask.random[:SHORTEST_CHALLENGE]),
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
            "timeout": LIVES * 1000,
            "excludeCredentials": [_named(one) for one in has if one.lookup and one.status != "deleted"],
            "authenticatorSelection": selection,
            "attestation": str(ask.rules.get("attestation", "none")),
        }
        return self._question(ask, (), rp, options, wish)._replace(offer=True)

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Judge what the browser made; a credential is found by its id, so none is enrolled twice, whoever holds it."""
        if not (pending.offer and pending.answerable(ask.now)):
            return Rejected("expired")
        # Certificates and keys are loaded when first used: a login by other means need not wait for them.
        from yett.factors.webauthn.ceremony import register

        try:
            said, response = _answer(answer, "clientDataJSON", "attestationObject")
            made = register(response[0], response[1], _terms(pending), trust_of(ask.rules, ask.now), ask.now)
            if unbase64url(str(said.get("rawId", ""))) != made.id:
                return Rejected("malformed")
            # Only the browser's word, but what contradicts what was asked for was not asked for.
            if WISHES[self.use].attachment and said.get("authenticatorAttachment") not in {None, "", WISHES[self.use].attachment}:
                return Rejected("attachment")
            made = made._replace(transports=ways(_response(said).get("transports")), agent=printable(ask.agent))
        except Refused as refused:
            return Rejected(refused.reason)
        except ValueError:
            return Rejected("malformed")
        proof = None if pending.channel == QUIET else self._proof(made)
        return Accepted(state_of(made), pending.remember, proof, made.id)

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """Request options, for all of these; to nobody in particular where the passkey shall say who it is."""
        wish, rp = self._wish(ask.rules), rp_of(ask.rules, ask.origin)
        options: dict[str, object] = {
            "challenge": base64url(ask.random[:SHORTEST_CHALLENGE]),
            "timeout": LIVES * 1000,
            "rpId": rp,
            "allowCredentials": [_named(one) for one in to],
            "userVerification": wish.verification,
        }
        return self._question(ask, tuple(one.id for one in to), rp, options, wish)

    def locate(self, answer: bytes) -> bytes | None:
        """The credential id; None where the answer names none."""
        try:
            return unbase64url(str(json.loads(answer)["rawId"])) or None
        except (ValueError, KeyError, TypeError):
            return None

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Judge an assertion. A counter that went back is a copy: refused, and told to the owner."""
        if asked is None or asked.offer or not asked.answerable(ask.now) or (asked.to and one.id not in asked.to):
            return Rejected("expired")
        from yett.factors.webauthn.ceremony import authenticate

        try:
            said, (client, data, signature) = _answer(answer, "clientDataJSON", "authenticatorData", "signature")
            if unbase64url(str(said.get("rawId", ""))) != one.lookup:
                return Rejected("malformed")
            if not self._owns(one, said, asked):
                return Rejected("user_handle")
            kept = authenticate(credential(one.state)._replace(id=one.lookup, counter=one.state.mark), client, data, signature, _terms(asked))
        except Refused as refused:
            return Rejected(refused.reason, alarm=refused.reason == "cloned")
        except ValueError:
            return Rejected("malformed")
        return Accepted(state_of(kept), asked.remember, self._proof(kept)._replace(binds=asked.binds))

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def left(self, one: Enrolment) -> int | None:
        """Nobody counts."""
        return None

    def restored(self, state: State, now: int) -> State:
        """A counter that is older than the authenticator's refuses nothing that is right."""
        return state

    def model(self, one: Enrolment) -> bytes:
        """As the authenticator called itself."""
        return credential(one.state).model

    def strayed(self, one: Enrolment, rules: Mapping[str, object], origin: str) -> str:
        """Browsers show a credential to nobody but the name that it was made under (Level 3, 5.1.4.1)."""
        made = credential(one.state).rp
        return "" if made in {"", rp_of(rules, origin)} else made

    def shows(self, one: Enrolment) -> Mapping[str, object]:
        """A public key is public, and so is all that stands beside it."""
        return shown_of(credential(one.state)._replace(id=one.lookup or b""), _handle(one), one.account)

    def brought(self, told: Mapping[str, object], ask: Ask) -> tuple[State, bytes]:
        """Of a key that was made elsewhere under our name; nothing of it is proven until it is used."""
        kept = brought(told, rp_of(ask.rules, ask.origin), trust_of(ask.rules, ask.now), ask.account)
        return state_of(kept), kept.id

    def signal(self, ask: Ask, has: Sequence[Enrolment]) -> Mapping[str, object]:
        """Level 3, 5.1.10. Whatever is not named here is forgotten: so all that there is, what is suspended too, whichever use it has."""
        accepted = [base64url(one.lookup) for one in has if one.lookup and one.status != "deleted"]
        told = {"rpId": rp_of(ask.rules, ask.origin), "userId": base64url(user_handle(ask.account)), "name": ask.label, "displayName": ask.label}
        return {**told, "allAcceptedCredentialIds": accepted}

    def _proof(self, kept: Credential) -> Shown:
        return _shown(self.use, eligible=kept.eligible, hardware=kept.hardware, verified=kept.verified)

    def _owns(self, one: Enrolment, said: Mapping[str, object], asked: Challenge) -> bool:
        """7.2 step 6: the handle says who it is, where nobody was named; elsewhere it may be left out, but not be another's."""
        given = _response(said).get("userHandle")
        if given is None or given == "":
            return bool(asked.to)
        return isinstance(given, str) and unbase64url(given) == _handle(one)

    def _wish(self, rules: Mapping[str, object]) -> Wish:
        """The use's own, unless the tenant asks for more or less verification of a second factor."""
        wish, said = WISHES[self.use], str(rules.get("userVerification", ""))
        return wish._replace(verification=said) if self.use == "webauthn-roaming" and said in UV else wish

    def _question(self, ask: Ask, to: tuple[str, ...], rp: str, options: Mapping[str, object], wish: Wish) -> Challenge:
        terms = {
            "challenge": base64url(ask.random[:SHORTEST_CHALLENGE]),
            "rp": rp,
            "origins": [ask.origin, *_texts(ask.rules.get("origins"))],
            "verified": wish.verification == "required",
            "present": ask.channel != QUIET,
        }
        show = {"ceremony": json.dumps(options)}
        remember = State(b"", json.dumps(terms).encode())
        return Challenge(ask.id, ask.attempt, self.kind, QUIET if ask.channel == QUIET else "", to, remember, show, (), ask.transaction, ask.now + LIVES)


def credential(state: State) -> Credential:
    """The credential that a state is of."""
    said = json.loads(state.open)
    named = {name: unbase64url(said[name]) for name in BYTES if name in said}
    return Credential(**{**said, **named, "transports": tuple(said.get("transports", ()))}, counter=state.mark)


def state_of(kept: Credential) -> State:
    """The state of this credential."""
    named = {name: base64url(getattr(kept, name)) for name in BYTES}
    said = {name: value for name, value in kept._asdict().items() if name != "counter"}
    return State(b"", json.dumps({**said, **named}).encode(), kept.counter)


def user_handle(account: str) -> bytes:
    """What authenticators keep of the account: it names nobody to whoever reads it (WebAuthn Level 3, 14.6.1)."""
    return hashlib.sha256(b"webauthn user handle:" + account.encode()).digest()


def _handle(one: Enrolment) -> bytes:
    """What its authenticator calls the account."""
    return credential(one.state).handle or user_handle(one.account)


def _response(said: Mapping[str, object]) -> Mapping[str, object]:
    response = said.get("response")
    return response if isinstance(response, Mapping) else {}


def rp_of(rules: Mapping[str, object], origin: str) -> str:
    """The name that credentials are bound to: the tenant's own choice, else the host that we are reached under."""
    own = str(rules.get("relyingPartyIdentifier") or "") if rules.get("overrideRelyingParty") else ""
    return own or urlsplit(origin).hostname or ""


def trust_of(rules: Mapping[str, object], now: int) -> Trust:
    """Which authenticators are good enough, as tenant (models in hexadecimal) and metadata say. What is out of date warns, and vouches for nobody."""
    allowed, denied = (frozenset(bytes.fromhex(one.replace("-", "")) for one in _texts(rules.get(name))) for name in ("allowed", "denied"))
    known = rules.get("metadata")
    said = known if isinstance(known, Metadata) else UNKNOWN
    vouching = {bytes.fromhex(id): one for id, one in said.models.items() if not one.distrusted} if said.vouches(now) else {}
    direct = rules.get("attestation") == "direct"
    return Trust(
        attested=direct and bool(rules.get("attested")),
        allowed=allowed,
        denied=denied | said.distrusted(),
        hardware=direct and bool(rules.get("hardware")),
        roots={NO_MODEL: said.elders if vouching else (), **{id: one.roots for id, one in vouching.items()}},
        protected=frozenset(id for id, one in vouching.items() if one.hardware),
        withdrawn=frozenset(map(bytes.fromhex, said.withdrawn)),
    )


def _shown(use: Use, *, eligible: bool, hardware: bool, verified: bool) -> Shown:
    """RFC 8176, 2: without attestation nobody knows where the key lives; one that is synchronized lives in software."""
    kept = "swk" if eligible else ("hwk" if hardware else "pop")
    amr = (kept, "user") if verified else (kept,)
    aal = 3 if hardware else 2
    return Shown(
        use,
        "possession",
        None,
        amr,
        aal,
        phishing_resistant=True,
        hardware=hardware,
        user_verified=verified,
        first=use == "passkey" and verified,
        spendable=True,
    )


def _answer(answer: bytes, *members: str) -> tuple[Mapping[str, object], list[bytes]]:
    """The credential in JSON (5.1, toJSON), and the bytes of these members of its response. Raises ValueError."""
    said = json.loads(answer)
    response = said.get("response") if isinstance(said, dict) and said.get("type") == "public-key" else None
    if not isinstance(response, dict) or not isinstance(said.get("id"), str) or said["id"] != said.get("rawId"):
        raise ValueError("no credential, or one with two names")
    return said, [_member(response, member) for member in members]


def _member(response: Mapping[str, object], name: str) -> bytes:
    said = response.get(name)
    if not isinstance(said, str):
        raise ValueError("a member is missing, or no text")
    return unbase64url(said)


def _terms(asked: Challenge) -> Terms:
    said = json.loads(asked.remember.open)
    return Terms(unbase64url(said["challenge"]), said["rp"], tuple(said["origins"]), (), said["verified"], said["present"])


def _named(one: Enrolment) -> dict[str, object]:
    """A credential, and how it is reached, where that is known: browsers then ask for what can answer (Level 3, 5.8.3)."""
    ways = credential(one.state).transports
    return {"type": "public-key", "id": base64url(one.lookup or b""), **({"transports": ways} if ways else {})}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, (list, tuple)) else ()
