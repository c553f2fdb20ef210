"""The bank behind every Python back-end: accounts in memory, and the rules that its API has for them."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
# From this amount on, in euros, a transfer is approved by itself.
LARGE = 1000
MOST = 1_000_000
# For how long, in seconds, a second factor is enough: for transfers below that, and to read the statement.
TRANSFERS = int(os.environ.get("TRANSFER_MAX_AGE", "300"))
THIRTY_DAYS = 30 * 24 * 3600
# Whose tokens are taken: applications that this bank knows.
CLIENTS = frozenset(os.environ.get("YETT_CLIENTS", "").split())


class NotYours(Exception):
    """The account belongs to somebody else."""


class NoOrder(Exception):
    """There is no payee, or no amount."""


@dataclass
class Bank:
    """One account for each person, by the `sub` of their tokens."""

    sent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def account(self, owner: str) -> dict[str, Any]:
        """Number and balance."""
        spent = sum(line["amount"] for line in self.sent.get(owner, ()))
        return {"number": number_of(owner), "balance": round(5000 - spent, 2)}

    def statement(self, owner: str) -> dict[str, Any]:
        """What was sent, the latest first."""
        return {"lines": self.sent.get(owner, [])[::-1]}

    def transfer(self, owner: str, order: Mapping[str, Any]) -> dict[str, Any]:
        """Send it. Raises NotYours for an account of somebody else."""
        if order.get("from", number_of(owner)) != number_of(owner):
            raise NotYours
        line = {"to": str(order.get("to")), "amount": amount_of(order)}
        self.sent.setdefault(owner, []).append(line)
        return {"from": number_of(owner), **line, "balance": self.account(owner)["balance"]}


def amount_of(order: object) -> float:
    """The amount of an order. Raises NoOrder for anything that is none."""
    amount = order.get("amount") if isinstance(order, Mapping) and order.get("to") else None
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < MOST:
        raise NoOrder
    return amount


def number_of(owner: str) -> str:
    """Everybody's account has a number that says nothing."""
    return hashlib.sha256(owner.encode()).hexdigest()[:8]
