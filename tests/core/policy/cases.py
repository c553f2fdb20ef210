"""Cases for the gate: an account with factors of these names, and what was asked and proven."""

from collections.abc import Iterable, Mapping, Sequence

from tests.core.proving import EMAIL, KEY, KEY_UV, NOW, PASSWORD, RECOVERY, SYNCED_UV, TOTP
from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.client import Api
from yett.domain.enrolment import Enrolment, State, Status
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Clause, Requirement
from yett.policy.decide import Case
from yett.policy.regimes import REGIMES

HOUR = 3600
JOE = Account("joe", "joe@example.com", email_verified=True)
FACTORS: Mapping[str, Shown] = {
    "key": KEY,
    "passkey": KEY_UV,
    "synced": SYNCED_UV,
    "totp": TOTP,
    "email": EMAIL,
    "password": PASSWORD,
    "recovery": RECOVERY,
}
API = Api("api", "https://api.example/", scopes=("read", "pay"))


def demanding(requirement: Requirement | None = None, **scopes: Requirement) -> Api:
    """An API that demands this of whoever asks for it, or for one of its scopes."""
    return API._replace(requirement=requirement, scope_requirements=scopes)


def enrolment(name: str, status: Status = "active") -> Enrolment:
    """E-mail is implicit, as it is for whoever has verified the address."""
    return Enrolment(name, "joe", name, State(), status, link="implicit" if name == "email" else None)


def proven(*names: str, ago: int = HOUR, attempt: str = "earlier") -> tuple[Proof, ...]:
    """What a session remembers of an earlier attempt."""
    return tuple(Proof(FACTORS[name], name, 1, attempt, NOW - ago) for name in names)


def case(
    has: Iterable[str] = ("password", "totp"),
    *,
    base: Sequence[Proof] = (),
    shown: Iterable[str] = (),
    wants: Sequence[Clause] = (),
    offers: Iterable[str] = (),
    locked: Iterable[str] = (),
    waivers: Sequence[str] = (),
    policies: Sequence[str] = (),
    regime: str = "auth0",
    api: Api | None = None,
    scope: Sequence[str] = (),
    confidence: str = "",
    present_only: bool = False,
    transaction: bytes | None = None,
    account: Account | None = JOE,
    **statuses: Status,
) -> Case:
    """What the gate looks at. The order of FACTORS is that of the chooser; `statuses` are those of single factors."""
    enrolments = tuple(enrolment(name, statuses.get(name, "active")) for name in FACTORS if name in set(has))
    own = tuple((name, 1, FACTORS[name]._replace(binds=transaction)) for name in shown)
    attempt = Attempt(
        "now", "browser", b"", "shop", NOW, NOW + 900,
        wants=tuple(wants), present_only=present_only, base=tuple(base), shown=own, waivers=tuple(waivers), transaction=transaction,
    )  # fmt: skip
    usable = tuple(one.id for one in enrolments if one.status == "active" and one.id not in set(locked))
    return Case(
        attempt,
        account,
        enrolments,
        {one.id: FACTORS[one.id] for one in enrolments},
        usable,
        {name: FACTORS[name] for name in FACTORS if name in set(offers)},
        REGIMES[regime],
        tuple(policies),
        api,
        tuple(scope),
        confidence,
    )
