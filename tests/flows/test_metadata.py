"""Metadata of authenticators (attacks: row 28): who vouches for a new key, and what becomes of keys whose model is trusted no longer."""

import json
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import MODEL, Authenticator, Maker, key_for, sign
from tests.flows.test_lost import kept, links
from tests.flows.test_webauthn import FACTORS, asked, enrolled, held, key, made
from tests.http.browser import Page, call
from tests.mds import DAY, Service, aaguid, entry, png
from tests.world import NOW, World, claims, essential, world
from yett.factors.base import Modelled
from yett.factors.webauthn.data import base64url, unbase64url
from yett.flows.kept import Suspended
from yett.flows.owner import Owner
from yett.main import FACTORS as FACTORS_OF_THE_HOUSE
from yett.main import metadata

SERVICE, MAKER = Service(), Maker()
ROOT = MAKER.root()
ATTESTED = {"webauthn-roaming": {"attestation": "direct", "attested": True, "hardware": True}}


async def imported(w: World, *entries: Any, **of: Any) -> tuple[str, str, dict[str, Any]]:
    """What the verb ends with."""
    told = [one async for one in metadata(w.ground)(SERVICE.blob(*entries, **of), SERVICE.root, "mds.fidoalliance.org")]
    return told[-1].kind, told[-1].says, dict(told[-1].data)


def attested(by: Authenticator, page: Page, maker: Maker = MAKER) -> str:
    own = key_for(-7)
    client, made = by.make(
        by.client("webauthn.create", unbase64url(asked(page)["challenge"])),
        "packed",
        lambda signed: {"alg": -7, "sig": sign(-7, own, signed), "x5c": [maker.leaf(own)]},
    )
    response = {"clientDataJSON": base64url(client), "attestationObject": base64url(made)}
    return json.dumps({"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": response})


async def added(w: World, by: Authenticator, maker: Maker = MAKER) -> Page:
    browser = w.browser()
    page = await w.login(browser, claims=essential("phr"))
    page = await browser.submit(page, action="webauthn-roaming") if page.screen == "mfa-begin-enroll-options" else page
    assert page.screen == "mfa-webauthn-roaming-enrollment", page.screen
    return await browser.submit(page, response=attested(by, page, maker))


async def test_a_maker_vouches_for_keys_in_hardware() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS, factor_settings=ATTESTED)
        await w.person(totp=False)
        assert "This kind of key is not accepted here" in (await added(w, key())).text
        kind, _, data = await imported(w, entry(ROOT))
        assert (kind, data["no"], data["models"], data["suspended"]) == ("done", 1, 1, 0)
        assert "This kind of key is not accepted here" in (await added(w, key(), Maker())).text
        assert "This kind of key is not accepted here" in (await added(w, key(model=bytes(15) + b"1"))).text
        _, answer = await w.exchange(await added(w, key()))
        assert claims(answer["id_token"])["amr"] == ["pwd", "hwk", "user", "mfa"]
        browser = w.browser()
        assert (await w.login(browser, claims=essential("phrh"))).screen == "mfa-webauthn-roaming-challenge"


async def test_keys_that_a_maker_keeps_in_software_are_no_hardware() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS, factor_settings=ATTESTED)
        await w.person(totp=False)
        await imported(w, entry(ROOT, keyProtection=["software"]))
        assert "This kind of key is not accepted here" in (await added(w, key())).text


async def test_an_edition_that_is_out_of_date_vouches_for_nobody_and_the_doctor_says_so() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS, factor_settings=ATTESTED)
        await w.person(totp=False)
        await imported(w, entry(ROOT), due=NOW)
        w.clock.now += DAY
        assert "This kind of key is not accepted here" in (await added(w, key())).text
        w.clock.now = NOW
        assert (await imported(w, entry(ROOT), no=2, due=NOW - DAY))[:2] == ("refused", "edition 2 is out of date: fetch the one that is in force")


async def test_an_edition_is_never_older_than_the_one_before() -> None:
    async with world() as w:
        assert (await imported(w, entry(ROOT, statuses=("REVOKED",)), no=5))[0] == "done"
        assert (await imported(w, entry(ROOT), no=4))[:2] == ("refused", "edition 4 is older than 5, which is in force")
        assert (await imported(w, entry(ROOT), no=5))[:2] == ("refused", "another edition 5 is in force")
        assert (await imported(w, entry(ROOT, statuses=("REVOKED",)), no=5))[0] == "done"
        assert (await imported(w, entry(ROOT), no=6))[0] == "done"


@pytest.mark.parametrize("status", ["REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE"])
async def test_a_model_that_is_trusted_no_longer_is_refused_and_taken_out_of_use(status: str) -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        for name in ("ada", "eve"):
            await w.person(name, totp=False)
        mine, others = key(), key(id=b"another", model=b"another model..!")
        assert "code" in (await enrolled(w, w.browser(), "webauthn-roaming", mine)).query
        assert "code" in (await enrolled(w, w.browser(), "passkey", others, "eve")).query
        kind, _, data = await imported(w, entry(ROOT, statuses=(status,)))
        assert (kind, data["suspended"]) == ("done", 1)
        assert [one.status for one in await held(w)] == ["suspended"]
        assert [one.status for one in await held(w, "eve")] == ["active"]
        told = (await w.mail())[0]
        assert (told["to"], told["subject"]) == ("ada@example.test", "A key of your account is out of use")
        (fact,) = [one for one in await w.facts("gd_update_device_account") if "suspended" in str(one)]
        assert status in str(fact)

        # Neither asked for any longer, nor enrolled anew.
        page = await w.login(w.browser(), claims=essential("phr"))
        assert page.screen != "mfa-webauthn-roaming-challenge"
        await w.person("bob", totp=False)
        page = await enrolled(w, w.browser(), "webauthn-roaming", key(id=b"third"), "bob")
        assert "This kind of key is not accepted here" in page.text
        assert (await imported(w, entry(ROOT, statuses=(status,))))[2]["suspended"] == 0


async def test_security_settings_show_what_a_key_is_called_and_looks_like() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        await imported(w, entry(ROOT, description="Example <b>Key</b> 5"))
        browser = w.browser()
        await enrolled(w, browser, "webauthn-roaming", key())
        page = await browser.get("/account")
        assert "Example &lt;b&gt;Key&lt;/b&gt; 5" in page.text
        assert f'src="/authenticators/{MODEL.hex()}"' in page.text
        for id in (MODEL.hex(), aaguid()):
            status, headers, body = await call(w.app, "GET", f"/authenticators/{id}")
            assert (status, dict(headers)["content-type"], body) == (200, "image/png", png(32, 32))
        for id in ("0" * 32, "..", "", "x" * 5000):
            assert (await call(w.app, "GET", f"/authenticators/{id}"))[0] == 404
        await imported(w, entry(ROOT, statuses=("REVOKED",)), no=2)
        assert "No longer accepted" in (await browser.get("/account")).text


async def lost(w: World) -> str:
    """Ada reports her key lost, by password and mailbox; the link that keeps it."""
    (one,) = await held(w)
    account, _ = await w.store.account("auth0|ada")
    owner = Owner(account, (await w.store.account("auth0|ada"))[1], (), await w.store.catalogue(), "web")
    assert isinstance(await kept(w).suspend(owner, one.id), Suspended)
    return (await links(w))["ada@example.test"]


async def test_a_key_that_was_reported_lost_and_kept_is_out_of_use_where_its_model_is_trusted_no_longer() -> None:
    """Suspended by an edition first, or by the report first: neither way brings it back."""
    for suspended_first in (True, False):
        async with world() as w:
            await w.configure(factors=FACTORS)
            await w.person(totp=False)
            assert "code" in (await enrolled(w, w.browser(), "webauthn-roaming", key())).query
            if suspended_first:
                await imported(w, entry(ROOT, statuses=("REVOKED",)))
            link = await lost(w)
            if not suspended_first:
                await imported(w, entry(ROOT, statuses=("REVOKED",)))
            back = await kept(w).keep(link)
            assert back is not None
            assert [(one.status, one.leaves_at) for one in await held(w)] == [("suspended", None)]
            assert (await w.mail())[0]["subject"] == "A key of your account is out of use"
            assert (await w.login(w.browser(), claims=essential("phr"))).screen != "mfa-webauthn-roaming-challenge"


async def test_a_key_that_was_kept_and_is_trusted_works_again() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        await enrolled(w, w.browser(), "webauthn-roaming", key())
        await imported(w, entry(ROOT))
        await kept(w).keep(await lost(w))
        assert [(one.status, one.leaves_at) for one in await held(w)] == [("active", None)]


async def test_a_key_that_is_kept_while_an_edition_comes_is_judged_by_that_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged by the edition before, and stored when the import has seen all that there was: it counts for nothing all the same."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        browser, own, enrol = w.browser(), key(), w.store.enrol

        async def late(*given: Any, **more: Any) -> Any:
            monkeypatch.setattr(w.store, "enrol", enrol)
            assert (await imported(w, entry(ROOT, statuses=("REVOKED",))))[2]["suspended"] == 0
            return await enrol(*given, **more)

        page = await w.login(browser, claims=essential("phr"))
        page = await browser.submit(page, action="webauthn-roaming") if page.screen == "mfa-begin-enroll-options" else page
        monkeypatch.setattr(w.store, "enrol", late)
        await browser.submit(page, response=made(own, page))
        assert [one.status for one in await held(w)] == ["active"]
        again = await w.authorize(browser, claims=essential("phr"), prompt="none")
        assert again.query["error"] == "unmet_authentication_requirements"
        assert (await w.login(w.browser(), claims=essential("phr"))).screen != "mfa-webauthn-roaming-challenge"
        # The same edition, given again, finds it.
        assert (await imported(w, entry(ROOT, statuses=("REVOKED",))))[2]["suspended"] == 1


async def test_what_is_trusted_again_counts_again_where_nothing_was_suspended() -> None:
    async with world() as w:
        await imported(w, entry(ROOT, statuses=("REVOKED",)))
        assert (await w.store.catalogue()).tenant.distrusted == (MODEL.hex(),)
        await imported(w, entry(ROOT), no=2)
        assert (await w.store.catalogue()).tenant.distrusted == ()


def test_whatever_has_a_model_is_looked_at_by_the_gate() -> None:
    """Which looks at nothing that is not bound to our name."""
    assert all(one.words.bound for one in FACTORS_OF_THE_HOUSE.values() if isinstance(one, Modelled))
