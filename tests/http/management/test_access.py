"""Who is let in: one table, judged by what is in force now."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.http.management.house import ADMIN, AUDIENCE, ISSUER, NOW, SHOP, House
from yett.domain.client import ClientGrant
from yett.http.management.litestar import application
from yett.http.management.routes import Route, handler
from yett.http.management.table import ACCESS, BASE, SCOPES

ROUTES = sorted(ACCESS)
GUARDED = [route for route in ROUTES if ACCESS[route]]


def filled(path: str) -> str:
    """A path of the table with ids in it."""
    return path.lstrip("/").replace("{method_id}", "totp%7Cdev_x").replace("{", "").replace("}", "")


def test_every_route_is_a_line_of_the_table_and_every_line_a_route(house: House) -> None:
    app = application(house.manage, "1")
    served = {(method, route.path_format.removeprefix(BASE)) for route in app.routes for method in route.methods if method != "OPTIONS"}
    assert served == set(ACCESS)


def test_a_route_that_the_table_does_not_list_cannot_be_made() -> None:
    async def answer() -> None: ...

    with pytest.raises(KeyError):
        handler(Route("GET", "/secrets", answer))


async def test_a_route_without_its_line_is_closed_to_everybody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await house.call("GET", "clients")).status_code == 200
    fewer = {route: scopes for route, scopes in ACCESS.items() if route != ("GET", "/clients")}
    monkeypatch.setattr("yett.http.management.routes.ACCESS", fewer)
    assert (await house.call("GET", "clients")).status_code == 403


def test_only_the_document_is_open() -> None:
    assert [route for route in ROUTES if not ACCESS[route]] == [("GET", "/openapi.json")]


async def test_without_a_token_every_route_answers_401(house: House) -> None:
    expected = {"statusCode": 401, "error": "Unauthorized", "message": "Missing authentication", "errorCode": "invalid_token"}
    for method, path in GUARDED:
        answer = await house.call(method, filled(path), token="")
        assert (answer.status_code, answer.headers["www-authenticate"], answer.json()) == (401, "Bearer", expected), path


async def test_without_its_scope_every_route_answers_403_and_names_the_scopes(house: House) -> None:
    for method, path in GUARDED:
        others = [scope for scope in SCOPES if scope not in ACCESS[method, path]]
        answer = await house.call(method, filled(path), {}, token=await house.bearer(others))
        assert answer.status_code == 403
        assert answer.json() == {
            "statusCode": 403,
            "error": "Forbidden",
            "message": f"Insufficient scope, expected any of: {','.join(sorted(ACCESS[method, path]))}",
            "errorCode": "insufficient_scope",
        }


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://api.example/"},
        {"aud": [ISSUER + "userinfo"]},
        {"aud": None},
        {"aud": AUDIENCE.rstrip("/")},
        {"iss": "https://evil.example/"},
        {"iss": None},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": None},
        {"exp": "later"},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"nonce": "of an ID token"},
        {"client_id": None, "azp": None},
        {"client_id": None},
        {"azp": SHOP},
        {"client_id": "gone", "azp": "gone"},
        {"sub": None},
        {"jti": None},
        {"scope": None},
        {"gty": None},
        {"gty": "password"},
    ],
)
async def test_a_token_that_was_not_made_for_this_is_no_token(house: House, claims: Mapping[str, Any]) -> None:
    answer = await house.call("GET", "clients", token=await house.bearer(SCOPES, **claims))
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid token.")


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
async def test_both_dialects_are_read(house: House, typ: str) -> None:
    assert (await house.call("GET", "clients", token=await house.bearer(SCOPES, typ))).status_code == 200


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "JWT2"])
async def test_no_other_kind_of_token_is_an_access_token(house: House, typ: str) -> None:
    assert (await house.call("GET", "clients", token=await house.bearer(SCOPES, typ))).status_code == 401


async def test_one_of_several_audiences_suffices(house: House) -> None:
    token = await house.bearer(SCOPES, aud=[AUDIENCE, ISSUER + "userinfo"])
    assert (await house.call("GET", "clients", token=token)).status_code == 200


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer  ", "Bearer a.b.c", "bearer x", "Bearer eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_bearer_token_is_none(house: House, header: str) -> None:
    answer = await house.http.get("clients", headers={"authorization": header})
    assert answer.status_code == 401


async def test_a_token_in_the_query_is_not_looked_at(house: House) -> None:
    assert (await house.http.get("clients", params={"access_token": house.token})).status_code == 401


async def test_a_client_grant_taken_away_voids_its_tokens_at_once(house: House) -> None:
    assert (await house.call("GET", "clients")).status_code == 200
    await house.store.configure((), (("client_grant", "cgr_admin"),), ())
    assert (await house.call("GET", "clients")).status_code == 403


async def test_a_scope_taken_from_a_grant_is_gone_from_tokens_made_before(house: House) -> None:
    await house.store.configure((ClientGrant("cgr_admin", ADMIN, AUDIENCE, ("read:clients",)),), (), ())
    assert (await house.call("GET", "clients")).status_code == 200
    assert (await house.call("GET", "users")).status_code == 403


async def test_a_client_that_is_gone_has_no_tokens(house: House) -> None:
    await house.store.configure((), (("client", ADMIN),), ())
    assert (await house.call("GET", "clients")).status_code == 401


async def person(house: House, scope: str, account: str = "auth0|ada", jti: str = "grant.1") -> str:
    """A person's token, by the application that may manage by itself."""
    return await house.bearer((), sub=account, gty=None, scope=scope, jti=jti)


async def test_a_person_reads_their_own_account(house: House) -> None:
    await house.grant(await house.account())
    answer = await house.call("GET", "users/auth0%7Cada", token=await person(house, "read:current_user"))
    assert (answer.status_code, answer.json()["user_id"]) == (200, "auth0|ada")


async def test_a_person_reads_nobody_elses(house: House) -> None:
    await house.grant(await house.account())
    await house.account("eve")
    answer = await house.call("GET", "users/auth0%7Ceve", token=await person(house, "read:current_user"))
    assert answer.status_code == 403


async def test_a_person_is_no_administrator_though_the_application_may_manage(house: House) -> None:
    """Else whoever logs in to an application with a client grant could ask for its power."""
    await house.grant(await house.account())
    token = await person(house, " ".join(SCOPES))
    for method, path in GUARDED:
        answer = await house.call(method, filled(path).replace("users/id", "users/auth0%7Cada"), {}, token=token)
        assert answer.status_code == 403, path


@pytest.mark.parametrize("jti", ["grant", "other.1", ".1", ""])
async def test_a_persons_token_without_its_grant_is_no_token(house: House, jti: str) -> None:
    await house.grant(await house.account())
    answer = await house.call("GET", "users/auth0%7Cada", token=await person(house, "read:current_user", jti=jti))
    assert answer.status_code == 401


async def test_a_revoked_grant_voids_the_persons_token(house: House) -> None:
    await house.grant(await house.account())
    token = await person(house, "read:current_user")
    await house.store.revoke("grant", house.clock.now, ())
    assert (await house.call("GET", "users/auth0%7Cada", token=token)).status_code == 401
