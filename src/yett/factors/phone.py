"""Codes by text message and by call: one number, two channels, one proof."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple

from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected
from yett.factors.base import Ask, Words
from yett.factors.sent import code_to, judged, terms_of

Channel = Literal["sms", "voice"]
# RFC 8176, 2: what a code that came this way proves.
AMR: Mapping[Channel, str] = {"sms": "sms", "voice": "tel"}


class Line(NamedTuple):
    """What `state.open` holds: the number (E.164), and the channel that its owner prefers."""

    number: str
    preferred: Channel


class Phone:
    """A telephone number. Text and call are the same possession: whoever has the line has both."""

    kind: ClassVar[str] = "phone"
    strength: ClassVar[int] = 40
    words: ClassVar[Words] = Words(
        factor="sms",
        method="phone",
        requirement="phone",
        authenticator="oob",
        channels=("sms", "voice"),
        grant="http://auth0.com/oauth/grant-type/mfa-oob",
        challenge_type="oob",
        screen_challenge="mfa-sms-challenge",
        screen_enrol="mfa-phone-enrollment",
        screens={"sms": "mfa-sms-challenge", "voice": "mfa-voice-challenge"},
        id_prefix="phone",
    )

    told: ClassVar[str] = "phone_number"

    def bound(self, value: str, channel: str = "") -> State:
        """A number (E.164), and what its owner prefers."""
        return state_of(Line(value, "voice" if channel == "voice" else "sms"))

    def described(self, one: Enrolment) -> Mapping[str, str]:
        """Its number, and what is preferred."""
        known = line(one.state)
        return {self.told: known.number, "preferred_authentication_method": known.preferred}

    def promise(self, one: Enrolment | None) -> Shown:
        """Possession of the line, restricted (NIST SP 800-63B-4, 3.1.3.3) yet aal 2 with a password."""
        return _shown(line(one.state).number if one else "", "sms")

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """A code to the number that shall be enrolled; `ask.target` is E.164."""
        asked = self._ask(ask, (), Line(ask.target, "sms"), "phone_verification")
        return asked._replace(offer=True, show={**asked.show, "typed": ask.target})

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Whoever has the code has the line; what it came through is preferred from now on."""
        if not pending.offer:
            return Rejected("expired")
        number, channel = terms_of(pending).to, channel_of(pending)
        return judged(pending, answer, ask, state_of(Line(number, channel)), _shown(number, channel))

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """A code to the first of them, by the channel that was chosen, else by the one that is preferred."""
        return self._ask(ask, tuple(one.id for one in to[:1]), line(to[0].state), "mfa_code")

    def locate(self, answer: bytes) -> bytes | None:
        """The challenge names it."""
        return None

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """The code of this challenge, while it is open."""
        if asked is None or one.id not in asked.to:
            return Rejected("expired")
        # A code to a number that was replaced since proves nothing of the new one.
        if terms_of(asked).to != line(one.state).number:
            return Rejected("expired")
        shown = _shown(line(one.state).number, channel_of(asked))
        return judged(asked, answer, ask, one.state, shown._replace(binds=asked.binds))

    def spent(self, one: Enrolment) -> bool:
        """Never: it can be asked again."""
        return False

    def left(self, one: Enrolment) -> int | None:
        """Not counted."""
        return None

    def restored(self, state: State, now: int) -> State:
        """Challenges of the time before are void by themselves."""
        return state

    def _ask(self, ask: Ask, to: tuple[str, ...], to_line: Line, template: str) -> Challenge:
        on = channels(ask.rules)
        wished: Sequence[Channel] = tuple(one for one in on if one in {ask.channel, to_line.preferred})
        channel = next((one for one in on if one == ask.channel), (*wished, *on)[0])
        return code_to(to_line.number, masked(to_line.number), ask, self.kind, channel, to, template)


def channels(rules: Mapping[str, object]) -> tuple[Channel, ...]:
    """Those that the tenant has switched on; text messages where it says nothing."""
    said = rules.get("message_types")
    on = tuple(one for one in AMR if isinstance(said, (list, tuple)) and one in said)
    return on or ("sms",)


def line(state: State) -> Line:
    """The number of an enrolment and the channel that is preferred."""
    return Line(**json.loads(state.open))


def state_of(one: Line) -> State:
    """The state of an enrolment of this number."""
    return State(b"", json.dumps(one._asdict()).encode())


def channel_of(asked: Challenge) -> Channel:
    """What the code of a question travels through."""
    return "voice" if asked.channel == "voice" else "sms"


def masked(number: str) -> str:
    """Enough for its owner to know it: the last four digits, as people know their own number."""
    return f"•••• {number[-4:]}"


def _shown(number: str, channel: Channel) -> Shown:
    through = hashlib.sha256(b"phone:" + number.encode()).digest() if number else None
    return Shown("phone", "possession", through, (AMR[channel],), 2, spendable=True, restricted=True)
