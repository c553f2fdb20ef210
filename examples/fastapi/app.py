"""The bank's API on FastAPI, behind yett-guard."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from yett_guard import MULTI_FACTOR, Requirement, Token
from yett_guard.fastapi import Guard

from examples.shared.bank import LARGE, MOST, THIRTY_DAYS, TRANSFERS, Bank, NotYours

guard = Guard()
app, bank = FastAPI(title="Harbour Bank"), Bank()
guard.install(app)


class Order(BaseModel):
    """What is to be sent, and to whom."""

    to: str = Field(min_length=1)
    amount: float = Field(gt=0, lt=MOST, strict=True)
    account: str | None = Field(default=None, alias="from")


def needed(order: Order) -> Requirement:
    """What a transfer needs depends on its value."""
    if order.amount < LARGE:
        return guard.need(scope="transfer:funds", acr=MULTI_FACTOR, max_age=TRANSFERS)
    return guard.need(scope="transfer:large", acr=MULTI_FACTOR, one_use=True)


@app.get("/api/account")
def account(token: Annotated[Token, Depends(guard.require(scope="read:accounts"))]) -> dict[str, Any]:
    return bank.account(token.subject)


@app.get("/api/statement")
def statement(token: Annotated[Token, Depends(guard.require(scope="read:statements", acr=MULTI_FACTOR, max_age=THIRTY_DAYS))]) -> dict[str, Any]:
    return bank.statement(token.subject)


@app.post("/api/transfers", status_code=201)
def transfer(order: Order, token: Annotated[Token, Depends(guard.require(needed))]) -> dict[str, Any]:
    try:
        return bank.transfer(token.subject, order.model_dump(by_alias=True, exclude_none=True))
    except NotYours as fault:
        raise HTTPException(403, "not your account") from fault
