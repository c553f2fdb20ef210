"""Change a password: by whoever has just proven as much as the account can give."""

from dataclasses import dataclass

from yett.domain.enrolment import Enrolment
from yett.domain.password import Blocklist, fault
from yett.flows.accounts import Births
from yett.flows.mint import Mint
from yett.flows.owner import Missing, Owner, Ownership
from yett.policy.decide import change_wants
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

    def shortest(self, owner: Owner) -> int:
        """Letters that the new one must have."""
        return self.births.shortest(owner.catalogue, owner.enrolments)

    async def __call__(self, owner: Owner, password: str) -> Missing | str | None:
        """A message id where it may not be chosen; None: it is done."""
        seen, now = owner.account, self.mint.clock()
        if missing := self.ownership.missing(owner, self.births.password.promise(None), now):
            return missing
        names = (seen.email, seen.username or "", owner.catalogue.tenant.brand.name)
        if why := fault(password, self.shortest(owner), self.common, names):
            return why
        try:
            hashed = await self.hasher.hash(password)
        except Busy:
            return "busy"
        done = await self.store.change_account(
            seen,
            seen._replace(security_version=seen.security_version + 1, updated_at=now),
            (self._anew(owner, hashed, now),),
            ends=True,
            now=now,
            facts=(self.mint.fact("scp", seen.id, owner.client, ip=owner.browser.ip, user_agent=owner.browser.user_agent[:256]),),
            notices=self.ownership.everywhere(owner, "password_changed", {}),
        )
        self.post()
        return None if done else "moved_on"

    def _anew(self, owner: Owner, hashed: bytes, now: int) -> Enrolment:
        """One that came through a mailbox still did, unless another channel has just vouched for whoever changes it (Ory #4317)."""
        kind, new = self.births.password.kind, self.births.password_of(owner.account, hashed, owner.enrolments)
        old = next((one for one in owner.enrolments if one.kind == kind), None)
        if old is None or change_wants(self.ownership.case(owner, now), None):
            return new
        return new._replace(state=new.state._replace(open=old.state.open))
