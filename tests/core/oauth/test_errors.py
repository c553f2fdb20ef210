"""The strings that SDKs compare (Auth0.swift, Auth0.Android, spa-js), letter by letter."""

import pytest

from yett.oauth import errors
from yett.oauth.errors import OAuthError, RedirectedError
from yett.oauth.redirects import Way

WIRE = [
    (errors.wrong_otp(), 403, "invalid_grant", "Invalid otp_code."),
    (errors.wrong_password(), 403, "invalid_grant", "Wrong email or password."),
    (errors.expired_mfa_token(), 403, "expired_token", "mfa_token is expired"),
    (errors.malformed_mfa_token(), 403, "invalid_grant", "Malformed mfa_token"),
    (errors.mfa_token_of_another_client(), 400, "invalid_request", "mfa_token not issued to this client"),
    (errors.missing("binding_code"), 400, "invalid_request", "Missing required parameter: binding_code"),
    (errors.not_enrolled(), 401, "unsupported_challenge_type", "User is not enrolled with guardian"),
    (errors.too_many_attempts(), 429, "too_many_attempts", "Too many attempts. Please try again later."),
    (errors.invalid_client(), 401, "invalid_client", "Unauthorized"),
    (errors.denied("blocked"), 403, "access_denied", "user is blocked"),
    (errors.denied("anything"), 403, "access_denied", "The user or the policy denied the request."),
]


@pytest.mark.parametrize("error, status, code, description", WIRE)
def test_an_error_has_the_status_code_and_text_that_the_wire_knows(error: OAuthError, status: int, code: str, description: str) -> None:
    assert (error.status, error.body()) == (status, {"error": code, "error_description": description})
    assert error.headers() == ()


def test_the_constants_of_later_grants_are_those_of_the_wire() -> None:
    assert errors.WRONG_BINDING_CODE == "Invalid binding_code."
    assert errors.REJECTED == "MFA Authorization rejected."
    assert errors.PENDING == "Authorization pending: please repeat the request in a few seconds."
    assert errors.EXPIRED_OOB_CODE == "oob_code is expired"
    assert errors.OOB_CODE_OF_ANOTHER_TOKEN == "The oob_code doesn't match the mfa_token"
    assert errors.ALREADY_ENROLLED == "User is already enrolled"


def test_mfa_required_carries_the_token_and_what_is_required() -> None:
    error = errors.mfa_required("token", {"challenge": [{"type": "otp"}]})
    assert error.status == 403
    assert error.body() == {
        "error": "mfa_required",
        "error_description": "Multifactor authentication required",
        "mfa_token": "token",
        "mfa_requirements": {"challenge": [{"type": "otp"}]},
    }


def test_a_challenge_type_that_the_user_lacks_is_named_with_those_that_they_have() -> None:
    error = errors.unsupported_challenge_type("oob", ["otp", "otp"])
    assert error.description == "The user does not support the requested challenge type (oob). Supported type: otp."
    assert errors.unsupported_challenge_type("oob", []).description == "User is not enrolled with guardian"


def test_a_refused_bearer_token_is_told_why_in_the_header() -> None:
    assert errors.invalid_token("Expired.").headers() == (("www-authenticate", 'Bearer error="invalid_token", error_description="Expired."'),)
    header = dict(errors.insufficient_scope("openid").headers())["www-authenticate"]
    assert header.endswith(', scope="openid"')
    assert errors.insufficient_scope("openid").status == 403


def test_who_came_with_basic_is_asked_for_basic_again() -> None:
    assert errors.invalid_client("Basic").headers() == (("www-authenticate", 'Basic realm="yett"'),)


def test_a_code_that_the_table_does_not_have_cannot_leave() -> None:
    with pytest.raises(KeyError):
        OAuthError("made_up")


def test_a_redirected_refusal_is_still_a_refusal() -> None:
    error = RedirectedError(errors.unauthorized_client("authorization_code"), Way("https://a.example/", "s"))
    assert isinstance(error, OAuthError)
    assert str(error) == "unauthorized_client"


def test_an_unmet_requirement_keeps_its_own_code() -> None:
    assert errors.denied("unmet_authentication_requirements").code == "unmet_authentication_requirements"


def test_a_token_that_is_too_weak_is_told_what_would_do() -> None:
    """RFC 9470, 3."""
    error = errors.too_weak(("phr", "mfa"), 300)
    assert error.status == 401
    description = "A fresher or stronger authentication is needed."
    told = f'Bearer error="insufficient_user_authentication", error_description="{description}", acr_values="phr mfa", max_age="300"'
    assert error.headers() == (("www-authenticate", told),)
    assert errors.too_weak((), 300).extra == {"max_age": 300}


@pytest.mark.parametrize(
    "error, status, code, description",
    [
        (errors.login_required(), 400, "login_required", "Login required"),
        (errors.expired_oob_code(), 403, "expired_token", "oob_code is expired"),
        (errors.oob_code_of_another_token(), 400, "invalid_request", "The oob_code doesn't match the mfa_token"),
        (errors.wrong_binding_code(), 403, "invalid_grant", "Invalid binding_code."),
        (errors.rejected(), 403, "invalid_grant", "MFA Authorization rejected."),
        (errors.wrong_passwordless("sms"), 403, "invalid_grant", "Wrong phone number or verification code."),
        (errors.already_enrolled(), 403, "access_denied", "User is already enrolled"),
        (errors.not_served(), 403, "access_denied", "Codes are not sent to this destination."),
        (errors.no_authenticator(), 404, "not_found", "There is no such authenticator."),
        (errors.stays("It stays."), 403, "access_denied", "It stays."),
        (errors.wrong_auth_session(), 403, "invalid_grant", "Invalid or expired auth_session."),
        (errors.wrong_answer(), 403, "invalid_grant", "Invalid authn_response."),
        (errors.no_signup("closed"), 403, "access_denied", "Public sign up is disabled"),
        (errors.no_signup("address"), 400, "invalid_request", "Invalid email address"),
        (errors.no_signup("username"), 400, "invalid_request", "Invalid username"),
        (errors.no_signup("busy"), 429, "too_many_attempts", "Too many attempts. Please try again later."),
        (errors.signup_failed(), 403, "access_denied", "The sign up could not be completed: see the message that was sent to your address."),
        (errors.busy(), 503, "temporarily_unavailable", "The account is being changed by others; try again."),
    ],
)
def test_the_mfa_api_has_its_words(error: errors.OAuthError, status: int, code: str, description: str) -> None:
    assert (error.status, error.code, error.description) == (status, code, description)
