"""Who a browser brings along, before anything is asked: its session, and what that vouches for."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.attempt import Attempt
from yett.domain.enrolment import Message
from yett.domain.tenant import Catalogue
from yett.flows.current import Current
from yett.flows.gate import regime_of, standing
from yett.flows.mint import Mint, digest
from yett.flows.signals import seen
from yett.flows.steps import Browser
from yett.oauth.authorize import AuthorizationRequest, present_only, wants
from yett.oauth.details import digest as digest_of
from yett.ports import Arrival, Post, Store


class Recognised(NamedTuple):
    """What one load found, and the configuration in force; a session that does not stand is none."""

    arrival: Arrival
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Recognise:
    """The load that every visit begins with."""

    store: Store
    current: Current
    mint: Mint
    post: Post

    async def __call__(self, browser: Browser) -> Recognised:
        """By the browser's cookies. A copy of a remembered browser's token is noticed here."""
        now = self.mint.clock()
        arrival = await self.store.arrive(_cookie(browser.session), _cookie(browser.device), now)
        catalogue = await self.current.at(arrival.version)
        if arrival.stolen:
            await self._theft(arrival.stolen, arrival.stolen_device, browser, now)
        if standing(arrival.session, catalogue, now) is None:
            arrival = nobody(arrival)
        return Recognised(arrival, catalogue)

    def attempt(self, request: AuthorizationRequest, found: Recognised, browser: Browser) -> Attempt:
        """The beginning of what this request asks for; written only where something has to be asked."""
        session, now = found.arrival.session, self.mint.clock()
        return Attempt(
            id=self.mint.name(),
            via="browser",
            holder=digest(browser.holder or self.mint.token()),
            client=request.client_id,
            arrived_at=now,
            expires_at=now + regime_of(found.catalogue).attempt_lives,
            account=session.account if session else None,
            request=msgspec.json.encode(request),
            wants=wants(request),
            present_only=present_only(request),
            base=session.proofs if session else (),
            signals=seen(browser),
            transaction=digest_of(request.authorization_details),
        )

    async def _theft(self, account: str, device: str | None, browser: Browser, now: int) -> None:
        """A token that was rotated long ago came back: somebody has a copy. The record is void, and the account is told."""
        found = await self.store.account(account)
        notices = (Message("email", found[0].email, "remembered_revoked", "en", {}),) if found else ()
        fact = self.mint.fact("w", account, None, reason="a remembered browser was copied", ip=browser.ip, user_agent=browser.user_agent[:256])
        await self.store.forget(account, (fact,), device, notices, now)
        self.post()


def nobody(arrival: Arrival) -> Arrival:
    """The same browser, as if nobody were logged in."""
    return arrival._replace(session=None, account=None, enrolments=())


def _cookie(value: str) -> bytes | None:
    return digest(value) if value else None
