"""Forward authentication: who stands before a protected host, the way to a login, the way back, and the way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.assurance import Claims, claims
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment
from yett.domain.outcome import Allow, Outcome
from yett.domain.protected import CALLBACK, Protected
from yett.domain.session import Grant, Session, Token
from yett.domain.tenant import Catalogue
from yett.flows.conclude import OVERLAP
from yett.flows.current import Current
from yett.flows.gate import Gate, regime_of, standing
from yett.flows.issue import profile_of
from yett.flows.login import same
from yett.flows.mint import Mint, digest
from yett.flows.steps import Browser, asked_by
from yett.oauth import forward, pkce
from yett.oauth.errors import OAuthError
from yett.oauth.forward import Asked, Demand
from yett.oauth.redirects import with_query
from yett.ports import Store

# What a browser may be told of a login that led nowhere: words of ours, whatever an address says.
SAID = {"access_denied": "declined", "unmet_authentication_requirements": "unmet_authentication_requirements", "expired": "expired"}


class Inside(NamedTuple):
    """Somebody who may go on, and what their login amounts to."""

    account: Account
    claims: Claims
    name: str = ""


class ToLogin(NamedTuple):
    """Somebody who has to log in, or to prove more: where to, and the secret that their browser keeps until they are back."""

    url: str
    secret: str


class Back(NamedTuple):
    """Logged in: on to where they came from, with the cookie of that host."""

    url: str
    cookie: str


class Nowhere(NamedTuple):
    """A login that led nowhere: `why` is the name of a page."""

    why: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Every request is judged by the gate, on the proofs of its own login and on what is in force now."""

    store: Store
    current: Current
    gate: Gate
    mint: Mint
    issuer: str

    async def check(self, host: Protected, demand: Demand, cookie: str) -> Inside | None:
        """One load, no signature. None for whoever has to log in: the cookie is another host's, or login or session are over, or do not suffice."""
        now = self.mint.clock()
        found = await self.store.passed(digest(cookie), now) if cookie else None
        if found is None or found.grant.client != host.client.id:
            return None
        catalogue = await self.current.at(found.version)
        if standing(found.session, catalogue, now) is None or host.client.id not in catalogue.clients:
            return None
        outcome = self._judge(_again(found.grant, demand, now), found.account, found.enrolments, catalogue, now)
        if not isinstance(outcome, Allow):
            return None
        await self._seen(found.session, catalogue, now)
        return Inside(found.account, claims(outcome.proofs, demand.acrs), str(profile_of(found.account).get("name", "")))

    def begin(self, asked: Asked, demand: Demand, secret: str) -> ToLogin:
        """Send them to log in. A browser that has begun another way, in another tab, keeps its secret."""
        secret = secret if forward.usable(secret) else self.mint.token()
        way = forward.Way(self.mint.name(), asked.back, demand)
        return ToLogin(forward.login_url(self.issuer, asked.host, secret, way), secret)

    async def back(self, host: Protected, params: Mapping[str, str], secret: str, cookie: str, browser: Browser) -> Back | Nowhere:
        """The answer to an authorization request: good once, in the browser that began it, and only if it says what was asked."""
        way = forward.way_of(secret, params.get("state", ""))
        if way is None or params.get("iss") != self.issuer:
            return Nowhere("expired")
        if "code" not in params:
            return Nowhere(SAID.get(params.get("error", ""), "access_denied"))
        now = self.mint.clock()
        found = await self.store.token("code", digest(params["code"]), now)
        if found is None or not _meant(found.grant, host, secret, way):
            return Nowhere("expired")
        catalogue, made = await self.current.at(found.version), found.grant.created_at
        attempt = _again(found.grant, way.demand, made)._replace(id=max(found.grant.proofs, key=lambda proof: proof.completed_at).attempt)
        if not isinstance(self._judge(attempt, found.account, found.enrolments, catalogue, made), Allow):
            return Nowhere("unmet_authentication_requirements")
        value = self.mint.token()
        facts = {
            "done": (self.mint.fact("seacft", found.account.id, host.client.id, grant=found.grant.id, ip=browser.ip),),
            "replayed": (self.mint.fact("feacft", found.account.id, host.client.id, grant=found.grant.id, reason="used before: the grant is revoked"),),
        }
        kept = Token(digest(value), "pass", found.grant.id, found.grant.ends_at, found.grant.scope)
        if await self.store.redeem(found.token, (kept,), 0, now, facts) == "replayed":
            return Nowhere("expired")
        await self._end(host, cookie, now)
        return Back(host.origin + way.uri, value)

    async def leave(self, host: Protected, cookie: str) -> str:
        """Sign out of this host, and on to where the session ends, and with it every other host's."""
        await self._end(host, cookie, self.mint.clock())
        return with_query(self.issuer + "v2/logout", {"client_id": host.client.id})

    def _judge(self, attempt: Attempt, account: Account, has: tuple[Enrolment, ...], catalogue: Catalogue, now: int) -> Outcome:
        return self.gate.decide(self.gate.case(attempt, account, has, catalogue, now), now)

    async def _seen(self, session: Session, catalogue: Catalogue, now: int) -> None:
        """Whoever works behind a protected host is not idle; once a minute is often enough to say so."""
        idle = min(now + regime_of(catalogue).session_idle, session.ends_at)
        if idle - session.idle_at > OVERLAP:
            await self.store.touch(session, idle)

    async def _end(self, host: Protected, cookie: str, now: int) -> None:
        """The cookie of before is worth nothing any longer."""
        found = await self.store.passed(digest(cookie), now) if cookie else None
        if found is not None and found.grant.client == host.client.id:
            await self.store.revoke(found.grant.id, now, (self.mint.fact("slo", found.account.id, host.client.id, grant=found.grant.id),))


def _again(grant: Grant, demand: Demand, now: int) -> Attempt:
    """The login that a cookie came from, to be judged by what is in force now."""
    return Attempt(grant.id, "client", b"", grant.client, now, now, account=grant.account, base=grant.proofs, waivers=grant.waivers, wants=demand.clauses)


def _meant(grant: Grant, host: Protected, secret: str, way: forward.Way) -> bool:
    """Whether a code was made for this host, this browser and this way."""
    request = asked_by(grant)
    try:
        pkce.verify(forward.verifier_of(secret, way), request.code_challenge)
    except OAuthError:
        return False
    mine = same(request.nonce, forward.nonce_of(secret, way))
    return mine and grant.client == host.client.id and request.redirect_uri == host.origin + CALLBACK
