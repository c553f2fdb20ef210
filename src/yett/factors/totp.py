"""TOTP (RFC 6238)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple
from urllib.parse import quote, urlencode

from yett.domain.code import digits
from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words

# As long as the hash (RFC 4226, 4 R6; RFC 6238, 5.1).
LENGTHS: Mapping[str, int] = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
LONG, PERIODS = (6, 8), (30, 60)
SHORTEST, LONGEST = 16, 128
OFFER_LIVES, QUESTION_LIVES = 900, 900


class Terms(NamedTuple):
    """What app and server agreed on."""

    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30


def code(secret: bytes, step: int, terms: Terms) -> str:
    """HOTP of the step (RFC 4226, 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8), terms.algorithm)
    at = mac[-1] & 15
    return str((int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 10**terms.digits).zfill(terms.digits)


class Totp:
    """An authenticator app. `mark` is the last step accepted: that step and all earlier ones are refused (5.2)."""

    kind: ClassVar[str] = "totp"
    strength: ClassVar[int] = 50
    words: ClassVar[Words] = Words(
        factor="otp",
        method="totp",
        requirement="otp",
        authenticator="otp",
        grant="http://auth0.com/oauth/grant-type/mfa-otp",
        challenge_type="otp",
        screen_challenge="mfa-otp-challenge",
        screen_enrol="mfa-otp-enrollment-qr",
        id_prefix="totp",
    )

    told: ClassVar[str] = "totp_secret"

    def bound(self, value: str, channel: str = "") -> State:
        """A key in base32, as long as a key must be (RFC 4226, 4 R6; CVE-2024-8796); its app makes codes of the usual kind."""
        text = value.replace(" ", "").rstrip("=").upper()
        try:
            secret = base64.b32decode(text + "=" * (-len(text) % 8))
        except ValueError:
            raise ValueError("the secret is not base32") from None
        if not SHORTEST <= len(secret) <= LONGEST:
            raise ValueError(f"the secret must have {SHORTEST} to {LONGEST} bytes")
        return State(secret, json.dumps(Terms()._asdict()).encode())

    def described(self, one: Enrolment) -> Mapping[str, str]:
        """Nothing: all there is to it is secret."""
        return {}

    def promise(self, one: Enrolment | None) -> Shown:
        """Possession of the key."""
        return Shown("totp", "possession", None, ("otp",), 2, spendable=True)

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """A new key, as text and as the address that apps read from a QR code."""
        terms = _terms(ask.rules)
        secret = _expand(ask.random, LENGTHS[terms.algorithm])
        text = base64.b32encode(secret).rstrip(b"=").decode()
        show = {"secret": text, "uri": _uri(text, terms, ask)}
        show |= {name: str(value) for name, value in terms._asdict().items()}
        state = State(secret, json.dumps(terms._asdict()).encode())
        return Challenge(ask.id, ask.attempt, self.kind, "", (), state, show, (), None, ask.now + OFFER_LIVES, offer=True)

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """A first code shows that the app has the key; it cannot be used again to log in."""
        if not (pending.offer and pending.answerable(ask.now)):
            return Rejected("expired")
        return self._judge(pending.remember, answer, ask)

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """Nothing is sent and nothing remembered: the question is only how many digits."""
        show = {"digits": str(_of(to[0].state).digits)} if to else {}
        asked = tuple(one.id for one in to)
        return Challenge(ask.id, ask.attempt, self.kind, "", asked, State(), show, (), ask.transaction, ask.now + QUESTION_LIVES)

    def locate(self, answer: bytes) -> bytes | None:
        """A code does not say whose it is."""
        return None

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Accept a code of a step later than the last one used (RFC 6238, 5.2).

        It approves the transaction of the question; where none was put, it approves none.
        """
        return self._judge(one.state, answer, ask, asked.binds if asked else None)

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def left(self, one: Enrolment) -> int | None:
        """Not counted."""
        return None

    def restored(self, state: State, now: int) -> State:
        """Whatever was used since the backup is of a step that has begun by now."""
        return state._replace(mark=max(state.mark, now // _of(state).period))

    def _judge(self, state: State, answer: bytes, ask: Ask, binds: bytes | None = None) -> Accepted | Rejected:
        terms = _of(state)
        typed = digits(answer.decode(errors="replace"), terms.digits).encode()
        now = ask.now // terms.period
        found = -1
        # All candidates are compared, whichever matches: the time taken tells nothing.
        for step in range(max(0, now - _skew(ask.rules)), now + 1):
            if hmac.compare_digest(code(state.secret, step, terms).encode(), typed):
                found = step
        if found < 0:
            return Rejected("wrong_code")
        if found <= state.mark:
            return Rejected("already_used")
        return Accepted(state._replace(mark=found), None, self.promise(None)._replace(binds=binds))


def _uri(secret: str, terms: Terms, ask: Ask) -> str:
    """What authenticator apps read (Google's key URI format); both names stand in the path too, for older ones."""
    name = ":".join(quote(part, safe="@") for part in (ask.issuer, ask.label) if part)
    query = {"secret": secret, "issuer": ask.issuer, **terms._asdict()}
    return f"otpauth://totp/{name}?{urlencode(query, quote_via=quote)}"


def _terms(rules: Mapping[str, object]) -> Terms:
    """As the tenant has them. Raises ValueError for what apps cannot do, or nobody should."""
    default = Terms()
    algorithm = str(rules.get("algorithm", default.algorithm))
    length, period = int(str(rules.get("digits", default.digits))), int(str(rules.get("period", default.period)))
    if algorithm not in LENGTHS or length not in LONG or period not in PERIODS:
        raise ValueError(f"no authenticator app makes codes of {algorithm}, {length} digits and {period} s")
    return Terms(algorithm, length, period)


def _skew(rules: Mapping[str, object]) -> int:
    """How many earlier steps are accepted: one at most (RFC 6238, 5.2)."""
    return 0 if rules.get("skew") == 0 else 1


def _of(state: State) -> Terms:
    return _agreed(state.open) if state.open else Terms()


# A dozen kinds of terms serve everybody.
@lru_cache(maxsize=64)
def _agreed(terms: bytes) -> Terms:
    return Terms(**json.loads(terms))


def _expand(seed: bytes, length: int) -> bytes:
    return hashlib.shake_256(b"otp key:" + seed).digest(length)
