"""What operators do from the machine itself."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.flows.operating import House, memory
from yett.adapters.sql.store import SqlStore
from yett.domain.account import Account
from yett.domain.enrolment import Enrolment, State
from yett.domain.tenant import Catalogue
from yett.flows.event import Event
from yett.flows.first_start import Ready
from yett.ports import Busy, Store


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with memory(tmp_path / "store") as store:
        made = House(store, tmp_path / "var")
        assert isinstance(await made.start("", demo=False), Ready)
        yield made


async def told(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


async def test_a_regime_holds_from_the_next_request_on_and_is_a_fact(house: House) -> None:
    (event,) = await told(house.operate.set_regime("pci-dss-4"))
    (newest, *_), _ = await house.store.facts(0, 1)
    assert event == Event("done", "the regime is pci-dss-4; it was auth0", {"regime": "pci-dss-4", "before": "auth0"})
    assert (await house.store.catalogue()).tenant.regime == "pci-dss-4"
    assert (newest.type, newest.data["regime"], newest.data["before"]) == ("sapi", "pci-dss-4", "auth0")


class Between:
    """Somebody else changes the tenant between our reading and our writing, once."""

    def __init__(self, store: SqlStore) -> None:
        self._store, self._still = store, True

    async def catalogue(self) -> Catalogue:
        found = await self._store.catalogue()
        if self._still:
            self._still = False
            await self._store.configure((found.tenant._replace(policies=("all-applications",)),), (), ())
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_a_change_of_regime_undoes_nobody_elses_change(house: House) -> None:
    operate = replace(house.operate, store=cast("Store", Between(house.store)))
    await told(operate.set_regime("psd2"))
    tenant = (await house.store.catalogue()).tenant
    assert (tenant.regime, tenant.policies) == ("psd2", ("all-applications",))


async def test_a_regime_that_is_in_force_already_changes_nothing(house: House) -> None:
    before = await house.store.version()
    (event,) = await told(house.operate.set_regime("auth0"))
    assert event.kind == "done"
    assert await house.store.version() == before


async def test_there_are_five_regimes_and_no_other(house: House) -> None:
    (event,) = await told(house.operate.set_regime("none"))
    assert event.kind == "refused"
    assert "nist-aal3" in event.says


async def test_a_user_is_created_with_a_password_and_a_canonical_address(house: House) -> None:
    (event,) = await told(house.operate.create_user("Ada@Example.com", "correct horse", verified=True))
    found = await house.store.account(str(event.data["user_id"]))
    assert found is not None
    account, enrolments = found
    assert (account.email, account.email_verified) == ("ada@example.com", True)
    assert [(one.kind, one.link) for one in enrolments] == [("email", "implicit"), ("password", None)]
    assert next(one for one in enrolments if one.kind == "password").state.secret == b"hash of correct horse"


async def test_an_address_has_one_account_however_it_is_written(house: House) -> None:
    await told(house.operate.create_user("ada@example.com", "correct horse"))
    (event,) = await told(house.operate.create_user(" ADA@example.com".strip(), "correct horse"))
    assert event == Event("refused", "there is an account for ada@example.com already")


@pytest.mark.parametrize(
    "email,password,connection",
    [
        ("nobody", "correct horse", "Username-Password-Authentication"),
        ("a@b.example\r\nBcc: c@d.example", "correct horse", "Username-Password-Authentication"),
        ("ada@example.com", "short", "Username-Password-Authentication"),
        ("ada@example.com", "x" * 300, "Username-Password-Authentication"),
        ("ada@example.com", "correct horse", "google"),
    ],
)
async def test_a_user_that_cannot_be_is_refused(house: House, email: str, password: str, connection: str) -> None:
    (event,) = await told(house.operate.create_user(email, password, connection=connection))
    assert event.kind == "refused"
    assert (await house.store.accounts(0, 10))[1] == 0


async def test_a_regime_that_would_lock_everybody_out_is_refused(house: House) -> None:
    (event,) = await told(house.operate.set_regime("nist-aal3"))
    assert (event.kind, event.says) == ("refused", "no factor of this version reaches what nist-aal3 requires: nobody could log in")
    assert (await house.store.catalogue()).tenant.regime == "auth0"


async def test_the_regime_says_how_short_a_password_may_be(house: House) -> None:
    await told(house.operate.set_regime("pci-dss-4"))
    house.people.current.__init__(house.store)  # type: ignore[misc]
    (event,) = await told(house.operate.create_user("ada@example.com", "elevenchars"))
    assert event.says == "the password must have at least 12 characters"
    await told(house.operate.set_regime("nist-aal2"))
    house.people.current.__init__(house.store)  # type: ignore[misc]
    (event,) = await told(house.operate.create_user("ada@example.com", "fourteen chars"))
    assert event.says == "the password must have at least 15 characters"


async def test_keys_are_rotated_with_progress_and_every_secret_still_opens(house: House) -> None:
    await told(house.operate.create_user("ada@example.com", "correct horse"))
    *progress, last = await told(house.operate.rotate_keys())
    account = await house.store.find("ada@example.com")
    assert account is not None
    found = await house.store.account(account.id)
    assert found is not None
    assert {event.kind for event in progress} == {"progress"}
    assert last.kind == "done"
    assert last.data["sealed"] == progress[-1].data["sealed"] != 0
    assert house.store.seal.current == 2
    assert b"hash of correct horse" in {one.state.secret for one in found[1]}


async def test_the_key_encryption_key_is_replaced_and_every_secret_still_opens(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await told(house.operate.create_user("ada@example.com", "correct horse"))
    (event,) = await told(house.operate.rewrap_keys())
    assert (event.kind, event.data) == ("done", {"wrapped": 1})
    (newest, *_), _ = await house.store.facts(0, 1)
    assert newest.data["description"] == "The key-encryption key was replaced"
    await told(house.operate.rotate_keys())
    account = await house.store.find("ada@example.com")
    assert account
    assert await house.store.account(account.id)

    async def nothing(_: object) -> int:
        return 0

    async def taken(_: object) -> int:
        raise Busy

    for fake, said in ((nothing, "give YETT_KEK=NEW,OLD"), (taken, "by another process")):
        monkeypatch.setattr(type(house.store), "rewrap", fake)
        (event,) = await told(house.operate.rewrap_keys())
        assert event.kind == "refused"
        assert said in event.says


async def test_after_a_restore_what_was_used_since_the_backup_does_not_work_again(house: House) -> None:
    account = Account("auth0|1", "ada@example.com")
    await house.store.open_account(account, (Enrolment("pwd|1", account.id, "password", State(b"s", b"", 5)),), ())
    before = (await house.store.catalogue()).epoch
    (event,) = await told(house.operate.restored())
    found = await house.store.account(account.id)
    assert found is not None
    assert event.data == {"epoch": before + 1}
    assert found[1][0].state.mark == house.clock.now
