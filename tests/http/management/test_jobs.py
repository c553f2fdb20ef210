"""Imports of users: taken at once, judged row by row in the background, and no row taken twice."""

import asyncio
import json
from typing import Any

import pytest

from tests.http.management.house import House
from yett.adapters.deliver.compose import compose
from yett.domain.account import Account
from yett.domain.enrolment import Enrolment

BCRYPT = "$2b$10$" + "a" * 53
KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
CONNECTION = "Username-Password-Authentication"
ADA = {
    "email": "Ada@Example.com",
    "email_verified": True,
    "user_id": "ada",
    "name": "Ada",
    "app_metadata": {"plan": "gold"},
    "password_hash": BCRYPT,
    "mfa_factors": [{"totp": {"secret": KEY}}, {"phone": {"value": "+447400123456"}}, {"email": {"value": "ada@other.example"}}],
}


async def upload(house: House, rows: Any, status: int = 202, *, token: str | None = None, **fields: str) -> Any:
    content = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    data = {"connection_id": CONNECTION, **fields}
    answer = await house.call("POST", "jobs/users-imports", data=data, files={"users": ("users.json", content)}, token=token)
    assert answer.status_code == status, answer.text
    return answer.json()


async def done(house: House, rows: Any, **fields: Any) -> Any:
    """The job once it is over."""
    job = await upload(house, rows, **fields)
    await house.manage.jobs.work()
    return await house.get(f"jobs/{job['id']}")


async def person(house: House, id: str = "auth0|ada") -> tuple[Account, dict[str, Enrolment]]:
    found = await house.store.account(id)
    assert found
    return found[0], {one.kind: one for one in found[1] if one.link is None}


async def errors(house: House, job: Any) -> list[tuple[Any, str]]:
    found = await house.get(f"jobs/{job['id']}/errors")
    return [(one["user"].get("email"), one["errors"][0]["path"]) for one in found]


async def test_a_user_comes_with_password_factors_and_profile(house: House) -> None:
    job = await done(house, [ADA], external_id="batch 7")
    assert (job["status"], job["type"], job["connection_id"], job["external_id"]) == ("completed", "users_import", CONNECTION, "batch 7")
    assert (job["percentage_done"], job["summary"]) == (100, {"total": 1, "inserted": 1, "updated": 0, "failed": 0})
    account, has = await person(house)
    assert (account.email, account.email_verified, json.loads(account.profile)["app_metadata"]) == ("ada@example.com", True, {"plan": "gold"})
    assert (has["password"].state.secret, has["totp"].state.secret) == (BCRYPT.encode(), b"12345678901234567890")
    assert (json.loads(has["phone"].state.open)["number"], has["email"].state.open) == ("+447400123456", b"ada@other.example")
    assert {one.status for one in has.values()} == {"active"}
    assert await house.notices() == []


async def test_support_exports_hashes_in_words_of_its_own(house: House) -> None:
    row = {"_id": {"$oid": "5f1"}, "email": "eve@example.com", "email_verified": False, "passwordHash": BCRYPT, "tenant": "t", "connection": "c"}
    job = await done(house, json.dumps(row).encode() + b"\n")
    assert job["summary"]["inserted"] == 1
    assert (await person(house, "auth0|5f1"))[1]["password"].state.secret == BCRYPT.encode()


@pytest.mark.parametrize(
    "change, path",
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example\r\nbcc: c@d.example"}, "email"),
        ({"email": 5}, "email"),
        ({"user_id": "a|b"}, "user_id"),
        ({"username": "a@b"}, "username"),
        ({"password_hash": "password"}, "password_hash"),
        ({"password_hash": "$2b$31$" + "a" * 53}, "password_hash"),
        ({"custom_password_hash": {"algorithm": "md5", "hash": {"value": "00" * 16, "encoding": "hex"}}}, "custom_password_hash"),
        ({"password_hash": None, "custom_password_hash": {"algorithm": "md4"}}, "custom_password_hash"),
        ({"mfa_factors": [{"totp": {"secret": "SHORT"}}]}, "mfa_factors"),
        ({"mfa_factors": [{"phone": {"value": "12345"}}]}, "mfa_factors"),
        ({"mfa_factors": [{"passkey": {"value": "x"}}]}, "mfa_factors"),
        ({"blocked": "yes"}, "blocked"),
        ({"is_admin": True}, ""),
    ],
)
async def test_a_row_that_cannot_be_taken_says_why_and_the_others_are_taken(house: House, change: Any, path: str) -> None:
    bad = {**ADA, "email": "bad@example.com", "user_id": "bad", **change}
    job = await done(house, [bad, ADA])
    assert (job["summary"]["inserted"], job["summary"]["failed"]) == (1, 1)
    assert await errors(house, job) == [(bad["email"], path)]
    assert (await house.call("GET", "users/auth0%7Cbad")).status_code == 404


async def test_an_error_quotes_no_secret(house: House) -> None:
    job = await done(house, [{**ADA, "email": "nobody", "custom_password_hash": {"algorithm": "md5"}}])
    said = json.dumps(await house.get(f"jobs/{job['id']}/errors"))
    assert "*****" in said
    assert BCRYPT not in said
    assert KEY not in said


async def test_whoever_exists_is_an_error_unless_they_shall_be_brought_up_to_date(house: House) -> None:
    await done(house, [ADA])
    job = await done(house, [{**ADA, "user_id": "another"}, {**ADA, "email": "other@example.com"}])
    assert [one[0] for one in await errors(house, job)] == ["Ada@Example.com", "other@example.com"]
    job = await done(house, [{**ADA, "user_id": "another"}], upsert="true")
    assert job["summary"] == {"total": 1, "inserted": 0, "updated": 0, "failed": 1}


async def test_an_upsert_changes_no_password_unblocks_nobody_and_tells_of_each_factor_that_it_adds(house: House) -> None:
    await done(house, [{**ADA, "mfa_factors": [], "blocked": True}])
    other = {**ADA, "password_hash": "$2b$10$" + "b" * 53, "blocked": False, "name": "Countess", "mfa_factors": [{"totp": {"secret": KEY}}]}
    job = await done(house, [other], upsert="true")
    assert job["summary"]["updated"] == 1
    account, has = await person(house)
    assert (account.blocked, json.loads(account.profile)["name"], account.security_version) == (True, "Countess", 2)
    assert (has["password"].state.secret, has["totp"].state.secret) == (BCRYPT.encode(), b"12345678901234567890")
    assert await house.notices() == [("factor_added", "ada@example.com")]


async def test_a_second_upsert_of_the_same_file_changes_nothing(house: House) -> None:
    await done(house, [ADA])
    before = await person(house)
    job = await done(house, [ADA], upsert="true")
    assert job["summary"]["updated"] == 1
    assert await person(house) == before
    assert await house.notices() == []


async def test_a_job_goes_on_where_a_process_left_it_and_takes_no_row_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"email": f"u{number}@example.com"} for number in range(40)]
    job = await upload(house, rows)
    on, steps = house.store.job_on, []

    async def ends(*args: Any, **named: Any) -> bool:
        """The rows are written, and the process ends before it can say so."""
        steps.append(1)
        if len(steps) == 2:
            raise asyncio.CancelledError
        return await on(*args, **named)

    monkeypatch.setattr(house.store, "job_on", ends)
    with pytest.raises(asyncio.CancelledError):
        await house.manage.jobs.work()
    monkeypatch.undo()
    assert (await house.get(f"jobs/{job['id']}"))["summary"]["inserted"] == 16
    house.clock.now += 61
    await house.manage.jobs.work()
    found = await house.get(f"jobs/{job['id']}")
    assert (found["status"], found["summary"]) == ("completed", {"total": 40, "inserted": 40, "updated": 0, "failed": 0})
    assert (await house.store.accounts(0, 1))[1] == 40


async def test_the_file_is_gone_once_the_job_is_done(house: House) -> None:
    job = await upload(house, [ADA])
    kept = await house.store.job(job["id"])
    assert kept
    assert kept.content
    await house.manage.jobs.work()
    kept = await house.store.job(job["id"])
    assert kept
    assert kept.content == b""


@pytest.mark.parametrize("wanted, address, told", [("true", "desk@example.test", True), ("false", "desk@example.test", False), ("true", "", False)])
async def test_the_support_is_told_at_the_end_where_that_is_wanted(house: House, wanted: str, address: str, told: bool) -> None:
    tenant = (await house.store.catalogue()).tenant
    await house.store.configure((tenant._replace(brand=tenant.brand._replace(support_email=address)),), (), ())
    job = await done(house, [ADA, {"email": "nobody"}], send_completion_email=wanted)
    mails = [one.message for one in await house.store.outgoing(9) if one.message.template == "import_done"]
    data = {"job": job["id"], "inserted": "1", "updated": "0", "failed": "1"}
    assert [(one.to, one.data) for one in mails] == ([(address, data)] if told else [])
    for mail in mails:
        letter = compose(mail, "", account="https://login.example.test/account")
        assert "New: 1. Brought up to date: 0. Not taken: 1." in letter.text
        assert "/account" not in letter.text
        assert letter.text.endswith("look into the log.\n")


async def test_what_is_no_list_of_users_is_refused_at_once(house: House) -> None:
    assert (await upload(house, b"email;name\nada@example.com;Ada", 400))["message"].startswith("The users file cannot be read")
    await upload(house, [], 400, connection_id="con_other")
    await upload(house, [], 400, upsert="perhaps")
    await upload(house, [], 400, admin="true")
    await upload(house, b"[" + b" " * 600_000 + b"]", 413)
    assert (await house.call("POST", "jobs/users-imports", {"users": []})).status_code == 415
    assert (await house.call("POST", "jobs/users-imports", data={"connection_id": CONNECTION}, files={"other": b"x"})).status_code == 400


async def test_an_upsert_wants_the_scope_of_what_it_does(house: House) -> None:
    token = await house.bearer(("create:users",))
    await upload(house, [ADA], token=token)
    await upload(house, [ADA], 403, token=token, upsert="true")


async def test_a_job_that_is_not_there_is_not_there(house: House) -> None:
    assert (await house.call("GET", "jobs/none")).status_code == 404
    assert (await house.call("GET", "jobs/none/errors")).status_code == 404
