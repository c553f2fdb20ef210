"""Consents: what people let applications have, remembered and taken back."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Executable, delete, func, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import consents, grants
from yett.adapters.sql.steps import EPOCH, NOW, Query, Steps, all_or_nothing, number, word
from yett.adapters.sql.writes import happened
from yett.domain.fact import Fact

_OWN = (consents.c.account == word("this_account"), consents.c.client == word("this_client"))
ONE = select(*rows.CONSENT).where(consents.c.id == word("this"), consents.c.epoch == EPOCH)
WITHDRAW = delete(consents).where(*_OWN)
WITHDRAW_ONE = WITHDRAW.where(consents.c.id == word("this"))
REVOKE = (
    update(grants).values(revoked_at=NOW).where(grants.c.account == word("this_account"), grants.c.client == word("this_client"), grants.c.revoked_at.is_(None))
)


@cache
def _those(*filters: str) -> tuple[Executable, Executable]:
    """The page and the count, for the filters that are in use."""
    wanted = [consents.c.epoch == EPOCH, *(consents.c[name] == word(f"this_{name}") for name in filters)]
    order = (consents.c.created_at, consents.c.id)
    page = select(*rows.CONSENT).where(*wanted).order_by(*order).limit(number("limit")).offset(number("offset"))
    return page, select(func.count()).select_from(consents).where(*wanted)


def listed(offset: int, limit: int, account: str, client: str, audience: str | None) -> tuple[Query, Query]:
    """A page of them, and how many there are; an empty account or client is any."""
    given = {"account": account or None, "client": client or None, "audience": audience}
    used = {name: value for name, value in given.items() if value is not None}
    page, count = _those(*used)
    params: dict[str, object] = {f"this_{name}": value for name, value in used.items()}
    return Query(page, params | {"limit": limit, "offset": offset}), Query(count, params)


def withdraw(account: str, client: str, now: int, facts: Sequence[Fact], only: str) -> Steps[bool]:
    """Take them back (all, or one), and with them whatever the application holds: it must ask again."""
    this: dict[str, object] = {"this_account": account, "this_client": client}
    taken = Query(WITHDRAW_ONE, this | {"this": only}, lost="gone") if only else Query(WITHDRAW, this, lost="gone")
    return (yield from all_or_nothing([taken], then=[Query(REVOKE, this | {"now": now}), *happened(facts)]))
