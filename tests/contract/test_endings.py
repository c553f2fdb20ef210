"""Sessions that end leave behind whom to tell, in the commit that ends them; each is told by one node."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.contract.samples import NOW, fact, grant, session, signed_in, somebody, token
from yett.domain.account import Account
from yett.domain.enrolment import Message
from yett.domain.session import Conclusion, Ending, Session
from yett.ports import Store

Way = Callable[[Store, Account, Session], Awaitable[object]]


async def by_cookie(store: Store, owner: Account, one: Session) -> object:
    return await store.sign_out(one.id, NOW, ())


async def by_name(store: Store, owner: Account, one: Session) -> object:
    return await store.end_session(owner.id, one.sid, NOW, ())


async def by_others(store: Store, owner: Account, one: Session) -> object:
    return await store.end_others(owner.id, "another", NOW, ())


def changed(**change: object) -> Way:
    async def way(store: Store, owner: Account, one: Session) -> object:
        return await store.change_account(owner, owner._replace(**change), (), ends=True, now=NOW, facts=())  # type: ignore[arg-type]

    return way


async def by_password(store: Store, owner: Account, one: Session) -> object:
    _, has = await store.account(owner.id) or (None, ())
    return await store.change_account(owner, owner, has[:1], ends=True, now=NOW, facts=())


async def by_deletion(store: Store, owner: Account, one: Session) -> object:
    return await store.close_account(owner.id, (fact("sapi"),))


WAYS: dict[str, tuple[Way, str]] = {
    "logout": (by_cookie, "rp-logout"),
    "one session": (by_name, "session-revoked"),
    "all others": (by_others, "session-revoked"),
    "all of an account": (changed(), "session-revoked"),
    "a block": (changed(blocked=True), "account-deactivated"),
    "a new password": (by_password, "password-changed"),
    "another address": (changed(email="new@example.test"), "email-identifier-changed"),
    "deletion": (by_deletion, "account-deleted"),
}


async def browsing(store: Store, owner: Account) -> Session:
    """A session of theirs, on which nothing rests."""
    left = await signed_in(store, owner, Conclusion(session(owner)))
    assert left.session
    return left.session


async def seen(store: Store, limit: int = 100) -> list[Ending]:
    found: list[Ending] = []

    def words(one: Ending) -> None:
        found.append(one)

    await store.farewell(limit, NOW, words)
    return found


@pytest.mark.parametrize("way", WAYS)
async def test_whoever_rested_on_a_session_is_named_once_when_it_ends(store: Store, way: str) -> None:
    owner, has = await somebody(store, "password")
    stranger, _ = await somebody(store, "password")
    one = await browsing(store, owner)
    await browsing(store, stranger)
    for client in ("shop", "shop", "bank"):
        await store.grant(grant(owner, has)._replace(client=client, session=one.sid), (), ())
    await store.grant(grant(owner, has)._replace(client="elsewhere", session=None), (), ())
    act, why = WAYS[way]
    assert await seen(store) == []
    assert await act(store, owner, one)
    assert await seen(store) == [Ending(one.sid, client, owner.id, why, NOW) for client in ("bank", "shop")]
    assert await seen(store) == [], "and no second time"


async def test_what_is_refused_has_ended_nothing(store: Store) -> None:
    owner, has = await somebody(store, "password")
    one = await browsing(store, owner)
    await store.grant(grant(owner, has)._replace(session=one.sid), (), ())
    assert not await store.change_account(owner._replace(security_version=99), owner, (), ends=True, now=NOW, facts=())
    assert not await store.end_session("another", one.sid, NOW, ())
    assert not await store.close_account("another", ())
    assert await store.sign_out(b"another", NOW, ()) is None
    assert await seen(store) == []


async def test_of_two_nodes_one_tells(store: Store, other: Store) -> None:
    owner, has = await somebody(store, "password")
    for _ in range(20):
        one = await browsing(store, owner)
        await store.grant(grant(owner, has)._replace(session=one.sid), (), ())
    await store.change_account(owner, owner, (), ends=True, now=NOW, facts=())

    def words(one: Ending) -> Message:
        return Message("backchannel", "https://shop.example/", "logout", "", {"sid": one.sid})

    while sum(await asyncio.gather(*(node.farewell(3, NOW, words) for node in (store, other) * 3))):
        pass
    assert await store.claim(NOW, 30, 100) == (), "no code waits behind what applications are told"
    due = [*await store.claim(NOW, 30, 100, apart=True), *await other.claim(NOW, 30, 100, apart=True)]
    assert len({one.message.data["sid"] for one in due}) == len(due) == 20
    assert {(one.account, one.client) for one in due} == {(owner.id, "shop")}


async def test_a_logout_revokes_what_was_not_promised_to_outlive_it(store: Store) -> None:
    owner, has = await somebody(store, "password")
    one, elsewhere = await browsing(store, owner), session(owner)
    short, long = (grant(owner, has)._replace(scope=scope, session=one.sid) for scope in (("openid",), ("openid", "offline_access")))
    other = grant(owner, has)._replace(scope=("openid",), session=elsewhere.sid)
    for given in (short, long, other):
        await store.grant(given, (token(given, "refresh"),), ())
    await store.sign_out(one.id, NOW, ())
    assert [await store.grant_live(given.id, NOW) for given in (short, long, other)] == [False, True, True]
