"""Leave an attempt: to the application with a code, or with an error that it can act on."""

from dataclasses import dataclass

from yett.domain.client import OWN_PAGES
from yett.domain.outcome import Allow
from yett.domain.session import Conclusion
from yett.flows.conclude import Conclude, Handed
from yett.flows.here import Here
from yett.flows.mint import Mint
from yett.flows.steps import Browser, Leave, Stop
from yett.oauth.redirects import answer_url
from yett.ports import Attempts


@dataclass(frozen=True, slots=True)
class Leaving:
    """The ways out of an attempt, each of which ends it."""

    store: Attempts
    conclude: Conclude
    mint: Mint
    issuer: str

    def ready(self, here: Here) -> tuple[Leave, Conclusion]:
        """The way out and what is to be written before it is taken. Only for an attempt that the gate allowed."""
        if not isinstance(here.outcome, Allow) or here.arrival.account is None:
            raise TypeError("an attempt that the gate did not allow has no conclusion")
        handed = self.conclude.browser(here.attempt, here.outcome, here.arrival.account, here.arrival, here.catalogue, here.request)
        return self._way(here, handed), handed.conclusion

    async def finish(self, here: Here, browser: Browser) -> Leave | Stop:
        """Nothing more to prove: end the attempt and go."""
        leave, conclusion = self.ready(here)
        account = here.arrival.account.id if here.arrival.account else None
        fact = self.mint.fact("s", account, here.attempt.client, ip=browser.ip, user_agent=browser.user_agent[:256])
        if not await self.store.conclude(here.attempt, conclusion, (fact,), self.mint.clock()):
            return Stop("invalid_request", "expired")
        return leave

    async def refuse(self, here: Here, error: str, description: str, browser: Browser) -> Leave | Stop:
        """End the attempt with an error of the protocol."""
        account = here.arrival.account.id if here.arrival.account else None
        code = "access_denied" if error == "blocked" else error
        fact = self.mint.fact("f", account, here.attempt.client, error=error, ip=browser.ip, user_agent=browser.user_agent[:256])
        if not await self.store.conclude(here.attempt, Conclusion(), (fact,), self.mint.clock()):
            return Stop("invalid_request", "expired")
        if here.client is OWN_PAGES:
            return self._home(here, error)
        answer = {"error": code, "error_description": description or DESCRIPTIONS.get(error, "")}
        return Leave(answer_url(here.request.redirect_uri, answer, here.request.state, self.issuer))

    def _home(self, here: Here, error: str) -> Leave | Stop:
        """Whoever came from our own pages for one thing more goes back to them; whoever did not get in stays outside."""
        if not here.attempt.wants or here.arrival.session is None or error == "blocked":
            return Stop("declined" if error == "access_denied" else error)
        return Leave(HOME if error == "access_denied" else STUCK)

    def _way(self, here: Here, handed: Handed) -> Leave:
        if here.client is OWN_PAGES:
            return Leave(here.request.redirect_uri, handed.session, handed.device)
        url = answer_url(here.request.redirect_uri, {"code": handed.code}, here.request.state, self.issuer)
        return Leave(url, handed.session, handed.device)


# Security settings, and the page for whoever can give no proof that they ask for.
HOME, STUCK = "/account", "/account/stuck"
DESCRIPTIONS = {
    "blocked": "user is blocked",
    "unmet_authentication_requirements": "The authentication requirements of this request cannot be met.",
    "access_denied": "The user or the policy denied the request.",
}
