"""Owners: whoever changes their own account, what they hold, and what they must prove before it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment, Message
from yett.domain.fact import Fact
from yett.domain.proof import Proof, Shown
from yett.domain.tenant import Catalogue
from yett.factors.base import Ask, Factor, Words
from yett.flows.accounts import IMPLICIT
from yett.flows.asking import Asker
from yett.flows.gate import Gate, regime_of
from yett.flows.mint import Mint
from yett.flows.steps import Browser
from yett.policy.decide import Case, address_first, change_wants, may_change, permitted


class Owner(NamedTuple):
    """Whoever changes their own account, as one load found it. `proofs` are those that their session or grant vouches for.

    `client` is the application that they come by. `known`: their browser is one that an earlier full MFA made known.
    `vouched`: the helpdesk's ticket stands in for their proofs, for the account as it was seen.
    """

    account: Account
    enrolments: tuple[Enrolment, ...]
    proofs: tuple[Proof, ...]
    catalogue: Catalogue
    client: str
    browser: Browser = Browser()
    locale: str = "en"
    known: bool = False
    vouched: bool = False


class Held(NamedTuple):
    """An enrolment, what its factor is called, and why its owner may not remove it ("": they may)."""

    enrolment: Enrolment
    words: Words
    stays: str = ""


class Missing(NamedTuple):
    """What must be proven first: all of `acrs`, no longer than `max_age` seconds ago.

    `acceptable` are the enrolments that help, best first; none: nothing that the account has left does.
    """

    acrs: tuple[str, ...]
    max_age: int
    acceptable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Judges an owner's change, equally for every page and API."""

    gate: Gate
    mint: Mint
    origin: str = ""

    def listed(self, owner: Owner) -> Sequence[Held]:
        """The enrolments of the account, the oldest first; a password has no page of this kind."""
        known = (one for one in owner.enrolments if one.kind in self.gate.factors and one.status != "deleted")
        held = (Held(one, self.gate.factors[one.kind].words, self._stays(owner, one)) for one in known)
        return sorted((one for one in held if one.words.factor), key=lambda one: (one.enrolment.created_at, one.enrolment.id))

    def mine(self, owner: Owner, id: str) -> Held | None:
        """One of them; somebody else's is nobody's."""
        return next((one for one in self.listed(owner) if one.enrolment.id == id), None)

    def kinds(self, owner: Owner) -> Sequence[Factor]:
        """The factors that may be enrolled: switched on, and permitted by the regime; the strongest first."""
        regime = regime_of(owner.catalogue)
        on = (one for one in self.gate.factors.values() if one.words.screen_enrol and self.gate.on(one, owner.catalogue))
        return sorted((one for one in on if permitted(one.promise(None), regime)), key=lambda one: -one.strength)

    def case(self, owner: Owner, now: int, attempt: Attempt | None = None) -> Case:
        """What the gate looks at; with an attempt, what was shown in it as well."""
        attempt = attempt or Attempt("", "own", b"", owner.client, now, now, account=owner.account.id, base=owner.proofs)
        return self.gate.case(attempt, owner.account, owner.enrolments, owner.catalogue, now)

    def missing(self, owner: Owner, about: Shown, now: int) -> Missing | None:
        """What must be proven before a factor that proves `about` is added, removed or changed; None: nothing."""
        case = self.case(owner, now)
        step = None if owner.vouched else may_change(case, now, about)
        if step is None:
            return None
        acrs = tuple(acr for clause in change_wants(case, about) for acr in clause.acrs)
        return Missing(acrs, case.regime.fresh, step.acceptable)

    def refused(self, owner: Owner, factor: Factor, now: int) -> Missing | str | None:
        """Why no factor of this kind may be added."""
        if owner.account.blocked:
            return "blocked"
        if factor.words.companion and not self.has_factor(owner):
            return "no_factor"
        return "unverified" if address_first(self.case(owner, now)) else self.missing(owner, factor.promise(None), now)

    def has_factor(self, owner: Owner) -> bool:
        """Whether the account has a factor that stands for itself, in use or not."""
        return any(self._counts(one) for one in owner.enrolments)

    def gone(self, owner: Owner, these: Sequence[Enrolment]) -> list[Enrolment]:
        """What goes along with them: what is linked; and recovery codes recover nothing once the last factor is gone."""
        links = {one.link for one in these if one.link}
        gone = [one for one in owner.enrolments if one in these or one.link in links]
        if any(self._counts(one) and one not in gone for one in owner.enrolments):
            return gone
        return gone + [one for one in owner.enrolments if one not in gone and self._words(one).companion]

    def ask(self, owner: Owner, factor: Factor, attempt: str = "", *, channel: str = "", target: str = "") -> Ask:
        """All that a factor may want to know."""
        tenant, label = owner.catalogue.tenant, owner.account.email
        return Ask(
            random=self.mint.random(64),
            now=self.mint.clock(),
            id=self.mint.name(),
            attempt=attempt,
            rules={"count": tenant.recovery_codes, **tenant.factor_settings.get(factor.words.factor, {})},
            locale=owner.locale,
            channel=channel,
            target=target or label,
            issuer=tenant.brand.name,
            label=label,
            origin=self.origin,
            account=owner.account.id,
            agent=owner.browser.user_agent,
        )

    def asker(self, owner: Owner) -> Asker:
        """Who is asked, and from where."""
        client = owner.catalogue.clients.get(owner.client)
        tenant = owner.catalogue.tenant
        return Asker(owner.account, tenant, client.name if client else tenant.brand.name, owner.browser.ip, owner.known)

    def reached(self, owner: Owner, one: Enrolment) -> Sequence[Message]:
        """What a code to this enrolment would be: nothing, where nothing is sent to it."""
        factor = self.gate.factors.get(one.kind)
        return factor.challenge((one,), self.ask(owner, factor)).send if factor else ()

    def notices(self, owner: Owner, factor: Factor, template: str) -> list[Message]:
        """To the account's address; and where the factor is a mailbox itself, to another channel besides."""
        data = {"factor": factor.words.factor}
        told = [Message("email", owner.account.email, template, owner.locale, data)] if owner.account.email else []
        if "email" not in factor.words.channels:
            return told
        others = (one for one in owner.enrolments if one.kind != factor.kind and one.status == "active" and self._words(one).channels)
        sent = [message for one in others for message in self.reached(owner, one)]
        return told + [message._replace(template=template, data=data) for message in sent[:1]]

    def everywhere(self, owner: Owner, template: str, data: Mapping[str, str]) -> list[Message]:
        """To the account's address and wherever codes go, to what is suspended too: whoever still holds it must hear of it."""
        told = [Message("email", owner.account.email, template, owner.locale, data)] if owner.account.email else []
        held = (one for one in owner.enrolments if one.status in {"active", "suspended"})
        told += [one._replace(template=template, data=data) for each in held for one in self.reached(owner, each)]
        return list({(one.channel, one.to.casefold()): one for one in reversed(told)}.values())[::-1]

    def fact(self, owner: Owner, type: str, factor: Factor, **data: object) -> Fact:
        """Something that the owner did."""
        seen = {"ip": owner.browser.ip, "user_agent": owner.browser.user_agent[:256]}
        return self.mint.fact(type, owner.account.id, owner.client or None, factor=factor.kind, **seen, **data)

    def _stays(self, owner: Owner, one: Enrolment) -> str:
        """Why it cannot be removed: it comes with the verified address, or no one may be without one here."""
        if one.link == IMPLICIT:
            return "implicit"
        last = self._counts(one) and not any(self._counts(each) and each.id != one.id for each in owner.enrolments)
        return "last_factor" if last and regime_of(owner.catalogue).requires else ""

    def _counts(self, one: Enrolment) -> bool:
        """Whether it is a factor that stands for itself: no password, not implied, and not there to recover others."""
        words = self._words(one)
        return bool(words.factor) and not words.companion and one.link != IMPLICIT and one.status != "deleted"

    def _words(self, one: Enrolment) -> Words:
        factor = self.gate.factors.get(one.kind)
        return factor.words if factor else Words()
