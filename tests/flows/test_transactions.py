"""authorization_details, from the request to what uses them up: one approval, of what was shown, to the digit (RFC 9396)."""

import hashlib
import json
import re
from html import unescape
from typing import Any

import pytest

from tests.http.browser import Browser, Page
from tests.world import API, MULTI_FACTOR, World, api, claims, world
from yett.domain.client import Detail
from yett.domain.requirement import Requirement
from yett.flows.mint import digest

SCHEMA = {
    "required": ["amount", "creditor"],
    "additionalProperties": False,
    "properties": {"amount": {"type": "string", "maxLength": 12}, "creditor": {"type": "string"}},
}
WORDS = {"en": "Pay {{ amount }} EUR to {{ creditor }}", "de": "{{ amount }} EUR an {{ creditor }} zahlen"}
ONCE = "openid offline_access transfer:funds"
ADA, INTROSPECTS = "auth0|ada", {"client_id": "bank", "client_secret": "bank's secret"}


def payment(amount: str = "100.00", creditor: str = "Bob", **more: Any) -> str:
    return json.dumps([{"type": "payment", "amount": amount, "creditor": creditor, **more}])


async def bank(w: World, **requirement: Any) -> None:
    """Its scope transfer:funds is for one use, and it knows payments."""
    demand = Requirement((MULTI_FACTOR,), one_use=True, **requirement)
    knows = api()._replace(scope_requirements={"transfer:funds": demand}, details=(Detail("payment", json.dumps(SCHEMA), WORDS),))
    own = (await w.store.catalogue()).clients["web"]._replace(id="bank", secret=digest("bank's secret"), resource_server=API)
    await w.store.configure((knows, own), (), ())


async def ask(w: World, browser: Browser, details: str = "", scope: str = ONCE, **more: str) -> Page:
    return await w.authorize(browser, audience=API, scope=scope, authorization_details=details or payment(), **more)


async def logged_in(w: World) -> Browser:
    browser = w.browser()
    await w.login(browser, acr_values=MULTI_FACTOR)
    return browser


def purpose(page: Page) -> str:
    found = re.search(r'<p class="purpose"><strong>(.*?)</strong></p>', page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


async def test_what_is_asked_is_shown_bound_and_given_back_in_answer_token_and_introspection() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        page = await ask(w, browser)
        assert page.screen == "mfa-otp-challenge", "however strong the session is"
        assert "set up now" not in page.text
        assert purpose(page) == "Pay 100.00 EUR to Bob"
        assert "Web shop asks you to approve:" in page.text
        status, tokens = await w.exchange(await w.prove(browser, page))
        details = json.loads(payment())
        said = claims(tokens["access_token"])
        assert (status, tokens["authorization_details"], said["authorization_details"]) == (200, details, details)
        assert (said["scope"], said["one_use"]) == ("openid transfer:funds", True)
        assert "refresh_token" not in tokens
        _, told = await w.post("/oauth/introspect", {"token": tokens["access_token"], "consume": "true", **INTROSPECTS})
        assert (told["active"], told["authorization_details"]) == (True, details)
        _, again = await w.post("/oauth/introspect", {"token": tokens["access_token"], "consume": "true", **INTROSPECTS})
        assert again == {"active": False}


async def test_the_proof_is_bound_to_the_digest_of_what_was_shown() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        left = await w.prove(browser, await ask(w, browser, payment(" 1.00 ", "Bob")))
        found = await w.store.token("code", digest(left.query["code"]), w.clock.now)
        spelled = '[{"amount":" 1.00 ","creditor":"Bob","type":"payment"}]'
        wanted = hashlib.sha256(spelled.encode()).digest()
        assert found.grant.transaction == wanted
        assert [proof.shown.binds for proof in found.grant.proofs if proof.shown.kind == "totp"] == [wanted]


async def test_one_digit_more_is_another_approval() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        hundred, thousand = await ask(w, browser, payment("100.00")), await ask(w, browser, payment("1000.00"))
        assert purpose(thousand) == "Pay 1000.00 EUR to Bob"
        _, tokens = await w.exchange(await w.prove(browser, hundred))
        assert tokens["authorization_details"] == json.loads(payment("100.00"))
        # The code that approved the first is spent, and the second still waits for its own.
        again = await browser.get(f"/u/mfa-otp-challenge?state={thousand.hidden['state']}")
        assert (again.screen, purpose(again)) == ("mfa-otp-challenge", "Pay 1000.00 EUR to Bob")


async def test_an_answer_to_the_question_of_one_transaction_does_not_approve_another() -> None:
    """As if the attempt had been turned to another transaction while the code was typed."""
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        page = await ask(w, browser)
        scene = w.store.scene

        async def turned(*args: Any) -> Any:
            found = await scene(*args)
            return found._replace(attempt=found.attempt._replace(transaction=b"x" * 32)) if found.attempt else found

        w.store.scene = turned
        left = await browser.submit(page, code=w.code())
        assert left.screen == "mfa-otp-challenge"


async def test_without_a_question_of_its_own_a_code_approves_nothing() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        page = await ask(w, browser)
        scene = w.store.scene

        async def unasked(*args: Any) -> Any:
            return (await scene(*args))._replace(challenge=None)

        w.store.scene = unasked
        assert (await browser.submit(page, code=w.code())).screen == "mfa-otp-challenge"


async def test_nothing_is_approved_in_silence_and_nothing_refreshed() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        for scope in (ONCE, "openid offline_access read:accounts"):
            silent = await ask(w, browser, scope=scope, prompt="none")
            assert silent.query["error_description"] == "Multifactor authentication required"
        _, tokens = await w.exchange(await w.prove(browser, await ask(w, browser, scope="openid offline_access read:accounts")))
        assert tokens["authorization_details"] == json.loads(payment())
        assert "refresh_token" not in tokens


async def test_an_mfa_token_gives_no_approval() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        asked = {"grant_type": "password", "username": "ada@example.test", "password": "secret of ada", "audience": API, "authorization_details": payment()}
        status, tokens = await w.token(**asked, scope="openid read:accounts")
        assert (status, "authorization_details" in tokens, "authorization_details" in claims(tokens["access_token"])) == (200, False, False)
        _, refused = await w.token(**asked, scope="openid transfer:funds")
        assert refused["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "details",
    ["[", "{}", payment("1" * 13), payment(memo="x"), payment(creditor="a\u202eb"), '[{"type":"other"}]', payment()[:-2] + ',"amount":"1"}]', "[]"],
)
async def test_what_is_none_of_its_type_is_told_to_the_application_alone(details: str) -> None:
    async with world() as w:
        await bank(w)
        refused = await ask(w, w.browser(), details)
        assert (refused.query["error"], refused.query["state"]) == ("invalid_authorization_details", "s1")
        assert "code" not in refused.query


async def test_details_without_an_api_or_twice_are_refused() -> None:
    async with world() as w:
        await bank(w)
        refused = await w.authorize(w.browser(), authorization_details=payment())
        assert refused.query["error"] == "invalid_authorization_details"
        from urllib.parse import quote

        asked = await w.browser().get(
            f"/authorize?response_type=code&client_id=web&redirect_uri=https%3A%2F%2Fapp.example.test%2Fcallback&scope=openid&state=s1&audience={quote(API)}"
            f"&code_challenge={'A' * 43}&code_challenge_method=S256&authorization_details={quote(payment())}&authorization_details={quote(payment('1'))}"
        )
        assert asked.query["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "{% raw %}", "%(client)s", "&lt;b&gt;"])
async def test_no_value_becomes_markup_or_a_template(name: str) -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        page = await ask(w, browser, payment(creditor=name))
        assert purpose(page) == f"Pay 100.00 EUR to {name}"
        assert not re.search(r"<script>alert|<img src=x", page.text)


async def test_what_is_broken_into_lines_is_the_same_and_a_line_break_within_a_word_is_none() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        page = await ask(w, browser, json.dumps(json.loads(payment()), indent=2))
        assert purpose(page) == "Pay 100.00 EUR to Bob"
        _, tokens = await w.exchange(await w.prove(browser, page))
        assert tokens["authorization_details"] == json.loads(payment())
        for hidden in (payment(creditor="Bob\nEve"), payment().replace("Bob", "Bob\nEve"), payment().replace("Bob", "Bob\tEve")):
            assert (await ask(w, browser, hidden)).query["error"] == "invalid_authorization_details"


async def test_it_is_told_in_the_language_of_the_page_and_stays_as_it_was_told() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        page = await ask(w, browser, ui_locales="de")
        assert purpose(page) == "100.00 EUR an Bob zahlen"
        changed = api()._replace(details=(Detail("payment", json.dumps(SCHEMA), {"de": "Nichts"}),))
        await w.store.configure((changed,), (), ())
        again = await browser.get(f"/u/mfa-otp-challenge?state={page.hidden['state']}")
        assert purpose(again) == "100.00 EUR an Bob zahlen"


async def test_the_mail_with_the_code_says_what_it_approves() -> None:
    async with world() as w:
        await w.person(totp=False, verified=True)
        await bank(w)
        browser = w.browser()
        page = await w.authorize(browser)
        page = await browser.submit(page, username="ada@example.test")
        await browser.submit(page, password="secret of ada")
        # A mailbox that was enrolled may approve.
        account, has = await w.store.account(ADA)
        own = next(one for one in has if one.kind == "email")._replace(link=None)
        assert await w.store.change_account(account, account._replace(security_version=2), (own,), ends=False, now=w.clock.now, facts=())
        page = await ask(w, browser, payment("12.34", "Bob & Söhne"))
        assert page.screen == "mfa-email-challenge"
        (sent, *_) = await w.mail()
        assert "Pay 12.34 EUR to Bob & Söhne" in sent["text"]
        code = re.search(r"\b\d{6}\b", sent["text"])
        assert code
        page = await browser.submit(page, code=code[0])
        _, tokens = await w.exchange(await browser.submit(page, action="saved") if page.screen else page)
        assert tokens["authorization_details"][0]["amount"] == "12.34"


async def test_an_approval_is_of_its_own_attempt_in_two_tabs_at_once() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        browser = await logged_in(w)
        mine, other = await ask(w, browser, payment("1.00")), await ask(w, browser, payment("2.00"))
        code = w.code()
        left = await browser.submit(mine, code=code)
        assert left.query.get("code")
        assert (await browser.submit(other, code=code)).screen == "mfa-otp-challenge", "a code approves once"


async def test_under_a_regime_of_payments_an_approval_says_what_it_is_of() -> None:
    async with world(regime="psd2") as w:
        await w.person()
        await bank(w)
        page = await w.login(w.browser(), audience=API, scope=ONCE, authorization_details=payment())
        _, tokens = await w.exchange(page)
        assert tokens["authorization_details"] == json.loads(payment())


async def test_a_factor_that_is_enrolled_on_the_way_then_approves_with_a_code_of_its_own() -> None:
    async with world() as w:
        await w.person(totp=False)
        await bank(w)
        browser = w.browser()
        page = await w.login(browser, audience=API, scope=ONCE, authorization_details=payment())
        assert page.screen == "mfa-begin-enroll-options"
        page = await browser.submit(page, action="totp")
        w.enrolling(page)
        page = await browser.submit(page, code=w.code())
        if page.screen == "mfa-recovery-code-enrollment":
            page = await browser.submit(page, action="saved")
        assert page.screen == "mfa-otp-challenge"
        assert "This method is set up now. Use it once more to approve: if it shows codes, with the next one." in page.text
        w.clock.now += 30
        page = await browser.submit(page, code=w.code())
        if page.screen == "mfa-recovery-code-enrollment":
            page = await browser.submit(page, action="saved")
        assert page.query.get("code"), page.screen


async def test_somebody_elses_application_is_asked_for_the_approval_first_and_let_have_it_then() -> None:
    async with world() as w:
        await w.person()
        await bank(w)
        theirs = (await w.store.catalogue()).clients["web"]._replace(id="theirs", name="Their shop", first_party=False, secret=digest("theirs's secret"))
        await w.store.configure((theirs,), (), ())
        browser = await logged_in(w)
        page = await ask(w, browser, client="theirs")
        assert (page.screen, purpose(page)) == ("mfa-otp-challenge", "Pay 100.00 EUR to Bob")
        page = await w.prove(browser, page)
        assert page.screen == "consent"
        left = await browser.submit(page, action="accept")
        _, tokens = await w.exchange(left, "theirs")
        assert tokens["authorization_details"] == json.loads(payment())


async def test_the_types_are_in_discovery() -> None:
    async with world() as w:
        await bank(w)
        _, found = await w.get("/.well-known/openid-configuration")
        assert found["authorization_details_types_supported"] == ["payment"]
