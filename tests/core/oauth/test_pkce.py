"""RFC 7636: appendix B, and what must not be stripped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import CHALLENGE, VERIFIER
from yett.oauth import pkce
from yett.oauth.errors import OAuthError


def test_appendix_b_of_rfc_7636() -> None:
    assert pkce.of(VERIFIER) == CHALLENGE
    pkce.verify(VERIFIER, CHALLENGE)


@pytest.mark.parametrize(
    "verifier, challenge",
    [
        (VERIFIER, ""),
        ("", CHALLENGE),
        (VERIFIER[:-1], CHALLENGE),
        (VERIFIER + "x", CHALLENGE),
        (VERIFIER + "=", CHALLENGE),
        (CHALLENGE, CHALLENGE),
        ("x" * 129, CHALLENGE),
        ("\u00e9" * 43, CHALLENGE),
        (VERIFIER + "\n", CHALLENGE),
    ],
)
def test_a_verifier_without_a_challenge_and_a_challenge_without_its_verifier_are_refused(verifier: str, challenge: str) -> None:
    with pytest.raises(OAuthError) as caught:
        pkce.verify(verifier, challenge)
    assert caught.value.body() == {"error": "invalid_grant", "error_description": "Failed to verify code verifier"}
    assert caught.value.status == 403


def test_neither_is_the_confidential_client_of_an_older_sdk() -> None:
    pkce.verify("", "")


@pytest.mark.parametrize("length", [42, 43, 128, 129])
def test_a_verifier_has_43_to_128_characters(length: int) -> None:
    verifier = "~" * length
    if 43 <= length <= 128:
        pkce.verify(verifier, pkce.of(verifier))
    else:
        with pytest.raises(OAuthError):
            pkce.verify(verifier, pkce.of(verifier))


@given(st.text())
def test_no_other_text_verifies(text: str) -> None:
    if text != VERIFIER:
        with pytest.raises(OAuthError):
            pkce.verify(text, CHALLENGE)
