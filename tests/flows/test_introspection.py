"""Introspection: what a token is worth now is told to whoever it concerns, and to nobody else (RFC 7662)."""

import asyncio
import base64
import json
from typing import Any

import pytest

from tests.world import API, ISSUER, MULTI_FACTOR, World, claims, world
from yett.adapters.keys.signer import JoseSigner
from yett.domain.client import Api, ClientGrant

GONE = (200, {"active": False})


async def issued(w: World, scope: str = "openid read:accounts", audience: str = API) -> dict[str, Any]:
    """Ada's tokens for the web shop, at the API unless another audience is named."""
    if await w.store.find("ada@example.test") is None:
        await w.person()
    _, answer = await w.exchange(await w.login(w.browser(), scope=scope, audience=audience))
    return dict(answer)


async def ask(w: World, token: str, client: str = "bank", **more: str) -> tuple[int, Any]:
    return await w.post("/oauth/introspect", {"client_id": client, "client_secret": f"{client}'s secret", "token": token, **more})


async def active(w: World, token: str, client: str = "bank") -> bool:
    status, said = await ask(w, token, client)
    assert status == 200
    assert said["active"] or said == {"active": False}
    return bool(said["active"])


async def like(w: World, token: str, typ: str = "JWT", **change: Any) -> str:
    """A token that says the same but for a change, signed by our own key."""
    said = {name: value for name, value in {**claims(token), **change}.items() if value is not None}
    return str(w.ground.signer.sign(await w.store.catalogue(), "RS256", typ, said))


async def for_one_use(w: World) -> str:
    """A token that is good once."""
    return await like(w, (await issued(w))["access_token"], one_use=True)


async def test_an_api_hears_all_that_a_token_for_it_says_of_its_login() -> None:
    async with world() as w:
        token = (await issued(w, "openid transfer:funds"))["access_token"]
        said = claims(token)
        wanted = {name: said[name] for name in ("iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti", "acr", "amr", "auth_time")}
        assert await ask(w, token) == (200, {"active": True, "token_type": "Bearer", **wanted})
        assert (said["acr"], said["sub"], said["client_id"]) == (MULTI_FACTOR, "auth0|ada", "web")


async def test_authorization_details_are_told_where_a_token_has_them() -> None:
    async with world() as w:
        details = [{"type": "payment", "amount": "12.30"}]
        _, said = await ask(w, await like(w, (await issued(w))["access_token"], authorization_details=details))
        assert said["authorization_details"] == details


async def test_a_client_hears_of_what_it_was_given_itself() -> None:
    async with world() as w:
        answer = await issued(w, "openid offline_access read:accounts")
        opaque = (await issued(w, "openid", audience=""))["access_token"]
        assert await active(w, answer["access_token"], "web")
        _, said = await ask(w, opaque, "web")
        assert said == {
            "active": True,
            "iss": ISSUER,
            "sub": "auth0|ada",
            "client_id": "web",
            "scope": "openid",
            "exp": w.clock.now + 86400,
            "token_type": "Bearer",
            "aud": f"{ISSUER}userinfo",
            "auth_time": said["auth_time"],
            "amr": ["pwd"],
        }
        _, said = await ask(w, answer["refresh_token"], "web", token_type_hint="access_token")
        assert (said["active"], said["token_type"], said["scope"]) == (True, "refresh_token", "openid offline_access read:accounts")


async def test_whoever_a_token_does_not_concern_hears_what_holds_for_one_that_never_was() -> None:
    async with world() as w:
        elsewhere = Api("api_2", "https://other.example.test/", "Other", ("read:accounts",))
        bank = (await w.store.catalogue()).clients["bank"]
        await w.store.configure((elsewhere, bank._replace(id="others", resource_server=elsewhere.identifier)), (), ())
        answer = await issued(w, "openid offline_access read:accounts")
        opaque = (await issued(w, "openid", audience=""))["access_token"]
        for token in (answer["access_token"], answer["refresh_token"], opaque):
            assert await ask(w, token, "other") == GONE
        for token in (answer["refresh_token"], opaque, answer["id_token"]):
            assert await ask(w, token) == GONE, "of an API's concern are access tokens that were made for it"
        asked = {"client_id": "others", "client_secret": "bank's secret", "token": answer["access_token"]}
        assert await w.post("/oauth/introspect", asked) == GONE


async def test_nobody_asks_who_is_not_proven() -> None:
    async with world() as w:
        token = (await issued(w))["access_token"]
        for fields in ({"client_id": "spa"}, {}, {"client_id": "bank"}, {"client_id": "bank", "client_secret": "wrong"}):
            status, said = await w.post("/oauth/introspect", {"token": token, **fields})
            assert (status, said["error"]) == (401, "invalid_client")
        status, said = await w.post("/oauth/introspect", {"client_id": "bank", "client_secret": "bank's secret"})
        assert (status, said["error"]) == (400, "invalid_request")
        basic = base64.b64encode(b"bank:bank%27s+secret").decode()
        assert (await w.post("/oauth/introspect", {"token": token}, authorization=f"Basic {basic}"))[1]["active"]


@pytest.mark.parametrize("junk", ["x", ".", "..", "a.b.c", "e30.e30.e30", "\x00", "é", "x" * 9000, "x" * 4000 + "." + "x" * 4000 + ".x", " "])
async def test_what_is_no_token_of_ours_is_not_active(junk: str) -> None:
    async with world() as w:
        status, said = await w.post("/oauth/introspect", {"client_id": "bank", "client_secret": "bank's secret", "token": junk}, as_json=True)
        assert (status, said) == GONE or (status == 400 and junk == "\x00")


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 0},
        {"exp": "9999999999"},
        {"iss": "https://evil.test/"},
        {"iss": None},
        {"aud": "https://other.example.test/"},
        {"aud": []},
        {"aud": None},
        {"nonce": "n1"},
        {"client_id": None},
        {"client_id": "gone"},
        {"sub": "auth0|bob"},
        {"sub": None},
        {"jti": "made-up.1"},
        {"jti": None},
        {"scope": None},
    ],
)
async def test_a_token_that_lacks_or_bends_one_claim_is_not_active(change: dict[str, Any]) -> None:
    async with world() as w:
        token = (await issued(w))["access_token"]
        assert await active(w, await like(w, token))
        assert await ask(w, await like(w, token, **change)) == GONE


async def test_row_19_other_things_that_we_sign_and_keys_that_are_not_ours_are_no_access_tokens() -> None:
    async with world() as w:
        token = (await issued(w))["access_token"]
        for typ in ("logout+jwt", "dpop+jwt", ""):
            assert await ask(w, await like(w, token, typ)) == GONE
        stranger = JoseSigner()
        theirs = (await w.store.catalogue())._replace(keys=(stranger.new_key("RS256", w.clock.now, "current"),))
        assert await ask(w, stranger.sign(theirs, "RS256", "JWT", claims(token))) == GONE
        head, payload, signature = token.split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
        bent = base64.urlsafe_b64encode(json.dumps({**claims(token), "scope": "transfer:funds"}).encode()).rstrip(b"=").decode()
        for forged in (f"{none}.{payload}.", f"{none}.{payload}.{signature}", f"{head}.{bent}.{signature}", f"{head}.{payload}."):
            assert await ask(w, forged) == GONE


async def test_a_token_is_over_when_what_it_rests_on_is() -> None:
    async with world() as w:
        for how in ("grant", "account", "session", "client", "api", "time"):
            answer = await issued(w, "openid offline_access read:accounts")
            token, refresh = answer["access_token"], answer["refresh_token"]
            catalogue = await w.store.catalogue()
            assert await active(w, token)
            assert await active(w, refresh, "web")
            account = (await w.store.account("auth0|ada"))[0]
            match how:
                case "grant":
                    await w.post("/oauth/revoke", {"client_id": "web", "client_secret": "web's secret", "token": refresh})
                case "account":
                    assert await w.store.change_account(account, account._replace(blocked=True), (), ends=True, now=w.clock.now, facts=())
                case "session":
                    await w.store.end_session("auth0|ada", claims(answer["id_token"])["sid"], w.clock.now, ())
                case "client":
                    await w.store.configure((), (("client", "web"),), ())
                case "api":
                    await w.store.configure((), (("api", "api_1"),), ())
                case "time":
                    w.clock.now += 86400
            assert await ask(w, token) == GONE, how
            if how == "account":
                account = (await w.store.account("auth0|ada"))[0]
                await w.store.change_account(account, account._replace(blocked=False), (), ends=False, now=w.clock.now, facts=())
            await w.store.configure((catalogue.clients["web"], catalogue.apis[API]), (), ())
            assert await ask(w, refresh, "web") == GONE or how in {"client", "api", "time"}


async def test_a_refresh_token_that_was_used_is_over_but_where_it_does_not_rotate() -> None:
    async with world() as w:
        for rotating in (True, False):
            shop = (await w.store.catalogue()).clients["web"]._replace(rotating=rotating)
            await w.store.configure((shop,), (), ())
            refresh = (await issued(w, "openid offline_access read:accounts"))["refresh_token"]
            assert (await w.token(grant_type="refresh_token", refresh_token=refresh))[0] == 200
            assert await active(w, refresh, "web") is not rotating


async def test_a_machines_token_rests_on_what_its_client_is_granted_now() -> None:
    async with world() as w:
        held = ClientGrant("cgr_1", "machine", API, ("read:accounts",))
        await w.store.configure((held,), (), ())
        asked = {"client_id": "machine", "client_secret": "machine's secret", "grant_type": "client_credentials", "audience": API}
        token = (await w.token(**asked))[1]["access_token"]
        _, said = await ask(w, token)
        assert (said["active"], said["sub"], said["gty"]) == (True, "machine@clients", "client-credentials")
        assert "amr" not in said
        await w.store.configure((held._replace(scope=()),), (), ())
        assert await ask(w, token) == GONE
        await w.store.configure((), (("client_grant", "cgr_1"),), ())
        assert await ask(w, token) == GONE


async def test_a_stricter_regime_ends_tokens_that_were_promised_more() -> None:
    async with world() as w:
        answer = await issued(w)
        w.clock.now += 2 * 3600
        assert await active(w, answer["access_token"])
        w.clock.now += 11 * 3600
        assert await active(w, answer["access_token"])
        await w.configure(regime="nist-aal3")
        assert await ask(w, answer["access_token"]) == GONE


async def test_one_use_is_one_use_and_asking_costs_none() -> None:
    async with world() as w:
        token = await for_one_use(w)
        assert await active(w, token)
        assert await active(w, token)
        _, said = await ask(w, token, consume="true")
        assert (said["active"], said["jti"]) == (True, claims(token)["jti"])
        assert await ask(w, token, consume="true") == GONE
        assert await ask(w, token) == GONE
        (fact,) = await w.facts("one_use")
        assert (fact.account, fact.client, fact.data["scope"]) == ("auth0|ada", "bank", "openid read:accounts")
        assert token not in str(fact)


async def test_of_two_hundred_who_consume_at_once_one_is_told_yes() -> None:
    async with world() as w:
        token = await for_one_use(w)
        answers = await asyncio.gather(*(ask(w, token, consume="true") for _ in range(200)))
        assert sorted(said["active"] for _, said in answers) == [False] * 199 + [True]
        assert len(await w.facts("one_use")) == 1


async def test_nothing_is_consumed_whose_login_is_over() -> None:
    async with world() as w:
        token = await for_one_use(w)
        w.clock.now += 86400
        assert await ask(w, token, consume="true") == GONE
        w.clock.now -= 86400
        await w.store.end_session("auth0|ada", (await w.store.sessions("auth0|ada", w.clock.now))[0].sid, w.clock.now, ())
        assert await ask(w, token, consume="true") == GONE
        assert not await w.facts("one_use")


async def test_who_may_not_ask_consumes_nothing() -> None:
    async with world() as w:
        token = await for_one_use(w)
        assert await ask(w, token, "other", consume="true") == GONE
        assert (await w.post("/oauth/introspect", {"client_id": "spa", "token": token, "consume": "true"}))[0] == 401
        assert await active(w, token)


async def test_a_token_for_more_than_one_use_cannot_be_consumed() -> None:
    async with world() as w:
        answer = await issued(w, "openid offline_access read:accounts")
        for token, client in ((answer["access_token"], "bank"), (answer["refresh_token"], "web")):
            status, said = await ask(w, token, client, consume="true")
            assert (status, said) == (400, {"error": "invalid_request", "error_description": "The token is not for one use, so it cannot be consumed."})
            assert await active(w, token, client)
        status, said = await ask(w, answer["access_token"], consume="yes")
        assert (status, said["error"]) == (400, "invalid_request")
        assert await ask(w, answer["id_token"], consume="true") == GONE
