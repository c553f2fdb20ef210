"""Attacks on the whole house, one row of the catalogue after another."""

import asyncio
import logging
import re
from urllib.parse import urlencode

import pytest

from tests.http.browser import call
from tests.world import BACK, CHALLENGE, MFA_OTP, MULTI_FACTOR, REALM, VERIFIER, World, claims, otp, world
from yett.main import FACTORS
from yett.ports import Busy

PASSWORD = {"username": "ada@example.test", "password": "secret of ada", "scope": "openid"}


async def mfa_token(w: World, name: str = "ada", **client: str) -> str:
    """What password-realm gives under the policy always."""
    status, answer = await w.token(grant_type=REALM, username=f"{name}@example.test", password=f"secret of {name}", scope="openid", **client)
    assert (status, answer["error"]) == (403, "mfa_required"), answer
    return str(answer["mfa_token"])


async def guess(w: World, token: str, code: str, **client: str) -> tuple[int, str]:
    status, answer = await w.token(grant_type=MFA_OTP, mfa_token=token, otp=code, **client)
    return status, answer.get("error_description", "")


def wrong(w: World, number: int) -> str:
    """A code that is none of this person's."""
    right = {w.code(step=step) for step in (-1, 0, 1)}
    return next(code for code in (f"{(number * 7919 + offset) % 1_000_000:06}" for offset in range(5)) if code not in right)


async def always(w: World) -> None:
    await w.person()
    await w.configure(policies=("all-applications",))


async def test_row_1_parallel_guesses_over_many_tokens_see_no_more_verdicts_than_there_are_tries() -> None:
    async with world() as w:
        await always(w)
        tokens = [await mfa_token(w) for _ in range(20)]
        answers = await asyncio.gather(*(guess(w, tokens[number % 20], wrong(w, number)) for number in range(100)))
        verdicts = [said for status, said in answers if status == 403]
        assert verdicts == ["Invalid otp_code."] * 9
        assert [status for status, _ in answers].count(429) == 91
        assert await guess(w, tokens[0], w.code()) == (429, "Too many attempts. Please try again later.")
        assert len([one for one in await w.mail() if one["subject"] == "Too many wrong codes"]) == 1


async def test_row_2_a_new_session_and_another_protocol_have_the_same_counter() -> None:
    async with world() as w:
        await always(w)
        browser = w.browser()
        for number in range(5):
            page = await w.authorize(browser, prompt="login")
            page = await browser.submit(page, username="ada@example.test") if page.screen == "login-id" else page
            page = await browser.submit(page, password="secret of ada")
            assert (await browser.submit(page, code=wrong(w, number))).status == 400
        token = await mfa_token(w)
        for number in range(4):
            assert (await guess(w, token, wrong(w, number)))[0] == 403
        assert (await guess(w, token, w.code()))[0] == 429
        assert (await browser.submit(page, code=w.code())).status == 429


@pytest.mark.parametrize("form", ["{}", " {} ", "{}\n", "\u2003{}"])
async def test_row_3_a_code_is_good_once_however_it_is_written(form: str) -> None:
    """CVE-2025-6014: whitespace made a used code a new one."""
    async with world() as w:
        await always(w)
        code = w.code()
        assert (await guess(w, await mfa_token(w), code))[0] == 200
        assert await guess(w, await mfa_token(w), form.format(code)) == (403, "Invalid otp_code.")
        wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
        assert (await guess(w, await mfa_token(w), wide))[0] == 403
        assert (await guess(w, await mfa_token(w), f"{code[:3]} {code[3:]}"))[0] == 403


async def test_row_27_the_same_right_code_at_once_wins_once() -> None:
    async with world() as w:
        await always(w)
        tokens = [await mfa_token(w) for _ in range(9)]
        w.all_have_read(len(tokens))
        answers = await asyncio.gather(*(guess(w, token, w.code()) for token in tokens))
        assert [status for status, _ in answers].count(200) == 1


async def test_row_4_an_mfa_token_is_bound_to_client_account_and_use() -> None:
    async with world() as w:
        await always(w)
        await w.person("eve")
        token = await mfa_token(w)
        assert (await guess(w, token, w.code("eve")))[0] == 403
        assert await guess(w, token, w.code(), client_id="other", client_secret="other's secret") == (400, "mfa_token not issued to this client")
        assert (await w.get("/userinfo", authorization=f"Bearer {token}"))[0] == 401
        assert (await w.get("/api/v2/users", authorization=f"Bearer {token}"))[0] == 401
        assert (await guess(w, token[:-1] + ("A" if token[-1] != "A" else "B"), w.code()))[1] == "Malformed mfa_token"
        assert (await guess(w, token, w.code()))[0] == 200
        w.clock.now += 30
        assert (await guess(w, token, w.code()))[1] == "Malformed mfa_token"
        late = await mfa_token(w)
        w.clock.now += 601
        status, answer = await w.token(grant_type=MFA_OTP, mfa_token=late, otp=w.code())
        assert (status, answer["error"], answer["error_description"]) == (403, "expired_token", "mfa_token is expired")


async def test_row_4_an_mfa_token_opens_no_page_and_a_pages_cookie_no_grant() -> None:
    async with world() as w:
        await always(w)
        token = await mfa_token(w)
        browser = w.browser()
        browser.cookies["yett-attempt"] = token
        state = token.partition(".")[0]
        assert (await browser.get(f"/u/mfa-otp-challenge?state={state}")).screen == "error"


async def test_row_7_a_form_without_its_answer_passes_no_page_cve_2026_49448() -> None:
    async with world() as w:
        await always(w)
        page = await w.authorize(browser := w.browser())
        for screen, answer in (("login-id", "ada@example.test"), ("login-password", "secret of ada"), ("mfa-otp-challenge", "")):
            for nothing in ({}, {"action": ""}, {"username": "", "password": "", "code": ""}):
                forced = await browser.post(f"/u/{screen}", {**page.hidden, **nothing})
                assert (forced.screen, "code" in forced.query) == (screen, False)
            if answer:
                page = await browser.submit(page, **{"username" if screen == "login-id" else "password": answer})
        assert (await browser.post("/u/mfa-otp-challenge", {})).screen == "error"


async def test_row_8_the_highest_requirement_wins_wherever_it_stands() -> None:
    async with world() as w:
        await w.person()
        essential = '{"id_token":{"acr":{"essential":true,"value":"phr"}}}'
        for wished in (MULTI_FACTOR, "urn:x", ""):
            page = await w.login(w.browser(), claims=essential, acr_values=wished)
            assert page.query["error"] == "unmet_authentication_requirements"
        twice = await w.browser().get(
            f"/authorize?client_id=web&redirect_uri={BACK}&response_type=code&acr_values=phr&acr_values=x&code_challenge={CHALLENGE}&code_challenge_method=S256"
        )
        assert twice.query["error"] == "invalid_request"


async def test_row_14_a_recovery_code_is_good_once_for_its_own_account_alone() -> None:
    """CVE-2025-64175, CVE-2022-36071."""
    async with world() as w:
        for name in ("ada", "eve"):
            await w.person(name)
        await w.configure(policies=("all-applications",))
        codes = {}
        for name in ("ada", "eve"):
            browser = w.browser()
            page = await w.authorize(browser)
            page = await browser.submit(await browser.submit(page, username=f"{name}@example.test"), password=f"secret of {name}")
            page = await browser.submit(page, code=w.code(name))
            codes[name] = re.findall(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}", page.text)
            assert len(set(codes[name])) == 10
            await browser.submit(page, action="saved")

        w.clock.now += 60

        async def use(code: str) -> str:
            browser = w.browser()
            page = await w.authorize(browser)
            page = await browser.submit(await browser.submit(page, username="ada@example.test"), password="secret of ada")
            page = await browser.submit(page, action="recovery-code")
            assert page.screen == "mfa-recovery-code-challenge"
            return (await browser.submit(page, code=code)).screen

        assert await use(codes["eve"][0]) == "mfa-recovery-code-challenge"
        assert await use(codes["ada"][0].lower().replace("-", " ")) == "mfa-begin-enroll-options"
        assert await use(codes["ada"][0]) == "mfa-recovery-code-challenge"
        assert any(one["subject"] == "A recovery code was used" for one in await w.mail())


async def test_row_15_nobody_learns_whether_an_account_exists() -> None:
    async with world() as w:
        await w.person()

        async def answer(name: str) -> tuple[int, str, int]:
            browser, before = w.browser(), w.hasher.looks
            page = await w.authorize(browser)
            page = await browser.submit(page, username=name)
            assert page.screen == "login-password"
            page = await browser.submit(page, password="wrong")
            text = re.sub(r'name="(state|csrf)"[^>]*', "", page.text).replace(name, "NAME")
            return page.status, text, w.hasher.looks - before

        assert await answer("ada@example.test") == await answer("eve@example.test")
        known = await w.token(grant_type=REALM, **{**PASSWORD, "password": "wrong"})
        unknown = await w.token(grant_type=REALM, **{**PASSWORD, "username": "eve@example.test"})
        assert known == unknown
        assert known[1]["error_description"] == "Wrong email or password."


@pytest.mark.parametrize("name", ["ada@example.test", "nobody@example.test"])
async def test_row_15_wrong_passwords_are_paced_alike(name: str) -> None:
    async with world() as w:
        await w.person()
        statuses = [(await w.token(grant_type=REALM, username=name, password="wrong", scope="openid"))[0] for _ in range(12)]
        assert statuses == [403] * 9 + [429] * 3


@pytest.mark.parametrize(
    "uri",
    [
        BACK + "/",
        BACK + "?x=1",
        BACK.upper(),
        BACK.replace("https", "http"),
        BACK + "#x",
        "https://app.example.test@evil.test/callback",
        "https://app.example.test\\@evil.test/callback",
        "https://app.example.test.evil.test/callback",
        "https://app.example.test:444/callback",
        "https://app.example.test/%63allback",
        "//app.example.test/callback",
        "javascript:alert(1)",
        "",
    ],
)
async def test_row_17_no_redirect_but_to_the_registered_address_to_the_letter(uri: str) -> None:
    async with world() as w:
        page = await w.browser().get("/authorize?" + urlencode({"client_id": "web", "response_type": "code", "redirect_uri": uri}))
        assert (page.status, page.screen) == (400, "error")
        assert not page.header("location")


@pytest.mark.parametrize("uri", ["", BACK + "/", "https://evil.test/callback"])
async def test_row_17_a_code_is_for_whoever_names_the_address_that_it_was_sent_to(uri: str) -> None:
    """RFC 6749, 4.1.3: a code that was led elsewhere is given in by an application that names its own address."""
    async with world() as w:
        await w.person()
        status, refused = await w.exchange(page := await w.login(w.browser()), redirect_uri=uri)
        assert (status, refused["error"]) == (403, "invalid_grant")
        assert (await w.exchange(page))[0] == 200


@pytest.mark.parametrize("header", [{"host": "evil.test"}, {"x-forwarded-host": "evil.test"}, {"forwarded": "host=evil.test"}])
async def test_row_17_no_header_moves_the_issuer(header: dict[str, str]) -> None:
    """CVE-2024-47070."""
    async with world() as w:
        _, headers, body = await call(w.app, "GET", "/.well-known/openid-configuration", headers=header)
        assert b"evil.test" not in body + repr(headers).encode()
        _, headers, body = await call(w.app, "GET", "/authorize?client_id=web", headers=header)
        assert b"evil.test" not in body + repr(headers).encode()


async def test_row_18_a_form_is_good_in_its_own_browser_and_attempt_alone() -> None:
    async with world() as w:
        await w.person()
        mine, theirs = w.browser(), w.browser()
        page, other = await w.authorize(mine), await w.authorize(theirs)
        for hidden in ({**page.hidden, "csrf": ""}, {**page.hidden, "csrf": other.hidden["csrf"]}, {**page.hidden, "state": other.hidden["state"]}):
            assert (await mine.post("/u/login-id", {**hidden, "username": "ada@example.test"})).screen == "error"
        stolen = w.browser()
        assert (await stolen.post("/u/login-id", {**page.hidden, "username": "ada@example.test"})).screen == "error"
        assert (await stolen.get(f"/u/login-id?state={page.hidden['state']}")).screen == "error"
        assert (await mine.submit(page, username="ada@example.test")).screen == "login-password"


async def test_row_18_pages_cannot_be_framed_cached_or_scripted() -> None:
    async with world() as w:
        page = await w.authorize(w.browser())
        policy = page.header("content-security-policy")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.header("cache-control") == "no-store"
        assert "<script>" not in page.text
        assert not re.search(r"\son[a-z]+=", page.text)
        assert 'style="' not in page.text


async def test_row_19_an_id_token_is_no_access_token_and_no_token_goes_to_another_audience() -> None:
    async with world() as w:
        await w.person()
        _, answer = await w.exchange(await w.login(w.browser(), audience="https://api.example.test/", scope="openid read:accounts"))
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 200
        for token in (answer["id_token"], answer["access_token"]):
            assert (await w.get("/api/v2/users", authorization=f"Bearer {token}"))[0] == 401
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['id_token']}"))[0] == 401


async def test_row_19_a_code_and_a_refresh_token_of_one_application_are_nothing_to_another() -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser(), scope="openid offline_access")
        status, refused = await w.exchange(page, client="other")
        assert (status, refused["error"]) == (403, "invalid_grant")
        status, tokens = await w.exchange(page)
        assert status == 200
        asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        status, refused = await w.token(client_id="other", client_secret="other's secret", **asked)
        assert (status, refused["error"]) == (403, "invalid_grant")
        assert (await w.token(**asked))[0] == 200


@pytest.mark.parametrize("verifier", ["", "w" * 43, VERIFIER[:-1], VERIFIER + "v"])
async def test_row_19_pkce_cannot_be_stripped_or_guessed(verifier: str) -> None:
    async with world() as w:
        await w.person()
        page = await w.login(w.browser())
        assert (await w.exchange(page, code_verifier=verifier))[0] == 403
        without = await w.login(w.browser(), code_challenge="", code_challenge_method="")
        assert (await w.exchange(without))[0] == 403


async def test_row_22_no_secret_stands_in_a_fact_a_log_or_a_message(caplog: pytest.LogCaptureFixture) -> None:
    async with world() as w:
        caplog.set_level(logging.DEBUG)
        await always(w)
        browser = w.browser()
        page = await w.login(browser, remember=True, scope="openid offline_access")
        _, answer = await w.exchange(page)
        await w.token(grant_type=REALM, username="ada@example.test", password="wr0ng-secret", scope="openid")
        secrets = ["secret of ada", "wr0ng-secret", "key of ada", w.code(), page.query["code"], *browser.cookies.values()]
        secrets += [str(answer[name]) for name in ("access_token", "refresh_token", "id_token")]
        told = repr(await w.facts()) + caplog.text + repr(await w.mail())
        assert [one for one in secrets if one in told] == []


async def test_row_22_what_an_attacker_writes_stays_one_value() -> None:
    async with world() as w:
        await w.person()
        evil = 'x"\r\n{"type":"s"}\x1b[31m' + "y" * 5000
        await call(w.app, "GET", "/authorize?client_id=web", headers={"user-agent": evil.replace("\r\n", " ")})
        status, _ = await w.token(grant_type=REALM, username=evil[:300], password="p", scope="openid")
        assert status == 403
        assert all(len(repr(one)) < 2000 for one in await w.facts())


async def test_row_24_what_was_used_since_the_backup_does_not_revive() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        await w.login(browser, acr_values=MULTI_FACTOR)
        w.clock.now -= 30
        used = w.code()
        await w.store.restored(w.clock.now, lambda kind, state: FACTORS[kind].restored(state, w.clock.now))
        assert (await w.authorize(browser, prompt="none")).query["error"] == "login_required"
        fresh = w.browser()
        page = await w.login_until_code(fresh)
        assert (await fresh.submit(page, code=used)).status == 400


async def test_row_26_a_limiter_that_cannot_be_reached_lets_nobody_through() -> None:
    async with world() as w:
        await w.person()

        class Down:
            async def take(self, *_: object) -> bool:
                raise Busy

        w.limit(Down())
        page = await w.login(w.browser())
        assert (page.status, page.screen) == (503, "error")
        status, answer = await w.token(grant_type=REALM, **PASSWORD)
        assert (status, answer["error"]) == (503, "temporarily_unavailable")


async def test_row_32_an_attacker_cannot_lock_the_owner_out_of_a_known_browser() -> None:
    async with world() as w:
        await always(w)
        home = w.browser()
        await w.login(home)
        home.cookies.pop("yett-session")
        for _ in range(12):
            last = await w.token(grant_type=REALM, **{**PASSWORD, "password": "wrong"})
        assert last[0] == 429
        stranger = w.browser()
        page = await w.authorize(stranger)
        page = await stranger.submit(await stranger.submit(page, username="ada@example.test"), password="secret of ada")
        assert page.status == 429
        assert "code" in (await w.login(home)).query


async def test_row_31_an_attempt_of_another_is_not_there() -> None:
    async with world() as w:
        await w.person()
        page = await w.authorize(w.browser())
        other = w.browser()
        await w.authorize(other)
        assert (await other.get(f"/u/login-id?state={page.hidden['state']}")).screen == "error"


def test_the_codes_of_this_file_are_those_of_the_rfc() -> None:
    assert otp(b"12345678901234567890", 59 // 30) == "287082"
    assert claims("x.e30.y") == {}
