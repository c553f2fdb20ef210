"""The bank's API on Flask, its tokens checked by PyJWT: what a guard does, written out."""

import os
import time
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
from flask import Flask, Response, jsonify, request

from examples.shared.bank import CLIENTS, LARGE, MULTI_FACTOR, THIRTY_DAYS, TRANSFERS, Bank, NoOrder, NotYours, amount_of

ISSUER, AUDIENCE = os.environ["YETT_ISSUER"], os.environ["YETT_AUDIENCE"]
OURSELVES = os.environ["YETT_CLIENT_ID"], os.environ["YETT_CLIENT_SECRET"]

app, bank = Flask(__name__), Bank()
keys = jwt.PyJWKClient(f"{ISSUER}.well-known/jwks.json")


class Refused(Exception):
    """A status, an error, and what the header says besides (RFC 6750, 3; RFC 9470, 3)."""

    def __init__(self, status: int, error: str, **more: object) -> None:
        super().__init__(error)
        self.status, self.error, self.more = status, error, more


def token() -> str:
    """The bearer token of the request."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not said:
        raise Refused(401, "")
    return said


def claims() -> dict[str, Any]:
    """What the token says, if it is ours, for this API, and from an application that we know."""
    try:
        key = keys.get_signing_key_from_jwt(token())
        said: dict[str, Any] = jwt.decode(
            token(), key, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE, options={"require": ["exp", "sub", "client_id"]}
        )
    except jwt.PyJWKClientConnectionError as fault:
        # Nobody can say whether it is good: a client must not take that for the end of its session.
        raise Refused(503, "temporarily_unavailable") from fault
    except jwt.PyJWTError as fault:
        raise Refused(401, "invalid_token") from fault
    # An ID token comes from the same issuer and bears the same typ: it has a nonce, and no client_id.
    if "nonce" in said or said["client_id"] not in CLIENTS:
        raise Refused(401, "invalid_token")
    return said


def scoped(scope: str) -> dict[str, Any]:
    """The claims of a token that has the scope."""
    said = claims()
    if scope not in said.get("scope", "").split():
        raise Refused(403, "insufficient_scope", scope=scope)
    return said


def stepped_up(scope: str, max_age: int | None = None) -> dict[str, Any]:
    """The claims of a token that has the scope, and comes from a login with two factors, the older of them no older than that."""
    said = scoped(scope)
    fresh = max_age is None or time.time() - said.get("auth_time", 0) <= max_age
    if "mfa" not in said.get("amr", ()) or not fresh:
        raise Refused(401, "insufficient_user_authentication", acr_values=MULTI_FACTOR, **({} if max_age is None else {"max_age": max_age}))
    return said


def consume() -> None:
    """Spend a token that is good for one use: whoever asks first hears yes. What cannot be asked is refused."""
    try:
        answer = httpx.post(f"{ISSUER}oauth/introspect", data={"token": token(), "consume": "true"}, auth=OURSELVES).raise_for_status()
    except httpx.HTTPError as fault:
        raise Refused(503, "temporarily_unavailable") from fault
    if not answer.json()["active"]:
        raise Refused(401, "insufficient_user_authentication", acr_values=MULTI_FACTOR)


@app.get("/api/account")
def account() -> Mapping[str, Any]:
    return bank.account(scoped("read:accounts")["sub"])


@app.get("/api/statement")
def statement() -> Mapping[str, Any]:
    return bank.statement(stepped_up("read:statements", THIRTY_DAYS)["sub"])


@app.post("/api/transfers")
def transfer() -> tuple[Mapping[str, Any], int]:
    claims()
    order = request.get_json(silent=True) or {}
    if amount_of(order) < LARGE:
        said = stepped_up("transfer:funds", TRANSFERS)
    else:
        said = stepped_up("transfer:large")
        consume()
    return bank.transfer(said["sub"], order), 201


@app.errorhandler(Refused)
def refused(fault: Refused) -> Response:
    said = {**({"error": fault.error} if fault.error else {}), **fault.more}
    answer = jsonify({"error": "unauthorized", **said, **({"code": "mfa_required"} if fault.error == "insufficient_user_authentication" else {})})
    answer.status_code = fault.status
    if fault.status in {401, 403}:
        answer.headers["WWW-Authenticate"] = ("Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())).strip()
    return answer


@app.errorhandler(NotYours)
def not_yours(_: NotYours) -> tuple[Mapping[str, Any], int]:
    return {"error": "not_your_account"}, 403


@app.errorhandler(NoOrder)
def no_order(_: NoOrder) -> tuple[Mapping[str, Any], int]:
    return {"error": "no_order"}, 400
