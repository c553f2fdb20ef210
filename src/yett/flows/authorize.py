"""/authorize: judge the request, see what the browser has proven already, and ask for the rest (OIDC Core 3.1.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from yett.domain.outcome import Allow
from yett.domain.tenant import Catalogue
from yett.flows.conclude import OVERLAP
from yett.flows.gate import regime_of
from yett.flows.here import Here, Whereabouts
from yett.flows.leave import Leaving
from yett.flows.login import Login
from yett.flows.mint import Mint, digest
from yett.flows.recognise import Recognise, nobody
from yett.flows.steps import Browser, Go, Leave, Step, Stop, left, opened
from yett.oauth.authorize import AuthorizationRequest, judge, meant
from yett.oauth.details import words
from yett.oauth.errors import OAuthError, RedirectedError
from yett.oauth.lang import choose_locale
from yett.oauth.response import reply
from yett.oauth.silent import silent
from yett.ports import Arrival, Signer, Store


@dataclass(frozen=True, slots=True)
class Authorize:
    """Answers an authorization request: a page, a code, or an error in the form that the protocol wants."""

    store: Store
    recognise: Recognise
    whereabouts: Whereabouts
    leaving: Leaving
    login: Login
    signer: Signer
    mint: Mint
    issuer: str

    async def __call__(self, params: Sequence[tuple[str, str]], browser: Browser) -> Step:
        """Take the parameters as they came. Errors before the redirect URI is known to be the client's stay here."""
        found = await self.recognise(browser)
        catalogue = found.catalogue
        try:
            request = judge(params, catalogue.clients, catalogue.apis, strict=regime_of(catalogue).strict)
        except RedirectedError as refused:
            return left(reply(refused.way, refused.answer(), self.issuer))
        except OAuthError as refused:
            return Stop(refused.code, refused.description)
        request, arrival = self._hinted(_spoken(request, browser, catalogue), found.arrival, catalogue)
        found = found._replace(arrival=arrival)
        attempt = self.recognise.attempt(request, found, browser)
        arrival = await self.whereabouts.agreed(attempt, found.arrival, catalogue)
        return await self._on(self.whereabouts.stand(attempt, arrival, catalogue), request, browser)

    async def _on(self, here: Here, request: AuthorizationRequest, browser: Browser) -> Step:
        consented = here.place.verb != "consent"
        refused = silent(here.outcome, has_session=here.arrival.session is not None, consented=consented) if "none" in request.prompt else None
        if refused is not None:
            return await self._silently_refused(here, request, refused)
        if isinstance(here.outcome, Allow) and consented:
            return await self._at_once(here, browser)
        holder = "" if browser.holder else self.mint.token()
        attempt = here.attempt._replace(holder=digest(holder or browser.holder))
        await self.store.begin(attempt, ())
        step = opened(await self.login.onward(here._replace(attempt=attempt), browser), request)
        return step._replace(holder=holder) if isinstance(step, Go) else step

    async def _at_once(self, here: Here, browser: Browser) -> Step:
        """The session is enough: no page, one commit, no new level and so no new session id."""
        leave, conclusion = self.leaving.ready(here)
        account = here.arrival.account.id if here.arrival.account else None
        fact = self.mint.fact("ssa", account, here.attempt.client, ip=browser.ip)
        if conclusion.device is not None:
            await self.store.begin(here.attempt, ())
            kept = conclusion._replace(session=None, raises=None)
            if not await self.store.conclude(here.attempt, kept, (fact,), self.mint.clock()):
                return await self._over(here, browser)
            return leave._replace(session="")
        session = here.arrival.session
        if conclusion.grant is None or session is None:
            return Stop("server_error")
        now = self.mint.clock()
        idle = min(now + here.case.regime.session_idle, session.ends_at)
        moves = idle if idle - session.idle_at > OVERLAP else None
        if not await self.store.grant(conclusion.grant, conclusion.tokens, (fact,), session, moves):
            return await self._over(here, browser)
        return leave._replace(session="", device="")

    async def _over(self, here: Here, browser: Browser) -> Step:
        """The session ended, or another tab used its remembered browser, while we judged: judged again, with what is left."""
        attempt = here.attempt._replace(id=self.mint.name(), account=None, base=(), waivers=())
        arrival = nobody(here.arrival)._replace(device=None)
        return await self._on(self.whereabouts.stand(attempt, arrival, here.catalogue), here.request, browser)

    async def _silently_refused(self, here: Here, request: AuthorizationRequest, refused: tuple[str, str]) -> Leave:
        error, description = refused
        account = here.arrival.account.id if here.arrival.account else None
        await self.store.record((self.mint.fact("fsa", account, here.attempt.client, error=error),))
        answer = {"error": error, "error_description": description}
        return self.leaving.told(request, here.client, answer)

    def _hinted(self, request: AuthorizationRequest, arrival: Arrival, catalogue: Catalogue) -> tuple[AuthorizationRequest, Arrival]:
        """Whom the request names; the session of anybody else is not the one that is meant (OIDC Core 3.1.2.1).

        Neither is any where the hint is none of ours; with prompt=select_account it is not taken for granted either.
        """
        unread = False
        if request.id_token_hint:
            claims = self.signer.verify(catalogue, request.id_token_hint, ("JWT",))
            unread = claims is None
            request = request._replace(hinted=str((claims or {}).get("sub", "")), id_token_hint="")
        session = arrival.session
        other = session is not None and not meant(request, session.account)
        return request, nobody(arrival) if other or unread or "select_account" in request.prompt else arrival


def _spoken(request: AuthorizationRequest, browser: Browser, catalogue: Catalogue) -> AuthorizationRequest:
    """The language of pages and messages, settled once: what the application asks for, else what the browser accepts.

    So are the words of what is approved: whatever is changed meanwhile, page and message say the same.
    """
    locale = choose_locale(request.ui_locales, browser.languages, catalogue.tenant.locales)
    purpose = words(request.authorization_details, catalogue.apis.get(request.audience), locale)
    return request._replace(ui_locales=(locale,), purpose=purpose)
