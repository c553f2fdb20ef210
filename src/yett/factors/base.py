"""What a factor is asked, and what every factor answers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.proof import Shown
from yett.domain.verdict import Accepted, Rejected

# The channel of an enrolment in passing: a browser may do it by itself, and it proves nothing.
QUIET = "quiet"


class Ask(NamedTuple):
    """All that a pure factor may want to know.

    `random` is fresh (64 bytes); `now` in seconds; `rules` are the factor's settings as the tenant has them; `target`
    is the address or number that shall be enrolled; `issuer` and `label` name tenant and account where an
    authenticator shows them; `channel` is the one that was chosen ("": the usual one); `transaction` is the digest of
    what is being approved, `text` its words; `origin` is where we are reached, `account` whose enrolment it is, and `agent` what their browser calls itself.
    """

    random: bytes
    now: int
    id: str = ""
    attempt: str = ""
    rules: Mapping[str, object] = {}
    locale: str = "en"
    channel: str = ""
    target: str = ""
    issuer: str = ""
    label: str = ""
    transaction: bytes | None = None
    text: str = ""
    origin: str = ""
    account: str = ""
    agent: str = ""


class Words(NamedTuple):
    """A factor's names on each surface, so that no table elsewhere lists kinds.

    `factor` is Auth0's name under guardian/factors ("" where Auth0 has none); `method` the type under
    authentication-methods; `requirement` the type under mfa_requirements; `authenticator` and `channels` those of the
    MFA API (which lists an enrolment once for each channel); `grant` the grant that shows it; `challenge_type` otp,
    oob, webauthn or "". `screen_*` are page names; `log_*` log types.
    `screens` are page names by channel, where it has several: the one that asks is then that of the channel, and an
    enrolment begins on `screen_enrol`, where the destination is typed.
    `companion` is enrolled along with the first second factor (recovery codes); `unnamed` says by itself who it is
    (a passkey); `bound`: its enrolments work under one name alone (see Bound); `id_prefix` begins enrolment ids.
    """

    factor: str = ""
    method: str = ""
    requirement: str = ""
    authenticator: str = ""
    channels: tuple[str, ...] = ()
    grant: str = ""
    challenge_type: str = ""
    screen_challenge: str = ""
    screen_enrol: str = ""
    screens: Mapping[str, str] = {}
    log_done: str = "gd_auth_succeed"
    log_failed: str = "gd_auth_failed"
    log_limit: str = "gd_otp_rate_limit_exceed"
    log_enrolled: str = "gd_enrollment_complete"
    companion: bool = False
    unnamed: bool = False
    bound: bool = False
    id_prefix: str = ""


class Factor(Protocol):
    """One kind of factor. `strength` orders the chooser (the strongest first)."""

    @property
    def kind(self) -> str: ...
    @property
    def words(self) -> Words: ...
    @property
    def strength(self) -> int: ...

    def promise(self, one: Enrolment | None) -> Shown:
        """The most that an enrolment of this kind (or a new one) could prove: what policy plans with."""
        ...

    def offer(self, ask: Ask, has: Sequence[Enrolment]) -> Challenge:
        """Begin an enrolment: the returned challenge has `offer` set and remembers the pending state."""
        ...

    def confirm(self, pending: Challenge, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Judge the answer that completes an enrolment; an accepted one returns the state of the new enrolment."""
        ...

    def challenge(self, to: Sequence[Enrolment], ask: Ask) -> Challenge:
        """Ask one, several, or whoever holds the key."""
        ...

    def locate(self, answer: bytes) -> bytes | None:
        """Which enrolment answers, by its lookup; None where the challenge names it."""
        ...

    def verify(self, one: Enrolment, asked: Challenge | None, answer: bytes, ask: Ask) -> Accepted | Rejected:
        """Judge `answer`; an accepted answer returns the state that forbids its reuse."""
        ...

    def spent(self, one: Enrolment) -> bool:
        """Whether nothing of it is left to be used."""
        ...

    def left(self, one: Enrolment) -> int | None:
        """How many times it can still be used; None where nobody counts."""
        ...

    def restored(self, state: State, now: int) -> State:
        """The state after a backup came back: nothing that may have been used since then may work again."""
        ...


@runtime_checkable
class Told(Factor, Protocol):
    """A factor that a helpdesk, or an import, can bind without its owner: what it is told is all there is to it."""

    @property
    def told(self) -> str:
        """Auth0's name of what it is told: the field of authentication-methods."""
        ...

    def bound(self, value: str, channel: str = "") -> State:
        """The state of an enrolment of this value (an address or a number in canonical form). Raises ValueError."""
        ...

    def described(self, one: Enrolment) -> Mapping[str, str]:
        """What may be shown of it, by Auth0's names: never a secret."""
        ...


@runtime_checkable
class Keyed(Factor, Protocol):
    """A factor whose enrolments are public keys: all of one may be shown, and one that was made elsewhere may be brought along."""

    def shows(self, one: Enrolment) -> Mapping[str, object]:
        """All that is known of it, by Auth0's names."""
        ...

    def brought(self, told: Mapping[str, object], ask: Ask) -> tuple[State, bytes]:
        """The state and the lookup of an enrolment of this key, told by Auth0's names. Raises ValueError that says why not."""
        ...


@runtime_checkable
class Replaces(Factor, Protocol):
    """A factor of which whoever used one code may be given another in its place."""

    def replaced(self, state: State, ask: Ask) -> tuple[State, str]:
        """The next state with one more code, and that code, which is in no other place."""
        ...


@runtime_checkable
class Modelled(Factor, Protocol):
    """A factor whose enrolments live in authenticators of some model. It judges a new one by `rules["metadata"]`, a domain.model.Metadata."""

    def model(self, one: Enrolment) -> bytes:
        """Its AAGUID; zeroes where nobody knows. It is vouched for only where the enrolment says so."""
        ...


@runtime_checkable
class Bound(Factor, Protocol):
    """A factor whose enrolments work under one name of ours alone."""

    def strayed(self, one: Enrolment, rules: Mapping[str, object], origin: str) -> str:
        """The name under which it works, where that is not the one in force at `origin`; "" where it works."""
        ...


@runtime_checkable
class Signalled(Factor, Protocol):
    """A factor of which browsers keep something: they are told what still counts, so that they offer nothing else."""

    def signal(self, ask: Ask, has: Sequence[Enrolment]) -> Mapping[str, object]:
        """What they are told, of all that the account has."""
        ...
