"""A remembered browser that holds a key: a copy of its cookie is worth nothing (attacks: row 10)."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.http.browser import Browser, Page
from tests.world import API, ISSUER, MULTI_FACTOR, World, claims, world
from yett.domain.tenant import Remember

ALWAYS: dict[str, Any] = {"policies": ("all-applications",)}
SIGNS = "remembered-browser"


@dataclass
class Key:
    """What a script would keep in IndexedDB."""

    private: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    @property
    def public(self) -> str:
        return plain(self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def sign(self, page: Page, origin: str = ISSUER.rstrip("/")) -> str:
        said = f"yett remembered browser\n{origin}\n{page.hidden['state']}\n{page.hidden['csrf']}"
        r, s = decode_dss_signature(self.private.sign(said.encode(), ECDSA(SHA256())))
        return plain(r.to_bytes(32) + s.to_bytes(32))


def plain(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


async def remember(w: World, browser: Browser, key: str, name: str = "ada", **asked: str) -> None:
    """Log in with a second factor, and wish to be remembered by this key."""
    page = await w.authorize(browser, acr_values=MULTI_FACTOR, prompt="login", **asked)
    page = await browser.submit(page, username=f"{name}@example.test") if page.screen == "login-id" else page
    page = await browser.submit(page, password=f"secret of {name}") if page.screen == "login-password" else page
    page = await browser.submit(page, code=w.code(name), rememberBrowser="true", browserKey=key)
    w.clock.now += 30
    page = await browser.submit(page, action="saved") if page.screen == "mfa-recovery-code-enrollment" else page
    assert "code" in page.query, page.screen
    browser.cookies.pop("yett-session", None)


async def bound(w: World) -> tuple[Browser, Key]:
    """A browser that is remembered by its key, after its session has ended."""
    await w.person()
    browser, key = w.browser(), Key()
    await remember(w, browser, key.public)
    return browser, key


async def after_password(w: World, browser: Browser, name: str = "ada", **asked: str) -> Page:
    browser.cookies.pop("yett-session", None)
    page = await browser.submit(await w.authorize(browser, **asked), username=f"{name}@example.test")
    return await browser.submit(page, password=f"secret of {name}")


async def test_it_signs_and_is_not_asked_and_the_token_says_what_was_shown() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await after_password(w, browser, audience=API, scope="openid read:accounts")
        assert page.screen == SIGNS
        page = await browser.submit(page, signature=key.sign(page))
        _, answer = await w.exchange(page)
        for token in (answer["id_token"], answer["access_token"]):
            assert claims(token)["amr"] == ["pwd"]
            assert "acr" not in claims(token)


async def test_row_10_a_copy_of_the_cookie_is_worth_nothing() -> None:
    async with world(**ALWAYS) as w:
        browser, _ = await bound(w)
        for signature in ("", "x", plain(bytes(64))):
            thief = w.browser("198.51.100.7")
            thief.cookies["yett-device"] = browser.cookies["yett-device"]
            page = await after_password(w, thief)
            assert page.screen == SIGNS
            page = await thief.submit(page, signature=signature)
            assert page.screen == "mfa-otp-challenge"
            # Once: whoever cannot sign is not asked again, and gets no other try.
            assert (await thief.get(f"/u/{SIGNS}?state={page.hidden['state']}")).screen == "mfa-otp-challenge"
            again = await thief.post(f"/u/{SIGNS}", {**page.hidden, "action": "default", "signature": Key().sign(page)})
            assert again.screen == "mfa-otp-challenge"


async def test_row_10_another_key_a_signature_of_before_and_one_for_another_page_are_none() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await after_password(w, browser)
        old = key.sign(page)
        assert "code" in (await browser.submit(page, signature=old)).query

        async def answered(signature: Any) -> str:
            page = await after_password(w, browser)
            assert page.screen == SIGNS
            return (await browser.submit(page, signature=signature(page))).screen

        assert await answered(lambda _: old) == "mfa-otp-challenge"
        assert await answered(Key().sign) == "mfa-otp-challenge"
        assert await answered(lambda page: key.sign(page, "https://evil.example")) == "mfa-otp-challenge"
        assert await answered(key.sign) == ""


async def test_a_signature_moves_nothing_without_the_browser_that_holds_the_attempt() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await after_password(w, browser)
        other = w.browser()
        other.cookies["yett-device"] = browser.cookies["yett-device"]
        refused = await other.submit(page, signature=key.sign(page))
        assert (refused.screen, refused.query.get("code")) == ("error", None)


async def test_a_key_is_of_its_own_account_alone() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        adas, _ = await w.store.account("auth0|ada")
        await w.person("bob", security_version=adas.security_version)
        assert (await after_password(w, browser, "bob")).screen == "mfa-otp-challenge"
        await remember(w, browser, Key().public, "bob")
        page = await after_password(w, browser, "bob")
        assert (await browser.submit(page, signature=key.sign(page))).screen == "mfa-otp-challenge"


async def test_once_it_has_signed_its_session_goes_on_without_and_ends_with_it() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await after_password(w, browser)
        assert "code" in (await browser.submit(page, signature=key.sign(page))).query
        for _ in range(2):
            assert "code" in (await w.authorize(browser, prompt="none")).query
        page = await w.authorize(browser, acr_values=MULTI_FACTOR)
        assert page.screen == "mfa-otp-challenge"
        assert (await after_password(w, browser)).screen == SIGNS


async def test_silent_authentication_cannot_sign_and_says_what_is_missing() -> None:
    async with world() as w:
        browser, _ = await bound(w)
        assert "code" in (await after_password(w, browser)).query
        await w.configure(**ALWAYS)
        page = await w.authorize(browser, prompt="none")
        assert (page.query["error"], page.query["error_description"]) == ("login_required", "Multifactor authentication required")
        page = await w.authorize(browser)
        assert page.screen == SIGNS


async def test_a_session_that_another_record_signed_for_does_not_do() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await after_password(w, browser)
        await browser.submit(page, signature=key.sign(page))
        other, theirs = w.browser(), Key()
        await remember(w, other, theirs.public)
        browser.cookies["yett-device"] = other.cookies["yett-device"]
        assert (await w.authorize(browser)).screen == SIGNS


async def test_row_10_a_record_that_has_a_key_never_loses_it() -> None:
    async with world(**ALWAYS) as w:
        browser, _ = await bound(w)
        copy = browser.cookies["yett-device"]
        (record,) = await w.store.devices("auth0|ada")
        await remember(w, browser, "")
        kept = {one.id: one for one in await w.store.devices("auth0|ada")}
        assert kept[record.id].key == record.key
        assert sorted(one.key is None for one in kept.values()) == [False, True]
        thief = w.browser()
        thief.cookies["yett-device"] = copy
        assert (await after_password(w, thief)).screen == SIGNS
        assert "code" in (await after_password(w, browser)).query


async def test_whoever_lost_the_key_confirms_in_another_way_and_gets_a_new_one() -> None:
    async with world(**ALWAYS) as w:
        browser, old = await bound(w)
        page = await after_password(w, browser)
        page = await browser.submit(page)
        new = Key()
        page = await browser.submit(page, code=w.code(), rememberBrowser="true", browserKey=new.public)
        assert "code" in page.query
        assert len(await w.store.devices("auth0|ada")) == 1
        page = await after_password(w, browser)
        assert (await browser.submit(page, signature=old.sign(page))).screen == "mfa-otp-challenge"
        page = await after_password(w, browser)
        assert "code" in (await browser.submit(page, signature=new.sign(page))).query


@pytest.mark.parametrize("key", ["", "x", plain(b"\x04" + bytes(64))])
async def test_without_a_script_it_is_remembered_by_its_cookie_unless_the_tenant_wants_a_key(key: str) -> None:
    async with world(**ALWAYS) as w:
        await w.person()
        browser = w.browser()
        await remember(w, browser, key)
        assert "code" in (await after_password(w, browser)).query
        await w.configure(remember=Remember(bound=True))
        assert (await after_password(w, browser)).screen == "mfa-otp-challenge"
        before = await w.store.devices("auth0|ada")
        w.clock.now += 30
        await remember(w, browser, key)
        after = await w.store.devices("auth0|ada")
        assert [one.remembered_until for one in after] == [one.remembered_until for one in before]
        await remember(w, browser, Key().public)
        assert (await after_password(w, browser)).screen == SIGNS


async def test_a_key_that_nobody_wished_for_is_not_kept() -> None:
    async with world(**ALWAYS) as w:
        await w.person()
        browser = w.browser()
        page = await browser.submit(await w.login_until_code(browser), code=w.code(), browserKey=Key().public)
        await browser.submit(page, action="saved")
        assert [one.key for one in await w.store.devices("auth0|ada")] == [None]


async def test_two_tabs_sign_at_once_and_both_go_on() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        tabs = [w.browser(), w.browser()]
        for tab in tabs:
            tab.cookies["yett-device"] = browser.cookies["yett-device"]
        pages = [await after_password(w, tab) for tab in tabs]
        went = await asyncio.gather(*(tab.submit(page, signature=key.sign(page)) for tab, page in zip(tabs, pages, strict=True)))
        assert ["code" in page.query for page in went] == [True, True]


async def test_the_same_signature_many_times_at_once_ends_one_attempt() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await after_password(w, browser)
        given = {**page.hidden, "action": "default", "signature": key.sign(page)}
        went = await asyncio.gather(*(browser.post(f"/u/{SIGNS}", given) for _ in range(10)))
        assert sum("code" in one.query for one in went) == 1


async def test_a_remembered_browser_with_a_key_is_let_in_to_our_own_pages_as_well() -> None:
    async with world(**ALWAYS) as w:
        browser, key = await bound(w)
        page = await browser.get("/account")
        page = await browser.submit(page, username="ada@example.test")
        page = await browser.submit(page, password="secret of ada")
        assert page.screen == SIGNS
        assert (await browser.submit(page, signature=key.sign(page))).screen == "account"
        assert (await browser.get("/account")).screen == "account"
