"""Grants and tokens: used once, and the family falls with a replay."""

import pytest

from tests.contract.samples import DAY, NOW, digest, fact, grant, session, signed_in, somebody, token, types
from yett.domain.session import Conclusion
from yett.ports import Store


async def test_one_load_brings_token_grant_account_and_enrolments(store: Store) -> None:
    owner, has = await somebody(store, "password", "totp")
    given = grant(owner, has)
    one = token(given, "refresh")
    await store.grant(given, (one,), (fact("seacft"),))
    found = await store.token("refresh", one.digest, NOW)
    assert found
    assert (found.token, found.grant, found.account) == (one, given, owner)
    assert sorted(found.enrolments) == sorted(has)
    assert await store.token("code", one.digest, NOW) is None
    assert await types(store) == ["seacft"]


async def test_a_grant_that_stands_is_loaded_by_its_name_with_whose_it_is(store: Store) -> None:
    owner, has = await somebody(store, "password", "totp")
    given = grant(owner, has)
    await store.grant(given, (), ())
    found = await store.granted(given.id, NOW)
    assert found
    assert (found.grant, found.account, sorted(found.enrolments)) == (given, owner, sorted(has))
    assert await store.granted("another", NOW) is None
    assert await store.granted(given.id, given.ends_at) is None
    await store.revoke(given.id, NOW, ())
    assert await store.granted(given.id, NOW) is None


async def test_a_token_that_was_used_is_loaded_and_says_so(store: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    code = token(given)
    await store.grant(given, (code,), ())
    refresh = token(given, "refresh")
    assert await store.redeem(code, (refresh,), 0, NOW, {"done": (fact("used"),)}) == "done"
    found = await store.token("code", code.digest, NOW)
    assert found
    assert found.token.used_at == NOW
    assert await store.token("refresh", refresh.digest, NOW)
    assert await types(store) == ["used"]


async def test_a_replay_revokes_the_family(store: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    code, refresh = token(given), token(given, "refresh")
    await store.grant(given, (code,), ())
    await store.redeem(code, (refresh,), 0, NOW, {})
    unborn = token(given, "refresh")
    assert await store.redeem(code, (unborn,), 0, NOW, {"replayed": (fact("replay"),)}) == "replayed"
    for one in (code, refresh, unborn):
        assert await store.token(one.kind, one.digest, NOW) is None
    assert await types(store) == ["replay"]


async def test_no_leeway_means_once_on_a_clock_that_is_behind_too(store: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    code = token(given)
    await store.grant(given, (code,), ())
    assert await store.redeem(code, (), 0, NOW, {}) == "done"
    assert await store.redeem(code, (), 0, NOW - 5, {}) == "replayed"


async def test_a_refresh_token_may_be_shown_again_in_its_leeway(store: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    first, second, third = (token(given, "refresh") for _ in range(3))
    await store.grant(given, (first,), ())
    assert await store.redeem(first, (second,), 30, NOW, {}) == "done"
    assert await store.redeem(first, (third,), 30, NOW + 29, {}) == "done"
    assert await store.token("refresh", third.digest, NOW)
    assert await store.redeem(first, (), 30, NOW + 30, {}) == "replayed"
    assert not await store.grant_live(given.id, NOW + 30)


async def test_nothing_is_redeemed_of_a_grant_that_was_revoked_or_is_over(store: Store) -> None:
    owner, _ = await somebody(store)
    revoked, over = grant(owner), grant(owner, ends_at=NOW + 60)
    codes = [token(revoked), token(over)]
    await store.grant(revoked, codes[:1], ())
    await store.grant(over, codes[1:], ())
    await store.revoke(revoked.id, NOW, (fact("revoked"),))
    assert await store.token("code", codes[0].digest, NOW) is None
    assert await store.redeem(codes[0], (), 0, NOW, {}) == "replayed"
    assert await store.grant_live(over.id, NOW + 59)
    assert not await store.grant_live(over.id, NOW + 60)
    assert await store.redeem(codes[1], (), 0, NOW + 60, {}) == "replayed"


async def test_a_token_is_good_until_it_expires(store: Store) -> None:
    owner, _ = await somebody(store)
    given = grant(owner)
    code = token(given)
    await store.grant(given, (code,), ())
    assert await store.token("code", code.digest, NOW + 59)
    assert await store.token("code", code.digest, NOW + 60) is None


async def test_a_grant_moves_the_session_on_that_it_rests_on(store: Store) -> None:
    owner, _ = await somebody(store)
    one = session(owner)
    await signed_in(store, owner, Conclusion(one))
    touched = one._replace(idle_at=NOW + DAY // 2)
    assert await store.grant(grant(owner), (), (), one)
    assert (await store.arrive(one.id, None, NOW)).session == one
    assert await store.grant(grant(owner), (), (), one, touched.idle_at)
    assert (await store.arrive(one.id, None, NOW)).session == touched


@pytest.mark.parametrize("idle_at", [None, NOW + DAY // 2])
async def test_no_grant_rests_on_a_session_that_has_ended(store: Store, idle_at: int | None) -> None:
    owner, _ = await somebody(store)
    one, given = session(owner), grant(owner)
    assert not await store.grant(given, (token(given),), (fact("ssa"),), one, idle_at)
    assert not await store.grant_live(given.id, NOW)
    assert await types(store) == []


async def test_a_pass_brings_the_grant_and_the_session_that_it_rests_on(store: Store) -> None:
    owner, has = await somebody(store, "password", "totp")
    one = session(owner)
    await signed_in(store, owner, Conclusion(one))
    given = grant(owner, has, session=one.sid)
    held = token(given, "pass")
    await store.grant(given, (held,), (), one)
    found = await store.passed(held.digest, NOW)
    assert found
    assert (found.grant, found.session, found.account, sorted(found.enrolments)) == (given, one, owner, sorted(has))
    assert await store.passed(digest("another"), NOW) is None
    assert await store.passed(held.digest, held.expires_at) is None
    await store.touch(one, NOW + DAY // 2)
    found = await store.passed(held.digest, NOW)
    assert found
    assert found.session.idle_at == NOW + DAY // 2


@pytest.mark.parametrize("kind", ["code", "refresh", "access"])
async def test_no_other_token_is_a_pass(store: Store, kind: str) -> None:
    owner, _ = await somebody(store)
    one = session(owner)
    await signed_in(store, owner, Conclusion(one))
    given = grant(owner, session=one.sid)
    other = token(given, kind)
    await store.grant(given, (other,), (), one)
    assert await store.passed(other.digest, NOW) is None


@pytest.mark.parametrize("end", ["logout", "session", "grant", "idle", "none"])
async def test_a_pass_ends_with_its_session_and_with_its_grant(store: Store, end: str) -> None:
    owner, _ = await somebody(store)
    one = session(owner)
    await signed_in(store, owner, Conclusion(one))
    given = grant(owner, session=None if end == "none" else one.sid)
    held = token(given, "pass", expires_at=NOW + 30 * DAY)
    await store.grant(given, (held,), (), one)
    assert (await store.passed(held.digest, NOW) is None) is (end == "none")
    if end == "logout":
        await store.sign_out(one.id, NOW, ())
    if end == "session":
        await store.end_session(owner.id, one.sid, NOW, ())
    if end == "grant":
        await store.revoke(given.id, NOW, ())
    assert await store.passed(held.digest, one.idle_at if end == "idle" else NOW) is None
