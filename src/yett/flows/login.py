"""A login, or a step-up, in a browser: from the first page to the way back to the application."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.account import canonical
from yett.domain.attempt import Attempt
from yett.flows import own_key
from yett.flows.asking import Asking, Withheld
from yett.flows.here import DECLINED_REPLACEMENT, IN_PASSING, PICK, TRIED_IN_PASSING, Here, Whereabouts
from yett.flows.leave import Leaving
from yett.flows.mint import Mint
from yett.flows.own_key import Wish
from yett.flows.prove import Prove
from yett.flows.showing import CHANNEL, COUNTRY, PHONE, Showing
from yett.flows.steps import Browser, Go, Leave, Step, Stop, opened
from yett.oauth import held
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
    showing: Showing

    async def show(self, screen: str, state: str, browser: Browser) -> Step:
        """The page that is next, which is not always the page asked for."""
        here = await self.whereabouts.find(state, browser)
        if here is None:
            return GONE
        here = self._at(here, screen)
        step = await self.showing.page(here, browser) if here.place.screen == screen else await self.onward(here, browser)
        return opened(step, here.request)

    async def answer(self, screen: str, state: str, form: Mapping[str, str], browser: Browser) -> Step:
        """Take a form: check whose it is and whether it is the page that is next, then do what it says."""
        if not same(form.get("csrf", ""), csrf_token(browser.holder, state)):
            return GONE
        here = await self.whereabouts.find(state, browser)
        if here is None:
            return GONE
        return opened(await self._answered(here, screen, form, browser), here.request)

    async def _answered(self, here: Here, screen: str, form: Mapping[str, str], browser: Browser) -> Step:
        if form.get("action") == "cancel":
            return await self.leaving.refuse(here, "access_denied", "The login was cancelled.", browser)
        here = self._at(here, screen)
        if here.place.verb == "tell":
            return await self.leaving.refuse(here, here.place.kind, "", browser)
        if here.place.screen == screen:
            by_itself = {"consent": self._consented, "recognise": self._recognise}
            return await by_itself.get(here.place.verb, self._do)(here, form, browser)
        late = here.place.verb == "begin" and "code" in form
        return await self.showing.page(here, browser, "expired") if late else await self.onward(here, browser)

    async def onward(self, here: Here, browser: Browser) -> Step:
        """To the page that is next, or back to the application."""
        match here.place.verb:
            case "finish":
                return await self.leaving.finish(here, browser)
            case "refuse":
                return await self.leaving.refuse(here, here.place.kind, "", browser)
            case _:
                return Go(here.place.screen, here.attempt.id)

    def _at(self, here: Here, screen: str) -> Here:
        factor = self.whereabouts.gate.factors.get(here.place.kind)
        return here.at(screen, factor.words) if factor else here

    async def _consented(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        """Yes or no to what the page asked; a yes to less than is asked for now is asked again, and anything else is neither."""
        match form.get("action"):
            case "accept" if not same(form.get("asked", ""), self.showing.asked_for(here)):
                return await self.showing.page(here, browser)
            case "accept":
                return await self.leaving.finish(here, browser, agreed=True)
            case "deny":
                return await self.leaving.withhold(here, browser)
            case _:
                return await self.showing.page(here, browser, error="unknown_action")

    async def _do(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        action = form.get("action", "default")
        moved = self._choice(here, action)
        if moved is not None:
            return await self._move(here, moved, browser)
        match here.place.verb, action:
            case "identify" | "password", _ if here.place.unnamed and form.get("response"):
                return await self._told(here, await self.prove.unnamed(here, form["response"], browser), browser)
            case "identify", _:
                return await self._identify(here, form, browser)
            case "password", _:
                here = await self._able(here, browser) if form.get("quiet") == "true" else here
                return await self._told(here, await self.prove.password(here, form.get("password", ""), browser), browser)
            case "prove" | "enrol", "default" if self._by_script(here) and not form.get("response"):
                # Pressed before the script was there, or without one: nothing was answered, and nothing is spent.
                return await self.showing.page(here, browser)
            case "prove", "default":
                return await self._told(here, await self.prove.factor(here, _answer(form), browser, _wish(form)), browser)
            case "prove" | "enrol", "resend":
                return await self.showing.page(here, browser, again=True)
            case "begin", "default":
                return await self._begin(here, form, browser)
            case "enrol", "edit":
                return Go(self.whereabouts.gate.factors[here.place.kind].words.screen_enrol, here.attempt.id)
            case "enrol", channel if channel in here.place.channels and here.arrival.challenge:
                return await self._reach(here, here.arrival.challenge.show.get("typed", ""), channel, {}, browser)
            case "enrol", "default" | "saved":
                return await self._enrol(here, _answer(form) if action == "default" else action, browser)
            case _:
                return await self.showing.page(here, browser, error="unknown_action")

    async def _recognise(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        """A remembered browser has signed, or could not: then it is asked as every other."""
        said = own_key.question(self.whereabouts.origin, here.attempt.id, form["csrf"])
        return await self._move(here, own_key.answered(here.attempt, here.arrival.device, said, form.get("signature", "")), browser)

    async def _enrol(self, here: Here, answer: str, browser: Browser) -> Step:
        told = await self.prove.enrol(here, answer, browser)
        if here.place.quiet and isinstance(told, str):
            # Nobody asked for it, so nobody is told that it failed.
            return await self._move(here, here.attempt._replace(waivers=(*here.attempt.waivers, TRIED_IN_PASSING)), browser)
        return await self._told(here, told, browser)

    def _by_script(self, here: Here) -> bool:
        """Whether no person can answer by themselves, but only their browser."""
        return self.whereabouts.gate.factors[here.place.kind].words.challenge_type == "webauthn"

    def _choice(self, here: Here, action: str) -> Attempt | None:
        """The attempt as a button that proves nothing leaves it; None for any other button."""
        attempt, place = here.attempt, here.place
        match place.verb, action:
            case "password", "edit":
                return attempt._replace(identifier="", account=None, base=(), shown=())
            case "prove", "pick-authenticator":
                return attempt._replace(resume_at=PICK)
            case "begin" | "enrol", "pick-authenticator":
                return attempt._replace(resume_at="")
            case "prove" | "pick", "recovery-code" if self.showing.way_back(here):
                return attempt._replace(resume_at=self.showing.way_back(here))
            case "pick new" | "begin" | "enrol", "skip" if place.optional:
                declined = TRIED_IN_PASSING if place.quiet else DECLINED_REPLACEMENT if place.replaces else "declined"
                return attempt._replace(waivers=(*attempt.waivers, declined), resume_at="")
            case "pick" | "pick new" | "prove", choice if choice in place.choices:
                return attempt._replace(resume_at=choice)
            case "prove", channel if channel in place.channels and place.enrolment:
                return attempt._replace(resume_at=f"{place.enrolment.id} {channel}")
            case _:
                return None

    async def _told(self, here: Here, told: Here | Leave | str, browser: Browser) -> Step:
        """A verdict: an error keeps the page, a proof moves on, and the last one leaves."""
        match told:
            case str():
                return await self.showing.page(here, browser, error=told)
            case Leave():
                return told
            case Here():
                return await self.onward(told, browser)

    async def _identify(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        identifier = canonical(form.get("username", ""))
        if not identifier or len(identifier) > LONGEST or not identifier.isprintable():
            return await self.showing.page(here, browser, error="missing_username")
        return await self._move(here, here.attempt._replace(identifier=identifier, account=None, base=(), shown=()), browser)

    async def _move(self, here: Here, attempt: Attempt, browser: Browser) -> Step:
        """Record a choice; whoever moved the attempt on meanwhile wins."""
        await self.store.update(here.attempt, attempt)
        moved = await self.whereabouts.find(here.attempt.id, browser)
        return await self.onward(moved, browser) if moved else GONE

    async def _able(self, here: Here, browser: Browser) -> Here:
        """Their browser can make a passkey in passing."""
        if IN_PASSING not in here.attempt.waivers:
            await self.store.update(here.attempt, here.attempt._replace(waivers=(*here.attempt.waivers, IN_PASSING)))
        return await self.whereabouts.find(here.attempt.id, browser) or here

    async def _begin(self, here: Here, form: Mapping[str, str], browser: Browser) -> Step:
        """A number was typed: the code that goes there shows whether it is theirs."""
        typed = form.get(PHONE, "").strip()
        if not typed:
            return await self.showing.page(here, browser, "missing_phone", typed=form)
        channel = form.get(CHANNEL, "")
        return await self._reach(here, typed, channel if channel in here.place.channels else "", form, browser)

    async def _reach(self, here: Here, number: str, channel: str, form: Mapping[str, str], browser: Browser) -> Step:
        asked = await self.showing.offer(here, browser, number, channel, form.get(COUNTRY, "").upper())
        if isinstance(asked, Withheld):
            return await self.showing.page(here, browser, asked.reason, typed=form)
        return Go(self.whereabouts.gate.factors[asked.kind].words.screens[asked.channel], here.attempt.id)


def _wish(form: Mapping[str, str]) -> Wish:
    """To be remembered; a key that cannot be read is none."""
    wanted, key = form.get("rememberBrowser") == "true", form.get("browserKey", "")
    return Wish(wanted, held.read(key) if wanted and key else None)


def _answer(form: Mapping[str, str]) -> str:
    """What was typed, or what an authenticator said."""
    return form.get("code") or form.get("response", "")
