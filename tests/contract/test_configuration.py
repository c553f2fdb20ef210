"""The configuration and the outbox."""

from tests.contract.samples import BUDGET, NOW, begun, challenge, fact, message, name, types
from yett.domain.client import Api, Client, ClientGrant, Detail
from yett.domain.requirement import Requirement
from yett.domain.tenant import SigningKey, Tenant
from yett.ports import Entry, Store

CLIENT = Client("shop", "Shop", secret=b"\x00\xff", callbacks=("https://shop.test/",), metadata={"tier": "gold"})
API = Api(
    "api1",
    "https://api.test/",
    scopes=("pay",),
    requirement=Requirement(("phr",), 300),
    scope_requirements={"pay": Requirement(one_use=True, lifetime=60)},
    descriptions={"pay": "Move money"},
    details=(Detail("payment", '{"additionalProperties":false}', {"en": "Pay"}),),
)
ALLOWED = ClientGrant("cg1", "shop", "https://api.test/", ("pay",))
KEY = SigningKey("k1", "RS256", b"the private key", b'{"kty":"RSA"}', NOW)
TENANT = Tenant(policies=("all-applications",), factors={"otp": True}, factor_settings={"sms": {"providers": ["a"]}})


async def test_a_fresh_store_has_the_defaults(store: Store) -> None:
    found = await store.catalogue()
    assert (found.tenant, found.clients, found.apis, found.grants, found.keys) == (Tenant(), {}, {}, (), ())


async def test_the_configuration_comes_back_as_it_went_in(store: Store) -> None:
    before = await store.version()
    version = await store.configure((TENANT, CLIENT, API, ALLOWED, KEY), (), (fact("sapi"),))
    found = await store.catalogue()
    assert version == before + 1 == found.version == await store.version()
    assert (found.tenant, found.clients, found.apis) == (TENANT, {"shop": CLIENT}, {API.identifier: API})
    assert (found.grants, found.keys) == ((ALLOWED,), (KEY,))
    assert await types(store) == ["sapi"]


async def test_what_is_put_replaces_and_what_is_dropped_is_gone(store: Store) -> None:
    await store.configure((CLIENT, API, ALLOWED, KEY), (), ())
    changed = CLIENT._replace(name="Shop 2")
    await store.configure((changed,), (("api", "api1"), ("client_grant", "cg1"), ("key", "k1"), ("client", "none")), ())
    found = await store.catalogue()
    assert (found.clients, found.apis, found.grants, found.keys) == ({"shop": changed}, {}, (), ())


async def test_of_two_administrators_neither_undoes_what_the_other_did(store: Store) -> None:
    seen = await store.version()
    assert await store.configure((CLIENT,), (), (), seen) == seen + 1
    assert await store.configure((CLIENT._replace(name="late"),), (), (fact("sapi"),), seen) == 0
    assert (await store.catalogue()).clients == {"shop": CLIENT}
    assert await types(store) == []


async def test_a_kept_value_changes_hands_by_compare_and_set(store: Store) -> None:
    assert await store.remembered("regime") is None
    assert await store.keep("regime", None, b"auth0", (fact("first"),))
    assert not await store.keep("regime", None, b"psd2", (fact("second"),))
    assert not await store.keep("regime", b"psd2", b"x")
    assert await store.keep("regime", b"auth0", b"psd2")
    assert await store.remembered("regime") == b"psd2"
    assert await types(store) == ["first"]


async def test_no_kept_value_stands_in_for_the_tenant(store: Store) -> None:
    await store.keep("tenant", None, b"{}")
    await store.configure((TENANT,), (), ())
    assert await store.remembered("tenant") == b"{}"
    assert (await store.catalogue()).tenant == TENANT


async def test_a_message_is_leased_with_its_question_and_sent_once(store: Store) -> None:
    seen = await begun(store)
    question = challenge(seen, send=(message(),))
    await store.ask(seen, question, (fact("gd_start_auth"),))
    (due,) = await store.claim(NOW, 30, 9)
    assert (due.message, due.challenge, due.tries, due.created_at) == (message(), question._replace(send=()), 0, NOW)
    assert await store.claim(NOW + 29, 30, 9) == ()
    await store.sent(Entry(due.id, "email", "mfa_code", "smtp", "receipt", "sent"))
    assert await store.claim(NOW + 60, 30, 9) == ()
    assert [one.id for one in await store.outgoing(9)] == [due.id]


async def test_a_lease_that_was_not_kept_is_given_to_the_next(store: Store) -> None:
    seen = await begun(store)
    await store.ask(seen, challenge(seen, send=(message(),)), ())
    (first,) = await store.claim(NOW, 30, 9)
    (second,) = await store.claim(NOW + 30, 30, 9)
    assert (first.id, second.tries) == (second.id, 1)


async def test_a_message_that_failed_waits_or_is_given_up(store: Store) -> None:
    seen = await begun(store)
    await store.ask(seen, challenge(seen, send=(message(),)), ())
    (one,) = await store.claim(NOW, 30, 9)
    await store.failed(one.id, NOW + 5, "provider is down")
    assert await store.claim(NOW + 4, 30, 9) == ()
    assert len(await store.claim(NOW + 5, 30, 9)) == 1
    await store.failed(one.id, None, "no such number")
    assert await store.claim(NOW + 90, 30, 9) == ()


async def test_a_message_is_dropped_when_its_question_is_over(store: Store) -> None:
    voided, answered, expired, waits = [await begun(store) for _ in range(4)]
    questions = [challenge(seen, send=(message(),)) for seen in (voided, answered, expired, waits)]
    questions[2:] = [question._replace(expires_at=at) for question, at in zip(questions[2:], (NOW + 10, NOW + 11), strict=True)]
    for seen, question in zip((voided, answered, expired, waits), questions, strict=True):
        await store.ask(seen, question, ())
    await store.ask(voided, challenge(voided), ())
    for _ in range(questions[1].tries):
        await store.settle(answered, (), questions[1], BUDGET, NOW, {})
    due = await store.claim(NOW + 10, 30, 9)
    assert [found.challenge and found.challenge.id for found in due] == [questions[3].id]
    assert await store.claim(NOW + 100, 30, 9) == ()


async def test_a_message_of_a_restored_backup_does_not_leave(store: Store) -> None:
    seen = await begun(store)
    await store.ask(seen, challenge(seen, send=(message(),)), ())
    await store.restored(NOW, lambda _, state: state)
    assert await store.claim(NOW, 30, 9) == ()


async def test_the_outbox_shows_the_newest_first(store: Store) -> None:
    seen = await begun(store)
    for index in range(3):
        await store.ask(seen, challenge(seen, send=(message(f"+{index}"),)), (fact(name(), at=NOW + index // 2),))
    assert [one.message.to for one in await store.outgoing(2)] == ["+2", "+1"]
