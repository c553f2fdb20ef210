"""What administrators do with many people at once: factors replaced, roles, permissions, jobs."""

from tests.contract.samples import NOW, concluding, enrolment, fact, signed_in, somebody, types
from yett.adapters.sql.jobs import KEPT
from yett.domain.client import Api
from yett.domain.job import Job
from yett.domain.role import Permission, Role
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


async def test_a_role_is_opened_changed_and_closed_and_its_name_is_its_own(store: Store) -> None:
    clerk, boss = Role("rol_1", "Clerk", "counts", NOW), Role("rol_2", "Boss", "", NOW + 1)
    assert await store.open_role(clerk, (fact("first"),))
    assert await store.open_role(boss, ())
    assert not await store.open_role(Role("rol_3", "Clerk"), (fact("late"),))
    assert not await store.change_role(boss._replace(name="Clerk"), (fact("late"),))
    assert not await store.change_role(Role("rol_9", "Nobody"), ())
    assert await store.change_role(boss._replace(description="decides"), ())
    assert await store.role("rol_2") == boss._replace(description="decides")
    assert await store.roles(0, 9) == ((clerk, boss._replace(description="decides")), 2)
    assert await store.roles(0, 9, "LER") == ((clerk,), 1)
    assert await store.roles(0, 9, "%") == ((), 0)
    assert await store.close_role("rol_1", ())
    assert not await store.close_role("rol_1", (fact("late"),))
    assert (await store.role("rol_1"), await types(store)) == (None, ["first"])


async def test_what_somebody_may_do_is_what_their_roles_and_they_themselves_may(store: Store) -> None:
    ann, _ = await somebody(store)
    ben, _ = await somebody(store)
    await store.configure((Api("api_1", "urn:a", scopes=("read", "write")), Api("api_2", "urn:b", scopes=("read",))), (), ())
    await store.open_role(Role("rol_1", "Clerk"), ())
    read, write, other = Permission("urn:a", "read"), Permission("urn:a", "write"), Permission("urn:b", "read")
    assert await store.allow("rol_1", (read, other, read), ())
    assert await store.assign(((ann.id, "rol_1"), (ann.id, "rol_1")), ())
    assert await store.permit(ann.id, (write, read), ())
    assert (await store.held(ann.id, "urn:a"), await store.held(ann.id, "urn:b")) == (frozenset({"read", "write"}), frozenset({"read"}))
    assert (await store.held(ben.id, "urn:a"), await store.held(ann.id, "urn:c")) == (frozenset(), frozenset())
    assert await store.permissions(role="rol_1") == (read, other)
    assert await store.permissions(account=ann.id) == (read, write)
    assert [one.id for one in await store.roles_of(ann.id)] == ["rol_1"]
    assert await store.assign(((ann.id, "rol_1"),), (), away=True)
    assert await store.permit(ann.id, (read,), (), away=True)
    assert (await store.held(ann.id, "urn:a"), await store.held(ann.id, "urn:b")) == (frozenset({"write"}), frozenset())
    assert await store.allow("rol_1", (read,), (), away=True)
    assert await store.permissions(role="rol_1") == (other,)


async def test_nothing_is_given_where_role_account_or_api_is_gone(store: Store) -> None:
    ann, _ = await somebody(store)
    await store.configure((Api("api_1", "urn:a", scopes=("read",)),), (), ())
    await store.open_role(Role("rol_1", "Clerk"), ())
    read = Permission("urn:a", "read")
    assert not await store.allow("rol_9", (read,), (fact("late"),))
    assert not await store.allow("rol_1", (read, Permission("urn:z", "read")), (fact("late"),))
    assert not await store.permit("nobody", (read,), (fact("late"),))
    assert not await store.assign(((ann.id, "rol_1"), ("nobody", "rol_1")), (fact("late"),))
    assert (await store.held(ann.id, "urn:a"), await store.permissions(role="rol_1"), await types(store)) == (frozenset(), (), [])


async def test_with_an_api_goes_every_permission_there_so_that_none_comes_back_with_its_name(store: Store) -> None:
    ann, _ = await somebody(store)
    api = Api("api_1", "urn:a", scopes=("read",))
    await store.configure((api,), (), ())
    await store.open_role(Role("rol_1", "Clerk"), ())
    await store.allow("rol_1", (Permission("urn:a", "read"),), ())
    await store.permit(ann.id, (Permission("urn:a", "read"),), ())
    await store.assign(((ann.id, "rol_1"),), ())
    await store.configure((api._replace(name="Renamed"),), (), ())
    assert await store.held(ann.id, "urn:a") == {"read"}
    await store.configure((), (("api", "api_1"),), ())
    await store.configure((api,), (), ())
    assert await store.held(ann.id, "urn:a") == set()
    assert await store.close_account(ann.id, ())
    assert await store.members("rol_1", 0, 9) == ((), 0)


async def test_members_of_a_role_are_listed_by_id_from_wherever_one_left_off(store: Store) -> None:
    people = sorted([(await somebody(store))[0] for _ in range(3)], key=lambda one: one.id)
    await store.open_role(Role("rol_1", "Clerk"), ())
    assert await store.assign([(one.id, "rol_1") for one in people], ())
    assert await store.members("rol_1", 1, 1) == ((people[1],), 3)
    assert await store.members("rol_1", 0, 9, people[0].id) == (tuple(people[1:]), 3)


async def test_a_job_is_worked_on_by_one_at_a_time_and_goes_on_where_it_was_left(store: Store) -> None:
    job = Job("job_1", "users_import", "client", content=b"secret", total=3, created_at=NOW, updated_at=NOW)
    await store.open_job(job, (fact("sapi"),))
    assert await store.job("job_1") == job
    assert await store.job("job_2") is None
    assert await store.claim_job(NOW, 60) == job
    assert await store.claim_job(NOW + 59, 60) is None
    assert await store.claim_job(NOW + 60, 60) is not None
    on = job._replace(status="processing", done=2, leased_until=NOW + 120)
    assert await store.job_on(job, on)
    assert not await store.job_on(job, on._replace(done=1), (fact("late"),))
    assert await store.claim_job(NOW + 120, 60) == on
    over = on._replace(status="completed", done=3, content=b"", leased_until=0)
    assert await store.job_on(on, over, (fact("done"),))
    assert not await store.job_on(over, over, (fact("late"),))
    assert await store.claim_job(NOW + 999, 60) is None
    assert (await store.job("job_1"), await types(store)) == (over, ["sapi", "done"])


async def test_jobs_that_were_done_long_ago_are_forgotten(store: Store) -> None:
    done = Job("job_1", "users_import", "client", "completed", created_at=NOW, updated_at=NOW)
    due = done._replace(id="job_2", status="pending")
    for one in (done, due, done._replace(id="job_3", created_at=NOW + KEPT + 1, updated_at=NOW + KEPT + 1)):
        await store.open_job(one, ())
    assert await store.job("job_1") is None
    assert await store.job("job_2") == due
