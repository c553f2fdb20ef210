"""What people have let applications have (Auth0's grants), as the helpdesk sees it and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass

from yett.domain.consent import Consent
from yett.flows.manage.access import Caller
from yett.flows.manage.refused import Refused, absent
from yett.flows.mint import Mint
from yett.ports import Consents as Store


@dataclass(frozen=True, slots=True)
class Consents:
    """What OpenID Connect tells of a person has the audience of our userinfo here, as with Auth0."""

    store: Store
    mint: Mint
    issuer: str

    async def page(self, account: str, client: str, audience: str, offset: int, limit: int) -> tuple[Sequence[Consent], int]:
        """A page of them, and how many there are; what is empty is any."""
        asked = None if not audience else "" if audience == self._userinfo else audience
        found, total = await self.store.consents(account, client, audience=asked, offset=offset, limit=limit)
        return [one if one.audience else one._replace(audience=self._userinfo) for one in found], total

    async def withdraw(self, caller: Caller, id: str) -> Refused | None:
        """Take one back, and with it whatever that application holds of that account."""
        one = await self.store.consent(id)
        if one is None or not await self._withdrawn(caller, one, one.id):
            return absent("grant")
        return None

    async def withdraw_all(self, caller: Caller, account: str) -> None:
        """Take back all that somebody has let anybody have."""
        found, _ = await self.store.consents(account)
        for one in {each.client: each for each in found}.values():
            await self._withdrawn(caller, one, "")

    @property
    def _userinfo(self) -> str:
        return f"{self.issuer}userinfo"

    async def _withdrawn(self, caller: Caller, one: Consent, only: str) -> bool:
        fact = caller.fact(self.mint, "sapi", one.account, application=one.client)
        return await self.store.withdraw(one.account, one.client, self.mint.clock(), (fact,), only)
