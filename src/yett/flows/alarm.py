"""Tell the owner that somebody is guessing: once, however many guesses there are."""

from dataclasses import dataclass

from yett.domain.account import Account
from yett.domain.enrolment import Message
from yett.domain.tries import Bucket
from yett.flows.mint import Mint
from yett.ports import Accounts, Limiter, Post

# One mail an hour: whoever guesses on must not fill a mailbox.
ALARMS = Bucket(1, 3600)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Raised where the tries of an account are spent."""

    store: Accounts
    limiter: Limiter
    mint: Mint
    post: Post

    async def __call__(self, account: Account | None, locale: str) -> None:
        """Nobody is told of an account that does not exist."""
        now = self.mint.clock()
        if account is None or not await self.limiter.take(f"alarm:{account.id}", ALARMS, now):
            return
        fact = self.mint.fact("limit_mu", account.id, None, reason="too many wrong answers")
        await self.store.record((fact,), (Message("email", account.email, "factors_locked", locale, {}),), now)
        self.post()
