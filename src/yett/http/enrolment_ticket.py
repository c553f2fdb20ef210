"""The page of an enrolment ticket: whoever opens the link chooses a factor and enrols it. No cookie, and the link in no other address."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.enrolment import Challenge
from yett.factors.base import Factor
from yett.flows.asking import RESEND, RINGS
from yett.flows.invitations import EnrolmentTickets, Open
from yett.flows.leave import HOME
from yett.flows.login import csrf_token, same
from yett.flows.own import Enrolled, Offer
from yett.flows.owner import Missing
from yett.flows.spending import limits
from yett.flows.steps import Choice, Screen
from yett.http.asgi import Request, Response, see_other
from yett.http.pages import Pages, fields, shown
from yett.http.render import Page, render
from yett.http.settings_words import ASKING
from yett.http.speech import speech

PATH = "/guardian/enroll"
CHOOSE, TYPE_NUMBER, CODES = "mfa-begin-enroll-options", "mfa-phone-enrollment", "mfa-recovery-code-enrollment"
AGAIN = frozenset({"resend", "sms", "voice"})


@dataclass(frozen=True, slots=True)
class TicketPages:
    """Handlers. The form's `state` is the ticket, and behind a space the factor chosen or the handle of its enrolment."""

    tickets: EnrolmentTickets
    pages: Pages

    async def show(self, request: Request) -> Response:
        """GET: what the ticket is for. It stays good, however often it is looked at."""
        ticket = dict(request.query).get("ticket", "")
        opened = await self.tickets.open(ticket, self.pages.edge.browser(request))
        return await self._over(request) if opened is None else self._page(request, opened, ticket, "", CHOOSE, self._choices(opened))

    async def answer(self, request: Request) -> Response:
        """POST: each step on the way."""
        form, browser = fields(request), self.pages.edge.browser(request)
        ticket, _, place = form.get("state", "").partition(" ")
        action = form.get("action", "")
        if action == "saved":
            return self._note(request, form.get("csrf", ""), ticket) or await self._over(request)
        opened = await self.tickets.open(ticket, browser)
        if opened is None:
            return await self._over(request)
        if action in opened.kinds and not opened.suffices:
            return see_other(f"{HOME}/add") if await self.tickets.accept(opened) else await self._over(request)
        if action in opened.kinds:
            return await self._begin(request, opened, ticket, action, form)
        if place in opened.kinds and action == "default":
            return await self._begin(request, opened, ticket, place, form)
        if "." in place and action in {"default", *AGAIN}:
            return await self._on(request, opened, ticket, place, form)
        return self._page(request, opened, ticket, "", CHOOSE, self._choices(opened))

    async def _begin(self, request: Request, opened: Open, ticket: str, kind: str, form: Mapping[str, str]) -> Response:
        factor = self._factor(kind)
        typed = form.get("phone", "").strip()
        if RINGS.intersection(factor.words.channels) and not typed:
            return self._number(request, opened, ticket, factor, {}, "")
        begun = await self.tickets.begin(opened, kind, channel=form.get("type", ""), target=typed, region=form.get("country", "").upper())
        if isinstance(begun, Offer):
            return self._asked(request, opened, f"{ticket} {begun.handle}", begun.question, "")
        error = begun if isinstance(begun, str) else "unusable"
        if typed:
            return self._number(request, opened, ticket, factor, form, error)
        return self._page(request, opened, ticket, "", CHOOSE, self._choices(opened), error)

    async def _on(self, request: Request, opened: Open, ticket: str, handle: str, form: Mapping[str, str]) -> Response:
        """A code, or the wish for another one."""
        arrival = await self.tickets.own.handles.find(handle, opened.owner.account.id)
        question = arrival.challenge
        if question is None or not opened.suffices:
            return self._page(request, opened, ticket, "", CHOOSE, self._choices(opened), "expired")
        action = form["action"]
        if action in AGAIN:
            channel = question.channel if action == "resend" else action
            begun = await self.tickets.begin(opened, question.kind, channel=channel, target=question.show.get("typed", ""))
            if isinstance(begun, Offer):
                return self._asked(request, opened, f"{ticket} {begun.handle}", begun.question, "")
            return self._asked(request, opened, f"{ticket} {handle}", question, begun if isinstance(begun, str) else "unusable")
        done = await self.tickets.confirm(opened, handle, form.get("code") or form.get("response", ""))
        match done:
            case Enrolled(_, codes) if codes:
                return self._page(request, opened, ticket, "", CODES, {"codes": list(codes)}, csrf=_vouched(ticket))
            case Enrolled():
                return self._note(request, _vouched(ticket), ticket) or await self._over(request)
            case Missing():
                return await self._over(request)
            case str(error):
                return self._asked(request, opened, f"{ticket} {handle}", question, error)

    def _asked(self, request: Request, opened: Open, state: str, question: Challenge, error: str) -> Response:
        factor = self._factor(question.kind)
        screen = factor.words.screens.get(question.channel, factor.words.screen_enrol)
        more: dict[str, object] = {"others": len(opened.kinds) > 1, "enrolling": False}
        if question.channel:
            more["resend_in"] = RESEND.refill
        return self._page(request, opened, state, "", screen, {**question.show, **more}, error)

    def _number(self, request: Request, opened: Open, ticket: str, factor: Factor, form: Mapping[str, str], error: str) -> Response:
        """Where the number is typed."""
        tenant = opened.owner.catalogue.tenant
        ask = self.tickets.own.ownership.ask(opened.owner, factor)
        on = tuple(dict.fromkeys(factor.offer(ask._replace(channel=one, target=""), ()).channel for one in factor.words.channels))
        data: dict[str, object] = {
            "phone": form.get("phone", ""),
            "country": form.get("country", ""),
            "countries": limits(tenant, factor.words.factor).countries,
            "channels": on,
            "chosen": form.get("type", "") or on[0],
            "others": len(opened.kinds) > 1,
        }
        return self._page(request, opened, f"{ticket} {factor.kind}", "", TYPE_NUMBER, data, error)

    def _page(
        self, request: Request, opened: Open, state: str, account: str, name: str, data: Mapping[str, object], error: str = "", csrf: str = ""
    ) -> Response:
        owner, languages = opened.owner, request.headers.get("accept-language", "")
        screen = Screen(name, opened.attempt, "", owner.locale, data=data)
        page = Page(
            owner.locale,
            owner.catalogue.tenant.brand,
            action=PATH,
            state=state,
            csrf=csrf,
            error=error,
            account=account,
            demo=self.pages.edge.demo,
            data=shown(screen, owner.locale, languages),
        )
        return Response(400 if error else 200, render(name, page))

    def _note(self, request: Request, csrf: str, ticket: str) -> Response | None:
        """It is done; said to nobody whom we have not just told so."""
        if not same(csrf, _vouched(ticket)):
            return None
        tenant = self.tickets.current.known.tenant if self.tickets.current.known else None
        if tenant is None:
            return None
        spoken = speech(request.headers.get("accept-language", "en")[:5])
        words = ASKING["enrolled"]
        data = {"heading": spoken.say(words.title), "says": tuple(map(spoken.say, words.says)), "points": ()}
        return Response(200, render("account-note", Page(spoken.language, tenant.brand, demo=self.pages.edge.demo, data=data)))

    async def _over(self, request: Request) -> Response:
        """A link that is no good, whatever the reason."""
        return await self.pages.stop("ticket", "", self.pages.edge.browser(request))

    def _factor(self, kind: str) -> Factor:
        return self.tickets.own.ownership.gate.factors[kind]

    def _choices(self, opened: Open) -> Mapping[str, object]:
        known = self.tickets.own.ownership.gate.known_as
        return {"choices": tuple(Choice(kind, known(kind)) for kind in opened.kinds)}


def _vouched(ticket: str) -> str:
    return csrf_token(ticket, "enrolled")
