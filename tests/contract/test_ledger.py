"""What was sent, and what became of it: the ledger, its receipts, and how many codes of a country are used."""

import sqlite3
from typing import Any

import pytest

from tests.contract.samples import BUDGET, NOW, begun, challenge, fact, message, name
from yett.domain.enrolment import Challenge
from yett.domain.tenant import Contract
from yett.ports import Entry, Receipt, Store


def entry(id: str = "", **change: Any) -> Entry:
    return Entry(id or name("m"), "sms", "mfa_code", "twilio", "SM1", "sent", at=NOW, updated_at=NOW)._replace(**change)


async def asked(store: Store, country: str, at: int = NOW) -> Challenge:
    """A code that has left for this country."""
    seen = await begun(store)
    question = challenge(seen, send=(message(),))
    await store.ask(seen, question, (fact(),))
    await store.sent(entry(country=country, challenge=question.id, at=at, reference=""))
    return question


async def test_what_has_left_is_in_the_ledger_with_its_fact(store: Store) -> None:
    one = entry(price="0.0075 USD", country="DE", account="auth0|ada", client="shop", challenge="c1")
    await store.sent(one, (fact("gd_send_sms"),))
    assert await store.ledger(0, 9) == ((one,), 1)
    assert [found.type for found in (await store.facts(0, 9, type="gd_send_sms"))[0]] == ["gd_send_sms"]


async def test_what_was_given_up_is_in_the_ledger_too_and_what_waits_is_not(store: Store) -> None:
    await store.failed("m1", NOW + 5, "down")
    assert await store.ledger(0, 9) == ((), 0)
    lost = entry("m1", outcome="failed", detail="down", reference="")
    await store.failed("m1", None, "down", lost)
    assert await store.ledger(0, 9) == ((lost,), 1)


async def test_a_receipt_is_found_by_provider_and_reference_and_delivered_is_final(store: Store) -> None:
    await store.sent(entry("m1", price="1 EUR"))
    await store.sent(entry("m2", provider="vonage"))
    assert await store.delivered("twilio", (Receipt("SM9", "delivered"), Receipt("", "failed")), NOW) == 0
    assert await store.delivered("twilio", (Receipt("SM1", "failed", "30003"),), NOW + 1) == 1
    assert await store.delivered("twilio", (Receipt("SM1", "delivered", "", "2 EUR"),), NOW + 2) == 1
    assert await store.delivered("twilio", (Receipt("SM1", "failed"),), NOW + 3) == 0
    found = {one.id: one for one in (await store.ledger(0, 9))[0]}
    assert (found["m1"].outcome, found["m1"].price, found["m1"].updated_at) == ("delivered", "2 EUR", NOW + 2)
    assert found["m2"].outcome == "sent"


async def test_the_price_of_a_receipt_that_names_none_stays(store: Store) -> None:
    await store.sent(entry(price="1 EUR"))
    await store.delivered("twilio", (Receipt("SM1", "delivered"),), NOW)
    assert (await store.ledger(0, 9))[0][0].price == "1 EUR"


async def test_the_conversion_of_a_country_is_codes_used_of_codes_sent(store: Store) -> None:
    used, _, _ = await asked(store, "DE"), await asked(store, "DE"), await asked(store, "AT")
    await asked(store, "DE", NOW - 100)
    await store.driver.write(lambda: _use(used))  # type: ignore[attr-defined]
    assert await store.conversion("DE", NOW) == (2, 1)
    assert await store.conversion("DE", NOW - 100) == (3, 1)
    assert await store.conversion("FR", NOW - 100) == (0, 0)


def _use(one: Challenge) -> Any:
    from sqlalchemy import update

    from yett.adapters.sql.schema import challenges
    from yett.adapters.sql.steps import Query, word

    yield [Query(update(challenges).values(outcome="accepted").where(challenges.c.id == word("this")), {"this": one.id})]


async def test_a_code_may_leave_while_its_question_is_open_and_the_lease_is_ours(store: Store) -> None:
    seen = await begun(store)
    question = challenge(seen, send=(message(),))
    await store.ask(seen, question, ())
    (first,) = await store.claim(NOW, 30, 9)
    assert await store.may_leave(first, NOW)
    (second,) = await store.claim(NOW + 30, 30, 9)
    assert not await store.may_leave(first, NOW + 30)
    assert await store.may_leave(second, NOW + 30)
    assert not await store.may_leave(second, question.expires_at)
    for _ in range(question.tries):
        await store.settle(seen, (), question, BUDGET, NOW, {})
    assert not await store.may_leave(second, NOW + 30)


async def test_a_notice_may_leave_until_it_has(store: Store) -> None:
    await store.record((fact(account="auth0|ada"),), (message(),), NOW)
    (one,) = await store.claim(NOW, 30, 9)
    assert one.account == "auth0|ada"
    assert await store.may_leave(one, NOW)
    await store.sent(entry(one.id))
    assert not await store.may_leave(one, NOW)


async def test_the_ledger_is_swept_after_400_days(store: Store) -> None:
    await store.sent(entry())
    await store.sweep(NOW + 399 * 86400)
    assert (await store.ledger(0, 9))[1] == 1
    await store.sweep(NOW + 401 * 86400)
    assert (await store.ledger(0, 9))[1] == 0


async def test_a_message_that_does_not_open_fails_alone(lasting_url: str, tmp_path: Any) -> None:
    if not lasting_url.startswith("sqlite"):
        pytest.skip("the file is altered behind the store's back")
    from yett.adapters.sql.opening import open_store

    store = await open_store(lasting_url, directory=tmp_path)
    await store.record((), (message(), message()), NOW)
    with sqlite3.connect(lasting_url.removeprefix("sqlite:///")) as beside:
        (broken,) = beside.execute("SELECT min(id) FROM outbox").fetchone()
        beside.execute('UPDATE outbox SET "to" = zeroblob(40) WHERE id = ?', (broken,))
    beside.close()
    (due,) = await store.claim(NOW, 30, 9)
    assert due.id != broken
    assert [one.id for one in await store.claim(NOW + 30, 30, 9)] == [due.id]
    await store.close()


async def test_a_contract_is_kept_sealed_and_opens_after_the_key_was_replaced(store: Any) -> None:
    one = Contract("pro_1", "twilio", ("sms", "voice"), {"sid": "AC1"}, {"auth_token": "very secret"}, created_at=NOW, updated_at=NOW)
    await store.configure((one,), (), ())
    assert (await store.catalogue()).contracts == (one,)
    await store.rotate_data_key(NOW)
    while await store.reseal(9):
        pass
    assert (await store.catalogue()).contracts == (one,)
    await store.configure((), (("contract", "pro_1"),), ())
    assert (await store.catalogue()).contracts == ()
