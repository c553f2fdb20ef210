"""Security settings, the pages below /account: a request to one call of the flow, what it found to a page or a redirect."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from yett.flows.activity import Event
from yett.flows.applications import Application
from yett.flows.asking import RESEND
from yett.flows.elsewhere import Place
from yett.flows.leave import HOME
from yett.flows.login import csrf_token, same
from yett.flows.reporting import Code, Reporting, Ways
from yett.flows.settings import Absent, Adding, Done, Listed, Method, Note, Overview, Question, Settings, Shown, token
from yett.flows.steps import Browser
from yett.flows.visit import Inside
from yett.http.agents import agent
from yett.http.asgi import Request, Response, see_other
from yett.http.edge import DAY, DEVICE
from yett.http.pages import Pages, fields
from yett.http.render import SCREENS, Applied, Card, Happening, Option, Page, Whereabouts, render
from yett.http.settings_words import ANY_BROWSER, ASKING, BROWSER, DONE, HAPPENED, SOME_BROWSER
from yett.http.speech import Speech, speech
from yett.oauth.lang import choose_locale

# A path below /account, with * in the place of a thing's id, and the act that it asks about.
ACTS: Mapping[tuple[str, ...], str] = {
    ("methods", "*"): "rename",
    ("methods", "*", "remove"): "remove",
    ("methods", "*", "lost"): "lost",
    ("methods", "*", "keep"): "keep",
    ("codes",): "codes",
    ("password",): "password",
    ("browsers", "*"): "forget",
    ("sessions", "*"): "end",
    ("sessions",): "end-others",
    ("applications", "*"): "withdraw",
    ("not-me",): "not-me",
}
# Pages that only tell something.
NOTES: Mapping[tuple[str, ...], str] = {("stuck",): "stuck", ("shut-out",): "shut-out"}
# Where an act leads that is not over with itself.
NEXT: Mapping[str, str] = {"not-me": HOME + "/shut-out"}
# For so long a method that was added is marked, in seconds.
FRESH = 600
NOT_FOUND, CONFLICT = 404, 409


@dataclass(frozen=True, slots=True)
class Account:
    """Handlers of /account and what is below it. GET shows, POST does."""

    settings: Settings
    reporting: Reporting
    pages: Pages

    async def page(self, request: Request) -> Response:
        """Any of the pages."""
        browser, parts = self.pages.edge.browser(request), tuple(request.path.split("/")[2:])
        path, form = quote(request.path), fields(request) if request.method == "POST" else None
        known = tuple("*" if place == 1 and len(parts) > 1 else part for place, part in enumerate(parts))
        if known in ACTS:
            act, id = ACTS[known], parts[1] if len(parts) > 1 else ""
            shown = await self._acted(act, id, path, form, browser)
        elif known == ("add",):
            shown = await self.settings.adding(path, browser, form)
        elif form is None and known == ("activity",):
            shown = await self.settings.happened(path, browser)
        elif form is None and known in NOTES:
            shown = await self.settings.note(path, NOTES[known], browser)
        elif form is None and not known:
            shown = await self.settings.overview(browser)
        else:
            return await self.pages.stop("not_found", "", browser, NOT_FOUND)
        return await self._answer(shown, browser, dict(request.query).get("told", ""), path)

    async def _acted(self, act: str, id: str, path: str, form: Mapping[str, str] | None, browser: Browser) -> Shown | Ways | Code:
        if form is None:
            return await self.settings.question(act, id, path, browser)
        if act == "lost":
            return await self.reporting(id, path, form, browser)
        return await self.settings.act(act, id, path, form, browser)

    async def picture(self, request: Request) -> Response:
        """What a model of authenticators looks like: a PNG that was looked at when it came."""
        found = await self.settings.own.models.picture(request.path.rpartition("/")[2])
        return Response(200, found, "image/png", (("cache-control", "private, max-age=86400"),)) if found else Response(404, b"")

    async def keep(self, request: Request) -> Response:
        """The link of a message that keeps what was reported lost. Looking does nothing: what scans mail looks too."""
        browser, tenant = self.pages.edge.browser(request), (await self.pages.current.latest()).tenant
        form = fields(request) if request.method == "POST" else None
        ticket = (form or dict(request.query)).get("state" if form else "ticket", "")
        kept = self.settings.kept
        found = await kept.seen(ticket) if form is None else await kept.keep(ticket)
        kept_out = found is not None and form is not None and found.status == "suspended"
        act = "absent" if found is None else "keep" if form is None else "kept-out-of-use" if kept_out else "kept"
        locale = choose_locale((), browser.languages, tenant.locales)
        spoken = speech(locale)
        name = found.name or spoken.means(self._known(found.kind)).label if found else ""
        page = Page(locale, tenant.brand, action="/lost", state=ticket, demo=self.pages.edge.demo, data=_asking(spoken, act, name))
        return Response(NOT_FOUND if found is None else 200, render("account-confirm" if ASKING[act].button else "account-note", page))

    async def log(self, request: Request) -> Response:
        """The log of whoever asks, as a file."""
        browser = self.pages.edge.browser(request)
        found = await self.settings.log(HOME, browser)
        if not isinstance(found, list):
            return await self.pages.answer(found, browser)
        named = (("content-disposition", 'attachment; filename="account-log.json"'),)
        return Response(200, msgspec.json.format(msgspec.json.encode(found), indent=2), "application/json", named)

    async def _answer(self, shown: Shown | Ways | Code, browser: Browser, told: str, path: str) -> Response:
        match shown:
            case Overview(inside):
                return self._render("account", inside, self._overview(shown, _said(told, browser)), path)
            case Question(inside, act, _, Method() as method, error) if act == "rename":
                return self._render("account-rename", inside, {"label": self._name(inside, method), "name": method.enrolment.name}, path, error)
            case Question(inside, "password", _, _, error):
                return self._render("reset-password", inside, {"shortest": self.settings.passwords.shortest(inside.owner)}, path, error)
            case Question(inside, act, _, subject, error):
                return self._render("account-confirm", inside, self._asking(inside, act, subject), path, error)
            case Note(inside, name):
                return self._render("account-note", inside, self._asking(inside, name, None), path)
            case Ways() | Code():
                return self._reported(shown, path)
            case Listed(inside, events):
                return self._render("account-activity", inside, {"events": _events(events, speech(inside.owner.locale))}, path)
            case Adding(inside, kinds, error):
                return self._render("account-add", inside, {"options": tuple(Option(kind, self._known(kind)) for kind in kinds)}, path, error)
            case Done(inside, "password"):
                return self._render("account-note", inside, self._asking(inside, "new-password", None), path)
            case Done(inside, act):
                return see_other(NEXT.get(act) or f"{HOME}?told={_signed(act, browser)}", self._cookies(inside))
            case Absent(inside):
                return self._render("account-note", inside, self._asking(inside, "absent", None), path, status=NOT_FOUND)
            case _:
                return await self.pages.answer(shown, browser)

    def _reported(self, shown: Ways | Code, path: str) -> Response:
        """The pages of a login that ask, with the report in the place of an attempt."""
        match shown:
            case Ways(inside, handle, ways):
                options = tuple(Option(one.enrolment.id, self._known(one.enrolment.kind), one.enrolment.name, masked=one.masked) for one in ways)
                return self._render("mfa-login-options", inside, {"options": options}, path, state=handle)
            case Code(inside, handle, way, screen, show, error):
                return self._render(screen, inside, _code(screen, show), path, error, state=f"{handle} {way.enrolment.id}")

    def _overview(self, found: Overview, told: str) -> Mapping[str, object]:
        spoken = speech(found.inside.owner.locale)
        cards = [(one, self._card(one)) for one in found.methods]
        return {
            "told": spoken.say(DONE[told]) if told in DONE else "",
            "signals": json.dumps(found.signals) if found.signals else "",
            "methods": tuple(card for one, card in cards if not one.companion),
            "sheet": next((card for one, card in cards if one.companion), None),
            "adds": found.adds,
            "password": self._card(found.password) if found.password else None,
            "renewable": found.codes,
            "browsers": tuple(_place(one, spoken) for one in found.browsers),
            "sessions": tuple(_place(one, spoken) for one in found.sessions),
            "events": _events(found.events, spoken),
            "applications": tuple(_application(one, spoken) for one in found.applications),
        }

    def _asking(self, inside: Inside, act: str, subject: object) -> Mapping[str, object]:
        return _asking(speech(inside.owner.locale), act, self._name(inside, subject))

    def _known(self, kind: str) -> str:
        return self.settings.own.ownership.gate.known_as(kind)

    def _name(self, inside: Inside, subject: object) -> str:
        """What a person calls it."""
        spoken = speech(inside.owner.locale)
        match subject:
            case Method():
                return subject.enrolment.name or spoken.means(self._known(subject.enrolment.kind)).label
            case Place(name=name):
                return called(name, spoken)
            case Application(name=name):
                return name
            case _:
                return ""

    def _card(self, method: Method) -> Card:
        one, now = method.enrolment, self.settings.own.mint.clock()
        return Card(
            quote(one.id),
            self._known(one.kind),
            one.created_at,
            one.name,
            method.masked,
            one.used_at,
            method.left,
            fixed=method.fixed,
            fresh=now - one.created_at < FRESH,
            leaves_at=one.leaves_at,
            model=method.model.name,
            picture=f"/authenticators/{method.model_id}" if method.model_id else "",
            suspended=one.status == "suspended" and one.leaves_at is None,
            elsewhere=method.elsewhere,
        )

    def _render(self, screen: str, inside: Inside, data: Mapping[str, object], path: str, error: str = "", *, status: int = 200, state: str = "") -> Response:
        owner, edge = inside.owner, self.pages.edge
        page = Page(
            owner.locale,
            owner.catalogue.tenant.brand,
            action=path,
            state=state,
            csrf=token(owner.browser),
            error=error,
            account=owner.account.email or owner.account.username or "",
            demo=edge.demo,
            data=data,
        )
        return Response(CONFLICT if error else status, render(screen, page), headers=self._cookies(inside))

    def _cookies(self, inside: Inside) -> tuple[tuple[str, str], ...]:
        return (self.pages.edge.cookie(DEVICE, inside.cookie, 400 * DAY),) if inside.cookie else ()


def _asking(spoken: Speech, act: str, name: str) -> Mapping[str, object]:
    asking = ASKING[act]
    data: dict[str, object] = {
        "heading": spoken.say(asking.title) % {"name": name},
        "says": tuple(map(spoken.say, asking.says)),
        "points": tuple(map(spoken.say, asking.points)),
    }
    return data | ({"button": spoken.say(asking.button)} if asking.button else {})


def _code(screen: str, show: Mapping[str, str]) -> Mapping[str, object]:
    """What the page of a code shows here: there is another way, and nothing to be remembered."""
    data: dict[str, object] = {**show, "target": show.get("masked", ""), "digits": int(show.get("digits", "6")), "resend_in": RESEND.refill, "others": True}
    return {name: value for name, value in data.items() if name in SCREENS[screen]}


def called(name: str, spoken: Speech) -> str:
    """A browser in words."""
    known = agent(name)
    sentence = BROWSER if known.browser and known.system else ANY_BROWSER if known.system else SOME_BROWSER
    return known.browser if known.browser and not known.system else spoken.say(sentence) % known._asdict()


def _place(one: Place, spoken: Speech) -> Whereabouts:
    return Whereabouts(quote(one.id), called(one.name, spoken), one.since, one.used_at, one.ip, one.until, one.here)


def _application(one: Application, spoken: Speech) -> Applied:
    return Applied(quote(one.id, safe=""), one.name, one.since, tuple(spoken.scope(*scope) for wanted in one.has for scope in wanted.scopes))


def _events(events: Sequence[Event], spoken: Speech) -> tuple[Happening, ...]:
    return tuple(_event(one, spoken) for one in events)


def _event(one: Event, spoken: Speech) -> Happening:
    method = spoken.means(one.kind).label if one.kind else ""
    whence = (method, one.client, called(one.user_agent, spoken) if one.user_agent else "", one.ip)
    return Happening(one.at, spoken.say(HAPPENED[one.what]), tuple(part for part in whence if part), one.alarming)


def _signed(act: str, browser: Browser) -> str:
    """What was done, vouched for: a link from elsewhere must not make this page say that something happened."""
    return f"{act}.{csrf_token(browser.session, 'told:' + act)[:22]}"


def _said(told: str, browser: Browser) -> str:
    act = told.partition(".")[0]
    return act if told and same(told, _signed(act, browser)) else ""
