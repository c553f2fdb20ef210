"""The bank's API on Litestar, behind yett-guard."""

from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import SerializationException
from yett_guard import MULTI_FACTOR, Requirement
from yett_guard.litestar import Guard

from examples.shared.bank import LARGE, THIRTY_DAYS, TRANSFERS, Bank, NoOrder, NotYours, amount_of

guard, bank = Guard(), Bank()


async def needed(request: Request) -> Requirement:
    """What a transfer needs depends on its value."""
    if amount_of(await request.json()) < LARGE:
        return guard.need(scope="transfer:funds", acr=MULTI_FACTOR, max_age=TRANSFERS)
    return guard.need(scope="transfer:large", acr=MULTI_FACTOR, one_use=True)


@get("/api/account", guards=[guard.require(scope="read:accounts")])
async def account(request: Request) -> dict[str, Any]:
    return bank.account(request.state.token.subject)


@get("/api/statement", guards=[guard.require(scope="read:statements", acr=MULTI_FACTOR, max_age=THIRTY_DAYS)])
async def statement(request: Request) -> dict[str, Any]:
    return bank.statement(request.state.token.subject)


@post("/api/transfers", guards=[guard.require(needed)])
async def transfer(request: Request) -> dict[str, Any]:
    return bank.transfer(request.state.token.subject, await request.json())


def not_yours(_: Request, __: NotYours) -> Response[dict[str, str]]:
    return Response({"error": "not_your_account"}, status_code=403)


def no_order(_: Request, __: Exception) -> Response[dict[str, str]]:
    return Response({"error": "no_order"}, status_code=400)


app = Litestar([account, statement, transfer], plugins=[guard], exception_handlers={NotYours: not_yours, NoOrder: no_order, SerializationException: no_order})
