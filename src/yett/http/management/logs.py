"""logs: facts in the form of Auth0's tenant log."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType, field

from yett.domain.fact import Fact
from yett.flows.manage.logs import Logs, Wanted, asked
from yett.http.management.routes import Route
from yett.http.management.wire import (
    PER_PAGE,
    Fields,
    Flag,
    From,
    Id,
    Page,
    Paged,
    PerPage,
    Take,
    Window,
    chosen,
    iso,
    listed,
    settled,
)

TERM = '(type|user_id):"?[^"*\\s]+"?'
Query = Annotated[str, QueryParameter(max_length=1000, pattern=f"^({TERM}( (AND )?{TERM})*)?$", description='type:x, user_id:"y", or both joined by AND.')]
Sort = Annotated[str, QueryParameter(pattern="^date:-?1$", description="date:-1, the newest first, or date:1.")]
# What has a place of its own in an entry; the rest are details.
PLACED = frozenset({"ip", "user_agent"})


class LogView(Struct, omit_defaults=True):
    """One entry."""

    log_id: str | UnsetType = UNSET
    id: str | UnsetType = field(default=UNSET, name="_id")
    date: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    ip: str | UnsetType = UNSET
    user_agent: str | UnsetType = UNSET
    details: dict[str, Any] | UnsetType = UNSET


class LogPage(Paged):
    """Entries in their envelope."""

    logs: list[LogView]


class LogsApi:
    """Handlers of logs. Nothing here writes: the log is append-only."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/logs", self.page),
            Route("GET", "/logs/{id}", self.one),
            Route("GET", "/users/{id}/logs", self.of_user),
        )

    async def page(
        self,
        *,
        q: Query = "",
        search: Query = "",
        page: Page = 0,
        per_page: PerPage = PER_PAGE,
        include_totals: Flag = False,
        from_: From = None,
        take: Take = None,
        sort: Sort = "date:-1",
        fields: Fields = None,
        include_fields: Flag = True,
    ) -> list[LogView] | LogPage:
        """By page, the newest first, or from a checkpoint on (`from`, `take`), the oldest first."""
        window = Window(page, per_page, include_totals, from_, take)
        entries, total = await self._read(settled(asked(q or search)), window, sort)
        if window.by_checkpoint:
            return chosen(entries, fields, include=include_fields)
        return listed(LogPage, "logs", chosen(entries, fields, include=include_fields), window, total)

    async def one(self, id: Id) -> LogView:
        """One entry."""
        return view(settled(await self.logs.one(id)))

    async def of_user(
        self, *, id: Id, page: Page = 0, per_page: PerPage = PER_PAGE, include_totals: Flag = False, sort: Sort = "date:-1"
    ) -> list[LogView] | LogPage:
        """Entries about one user."""
        window = Window(page, per_page, include_totals)
        entries, total = await self._read(Wanted(account=id), window, sort)
        return listed(LogPage, "logs", entries, window, total)

    async def _read(self, wanted: Wanted, window: Window, sort: str) -> tuple[list[LogView], int]:
        if window.by_checkpoint:
            facts = await self.logs.since(wanted, window.after or "", window.take or PER_PAGE)
            return [view(fact) for fact in facts], 0
        newest_first = sort.endswith("-1")
        facts, total = await self.logs.page(wanted, window.offset, window.per_page, newest_first=newest_first)
        return [view(fact) for fact in facts], total


def view(fact: Fact) -> LogView:
    """The entry that tells of a fact."""
    placed = {name: str(fact.data[name]) for name in PLACED if name in fact.data}
    details = {name: value for name, value in fact.data.items() if name not in PLACED}
    return LogView(
        log_id=fact.id,
        id=fact.id,
        date=iso(fact.at),
        type=fact.type,
        client_id=fact.client or UNSET,
        user_id=fact.account or UNSET,
        details=details or UNSET,
        **placed,
    )
