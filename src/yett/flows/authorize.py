"""/authorize: judge the request, see what the browser has proven already, and ask for the rest (OIDC Core 3.1.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.enrolment import Message
from yett.domain.outcome import Allow
from yett.domain.tenant import Catalogue
from yett.flows.conclude import OVERLAP
from yett.flows.current import Current
from yett.flows.gate import regime_of, standing
from yett.flows.here import Here, Whereabouts
from yett.flows.leave import Leaving
from yett.flows.login import Login
from yett.flows.mint import Mint, digest
from yett.flows.steps import Browser, Go, Leave, Step, Stop
from yett.oauth.authorize import AuthorizationRequest, judge, present_only, wants
from yett.oauth.errors import OAuthError, RedirectedError
from yett.oauth.lang import choose_locale
from yett.oauth.redirects import answer_url
from yett.oauth.silent import silent
from yett.ports import Arrival, Signer, Store


@dataclass(frozen=True, slots=True)
class Authorize:
    """Answers an authorization request: a page, a code, or an error in the form that the protocol wants."""

    store: Store
    current: Current
    whereabouts: Whereabouts
    leaving: Leaving
    login: Login
    signer: Signer
    mint: Mint
    issuer: str

    async def __call__(self, params: Sequence[tuple[str, str]], browser: Browser) -> Step:
        """Take the parameters as they came. Errors before the redirect URI is known to be the client's stay here."""
        now = self.mint.clock()
        arrival = await self.store.arrive(_cookie(browser.session), _cookie(browser.device), now)
        catalogue = await self.current.at(arrival.version)
        if arrival.stolen:
            await self._theft(arrival.stolen, arrival.stolen_device, browser, now)
        try:
            request = judge(params, catalogue.clients, catalogue.apis, strict=regime_of(catalogue).strict)
        except RedirectedError as refused:
            return Leave(answer_url(refused.redirect_uri, refused.answer(), refused.state, self.issuer))
        except OAuthError as refused:
            return Stop(refused.code, refused.description)
        request = _spoken(request, browser, catalogue)
        arrival = self._hinted(request, arrival, catalogue)
        attempt = self._attempt(request, catalogue.clients[request.client_id], arrival, catalogue, browser, now)
        return await self._on(self.whereabouts.stand(attempt, arrival, catalogue), request, browser)

    async def _theft(self, account: str, device: str | None, browser: Browser, now: int) -> None:
        """A token that was rotated long ago came back: somebody has a copy. The record is void, and the account is told."""
        found = await self.store.account(account)
        notices = (Message("email", found[0].email, "remembered_revoked", "en", {}),) if found else ()
        fact = self.mint.fact("w", account, None, reason="a remembered browser was copied", ip=browser.ip, user_agent=browser.user_agent[:256])
        await self.store.forget(account, (fact,), device, notices, now)
        self.login.post()

    def _attempt(self, request: AuthorizationRequest, client: Client, arrival: Arrival, catalogue: Catalogue, browser: Browser, now: int) -> Attempt:
        holder = browser.holder or self.mint.token()
        session = arrival.session
        return Attempt(
            id=self.mint.name(),
            via="browser",
            holder=digest(holder),
            client=client.id,
            arrived_at=now,
            expires_at=now + regime_of(catalogue).attempt_lives,
            account=session.account if session else None,
            request=msgspec.json.encode(request),
            wants=wants(request),
            present_only=present_only(request),
            base=session.proofs if session else (),
        )

    async def _on(self, here: Here, request: AuthorizationRequest, browser: Browser) -> Step:
        refused = silent(here.outcome, has_session=here.arrival.session is not None) if "none" in request.prompt else None
        if refused is not None:
            return await self._silently_refused(here, request, refused)
        if isinstance(here.outcome, Allow):
            return await self._at_once(here, browser)
        holder = "" if browser.holder else self.mint.token()
        attempt = here.attempt._replace(holder=digest(holder or browser.holder))
        await self.store.begin(attempt, ())
        step = await self.login.onward(here._replace(attempt=attempt), browser)
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
        arrival = here.arrival._replace(session=None, account=None, enrolments=(), device=None)
        return await self._on(self.whereabouts.stand(attempt, arrival, here.catalogue), here.request, browser)

    async def _silently_refused(self, here: Here, request: AuthorizationRequest, refused: tuple[str, str]) -> Leave:
        error, description = refused
        account = here.arrival.account.id if here.arrival.account else None
        await self.store.record((self.mint.fact("fsa", account, here.attempt.client, error=error),))
        answer = {"error": error, "error_description": description}
        return Leave(answer_url(request.redirect_uri, answer, request.state, self.issuer))

    def _hinted(self, request: AuthorizationRequest, arrival: Arrival, catalogue: Catalogue) -> Arrival:
        """A hint that names another account: this session is not the one that is meant (OIDC Core 3.1.2.1).

        With prompt=select_account it is not taken for granted either.
        """
        if standing(arrival.session, catalogue, self.mint.clock()) is None or arrival.session is None:
            return arrival._replace(session=None, account=None, enrolments=())
        other = False
        if request.id_token_hint:
            claims = self.signer.verify(catalogue, request.id_token_hint, ("JWT",))
            other = claims is None or claims.get("sub") != arrival.session.account
        if other or "select_account" in request.prompt:
            return arrival._replace(session=None, account=None, enrolments=())
        return arrival


def _spoken(request: AuthorizationRequest, browser: Browser, catalogue: Catalogue) -> AuthorizationRequest:
    """The language of pages and messages, settled once: what the application asks for, else what the browser accepts."""
    return request._replace(ui_locales=(choose_locale(request.ui_locales, browser.languages, catalogue.tenant.locales),))


def _cookie(value: str) -> bytes | None:
    return digest(value) if value else None
