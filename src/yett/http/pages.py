"""Login pages: a request to one call of the login flow, its step to a page or a redirect."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.flows.authorize import Authorize
from yett.flows.current import Current
from yett.flows.login import Login, csrf_token
from yett.flows.steps import Browser, Choice, Go, Leave, Screen, Step, Stop
from yett.http.asgi import Malformed, Request, Response, see_other
from yett.http.countries import countries, home
from yett.http.edge import DAY, DEVICE, HOLDER, SESSION, Edge
from yett.http.qr import qr
from yett.http.render import SCREENS, Option, Page, Remember, render
from yett.http.speech import speech
from yett.oauth.lang import choose_locale

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
            case Go(screen, state, holder):
                return see_other(f"/u/{screen}?state={state}", (self.edge.cookie(HOLDER, holder),) if holder else ())
            case Leave(url, session, device):
                return see_other(url, self._cookies(session, device))
            case Stop(error, description):
                return await self.stop(error, description, browser)

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
            account=screen.account,
            demo=self.edge.demo,
            data={},
        )
        page = page._replace(data=shown(screen, page.locale, browser.languages))
        return Response(STATUS.get(screen.error, 400 if screen.error else 200), render(screen.name, page))


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
    if isinstance(served := data.get("countries"), tuple):
        language = speech(locale).language
        data["countries"] = offered = countries(language, served)
        data["country"] = data["country"] or home(languages, language, offered)
    return {name: value for name, value in data.items() if name in SCREENS[screen.name]}


def _option(choice: Choice) -> Option:
    return Option(choice.value, choice.kind, choice.name, last_used=choice.last_used)
