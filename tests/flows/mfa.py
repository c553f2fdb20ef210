"""The MFA API as an application speaks it, and a person who has one of everything."""

from typing import Any

from tests.http.browser import call
from tests.world import MFA_OOB, REALM, World
from yett.domain.enrolment import Enrolment, State
from yett.factors.phone import Line, state_of
from yett.factors.recovery import Recovery, _hash

CREDENTIALS = {"client_id": "web", "client_secret": "web's secret"}
NUMBER = "+4917612345678"
SHEET = ("A1B2C3D4E5F6G7H8I9J0K1L2", "B1B2C3D4E5F6G7H8I9J0K1L2")
BOTH = {"sms": {"message_types": ["sms", "voice"]}}


def email(name: str = "ada") -> Enrolment:
    return Enrolment("email|dev_1", f"auth0|{name}", "email", State(open=f"{name}@example.test".encode()))


def phone(name: str = "ada", number: str = NUMBER) -> Enrolment:
    return Enrolment("phone|dev_1", f"auth0|{name}", "phone", state_of(Line(number, "sms")))


def sheet(name: str = "ada", codes: tuple[str, ...] = SHEET) -> Enrolment:
    import json

    return Enrolment(f"recovery-code|dev_{name}", f"auth0|{name}", Recovery.kind, State(b"", json.dumps([_hash(code) for code in codes]).encode()))


async def has(w: World, *more: Enrolment, name: str = "ada") -> None:
    """Give a person these as well."""
    account, _ = await w.store.account(f"auth0|{name}")
    assert await w.store.change_account(account, account, more, ends=False, now=w.clock.now, facts=())


async def with_everything(w: World, name: str = "ada") -> None:
    """Authenticator app, telephone, mailbox and recovery codes; texts, calls and passwordless mail are on."""
    await w.configure(factors={**w.tenant.factors, "sms": True}, factor_settings=BOTH, passwordless=("email", "sms"))
    await w.person(name)
    await has(w, phone(name), email(name), sheet(name), name=name)


async def required(w: World, name: str = "ada", **asked: str) -> dict[str, Any]:
    """What the right password alone is told."""
    status, answer = await w.token(grant_type=REALM, username=f"{name}@example.test", password=f"secret of {name}", **{"scope": "openid", **asked})
    assert (status, answer["error"], answer["error_description"]) == (403, "mfa_required", "Multifactor authentication required")
    return dict(answer)


async def mfa_token(w: World, name: str = "ada", **asked: str) -> str:
    return str((await required(w, name, **asked))["mfa_token"])


async def challenged(w: World, token: str, **more: str) -> tuple[int, Any]:
    return await w.post("/mfa/challenge", {**CREDENTIALS, "mfa_token": token, **more}, as_json=True)


async def challenge(w: World, token: str, **more: str) -> dict[str, Any]:
    status, answer = await challenged(w, token, **more)
    assert status == 200, answer
    return dict(answer)


async def oob(w: World, token: str, oob_code: str, code: str, **more: str) -> tuple[int, Any]:
    return await w.token(grant_type=MFA_OOB, mfa_token=token, oob_code=oob_code, binding_code=code, **more)


async def start(w: World, address: str = "ada@example.test", **more: str) -> tuple[int, Any]:
    return await w.post("/passwordless/start", {**CREDENTIALS, "connection": "email", "email": address, "send": "code", **more}, as_json=True)


async def associate(w: World, token: str, **asked: object) -> tuple[int, Any]:
    return await w.post("/mfa/associate", asked, as_json=True, authorization=f"Bearer {token}")


async def listed(w: World, token: str) -> Any:
    status, answer = await w.get("/mfa/authenticators", authorization=f"Bearer {token}")
    assert status == 200, answer
    return answer


async def remove(w: World, token: str, id: str) -> tuple[int, str]:
    status, headers, _ = await call(w.app, "DELETE", f"/mfa/authenticators/{id}", headers={"authorization": f"Bearer {token}"})
    return status, dict(headers).get("www-authenticate", "")


async def sent(w: World) -> str:
    """The newest code that has left."""
    return str(next(one["data"]["code"] for one in await w.mail() if "code" in one["data"]))


async def access(w: World, scope: str = "enroll read:authenticators remove:authenticators", name: str = "ada", **more: Any) -> dict[str, Any]:
    """Tokens for the MFA API, by a login with the factors that the account has."""
    page = await w.login(w.browser(), name, audience="http://localhost:8000/mfa/", scope=f"openid {scope}", **more)
    assert "code" in page.query, page.screen
    status, answer = await w.exchange(page)
    assert status == 200, answer
    return dict(answer)
