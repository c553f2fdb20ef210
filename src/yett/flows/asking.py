"""Put a question to somebody: budgeted before anything leaves, kept, and sent."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.tenant import Tenant
from yett.domain.tries import Bucket
from yett.factors.base import Ask, Factor
from yett.flows import spending
from yett.flows.accounts import is_address
from yett.flows.mint import Mint
from yett.flows.numbers import block_of, country_of, e164
from yett.ports import Limiter, Post, Store

# In one attempt the same code may be asked for again after half a minute.
RESEND = Bucket(1, 30)
RINGS = frozenset({"sms", "voice"})
NOTHING: Mapping[str, str] = {}


class Asker(NamedTuple):
    """Who is asked, and from where: `ip` asks, for an application called `client`.

    `known`: by a browser that an earlier full MFA made known. `pace`: how soon the same may be asked again (None: at once).
    With no `account` everything is done as for one, and nothing leaves: nobody shall learn from it who has one.
    """

    account: Account | None
    tenant: Tenant
    client: str
    ip: str = ""
    known: bool = False
    pace: Bucket | None = RESEND


class Withheld(NamedTuple):
    """Nothing was asked. `reason` is a message id.

    `why`: too many for now (`paced`: too_many_attempts, 429), a destination that is not served (`unserved`, against SMS
    pumping), what was typed is no destination (`invalid`), or the attempt went on elsewhere (`moved`).
    """

    reason: str
    why: Literal["paced", "unserved", "invalid", "moved"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Needs no browser: pages, the MFA API and an owner's own changes ask by it. `by_address`: whoever asks from one address is limited here."""

    store: Store
    limiter: Limiter
    mint: Mint
    post: Post
    by_address: bool = True

    async def challenge(self, attempt: Attempt, factor: Factor, to: Sequence[Enrolment], ask: Ask, asker: Asker) -> Challenge | Withheld:
        """Ask for enrolments that there are, by `ask.channel`."""
        return await self._put(attempt, factor, factor.challenge(to, ask), asker)

    async def offer(
        self, attempt: Attempt, factor: Factor, has: Sequence[Enrolment], ask: Ask, asker: Asker, *, region: str = "", kept: Mapping[str, str] = NOTHING
    ) -> Challenge | Withheld:
        """Begin an enrolment: `ask.target` as it was typed, a number dialled from `region` where it has no country code.

        `kept` is what the question remembers besides, sealed like what it shows.
        """
        if RINGS.intersection(factor.words.channels):
            # A text is for a telephone that can show it; a call rings anywhere.
            number = e164(ask.target, region, landline=factor.offer(ask, has).channel == "voice")
            if number is None:
                return Withheld("bad_number", "invalid")
            ask = ask._replace(target=number)
        question = factor.offer(ask, has)
        question = question._replace(show={**question.show, **kept})
        if any(one.channel == "email" and not is_address(one.to) for one in question.send):
            return Withheld("bad_address", "invalid")
        return await self._put(attempt, factor, question, asker)

    async def _put(self, attempt: Attempt, factor: Factor, question: Challenge, asker: Asker) -> Challenge | Withheld:
        # Kept even where nothing is to be remembered, if it is the question of one transaction: an answer approves that one.
        if question.remember == State() and not question.send and question.binds is None:
            return question
        for message in question.send:
            if refused := await self._refused(attempt, factor, question, message, asker):
                await self._tell(attempt, factor, message, asker, refused)
                return refused
        told = tuple(one._replace(data={"client": asker.client, **one.data}) for one in question.send if asker.account)
        account = asker.account.id if asker.account else None
        fact = self.mint.fact("gd_start_enroll" if question.offer else "gd_start_auth", account, attempt.client, factor=factor.kind)
        if not await self.store.ask(attempt, question._replace(send=told), (fact,)):
            return Withheld("moved_on", "moved")
        if told:
            self.post()
        return question

    async def _refused(self, attempt: Attempt, factor: Factor, question: Challenge, message: Message, asker: Asker) -> Withheld | None:
        """Why this must not leave: the limiter that cannot be reached raises, and nothing does."""
        now, account = self.mint.clock(), asker.account.id if asker.account else _hidden(message.to)
        country = country_of(message.to) if message.channel in RINGS else ""
        limits = spending.limits(asker.tenant, factor.words.factor)
        # Somebody's own browser gets their own code, whatever a fraud in the same country has used up.
        spared = asker.known and not question.offer
        if country and not limits.serves(country):
            return Withheld("not_served", "unserved")
        if country and not spared and spending.pumped(*await self.store.conversion(country, now - spending.WINDOW)):
            return Withheld("held_back", "unserved")
        if asker.pace and not await self.limiter.take(f"resend:{attempt.id}:{message.channel}:{_hidden(message.to)}", asker.pace, now):
            return Withheld("too_soon", "paced")
        # Text and call are one budget: both cost.
        by = "telephone" if country else message.channel
        budgets = [(f"message:{by}:{account}", spending.account(message.channel))]
        if self.by_address and asker.ip:
            budgets.append((f"message:{by}:from:{asker.ip}", spending.ADDRESS))
        if country:
            budgets.append((f"message:block:{_hidden(block_of(message.to))}", spending.BLOCK))
        if country and not spared:
            budgets.append((f"message:country:{country}", limits.country))
        for key, bucket in budgets:
            if not await self.limiter.take(key, bucket, now):
                return Withheld("too_many_messages", "paced")
        return None

    async def _tell(self, attempt: Attempt, factor: Factor, message: Message, asker: Asker, refused: Withheld) -> None:
        """A fact for the log, but for an impatient finger."""
        if refused.reason == "too_soon":
            return
        account, seen = asker.account.id if asker.account else None, {"factor": factor.kind, "reason": refused.reason, "ip": asker.ip}
        if refused.why == "paced":
            fact = self.mint.fact(factor.words.log_limit, account, attempt.client, **seen)
        else:
            fact = self.mint.fact("gd_send_voice_failure" if message.channel == "voice" else "gd_send_sms_failure", account, attempt.client, **seen)
        await self.store.record((fact,))


def at_home(ask: Ask, client: Client) -> Ask:
    """The application's own pages may answer as well: where our name is not theirs too, no browser lets them."""
    related = ask.rules.get("origins")
    known = related if isinstance(related, (list, tuple)) else ()
    return ask._replace(rules={**ask.rules, "origins": (*known, *client.web_origins)})


def _hidden(destination: str) -> str:
    """A limiter need not know whose number it counts."""
    return hashlib.sha256(destination.encode()).hexdigest()[:32]
