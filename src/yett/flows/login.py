"""A login, or a step-up, in a browser: from the first page to the way back to the application."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.account import canonical
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge
from yett.flows.asking import RESEND, Asker, Asking, Withheld
from yett.flows.here import DECLINED_REPLACEMENT, PICK, Here, Whereabouts
from yett.flows.leave import Leaving
from yett.flows.mint import Mint
from yett.flows.prove import Prove
from yett.flows.steps import Browser, Choice, Go, Leave, Screen, Step, Stop
from yett.ports import Attempts

# An address has 254 characters at most (RFC 5321); this is generous.
LONGEST = 320
GONE = Stop("invalid_request", "expired")


def csrf_token(holder: str, state: str) -> str:
    """Bound to the attempt and to the browser that holds it; another site knows neither cookie nor token."""
    mac = hmac.digest(holder.encode(), b"csrf:" + state.encode(), "sha256")
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def same(given: str, token: str) -> bool:
    """Compared in constant time; whatever was given, it is text."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), token.encode())


@dataclass(frozen=True, slots=True)
class Login:
    """Shows the page that is next, and takes its answer."""

    store: Attempts
    whereabouts: Whereabouts
    prove: Prove
    leaving: Leaving
    mint: Mint
    asking: Asking

    async def show(self, screen: str, state: str, browser: Browser) -> Step:
        """The page that is next, which is not always the page asked for."""
        here = await self.whereabouts.find(state, browser)
        if here is None:
            return GONE
        if here.place.screen != screen:
            return await self.onward(here, browser)
        return await self._page(here, browser)

    async def answer(self, screen: str, state: str, form: Mapping[str, str], browser: Browser) -> Step:
        """Take a form: check whose it is and whether it is the page that is next, then do what it says."""
        if not same(form.get("csrf", ""), csrf_token(browser.holder, state)):
            return GONE
        here = await self.whereabouts.find(state, browser)
        if here is None:
            return GONE
        if form.get("action") == "cancel":
            return await self.leaving.refuse(here, "access_denied", "The login was cancelled.", browser)
        if here.place.screen != screen:
            return await self.onward(here, browser)
        return await self._do(here, form, browser)

    async def onward(self, here: Here, browser: Browser) -> Step:
        """To the page that is next, or back to the application."""
        match here.place.verb:
            case "finish":
                return await self.leaving.finish(here, browser)
            case "refuse":
                return await self.leaving.refuse(here, here.place.kind, "", browser)
            case _:
                return Go(here.place.screen, here.attempt.id)

    async def _do(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        action = form.get("action", "default")
        moved = self._choice(here, action)
        if moved is not None:
            return await self._move(here, moved, browser)
        match here.place.verb, action:
            case "identify", _:
                return await self._identify(here, form, browser)
            case "password", _:
                return await self._told(here, await self.prove.password(here, form.get("password", ""), browser), browser)
            case "prove", "default":
                told = await self.prove.factor(here, form.get("code", ""), browser, remember=form.get("rememberBrowser") == "true")
                return await self._told(here, told, browser)
            case "prove" | "enrol", "resend":
                return await self._page(here, browser, again=True)
            case "enrol", "default" | "saved":
                told = await self.prove.enrol(here, form.get("code", "") if action == "default" else action, browser)
                return await self._told(here, told, browser)
            case _:
                return await self._page(here, browser, error="unknown_action")

    def _choice(self, here: Here, action: str) -> Attempt | None:
        """The attempt as a button that proves nothing leaves it; None for any other button."""
        attempt, place = here.attempt, here.place
        match place.verb, action:
            case "password", "edit":
                return attempt._replace(identifier="", account=None, base=(), shown=())
            case "prove", "pick-authenticator":
                return attempt._replace(resume_at=PICK)
            case "enrol", "pick-authenticator":
                return attempt._replace(resume_at="")
            case "prove" | "pick", "recovery-code" if self._way_back(here):
                return attempt._replace(resume_at=self._way_back(here))
            case "pick new" | "enrol", "skip" if place.optional:
                return attempt._replace(waivers=(*attempt.waivers, DECLINED_REPLACEMENT if place.replaces else "declined"), resume_at="")
            case "pick" | "pick new", choice if choice in place.choices:
                return attempt._replace(resume_at=choice)
            case _:
                return None

    async def _told(self, here: Here, told: Here | Leave | str, browser: Browser) -> Step:
        """A verdict: an error keeps the page, a proof moves on, and the last one leaves."""
        match told:
            case str():
                return await self._page(here, browser, error=told)
            case Leave():
                return told
            case Here():
                return await self.onward(told, browser)

    async def _identify(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        identifier = canonical(form.get("username", ""))
        if not identifier or len(identifier) > LONGEST or not identifier.isprintable():
            return await self._page(here, browser, error="missing_username")
        return await self._move(here, here.attempt._replace(identifier=identifier, account=None, base=(), shown=()), browser)

    async def _move(self, here: Here, attempt: Attempt, browser: Browser) -> Step:
        """Record a choice; whoever moved the attempt on meanwhile wins."""
        await self.store.update(here.attempt, attempt)
        moved = await self.whereabouts.find(here.attempt.id, browser)
        return await self.onward(moved, browser) if moved else GONE

    async def _page(self, here: Here, browser: Browser, error: str = "", *, again: bool = False) -> Step:
        question = here.arrival.challenge
        if here.place.verb in {"prove", "enrol"} and (again or question is None or not self._fits(here, question)):
            question, refused = await self._question(here, browser)
            error = error or refused
        place, account = here.place, here.arrival.account
        proven = bool(here.attempt.shown or here.attempt.base)
        return Screen(
            name=place.screen,
            attempt=here.attempt,
            client_name=here.client.name,
            locale=(here.request.ui_locales or ("",))[0],
            reasons=place.reasons,
            account=(account.email if account and proven else "") or here.attempt.identifier,
            data=self._data(here, question),
            error=error,
        )

    def _fits(self, here: Here, question: Challenge) -> bool:
        """Whether the open question is the one that this page shows."""
        place = here.place
        if question.expires_at <= self.mint.clock() or question.offer != (place.verb == "enrol"):
            return False
        return question.kind == place.kind and (place.enrolment is None or place.enrolment.id in question.to)

    async def _question(self, here: Here, browser: Browser) -> tuple[Challenge | None, str]:
        """Put the question; where it may not be put, the one before stands."""
        factor, one = self.whereabouts.gate.factors[here.place.kind], here.place.enrolment
        ask, asker = self.whereabouts.ask(here, factor), self._asker(here, browser)
        if here.place.verb == "enrol":
            asked = await self.asking.offer(here.attempt, factor, here.arrival.enrolments, ask, asker)
        else:
            asked = await self.asking.challenge(here.attempt, factor, [one] if one else [], ask, asker)
        return (here.arrival.challenge, asked.reason) if isinstance(asked, Withheld) else (asked, "")

    def _asker(self, here: Here, browser: Browser) -> Asker:
        return Asker(here.arrival.account, here.catalogue.tenant, here.client.name, browser.ip, known=self.whereabouts.knows(here))

    def _way_back(self, here: Here) -> str:
        """The enrolment of last resort, where it is acceptable here; "" where there is none."""
        factors = self.whereabouts.gate.factors
        kinds = {one.id: one.kind for one in here.case.enrolments}
        return next((one for one in here.place.choices if factors[kinds[one]].words.companion), "")

    def _data(self, here: Here, question: Challenge | None) -> Mapping[str, object]:
        """What the page needs, beside what the question itself shows."""
        place, tenant, account = here.place, here.catalogue.tenant, here.arrival.account
        data: dict[str, object] = dict(question.show) if question else {}
        if question and question.send:
            data["resend_in"] = RESEND.refill
        match place.verb:
            case "identify":
                data["username"] = here.request.login_hint or ""
            case "password":
                data["username"] = here.attempt.identifier or (account.email if account else "")
            case "prove" | "pick":
                offered = tenant.remember.offered and here.case.regime.remembers
                data["remember_days"] = tenant.remember.absolute // 86400 if offered else 0
                data["remember_ticked"] = tenant.remember.ticked
                data["others"] = len(place.choices) > 1
                data["recovery"] = bool(self._way_back(here)) and place.choices != (self._way_back(here),)
                data["choices"] = self._choices(here)
            case _:
                data["optional"] = place.optional
                data["others"] = len(place.choices) > 1
                data["choices"] = tuple(Choice(kind, kind) for kind in place.choices)
        return data

    def _choices(self, here: Here) -> tuple[Choice, ...]:
        """The acceptable enrolments, strongest first; the one used last is marked. The last resort has a link of its own."""
        by_id = {one.id: one for one in here.case.enrolments}
        chosen = [by_id[one] for one in here.place.choices if one != self._way_back(here)]
        last = max((one.used_at or 0 for one in chosen), default=0)
        return tuple(Choice(one.id, one.kind, one.name, last_used=bool(last) and one.used_at == last) for one in chosen)
