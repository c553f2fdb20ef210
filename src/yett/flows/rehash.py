"""Hash a password as we do now, at the login that shows it: what another system hashed is kept no longer than it must.

Only after the commit of the verdict: done before, the time that it takes would say that the password was right.
"""

from dataclasses import dataclass

from yett.domain.enrolment import Enrolment
from yett.flows.mint import Mint
from yett.ports import Accounts, Busy, Hasher


@dataclass(frozen=True, slots=True)
class Rehash:
    """Whoever is busy lets it be: the next login will do it."""

    store: Accounts
    hasher: Hasher
    mint: Mint

    async def __call__(self, one: Enrolment, password: str) -> None:
        """`password` is the right one of `one`, whole: what bcrypt cut off counts from now on."""
        if not self.hasher.outdated(one.state.secret):
            return
        try:
            hashed = await self.hasher.hash(password)
        except (Busy, ValueError):
            return
        found = await self.store.account(one.account)
        now = next((each for each in found[1] if each.id == one.id), None) if found else None
        # A password that was changed meanwhile is another generation, and stays what it is.
        if found is None or now is None or now.generation != one.generation or now.state.secret != one.state.secret:
            return
        fact = self.mint.fact("sapi", one.account, None, description="The password was hashed anew", enrolment=one.id)
        renewed = now._replace(state=now.state._replace(secret=hashed))
        await self.store.change_account(found[0], found[0], (renewed,), ends=False, now=self.mint.clock(), facts=(fact,))
