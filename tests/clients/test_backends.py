"""The back-ends in `examples/`, attacked from outside: whose token is no good for this is refused, by every one of them alike."""

import base64
import html
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from examples.start import API, BACKS, Ports, Running, await_answer, backend, running, seeded
from examples.start import HERE as EXAMPLES
from tests.clients.bank import PATIENCE, Stage
from tests.harness.process import unused_port
from tests.serving import serving

pytestmark = pytest.mark.clients
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
STRANGER, PASSWORD = "stranger@example.com", "correct horse battery"
PASSWORD_REALM = "http://auth0.com/oauth/grant-type/password-realm"
MFA_OOB = "http://auth0.com/oauth/grant-type/mfa-oob"
ALIKE = "https://api.other.example/"
CALLBACK = "https://app.example/callback"


class House(NamedTuple):
    """A server, what a back-end is told of it, an application that may log in without a browser, and what it was given.

    An account causes ten messages at most: what can be had once for all back-ends is.
    """

    stage: Stage
    seed: Mapping[str, str]
    app: tuple[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("bank")
    ports = Ports(unused_port(), 1, 1)
    with serving(folder, ports.server, "--demo", "--tls", "auto"):
        seed = seeded(folder, "react", ports)
        stage = Stage(folder, ports, "react", "", Running({}, seed))
        with closing(stage.management) as management:
            grants = ["authorization_code", "refresh_token", PASSWORD_REALM, MFA_OOB]
            wanted = {"app_type": "regular_web", "grant_types": grants, "callbacks": [CALLBACK]}
            app, foreign = management.client("Known", **wanted), management.client("Unknown", **wanted)
            management("POST", "resource-servers", {"identifier": ALIKE, "scopes": [{"value": "read:accounts"}]})
            management("POST", "users", {"email": STRANGER, "password": PASSWORD, "email_verified": True, "connection": "Username-Password-Authentication"})
            stage.give_telephone(STRANGER, "+4917612345679")
            made = House(stage, {**seed, "YETT_CLIENTS": app[0]}, app, {})
            made.tokens.update(await tokens(made, foreign))
            yield made


async def tokens(house: House, foreign: tuple[str, str]) -> Mapping[str, str]:
    """Good ones, and such as are good for something else."""
    mine = await logged_in(house, house.app, "openid offline_access read:accounts transfer:funds")
    return {
        "password": (await logged_in(house, house.app, "read:accounts"))["access_token"],
        "factor": mine["access_token"],
        "theirs": (await logged_in(house, house.app, "read:accounts transfer:funds", who=STRANGER))["access_token"],
        "another audience": (await logged_in(house, house.app, "read:accounts", ALIKE))["access_token"],
        "another client": (await logged_in(house, foreign, "read:accounts"))["access_token"],
        "an ID token": mine["id_token"],
        "an opaque token": (await logged_in(house, house.app, "openid", ""))["access_token"],
        "a management token": house.stage.management.http.headers["authorization"].removeprefix("Bearer "),
        "no signature": _forged(mine["access_token"], alg="none"),
        "a changed claim": _changed(mine["access_token"]),
        "nonsense": secrets.token_urlsafe(),
    }


BAD = ("another audience", "another client", "an ID token", "an opaque token", "a management token", "no signature", "a changed claim", "nonsense")


@pytest.fixture(scope="module", params=[*BACKS])
def bank(request: pytest.FixtureRequest, house: House) -> Iterator[httpx.Client]:
    """A back-end, as a client sees it."""
    ports = house.stage.ports._replace(back=unused_port())
    command, environ = backend(request.param, ports, house.seed, house.stage.folder)
    base = f"http://127.0.0.1:{ports.back}/api/"
    with running(request.param, command, house.stage.folder, EXAMPLES.parent, environ) as process, httpx.Client(base_url=base, timeout=PATIENCE) as client:
        await_answer(f"{base}account", request.param, house.stage.folder, process)
        yield client


async def logged_in(house: House, client: tuple[str, str], scope: str, audience: str = API, who: str = "") -> Mapping[str, Any]:
    """What the token endpoint gives for a password, and for a code where it asks for one."""
    demo = house.stage.demo
    own = {"client_id": client[0], "client_secret": client[1]}
    user = {"username": who or demo["email"], "password": PASSWORD if who else demo["password"], "realm": demo["connection"]}
    wanted = {"scope": scope, **({"audience": audience} if audience else {})}
    with httpx.Client(verify=house.stage.management.trust, timeout=PATIENCE) as http:
        return await _logged_in(house, http, {"grant_type": PASSWORD_REALM, **own, **user, **wanted}, own)


async def _logged_in(house: House, http: httpx.Client, asked: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, Any]:
    demo = house.stage.demo
    said = http.post(f"{demo['issuer']}oauth/token", json=asked).json()
    if said.get("error") == "mfa_required":
        bearer = {"authorization": f"Bearer {said['mfa_token']}"}
        channels = http.get(f"{demo['issuer']}mfa/authenticators", headers=bearer).json()
        sms = next(one["id"] for one in channels if one.get("oob_channel") == "sms")
        asked = {"mfa_token": said["mfa_token"], "challenge_type": "oob", "authenticator_id": sms, **own}
        challenge = http.post(f"{demo['issuer']}mfa/challenge", json=asked).json()
        proof = {"mfa_token": said["mfa_token"], "oob_code": challenge["oob_code"], "binding_code": await house.stage.code()}
        said = http.post(f"{demo['issuer']}oauth/token", json={"grant_type": MFA_OOB, **own, **proof}).json()
    assert "access_token" in said, said
    return dict(said)


async def approved(house: House, scope: str) -> str:
    """A token for one use: from the pages, without script."""
    demo = house.stage.demo
    asked = {"response_type": "code", "client_id": house.app[0], "redirect_uri": CALLBACK, "scope": f"openid {scope}", "audience": API, "state": "s"}
    with httpx.Client(verify=house.stage.management.trust, timeout=PATIENCE) as browser:
        answer = browser.get(f"{demo['issuer']}authorize", params=asked)
        filled: Mapping[str, str] = {}
        while not str(answer.headers.get("location", "")).startswith(CALLBACK):
            if "location" in answer.headers:
                answer = browser.get(urljoin(str(answer.url), answer.headers["location"]))
                continue
            screen = re.search(r'data-screen="([^"]+)"', answer.text)
            assert screen, answer.text
            match screen[1]:
                case "login-id":
                    filled = {"username": demo["email"]}
                case "login-password":
                    filled = {"password": demo["password"]}
                case "mfa-recovery-code-enrollment":
                    filled = {"action": "saved", "saved": "true"}
                case _:
                    filled = {"code": await house.stage.code()}
            answer = browser.post(str(answer.url).split("?")[0], data={"action": "default", **_hidden(answer.text), **filled})
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        fields = {"grant_type": "authorization_code", "client_id": house.app[0], "client_secret": house.app[1], "code": code, "redirect_uri": CALLBACK}
        return str(browser.post(f"{demo['issuer']}oauth/token", data=fields).json()["access_token"])


def _hidden(page: str) -> Mapping[str, str]:
    inputs = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
    pairs = [(re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)) for one in inputs]
    return {name[1]: html.unescape(value[1]) for name, value in pairs if name and value}


def challenge(answer: httpx.Response) -> Mapping[str, str]:
    """What WWW-Authenticate says."""
    header = answer.headers["www-authenticate"]
    assert header.startswith("Bearer"), header
    return dict(re.findall(r'(\w+)="([^"]*)"', header))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_back_end_gives_what_a_token_is_good_for_and_asks_for_more_where_it_is_not(bank: httpx.Client, house: House) -> None:
    password, factor = house.tokens["password"], house.tokens["factor"]
    assert bank.get("account", headers=bearer(password)).json()["balance"] == 5000
    refused = bank.post("transfers", headers=bearer(password), json={"to": "Ada", "amount": 50})
    assert (refused.status_code, challenge(refused)["error"]) == (403, "insufficient_scope")

    sent = bank.post("transfers", headers=bearer(factor), json={"to": "Ada", "amount": 50})
    assert (sent.status_code, sent.json()["balance"]) == (201, 4950)
    large = bank.post("transfers", headers=bearer(factor), json={"to": "Ada", "amount": 1000})
    assert (large.status_code, challenge(large)["error"]) == (403, "insufficient_scope")
    for amount in (0, -1, "1", True, 1e9):
        assert bank.post("transfers", headers=bearer(factor), json={"to": "Ada", "amount": amount}).status_code in {400, 422}, amount
    for broken in (b"{", b"[]", b"null", b""):
        told = bank.post("transfers", headers={**bearer(factor), "content-type": "application/json"}, content=broken)
        assert told.status_code in {400, 422}, broken

    once = await approved(house, "transfer:large")
    assert bank.post("transfers", headers=bearer(once), json={"to": "Ada", "amount": 2000}).json()["balance"] == 2950
    again = bank.post("transfers", headers=bearer(once), json={"to": "Ada", "amount": 2000})
    assert (again.status_code, again.json()["code"]) == (401, "mfa_required")
    assert (challenge(again)["error"], challenge(again)["acr_values"]) == ("insufficient_user_authentication", MULTI_FACTOR)


def test_a_back_end_refuses_the_token_of_another_account_audience_client_or_type(bank: httpx.Client, house: House) -> None:
    mine, theirs = bearer(house.tokens["factor"]), bearer(house.tokens["theirs"])
    account = bank.get("account", headers=mine).json()
    assert bank.get("account", headers=theirs).json()["number"] != account["number"]
    stolen = bank.post("transfers", headers=theirs, json={"from": account["number"], "to": "Me", "amount": 1})
    assert stolen.status_code == 403
    assert bank.get("account", headers=mine).json() == account

    for what in BAD:
        refused = bank.get("account", headers=bearer(house.tokens[what]))
        assert (refused.status_code, challenge(refused).get("error")) == (401, "invalid_token"), what
    # No page of somebody else reads an answer, whatever token it has got hold of.
    elsewhere = {"origin": "https://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    for answer in (bank.get("account", headers={**mine, **elsewhere}), bank.options("transfers", headers=elsewhere)):
        assert "access-control-allow-origin" not in answer.headers
    bare = bank.get("account")
    assert (bare.status_code, challenge(bare)) == (401, {})


@pytest.mark.parametrize("back", BACKS)
def test_a_back_end_whose_server_cannot_be_asked_opens_nothing_and_does_not_call_a_good_token_bad(back: str, house: House) -> None:
    ports = house.stage.ports._replace(back=unused_port())
    command, environ = backend(back, ports, {**house.seed, "YETT_ISSUER": f"https://localhost:{unused_port()}/"}, house.stage.folder)
    with running(back, command, house.stage.folder, EXAMPLES.parent, environ) as process:
        account = f"http://127.0.0.1:{ports.back}/api/account"
        await_answer(account, back, house.stage.folder, process)
        answer = httpx.get(account, headers=bearer(house.tokens["factor"]), timeout=PATIENCE)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


def _encoded(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def _decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "==")))


def _forged(token: str, alg: str) -> str:
    header, claims, _ = token.split(".")
    return f"{_encoded({**_decoded(header), 'alg': alg})}.{claims}."


def _changed(token: str) -> str:
    header, claims, signature = token.split(".")
    return f"{header}.{_encoded({**_decoded(claims), 'scope': 'read:accounts read:statements'})}.{signature}"
