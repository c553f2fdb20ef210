"""Logs: one line, and no secret in it."""

import json
import logging
import sys

import pytest

from yett.adapters.log import Lines, clean, redacted

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHwxIn0.c2lnbmF0dXJl"


def line(message: str, *args: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("yett.test").makeRecord("yett.test", logging.INFO, __file__, 1, message, args, None, extra=extra)
    written = Lines().format(record)
    assert "\n" not in written
    found: dict[str, object] = json.loads(written)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "grant_type=password&password=hunter2&scope=openid",
        "{'client_secret': 'hunter2', 'a': 1}",
        '{"otp": "hunter2"}',
        "Authorization: Bearer hunter2",
        "authorization: Basic hunter2",
        "Cookie: hunter2",
        "code=hunter2&state=x",
        "mfa_token=hunter2",
        "postgresql://yett:hunter2@db.example/yett",
        "otpauth://totp/Yett:ada?secret=hunter2&issuer=Yett",
        "code_verifier=hunter2",
        "recovery_code: hunter2",
    ],
)
def test_a_secret_is_not_written_wherever_it_stands(text: str) -> None:
    assert "hunter2" not in redacted(text)


def test_a_token_is_known_by_its_looks() -> None:
    assert JWT not in redacted(f"refused {JWT}")
    assert "eyJ" not in redacted(f"refused {JWT}")


def test_what_is_no_secret_stays_readable() -> None:
    for text in ("the account auth0|1 signed in from 192.0.2.7", "GET /authorize answered 303 in 4 ms", "status code 200", "error_code invalid_grant"):
        assert redacted(text) == text


def test_values_are_hidden_by_their_names_however_deep() -> None:
    found = clean({"user": {"password": "x", "name": "Ada", "tokens": ["a", "b"]}, "otp": 123456, "key": b"raw", "count": 3})
    assert found == {"user": {"password": "[hidden]", "name": "Ada", "tokens": "[hidden]"}, "otp": "[hidden]", "key": "[hidden]", "count": 3}


def test_a_line_cannot_be_forged_nor_a_terminal_driven() -> None:
    found = line("login of %s", 'ada\r\n{"level": "critical"}\x1b[2J')
    assert found["level"] == "info"
    assert found["says"] == 'login of ada\r\n{"level": "critical"}\x1b[2J'


def test_what_a_caller_adds_is_cleaned_too() -> None:
    found = line("sent", to="+4915112345", client_secret="hunter2", note="password=hunter2")
    assert (found["to"], found["client_secret"], found["note"]) == ("+4915112345", "[hidden]", "password=[hidden]")


def test_a_bug_is_logged_whole_but_for_its_secrets() -> None:
    try:
        int("mfa_token=hunter2")
    except ValueError:
        record = logging.LogRecord("yett", logging.ERROR, __file__, 1, "bug", (), sys.exc_info())
    found = json.loads(Lines().format(record))
    assert "ValueError" in found["trace"]
    assert "hunter2" not in found["trace"]
