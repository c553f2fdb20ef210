"""Where an attempt stands, and which page is next: the server decides, whatever page was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from yett.domain.attempt import Attempt
from yett.domain.client import OWN_PAGES, Client
from yett.domain.enrolment import Challenge, Enrolment, State
from yett.domain.outcome import Allow, Deny, Enrol, Outcome, StepUp, Verify
from yett.domain.proof import Proof
from yett.domain.tenant import Catalogue, Tenant
from yett.domain.tries import Budget
from yett.factors.base import QUIET, Ask, Factor, Words
from yett.flows.current import Current
from yett.flows.gate import Gate, standing
from yett.flows.mint import Mint, digest
from yett.flows.own_key import UNSIGNED, remembered, shows_key
from yett.flows.signals import signals
from yett.flows.steps import Browser, asked_by
from yett.oauth.authorize import AuthorizationRequest, meant
from yett.oauth.consent import Asked, to_ask, without_asking
from yett.policy.decide import Case, address_first, may_change
from yett.policy.regimes import budget
from yett.ports import Arrival, Attempts

PICK, PICK_NEW = "mfa-login-options", "mfa-begin-enroll-options"
IDENTIFIER, PASSWORD, STRANDED = "login-id", "login-password", "mfa-webauthn-not-available-error"
CONSENT = "consent"
RECOGNISE = "remembered-browser"

UNMET = "unmet_authentication_requirements"

# Whoever used a recovery code is offered a new factor in place of the lost one, once.
DECLINED_REPLACEMENT = "declined_replacement"
# Asked once more, right after it was enrolled.
SET_UP = "set_up"
# A browser that may make a passkey in passing, after a password that it filled in, tries so once in an attempt.
IN_PASSING, TRIED_IN_PASSING = "in_passing", "tried_in_passing"

Verb = Literal["identify", "password", "prove", "pick", "begin", "enrol", "pick new", "consent", "finish", "tell", "recognise", "refuse"]


class Place(NamedTuple):
    """What is asked next: the page, and the enrolment or the kind that it is about; `channel` is what its code travels through.

    `begin`: where a code shall go is typed first. `quiet`: the browser does it by itself, or it is left out. `tell`: nothing is asked,
    and the page says why. `recognise`: a remembered browser signs by itself. Where somebody is named, or a password is asked first,
    `kind` is the one that says by itself who it is.
    """

    verb: Verb
    screen: str = ""
    enrolment: Enrolment | None = None
    kind: str = ""
    reasons: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    optional: bool = False
    replaces: bool = False
    verifies: bool = False
    channel: str = ""
    channels: tuple[str, ...] = ()

    @property
    def unnamed(self) -> bool:
        """Whether whoever has a passkey may show it in place of what is typed."""
        return self.verb in {"identify", "password"} and bool(self.kind) and (self.enrolment is None or self.enrolment.kind != self.kind)

    @property
    def quiet(self) -> bool:
        """Whether nobody is asked."""
        return self.channel == QUIET


NOTHING: Asked = {}


class Here(NamedTuple):
    """An attempt as it was loaded, what it waits for, and where that leaves it; `unagreed` is what its person is asked to let the application have."""

    attempt: Attempt
    arrival: Arrival
    catalogue: Catalogue
    request: AuthorizationRequest
    case: Case
    outcome: Outcome
    place: Place
    unagreed: Asked = NOTHING

    @property
    def client(self) -> Client:
        """The application that asks."""
        return OWN_PAGES if self.attempt.client == OWN_PAGES.id else self.catalogue.clients[self.attempt.client]

    @property
    def asked(self) -> tuple[Enrolment, ...]:
        """The enrolment that the page is about, and the others of its kind that would do as well."""
        one = self.place.enrolment
        alike = (each for each in self.case.enrolments if each.kind == self.place.kind and each.id in self.place.choices)
        return () if one is None else (one, *(each for each in alike if each.id != one.id))

    def at(self, screen: str, words: Words) -> "Here":
        """As seen from `screen`: whoever has not typed a code yet may still go back and type another destination."""
        typed_again = self.place.verb == "enrol" and words.screens and screen == words.screen_enrol
        return self._replace(place=self.place._replace(verb="begin", screen=screen)) if typed_again else self


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Loads an attempt by its holder and says where it stands."""

    store: Attempts
    current: Current
    gate: Gate
    mint: Mint
    password: Factor
    origin: str = ""

    async def find(self, state: str, browser: Browser, via: str = "browser") -> Here | None:
        """One load; None where there is no such attempt of this holder and this way in, or its client is gone."""
        now = self.mint.clock()
        arrival = await self.store.scene(state, digest(browser.holder), _cookie(browser.session), _cookie(browser.device), now)
        catalogue = await self.current.at(arrival.version)
        if arrival.attempt is None or arrival.attempt.via != via or not _speaks_for(arrival.attempt.client, catalogue):
            return None
        attempt, arrival = arrival.attempt, arrival._replace(session=standing(arrival.session, catalogue, now))
        if via == "browser":
            attempt = attempt._replace(base=vouched(arrival, attempt.account))
        return self.stand(attempt, await self.agreed(attempt, arrival, catalogue), catalogue)

    async def agreed(self, attempt: Attempt, arrival: Arrival, catalogue: Catalogue) -> Arrival:
        """With what its person lets this application have, where it is one that must be let."""
        client, request = catalogue.clients.get(attempt.client), asked_by(attempt)
        if client is None or arrival.account is None or not without_asking(request, client, catalogue.apis.get(request.audience)):
            return arrival
        held, _ = await self.store.consents(arrival.account.id, client.id)
        return arrival._replace(consents=held)

    def stand(self, attempt: Attempt, arrival: Arrival, catalogue: Catalogue) -> Here:
        """Where `attempt` stands, given what was loaded: asked for what is, and for what would be after a verdict.

        A remembered browser is used, and its token spent, only where it makes the difference.
        """
        request = asked_by(attempt)
        api = catalogue.apis.get(request.audience) if request.audience else None
        nobody = bool(attempt.identifier) and arrival.account is None
        has = self.nobodys if nobody else arrival.enrolments
        case = self.gate.case(attempt, arrival.account, has, catalogue, self.mint.clock(), api, request.scope)
        if nobody:
            case = case._replace(enrolments=(), promises={}, usable=())
        return self._judged(case, arrival, catalogue, request)

    def ahead(self, here: Here, after: Attempt) -> Here:
        """Where a verdict would leave an attempt that it makes `after`: all that was loaded with it is as it was."""
        return self._judged(here.case._replace(attempt=after), here.arrival._replace(attempt=after, challenge=None), here.catalogue, here.request)

    def _judged(self, case: Case, arrival: Arrival, catalogue: Catalogue, request: AuthorizationRequest) -> Here:
        here, device = self._here(case, arrival, catalogue, request), remembered(arrival, catalogue.tenant.remember, self.mint.clock())
        if isinstance(here.outcome, Allow) or device is None:
            return here
        used = case.attempt._replace(waivers=(*case.attempt.waivers, "remembered_browser"))
        waived = self._here(case._replace(attempt=used), arrival, catalogue, request)
        if not isinstance(waived.outcome, Allow) or shows_key(case.attempt, arrival, device):
            return waived if isinstance(waived.outcome, Allow) else here
        return here if UNSIGNED in case.attempt.waivers else here._replace(place=Place("recognise", RECOGNISE))

    def _here(self, case: Case, arrival: Arrival, catalogue: Catalogue, request: AuthorizationRequest) -> Here:
        now = self.mint.clock()
        outcome = self.gate.decide(case, now)
        place = self._place(case, outcome, catalogue, now)
        if place.verb == "refuse" and place.kind == UNMET and case.attempt.via == "browser" and self.gate.elsewhere(case.enrolments, catalogue):
            place = Place("tell", STRANDED, kind=UNMET)
        if place.kind in self.gate.factors and self.gate.factors[place.kind].words.screens:
            place = self._by_channel(place, case.attempt, arrival.challenge, catalogue.tenant, now)
        if _another(case, outcome, request):
            place = Place("refuse", kind="login_required")
        unagreed = self._unagreed(case, arrival, catalogue, request) if place.verb == "finish" and case.attempt.via == "browser" else NOTHING
        return Here(case.attempt, arrival, catalogue, request, case, outcome, Place("consent", CONSENT) if unagreed else place, unagreed)

    def _unagreed(self, case: Case, arrival: Arrival, catalogue: Catalogue, request: AuthorizationRequest) -> Asked:
        """What is left to be agreed to before an application is told anything."""
        client, account = catalogue.clients.get(case.attempt.client), arrival.account
        held = (one for one in arrival.consents if account and one.account == account.id)
        return to_ask(request, client, case.api, held) if client else NOTHING

    @property
    def nobodys(self) -> tuple[Enrolment, ...]:
        """What is judged where there is no account, and forgotten: the time that judging takes must not tell (attacks: row 15)."""
        return tuple(Enrolment(name, "", self.password.kind, State()) for name in ("1", "2", "3"))

    def ask(self, here: Here, factor: Factor, *, channel: str = "", target: str = "") -> Ask:
        """All that a factor may want to know; `channel` and `target` are what a person chose and typed."""
        tenant, account = here.catalogue.tenant, here.arrival.account
        label = account.email if account else ""
        return Ask(
            random=self.mint.random(64),
            now=self.mint.clock(),
            id=self.mint.name(),
            attempt=here.attempt.id,
            rules=_rules(factor, tenant),
            locale=(here.request.ui_locales or ("en",))[0],
            channel=channel,
            target=target or label,
            issuer=tenant.brand.name,
            label=label,
            transaction=here.attempt.transaction,
            text=here.request.purpose,
            origin=self.origin,
            account=account.id if account else "",
            agent=signals(here.attempt).user_agent,
        )

    def budget(self, here: Here, *, first: bool) -> Budget:
        """What a verdict may cost this browser: one that is known has its own lane."""
        return budget(here.case.regime, known=self.knows(here), first=first)

    def knows(self, here: Here) -> bool:
        """Whether an earlier full MFA of this account made this browser known."""
        device, account = here.arrival.device, here.arrival.account
        return device is not None and account is not None and device.account == account.id

    def _place(self, case: Case, outcome: Outcome, catalogue: Catalogue, now: int) -> Place:
        attempt = case.attempt
        match outcome:
            case StepUp(reasons, _) if not attempt.identifier and attempt.account is None:
                return Place("identify", IDENTIFIER, kind=self._unnamed(catalogue), reasons=reasons)
            case StepUp(reasons, acceptable) if "first" in reasons:
                return Place("password", PASSWORD, self._first(case, acceptable), self._unnamed(catalogue), reasons)
            case StepUp(reasons, acceptable):
                return self._prove(case, reasons, acceptable)
            case Enrol(reasons, kinds, optional):
                return self._enrol(attempt, reasons, kinds, optional=optional)
            case Verify(reasons):
                return self._verify(reasons)
            case Allow():
                return self._wished(case, catalogue, now) or self._after(case, catalogue, now) or Place("finish")
            case Deny(reason):
                return Place("refuse", kind=reason)

    def _unnamed(self, catalogue: Catalogue) -> str:
        """The kind that says by itself who it is, and may stand first: a passkey. "" where none is on."""
        able = (one for one in self.gate.factors.values() if one.words.unnamed and self.gate.on(one, catalogue))
        return next((one.kind for one in able), "")

    def _first(self, case: Case, acceptable: Iterable[str]) -> Enrolment | None:
        return next((one for one in case.enrolments if one.id in set(acceptable) and one.kind == self.password.kind), None)

    def _prove(self, case: Case, reasons: tuple[str, ...], acceptable: tuple[str, ...]) -> Place:
        by_id = {one.id: one for one in case.enrolments}
        chosen, _, _ = case.attempt.resume_at.partition(" ")
        if chosen == PICK and len(acceptable) > 1:
            return Place("pick", PICK, reasons=reasons, choices=acceptable)
        if not acceptable:
            return Place("refuse", kind=UNMET)
        one = by_id[chosen if chosen in acceptable else acceptable[0]]
        verb: Verb = "password" if one.kind == self.password.kind else "prove"
        if verb == "prove" and one in _new(case) and any(one.id == id for id, _, _ in case.attempt.shown):
            # What set it up says yes to nothing; and where nobody says so, the code that did is typed again.
            reasons = (*reasons, SET_UP)
        return Place(verb, self.gate.factors[one.kind].words.screen_challenge, one, one.kind, reasons, acceptable)

    def _enrol(self, attempt: Attempt, reasons: tuple[str, ...], kinds: tuple[str, ...], *, optional: bool) -> Place:
        chosen = attempt.resume_at
        if chosen not in kinds and (len(kinds) > 1 or optional):
            return Place("pick new", PICK_NEW, reasons=reasons, choices=kinds, optional=optional)
        kind = chosen if chosen in kinds else kinds[0]
        return Place("enrol", self.gate.factors[kind].words.screen_enrol, None, kind, reasons, kinds, optional)

    def _by_channel(self, place: Place, attempt: Attempt, asked: Challenge | None, tenant: Tenant, now: int) -> Place:
        """A factor that reaches people by several channels has a page for each."""
        factor = self.gate.factors[place.kind]
        ask = Ask(bytes(64), now, rules=_rules(factor, tenant), target="")
        on = tuple(dict.fromkeys(factor.offer(ask._replace(channel=one), ()).channel for one in factor.words.channels))
        if place.verb == "prove" and place.enrolment:
            channel = factor.challenge((place.enrolment,), ask._replace(channel=attempt.resume_at.partition(" ")[2])).channel
            return place._replace(screen=factor.words.screens[channel], channel=channel, channels=on)
        if place.verb != "enrol":
            return place
        if asked is None or not asked.offer or asked.kind != place.kind:
            return place._replace(verb="begin", channels=on)
        return place._replace(screen=factor.words.screens[asked.channel], channel=asked.channel, channels=on)

    def _verify(self, reasons: tuple[str, ...]) -> Place:
        """The page that enrols a mailbox confirms the one that the account has."""
        factor = next((one for one in self.gate.factors.values() if "email" in one.words.channels), None)
        if factor is None:
            return Place("refuse", kind=UNMET)
        return Place("enrol", factor.words.screen_enrol, None, factor.kind, reasons, verifies=True)

    def _wished(self, case: Case, catalogue: Catalogue, now: int) -> Place | None:
        """What its holder came to enrol, once the gate lets them; what it takes may have grown since they came."""
        factor = self.gate.factors.get(wish(case.attempt))
        if factor is None or not factor.words.screen_enrol or not self.gate.on(factor, catalogue):
            return None
        if address_first(case):
            return self._verify(())
        if may_change(case, now, factor.promise(None)):
            return Place("refuse", kind=UNMET)
        return Place("enrol", factor.words.screen_enrol, None, factor.kind, choices=(factor.kind,))

    def _after(self, case: Case, catalogue: Catalogue, now: int) -> Place | None:
        """What a login that is complete still offers: a new factor for a lost one, recovery codes for the next time."""
        if not case.attempt.shown or may_change(case, now):
            return None
        return self._replacement(case, catalogue, now) or self._companion(case, catalogue) or self._in_passing(case, catalogue, now)

    def _replacement(self, case: Case, catalogue: Catalogue, now: int) -> Place | None:
        """None of a kind that wants a stronger proof than was given: a recovery code makes no way for a key."""
        used = {shown.kind for _, _, shown in case.attempt.shown}
        factors = self.gate.factors
        enrolled_here = _new(case)
        lost = any(factors[kind].words.companion for kind in used if kind in factors)
        if not lost or DECLINED_REPLACEMENT in case.attempt.waivers or enrolled_here:
            return None
        on = (one for one in factors.values() if one.words.screen_enrol and not one.words.companion and self.gate.on(one, catalogue))
        kinds = tuple(one.kind for one in on if not may_change(case, now, one.promise(None)))
        if not kinds:
            return None
        chosen = case.attempt.resume_at
        if chosen in kinds:
            return Place("enrol", factors[chosen].words.screen_enrol, None, chosen, ("recovery",), kinds, optional=True, replaces=True)
        return Place("pick new", PICK_NEW, reasons=("recovery",), choices=kinds, optional=True, replaces=True)

    def _in_passing(self, case: Case, catalogue: Catalogue, now: int) -> Place | None:
        """A passkey for whoever has none, where the browser can make one without a word."""
        if IN_PASSING not in case.attempt.waivers or TRIED_IN_PASSING in case.attempt.waivers or address_first(case):
            return None
        factor = self.gate.factors.get(self._unnamed(catalogue))
        if factor is None or factor.kind not in case.offers or any(one.kind == factor.kind for one in case.enrolments) or _new(case):
            return None
        if may_change(case, now, factor.promise(None)):
            return None
        return Place("enrol", factor.words.screen_enrol, None, factor.kind, optional=True, channel=QUIET)

    def _companion(self, case: Case, catalogue: Catalogue) -> Place | None:
        """Recovery codes come along with the first second factor: whoever has one and no way back is given it."""
        active = [one for one in case.enrolments if one.status == "active" and one.link != "implicit"]
        held = {one.kind for one in active if not self.gate.factors[one.kind].spent(one)}
        # What was made in passing was never used: its companion can wait until it is.
        passing = IN_PASSING in case.attempt.waivers and any(one.used_at is None and self.gate.factors[one.kind].words.unnamed for one in _new(case))
        if passing or all(case.promises[one.id].category == "knowledge" for one in active):
            return None
        missing = (f for f in self.gate.factors.values() if f.words.companion and f.kind not in held and self.gate.on(f, catalogue))
        factor = next(missing, None)
        return Place("enrol", factor.words.screen_enrol, None, factor.kind) if factor else None


def _another(case: Case, outcome: Outcome, request: AuthorizationRequest) -> bool:
    """Whether somebody has logged in whom the request does not mean; before that, nothing is said of anybody."""
    if case.account is None or isinstance(outcome, Deny) or (isinstance(outcome, StepUp) and "first" in outcome.reasons):
        return False
    return not meant(request, case.account.id)


def _new(case: Case) -> list[Enrolment]:
    """What was enrolled in this attempt."""
    return [one for one in case.enrolments if one.created_at >= case.attempt.arrived_at]


def _rules(factor: Factor, tenant: Tenant) -> dict[str, object]:
    """A factor's settings as the tenant has them."""
    return {"count": tenant.recovery_codes, **tenant.factor_settings.get(factor.words.factor, {})}


def _speaks_for(client: str, catalogue: Catalogue) -> bool:
    return client in catalogue.clients or client == OWN_PAGES.id


NO_WISH = b"[]"


def to_enrol(kind: str) -> bytes:
    """`Attempt.commands` of whoever came to enrol a factor of this kind."""
    return msgspec.json.encode([{"enrol": kind}])


def wish(attempt: Attempt) -> str:
    """The kind that an attempt shall still enrol; "" where it came for something else."""
    return "" if attempt.commands == NO_WISH else str(msgspec.json.decode(attempt.commands)[0].get("enrol", ""))


def vouched(arrival: Arrival, account: str | None) -> tuple[Proof, ...]:
    """What the browser's session vouches for now, for its own account alone; whoever has signed out since leaves nothing."""
    session = arrival.session
    return session.proofs if session is not None and session.account == account else ()


def _cookie(value: str) -> bytes | None:
    return digest(value) if value else None
