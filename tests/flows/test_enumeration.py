"""Whether somebody has an account is told by no answer and by no work (attacks: row 15)."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.world import REALM, World, world
from yett.adapters.sql.seal import Seal
from yett.factors.password import Password
from yett.flows.gate import Gate

KNOWN, UNKNOWN = "ada@example.test", "eve@example.test"
Try = Callable[[World, str], Awaitable[object]]


class Work(dict[str, int]):
    """How often the store was asked, how often it wrote, and how many facts were left behind."""


@contextmanager
def counted(w: World) -> Iterator[Work]:
    """Counts what the database does meanwhile."""
    driver, work = w.store.driver, Work()

    def counting(name: str) -> Any:
        original = getattr(driver, name)

        async def call(*args: Any) -> Any:
            work[name] = work.get(name, 0) + 1
            return await original(*args)

        return call

    names = ("read", "write", "view")
    for name in names:
        setattr(driver, name, counting(name))
    try:
        yield work
    finally:
        for name in names:
            delattr(driver, name)


async def by_api(w: World, name: str) -> object:
    return await w.token(grant_type=REALM, username=name, password="wrong", scope="openid")


async def by_page(w: World, name: str) -> object:
    browser = w.browser()
    page = await browser.submit(await w.authorize(browser), username=name)
    page = await browser.submit(page, password="wrong")
    hidden = page.hidden
    return page.status, page.text.replace(name, "NAME").replace(hidden["state"], "").replace(hidden["csrf"], "")


@pytest.mark.parametrize("attempt", [by_api, by_page])
async def test_row_15_each_of_a_dozen_tries_costs_the_same_where_there_is_nobody(attempt: Try) -> None:
    async with world() as w:
        await w.person(verified=True)
        # The configuration is read once.
        await w.authorize(w.browser())
        seen: dict[str, list[object]] = {KNOWN: [], UNKNOWN: []}
        for _ in range(12):
            for name, found in seen.items():
                looks, facts = w.hasher.looks, len(await w.facts())
                with counted(w) as work:
                    answer = await attempt(w, name)
                found.append((answer, w.hasher.looks - looks, work, len(await w.facts()) - facts))
        assert seen[KNOWN] == seen[UNKNOWN]
        assert [one["to"] for one in await w.mail()] == [KNOWN]


@pytest.mark.parametrize("attempt", [by_api, by_page])
async def test_row_15_where_there_is_nobody_as_much_is_opened_and_judged(attempt: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"opened": 0, "judged": 0, "verified": 0}

    def counting(kind: type, name: str, what: str) -> None:
        original = getattr(kind, name)

        def call(*args: Any, **named: Any) -> Any:
            seen[what] += 1
            return original(*args, **named)

        monkeypatch.setattr(kind, name, call)

    async with world() as w:
        await w.person(verified=True)
        await w.authorize(w.browser())
        for kind, name, what in ((Seal, "open", "opened"), (Gate, "_usable", "judged"), (Password, "verify", "verified")):
            counting(kind, name, what)
        did = []
        for name in (KNOWN, UNKNOWN):
            seen.update(dict.fromkeys(seen, 0))
            await attempt(w, name)
            did.append(dict(seen))
        somebody, nobody = did
        assert all(nobody[what] >= somebody[what] > 0 for what in seen)


@pytest.mark.parametrize("attempt", [by_api, by_page])
async def test_row_15_a_blocked_account_and_one_without_a_password_are_nobody(attempt: Try) -> None:
    async with world() as w:
        await w.person("bob", blocked=True)
        account = await w.person("cid")
        one = next(one.id for one in (await w.store.account(account.id))[1] if one.kind == "password")
        await w.store.unenrol(account.id, [one], w.clock.now, ())
        bob, cid, nobody = [await attempt(w, f"{name}@example.test") for name in ("bob", "cid", "eve")]
        assert bob == cid == nobody


async def test_row_15_only_a_right_password_is_told_that_the_account_is_blocked() -> None:
    async with world() as w:
        await w.person("bob", blocked=True)
        status, answer = await w.token(grant_type=REALM, username="bob@example.test", password="secret of bob", scope="openid")
        assert status == 403
        assert "access_token" not in answer


async def test_row_15_the_mfa_api_says_nothing_of_factors_before_the_password_is_right() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.person()
        await w.person("bob", totp=False)
        wrong = [await by_api(w, f"{name}@example.test") for name in ("ada", "bob", "eve")]
        assert wrong[0] == wrong[1] == wrong[2]


async def test_an_alias_of_a_name_has_no_counter_of_its_own() -> None:
    """CVE-2026-47203, CVE-2025-24806: one account, however its name is written, by address or by username."""
    async with world() as w:
        await w.person(username="Ada.L")
        for number in range(9):
            name = ("ADA@example.test", " ada@EXAMPLE.test ", "ada.l", "ADA.L")[number % 4]
            assert (await w.token(grant_type=REALM, username=name, password="wrong", scope="openid"))[0] == 403
        for name in (KNOWN, "Ada.L"):
            assert (await w.token(grant_type=REALM, username=name, password="secret of ada", scope="openid"))[0] == 429


@pytest.mark.parametrize("regime, tries", [("auth0", 9), ("pci-dss-4", 9), ("psd2", 4)])
async def test_row_15_where_there_is_nobody_the_lock_is_as_long(regime: str, tries: int) -> None:
    """Under a regime that locks, the first try that is given back sooner would tell."""
    async with world(regime=regime) as w:
        await w.person()
        told = []
        for name in ("ada", "nobody"):
            said = []
            for wait in (*[0] * 10, 361, 361, 1081, 0, 0, 0, 0, 7200):
                w.clock.now += wait
                asked = {"username": f"{name}@example.test", "password": "wrong", "scope": "openid"}
                said.append((await w.token(grant_type=REALM, **asked))[0])
            told.append(said)
            w.clock.now += 86400
        assert told[0] == told[1]
        assert told[0].index(429) == tries
