"""The log: read, never written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.fact import Fact
from yett.flows.manage.refused import Refused, absent, invalid
from yett.ports import Accounts


class Wanted(NamedTuple):
    """Which facts: of an account, of a type, or all."""

    account: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Logs:
    """Facts, newest first by page, oldest first from a checkpoint on."""

    store: Accounts

    async def page(self, wanted: Wanted, offset: int, limit: int, *, newest_first: bool) -> tuple[Sequence[Fact], int]:
        """A page, and how many there are in all."""
        return await self.store.facts(offset, limit, account=wanted.account, type=wanted.type, newest_first=newest_first)

    async def since(self, wanted: Wanted, after: str, take: int) -> Sequence[Fact]:
        """Those after the fact `after`, the oldest first; "" begins with the first of all."""
        page, _ = await self.store.facts(0, take, account=wanted.account, type=wanted.type, after=after, newest_first=False)
        return page

    async def one(self, id: str) -> Fact | Refused:
        """The fact of this id."""
        return await self.store.fact(id) or absent("log")


def asked(q: str) -> Wanted | Refused:
    """The part of Auth0's query language that is understood: `type:x`, `user_id:"y"`, and both joined by AND."""
    wanted = Wanted()
    for term in q.replace(" AND ", " ").split():
        field, colon, value = term.partition(":")
        value = value.removeprefix('"').removesuffix('"')
        if not colon or not value or field not in {"type", "user_id"} or '"' in value or "*" in value:
            return invalid('Search understands type:x and user_id:"y", joined by AND.', "invalid_query_string")
        wanted = wanted._replace(type=value) if field == "type" else wanted._replace(account=value)
    return wanted
