"""What a page of an attempt shows: the question that it puts, and the ways on."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from yett.domain.enrolment import Challenge, Enrolment
from yett.factors.base import Factor
from yett.flows.asking import RESEND, Asker, Asking, Withheld
from yett.flows.here import Here, Whereabouts
from yett.flows.mint import digest
from yett.flows.numbers import written
from yett.flows.spending import limits
from yett.flows.steps import Browser, Choice, Screen, Wanted
from yett.oauth.held import named
from yett.oauth.scopes import told

# What was typed where a code shall go, and which of the means was chosen.
PHONE, COUNTRY, CHANNEL = "phone", "country", "type"


@dataclass(frozen=True, slots=True)
class Showing:
    """Makes pages of where an attempt stands; a page that asks puts its question unless it is open already."""

    whereabouts: Whereabouts
    asking: Asking

    async def page(self, here: Here, browser: Browser, error: str = "", *, again: bool = False, typed: Mapping[str, str] | None = None) -> Screen:
        """The page that is next, with `error`; `again`: another code is wanted."""
        question, open_ = here.arrival.challenge, True
        if self._asks(here) and (again or question is None or not self._fits(here, question)):
            asked = await self._question(here, browser, wrong=bool(error))
            question, open_ = (here.arrival.challenge, self._stands(here)) if isinstance(asked, Withheld) else (asked, True)
            error = error or (asked.reason if isinstance(asked, Withheld) else "")
        place, account = here.place, here.arrival.account
        proven = bool(here.attempt.shown or here.attempt.base)
        return Screen(
            name=place.screen,
            attempt=here.attempt,
            client_name=here.client.name,
            locale=(here.request.ui_locales or ("",))[0],
            reasons=place.reasons,
            account=(account.email if account and proven else "") or here.attempt.identifier,
            data={**self._data(here, question), **({} if open_ else {"unasked": True}), **self._typed(here, typed or {})},
            error=error,
            elsewhere=self._elsewhere(here),
            purpose=here.request.purpose,
            scopes=told(here.request.scope, here.case.api),
        )

    async def offer(self, here: Here, browser: Browser, target: str, channel: str, region: str = "") -> Challenge | Withheld:
        """Ask whoever has this number or address to confirm it, which voids what was asked before."""
        factor = self.whereabouts.gate.factors[here.place.kind]
        ask = self.whereabouts.ask(here, factor, channel=channel, target=target)
        return await self.asking.offer(here.attempt, factor, here.arrival.enrolments, ask, self._asker(here, browser), region=region)

    def way_back(self, here: Here) -> str:
        """The enrolment of last resort, where it is acceptable here; "" where there is none."""
        factors = self.whereabouts.gate.factors
        kinds = {one.id: one.kind for one in here.case.enrolments}
        return next((one for one in here.place.choices if factors[kinds[one]].words.companion), "")

    def _asks(self, here: Here) -> bool:
        """Whether something is asked that takes a question; where a name or a password is typed, whoever has a passkey is asked besides."""
        return here.place.verb in {"prove", "enrol"} or here.place.unnamed

    def _elsewhere(self, here: Here) -> str:
        """Said to whoever has proven something, and to nobody else, for it says what the account has."""
        told = here.place.verb in {"prove", "pick", "pick new", "tell"}
        return self.whereabouts.gate.elsewhere(here.case.enrolments, here.catalogue) if told else ""

    def _fits(self, here: Here, question: Challenge) -> bool:
        """Whether the open question is the one that this page shows."""
        place = here.place
        if question.expires_at <= self.asking.mint.clock() or question.offer != (place.verb == "enrol"):
            return False
        if question.kind != place.kind or (place.channel and question.channel != place.channel):
            return False
        return (place.unnamed and not question.to) or place.enrolment is None or place.enrolment.id in question.to

    def _stands(self, here: Here) -> bool:
        """Whether the question of before may still be answered on this page."""
        asked, one = here.arrival.challenge, here.place.enrolment
        return asked is not None and asked.kind == here.place.kind and (one is None or one.id in asked.to)

    async def _question(self, here: Here, browser: Browser, *, wrong: bool) -> Challenge | Withheld:
        """Put the question. Nothing is sent to whoever has just made a mistake: they ask for it."""
        factor, before = self.whereabouts.gate.factors[here.place.kind], here.arrival.challenge
        enrols, target = here.place.verb == "enrol", before.show.get("typed", "") if before else ""
        to = () if here.place.unnamed else here.asked
        ask = self.whereabouts.ask(here, factor, channel=here.place.channel, target=target)
        if wrong and (idle := factor.offer(ask, here.arrival.enrolments) if enrols else factor.challenge(to, ask)).send:
            return idle._replace(send=())
        if enrols:
            return await self.offer(here, browser, target, here.place.channel)
        return await self.asking.challenge(here.attempt, factor, to, ask, self._asker(here, browser))

    def _asker(self, here: Here, browser: Browser) -> Asker:
        return Asker(here.arrival.account, here.catalogue.tenant, here.client.name, browser.ip, known=self.whereabouts.knows(here))

    def _data(self, here: Here, question: Challenge | None) -> Mapping[str, object]:
        """What the page needs, beside what the question itself shows."""
        place, tenant, account = here.place, here.catalogue.tenant, here.arrival.account
        data: dict[str, object] = dict(question.show) if question else {}
        if question and question.send:
            data["resend_in"] = RESEND.refill
        match place.verb:
            case "recognise":
                device = here.arrival.device
                data["key"] = named(device.key) if device and device.key else ""
            case "identify":
                data["username"] = here.request.login_hint or ""
            case "password":
                data["username"] = here.attempt.identifier or (account.email if account else "")
            case "prove" | "pick":
                offered = tenant.remember.offered and here.case.regime.remembers
                data["remember_days"] = tenant.remember.absolute // 86400 if offered else 0
                data["remember_ticked"] = tenant.remember.ticked
                data["others"] = len(place.choices) > 1
                data["recovery"] = bool(self.way_back(here)) and place.choices != (self.way_back(here),)
                data["choices"] = self._choices(here)
                data["instead"] = self._instead(here)
            case "consent":
                data |= {"wanted": self._wanted(here), "asked": self.asked_for(here), "host": urlsplit(here.request.redirect_uri).netloc}
            case _:
                data["optional"] = place.optional
                data["quiet"] = place.quiet
                data["others"] = len(place.choices) > 1
                data["choices"] = tuple(Choice(kind, self.whereabouts.gate.known_as(kind)) for kind in place.choices)
        if place.channels:
            data |= self._by_channel(here)
        return data

    def asked_for(self, here: Here) -> str:
        """What the page asks, in short: a yes is to that, and to nothing that came to be asked for since."""
        return digest(repr(self._wanted(here))).hex()

    def _wanted(self, here: Here) -> tuple[Wanted, ...]:
        """What the application asks for, API by API."""
        apis = here.catalogue.apis
        return tuple(
            Wanted(apis[audience].name or audience, tuple((name, apis[audience].descriptions.get(name, "")) for name in names))
            if audience
            else Wanted("", tuple((name, "") for name in names))
            for audience, names in here.unagreed.items()
        )

    def _by_channel(self, here: Here) -> Mapping[str, object]:
        """What pages show that reach people by the telephone network: the other channel, and what is to be said of it (NIST SP 800-63B-4, 3.2.9)."""
        place, factor = here.place, self.whereabouts.gate.factors[here.place.kind]
        restricted = factor.promise(place.enrolment).restricted
        return {
            "switch": next((one for one in place.channels if one != place.channel), "") if place.channel else "",
            "channels": place.channels,
            "enrolling": place.verb == "enrol",
            "notice": restricted and here.case.regime.phone_notice,
        }

    def _typed(self, here: Here, typed: Mapping[str, str]) -> Mapping[str, object]:
        """Where a code shall go: what was typed stays, and only the countries that are served can be chosen."""
        if here.place.verb != "begin":
            before = here.arrival.challenge
            number = before.show.get("typed", "") if before and here.place.verb == "enrol" else ""
            return {"masked": written(number)} if number else {}
        factor = self.whereabouts.gate.factors[here.place.kind]
        return {
            "phone": typed.get(PHONE, ""),
            "country": typed.get(COUNTRY, ""),
            "chosen": typed.get(CHANNEL, "") or here.place.channels[0],
            "countries": limits(here.catalogue.tenant, factor.words.factor).countries,
        }

    def _instead(self, here: Here) -> Choice | None:
        """The cheapest other way that is acceptable, for whoever cannot be sent a code: one that sends nothing, if there is one."""
        place = here.place
        others = [one for one in self._choices(here) if place.enrolment is None or one.value != place.enrolment.id]
        return min(others, key=lambda one: len(self._factor(here, one.value).words.channels), default=None)

    def _factor(self, here: Here, enrolment: str) -> Factor:
        return self.whereabouts.gate.factors[self._of(here)[enrolment].kind]

    def _choices(self, here: Here) -> tuple[Choice, ...]:
        """The acceptable enrolments, strongest first; the one used last is marked. The last resort has a link of its own."""
        by_id, last_resort = self._of(here), self.way_back(here)
        chosen = [by_id[one] for one in here.place.choices if one != last_resort]
        last = max((one.used_at or 0 for one in chosen), default=0)
        known = self.whereabouts.gate.known_as
        return tuple(Choice(one.id, known(one.kind), one.name, last_used=bool(last) and one.used_at == last) for one in chosen)

    def _of(self, here: Here) -> Mapping[str, Enrolment]:
        return {one.id: one for one in here.case.enrolments}
