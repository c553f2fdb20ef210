"""Codes in place of a password: off by default, and no way to learn who has an account."""

import asyncio
from typing import Any

import pytest

from tests.flows.mfa import CREDENTIALS, NUMBER, email, has, phone, sent, start
from tests.flows.mfa import mfa_token as by_password
from tests.world import API, MFA_OOB, MFA_OTP, PASSWORDLESS, World, claims, world
from yett.domain.account import Account
from yett.flows.accounts import Births
from yett.main import EMAIL, PASSWORD


async def on(w: World, *connections: str) -> None:
    await w.configure(factors={**w.tenant.factors, "sms": True}, passwordless=connections or ("email", "sms"))


async def given(w: World, otp: str, username: str = "ada@example.test", **more: str) -> tuple[int, Any]:
    return await w.token(grant_type=PASSWORDLESS, **{"username": username, "otp": otp, "realm": "email", "scope": "openid", **more})


async def test_a_code_to_a_mailbox_stands_first_and_is_good_once() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        status, answer = await start(w, " Ada@Example.test ")
        assert (status, answer) == (200, {"_id": answer["_id"], "email": "ada@example.test", "email_verified": False})
        code = await sent(w)
        assert await given(w, "x") == (403, {"error": "invalid_grant", "error_description": "Wrong email or verification code."})
        status, tokens = await given(w, code, "ADA@example.test")
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["email"])
        assert (await given(w, code))[0] == 403
        await start(w)
        assert (await given(w, await sent(w)))[0] == 200


async def test_a_code_to_a_number_stands_first_for_whoever_is_known_by_it() -> None:
    async with world() as w:
        await on(w)
        births = Births(w.ground.mint, PASSWORD, EMAIL)
        account = Account("auth0|tom", "tom@example.test", username=NUMBER, created_at=w.clock.now, updated_at=w.clock.now)
        assert await w.store.open_account(account, (births.password_of(account, b"plain:x"), phone("tom")), ())
        asked = {**CREDENTIALS, "connection": "sms", "phone_number": "+49 176 12345678"}
        status, answer = await w.post("/passwordless/start", asked, as_json=True)
        assert (status, answer["phone_number"], answer["phone_verified"]) == (200, NUMBER, False)
        assert (await given(w, "x", NUMBER, realm="sms"))[1]["error_description"] == "Wrong phone number or verification code."
        status, tokens = await given(w, await sent(w), NUMBER, realm="sms")
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["sms"])


async def test_it_is_off_unless_the_tenant_says_so_and_the_application_may() -> None:
    async with world() as w:
        await w.person(verified=True)
        off = (400, {"error": "invalid_request", "error_description": "The connection is not enabled."})
        assert await start(w) == off
        assert await given(w, "123456") == off
        await on(w, "sms")
        assert await start(w) == off
        await on(w)
        status, answer = await w.post("/passwordless/start", {"client_id": "spa", "connection": "email", "email": "ada@example.test"}, as_json=True)
        assert (status, answer["error"]) == (403, "unauthorized_client")
        assert (await start(w, client_secret="wrong"))[0] == 401
        assert (await start(w, send="link"))[0] == 400
        assert (await start(w, "not an address"))[1]["error_description"] == "Invalid email."
        assert (await start(w, connection="sms", phone_number="hello"))[1]["error_description"] == "Invalid phone_number."
        assert not await w.mail()


async def test_row_15_nobody_learns_who_has_an_account() -> None:
    """Body, status, pace and commits are the same; only the mailbox of whoever has one hears of it."""
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await w.person("bob", verified=False)
        await w.person("blocked", verified=True, blocked=True)
        told = {}
        for name in ("ada", "bob", "blocked", "nobody"):
            address = f"{name}@example.test"
            started = [await start(w, address) for _ in range(21)]
            guessed = [await given(w, f"x{number}", address) for number in range(11)]
            w.clock.now += 3600
            told[name] = ([status for status, _ in started], [sorted(answer) for _, answer in started], guessed)
        assert told["ada"] == told["bob"] == told["blocked"] == told["nobody"]
        assert told["ada"][0] == [200] * 20 + [429]
        assert [status for status, _ in told["ada"][2]] == [403] * 9 + [429] * 2
        assert {one["to"] for one in await w.mail() if "code" in one["data"]} == {"ada@example.test"}


@pytest.mark.parametrize("begun", [True, False])
async def test_row_15_guesses_without_a_question_are_counted_with_those_that_had_one(begun: bool) -> None:
    """Else whoever has spent the tries of one count would learn from the other whether there is an account."""
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        told = {}
        for address in ("ada@example.test", "nobody@example.test"):
            if begun:
                await start(w, address)
            guessed = [(await given(w, f"x{number}", address))[0] for number in range(10)]
            w.clock.now += 301 if begun else 0
            late = (await given(w, "x", address))[0]
            await start(w, address)
            told[address] = (guessed, late, (await given(w, "x", address))[0])
            w.clock.now += 7200
        assert told["ada@example.test"] == told["nobody@example.test"] == ([403] * 9 + [429], 429, 429)


async def test_messages_that_an_account_has_had_elsewhere_are_not_told_of() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await w.configure(policies=("all-applications",))
        await w.person("bob", verified=True)
        from tests.flows.mfa import challenged

        token = await by_password(w)
        for _ in range(20):
            await challenged(w, token, oob_channel="email")
        before = len(await w.mail())
        assert [status for status, _ in (await start(w), await start(w, "nobody@example.test"))] == [200, 200]
        assert len(await w.mail()) == before


async def test_where_more_is_wanted_a_code_to_a_mailbox_is_not_two_factors() -> None:
    """Two proofs of one category are one factor: what helps is a password, and that wants a login."""
    async with world(policies=("all-applications",)) as w:
        await on(w)
        await w.person(verified=True)
        await start(w)
        assert await given(w, await sent(w)) == (400, {"error": "login_required", "error_description": "Login required"})


async def test_an_acr_of_the_resource_is_demanded_here_too() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await start(w)
        status, answer = await given(w, await sent(w), scope="openid transfer:funds", audience=API)
        assert (status, answer["error"]) == (400, "login_required")


async def test_a_code_that_stands_first_is_no_stronger_under_a_regime_that_forbids_it() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await start(w)
        code = await sent(w)
        await w.configure(regime="pci-dss-4")
        assert (await given(w, code))[0] == 403


async def test_whoever_has_the_mailbox_alone_adds_no_factor_and_removes_none() -> None:
    async with world() as w:
        from tests.flows.mfa import associate, remove

        await on(w)
        await w.person(totp=False, verified=True)
        await start(w)
        _, tokens = await given(w, await sent(w), scope="openid enroll remove:authenticators", audience="http://localhost:8000/mfa/")
        assert (await associate(w, tokens["access_token"], authenticator_types=["otp"]))[0] == 401
        assert (await remove(w, tokens["access_token"], "email|dev_x"))[0] in {401, 404}


async def test_row_1_guesses_are_few_over_applications_and_codes() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await start(w)
        w.all_have_read(30)
        answers = await asyncio.gather(*(given(w, f"x{number}") for number in range(30)))
        assert sorted(status for status, _ in answers) == [403] * 9 + [429] * 21
        await start(w)
        assert (await given(w, await sent(w)))[0] == 429


async def test_row_27_the_same_code_many_times_at_once_wins_once() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await start(w)
        code = await sent(w)
        w.all_have_read(20)
        answers = await asyncio.gather(*(given(w, code) for _ in range(20)))
        assert sorted(status for status, _ in answers) == [200] + [403] * 19


async def test_a_code_is_for_its_application_and_void_when_another_is_asked_for_or_it_is_late() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await start(w)
        code = await sent(w)
        other = {"client_id": "other", "client_secret": "other's secret"}
        assert (await given(w, code, **other))[0] == 403
        await start(w)
        assert (await given(w, code))[0] == 403
        code = await sent(w)
        w.clock.now += 300
        assert (await given(w, code))[0] == 403


async def test_what_is_held_by_a_destination_is_no_mfa_token() -> None:
    async with world() as w:
        await on(w)
        await w.person(verified=True)
        await has(w, email())
        await start(w)
        from yett.domain.client import Client
        from yett.flows.passwordless import _name

        name = _name(Client("web", ""), "email", "ada@example.test")
        for grant, more in ((MFA_OTP, {"otp": w.code()}), (MFA_OOB, {"oob_code": f"{name}.x", "binding_code": await sent(w)})):
            assert (await w.token(grant_type=grant, mfa_token=name, **more))[1]["error_description"] == "Malformed mfa_token"


def forwarded(address: str) -> dict[str, Any]:
    return {"auth0-forwarded-for": address}


@pytest.mark.parametrize("trusted, believed", [(True, "203.0.113.9"), (False, "127.0.0.1")])
async def test_the_address_that_a_server_forwards_is_believed_of_one_that_may_say_it(trusted: bool, believed: str) -> None:
    async with world() as w:
        await w.person()
        await allow(w, "web", trusted)
        for said, known in (("203.0.113.9", believed), ("203.0.113.9, 10.0.0.1", "127.0.0.1"), ("hello", "127.0.0.1")):
            asked = {**CREDENTIALS, "grant_type": "password", "username": "ada@example.test", "password": "wrong", "scope": "openid"}
            await w.post("/oauth/token", asked, **forwarded(said))
            assert (await w.facts("fp"))[0].data["ip"] == known


async def test_the_address_that_a_public_client_forwards_is_never_believed() -> None:
    async with world() as w:
        await w.person()
        catalogue = await w.store.catalogue()
        await w.store.configure((catalogue.clients["spa"]._replace(grant_types=("password",)),), (), ())
        await allow(w, "spa", True)
        asked = {"client_id": "spa", "grant_type": "password", "username": "ada@example.test", "password": "wrong"}
        await w.post("/oauth/token", asked, **forwarded("203.0.113.9"))
        assert (await w.facts("fp"))[0].data["ip"] == "127.0.0.1"


async def allow(w: World, client: str, trusted: bool) -> None:
    catalogue = await w.store.catalogue()
    extra = b'{"is_token_endpoint_ip_header_trusted":true}' if trusted else b"{}"
    await w.store.configure((catalogue.clients[client]._replace(extra=extra),), (), ())
