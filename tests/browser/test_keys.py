"""Keys in Chromium where something is wrong, or stronger proof is wanted: each ends on the right page, with the right words and a way out."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.keys import INTERNAL, USB, Audit, Keys, asks, at, held, lands, log_in, save_codes, shop
from tests.settled import settled
from tests.world import MULTI_FACTOR, World, essential

pytestmark = pytest.mark.browser
EVERY = {"otp": True, "recovery-code": True, "webauthn-roaming": True, "webauthn-platform": True, "passkey": True}
PHR = essential("phr")


@asynccontextmanager
async def keyed(context: BrowserContext, port: int, kind: str = "webauthn-roaming", **of: object) -> AsyncIterator[tuple[World, str, Page, Keys, str]]:
    """Ada, with one key that she enrolled on her way to the shop; the next visit begins anew."""
    async with settled(port) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        page = await context.new_page()
        keys = await Keys.of(page)
        own = await keys.add(USB if kind == "webauthn-roaming" else INTERNAL, **of)
        await shop(w, issuer)
        await w.configure(factors={**EVERY, "passkey": kind == "passkey"})
        await asks(page, issuer, claims=PHR)
        await log_in(page)
        await at(page, "mfa-begin-enroll-options")
        await page.locator(f"button[name=action][value={kind}]").click()
        await at(page, "passkey-enrollment" if kind == "passkey" else f"mfa-{kind}-enrollment")
        await page.locator("[data-start]").click()
        await save_codes(page)
        await lands(page)
        await context.clear_cookies()
        yield w, issuer, page, keys, own


async def told(page: Page, screen: str, words: str, audit: Audit) -> None:
    """This error on this page, where there is another way out besides."""
    await at(page, screen)
    await expect(page.get_by_role("alert").filter(visible=True)).to_have_text(re.compile(words))
    assert await audit(page) == []
    if screen != "login-id":
        await expect(page.locator("button[value=recovery-code], button[value=pick-authenticator]").first).to_be_visible()


async def test_phr_is_refused_to_an_authenticator_app_and_granted_after_a_key(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person()
        page = await context.new_page()
        keys = await Keys.of(page)
        await keys.add(USB)
        await shop(w, issuer)
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await at(page, "mfa-otp-challenge")
        await page.locator("#code").press_sequentially(w.code())
        await save_codes(page)
        await lands(page)
        await asks(page, issuer, claims=PHR, prompt="none")
        await lands(page, "login_required")
        await asks(page, issuer, claims=PHR)
        await at(page, "mfa-begin-enroll-options", axe)
        await page.locator("button[value=webauthn-roaming]").click()
        await page.locator("[data-start]").click()
        await lands(page)
        await asks(page, issuer, claims=PHR, prompt="none")
        await lands(page)


async def test_a_page_under_another_name_is_told_so(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port()) as (_, issuer, page, _keys, _own):
        await page.add_init_script(
            """const read = PublicKeyCredential.parseRequestOptionsFromJSON;
            PublicKeyCredential.parseRequestOptionsFromJSON = (said) => read({ ...said, rpId: "evil.test" });"""
        )
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await told(page, "mfa-webauthn-roaming-challenge", "Keys cannot be used under this address", axe)


async def test_who_is_not_verified_may_try_again_or_go_another_way(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port(), "webauthn-platform") as (_, issuer, page, keys, own):
        await keys.verified(own, is_=False)
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await told(page, "mfa-webauthn-platform-challenge", "That did not work, or it took too long", axe)
        await keys.verified(own, is_=True)
        await page.get_by_role("button", name="Try again").click()
        await lands(page)


@pytest.mark.parametrize(
    "bit, words",
    [("isBogusSignature", "does not match what we know of it"), ("isBadUP", "did not feel you touch it")],
)
async def test_what_a_key_must_not_say_is_refused(context: BrowserContext, axe: Audit, free_port: Callable[[], int], bit: str, words: str) -> None:
    async with keyed(context, free_port()) as (_, issuer, page, keys, own):
        await keys.bend(own, **{bit: True})
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await told(page, "mfa-webauthn-roaming-challenge", words, axe)
        await keys.bend(own, **{bit: False})
        await page.locator("[data-start]").click()
        await lands(page)


async def test_a_copied_key_is_refused_and_its_owner_is_told(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port()) as (w, issuer, page, keys, own):
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await lands(page)
        ((one,),) = (await held(w),)
        assert one.state.mark > 0
        await keys.wound_back(own, 0)
        await context.clear_cookies()
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await told(page, "mfa-webauthn-roaming-challenge", "may have been copied", axe)
        assert (await w.mail())[0]["subject"] == "Somebody may have a copy of your key"
        assert (await held(w))[0].state.mark == one.state.mark


async def test_a_passkey_that_was_removed_is_told_and_forgotten_by_the_browser(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port(), "passkey") as (w, issuer, page, keys, own):
        (one,) = await held(w)
        await w.store.unenrol("auth0|ada", [one.id], w.clock(), ())
        await asks(page, issuer)
        await told(page, "login-id", "We do not know this passkey", axe)
        await page.wait_for_function("performance.now() > 300")
        assert await keys.credentials(own) == []
        # The name still opens the other way.
        await log_in(page)
        await lands(page)


async def test_a_passkey_that_others_may_have_as_well_is_no_hardware(context: BrowserContext, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port(), "passkey", defaultBackupEligibility=True, defaultBackupState=True) as (w, issuer, page, _keys, _own):
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await lands(page)
        (proof,) = (await held(w),)
        assert b'"eligible": true' in proof[0].state.open
        await asks(page, issuer, claims=essential("phrh"))
        await lands(page, "unmet_authentication_requirements")


async def test_all_of_it_works_by_keyboard_alone(context: BrowserContext, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        page = await context.new_page()
        await (await Keys.of(page)).add(USB)
        await shop(w, issuer)

        async def press(name: str) -> None:
            for _ in range(40):
                await page.keyboard.press("Tab")
                if name in str(await page.evaluate("document.activeElement.innerText")):
                    await page.keyboard.press("Enter")
                    return
            raise AssertionError(f"{name} is not reached")

        await asks(page, issuer, claims=PHR)
        await page.keyboard.type("ada@example.test")
        await page.keyboard.press("Enter")
        await at(page, "login-password")
        await page.keyboard.type("secret of ada")
        await page.keyboard.press("Enter")
        await at(page, "mfa-begin-enroll-options")
        await press("Security key")
        await at(page, "mfa-webauthn-roaming-enrollment")
        await press("Add security key")
        await at(page, "mfa-recovery-code-enrollment")
        await page.get_by_role("checkbox").focus()
        await page.keyboard.press("Space")
        await press("Continue")
        await lands(page)


async def test_keys_are_told_of_in_german(chromium: Browser, axe: Audit, free_port: Callable[[], int]) -> None:
    context = await chromium.new_context(locale="de-DE", viewport={"width": 390, "height": 800}, color_scheme="dark")
    async with keyed(context, free_port()) as (_, issuer, page, keys, own):
        await keys.bend(own, isBogusSignature=True)
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await told(page, "mfa-webauthn-roaming-challenge", "passt nicht zu dem", axe)
        await expect(page.locator("h1")).to_have_text(re.compile("Sicherheits\u00ad?schlüssel"))
    await context.close()


async def test_a_second_key_and_a_passkey_are_added_in_security_settings(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        page = await context.new_page()
        keys = await Keys.of(page)
        at_hand = await keys.add(USB)
        await page.goto(issuer + "account")
        await log_in(page)
        for kind, words in (("webauthn-roaming", "Security key"), ("webauthn-roaming", "Security key"), ("passkey", "Passkey")):
            await at(page, "account", axe)
            await page.get_by_role("link", name="Add a method").click()
            await at(page, "account-add", axe)
            await page.get_by_role("button", name=re.compile(words)).click()
            first = not await held(w)
            await at(page, "passkey-enrollment" if kind == "passkey" else f"mfa-{kind}-enrollment")
            await page.locator("[data-start]").click()
            if first:
                await save_codes(page)
            await at(page, "account", axe)
            if kind != "passkey":
                await keys.drop(at_hand)
                at_hand = await keys.add(USB if first else INTERNAL)
        assert sorted(one.kind for one in await held(w)) == ["passkey", "webauthn-roaming", "webauthn-roaming"]

        # What is removed here, the browser offers no longer; what is kept, it keeps.
        (kept,) = await keys.credentials(at_hand)
        await page.reload()
        await expect(page.get_by_role("link", name="Remove Passkey")).to_be_visible()
        assert await keys.credentials(at_hand) == [kept]
        await page.get_by_role("link", name="Remove Passkey").click()
        await at(page, "account-confirm", axe)
        await page.locator("button.main").click()
        await at(page, "account", axe)
        assert await keys.credentials(at_hand) == []


async def test_what_a_browser_cannot_do_is_marked_and_comes_last(chromium: Browser, axe: Audit, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        context = await chromium.new_context()
        page = await context.new_page()
        await page.goto(issuer + "account")
        await log_in(page)
        await at(page, "account")
        keys = await Keys.of(page)
        device = await keys.add(INTERNAL)
        await page.goto(issuer + "account/add")
        await at(page, "account-add", axe)
        strongest_first = ["Passkey", "This device", "Security key", "Authenticator app"]
        await expect(page.locator(".choice strong")).to_have_text(strongest_first)
        await keys.drop(device)
        await page.reload()
        await at(page, "account-add", axe)
        await expect(page.locator(".choice strong")).to_have_text(["Passkey", "Security key", "Authenticator app", "This device"])
        await expect(page.locator(".choice").last).to_contain_text("Not possible in this browser")
        await page.add_init_script("delete globalThis.PublicKeyCredential")
        await page.reload()
        await expect(page.locator(".choice strong")).to_have_text(["Authenticator app", "Passkey", "This device", "Security key"])
        # Marked, not hidden: the page says what is missing.
        await page.locator(".choice", has_text="Security key").click()
        await at(page, "mfa-webauthn-roaming-enrollment")
        await page.locator("[data-start]").click()
        await expect(page.get_by_role("alert").filter(visible=True)).to_have_text(re.compile("This browser cannot do that"))
        await context.close()


FAULTS = {
    "NotAllowedError": "That did not work, or it took too long",
    "InvalidStateError": "This one is set up for your account already",
    "SecurityError": "Keys cannot be used under this address",
    "NotSupportedError": "This browser cannot do that",
    "ConstraintError": "This one cannot do what is needed here",
    "UnknownError": "That did not work. Please try again",
}


async def test_each_thing_that_a_browser_says_has_words_of_its_own(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    """Pressed again, it is asked again; and what fails once does not stand in the way of what works."""
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        page = await context.new_page()
        await (await Keys.of(page)).add(USB)
        await page.add_init_script(
            """const make = navigator.credentials.create.bind(navigator.credentials);
            navigator.credentials.create = (asked) =>
              globalThis.fault ? Promise.reject(new DOMException("", globalThis.fault)) : make(asked);"""
        )
        await shop(w, issuer)
        await asks(page, issuer, claims=PHR)
        await log_in(page)
        await page.locator("button[name=action][value=webauthn-roaming]").click()
        await at(page, "mfa-webauthn-roaming-enrollment")
        for fault, words in FAULTS.items():
            await page.evaluate("(name) => { globalThis.fault = name; }", fault)
            await page.locator("[data-start]").click()
            await expect(page.get_by_role("alert").filter(visible=True)).to_have_text(re.compile(words))
            await expect(page.locator("[data-start]")).to_have_text("Try again")
        assert await axe(page) == []
        await page.evaluate("globalThis.fault = ''")
        await page.locator("[data-start]").click()
        await save_codes(page)
        await lands(page)


# Chromium 156 says that it can do a conditional create. With virtual authenticators it never answers one (tried: each transport,
# CTAP 2.1 and 2.2, synchronized ones, presence and verification simulated before and afterwards), and with its own dialogs on
# (WebAuthn.enable, enableUI) it refuses: it wants a password that it has filled in itself. So the page's question is put without the word.
ABLE = """PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true });
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = ({ publicKey, mediation }) =>
  mediation === "conditional" && !globalThis.unwilling ? create({ publicKey }) : Promise.reject(new DOMException("", "NotAllowedError"));"""


async def test_a_passkey_is_made_in_passing_once_and_without_a_word(context: BrowserContext, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        w.clock.now += 60
        page = await context.new_page()
        keys = await Keys.of(page)
        device = await keys.add(INTERNAL)
        await page.add_init_script(ABLE)
        await shop(w, issuer)
        await asks(page, issuer)
        await log_in(page)
        await lands(page)
        assert [one.kind for one in await held(w)] == ["passkey"]
        assert len(await keys.credentials(device)) == 1


async def test_what_is_not_made_in_passing_is_not_asked_for_again(context: BrowserContext, free_port: Callable[[], int]) -> None:
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        w.clock.now += 60
        page = await context.new_page()
        await (await Keys.of(page)).add(INTERNAL)
        await page.add_init_script("globalThis.unwilling = true;" + ABLE)
        seen: list[str] = []
        page.on("framenavigated", lambda frame: seen.append(frame.url))
        await shop(w, issuer)
        for tries in (1, 1):
            await context.clear_cookies()
            await asks(page, issuer)
            await log_in(page)
            await lands(page)
            assert sum("passkey-enrollment" in url for url in seen) == tries
        assert await held(w) == []


async def test_back_on_the_page_that_asks_in_passing_goes_on_at_once(context: BrowserContext, free_port: Callable[[], int]) -> None:
    """As a browser brings it back that keeps pages as they were left."""
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY)
        await w.person(totp=False)
        w.clock.now += 60
        page = await context.new_page()
        await (await Keys.of(page)).add(INTERNAL)
        await page.add_init_script(ABLE + "navigator.credentials.create = () => new Promise(() => {});")
        await shop(w, issuer)
        await asks(page, issuer)
        await log_in(page)
        await at(page, "passkey-enrollment")
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        await lands(page)
        assert await held(w) == []


async def test_a_passkey_is_the_way_in_of_whoever_has_just_signed_up_and_of_whoever_has_typed_a_name(
    context: BrowserContext, axe: Audit, free_port: Callable[[], int]
) -> None:
    """Its authenticator keeps large blobs, and a copy of all it has elsewhere."""
    async with settled(free_port()) as (w, issuer):
        await w.configure(factors=EVERY, signup=True)
        signed = {"client_id": "web", "email": "ada@example.test", "password": "secret of ada", "connection": "Username-Password-Authentication"}
        assert (await w.post("/dbconnections/signup", signed, as_json=True))[0] == 200
        page = await context.new_page()
        keys = await Keys.of(page)
        own = await keys.add(INTERNAL, ctap2Version="ctap2_1", hasLargeBlob=True, hasPrf=True, defaultBackupEligibility=True, defaultBackupState=True)
        await shop(w, issuer)
        await asks(page, issuer, claims=PHR)
        await log_in(page)
        await page.locator("button[name=action][value=passkey]").click()
        await at(page, "passkey-enrollment", axe)
        await page.locator("[data-start]").click()
        await save_codes(page)
        await lands(page)
        (kept,) = await keys.credentials(own)
        assert (kept["isResidentCredential"], kept["backupEligibility"]) == (True, True)

        # Whoever lets the browser's list be is not asked by the page of the password either, until they press the button.
        await context.clear_cookies()
        await keys.present(own, is_=False)
        await asks(page, issuer)
        await page.locator("#username").fill("ada@example.test")
        await page.keyboard.press("Enter")
        await at(page, "login-password", axe)
        await keys.present(own, is_=True)
        await page.get_by_role("button", name="Use a passkey").click()
        await lands(page)


async def test_a_forgotten_password_is_chosen_anew_with_a_key(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port()) as (w, issuer, page, keys, own):
        await keys.bend(own, isBogusSignature=True)
        await page.goto(issuer + "u/reset-password-request")
        await page.locator("#username").fill("ada@example.test")
        await page.keyboard.press("Enter")
        await at(page, "link-note")
        await page.goto(next(word for word in str((await w.mail())[0]["text"]).split() if "ticket=" in word))
        await at(page, "reset-password-methods", axe)
        await page.get_by_role("button", name="Security key").click()
        await told(page, "reset-password-mfa-webauthn-challenge", "does not match what we know of it", axe)
        await keys.bend(own, isBogusSignature=False)
        await page.locator("[data-start]").click()
        await at(page, "reset-password", axe)


async def test_a_key_of_another_name_is_told_of_and_led_around(context: BrowserContext, axe: Audit, free_port: Callable[[], int]) -> None:
    async with keyed(context, free_port()) as (w, issuer, page, _keys, _own):
        await w.configure(factor_settings={"webauthn-roaming": {"overrideRelyingParty": True, "relyingPartyIdentifier": "login.new.example"}})
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await at(page, "mfa-recovery-code-challenge", axe)
        await expect(page.locator(".why")).to_contain_text("set up under localhost and does not work here")
        await asks(page, issuer, claims=PHR)
        await log_in(page)
        await at(page, "mfa-webauthn-not-available-error", axe)
        await page.locator("button.main").click()
        await lands(page, "unmet_authentication_requirements")


async def test_a_key_is_asked_by_itself_once_and_is_left_for_another_way(context: BrowserContext, free_port: Callable[[], int]) -> None:
    """On a slow phone: nobody is asked twice without having pressed a button, and no question outlives its page."""
    async with keyed(context, free_port()) as (_, issuer, page, keys, own):
        await keys.present(own, is_=False)
        await asks(page, issuer, acr_values=MULTI_FACTOR)
        await log_in(page)
        await at(page, "mfa-webauthn-roaming-challenge")
        start = page.locator("[data-start]")
        await expect(start).to_have_attribute("aria-disabled", "true")
        await page.reload()
        await expect(start).not_to_have_attribute("aria-disabled", "true")
        await start.click()
        await expect(start).to_have_attribute("aria-disabled", "true")
        await page.locator("button[value=recovery-code]").click()
        await at(page, "mfa-recovery-code-challenge")
        await page.locator("button[value=pick-authenticator]").click()
        await at(page, "mfa-login-options")
        await page.locator("button.choice").first.click()
        await at(page, "mfa-webauthn-roaming-challenge")
        await keys.present(own, is_=True)
        await start.click()
        await lands(page)
