"""Answers: each status with its challenge, and nothing that a value says can end a line or a quote."""

import pytest
from yett_guard.refusal import insufficient_scope, invalid_token, no_token, quoted, step_up, unavailable


@pytest.mark.parametrize("said", ['"', "\\", "\r\nSet-Cookie: a=b", "\0", "é", "\x7f", "\u2028"])
def test_a_challenge_cannot_be_ended_by_what_it_quotes(said: str) -> None:
    header = step_up(f"a{said}b", {"scope": f"c{said}d"}).headers["WWW-Authenticate"]
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 6
    assert "\\" not in header


def test_a_number_is_quoted_as_rfc_9470_has_it() -> None:
    assert quoted(300) == '"300"'


def test_whoever_has_no_token_is_told_no_error() -> None:
    assert no_token().headers == {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}
    assert no_token().body == {"error": "unauthorized", "error_description": "An access token is required."}


def test_only_a_step_up_is_called_mfa_required() -> None:
    assert "code" not in invalid_token("x").body
    assert "code" not in insufficient_scope({}).body
    assert step_up("x", {}).body["code"] == "mfa_required"


def test_a_scope_that_is_missing_is_named_with_what_it_takes() -> None:
    refused = insufficient_scope({"scope": "a b", "acr_values": "phr"})
    assert refused.status == 403
    assert refused.headers["WWW-Authenticate"] == (
        'Bearer error="insufficient_scope", error_description="The access token has not the scope that this needs.", scope="a b", acr_values="phr"'
    )


def test_where_it_is_described_is_told_where_it_is() -> None:
    refused = invalid_token("x")
    refused.resource_metadata = "https://api.test/.well-known/oauth-protected-resource"
    assert refused.headers["WWW-Authenticate"].endswith(', resource_metadata="https://api.test/.well-known/oauth-protected-resource"')


def test_what_nobody_can_say_is_a_503_and_no_challenge() -> None:
    assert unavailable().headers == {"Cache-Control": "no-store", "Retry-After": "5"}
