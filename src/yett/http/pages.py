"""Login pages: a request to one call of the login flow, its step to a page or a redirect."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from yett.flows.authorize import Authorize
from yett.flows.current import Current
from yett.flows.login import Login, csrf_token
from yett.flows.steps import Browser, Choice, Go, Leave, Screen, Step, Stop
from yett.http.asgi import Malformed, Request, Response, see_other
from yett.http.countries import countries, home
from yett.http.edge import DAY, DEVICE, HOLDER, SESSION, Edge
from yett.http.qr import qr
from yett.http.render import SCREENS, Asks, Option, Page, Remember, render
from yett.http.speech import speech
from yett.oauth.lang import choose_locale
from yett.oauth.response import MESSAGE, Reply, policy

# What went wrong with the request itself; everything else that a page says is an answer to a person.
STATUS: Mapping[str, int] = {"too_many_tries": 429, "too_soon": 429, "too_many_messages": 429, "busy": 503}


@dataclass(frozen=True, slots=True)
class Pages:
    """/authorize and the pages below /u/."""

    authorize_flow: Authorize
    login: Login
    current: Current
    edge: Edge

    async def authorize(self, request: Request) -> Response:
        """GET or POST, with the same parameters (OIDC Core 3.1.2.1)."""
        browser = self.edge.browser(request)
        params = request.form if request.method == "POST" else request.query
        return await self.answer(await self.authorize_flow(params, browser), browser)

    async def page(self, request: Request) -> Response:
        """A page of an attempt: shown by GET, answered by POST."""
        browser, screen = self.edge.browser(request), request.path.removeprefix("/u/")
        if request.method == "POST":
            form = fields(request)
            return await self.answer(await self.login.answer(screen, form.get("state", ""), form, browser), browser)
        return await self.answer(await self.login.show(screen, dict(request.query).get("state", ""), browser), browser)

    async def answer(self, step: Step, browser: Browser) -> Response:
        """A page, or the way on."""
        match step:
            case Screen():
                return await self._screen(step, browser)
            case Go(screen, state, holder, held):
                cookies = (self.edge.cookie(HOLDER, holder),) if holder else ()
                return see_other(f"/u/{screen}?state={state}", (*cookies, *_window(opened=held)))
            case Leave(url, session, device, None):
                return see_other(url, self._cookies(session, device))
            case Leave():
                return await self._told(step, browser)
            case Stop(error, description, held):
                response = await self.stop(error, description, browser)
                return response._replace(headers=(*response.headers, *_window(opened=held)))

    async def _told(self, leave: Leave, browser: Browser) -> Response:
        """The page that passes the answer on: it asks nobody anything."""
        reply, tenant = leave.told or Reply(""), (await self.current.lately()).tenant
        locale = choose_locale((leave.locale,) if leave.locale else (), browser.languages, tenant.locales)
        by_message = reply.mode == MESSAGE
        data = {"origin": reply.url, "response": msgspec.json.encode(reply.fields).decode()} if by_message else {"to": reply.url, "fields": reply.fields}
        page = Page(locale, tenant.brand, client_name=leave.client_name, demo=self.edge.demo, data=data)
        # The policy says who may frame it; the older header could only say nobody.
        framed = (("x-frame-options", ""), *_window(opened=True)) if by_message else ()
        headers = (("content-security-policy", policy(reply)), *framed, *self._cookies(leave.session, leave.device))
        return Response(200, render("web-message" if by_message else "form-post", page), headers=headers)

    def _cookies(self, session: str, device: str) -> tuple[tuple[str, str], ...]:
        raised = ((self.edge.cookie(SESSION, session)),) if session else ()
        return (*raised, self.edge.cookie(DEVICE, device, 400 * DAY)) if device else raised

    async def stop(self, error: str, description: str, browser: Browser, status: int = 400, correlation: str = "") -> Response:
        """The one error page: never redirected, for nobody has said truthfully where to."""
        tenant = (await self.current.lately()).tenant
        reason = "expired" if description == "expired" else error
        page = Page(
            choose_locale((), browser.languages, tenant.locales),
            tenant.brand,
            error=reason,
            demo=self.edge.demo,
            data={"detail": description, "correlation": correlation},
        )
        return Response(status, render("error", page))

    async def stopped(self, request: Request, error: str, status: int, correlation: str) -> Response:
        """A request that ended in none of the ways that a flow knows."""
        return await self.stop(error, "", self.edge.browser(request), status, correlation)

    async def _screen(self, screen: Screen, browser: Browser) -> Response:
        tenant = (await self.current.lately()).tenant
        page = Page(
            locale=choose_locale((screen.locale,) if screen.locale else (), browser.languages, tenant.locales),
            brand=tenant.brand,
            action=f"/u/{screen.name}",
            state=screen.attempt.id,
            csrf=csrf_token(browser.holder, screen.attempt.id),
            error=screen.error,
            client_name=screen.client_name,
            reasons=screen.reasons,
            purpose=screen.purpose,
            scopes=screen.scopes,
            account=screen.account,
            demo=self.edge.demo,
            data={},
            elsewhere=screen.elsewhere,
        )
        page = page._replace(data=shown(screen, page.locale, browser.languages))
        status = STATUS.get(screen.error, 400 if screen.error else 200)
        return Response(status, render(screen.name, page), headers=_window(opened=screen.opened))


def _window(*, opened: bool) -> tuple[tuple[str, str], ...]:
    """An application that has opened this window keeps hold of it, to hear the answer and to close it; nobody else's page gets one."""
    return (("cross-origin-opener-policy", "unsafe-none"),) if opened else ()


def fields(request: Request) -> Mapping[str, str]:
    """A page's form. Raises Malformed for a field given twice."""
    form = dict(request.form)
    if len(form) != len(request.form):
        raise Malformed(400, "a field was given twice")
    return form


def shown(screen: Screen, locale: str, languages: str) -> Mapping[str, object]:
    """The flow's data in the shapes that templates take; what this screen does not show is left out."""
    data = dict(screen.data)
    if "uri" in data:
        data["qr"] = qr(str(data["uri"]))
    if "masked" in data:
        data["target"] = data["masked"]
    if isinstance(data.get("codes"), str):
        data["codes"] = str(data["codes"]).split("\n")
    if isinstance(data.get("digits"), str):
        data["digits"] = int(str(data["digits"]))
    days = data.get("remember_days", 0)
    data["remember"] = Remember(int(str(days)), bool(data.get("remember_ticked"))) if days else None
    choices = data.get("choices", ())
    if isinstance(choices, tuple):
        data["options"] = tuple(_option(one) for one in choices)
    if isinstance(instead := data.get("instead"), Choice):
        data["instead"] = _option(instead)
    if isinstance(wanted := data.get("wanted"), tuple):
        data["wanted"] = tuple(Asks(one.api, tuple(speech(locale).scope(*scope) for scope in one.scopes)) for one in wanted)
    if isinstance(served := data.get("countries"), tuple):
        language = speech(locale).language
        data["countries"] = offered = countries(language, served)
        data["country"] = data["country"] or home(languages, language, offered)
    return {name: value for name, value in data.items() if name in SCREENS[screen.name]}


def _option(choice: Choice) -> Option:
    return Option(choice.value, choice.kind, choice.name, last_used=choice.last_used)
