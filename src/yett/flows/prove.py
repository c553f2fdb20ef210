"""Judge an answer, and learn the verdict only from the commit that spent its try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yett.domain.account import canonical
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Challenge, Enrolment, Message
from yett.domain.fact import Fact
from yett.domain.session import Conclusion
from yett.domain.tries import Bucket
from yett.domain.verdict import Accepted, Rejected, Settled, Verdict
from yett.factors.base import Factor
from yett.flows.accounts import IMPLICIT
from yett.flows.alarm import Alarm
from yett.flows.here import NO_WISH, Here, Whereabouts, vouched, wish
from yett.flows.leave import Leaving
from yett.flows.mint import Mint, digest
from yett.flows.models import Models
from yett.flows.own_key import UNWISHED, Wish
from yett.flows.rehash import Rehash
from yett.flows.steps import Browser, Leave
from yett.ports import Attempts, Busy, Hasher, Judged, Limiter, Post

# Auth0's log type of an address that was confirmed.
VERIFIED = "sv"
TRIES: Mapping[Settled, str] = {"used": "already_used", "no tries": "too_many_tries"}


@dataclass(frozen=True, slots=True)
class Prove:
    """Answers to questions: each method returns where the attempt then stands, the way out, or an error's message id."""

    store: Attempts
    whereabouts: Whereabouts
    leaving: Leaving
    hasher: Hasher
    limiter: Limiter
    mint: Mint
    post: Post
    alarm: Alarm
    address_bucket: Bucket | None
    rehash: Rehash
    models: Models

    async def password(self, here: Here, password: str, browser: Browser) -> Here | Leave | str:
        """The first factor: equal work and equal words, whether the account exists or not."""
        now = self.mint.clock()
        if self.address_bucket and not await self.limiter.take(f"password:{browser.ip}", self.address_bucket, now):
            return "too_many_tries"
        factor, one = self.whereabouts.password, self._password_of(here)
        try:
            matched = await self.hasher.verify(one.state.secret if one else None, password)
        except Busy:
            return "busy"
        verdict = factor.verify(one or self.whereabouts.nobodys[0], None, b"match" if matched else b"", self.whereabouts.ask(here, factor))
        if one is None:
            return await self._nobody(here, browser, now)
        told = await self._settle(here, one, None, verdict, factor, browser)
        if matched and not isinstance(told, str):
            await self.rehash(one, password)
        return told

    async def unnamed(self, here: Here, answer: str, browser: Browser) -> Here | Leave | str:
        """A proof that says itself whose it is (a passkey): of anybody, or of whoever was named before."""
        factor, asked = self.whereabouts.gate.factors[here.place.kind], here.arrival.challenge
        # Before anything is said of the credential: a browser forgets what we call unknown.
        if asked is None or asked.to:
            return "expired"
        lookup = factor.locate(answer.encode(errors="replace"))
        found = await self.store.bearer(lookup) if lookup else None
        if found is None:
            return "unknown_passkey"
        there = self.whereabouts.stand(here.attempt, here.arrival._replace(account=found[0], enrolments=found[1]), here.catalogue)
        one = next(one for one in found[1] if one.lookup == lookup)
        if one.kind != factor.kind or one.id not in there.case.usable:
            return "unusable"
        verdict = factor.verify(one, asked, answer.encode(errors="replace"), self.whereabouts.ask(there, factor))
        if isinstance(verdict, Accepted) and not _meant(here, one.account):
            verdict = Rejected("another_account")
        return await self._settle(there, one, asked, verdict, factor, browser)

    async def factor(self, here: Here, code: str, browser: Browser, wish: Wish) -> Here | Leave | str:
        """A further factor: the one that the page is about, or one of the same kind that says itself which it is."""
        if not here.asked:
            return "wrong_code"
        factor = self.whereabouts.gate.factors[here.place.kind]
        lookup = factor.locate(code.encode())
        one = next((one for one in here.asked if lookup is not None and one.lookup == lookup), here.asked[0])
        asked = here.arrival.challenge if here.arrival.challenge and one.id in here.arrival.challenge.to else None
        verdict = factor.verify(one, asked, code.encode(), self.whereabouts.ask(here, factor))
        return await self._settle(here, one, asked, verdict, factor, browser, wish)

    async def enrol(self, here: Here, answer: str, browser: Browser) -> Here | Leave | str:
        """The answer that completes an enrolment; whether the account may still add one is decided again in the commit."""
        asked, account = here.arrival.challenge, here.arrival.account
        if asked is None or account is None or not asked.offer or asked.kind != here.place.kind or asked.expires_at <= self.mint.clock():
            return "expired"
        factor = self.whereabouts.gate.factors[asked.kind]
        verdict = factor.confirm(asked, answer.encode(), await self.models.judging(factor, self.whereabouts.ask(here, factor)))
        now, verifies = self.mint.clock(), here.place.verifies
        if verifies and isinstance(verdict, Accepted) and verdict.state.open != canonical(account.email).encode():
            return "expired"
        same = [one for one in here.arrival.enrolments if one.kind == asked.kind]
        old = next((one for one in same if factor.words.companion or (verifies and one.link == IMPLICIT)), None)
        new = self._enrolment(asked, account.id, factor, verdict, now, old)._replace(link=IMPLICIT if verifies else None)
        after, conclusion, leave = here.attempt, None, None
        if isinstance(verdict, Accepted):
            after = _moved(here.attempt, new, verdict)
            after = after._replace(commands=NO_WISH) if wish(after) == asked.kind else after
            has = (*(one for one in here.arrival.enrolments if one.id != new.id), new)
            owner = account._replace(email_verified=account.email_verified or verifies)
            arrival = here.arrival._replace(attempt=after, account=owner, challenge=None, enrolments=has)
            ahead = self.whereabouts.stand(after, arrival, here.catalogue)
            if ahead.place.verb == "finish":
                leave, conclusion = self.leaving.ready(ahead)
        settled = await self.store.enrol(
            here.attempt,
            asked,
            verdict,
            account,
            (new,) if isinstance(verdict, Accepted) else (),
            self.whereabouts.budget(here, first=False),
            now,
            self._facts(here, factor, verdict, browser, VERIFIED if verifies else factor.words.log_enrolled, conclusion),
            after,
            conclusion,
            () if verifies else (_notice("factor_added" if old is None else "recovery_regenerated", account.email, here, factor),),
            verifies=verifies,
        )
        return await self._next(settled, verdict, here, leave, browser)

    async def _settle(
        self, here: Here, one: Enrolment, asked: Challenge | None, verdict: Verdict, factor: Factor, browser: Browser, wish: Wish = UNWISHED
    ) -> Here | Leave | str:
        after, conclusion, leave = here.attempt, None, None
        if isinstance(verdict, Accepted):
            after = _moved(here.attempt, one, verdict)._replace(
                account=one.account,
                base=vouched(here.arrival, one.account),
                remember=here.attempt.remember or wish.remember,
                browser_key=wish.key or here.attempt.browser_key,
            )
            ahead = self.whereabouts.ahead(here, after)
            if ahead.place.verb == "finish":
                after = ahead.attempt
                leave, conclusion = self.leaving.ready(ahead)
        first = factor.promise(one).first
        settled = await self.store.settle(
            here.attempt,
            (Judged(one, verdict),),
            asked,
            self.whereabouts.budget(here, first=first),
            self.mint.clock(),
            self._facts(here, factor, verdict, browser, "" if first else factor.words.log_done, conclusion),
            after,
            conclusion,
            self._notices(here, factor, verdict),
        )
        return await self._next(settled, verdict, here, leave, browser)

    async def _next(self, settled: Settled, verdict: Verdict, here: Here, leave: Leave | None, browser: Browser) -> Here | Leave | str:
        if settled == "no tries":
            await self.alarm(here.arrival.account, here.attempt.identifier, here.request.ui_locales[0])
        if settled != "done":
            return TRIES[settled]
        self.post()
        if isinstance(verdict, Rejected):
            return verdict.reason
        return leave or await self.whereabouts.find(here.attempt.id, browser) or "expired"

    async def _nobody(self, here: Here, browser: Browser, now: int) -> str:
        """No such account: the same work, pace and words as where there is one."""
        said: Mapping[Settled, str] = {"done": "fu", "used": "fu", "no tries": self.whereabouts.password.words.log_limit}
        facts = {settled: (self.mint.fact(type, None, here.attempt.client, **_seen(browser)),) for settled, type in said.items()}
        if await self.store.miss(digest(here.attempt.identifier), self.whereabouts.budget(here, first=True), now, facts):
            return "wrong_credentials"
        await self.alarm(None, here.attempt.identifier, here.request.ui_locales[0])
        return TRIES["no tries"]

    def _password_of(self, here: Here) -> Enrolment | None:
        kind = self.whereabouts.password.kind
        return next((one for one in here.case.enrolments if one.kind == kind and one.id in here.case.usable), None)

    def _enrolment(self, asked: Challenge, account: str, factor: Factor, verdict: Verdict, now: int, old: Enrolment | None) -> Enrolment:
        right = verdict if isinstance(verdict, Accepted) else Accepted(asked.remember)
        state, proves = right.state, right.shown is not None
        if old is not None:
            return old._replace(state=state, status="active", generation=old.generation + 1, created_at=now, failures=0, paced_at=0)
        id, used = f"{factor.words.id_prefix}|{self.mint.name('dev_', 12)}", now if proves else None
        return Enrolment(id, account, factor.kind, state, lookup=right.lookup, created_at=now, used_at=used)

    def _notices(self, here: Here, factor: Factor, verdict: Verdict) -> Sequence[Message]:
        """A lost way back is worth telling, and a key of which somebody has a copy: on another channel."""
        account = here.arrival.account
        if account and isinstance(verdict, Rejected) and verdict.alarm:
            return (_notice("factor_copied", account.email, here, factor),)
        if account is None or not factor.words.companion or isinstance(verdict, Rejected):
            return ()
        return (_notice("recovery_used", account.email, here, factor),)

    def _facts(
        self, here: Here, factor: Factor, verdict: Verdict, browser: Browser, done: str, conclusion: Conclusion | None
    ) -> Mapping[Settled, Sequence[Fact]]:
        account = here.arrival.account.id if here.arrival.account else None

        def fact(type: str, **data: object) -> Fact:
            return self.mint.fact(type, account, here.attempt.client, factor=factor.kind, **_seen(browser), **data)

        if isinstance(verdict, Rejected):
            happened = [fact(factor.words.log_failed, reason=verdict.reason)]
        else:
            happened = [fact(done)] if done else []
            if conclusion:
                happened.append(fact("s", grant=conclusion.grant.id) if conclusion.grant else fact("s"))
        return {"done": happened, "used": [fact(factor.words.log_failed, reason="already_used")], "no tries": [fact(factor.words.log_limit)]}


def _meant(here: Here, account: str) -> bool:
    """Whether it is the account that was named, if any was; that there is none of that name is not told apart."""
    named = here.attempt.identifier or here.attempt.account
    return not named or (here.arrival.account is not None and here.arrival.account.id == account)


def _moved(attempt: Attempt, one: Enrolment, verdict: Accepted) -> Attempt:
    shown = ((one.id, one.generation, verdict.shown),) if verdict.shown else ()
    return attempt._replace(shown=(*attempt.shown, *shown), resume_at="")


def _seen(browser: Browser) -> dict[str, object]:
    return {"ip": browser.ip, "user_agent": browser.user_agent[:256]}


def _notice(template: str, to: str, here: Here, factor: Factor) -> Message:
    return Message("email", to, template, (here.request.ui_locales or ("en",))[0], {"factor": factor.words.factor, "client": here.client.name})
