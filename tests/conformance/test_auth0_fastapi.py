"""auth0-fastapi-api as it is: an API of FastAPI takes our access tokens, over https with the local authority, and nothing else."""

import base64
import json
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi_plugin.fast_api_client import Auth0FastAPI

from tests.harness.process import unused_port
from tests.serving import serving
from tests.world import MFA_OTP, REALM, otp
from yett.adapters.clock import SteadyClock


class Bank(NamedTuple):
    """The API, tokens that were got with a second factor, and a machine's token for the management API."""

    application: FastAPI
    tokens: dict[str, Any]
    machines: str


def logged_in(demo: dict[str, Any]) -> dict[str, Any]:
    """By password, and by an authenticator that is enrolled on the way."""
    means = {name: demo[name] for name in ("client_id", "client_secret")}
    who = {"username": demo["email"], "password": demo["password"], "realm": demo["connection"]}
    asked = {"scope": "openid transfer:funds", "audience": demo["api"]}
    with httpx.Client(base_url=demo["issuer"], timeout=20) as http:
        held = http.post("oauth/token", json={"grant_type": REALM, **means, **who, **asked}).json()["mfa_token"]
        begun = http.post("mfa/associate", json={"authenticator_types": ["otp"]}, headers={"authorization": f"Bearer {held}"}).json()
        secret = base64.b32decode(begun["secret"] + "=" * (-len(begun["secret"]) % 8))
        given = {"mfa_token": held, "otp": otp(secret, SteadyClock()() // 30)}
        tokens: dict[str, Any] = http.post("oauth/token", json={"grant_type": MFA_OTP, **means, **given}).raise_for_status().json()
        return tokens


def machine(admin: dict[str, Any]) -> str:
    """A token for another API."""
    asked = {"grant_type": "client_credentials", **{name: admin[name] for name in ("client_id", "client_secret", "audience")}}
    return str(httpx.post(f"{admin['issuer']}oauth/token", json=asked, timeout=20).raise_for_status().json()["access_token"])


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("auth0-fastapi")
    with serving(folder, unused_port(), "--demo", "--tls", "auto"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
        demo = json.loads((folder / "demo.json").read_text())
        auth0, application = Auth0FastAPI(domain=demo["domain"], audience=demo["api"]), FastAPI()

        @application.get("/transfers")
        async def transfers(claims: Annotated[dict[str, Any], Depends(auth0.require_auth(scopes="transfer:funds"))]) -> list[str]:
            return list(claims["amr"])

        @application.get("/statements")
        async def statements(claims: Annotated[dict[str, Any], Depends(auth0.require_auth(scopes="read:statements"))]) -> str:
            return str(claims["sub"])

        yield Bank(application, logged_in(demo), machine(json.loads((folder / "admin.json").read_text())))


async def status(bank: Bank, path: str, token: str) -> tuple[int, Any]:
    transport = httpx.ASGITransport(app=bank.application)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.com") as http:
        answer = await http.get(path, headers={"authorization": f"Bearer {token}"} if token else {})
    return answer.status_code, answer.json()


async def test_a_token_for_the_api_is_taken_and_says_what_was_proven(bank: Bank) -> None:
    assert await status(bank, "/transfers", bank.tokens["access_token"]) == (200, ["pwd", "otp", "mfa"])


async def test_a_scope_that_it_has_not_is_refused(bank: Bank) -> None:
    assert (await status(bank, "/statements", bank.tokens["access_token"]))[0] == 403


@pytest.mark.parametrize("kind", ["none", "an ID token", "one that was altered", "one for another API"])
async def test_anything_else_is_refused(bank: Bank, kind: str) -> None:
    access = bank.tokens["access_token"]
    altered = f"{access[:-6]}{access[-6:][::-1]}"
    given = {"none": "", "an ID token": bank.tokens["id_token"], "one that was altered": altered, "one for another API": bank.machines}[kind]
    assert (await status(bank, "/transfers", given))[0] in {400, 401}
