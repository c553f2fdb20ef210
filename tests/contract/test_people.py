"""What administrators do with many people at once: factors replaced, roles, permissions, jobs."""

from tests.contract.samples import NOW, concluding, enrolment, fact, signed_in, somebody, types
from yett.ports import Store


async def test_enrolments_are_replaced_in_one_commit_and_what_rests_on_the_old_ones_is_revoked(store: Store) -> None:
    owner, (password, old) = await somebody(store, "password", "totp")
    left = await signed_in(store, owner, concluding(owner, (password, old)))
    assert left.grant
    new = enrolment(owner, "totp")
    after = owner._replace(security_version=2)
    assert not await store.change_account(owner._replace(security_version=7), after, (new,), ends=False, now=NOW, facts=(fact("late"),), drops=(old.id,))
    assert await store.grant_live(left.grant.id, NOW)
    assert await store.change_account(owner, after, (new,), ends=False, now=NOW, facts=(fact("first"),), drops=(old.id,))
    found = await store.account(owner.id)
    assert found
    assert {one.id for one in found[1]} == {password.id, new.id}
    assert not await store.grant_live(left.grant.id, NOW)
    assert "late" not in await types(store)
