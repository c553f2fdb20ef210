"""Leave an attempt: to the application with a code, or with an error that it can act on."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.account import Account
from yett.domain.client import OWN_PAGES, Client
from yett.domain.consent import Consent
from yett.domain.outcome import Allow
from yett.domain.session import Conclusion
from yett.flows.conclude import Conclude, Handed
from yett.flows.here import Here
from yett.flows.issue import Issue
from yett.flows.mint import Mint
from yett.flows.steps import Browser, Leave, Stop, left
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.consent import together
from yett.oauth.errors import LOGIN_REQUIRED, NOT_AUTHORIZED, UNBOUND
from yett.oauth.response import back, reply
from yett.ports import Attempts

NOTHING = Conclusion()


@dataclass(frozen=True, slots=True)
class Leaving:
    """The ways out of an attempt, each of which ends it."""

    store: Attempts
    conclude: Conclude
    issue: Issue
    mint: Mint
    issuer: str

    def ready(self, here: Here, *, agreed: bool = False) -> tuple[Leave, Conclusion]:
        """The way out and what is to be written before it is taken. Only for an attempt that the gate allowed.

        `agreed`: its person has just let the application have what was unagreed.
        """
        if not isinstance(here.outcome, Allow) or here.arrival.account is None:
            raise TypeError("an attempt that the gate did not allow has no conclusion")
        if here.unagreed and not agreed:
            raise TypeError("what nobody has agreed to is not given")
        handed = self.conclude.browser(here.attempt, here.outcome, here.arrival.account, here.arrival, here.catalogue, here.request)
        return self._way(here, handed), self._agreed(here, here.arrival.account, handed.conclusion)

    def _agreed(self, here: Here, account: Account, conclusion: Conclusion) -> Conclusion:
        """It, with what its person let the application have."""
        now, held = self.mint.clock(), tuple(one for one in here.arrival.consents if one.account == account.id and one.audience in here.unagreed)
        consents = tuple(
            Consent(self.mint.name("con_"), account.id, here.client.id, audience, scope, now, now) for audience, scope in together(here.unagreed, held).items()
        )
        return conclusion._replace(consents=consents, extends=held)

    async def finish(self, here: Here, browser: Browser, *, agreed: bool = False) -> Leave | Stop:
        """Nothing more to prove: end the attempt and go."""
        leave, conclusion = self.ready(here, agreed=agreed)
        account = here.arrival.account.id if here.arrival.account else None
        fact = self.mint.fact("s", account, here.attempt.client, ip=browser.ip, user_agent=browser.user_agent[:256])
        if not await self.store.conclude(here.attempt, conclusion, (fact,), self.mint.clock()):
            return Stop("invalid_request", "expired")
        return leave

    async def withhold(self, here: Here, browser: Browser) -> Leave | Stop:
        """A no to the application is one to it alone: whoever has logged in to us stays so, and it is told no more than the no."""
        came, conclusion = self.ready(here, agreed=True)
        kept = conclusion._replace(grant=None, tokens=(), consents=(), extends=())
        left = await self.refuse(here, "access_denied", NOT_AUTHORIZED, browser, kept)
        if isinstance(left, Stop):
            # The session that this went on from is over meanwhile: then there is nothing to keep, and the answer is the same.
            return await self.refuse(here, "access_denied", NOT_AUTHORIZED, browser)
        return left._replace(session=came.session, device=came.device)

    async def refuse(self, here: Here, error: str, description: str, browser: Browser, kept: Conclusion = NOTHING) -> Leave | Stop:
        """End the attempt with an error of the protocol; `kept` is what it leaves all the same."""
        account = here.arrival.account.id if here.arrival.account else None
        code = "access_denied" if error == "blocked" else error
        seen = {"ip": browser.ip, "user_agent": browser.user_agent[:256]}
        facts = [self.mint.fact("s", account, here.attempt.client, **seen)] if kept.session else []
        facts.append(self.mint.fact("f", account, here.attempt.client, error=error, **seen))
        if not await self.store.conclude(here.attempt, kept, facts, self.mint.clock()):
            return Stop("invalid_request", "expired")
        if here.client is OWN_PAGES:
            return self._home(here, error)
        answer = {"error": code, "error_description": description or DESCRIPTIONS.get(error, "")}
        return self.told(here.request, here.client, answer)

    def told(self, request: AuthorizationRequest, client: Client, answer: Mapping[str, str]) -> Leave:
        """The way back to the application, with its answer: in the way that was judged when it asked."""
        way = back(request.redirect_uri, request.state, request.response_mode, client)
        return left(reply(way, answer, self.issuer), client.name, request.ui_locales[0] if request.ui_locales else "")

    def _home(self, here: Here, error: str) -> Leave | Stop:
        """Whoever came from our own pages for one thing more goes back to them; whoever did not get in stays outside."""
        if not here.attempt.wants or here.arrival.session is None or error == "blocked":
            return Stop("declined" if error == "access_denied" else error)
        return Leave(HOME if error == "access_denied" else STUCK)

    def _way(self, here: Here, handed: Handed) -> Leave:
        if here.client is OWN_PAGES:
            return Leave(here.request.redirect_uri, handed.session, handed.device)
        way = self.told(here.request, here.client, {"code": handed.code} if handed.code else {"id_token": self._id_token(here, handed)})
        return way._replace(session=handed.session, device=handed.device)

    def _id_token(self, here: Here, handed: Handed) -> str:
        """What an application is told by the front channel: that somebody has logged in, and no more (no access token leaves so)."""
        grant, account = handed.conclusion.grant, here.arrival.account
        if grant is None or account is None:
            raise TypeError("nobody is logged in")
        return self.issue.id_token(grant, account, here.client, here.catalogue, grant.scope, self.mint.clock())


# Security settings, and the page for whoever can give no proof that they ask for.
HOME, STUCK = "/account", "/account/stuck"
DESCRIPTIONS = {
    "invalid_authorization_details": UNBOUND,
    "blocked": "user is blocked",
    "unmet_authentication_requirements": "The authentication requirements of this request cannot be met.",
    "login_required": LOGIN_REQUIRED,
    "access_denied": "The user or the policy denied the request.",
}
