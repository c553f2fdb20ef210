"""Pages behind links that were mailed, and the one that asks for such a link. GET shows, POST does."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from yett.flows.confirm_address import ConfirmAddress
from yett.flows.forgot import Forgot
from yett.flows.reset import EXPIRED, STUCK, Choosing, Finished, Over, Question, Reset, Stage, Ways
from yett.flows.steps import Browser
from yett.flows.tickets import Found
from yett.http.asgi import Request, Response, see_other
from yett.http.links_words import SAID
from yett.http.pages import STATUS, Pages, fields
from yett.http.render import Option, Page, render
from yett.http.speech import speech
from yett.oauth.lang import choose_locale
from yett.oauth.redirects import with_query
from yett.ports import Busy

CONFIRM, RESET, FORGOT = "email-verification", "reset-password", "reset-password-request"
GONE = 400
NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Links:
    """A link is its holder's alone, so it stands for the form's own token."""

    confirm: ConfirmAddress
    reset: Reset
    forgot: Forgot
    pages: Pages

    async def address(self, request: Request) -> Response:
        """/u/email-verification."""
        browser = self.pages.edge.browser(request)
        if request.method == "POST":
            done = await self.confirm(fields(request).get("state", ""), browser)
            return await self._over(done, "confirmed", "verified", browser) if done else await self._note("link_over", browser, GONE)
        handle = dict(request.query).get("ticket", "")
        found = await self.confirm.seen(handle, browser)
        if found is None:
            return await self._note("link_over", browser, GONE)
        return await self._page(CONFIRM, browser, f"/u/{CONFIRM}", handle, account=found.owner.account.email)

    async def password(self, request: Request) -> Response:
        """/u/reset-password."""
        browser, query = self.pages.edge.browser(request), dict(request.query)
        form = fields(request) if request.method == "POST" else None
        if form and form.get("action") == "cancel":
            return await self._note("cancelled", browser)
        handle = (form or {}).get("state", "") or query.get("ticket", "")
        stage = await self.reset(handle, browser, form, query.get("way", ""))
        return await self._stage(stage, handle, browser)

    async def request(self, request: Request) -> Response:
        """/u/reset-password-request: who they are is not checked here, and not said."""
        browser = self.pages.edge.browser(request)
        if request.method != "POST":
            return await self._page(FORGOT, browser, f"/u/{FORGOT}")
        typed = fields(request).get("username", "").strip()
        if not typed or not typed.isprintable():
            return await self._page(FORGOT, browser, f"/u/{FORGOT}", error="missing_username")
        try:
            await self.forgot(typed, "", await self._locale(browser), browser.ip)
        except Busy:
            return await self._page(FORGOT, browser, f"/u/{FORGOT}", error="too_many_messages")
        return await self._note("link_sent", browser)

    async def _stage(self, stage: Stage, handle: str, browser: Browser) -> Response:
        action = f"/u/{RESET}"
        match stage:
            case Over(why):
                return await self._note("link_over" if why == EXPIRED else STUCK, browser, GONE)
            case Finished(found):
                return await self._over(found, "reset", "success", browser)
            case Choosing(found, error):
                shortest = self.reset.births.shortest(found.owner.catalogue, found.owner.enrolments)
                return await self._page(RESET, browser, action, handle, error=error, account=found.owner.account.email, data={"shortest": shortest})
            case Ways(found, ways, error):
                options = tuple(Option(one.id, self.reset.ownership.gate.known_as(one.kind), one.name) for one in ways)
                email, choice = found.owner.account.email, {"options": options}
                return await self._page("reset-password-methods", browser, action, handle, error=error, account=email, data=choice)
            case Question(found, way, question, error):
                shown = question.show if question else {}
                at, target = f"{action}?way={quote(way.id, safe='')}", shown.get("masked", "")
                data: dict[str, object] = {"target": target, "resend": bool(question and question.channel)}
                screen = "reset-password-challenge"
                if ceremony := shown.get("ceremony"):
                    screen, data = "reset-password-mfa-webauthn-challenge", {"ceremony": ceremony}
                return await self._page(screen, browser, at, handle, error=error, account=found.owner.account.email, data=data)

    async def _over(self, found: Found, said: str, flag: str, browser: Browser) -> Response:
        """Back to where the link was asked for, or a page that says that it is done."""
        if not found.ticket.result_url:
            return await self._note(said, browser)
        told = {flag: "true", "email": found.ticket.address if found.ticket.tells_address else ""}
        return see_other(with_query(found.ticket.result_url, told))

    async def _note(self, name: str, browser: Browser, status: int = 200) -> Response:
        heading, *says = SAID[name]
        spoken = speech(await self._locale(browser))
        return await self._page("link-note", browser, "", status=status, data={"heading": spoken.say(heading), "says": tuple(map(spoken.say, says))})

    async def _locale(self, browser: Browser) -> str:
        tenant = (await self.pages.current.lately()).tenant
        return choose_locale((), browser.languages, tenant.locales)

    async def _page(
        self,
        screen: str,
        browser: Browser,
        action: str,
        handle: str = "",
        *,
        status: int = 0,
        error: str = "",
        account: str = "",
        data: Mapping[str, object] = NOTHING,
    ) -> Response:
        tenant = (await self.pages.current.lately()).tenant
        page = Page(await self._locale(browser), tenant.brand, action, handle, "", error, account=account, demo=self.pages.edge.demo, data=data)
        return Response(status or STATUS.get(error, 400 if error else 200), render(screen, page))
