"""Keys and passkeys through the whole house (attacks: row 28): what is asked, whose answer counts, and what a proof is worth."""

import html
import json
import re
from dataclasses import replace
from typing import Any

from tests.core.factors.webauthn.authenticator import BE, UP, UV, Authenticator, cbor
from tests.http.browser import Browser, Page
from tests.world import ISSUER, MULTI_FACTOR, World, claims, essential, world
from yett.domain.enrolment import Enrolment
from yett.factors.webauthn.data import base64url, unbase64url
from yett.factors.webauthn.factor import user_handle

FACTORS = {"otp": True, "webauthn-roaming": True, "webauthn-platform": True, "passkey": True}
PHR = essential("phr")


def key(**of: Any) -> Authenticator:
    return Authenticator(rp="localhost", origin=ISSUER.rstrip("/"), **of)


def asked(page: Page) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, page.screen
    said: dict[str, Any] = json.loads(html.unescape(found[1]))
    return said


def made(by: Authenticator, page: Page) -> str:
    client, attestation = by.make(by.client("webauthn.create", unbase64url(asked(page)["challenge"])))
    response = {"clientDataJSON": base64url(client), "attestationObject": base64url(attestation)}
    return json.dumps({"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": response})


def shown(by: Authenticator, page: Page, name: str = "") -> str:
    client, data, signature = by.show(by.client("webauthn.get", unbase64url(asked(page)["challenge"])))
    response = {"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature)}
    handle = {"userHandle": base64url(user_handle(f"auth0|{name}"))} if name else {}
    return json.dumps({"type": "public-key", "id": base64url(by.id), "rawId": base64url(by.id), "response": {**response, **handle}})


async def enrolled(w: World, browser: Browser, kind: str, by: Authenticator, name: str = "ada") -> Page:
    """Enrol on the way to an application that asks for something phishing-resistant."""
    page = await w.login(browser, name, claims=PHR)
    page = await browser.submit(page, action=kind) if page.screen == "mfa-begin-enroll-options" else page
    assert page.screen.endswith("-enrollment"), page.screen or page.url
    return await browser.submit(page, response=made(by, page))


async def held(w: World, name: str = "ada") -> list[Enrolment]:
    _, has = await w.store.account(f"auth0|{name}")
    return [one for one in has if one.kind != "password"]


async def test_a_security_key_is_bound_to_our_name_and_its_proof_says_so() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        browser, own = w.browser(), key(flags=UP)
        _, answer = await w.exchange(await enrolled(w, browser, "webauthn-roaming", own))
        said = claims(answer["id_token"])
        assert (said["amr"], said["acr"]) == (["pwd", "pop", "mfa"], "phr")
        other = w.browser()
        page = await w.login(other, claims=PHR)
        assert page.screen == "mfa-webauthn-roaming-challenge"
        own.counter = 1
        _, answer = await w.exchange(await other.submit(page, response=shown(own, page)))
        assert claims(answer["id_token"])["amr"] == ["pwd", "pop", "mfa"]
        assert [one.state.mark for one in await held(w)] == [1]


async def test_phr_is_refused_to_an_authenticator_app_and_granted_to_a_key() -> None:
    async with world() as w:
        await w.configure(factors={"otp": True})
        await w.person()
        browser = w.browser()
        await w.login(browser, claims=essential(MULTI_FACTOR))
        page = await w.authorize(browser, claims=PHR)
        assert page.query["error"] == "unmet_authentication_requirements"
        await w.configure(factors=FACTORS)
        page = await w.authorize(browser, claims=PHR)
        page = await browser.submit(page, action="webauthn-roaming")
        _, answer = await w.exchange(await browser.submit(page, response=made(key(), page)))
        assert claims(answer["id_token"])["acr"] == "phr"


async def test_a_passkey_stands_first_and_is_multi_factor_by_itself() -> None:
    async with world(policies=("all-applications",)) as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own = key(flags=UP | UV | BE)
        await enrolled(w, w.browser(), "passkey", own)
        browser = w.browser()
        page = await w.authorize(browser)
        assert page.screen == "login-id"
        assert asked(page)["allowCredentials"] == []
        _, answer = await w.exchange(await browser.submit(page, response=shown(own, page, "ada")))
        said = claims(answer["id_token"])
        assert (said["sub"], said["amr"], said["acr"]) == ("auth0|ada", ["swk", "user", "mfa"], MULTI_FACTOR)


async def test_row_28_an_answer_counts_in_its_own_attempt_alone_and_once() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own = key()
        await enrolled(w, w.browser(), "passkey", own)
        victim, thief = w.browser(), w.browser()
        page, elsewhere = await w.authorize(victim), await w.authorize(thief)
        answer = shown(own, page, "ada")
        assert (await thief.submit(elsewhere, response=answer)).screen == "login-id"
        assert "code" in (await victim.submit(page, response=answer)).query
        again = await victim.submit(page, response=answer)
        assert "code" not in again.query


async def test_row_28_what_an_authenticator_must_not_say_is_refused() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        await w.person("eve", totp=False)
        own = key()
        await enrolled(w, w.browser(), "passkey", own)
        bent = {
            "another name": replace(own, rp="evil.test"),
            "another origin": replace(own, origin="https://evil.test"),
            "nobody verified": replace(own, flags=UP),
            "nobody there": replace(own, flags=UV),
            "backed up, yet not eligible": replace(own, flags=UP | UV | 16),
            "another key": replace(own, key=key().key),
            "a credential that we do not know": replace(own, id=b"unknown"),
        }
        for what, by in bent.items():
            browser = w.browser()
            page = await w.authorize(browser)
            answered = await browser.submit(page, response=shown(by, page, "ada"))
            assert (answered.screen, answered.status) == ("login-id", 400), what
        browser = w.browser()
        page = await w.authorize(browser)
        assert (await browser.submit(page, response=shown(own, page, "eve"))).status == 400
        assert (await browser.submit(page, response=shown(own, page))).status == 400
        malformed = await browser.submit(page, response="{}")
        assert (malformed.status, "That did not work. Please try again." in malformed.text) == (400, True)
        assert "code" in (await browser.submit(page, response=shown(own, page, "ada"))).query


async def test_row_28_somebody_elses_key_is_no_second_step() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        keys = {"ada": key(), "eve": key(id=b"eve's")}
        for name, own in keys.items():
            await w.person(name, totp=False)
            await enrolled(w, w.browser(), "webauthn-roaming", own, name)
        browser = w.browser()
        page = await w.login(browser, "ada", claims=PHR)
        assert (await browser.submit(page, response=shown(keys["eve"], page))).status == 400
        assert "code" in (await browser.submit(page, response=shown(keys["ada"], page))).query


async def test_no_credential_is_enrolled_by_two_accounts() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        for name in ("ada", "eve"):
            await w.person(name, totp=False)
        assert "code" in (await enrolled(w, w.browser(), "webauthn-roaming", key(), "ada")).query
        for kind in ("webauthn-roaming", "webauthn-platform", "passkey"):
            page = await enrolled(w, w.browser(), kind, key(), "eve")
            assert "This one is set up already." in page.text
        assert await held(w, "eve") == []


async def test_a_copied_key_is_refused_and_its_owner_is_told() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own = key(counter=5)
        await enrolled(w, w.browser(), "webauthn-roaming", own)
        browser = w.browser()
        page = await w.login(browser, claims=PHR)
        copied = replace(own, counter=3)
        assert (await browser.submit(page, response=shown(copied, page))).status == 400
        assert (await w.mail())[0]["subject"] == "Somebody may have a copy of your key"
        assert [one.state.mark for one in await held(w)] == [5]


async def test_several_keys_are_asked_at_once_and_any_of_them_will_do() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        account = await w.person(totp=False)
        first, second = key(), key(id=b"second")
        await enrolled(w, w.browser(), "webauthn-roaming", first)
        (one,) = await held(w)
        state = json.loads(one.state.open) | {"id": base64url(b"second"), "key": json.loads(await _kept(w, second))["key"]}
        other = one._replace(id="webauthn-roaming|dev_second", state=one.state._replace(open=json.dumps(state).encode()), lookup=b"second")
        seen, _ = await w.store.account(account.id)
        assert await w.store.change_account(seen, seen, (other,), ends=False, now=w.clock(), facts=())
        browser = w.browser()
        page = await w.login(browser, claims=PHR)
        assert {each["id"] for each in asked(page)["allowCredentials"]} == {base64url(first.id), base64url(second.id)}
        assert "code" in (await browser.submit(page, response=shown(second, page))).query


async def _kept(w: World, by: Authenticator) -> str:
    """The state of this key, as another account would have it."""
    await w.person("bob", totp=False)
    await enrolled(w, w.browser(), "webauthn-platform", by, "bob")
    (one,) = await held(w, "bob")
    await w.store.close_account("auth0|bob", ())
    return one.state.open.decode()


async def test_related_origins_are_published_and_taken() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS, factor_settings={"passkey": {"origins": ["https://shop.example.test"]}})
        assert await w.get("/.well-known/webauthn") == (200, {"origins": ["http://localhost:8000", "https://shop.example.test"]})
        status, said = await w.get("/.well-known/passkey-endpoints")
        assert (status, said) == (200, {"enroll": f"{ISSUER}account/add", "manage": f"{ISSUER}account"})
        await w.person(totp=False)
        own = replace(key(), origin="https://shop.example.test")
        assert "code" in (await enrolled(w, w.browser(), "passkey", own)).query


async def test_only_a_credential_that_nobody_has_is_called_unknown() -> None:
    """A browser forgets what we call unknown: so not what is suspended, what is of another use, or what comes too late."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own, device = key(flags=UP | UV), key(flags=UP | UV, id=b"device")
        await enrolled(w, w.browser(), "passkey", own)
        account, _ = await w.store.account("auth0|ada")
        (one,) = await held(w)
        state = json.loads(one.state.open) | {"id": base64url(b"device")}
        bound = one.state._replace(open=json.dumps(state).encode())
        other = one._replace(id="webauthn-platform|dev_1", kind="webauthn-platform", lookup=b"device", state=bound)
        put = (one._replace(status="suspended"), other)
        assert await w.store.change_account(account, account, put, ends=False, now=w.clock(), facts=())
        words = {"own": "does not log you in by itself", "device": "does not log you in by itself", "nobody": "We do not know this passkey"}
        for name, by in {"own": own, "device": device, "nobody": key(id=b"nobody")}.items():
            browser = w.browser()
            page = await w.authorize(browser)
            answered = await browser.submit(page, response=shown(by, page, "ada"))
            assert words[name] in answered.text
            assert ("data-unknown" in answered.text) == (name == "nobody")


async def quietly(w: World, browser: Browser) -> Page:
    """A login with a password that the browser has filled in, where the browser can make a passkey in passing."""
    w.clock.now += 60
    page = await w.authorize(browser)
    page = await browser.submit(page, username="ada@example.test")
    return await browser.submit(page, password="secret of ada", quiet="true")


async def test_a_passkey_is_made_in_passing_which_proves_nothing_and_asks_nobody() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS | {"recovery-code": True})
        await w.person(totp=False)
        browser, own = w.browser(), key(flags=0)
        page = await quietly(w, browser)
        assert page.screen == "passkey-enrollment"
        assert asked(page)["authenticatorSelection"]["userVerification"] == "preferred"
        _, answer = await w.exchange(await browser.submit(page, response=made(own, page)))
        assert claims(answer["id_token"])["amr"] == ["pwd"]
        assert [one.kind for one in await held(w)] == ["passkey"]
        assert (await w.mail())[0]["subject"] == "A new way to log in was added"
        assert "code" in (await quietly(w, w.browser())).query
        # Whoever uses it is verified, as ever.
        other = w.browser()
        page = await w.authorize(other)
        assert (await other.submit(page, response=shown(replace(own, flags=UP), page, "ada"))).status == 400
        own.flags, own.counter = UP | UV, 1
        page = await other.submit(page, response=shown(own, page, "ada"))
        assert page.screen == "mfa-recovery-code-enrollment"


async def test_what_fails_in_passing_is_left_out_without_a_word() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS, factor_settings={"passkey": {"denied": ["00010203-0405-0607-0809-0a0b0c0d0e0f"]}})
        await w.person(totp=False)
        for answer in ({"response": "{}"}, {"action": "skip"}):
            browser = w.browser()
            assert "code" in (await browser.submit(await quietly(w, browser), **answer)).query
        browser = w.browser()
        page = await quietly(w, browser)
        assert "code" in (await browser.submit(page, response=made(key(), page))).query
        assert await held(w) == []


async def test_in_passing_nothing_is_added_that_would_need_a_proof_first() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person()
        # An authenticator app is there: the password alone adds nothing.
        assert "code" in (await quietly(w, w.browser())).query
        await w.configure(factors={"otp": True})
        await w.store.unenrol("auth0|ada", ["totp|dev_ada"], w.clock(), ())
        assert "code" in (await quietly(w, w.browser())).query
        assert await held(w) == []
        # Nor is a page in passing what somebody is asked for who cannot do it.
        await w.configure(factors=FACTORS)
        assert "code" in (await w.login(w.browser())).query


async def test_in_passing_a_code_is_not_enough_where_a_key_is_there() -> None:
    async with world() as w:
        await w.configure(factors={"otp": True, "webauthn-roaming": True})
        await w.person()
        browser = w.browser()
        page = await w.login(browser, claims=PHR)
        assert page.screen == "mfa-webauthn-roaming-enrollment"
        assert "code" in (await browser.submit(page, response=made(key(flags=UP), page))).query
        await w.configure(factors=FACTORS)
        browser = w.browser()
        page = await w.authorize(browser, acr_values=MULTI_FACTOR)
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada", quiet="true")
        page = await browser.submit(page, action="pick-authenticator")
        page = await browser.submit(page, action="totp|dev_ada")
        assert "code" in (await w.prove(browser, page)).query
        assert {one.kind for one in await held(w)} == {"totp", "webauthn-roaming"}


async def test_whoever_has_just_enrolled_something_is_given_its_codes_and_nothing_in_passing() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS | {"recovery-code": True})
        await w.person(totp=False)
        w.clock.now += 60
        browser = w.browser()
        page = await w.authorize(browser, claims=PHR)
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada", quiet="true")
        page = await browser.submit(page, action="webauthn-roaming")
        page = await browser.submit(page, response=made(key(flags=UP), page))
        assert page.screen == "mfa-recovery-code-enrollment"
        assert "code" in (await browser.submit(page, action="saved")).query


async def test_a_button_that_is_pressed_before_the_script_is_there_spends_no_try() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        browser = w.browser()
        page = await w.login(browser, claims=PHR)
        page = await browser.submit(page, action="webauthn-roaming")
        again = await browser.submit(page, response="")
        assert (again.screen, again.status, asked(again)) == (page.screen, 200, asked(page))
        own = key()
        assert "code" in (await browser.submit(again, response=made(own, again))).query
        other = w.browser()
        page = await w.login(other, claims=PHR)
        for _ in range(20):
            page = await other.submit(page, response="")
            assert page.status == 200
        assert [one.failures for one in await held(w)] == [0]
        own.counter = 1
        assert "code" in (await other.submit(page, response=shown(own, page))).query


async def at_password(w: World, browser: Browser, name: str = "ada") -> Page:
    """The page that asks for the password of this name, whoever it belongs to."""
    page = await w.authorize(browser)
    return await browser.submit(page, username=f"{name}@example.test")


async def test_whoever_typed_their_name_may_use_a_passkey_in_place_of_the_password() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own = key()
        await enrolled(w, w.browser(), "passkey", own)
        browser = w.browser()
        page = await at_password(w, browser)
        assert page.screen == "login-password"
        own.counter = 1
        _, answer = await w.exchange(await browser.submit(page, response=shown(own, page, "ada")))
        assert claims(answer["id_token"])["amr"] == ["pop", "user", "mfa"]


async def test_the_password_page_offers_a_passkey_to_everybody_alike() -> None:
    """Whoever has one, whoever has none and whoever is nobody see the same page, and the same question to nobody."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        for name in ("ada", "eve"):
            await w.person(name, totp=False)
        await enrolled(w, w.browser(), "passkey", key())
        seen = set()
        for name in ("ada", "eve", "nobody"):
            page = await at_password(w, w.browser(), name)
            said = asked(page)
            assert said.pop("challenge")
            assert said["allowCredentials"] == []
            seen.add(
                (
                    page.screen,
                    page.status,
                    json.dumps(said),
                    re.sub(r"state=[^\"]*|value=\"[^\"]*\"|data-options=\"[^\"]*\"", "", page.text).replace(f"{name}@example.test", ""),
                )
            )
        assert len(seen) == 1
        await w.configure(factors={"otp": True})
        assert "data-ceremony" not in (await at_password(w, w.browser())).text


async def test_a_passkey_of_somebody_else_is_no_way_into_the_account_that_was_named() -> None:
    """Nor does it tell whether there is one of that name."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        for name in ("ada", "eve"):
            await w.person(name, totp=False)
        own = key()
        await enrolled(w, w.browser(), "passkey", own, "eve")
        said = set()
        for name in ("ada", "nobody"):
            browser = w.browser()
            page = await at_password(w, browser, name)
            own.counter += 1
            answered = await browser.submit(page, response=shown(own, page, "eve"))
            said.add((answered.screen, answered.status, "This passkey belongs to another account" in answered.text))
        assert said == {("login-password", 400, True)}
        browser = w.browser()
        page = await at_password(w, browser, "eve")
        own.counter += 1
        _, answer = await w.exchange(await browser.submit(page, response=shown(own, page, "eve")))
        assert claims(answer["id_token"])["sub"] == "auth0|eve"


def bent(answer: str, **more: Any) -> str:
    """The same answer, with something else said beside it."""
    said = json.loads(answer)
    return json.dumps({**said, **more})


async def test_what_was_not_asked_for_is_not_registered_cve_2026_8830() -> None:
    """An algorithm that was not offered, another kind of authenticator, nobody verified, what the account has: no browser is believed to have refused it."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        browser, own = w.browser(), key(id=b"platform")
        page = await w.login(browser, claims=PHR)
        page = await browser.submit(page, action="webauthn-platform")
        other = own.key.public_key().public_numbers()
        plain = cbor({1: 2, 3: -7, -1: 1, -2: other.x.to_bytes(32), -3: other.y.to_bytes(32)})
        foreign = own.data(made=True).replace(plain, plain.replace(cbor(-7), cbor(-9), 1))
        client = own.client("webauthn.create", unbase64url(asked(page)["challenge"]))
        response = {"clientDataJSON": base64url(client), "attestationObject": base64url(own.make(client, data=foreign)[1])}
        for answer in (
            bent(made(own, page), response=response),
            made(replace(own, flags=UP), page),
            bent(made(own, page), authenticatorAttachment="cross-platform"),
        ):
            refused = await browser.submit(page, response=answer)
            assert (refused.screen, refused.status) == ("mfa-webauthn-platform-enrollment", 400)
        assert await held(w) == []
        assert "code" in (await browser.submit(page, response=bent(made(own, page), authenticatorAttachment="platform"))).query
        again = w.browser()
        page = await w.login(again, claims=PHR)
        page = await again.submit(page, response=shown(replace(own, counter=1), page))
        page = await again.get("/account/add")
        page = await again.submit(page, action="webauthn-platform")
        assert [one["id"] for one in asked(page)["excludeCredentials"]] == [base64url(b"platform")]
        assert "This one is set up already." in (await again.submit(page, response=made(own, page))).text


async def test_an_answer_that_made_a_key_makes_no_other_cve_2022_42731() -> None:
    """A challenge makes one key, of whoever it was put to; one that was put to a key makes none."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        for name in ("ada", "eve"):
            await w.person(name, totp=False)
        browser, thief, own = w.browser(), w.browser(), key()
        page = await browser.submit(await w.login(browser, claims=PHR), action="webauthn-roaming")
        theirs = await thief.submit(await w.login(thief, "eve", claims=PHR), action="webauthn-roaming")
        assert (await thief.submit(theirs, response=made(own, page))).status == 400
        assert "code" in (await browser.submit(page, response=made(own, page))).query
        assert "code" not in (await browser.submit(page, response=made(key(id=b"second"), page))).query
        asking = await w.login(w.browser(), claims=PHR)
        assert (await thief.submit(theirs, response=made(key(id=b"third"), asking))).status == 400
        assert ([one.lookup for one in await held(w)], await held(w, "eve")) == ([b"credential"], [])


async def test_no_answer_lowers_what_was_asked_ghsa_h4fw_6r7f_w494() -> None:
    """What is required stands in the question that we keep: neither the answer nor the form says otherwise."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own = key()
        await enrolled(w, w.browser(), "passkey", own)
        browser = w.browser()
        page = await w.authorize(browser)
        lesser = bent(shown(replace(own, flags=UP), page, "ada"), userVerification="discouraged", options={"userVerification": "discouraged"})
        refused = await browser.submit(page, response=lesser, userVerification="discouraged", ceremony="{}")
        assert (refused.screen, refused.status) == ("login-id", 400)
        assert "Your key did not check that it is you" in refused.text


async def test_a_refusal_moves_nothing_on_gitlab_585333() -> None:
    """What `verify` said is what counts: no session, no code, no proof, and its reason in the log."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        await enrolled(w, w.browser(), "passkey", key())
        browser = w.browser()
        before = len(await w.facts("s"))
        page = await w.authorize(browser)
        page = await browser.submit(page, response=shown(key(), page, "ada"))
        assert (page.screen, page.status, "yett-session" in browser.cookies) == ("login-id", 400, False)
        assert len(await w.facts("s")) == before
        assert (await w.facts("gd_auth_failed"))[0].data["reason"] == "signature"
        assert (await w.authorize(browser, prompt="none")).query["error"] == "login_required"


async def test_no_passkey_leads_around_a_block_cve_2025_10908() -> None:
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person(totp=False)
        own = key()
        await enrolled(w, w.browser(), "passkey", own)
        account, _ = await w.store.account("auth0|ada")
        assert await w.store.change_account(account, account._replace(blocked=True), (), ends=True, now=w.clock(), facts=())
        browser = w.browser()
        page = await w.authorize(browser)
        refused = await browser.submit(page, response=shown(own, page, "ada"))
        assert (refused.query.get("error"), refused.query.get("error_description")) == ("access_denied", "user is blocked")


async def test_a_login_that_is_fresh_is_no_key_that_was_shown_cve_2026_32879() -> None:
    """A step-up to a key is met by a key alone, however fresh whatever else was shown (Pocket ID GHSA-hp74-gm6m-2qm5)."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        await w.person()
        browser, own = w.browser(), key(flags=UP)
        page = await w.login(browser, claims=PHR)
        page = await w.prove(browser, page) if page.screen == "mfa-otp-challenge" else page
        page = await browser.submit(page, action="webauthn-roaming") if page.screen == "mfa-begin-enroll-options" else page
        assert "code" in (await browser.submit(page, response=made(own, page))).query
        w.clock.now += 60
        other = w.browser()
        assert "code" in (await w.prove(other, await by_app(w, other))).query
        page = await w.authorize(other, claims=PHR, max_age="60")
        assert page.screen == "mfa-webauthn-roaming-challenge"
        assert (await w.authorize(other, claims=PHR, prompt="none")).query["error"] == "login_required"


async def by_app(w: World, browser: Browser) -> Page:
    """As far as the page of the authenticator app, past the key that is asked first."""
    page = await w.login(browser, acr_values=MULTI_FACTOR)
    page = await browser.submit(page, action="pick-authenticator")
    return await browser.submit(page, action="totp|dev_ada")


async def test_whoever_is_logged_in_and_must_show_it_anew_may_do_so_with_their_own_passkey() -> None:
    """Asked of nobody in particular here too: what is said must not tell what an account has."""
    async with world() as w:
        await w.configure(factors=FACTORS)
        for name in ("ada", "eve"):
            await w.person(name, totp=False)
        own, other = key(), key(id=b"eve's")
        await enrolled(w, w.browser(), "passkey", own)
        await enrolled(w, w.browser(), "passkey", other, "eve")
        browser = w.browser()
        assert "code" in (await w.login(browser)).query
        page = await w.authorize(browser, prompt="login")
        assert (page.screen, asked(page)["allowCredentials"]) == ("login-password", [])
        other.counter = 1
        page = await browser.submit(page, response=shown(other, page, "eve"))
        assert (page.screen, page.status) == ("login-password", 400)
        own.counter = 1
        _, answer = await w.exchange(await browser.submit(page, response=shown(own, page, "ada")))
        said = claims(answer["id_token"])
        assert (said["sub"], said["amr"]) == ("auth0|ada", ["pop", "user", "mfa"])
