"""Sessions that their owner ends: one, or all but this one, with what rests on them, and nothing of anybody else's."""

from tests.contract.samples import NOW, device, fact, grant, message, session, signed_in, somebody, types
from yett.domain.account import Account
from yett.domain.session import Conclusion, Device, Session
from yett.ports import Store


async def logged_in(store: Store, owner: Account, many: int = 1) -> list[Session]:
    """Sessions of this account, each with a grant that rests on it."""
    made = [session(owner) for _ in range(many)]
    for one in made:
        await signed_in(store, owner, Conclusion(session=one, grant=grant(owner, id=one.sid + ":grant", session=one.sid)))
    return made


async def remembered(store: Store, owner: Account) -> Device:
    one = device(owner)
    await signed_in(store, owner, Conclusion(device=one))
    return one


async def sids(store: Store, owner: Account) -> set[str]:
    return {one.sid for one in await store.sessions(owner.id, NOW)}


async def test_one_session_ends_with_the_grants_that_rest_on_it(store: Store) -> None:
    owner, _ = await somebody(store)
    one, other = await logged_in(store, owner, 2)
    assert await store.end_session(owner.id, one.sid, NOW, (fact("slo"),))
    assert await sids(store, owner) == {other.sid}
    assert [await store.grant_live(each.sid + ":grant", NOW) for each in (one, other)] == [False, True]
    assert await types(store) == ["slo"]
    assert not await store.end_session(owner.id, one.sid, NOW, (fact("slo"),))
    assert await types(store) == ["slo"]


async def test_nobody_ends_anothers_session(store: Store) -> None:
    owner, _ = await somebody(store)
    thief, _ = await somebody(store)
    (one,) = await logged_in(store, owner)
    assert not await store.end_session(thief.id, one.sid, NOW, ())
    await store.end_others(thief.id, "", NOW, (), device="")
    assert await sids(store, owner) == {one.sid}
    assert await store.grant_live(one.sid + ":grant", NOW)


async def test_all_sessions_end_but_this_one_and_grants_that_rest_on_none(store: Store) -> None:
    owner, _ = await somebody(store)
    here, *_ = there = await logged_in(store, owner, 3)
    alone = grant(owner)
    assert await store.grant(alone, (), ())
    assert await store.end_others(owner.id, here.sid, NOW, (fact("slo"),), (message(),)) == 2
    assert await sids(store, owner) == {here.sid}
    assert [await store.grant_live(each.sid + ":grant", NOW) for each in there] == [True, False, False]
    assert not await store.grant_live(alone.id, NOW)
    assert await types(store) == ["slo"]
    assert len(await store.outgoing(9)) == 1


async def test_shutting_everybody_out_revokes_all_grants_and_forgets_all_browsers_but_this_one(store: Store) -> None:
    owner, _ = await somebody(store)
    other, _ = await somebody(store)
    (here,) = await logged_in(store, owner)
    mine, stolen, foreign = await remembered(store, owner), await remembered(store, owner), await remembered(store, other)
    assert await store.end_others(owner.id, here.sid, NOW, (), (), mine.id) == 0
    assert not await store.grant_live(here.sid + ":grant", NOW)
    (left,) = await store.devices(owner.id)
    assert (left.id, left.remembered_until) == (mine.id, 0)
    assert stolen.id != left.id
    assert await store.devices(other.id) == (foreign,)
