"""The gate, case by case (design, section 5): what was asked and proven, and what it answers, with its reasons."""

from itertools import product
from typing import Any, NamedTuple

import pytest

from tests.core.policy.cases import API, FACTORS, HOUR, JOE, case, demanding, proven
from tests.core.proving import NOW, PASSWORD
from yett.domain.assurance import AAL, MULTI_FACTOR, assure
from yett.domain.outcome import Allow, Deny, Enrol, Outcome, StepUp, Verify
from yett.domain.proof import Proof
from yett.domain.requirement import Clause, Requirement
from yett.policy.decide import Case, clauses_of, decide

WISH, UNKNOWN = Clause("client_acr", (MULTI_FACTOR,)), Clause("client_acr", ("urn:unknown",))
PHR = Clause("client_acr", ("phr",))
MUST = Clause("essential", (MULTI_FACTOR,), essential=True)
ALWAYS, ADAPTIVE = ("all-applications",), ("confidence-score",)
IF_ABLE = Requirement((MULTI_FACTOR,), if_able=True)
PAY = demanding(pay=Requirement((MULTI_FACTOR,)))
UNVERIFIED = JOE._replace(email_verified=False)
BARE, LOGGED_IN, STRONG = ("password",), proven("password"), proven("password", "totp")
REMEMBERED = ("remembered_browser",)


def max_age(seconds: int) -> Clause:
    return Clause("request", max_age=seconds)


def asked(reasons: str, *acceptable: str) -> StepUp:
    return StepUp(tuple(reasons.split()), acceptable)


def offered(reasons: str, *kinds: str, optional: bool = False) -> Enrol:
    return Enrol(tuple(reasons.split()), kinds, optional)


def refused(because: str) -> Deny:
    return Deny("unmet_authentication_requirements", tuple(because.split()))


ROWS: tuple[tuple[str, Case, Outcome | None], ...] = (
    # a login begins
    ("nobody is there yet", case((), account=None), asked("first")),
    ("an account is named", case(), asked("first", "password")),
    ("and more is wanted", case(wants=(WISH,), policies=ALWAYS), asked("first client_acr tenant_always", "password")),
    ("the password is enough", case(shown=BARE), None),
    ("a session is enough", case(base=LOGGED_IN), None),
    ("a second factor alone is no login", case(shown=("totp",)), asked("first", "password")),
    ("nor is a recovery code", case(("password", "recovery"), shown=("recovery",)), asked("first", "password")),
    ("a verified passkey is", case(("passkey",), shown=("passkey",)), None),
    # acr_values
    ("the wish is met by the session", case(base=STRONG, wants=(WISH,)), None),
    ("the wish asks for what the account has", case(base=LOGGED_IN, wants=(WISH,)), asked("client_acr", "totp")),
    ("strongest first, e-mail along with it", case(("password", "totp", "email", "recovery"), base=LOGGED_IN, wants=(WISH,)),
     asked("client_acr", "totp", "email", "recovery")),
    ("nothing to meet the wish with", case(BARE, base=LOGGED_IN, wants=(WISH,)), None),
    ("the same of a request for an API", case(BARE, base=LOGGED_IN, wants=(WISH,), api=API), refused("client_acr")),
    ("essential, nothing to meet it with", case(BARE, base=LOGGED_IN, wants=(MUST,)), refused("essential")),
    ("an unknown value is ignored", case(base=LOGGED_IN, wants=(UNKNOWN,)), None),
    ("an unknown value among others too", case(base=LOGGED_IN, wants=(Clause("client_acr", ("urn:unknown", MULTI_FACTOR)),)),
     asked("client_acr", "totp")),
    ("an unknown value that is essential", case(base=STRONG, wants=(Clause("essential", ("urn:unknown",), essential=True),)),
     refused("essential")),
    ("any of several values suffices", case(base=STRONG, wants=(Clause("client_acr", ("phr", MULTI_FACTOR)),)), None),
    ("the second value is what the account can meet", case(base=LOGGED_IN, wants=(Clause("client_acr", ("phr", MULTI_FACTOR)),)),
     asked("client_acr", "totp")),
    ("a weaker source lowers nothing", case(base=LOGGED_IN, wants=(Clause("client_acr", (AAL + "1",)), MUST)), asked("essential", "totp")),
    ("phr asks for the key alone", case(("password", "totp", "key"), base=LOGGED_IN, wants=(PHR,)), asked("client_acr", "key")),
    ("phr that nobody has, mfa by policy", case(base=LOGGED_IN, wants=(PHR,), policies=ALWAYS), asked("tenant_always", "totp")),
    ("phr that nobody has, mfa proven", case(base=STRONG, wants=(PHR,), policies=ALWAYS), None),
    ("aal 3 needs key and password", case(("password", "totp", "key"), shown=("password", "totp"), wants=(Clause("essential", (AAL + "3",), essential=True),)),
     asked("essential", "key")),
    # enrolling on the way
    ("a wish offers a factor", case(BARE, shown=BARE, wants=(WISH,), offers=("totp",)), offered("client_acr", "totp", optional=True)),
    ("an essential claim insists", case(BARE, shown=BARE, wants=(MUST,), offers=("totp",)), offered("essential", "totp")),
    ("a policy insists", case(BARE, shown=BARE, policies=ALWAYS, offers=("totp", "key")), offered("tenant_always", "key", "totp")),
    ("a policy along with a wish insists", case(BARE, shown=BARE, wants=(WISH,), policies=ALWAYS, offers=("totp",)),
     offered("client_acr tenant_always", "totp")),
    ("only what helps is offered", case(BARE, shown=BARE, wants=(PHR,), offers=("totp", "key")),
     offered("client_acr", "key", optional=True)),
    ("an offer that was declined", case(BARE, shown=BARE, wants=(WISH,), offers=("totp",), waivers=("declined",)), None),
    ("to decline lifts no policy", case(BARE, shown=BARE, wants=(WISH,), policies=ALWAYS, offers=("totp",), waivers=("declined",)),
     offered("tenant_always", "totp")),
    ("to decline lifts no essential claim", case(BARE, shown=BARE, wants=(MUST,), offers=("totp",), waivers=("declined",)),
     offered("essential", "totp")),
    ("an old session enrols nothing", case(BARE, base=LOGGED_IN, policies=ALWAYS, offers=("totp",)), asked("adding_factor", "password")),
    ("e-mail comes by itself and replaces no factor", case(("password", "email"), shown=BARE, policies=ALWAYS, offers=("totp",)),
     offered("tenant_always", "totp")),
    ("but is asked where there is no other", case(("password", "email"), shown=BARE, policies=ALWAYS), asked("tenant_always", "email")),
    # time
    ("young enough", case(base=STRONG, wants=(WISH, max_age(HOUR))), None),
    ("the login has lapsed", case(base=STRONG, wants=(max_age(HOUR - 1),)), asked("first max_age", "password")),
    ("the wish has lapsed with it", case(base=STRONG, wants=(WISH, max_age(60))), asked("first client_acr max_age", "password")),
    ("the password again is not enough", case(base=STRONG, shown=BARE, wants=(WISH, max_age(60))), asked("client_acr max_age", "totp")),
    ("both again are", case(base=STRONG, shown=("password", "totp"), wants=(WISH, max_age(60))), None),
    ("prompt=login", case(base=proven("password", "totp", ago=0), wants=(WISH,), present_only=True),
     asked("first client_acr max_age", "password")),
    ("prompt=login, done", case(base=STRONG, shown=("password", "totp"), wants=(WISH,), present_only=True), None),
    ("an API's max_age is told as policy", case(base=STRONG, api=demanding(Requirement(max_age=60))),
     asked("first resource_scope max_age", "password")),
    ("an API's max_age that is kept", case(base=STRONG, api=demanding(Requirement(max_age=HOUR)), wants=(max_age(60),)),
     asked("first max_age", "password")),
    # APIs and their scopes
    ("a scope that is not asked for", case(base=LOGGED_IN, api=PAY, scope=("read",)), None),
    ("a scope that demands", case(base=LOGGED_IN, api=PAY, scope=("read", "pay")), asked("resource_scope", "totp")),
    ("an API that demands of every scope", case(base=LOGGED_IN, api=demanding(Requirement((MULTI_FACTOR,)))),
     asked("resource_scope", "totp")),
    ("it cannot be met", case(BARE, base=LOGGED_IN, api=PAY, scope=("pay",)), refused("resource_scope")),
    ("an API that demands it of whoever is able: one who is", case(base=LOGGED_IN, api=demanding(IF_ABLE)), asked("resource_scope", "totp")),
    ("one who has proven it", case(base=STRONG, api=demanding(IF_ABLE)), None),
    ("one who is not", case(BARE, base=LOGGED_IN, api=demanding(IF_ABLE), offers=("totp",)), None),
    ("one whose mailbox alone would do", case(("password", "email"), base=LOGGED_IN, api=demanding(IF_ABLE)), None),
    ("one whose factor is lost", case(base=LOGGED_IN, api=demanding(IF_ABLE), totp="suspended"),
     Deny("unmet_authentication_requirements", ("resource_scope",))),
    ("an acr that is over", case(base=STRONG, api=demanding(pay=Requirement((MULTI_FACTOR,), lifetime=HOUR)), scope=("pay",)),
     asked("first resource_scope max_age", "password")),
    ("an acr that is not yet over", case(base=STRONG, api=demanding(pay=Requirement((MULTI_FACTOR,), lifetime=HOUR + 1)), scope=("pay",)),
     None),
    # policies of the tenant
    ("always", case(base=LOGGED_IN, policies=ALWAYS), asked("tenant_always", "totp")),
    ("always, and there is no way", case(BARE, base=LOGGED_IN, policies=ALWAYS), refused("tenant_always")),
    ("a remembered browser", case(base=LOGGED_IN, policies=ALWAYS, waivers=REMEMBERED), None),
    ("it lifts no acr", case(base=LOGGED_IN, policies=ALWAYS, waivers=REMEMBERED, wants=(WISH,)), asked("client_acr", "totp")),
    ("nor a scope", case(base=LOGGED_IN, policies=ALWAYS, waivers=REMEMBERED, api=PAY, scope=("pay",)), asked("resource_scope", "totp")),
    ("nor a risk", case(base=LOGGED_IN, policies=(*ALWAYS, *ADAPTIVE), waivers=REMEMBERED, confidence="low"),
     asked("low_confidence", "totp")),
    ("nor a regime", case(base=LOGGED_IN, policies=ALWAYS, waivers=REMEMBERED, regime="pci-dss-4"), asked("tenant_always regime", "totp")),
    ("low confidence", case(base=LOGGED_IN, policies=ADAPTIVE, confidence="low"), asked("low_confidence", "totp")),
    ("no word of the risk engine is low", case(base=LOGGED_IN, policies=ADAPTIVE), asked("low_confidence", "totp")),
    ("nor is a word that we do not know high", case(base=LOGGED_IN, policies=ADAPTIVE, confidence="HIGH"), asked("low_confidence", "totp")),
    ("medium confidence", case(base=LOGGED_IN, policies=ADAPTIVE, confidence="medium"), None),
    ("low confidence where nobody minds", case(base=LOGGED_IN, confidence="low"), None),
    # an Action
    ("an Action asks", case(base=LOGGED_IN, wants=(Clause("action", (MULTI_FACTOR,)),)), asked("action", "totp")),
    ("an Action that lets a browser be remembered", case(base=LOGGED_IN, wants=(Clause("action", (MULTI_FACTOR,), waivable=True),), waivers=REMEMBERED),
     None),
    # regimes
    ("aal 2 by regime", case(base=LOGGED_IN, regime="nist-aal2"), asked("regime", "totp")),
    ("aal 3 by regime", case(("password", "totp", "key"), base=STRONG, regime="nist-aal3"), asked("regime", "key")),
    ("aal 3 is out of reach", case(base=STRONG, regime="nist-aal3"), refused("regime")),
    ("a synced passkey is no aal 3", case(("synced",), base=proven("synced"), regime="nist-aal3"), refused("regime")),
    ("e-mail proves nothing where it is forbidden",
     case(("password", "email", "totp"), base=proven("password", "email"), locked=("email",), regime="pci-dss-4"),
     asked("regime", "totp")),
    ("a strict regime has the address confirmed before the first factor",
     case(BARE, shown=BARE, regime="nist-aal2", offers=("totp",), account=UNVERIFIED), Verify(("regime",))),
    ("one that is confirmed leaves nothing to do",
     case(BARE, shown=BARE, regime="nist-aal2", offers=("totp",)), offered("regime", "totp")),
    ("a recovery sheet that was left behind is a factor already",
     case(("password", "recovery"), shown=BARE, regime="nist-aal2", offers=("totp",), account=UNVERIFIED), asked("regime", "recovery")),
    ("no address has nothing to confirm",
     case(BARE, shown=BARE, regime="nist-aal2", offers=("totp",), account=UNVERIFIED._replace(email="")), offered("regime", "totp")),
    ("where the regime is not strict an address may wait",
     case(BARE, shown=BARE, policies=ALWAYS, offers=("totp",), account=UNVERIFIED), offered("tenant_always", "totp")),
    # what stands in the way
    ("blocked, told to who has proven something", case(base=LOGGED_IN, account=JOE._replace(blocked=True)), Deny("blocked")),
    ("blocked, not told to a stranger", case(account=JOE._replace(blocked=True)), asked("first", "password")),
    ("the account is gone", case(base=LOGGED_IN, account=None), Deny("blocked")),
    ("the factor is locked for now", case(base=LOGGED_IN, policies=ALWAYS, locked=("totp",)), refused("tenant_always")),
    ("and another is at hand", case(("password", "totp", "recovery"), base=LOGGED_IN, policies=ALWAYS, locked=("totp",)),
     asked("tenant_always", "recovery")),
    ("the password is locked for now", case(locked=("password",)), asked("first")),
    ("a suspended factor is no reason to enrol another", case(shown=BARE, policies=ALWAYS, offers=("totp",), totp="suspended"),
     refused("tenant_always")),
    ("a disabled one neither", case(shown=BARE, policies=ALWAYS, offers=("key",), totp="disabled"), refused("tenant_always")),
    ("a wish is dropped then", case(shown=BARE, wants=(WISH,), offers=("key",), totp="suspended"), None),
    ("e-mail helps out then", case(("password", "totp", "email"), shown=BARE, policies=ALWAYS, offers=("key",), totp="suspended"),
     asked("tenant_always", "email")),
    ("a pending one does not count", case(shown=BARE, policies=ALWAYS, offers=("totp",), totp="pending"), offered("tenant_always", "totp")),
    ("a factor that was removed vouches for nothing", case(BARE, base=STRONG, wants=(MUST,)), refused("essential")),
    ("a suspended one neither", case(base=STRONG, wants=(MUST,), totp="suspended"), refused("essential")),
)  # fmt: skip


@pytest.mark.parametrize("one, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_table_of_decisions(one: Case, expected: Outcome | None) -> None:
    outcome = decide(one, NOW)
    if expected is None:
        assert isinstance(outcome, Allow), outcome
    else:
        assert outcome == expected


class Asked(NamedTuple):
    """One cell of the cross product."""

    session: str
    shown: tuple[str, ...]
    wish: str
    age: str
    policy: bool
    remembered: bool
    api: str


WISHES = {"none": (), "voluntary": (WISH,), "essential": (MUST,)}
AGES: dict[str, tuple[Clause, ...]] = {"none": (), "young": (max_age(HOUR),), "lapsed": (max_age(60),), "0": (max_age(0),), "login": ()}
APIS = {"none": None, "plain": API, "demanding": demanding(Requirement((MULTI_FACTOR,)))}
SESSIONS = {"none": (), "password": LOGGED_IN, "both": STRONG}
CELLS = [
    Asked(*cell)
    for cell in product(
        SESSIONS, ((), ("password",), ("totp",), ("password", "totp")), WISHES, AGES, (False, True), (False, True), APIS
    )
]  # fmt: skip


def cell(one: Asked, **of_account: Any) -> Case:
    return case(
        base=SESSIONS[one.session],
        shown=one.shown,
        wants=(*WISHES[one.wish], *AGES[one.age]),
        present_only=one.age in {"0", "login"},
        policies=ALWAYS if one.policy else (),
        waivers=REMEMBERED if one.remembered else (),
        api=APIS[one.api],
        **of_account,
    )


def expected(one: Asked, account: str) -> Outcome | None:
    """The same said in other words: None stands for Allow."""
    earlier = {"none": (), "password": ("password",), "both": ("password", "totp")}[one.session]
    have = {*one.shown, *(earlier if one.age in {"none", "young"} else ())}
    demands = [
        *(["client_acr"] if one.wish == "voluntary" else []),
        *(["essential"] if one.wish == "essential" else []),
        *(["resource_scope"] if one.api == "demanding" else []),
        *(["tenant_always"] if one.policy and not one.remembered else []),
    ]
    open_ones = [] if have == {"password", "totp"} else demands
    if "password" not in have:
        lapsed = ["max_age"] if earlier and one.age != "none" else []
        return StepUp(("first", *open_ones, *lapsed), ("password",))
    if not open_ones:
        return None
    if account == "has a factor":
        lapsed = ["max_age"] if "totp" in earlier else []
        return StepUp((*open_ones, *lapsed), ("totp",))
    if account == "may enrol one" and "password" in one.shown:
        return Enrol(tuple(open_ones), ("totp",), open_ones == ["client_acr"])
    if account == "may enrol one":
        return StepUp(("adding_factor",), ("password",))
    if one.api == "none":
        open_ones = [name for name in open_ones if name != "client_acr"]
    return Deny("unmet_authentication_requirements", tuple(open_ones)) if open_ones else None


ACCOUNTS: dict[str, dict[str, Any]] = {
    "has a factor": {"has": ("password", "totp")},
    "may enrol one": {"has": ("password",), "offers": ("totp",)},
    "has none": {"has": ("password",)},
}


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("api", APIS)
def test_every_combination_of_what_may_be_asked_and_proven(api: str, wish: str, account: str) -> None:
    for one in CELLS:
        possible = account == "has a factor" or (one.session != "both" and "totp" not in one.shown)
        if (one.api, one.wish) != (api, wish) or not possible:
            continue
        wanted, outcome = expected(one, account), decide(cell(one, **ACCOUNTS[account]), NOW)
        if wanted is None:
            assert isinstance(outcome, Allow), one
        else:
            assert outcome == wanted, one


def test_whoever_is_allowed_learns_the_counted_set_and_what_was_in_force() -> None:
    one = case(base=STRONG, wants=(WISH, PHR), policies=ALWAYS)
    outcome = decide(one, NOW)
    assert isinstance(outcome, Allow)
    assert outcome.proofs == STRONG
    assert outcome.assurance == assure(proof.shown for proof in STRONG)
    assert outcome.clauses == (Clause("tenant_always", (MULTI_FACTOR,), waivable=True),)


def test_a_remembered_browser_adds_no_proof() -> None:
    outcome = decide(case(base=LOGGED_IN, policies=ALWAYS, waivers=REMEMBERED), NOW)
    assert isinstance(outcome, Allow)
    assert outcome.proofs == LOGGED_IN
    assert not outcome.assurance.mfa
    assert outcome.clauses == ()


def test_a_password_reset_through_the_mailbox_wants_more_than_that_mailbox() -> None:
    one = case(("password", "email"), shown=("password", "email"), policies=ALWAYS)
    reset = PASSWORD._replace(channel=FACTORS["email"].channel)
    shown = (("password", 1, reset), one.attempt.shown[1])
    one = one._replace(attempt=one.attempt._replace(shown=shown), promises={**one.promises, "password": reset})
    assert decide(one, NOW) == refused("tenant_always")


def test_where_no_one_proof_is_enough_those_that_are_together_are_asked_for() -> None:
    key_only = Clause("essential", (AAL + "3",), essential=True)
    passkey = (Proof(FACTORS["synced"], "synced", 1, "earlier", NOW),)
    one = case(("password", "key", "synced", "totp"), base=passkey, wants=(key_only,))
    assert decide(one, NOW) == asked("essential", "key", "password")


def test_the_order_in_force_is_that_of_the_checks() -> None:
    one = case(
        wants=(WISH, MUST),
        policies=(*ALWAYS, *ADAPTIVE),
        regime="pci-dss-4",
        api=demanding(Requirement((AAL + "1",)), pay=Requirement(("phr",))),
        scope=("pay",),
    )
    sources = [clause.source for clause in clauses_of(one)]
    assert sources == ["client_acr", "essential", "resource_scope", "resource_scope", "tenant_always", "regime", "low_confidence"]


def test_proofs_of_another_account_are_proofs_of_nothing_here() -> None:
    foreign = tuple(proof._replace(enrolment=f"ann's {proof.enrolment}") for proof in STRONG)
    assert decide(case(base=foreign), NOW) == asked("first", "password")
