"""What happened to an account, as its owner is told of it: the same facts as everybody's log, and nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue
from yett.flows.applications import TAKEN_BACK
from yett.flows.gate import Gate
from yett.ports import Accounts

# How far back it looks for what is worth telling, and how much of a log one file may hold.
LOOKS_AT, MOST = 200, 10_000
CHUNK = 500

# What happened, by log type, or by type and reason. What is not here (a token exchanged, a question asked) is in the
# log that the owner may download, and would only hide the rest on a page.
HAPPENED: Mapping[str, str] = {
    "s": "logged_in",
    "f": "login_failed",
    "fp": "wrong_password",
    "sepft": "logged_in",
    "limit_wc": "too_many_tries",
    "limit_mu": "too_many_tries",
    "gd_unenroll": "method_removed",
    "gd_update_device_account": "method_changed",
    "gd_update_device_account: browser forgotten": "browser_forgotten",
    "slo": "logged_out",
    "slo: ended by its owner": "session_ended",
    f"srrt: {TAKEN_BACK}": "access_ended",
    "slo: ended everywhere else by its owner": "sessions_ended",
    "w: a remembered browser was copied": "browser_copied",
    "w: the owner says that it was somebody else": "not_me",
    "sapi": "by_support",
    "gd_auth_rejected": "rejected",
    "scp": "password_changed",
}
# What a page points out.
ALARMING = frozenset({"wrong_password", "too_many_tries", "method_refused", "browser_copied", "not_me", "rejected"})


class Event(NamedTuple):
    """One thing that happened: `what` is a message id, `kind` what its factor is known as; `client` is the application's name."""

    at: int
    what: str
    kind: str
    client: str
    ip: str
    user_agent: str
    alarming: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """Tells an owner what happened, and hands out the log."""

    store: Accounts
    gate: Gate

    async def recent(self, account: Account, catalogue: Catalogue, most: int) -> tuple[Event, ...]:
        """The newest events first, `most` of them."""
        found, _ = await self.store.facts(0, LOOKS_AT, account=account.id)
        told = ((fact, self._what(fact)) for fact in found)
        return tuple(self._event(fact, what, catalogue) for fact, what in told if what)[:most]

    async def log(self, account: Account) -> list[Mapping[str, object]]:
        """Everything that is kept about the account, the newest first; a fact never holds a secret."""
        entries: list[Mapping[str, object]] = []
        while len(entries) < MOST:
            found, _ = await self.store.facts(len(entries), CHUNK, account=account.id)
            entries += [{"id": one.id, "at": one.at, "type": one.type, "client_id": one.client, **one.data} for one in found]
            if len(found) < CHUNK:
                break
        return entries

    def _what(self, fact: Fact) -> str:
        """The message id; "" for what is not told."""
        known = HAPPENED.get(f"{fact.type}: {fact.data.get('reason', '')}") or HAPPENED.get(fact.type)
        return known or self._of_factor(fact)

    def _of_factor(self, fact: Fact) -> str:
        """A factor says under which types it is logged."""
        factor = self.gate.factors.get(str(fact.data.get("factor", "")))
        if factor is None:
            return ""
        words = factor.words
        meant = {words.log_limit: "too_many_tries", words.log_failed: "method_refused", words.log_done: "method_accepted", words.log_enrolled: "method_added"}
        return meant.get(fact.type, "")

    def _event(self, fact: Fact, what: str, catalogue: Catalogue) -> Event:
        client = catalogue.clients.get(fact.client or "")
        kind, ip, agent = (str(fact.data.get(name, "")) for name in ("factor", "ip", "user_agent"))
        return Event(fact.at, what, self.gate.known_as(kind), client.name if client else "", ip, agent, what in ALARMING)
