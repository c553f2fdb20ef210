"""Tickets: links that are good once, for one account, at the address that it has now."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from yett.domain.account import Account, canonical
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge
from yett.flows.current import Current
from yett.flows.handles import Handles
from yett.flows.mint import Mint
from yett.flows.owner import Owner
from yett.flows.steps import Browser
from yett.oauth.lang import choose_locale
from yett.ports import Store

Kind = Literal["verify-email", "reset"]
PATHS: dict[Kind, str] = {"verify-email": "u/email-verification", "reset": "u/reset-password"}


class Ticket(NamedTuple):
    """What a link is about: the address that it went to, and where its holder goes afterwards ("": nowhere).

    `version` is the account's security version that it is good for (0: any): with the password, or a factor, changes that.
    """

    address: str
    result_url: str = ""
    tells_address: bool = False
    verifies: bool = False
    version: int = 0


class Found(NamedTuple):
    """A ticket that is good, and its holder: who they are is proven by the mailbox alone."""

    owner: Owner
    ticket: Ticket
    attempt: Attempt
    question: Challenge | None


@dataclass(frozen=True, slots=True)
class Tickets:
    """Makes and finds them."""

    store: Store
    current: Current
    mint: Mint
    issuer: str

    async def issue(self, kind: Kind, account: Account, client: str, ticket: Ticket, lives: int) -> str:
        """A link for the account. One that resets ends with the next change of the account's security, made by it or not."""
        if kind == "reset":
            ticket = ticket._replace(version=account.security_version)
        attempt, handle = Handles(self.store, self.mint, kind).new(account.id, client, ticket, self.mint.clock() + lives)
        await self.store.begin(attempt, ())
        return f"{self.issuer}{PATHS[kind]}?ticket={handle}"

    async def find(self, kind: Kind, handle: str, browser: Browser) -> Found | None:
        """None where it is not one of ours, was used, is over, or went to an address that the account has no longer."""
        arrival = await Handles(self.store, self.mint, kind).find(handle)
        attempt, account = arrival.attempt, arrival.account
        if attempt is None or account is None:
            return None
        ticket = msgspec.json.decode(attempt.request, type=Ticket)
        if account.blocked or canonical(account.email) != ticket.address or ticket.version not in {0, account.security_version}:
            return None
        catalogue = await self.current.at(arrival.version)
        locale = choose_locale((), browser.languages, catalogue.tenant.locales)
        owner = Owner(account, arrival.enrolments, (), catalogue, attempt.client, browser, locale)
        return Found(owner, ticket, attempt, arrival.challenge)
