"""What people let applications have, as the store keeps it and gives it back."""

from tests.contract.samples import NOW, begun, concluding, fact, name, signed_in, somebody, types
from yett.adapters.sql.store import SqlStore
from yett.domain.account import Account
from yett.domain.client import Client
from yett.domain.consent import Consent
from yett.domain.session import Conclusion
from yett.ports import Store


def consent(owner: Account, client: str, audience: str = "", *scope: str) -> Consent:
    return Consent(name("con"), owner.id, client, audience, scope, NOW, NOW)


async def clients(store: Store, *ids: str) -> None:
    await store.configure([Client(one, one, first_party=False) for one in ids], (), ())


async def agreed(store: Store, owner: Account, *these: Consent) -> Conclusion:
    """A login that ends with a yes."""
    left = concluding(owner)
    return await signed_in(store, owner, left._replace(consents=these))


async def test_a_yes_is_kept_with_the_conclusion_of_its_attempt_and_another_takes_its_place(store: Store) -> None:
    await clients(store, "shop", "bank")
    owner, _ = await somebody(store)
    first, other = consent(owner, "shop", "", "openid"), consent(owner, "bank", "https://api.example/", "read")
    await agreed(store, owner, first, other)
    assert (await store.consents(owner.id))[1] == 2
    assert await store.consents(owner.id, "shop") == ((first,), 1)
    await agreed(store, owner, consent(owner, "shop", "", "openid", "email")._replace(updated_at=NOW + 5))
    assert await store.consents(owner.id, "shop") == ((first._replace(scope=("openid", "email"), updated_at=NOW + 5),), 1)
    assert await store.consent(other.id) == other
    assert await store.consent("nothing") is None


async def test_they_are_listed_by_whose_they_are_and_for_what(store: Store) -> None:
    await clients(store, "shop", "bank")
    owner, _ = await somebody(store)
    bob, _ = await somebody(store)
    mine = [consent(owner, "shop", audience) for audience in ("", "a", "b")]
    await agreed(store, owner, *mine)
    await agreed(store, bob, consent(bob, "shop", "a"))
    assert {one.id for one in (await store.consents(owner.id))[0]} == {one.id for one in mine}
    assert [one.audience for one in (await store.consents(owner.id, audience=""))[0]] == [""]
    assert (await store.consents("", "shop", audience="a"))[1] >= 2
    page, total = await store.consents(owner.id, offset=1, limit=1)
    assert (len(page), total) == (1, 3)


async def test_what_is_taken_back_takes_the_grants_of_that_application_along_and_no_others(store: Store) -> None:
    await clients(store, "shop", "bank")
    owner, _ = await somebody(store)
    bob, _ = await somebody(store)
    kept = await agreed(store, bob, consent(bob, "shop"))
    left = await agreed(store, owner, consent(owner, "shop"), consent(owner, "bank"))
    assert left.grant
    assert kept.grant
    assert await store.withdraw(owner.id, "shop", NOW, (fact("first"),))
    assert not await store.withdraw(owner.id, "shop", NOW, (fact("late"),))
    assert [await store.grant_live(one.grant.id, NOW) for one in (left, kept) if one.grant] == [False, True]
    assert [one.client for one in (await store.consents(owner.id))[0]] == ["bank"]
    assert "late" not in await types(store)


async def test_one_of_several_is_taken_back_by_its_id_and_only_from_its_owner(store: Store) -> None:
    await clients(store, "shop")
    owner, _ = await somebody(store)
    one, two = consent(owner, "shop"), consent(owner, "shop", "a")
    await agreed(store, owner, one, two)
    assert not await store.withdraw("auth0|bob", "shop", NOW, (), one.id)
    assert await store.withdraw(owner.id, "shop", NOW, (), one.id)
    assert (await store.consents(owner.id))[0] == (two,)


async def test_a_deleted_application_or_account_leaves_none_behind(store: Store) -> None:
    await clients(store, "shop", "gone")
    owner, _ = await somebody(store)
    await agreed(store, owner, consent(owner, "shop"), consent(owner, "gone"))
    await store.configure((), [("client", "gone")], ())
    assert [one.client for one in (await store.consents(owner.id))[0]] == ["shop"]
    assert await store.close_account(owner.id, ())
    assert (await store.consents(owner.id))[0] == ()


async def test_what_was_taken_back_or_changed_meanwhile_is_not_written_again(store: Store) -> None:
    await clients(store, "shop")
    owner, _ = await somebody(store)
    seen = consent(owner, "shop", "", "openid")
    await agreed(store, owner, seen)
    more = Conclusion(consents=(consent(owner, "shop", "", "openid", "email"),), extends=(seen,))
    assert await store.conclude(await begun(store, owner), more, (), NOW)
    now = seen._replace(scope=("openid", "email"))
    assert (await store.consents(owner.id))[0] == (now,)
    assert not await store.conclude(await begun(store, owner), more, (), NOW)
    assert await store.withdraw(owner.id, "shop", NOW, ())
    assert not await store.conclude(await begun(store, owner), more._replace(extends=(now,)), (), NOW)
    assert (await store.consents(owner.id))[0] == ()


async def test_a_backup_brings_back_no_consent(store: SqlStore) -> None:
    await clients(store, "shop")
    owner, _ = await somebody(store)
    one = consent(owner, "shop")
    await agreed(store, owner, one)
    await store.restored(NOW, lambda _, state: state)
    assert await store.consents(owner.id) == ((), 0)
    assert await store.consent(one.id) is None
    await agreed(store, owner, consent(owner, "shop", "", "openid"))
    assert [found.scope for found in (await store.consents(owner.id))[0]] == [("openid",)]
