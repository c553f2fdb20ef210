"""An account with three factors, an attempt of it, and verdicts, as these tests want them."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import count

from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.fact import Fact
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Clause
from yett.domain.session import Conclusion, Device, Grant, Session, Token
from yett.domain.tries import Bucket, Budget
from yett.domain.verdict import Accepted, Rejected, Settled
from yett.ports import Judged, Store

NOW = 1_800_000_000
DAY = 86400
_names = count()

PASSWORD = Shown("password", "knowledge", None, ("pwd",), 1, first=True)
CODE = Shown("totp", "possession", b"\x00phone", ("otp",), 2, spendable=True)
WANTS = (Clause("client_acr", ("phr", "mfa"), essential=True, max_age=60), Clause("tenant_always", waivable=True))
BUDGET = Budget(Bucket(10, 360), 100, None, Bucket(30, 120), known=True)


def name(prefix: str = "n") -> str:
    """One that no other test has."""
    return f"{prefix}{next(_names)}"


def digest(of: str) -> bytes:
    """As the flows keep bearer values."""
    return hashlib.sha256(of.encode()).digest()


def fact(type: str = "s", account: str | None = None, at: int = NOW) -> Fact:
    """Something that happened."""
    return Fact(f"{at:012x}{next(_names):020x}", at, type, account, "shop", {"ip": "192.0.2.1", "n": 1})


def facts(account: str | None = None) -> Mapping[Settled, Sequence[Fact]]:
    """One for each outcome, named after it."""
    outcomes: tuple[Settled, ...] = ("done", "used", "no tries")
    return {outcome: (fact(outcome, account),) for outcome in outcomes}


def account(**change: object) -> Account:
    """Somebody."""
    one = name("auth0|")
    return Account(one, f"{one}@Example.test", created_at=NOW, updated_at=NOW)._replace(**change)  # type: ignore[arg-type]


def enrolment(owner: Account, kind: str = "totp", **change: object) -> Enrolment:
    """A factor of somebody, with a secret."""
    state = State(b"JBSWY3DPEHPK3PXP-" + kind.encode(), b"open", 5)
    return Enrolment(name(f"{kind}|"), owner.id, kind, state, created_at=NOW)._replace(**change)  # type: ignore[arg-type]


def attempt(owner: Account | None = None, **change: object) -> Attempt:
    """A login in progress; nothing in it is at its default."""
    one = name("st")
    return Attempt(
        id=one,
        via="browser",
        holder=digest(f"holder of {one}"),
        client="shop",
        arrived_at=NOW,
        expires_at=NOW + 900,
        version=3,
        account=owner.id if owner else None,
        identifier=owner.email.casefold() if owner else "",
        request=b'{"scope":"openid"}',
        wants=WANTS,
        present_only=True,
        base=(Proof(PASSWORD, "pw", 1, "before", NOW - 60),),
        shown=(("pw", 1, PASSWORD),),
        waivers=("declined",),
        signals=b'{"ip":"192.0.2.1"}',
        commands=b'["deny"]',
        resume_at="pick",
        transaction=b"\x01\x02",
    )._replace(**change)  # type: ignore[arg-type]


def challenge(of: Attempt, to: Sequence[Enrolment] = (), **change: object) -> Challenge:
    """A question that remembers a secret and sends a code."""
    return Challenge(
        id=name("ch"),
        attempt=of.id,
        kind="sms",
        channel="sms",
        to=tuple(one.id for one in to),
        remember=State(b"the secret of the codes", b"", 1),
        show={"number": "XXXX42", "key": "the shown key"},
        send=(),
        binds=b"\x07",
        expires_at=NOW + 300,
    )._replace(**change)  # type: ignore[arg-type]


def message(to: str = "+4915112345678") -> Message:
    """A code on its way."""
    return Message("sms", to, "code", "de", {"purpose": "login of somebody"})


def session(owner: Account, **change: object) -> Session:
    """Proofs remembered for a browser."""
    one = name("session")
    proofs = (Proof(PASSWORD, "pw", 1, "before", NOW - 60),)
    return Session(digest(one), name("sid"), owner.id, proofs, NOW - 60, NOW + 3600, NOW + DAY)._replace(**change)  # type: ignore[arg-type]


def device(owner: Account, **change: object) -> Device:
    """A browser that is remembered."""
    one = name("device")
    return Device(one, digest(one), owner.id, NOW - DAY, NOW, NOW + DAY, NOW + 3600, 1)._replace(**change)  # type: ignore[arg-type]


def grant(owner: Account, resting_on: Sequence[Enrolment] = (), **change: object) -> Grant:
    """What a token family rests on."""
    proofs = tuple(Proof(CODE, one.id, one.generation, "before", NOW) for one in resting_on)
    scope = ("openid", "read:orders")
    return Grant(name("grant"), owner.id, "shop", NOW, NOW + 30 * DAY, proofs, WANTS, ("remembered_browser",), scope, "api")._replace(**change)  # type: ignore[arg-type]


def token(of: Grant, kind: str = "code", **change: object) -> Token:
    """A token that rests on a grant."""
    return Token(digest(name("token")), kind, of.id, NOW + 60, ("openid",))._replace(**change)  # type: ignore[arg-type]


def right(one: Enrolment, mark: int = 6) -> Judged:
    """The right answer, which moves the mark on."""
    return Judged(one, Accepted(one.state._replace(mark=mark), shown=CODE))


def wrong(one: Enrolment) -> Judged:
    """A wrong one."""
    return Judged(one, Rejected("wrong_code"))


def concluding(owner: Account, resting_on: Sequence[Enrolment] = ()) -> Conclusion:
    """All that an attempt can leave behind."""
    given = grant(owner, resting_on)
    return Conclusion(session(owner), None, device(owner), None, given, (token(given),))


async def somebody(store: Store, *kinds: str, **change: object) -> tuple[Account, list[Enrolment]]:
    """An account in the store with an enrolment of each kind."""
    owner = account(**change)
    has = [enrolment(owner, kind) for kind in kinds or ("totp",)]
    assert await store.open_account(owner, has, ())
    return owner, has


async def begun(store: Store, owner: Account | None = None, **change: object) -> Attempt:
    """An attempt in the store."""
    one = attempt(owner, **change)
    await store.begin(one, ())
    return one


async def signed_in(store: Store, owner: Account, what: Conclusion | None = None) -> Conclusion:
    """What a login left in the store."""
    left = what or concluding(owner)
    seen = await begun(store, owner)
    assert await store.conclude(seen, left, (), NOW)
    return left


async def now_is(store: Store, one: Enrolment) -> Enrolment:
    """An enrolment as the store has it."""
    found = await store.account(one.account)
    assert found
    return next(other for other in found[1] if other.id == one.id)


async def types(store: Store, **wanted: str) -> list[str]:
    """The types of the facts there are, oldest first."""
    found, _ = await store.facts(0, 1000, newest_first=False, **wanted)
    return [one.type for one in found]
