"""What stands above a challenge: who asks, for what, and why now."""

import re
from html import unescape

import pytest

from tests.http.browser import Page
from tests.world import API, MULTI_FACTOR, World, api, essential, world
from yett.domain.requirement import Requirement

SAYS = {"read:accounts": "See your accounts", "transfer:funds": "Move <b>your</b> money"}
WHY = {
    "en": ("Web shop asks for:", "What you are about to do in Web shop is protected, so we confirm that it is you."),
    "de": ("Web shop bittet um:", "Was Sie in Web shop vorhaben, ist besonders geschützt. Deshalb vergewissern wir uns, dass Sie es sind."),
}
LONG_AGO = "It has been a while since you last confirmed that it is you."


async def described(w: World, max_age: int | None = None) -> None:
    demand = Requirement((MULTI_FACTOR,), max_age)
    await w.store.configure((api()._replace(descriptions=SAYS, scope_requirements={"transfer:funds": demand}),), (), ())


def why(page: Page) -> list[str]:
    """The sentences and items of the box above the form."""
    box = re.search(r'<div class="why">.*?<div>(.*?)</div>', page.text, re.DOTALL)
    return [unescape(one) for one in re.findall(r"<(?:p|li)[^>]*>(?:<strong>)?(.*?)(?:</strong>)?</(?:p|li)>", box[1], re.DOTALL)] if box else []


@pytest.mark.parametrize("language", WHY)
async def test_a_scope_that_demands_it_is_told_in_the_words_of_its_api(language: str) -> None:
    async with world() as w:
        await w.person()
        await described(w)
        browser = w.browser()
        await w.login(browser)
        page = await w.authorize(browser, audience=API, scope="openid read:accounts transfer:funds", ui_locales=language)
        asks, because = WHY[language]
        assert why(page) == [asks, "Move <b>your</b> money", because], "what demands nothing does not need to be told here"
        assert "<b>your</b>" not in page.text


async def test_it_stands_on_every_page_of_the_challenge() -> None:
    async with world() as w:
        await w.person(verified=True)
        await described(w)
        browser = w.browser()
        await w.login(browser)
        page = await w.authorize(browser, audience=API, scope="openid transfer:funds")
        said = why(page)
        wrong = await browser.submit(page, code="000000")
        chooser = await browser.submit(page, action="pick-authenticator")
        assert said == why(wrong) == why(chooser)
        assert (wrong.screen, chooser.screen) == ("mfa-otp-challenge", "mfa-login-options")
        await w.person("bob", totp=False)
        other = w.browser()
        enrol = await w.login(other, "bob", audience=API, scope="openid transfer:funds")
        assert why(enrol) == said
        assert why(await other.submit(enrol, action="totp")) == said


async def test_what_was_proven_too_long_ago_is_told_so() -> None:
    async with world() as w:
        await w.person()
        await described(w, max_age=60)
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        w.clock.now += 600
        page = await w.authorize(browser, audience=API, scope="openid transfer:funds")
        assert (page.screen, why(page)[-1]) == ("login-password", LONG_AGO)
        page = await browser.submit(page, password="secret of ada")
        assert (page.screen, why(page)[-1]) == ("mfa-otp-challenge", LONG_AGO)


@pytest.mark.parametrize(
    "policies, asked, says",
    [
        ((), {"acr_values": MULTI_FACTOR}, ["Web shop asks you to confirm that it is you before it goes on."]),
        ((), {"claims": essential(MULTI_FACTOR)}, ["Web shop asks you to confirm that it is you before it goes on."]),
        (("all-applications",), {}, ["This is for Web shop.", "Yett protects every login with a second step."]),
    ],
)
async def test_who_asks_is_said_once_whatever_the_reason(policies: tuple[str, ...], asked: dict[str, str], says: list[str]) -> None:
    async with world(policies=policies) as w:
        await w.person()
        browser = w.browser()
        page = await w.authorize(browser, **asked)
        assert "This is for Web shop." not in why(page), "the login page says so already"
        page = await browser.submit(page, username="ada@example.test")
        assert why(await browser.submit(page, password="secret of ada")) == says
