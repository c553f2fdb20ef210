"""A password that another system hashed is hashed as we do at the login that shows it, after the verdict and never before."""

from typing import Any

import bcrypt

from tests.world import REALM, World, world
from yett.domain.account import Account
from yett.domain.enrolment import Enrolment, State

LONG = "a long password that bcrypt cut off at seventy-two bytes: " + "x" * 14 + "and what comes behind"


async def imported(house: World, password: str = "secret of ada") -> None:
    """Ada's password as another system hashed it, in the place of ours."""
    await house.person(totp=False)
    account, has = await house.store.account("auth0|ada")
    old = next(one for one in has if one.kind == "password")
    hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4))
    put = (old._replace(state=State(hashed), generation=2),)
    assert await house.store.change_account(account, account, put, ends=False, now=house.clock(), facts=())


async def kept(house: World) -> Enrolment:
    found: tuple[Account, tuple[Enrolment, ...]] = await house.store.account("auth0|ada")
    return next(one for one in found[1] if one.kind == "password")


def reads_bcrypt(house: World) -> None:
    """The plain hasher of these tests knows bcrypt besides."""
    hasher: Any = house.hasher

    async def verify(hashed: bytes | None, password: str) -> bool:
        if hashed and hashed.startswith(b"$2"):
            return bcrypt.checkpw(password.encode()[:72], hashed)
        return hashed == b"plain:" + password.encode()

    hasher.verify = verify


async def test_a_login_hashes_it_anew_and_stays_what_it_was() -> None:
    async with world() as house:
        await imported(house)
        reads_bcrypt(house)
        assert (await house.login(house.browser())).query["code"]
        one = await kept(house)
        assert (one.state.secret, one.generation) == (b"plain:secret of ada", 2)
        assert (await house.login(house.browser())).query["code"]
        assert [fact.data["enrolment"] for fact in await house.facts("sapi")] == [one.id]


async def test_a_password_grant_hashes_it_anew_as_well() -> None:
    async with world() as house:
        await imported(house)
        reads_bcrypt(house)
        asked = {"username": "ada@example.test", "realm": "Username-Password-Authentication", "grant_type": REALM}
        assert (await house.token(password="wrong", **asked))[0] == 403
        assert (await kept(house)).state.secret.startswith(b"$2")
        assert (await house.token(password="secret of ada", **asked))[0] == 200
        assert (await kept(house)).state.secret == b"plain:secret of ada"


async def test_whoever_is_out_of_tries_learns_nothing_and_nothing_is_hashed() -> None:
    """The time that a new hash takes would say that the password was right."""
    async with world() as house:
        await imported(house)
        reads_bcrypt(house)
        asked = {"username": "ada@example.test", "realm": "Username-Password-Authentication", "grant_type": REALM}
        for _ in range(10):
            await house.token(password="wrong", **asked)
        hashed: list[str] = []
        house.hasher.hash = hashed.append  # type: ignore[assignment]
        assert (await house.token(password="secret of ada", **asked))[0] == 429
        page = await house.authorize(browser := house.browser())
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada")
        assert (page.screen, hashed) == ("login-password", [])


async def test_what_bcrypt_cut_off_counts_from_the_next_login_on() -> None:
    async with world() as house:
        await imported(house, LONG)
        reads_bcrypt(house)
        browser = house.browser()
        page = await browser.submit(await house.authorize(browser), username="ada@example.test")
        assert (await browser.submit(page, password=LONG)).query["code"]
        assert (await kept(house)).state.secret == b"plain:" + LONG.encode()
        other = house.browser()
        page = await other.submit(await house.authorize(other), username="ada@example.test")
        assert (await other.submit(page, password=LONG[:72])).screen == "login-password"


async def test_a_password_that_was_changed_meanwhile_stays_changed() -> None:
    async with world() as house:
        await imported(house)
        reads_bcrypt(house)
        hash = house.hasher.hash

        async def overtaken(password: str) -> bytes:
            account, has = await house.store.account("auth0|ada")
            new = next(one for one in has if one.kind == "password")
            put = (new._replace(state=State(b"plain:another"), generation=3),)
            await house.store.change_account(account, account, put, ends=False, now=house.clock(), facts=())
            return await hash(password)

        house.hasher.hash = overtaken  # type: ignore[method-assign]
        await house.login(house.browser())
        assert (await kept(house)).state.secret == b"plain:another"
