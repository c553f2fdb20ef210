"""Screens in a real browser: they can be read by everybody, and the script is a comfort that is never needed."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Literal

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.http.samples import ACME, URI, samples
from tests.http.served import Served, served
from yett.domain.tenant import Brand
from yett.http.render import render

pytestmark = pytest.mark.browser

# One that asks nobody anything leaves by itself: see test_keys.
NAMES = [one.name for one in samples() if not one.name.endswith("-quiet")]
YELLOW = Brand("Acme", primary="#ffe600", support_email="help@acme.test")
Theme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def english() -> Iterator[Served]:
    with served({one.name: render(one.screen, one.page) for one in samples("en")}, Brand()) as here:
        yield here


@pytest.fixture(scope="module")
def german() -> Iterator[Served]:
    with served({one.name: render(one.screen, one.page) for one in samples("de", ACME)}, ACME) as here:
        yield here


@pytest.fixture(scope="module")
def yellow() -> Iterator[Served]:
    with served({one.name: render(one.screen, one.page) for one in samples("en", YELLOW)}, YELLOW) as here:
        yield here


Window = Callable[[int, Theme], Awaitable[Page]]


@pytest.fixture(scope="module")
async def window(chromium: Browser) -> AsyncIterator[Window]:
    """One window of each width and theme for all of the pages: a new one costs as much as its audit."""
    held: dict[tuple[int, Theme], Page] = {}

    async def of(width: int, theme: Theme) -> Page:
        if (width, theme) not in held:
            held[width, theme] = await chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=theme, reduced_motion="reduce")
        return held[width, theme]

    yield of
    for page in held.values():
        await page.close()


async def complaints(page: Page, audit: Callable[[Page], Awaitable[list[str]]], url: str) -> list[str]:
    """What the audit, the console and the width of the window have to say against a page."""
    found: list[str] = []
    watched = {"console": lambda message: found.append(message.text), "pageerror": lambda error: found.append(str(error))}
    for event, told in watched.items():
        page.on(event, told)  # type: ignore[call-overload]
    await page.goto(url)
    found += await audit(page)
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the window")
    found += await page.evaluate(
        """[...document.querySelectorAll("h1, h2, p, li, dt, dd, th, td, label, button")]
        .filter((one) => one.checkVisibility() && !one.closest(".unseen") && one.clientWidth && one.scrollWidth > one.clientWidth + 1)
        .map((one) => `runs over: ${one.outerHTML}`)"""
    )
    found += await page.evaluate(
        """[...document.querySelectorAll("a, button, input:not([type=hidden])")]
        .filter((one) => one.checkVisibility() && !one.closest(".unseen, p.lead, footer, .demo"))
        .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < (innerWidth < 640 ? 44 : 24))
        .map(([one]) => `smaller than a finger: ${one.outerHTML}`)"""
    )
    found += await page.evaluate(
        """[...document.querySelectorAll("h1")].flatMap((one) => [...one.firstChild.data.matchAll(/[^\\s\\u00ad\\u2010\\u2011-]{2,}/g)].filter((word) => {
            const part = new Range(); part.setStart(one.firstChild, word.index + 1); part.setEnd(one.firstChild, word.index + word[0].length);
            return new Set([...part.getClientRects()].filter((box) => box.width > 1).map((box) => box.top)).size > 1;
        }).map((word) => `broken: ${word[0]}`))"""
    )
    for event, told in watched.items():
        page.remove_listener(event, told)
    await page.evaluate("sessionStorage.clear(); localStorage.clear()")
    return found


# To be read by everybody (WCAG 2.2 AA)


@pytest.mark.parametrize("name", NAMES)
async def test_a_screen_can_be_used_by_everybody(window: Window, axe: Callable[[Page], Awaitable[list[str]]], english: Served, name: str) -> None:
    assert await complaints(await window(1280, "light"), axe, english.base + name) == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_screen_can_be_used_on_a_phone_in_the_dark(window: Window, axe: Callable[[Page], Awaitable[list[str]]], german: Served, name: str) -> None:
    assert await complaints(await window(320, "dark"), axe, german.base + name) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["login-password-error", "mfa-otp-challenge-error", "mfa-login-options", "demo-home-in"])
async def test_no_colour_of_a_tenant_makes_a_screen_unreadable(
    window: Window, axe: Callable[[Page], Awaitable[list[str]]], yellow: Served, name: str, theme: Theme
) -> None:
    assert await complaints(await window(390, theme), axe, yellow.base + name) == []


@pytest.mark.parametrize("name", ["login-password", "mfa-email-challenge", "mfa-login-options", "mfa-recovery-code-enrollment", "demo-home-in"])
async def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, english: Served, name: str) -> None:
    await page.goto(english.base + name)
    wanted = await page.locator("a:visible, button:visible, input:not([type=hidden]):not([tabindex]):visible").count()
    reached = set()
    for _ in range(wanted + 2):
        await page.keyboard.press("Tab")
        seen = await page.evaluate(
            """() => { const one = document.activeElement; const look = getComputedStyle(one);
            const slot = one.parentElement?.querySelector(".slots i.at");
            return [one.outerHTML, look.outlineStyle !== "none" || look.boxShadow !== "none" || (slot && getComputedStyle(slot).boxShadow !== "none")]; }"""
        )
        if not seen[0].startswith("<body"):
            assert seen[1], seen[0]
            reached.add(seen[0])
    assert len(reached) == wanted


async def test_a_camera_reads_the_qr_code_in_the_dark(chromium: Browser, english: Served) -> None:
    page = await chromium.new_page(color_scheme="dark")
    await page.goto(english.base + "mfa-otp-enrollment-qr")
    picture = Image.open(io.BytesIO(await page.screenshot(full_page=True)))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [URI]
    await page.close()


async def test_who_wants_no_motion_sees_none(chromium: Browser, english: Served) -> None:
    page = await chromium.new_page(reduced_motion="reduce")
    await page.goto(english.base + "mfa-otp-challenge")
    assert await page.evaluate("getComputedStyle(document.querySelector('button.main')).transitionDuration") == "0s"
    await page.close()


# The script is a comfort


async def sent(here: Served, page: Page, forms: int = 1) -> list[dict[str, str]]:
    """The forms that have arrived, once the answer to them is there."""
    await expect(page).to_have_title("Sent")
    assert len(here.forms) == forms
    return [dict(form) for form in here.forms]


@pytest.fixture
def challenge() -> Iterator[Served]:
    with served({one.name: render(one.screen, one.page) for one in samples("en")}, Brand()) as here:
        yield here


async def test_a_complete_code_sends_itself_as_continue_would(page: Page, challenge: Served) -> None:
    await page.goto(challenge.base + "mfa-otp-challenge")
    await page.locator("#code").press_sequentially("49 38 17")
    (form,) = await sent(challenge, page)
    assert form == {"state": "st4te", "csrf": "t0ken", "browserKey": "", "code": "493817", "action": "default"}


async def test_a_pasted_code_loses_what_it_brought_along(page: Page, challenge: Served) -> None:
    await page.goto(challenge.base + "mfa-otp-challenge")
    await page.locator("#code").focus()
    await page.keyboard.insert_text(" 493-817 ")
    (form,) = await sent(challenge, page)
    assert form["code"] == "493817"


async def test_a_code_sends_itself_only_once(page: Page, challenge: Served) -> None:
    await page.goto(challenge.base + "mfa-otp-challenge")
    await page.evaluate(
        "document.querySelector('form').addEventListener('submit', (event) => { event.preventDefault(); window.sent = (window.sent ?? 0) + 1; })"
    )
    await page.locator("#code").fill("493817")
    await page.locator("#code").fill("49381")
    await page.locator("#code").fill("493818")
    assert await page.evaluate("window.sent") == 1


async def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page, english: Served) -> None:
    await page.goto(english.base + "login-password")
    await page.locator("#password").fill("correct horse")
    await page.evaluate("addEventListener('submit', (event) => { window.sent = (window.sent ?? 0) + !event.defaultPrevented; event.preventDefault(); })")
    for _ in range(3):
        await page.locator("button.main").click()
    assert await page.evaluate("window.sent") == 1


@pytest.mark.parametrize("screen, field", [("login-id", "username"), ("login-password", "password"), ("mfa-otp-challenge", "code")])
async def test_enter_means_continue(page: Page, challenge: Served, screen: str, field: str) -> None:
    await page.goto(challenge.base + screen)
    await page.locator(f"#{field}").fill("12")
    await page.keyboard.press("Enter")
    (form,) = await sent(challenge, page)
    assert (form[field], form["action"]) == ("12", "default")


async def test_everything_works_without_script(chromium: Browser, challenge: Served) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    steps = (
        ("mfa-otp-challenge", "#code", "493 817", "default"),
        ("mfa-otp-challenge", "", "", "pick-authenticator"),
        ("mfa-email-challenge", "", "", "resend"),
        ("mfa-login-options", "", "", "2"),
        ("mfa-otp-challenge", "", "", "cancel"),
        ("login-password", "", "", "edit"),
    )
    for done, (screen, field, answer, action) in enumerate(steps, 1):
        await page.goto(challenge.base + screen)
        if field:
            await page.locator(field).fill(answer)
        await page.locator(f"button[name=action][value='{action}']").click()
        form = (await sent(challenge, page, done))[-1]
        assert form["action"] == action
        assert form.get("code", "") == answer
    await page.goto(challenge.base + "mfa-recovery-code-enrollment")
    await page.get_by_role("checkbox").check()
    await page.locator("button.main").click()
    assert (await sent(challenge, page, len(steps) + 1))[-1]["action"] == "saved"
    await context.close()


async def test_a_new_code_can_be_asked_for_when_the_wait_is_over(page: Page, challenge: Served) -> None:
    await page.clock.install()
    await page.goto(challenge.base + "mfa-email-challenge")
    button = page.locator("button[value=resend]")
    await expect(button).to_have_text("Send a new code in 0:42")
    await button.click(force=True)
    assert challenge.forms == []
    await page.clock.run_for(43_000)
    await expect(button).to_have_text("Send a new code")
    await button.click()
    (form,) = await sent(challenge, page)
    assert form["action"] == "resend"


async def test_a_password_is_shown_on_wish_and_never_sent_as_text(page: Page, challenge: Served) -> None:
    await page.goto(challenge.base + "login-password")
    password, button = page.locator("#password"), page.get_by_role("button", name="Show password")
    await password.fill("correct horse")
    await button.click()
    await expect(password).to_have_attribute("type", "text")
    await expect(button).to_have_attribute("aria-pressed", "true")
    await page.evaluate("document.querySelector('form').addEventListener('submit', (event) => event.preventDefault())")
    await page.locator("button.main").click()
    await expect(password).to_have_attribute("type", "password")


async def test_recovery_codes_are_copied_and_downloaded_whole(chromium: Browser, challenge: Served) -> None:
    context = await chromium.new_context(permissions=["clipboard-read", "clipboard-write"], accept_downloads=True)
    page = await context.new_page()
    await page.goto(challenge.base + "mfa-recovery-code-enrollment")
    codes = [f"{n}K7Q-W2MX-{n}ZPA-9RTD" for n in range(10)]
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "\n".join(codes)
    async with page.expect_download() as arriving:
        await page.get_by_role("button", name="Download").click()
    download = await arriving.value
    text = (await download.path()).read_text()
    assert download.suggested_filename == "recovery-codes.txt"
    assert text.splitlines()[2:] == codes
    assert "ada@example.com" in text
    await context.close()


async def test_codes_must_be_saved_before_one_goes_on(page: Page, challenge: Served) -> None:
    await page.goto(challenge.base + "mfa-recovery-code-enrollment")
    await page.locator("button.main").click()
    assert await page.evaluate("document.querySelector(':invalid') !== null")
    assert challenge.forms == []


async def test_only_the_codes_are_printed(page: Page, english: Served) -> None:
    await page.goto(english.base + "mfa-recovery-code-enrollment")
    await page.emulate_media(media="print")
    await expect(page.locator("#codes")).to_be_visible()
    for unwanted in (".check", "button.main", "footer"):
        await expect(page.locator(unwanted)).to_be_hidden()
