"""Enrolment tickets: a link from the helpdesk, good once, with which somebody enrols a factor (Auth0's guardian/enrollments/ticket)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from yett.domain.account import Account, canonical
from yett.domain.attempt import Attempt
from yett.domain.fact import Fact
from yett.flows.current import Current
from yett.flows.gate import regime_of
from yett.flows.handles import Handles
from yett.flows.mint import Mint
from yett.flows.own import Enrolled, Offer, Own
from yett.flows.owner import Missing, Owner
from yett.flows.steps import Browser
from yett.ports import Store

# Five days, in seconds, as Auth0's.
LIVES = 432000


class Invitation(NamedTuple):
    """What a ticket is for: a kind of factor ("": any), in whose language, and whether it may be one more.

    `address` is the account's when it was made: whoever has the mailbox of before has no way in by it.
    """

    kind: str
    more: bool
    locale: str
    address: str = ""


class Open(NamedTuple):
    """A ticket that is good: whose it is, what may be enrolled, the strongest first, and whether it stands in for their proofs.

    Where it does not, they prove themselves as for any change.
    """

    owner: Owner
    attempt: Attempt
    kinds: tuple[str, ...]
    suffices: bool


@dataclass(frozen=True, slots=True)
class Invitations:
    """Makes tickets."""

    store: Store
    mint: Mint
    issuer: str

    @property
    def handles(self) -> Handles:
        """Those of the links."""
        return Handles(self.store, self.mint, "ticket", "gten_")

    async def issue(self, account: Account, invitation: Invitation, client: str, facts: Sequence[Fact]) -> tuple[str, str]:
        """A new ticket: its name, and its link, which is kept nowhere."""
        invitation = invitation._replace(address=canonical(account.email))
        attempt, ticket = self.handles.new(account.id, client, invitation, self.mint.clock() + LIVES)
        await self.store.begin(attempt, facts)
        return attempt.id, f"{self.issuer}guardian/enroll?ticket={ticket}"


@dataclass(frozen=True, slots=True)
class EnrolmentTickets:
    """Takes tickets. Only a completed enrolment uses one up: scanners of mail look at links, too."""

    own: Own
    current: Current
    invitations: Invitations

    async def open(self, ticket: str, browser: Browser) -> Open | None:
        """What this ticket opens now; looking at it changes nothing."""
        arrival = await self.invitations.handles.find(ticket)
        attempt, account = arrival.attempt, arrival.account
        if attempt is None or account is None or account.blocked:
            return None
        catalogue, invitation = await self.current.at(arrival.version), msgspec.json.decode(attempt.request, type=Invitation)
        if invitation.address != canonical(account.email):
            return None
        owner = Owner(account, arrival.enrolments, (), catalogue, "", browser, invitation.locale)
        offered = [one for one in self.own.ownership.kinds(owner) if not one.words.companion]
        kinds = tuple(one.kind for one in offered if invitation.kind in {"", one.kind})
        # A ticket lowers nothing that a strict regime asks; and it is no way around a factor, unless the helpdesk says so.
        suffices = not regime_of(catalogue).strict and (invitation.more or not self.own.ownership.has_factor(owner))
        return Open(owner._replace(vouched=suffices), attempt, kinds, suffices)

    async def begin(self, opened: Open, kind: str, *, channel: str = "", target: str = "", region: str = "") -> Offer | Missing | str:
        """Begin the enrolment that it is for."""
        if kind not in opened.kinds or not opened.suffices:
            return "absent"
        return await self.own.begin(opened.owner, kind, channel=channel, target=target, region=region)

    async def confirm(self, opened: Open, handle: str, answer: str) -> Enrolled | Missing | str:
        """Complete it: with that the ticket is used up."""
        if not opened.suffices:
            return "expired"
        return await self.own.confirm(opened.owner, handle, answer, spends=opened.attempt)

    async def accept(self, opened: Open) -> bool:
        """It leads to where its owner proves themselves, and is used up by that."""
        return await self.own.store.update(opened.attempt, opened.attempt._replace(done=True))
