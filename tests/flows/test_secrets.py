"""What must stand nowhere: not in a fact, not in a log, not in the outbox, not in the database (attacks: rows 22 and 23)."""

import base64
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from tests.world import MFA_OTP, MULTI_FACTOR, REALM, World, essential, world
from yett.adapters.log import Lines

CODES = r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){5}"


async def everything(w: World) -> dict[str, str]:
    """A day in the life of two people, with every secret that passed by on it."""
    found: dict[str, str] = {"password": "secret of ada", "wrong password": "wr0ng-secret-of-ada", "client secret": "web's secret"}
    await w.person(totp=False, verified=True)
    browser = w.browser()
    page = await w.login(browser, claims=essential(MULTI_FACTOR))
    page = await browser.submit(page, action="totp") if page.screen == "mfa-begin-enroll-options" else page
    w.enrolling(page)
    found["seed"] = base64.b32encode(w.secrets["ada"]).decode().rstrip("=")
    found["csrf"] = page.hidden["csrf"]
    found["first code"] = w.code()
    page = await browser.submit(page, code=w.code())
    codes = re.findall(CODES, page.text)
    found |= {f"recovery code {number}": code for number, code in enumerate(codes)}
    page = await browser.submit(page, action="saved")
    found["authorization code"] = page.query["code"]
    await w.exchange(page)
    found |= {f"cookie {name}": value for name, value in browser.cookies.items()}
    w.clock.now += 3600

    page = await w.authorize(browser, prompt="login", acr_values=MULTI_FACTOR)
    await browser.submit(page, password=found["wrong password"])
    page = await browser.submit(page, password=found["password"])
    await browser.submit(page, code="000000")
    page = await browser.submit(page, code=w.code(), rememberBrowser="true")
    found["code"] = w.code()
    found |= {f"later cookie {name}": value for name, value in browser.cookies.items()}
    await w.exchange(page)

    other = w.browser()
    page = await other.submit(await w.login_until_code(other), action="recovery-code")
    await other.submit(page, code=codes[0].lower())

    await w.configure(policies=("all-applications",))
    third = w.browser()
    page = await third.submit(await w.login_until_code(third), action="pick-authenticator")
    by_mail = next(one.id for one in (await w.store.account("auth0|ada"))[1] if one.kind == "email")
    await third.submit(page, action=by_mail)
    found["mailed code"] = next(one["data"]["code"] for one in await w.mail() if "code" in one["data"])

    w.clock.now += 60
    asked = {"username": "ada@example.test", "password": "secret of ada", "scope": "openid offline_access"}
    _, refused = await w.token(grant_type=REALM, **asked)
    found["mfa_token"] = refused["mfa_token"]
    found["api code"] = w.code()
    _, tokens = await w.token(grant_type=MFA_OTP, mfa_token=refused["mfa_token"], otp=w.code())
    _, rotated = await w.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    for name in ("access_token", "refresh_token", "id_token"):
        found |= {name: tokens[name], f"rotated {name}": rotated[name]}
    return found


def spelt(secret: str) -> set[str]:
    """As somebody might have written it down."""
    raw = secret.encode()
    return {secret, secret.replace("-", ""), raw.hex(), base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}


def standing(found: dict[str, str], text: str) -> list[str]:
    return sorted(name for name, secret in found.items() if any(one in text for one in spelt(secret)))


class Ears(logging.Handler):
    """Every record, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(Lines().format(record))


async def test_row_22_and_23_no_secret_stands_in_facts_logs_messages_or_the_database(tmp_path: Path) -> None:
    ears = Ears()
    logging.getLogger().addHandler(ears)
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        async with world(f"sqlite:///{tmp_path}/yett.db", tmp_path) as w:
            found = await everything(w)
            seed = w.secrets["ada"]
            assert len(found) > 20
            facts = repr(await w.facts())
            short = {name: secret for name, secret in found.items() if not re.fullmatch(r"[0-9]{6}", secret)}
            assert standing(found, facts) == []
            assert standing(found, "\n".join(ears.lines)) == []
            stored = repr([(one.message, one.challenge and one.challenge.show) for one in await w.store.outgoing(100)])
            assert standing(found, stored) == []
    finally:
        logging.getLogger().removeHandler(ears)
        logging.getLogger().setLevel(before)
    files = b"".join(path.read_bytes() for path in tmp_path.glob("yett.db*"))
    assert b"auth0|ada" in files
    # Six digits stand somewhere in any file by chance; and the house's hasher of these tests keeps passwords as they are.
    at_rest = {name: secret for name, secret in short.items() if "password" not in name}
    assert standing(at_rest, files.decode("latin-1")) == []
    assert seed not in files
    assert seed.hex().encode() not in files


@pytest.mark.parametrize("evil", ["\r\n{}", "\n\x1b[2J", '","level":"info","x":"', "\u2028\u2029", "\x00\x07\x9b31m", "é\ud800"])
def test_row_22_a_line_of_the_log_is_one_line_whatever_a_stranger_writes(evil: str) -> None:
    record = logging.LogRecord("yett", logging.INFO, "f", 1, "asked for %s", (evil,), None)
    record.agent = evil
    line = Lines().format(record)
    assert line.isascii()
    assert line.isprintable()
    said: dict[str, Any] = json.loads(line)
    assert (said["says"], said["agent"], said["level"]) == (f"asked for {evil}", evil, "info")


async def test_row_22_what_a_browser_says_of_itself_is_cut_and_stays_one_value() -> None:
    async with world() as w:
        await w.person()
        browser = w.browser()
        page = await browser.submit(await w.authorize(browser), username="ada@example.test")
        evil = '\x1b[31m","type":"s","x":"' + "y" * 9000
        browser.agent = evil
        await browser.submit(page, password="wrong")
        (fact,) = await w.facts("fp")
        assert fact.data["user_agent"] == evil[:256]
        assert [one.type for one in await w.facts()].count("s") == 0
