"""Change a password: by whoever has just proven as much as the account can give."""

from dataclasses import dataclass

from yett.domain.password import Blocklist, fault
from yett.flows.accounts import Births
from yett.flows.gate import regime_of
from yett.flows.mint import Mint
from yett.flows.owner import Missing, Owner, Ownership
from yett.ports import Busy, Hasher, Post, Store


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Sets it. All sessions end, this one too: the next login shows that the new one is known."""

    store: Store
    ownership: Ownership
    births: Births
    mint: Mint
    hasher: Hasher
    common: Blocklist
    post: Post

    async def __call__(self, owner: Owner, password: str) -> Missing | str | None:
        """A message id where it may not be chosen; None: it is done."""
        seen, now = owner.account, self.mint.clock()
        if missing := self.ownership.missing(owner, self.births.password.promise(None), now):
            return missing
        names = (seen.email, seen.username or "", owner.catalogue.tenant.brand.name)
        if why := fault(password, regime_of(owner.catalogue).shortest_password, self.common, names):
            return why
        try:
            hashed = await self.hasher.hash(password)
        except Busy:
            return "busy"
        done = await self.store.change_account(
            seen,
            seen._replace(security_version=seen.security_version + 1, updated_at=now),
            (self.births.password_of(seen, hashed, owner.enrolments),),
            ends=True,
            now=now,
            facts=(self.mint.fact("scp", seen.id, owner.client, ip=owner.browser.ip, user_agent=owner.browser.user_agent[:256]),),
            notices=self.ownership.everywhere(owner, "password_changed", {}),
        )
        self.post()
        return None if done else "moved_on"
