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
    """Raised where the tries of an account are spent, or of a name that is no account's: the work is the same, the mail is not."""

    store: Accounts
    limiter: Limiter
    mint: Mint
    post: Post

    async def __call__(self, account: Account | None, name: str, locale: str) -> None:
        """`name` is what was typed: nobody is told of an account that does not exist."""
        now = self.mint.clock()
        if not await self.limiter.take(f"alarm:{account.id if account else name}", ALARMS, now):
            return
        fact = self.mint.fact("limit_mu", account.id if account else None, None, reason="too many wrong answers")
        notices = (Message("email", account.email, "factors_locked", locale, {}),) if account else ()
        await self.store.record((fact,), notices, now)
        self.post()
