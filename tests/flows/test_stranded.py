"""Keys after a move to another domain: no use here, said to whoever has proven something, and none the weaker an account."""

import json
from typing import Any

from tests.flows.owning import owner
from tests.flows.test_webauthn import FACTORS, PHR, asked, enrolled, held, key, shown
from tests.http.browser import Browser, Page
from tests.world import ISSUER, MULTI_FACTOR, World, world
from yett.domain.tenant import Tenant
from yett.factors.base import Ask
from yett.factors.webauthn.credential import Credential
from yett.factors.webauthn.factor import credential, state_of
from yett.flows.doctor import Doctor, Found
from yett.flows.gate import Gate
from yett.main import FACTORS as EVERY
from yett.policy.decide import may_change

MOVED = {name: {"overrideRelyingParty": True, "relyingPartyIdentifier": "new.test"} for name in ("passkey", "webauthn-roaming", "webauthn-platform")}
HERE, ANEW = "does not work here", "Your key does not work here"


async def stranded(w: World, *, totp: bool = True, kind: str = "webauthn-roaming") -> None:
    """Ada has a key, and then the name changes."""
    await w.configure(factors=FACTORS)
    await w.person(totp=False)
    assert "code" in (await enrolled(w, w.browser(), kind, key())).query
    if totp:
        account, _ = await w.store.account("auth0|ada")
        await w.person("bob")
        _, (*_, app) = await w.store.account("auth0|bob")
        put = app._replace(id="totp|dev_ada", account=account.id)
        assert await w.store.change_account(account, account, (put,), ends=False, now=w.clock(), facts=())
        w.secrets["ada"] = w.secrets["bob"]
    await w.configure(factor_settings=MOVED)


async def test_a_credential_keeps_the_name_that_it_was_made_under() -> None:
    async with world() as w:
        await stranded(w, totp=False)
        (one,) = await held(w)
        assert credential(one.state).rp == "localhost"


def test_one_that_was_kept_without_a_name_is_taken_for_ours_and_has_it_from_its_next_use_on() -> None:
    old = Credential(b"id", b"key", 0, eligible=False, backed_up=False, verified=True, model=bytes(16), attested=False, hardware=False)
    said = json.loads(state_of(old).open)
    del said["rp"]
    assert credential(state_of(old)._replace(open=json.dumps(said).encode())).rp == ""


async def test_a_key_of_another_name_is_not_asked_and_the_chooser_says_why() -> None:
    async with world() as w:
        await stranded(w)
        page = await w.login_until_code(w.browser())
        assert page.screen == "mfa-otp-challenge"
        assert HERE in page.text
        assert "localhost" in page.text.replace("http://localhost", "")


async def test_nothing_of_it_is_said_before_something_is_proven() -> None:
    async with world() as w:
        await stranded(w)
        browser = w.browser()
        page = await w.authorize(browser)
        assert HERE not in page.text
        assert HERE not in (await browser.submit(page, username="ada@example.test")).text


async def test_whoever_has_another_key_that_works_is_told_nothing() -> None:
    async with world() as w:
        await stranded(w, totp=False)
        await w.configure(factor_settings={"webauthn-roaming": MOVED["webauthn-roaming"]})
        (old,) = await held(w)
        here = key(id=b"here")
        account, _ = await w.store.account("auth0|ada")
        kept = credential(old.state)._replace(id=b"here", rp="localhost")
        put = old._replace(id="webauthn-platform|dev_2", kind="webauthn-platform", lookup=b"here", state=state_of(kept))
        assert await w.store.change_account(account, account, (put,), ends=False, now=w.clock(), facts=())
        page = await w.login(w.browser(), claims=PHR)
        assert [one["id"] for one in asked(page)["allowCredentials"]] == ["aGVyZQ"]
        assert HERE not in page.text
        assert here.id == b"here"


async def test_whoever_has_nothing_else_is_told_on_a_page_and_then_the_application_is() -> None:
    async with world() as w:
        await stranded(w, totp=False)
        browser = w.browser()
        page = await w.login(browser, acr_values=MULTI_FACTOR, audience="https://api.example.test/")
        assert (page.screen, ANEW in page.text) == ("mfa-webauthn-not-available-error", True)
        assert "localhost" in page.text.replace("http://localhost", "")
        page = await browser.submit(page)
        assert page.query["error"] == "unmet_authentication_requirements"


async def test_an_account_is_none_the_weaker_for_it() -> None:
    """Else a change of name would let whoever has the password alone add a factor (attacks: row 5)."""
    async with world() as w:
        await stranded(w, totp=False)
        who = await owner(w, "password")
        gate = Gate(EVERY, ISSUER.rstrip("/"))
        case = gate.case(_attempt(who), who.account, who.enrolments, who.catalogue, w.clock())
        step = may_change(case, w.clock())
        assert step is not None
        assert step.acceptable == ()


def _attempt(who: Any) -> Any:
    from yett.domain.attempt import Attempt

    return Attempt("a", "own", b"", "web", 0, 0, account=who.account.id, base=who.proofs)


async def test_security_settings_mark_it_and_it_can_be_reported_lost() -> None:
    async with world() as w:
        await stranded(w)
        browser = w.browser()
        await w.login_until_code(browser)
        page = await _account(w, browser)
        assert "Does not work here" in page.text
        assert "It was set up under localhost and works only there" in page.text
        (roaming,) = [one for one in await held(w) if one.lookup]
        assert f"/account/methods/{roaming.id.replace('|', '%7C')}/lost" in page.text


async def _account(w: World, browser: Browser) -> Page:
    page = await browser.get("/account")
    if page.screen == "login-id":
        page = await browser.submit(page, username="ada@example.test")
    if page.screen == "login-password":
        page = await browser.submit(page, password="secret of ada")
    return await w.prove(browser, page) if page.screen == "mfa-otp-challenge" else page


async def test_the_doctor_counts_them_and_says_how_to_go_on() -> None:
    async with world() as w:
        await stranded(w)
        around = Found(w.clock(), ISSUER, 8000, loopback=True, embedded=True, demo=False)
        (found,) = [one for one in await Doctor(w.store, w.ground.folder, around, Gate(EVERY, ISSUER.rstrip("/")))() if one.name == "stranded"]
        assert (found.level, "1 key made under localhost" in found.says) == ("warn", True)
        assert '"relyingPartyIdentifier": "localhost"' in found.mend
        await w.configure(factor_settings={})
        (found,) = [one for one in await Doctor(w.store, w.ground.folder, around, Gate(EVERY, ISSUER.rstrip("/")))() if one.name == "stranded"]
        assert found.level == "ok"


async def test_the_name_of_before_is_gone_on_with_by_a_related_origin() -> None:
    """The mend that the doctor names: keys made under the old name work at the new one."""
    async with world() as w:
        await w.configure(factors=FACTORS, factor_settings={"webauthn-roaming": {"overrideRelyingParty": True, "relyingPartyIdentifier": "old.test"}})
        await w.person(totp=False)
        own = key()
        own.rp = "old.test"
        assert "code" in (await enrolled(w, w.browser(), "webauthn-roaming", own)).query
        browser = w.browser()
        page = await w.login(browser, claims=PHR)
        assert asked(page)["rpId"] == "old.test"
        assert "code" in (await browser.submit(page, response=shown(own, page))).query


def test_a_factor_that_is_bound_to_nothing_strays_nowhere() -> None:
    assert Gate(EVERY).origin == ""
    ask = Ask(bytes(64), 0)
    assert ask.origin == ""
    assert Tenant().factor_settings == {}
