"""A visit to our own pages: in by the session, through the same gate as everybody; or first to the pages that ask."""

from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.client import OWN_PAGES
from yett.domain.outcome import Allow
from yett.domain.proof import Shown
from yett.domain.requirement import Clause
from yett.domain.session import Device, Session
from yett.flows.here import NO_WISH, Here, to_enrol
from yett.flows.leave import Leaving
from yett.flows.login import Login
from yett.flows.mint import digest
from yett.flows.owner import Owner
from yett.flows.recognise import Recognise, Recognised
from yett.flows.steps import Browser, Go, Leave, Step
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.lang import choose_locale
from yett.policy.decide import before_change
from yett.ports import Store


class Inside(NamedTuple):
    """Somebody who may see what is theirs. `cookie` is the new token of a remembered browser whose use let them in."""

    owner: Owner
    session: Session
    device: Device | None
    cookie: str = ""


class Errand(NamedTuple):
    """What somebody came for besides looking: to change a factor (`about` is what it can prove), or to enrol one of a kind.

    `first`: to report one lost, for which a fresh proof that stands first is asked. `able`: they can prove what it needs.
    """

    about: Shown | None = None
    enrols: str = ""
    first: bool = False
    able: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    """Lets people in, or sends them to prove themselves and come back to the path that they asked for."""

    store: Store
    recognise: Recognise
    leaving: Leaving
    login: Login

    async def __call__(self, path: str, browser: Browser, errand: Errand | None = None) -> Inside | Step:
        """`path` is one of our own: nobody else may say where to go from here."""
        found = await self.recognise(browser)
        here = self._here(path, found, browser, errand)
        if isinstance(here.outcome, Allow) and here.place.verb == "finish" and here.arrival.session is not None:
            inside = self._inside(here, browser)
            if "remembered_browser" not in here.attempt.waivers:
                return inside
            cookie = await self._used(here, browser)
            return inside._replace(cookie=cookie) if cookie else Leave(path)
        return await self._ask(here, browser)

    def _here(self, path: str, found: Recognised, browser: Browser, errand: Errand | None) -> Here:
        locale = choose_locale((), browser.languages, found.catalogue.tenant.locales)
        attempt = self.recognise.attempt(AuthorizationRequest(OWN_PAGES.id, path, ui_locales=(locale,)), found, browser)
        whereabouts, arrival = self.login.whereabouts, found.arrival
        here = whereabouts.stand(attempt, arrival, found.catalogue)
        if errand is None:
            return here
        fresh = Clause("report_lost", max_age=here.case.regime.fresh)
        wants = (fresh if errand.first else before_change(here.case, errand.about),)
        attempt = attempt._replace(wants=wants, commands=to_enrol(errand.enrols) if errand.enrols else NO_WISH)
        return whereabouts.stand(attempt, arrival, found.catalogue)

    def _inside(self, here: Here, browser: Browser) -> Inside:
        account, session, device = here.arrival.account, here.arrival.session, here.arrival.device
        if account is None or session is None:
            raise TypeError("nobody is logged in")
        own = device if device is not None and device.account == account.id else None
        owner = Owner(
            account,
            here.arrival.enrolments,
            session.proofs,
            here.catalogue,
            OWN_PAGES.id,
            browser,
            here.request.ui_locales[0],
            known=own is not None,
        )
        return Inside(owner, session, own)

    async def _used(self, here: Here, browser: Browser) -> str:
        """A remembered browser's token is spent by its use, here as everywhere; "" where another tab was first."""
        leave, conclusion = self.leaving.ready(here)
        await self.store.begin(here.attempt, ())
        kept = conclusion._replace(session=None, raises=None)
        fact = self.login.mint.fact("ssa", here.attempt.account, OWN_PAGES.id, ip=browser.ip)
        return leave.device if await self.store.conclude(here.attempt, kept, (fact,), self.login.mint.clock()) else ""

    async def _ask(self, here: Here, browser: Browser) -> Step:
        holder = "" if browser.holder else self.login.mint.token()
        attempt = here.attempt._replace(holder=digest(holder or browser.holder))
        await self.store.begin(attempt, ())
        step = await self.login.onward(here._replace(attempt=attempt), browser)
        return step._replace(holder=holder) if isinstance(step, Go) else step
