"""The bank's API on Flask, behind yett-guard."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Request, g, request
from yett_guard import MULTI_FACTOR, Requirement
from yett_guard.flask import Guard

from examples.shared.bank import LARGE, THIRTY_DAYS, TRANSFERS, Bank, NoOrder, NotYours, amount_of

guard = Guard()
app, bank = Flask(__name__), Bank()
guard.install(app)


def needed(request: Request) -> Requirement:
    """What a transfer needs depends on its value."""
    if amount_of(request.get_json(silent=True)) < LARGE:
        return guard.need(scope="transfer:funds", acr=MULTI_FACTOR, max_age=TRANSFERS)
    return guard.need(scope="transfer:large", acr=MULTI_FACTOR, one_use=True)


@app.get("/api/account")
@guard.require(scope="read:accounts")
def account() -> Mapping[str, Any]:
    return bank.account(g.token.subject)


@app.get("/api/statement")
@guard.require(scope="read:statements", acr=MULTI_FACTOR, max_age=THIRTY_DAYS)
def statement() -> Mapping[str, Any]:
    return bank.statement(g.token.subject)


@app.post("/api/transfers")
@guard.require(needed)
def transfer() -> tuple[Mapping[str, Any], int]:
    return bank.transfer(g.token.subject, request.get_json()), 201


@app.errorhandler(NotYours)
def not_yours(_: NotYours) -> tuple[Mapping[str, Any], int]:
    return {"error": "not_your_account"}, 403


@app.errorhandler(NoOrder)
def no_order(_: NoOrder) -> tuple[Mapping[str, Any], int]:
    return {"error": "no_order"}, 400
