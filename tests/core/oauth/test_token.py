import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.oauth.samples import ALL_GRANTS, API, APIS, AUDIENCE, SHOP, SPA
from yett.domain.client import ClientGrant
from yett.domain.requirement import Clause
from yett.oauth import errors, token
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.errors import OAuthError

GRANTED = (ClientGrant("cgr1", "shop", AUDIENCE, ("read:orders", "gone:scope")),)
NAMES = (
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "max_age",
    "acr_values",
    "audience",
    "username",
    "password",
    "mfa_token",
    "otp",
)


def refused(**fields: str) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        token.parse(fields)
    return caught.value


def test_each_grant_has_its_shape() -> None:
    assert token.parse({"grant_type": "authorization_code", "code": "c", "redirect_uri": "r", "code_verifier": "v"}) == token.CodeRequest("c", "r", "v")
    assert token.parse({"grant_type": "refresh_token", "refresh_token": "t", "scope": "a b", "acr_values": "phr", "max_age": "0"}) == token.RefreshRequest(
        "t", ("a", "b"), ("phr",), 0
    )
    assert token.parse({"grant_type": "refresh_token", "refresh_token": "t"}) == token.RefreshRequest("t")
    assert token.parse({"grant_type": "client_credentials", "audience": AUDIENCE}) == token.ClientCredentialsRequest(AUDIENCE)
    assert token.parse({"grant_type": token.MFA_OTP, "mfa_token": "t", "otp": "123456"}) == token.MfaOtpRequest("t", "123456")


@pytest.mark.parametrize("grant", [token.PASSWORD, token.PASSWORD_REALM])
def test_a_password_may_come_with_a_realm(grant: str) -> None:
    fields = {"grant_type": grant, "username": "ann", "password": "p", "realm": "users", "scope": "openid", "audience": AUDIENCE}
    assert token.parse(fields) == token.PasswordRequest("ann", "p", ("openid",), AUDIENCE, "users")


@pytest.mark.parametrize(
    "fields, missing",
    [
        ({}, "grant_type"),
        ({"grant_type": ""}, "grant_type"),
        ({"grant_type": "authorization_code"}, "code"),
        ({"grant_type": "refresh_token"}, "refresh_token"),
        ({"grant_type": "client_credentials"}, "audience"),
        ({"grant_type": "password", "password": "p"}, "username"),
        ({"grant_type": "password", "username": "ann", "password": ""}, "password"),
        ({"grant_type": token.MFA_OTP, "otp": "1"}, "mfa_token"),
        ({"grant_type": token.MFA_OTP, "mfa_token": "t"}, "otp"),
    ],
)
def test_what_is_missing_is_named(fields: dict[str, str], missing: str) -> None:
    assert refused(**fields).body() == {"error": "invalid_request", "error_description": f"Missing required parameter: {missing}"}


def test_a_grant_that_is_none_of_ours_is_refused() -> None:
    assert refused(grant_type="implicit").body() == {"error": "unsupported_grant_type", "error_description": "Unsupported grant type: implicit"}
    assert refused(grant_type="a\nb").description == "Unsupported grant type: "


@pytest.mark.parametrize("value", ["x" * 8193, "\ud800"])
def test_what_is_endless_or_no_text_is_refused(value: str) -> None:
    assert refused(grant_type="authorization_code", code=value).code == "invalid_request"


def test_a_step_up_in_a_refresh_is_judged_as_at_authorize() -> None:
    assert token.refresh_wants(token.RefreshRequest("t")) == ()
    asked = token.RefreshRequest("t", acr_values=("phr",), max_age=0)
    assert token.refresh_wants(asked) == (Clause("client_acr", ("phr",)), Clause("request", max_age=0))
    assert refused(grant_type="refresh_token", refresh_token="t", max_age="soon").code == "invalid_request"


def test_secrets_do_not_show_in_a_trace() -> None:
    shown = (
        token.CodeRequest("hush", "r", "hush"),
        token.RefreshRequest("hush"),
        token.PasswordRequest("ann", "hush"),
        token.MfaOtpRequest("hush", "hush"),
    )
    assert "hush" not in repr(shown)


def test_a_password_request_asks_what_its_application_would_ask_at_authorize() -> None:
    asked = token.PasswordRequest("ann", "p", ("openid", "read:orders", "unknown"), AUDIENCE)
    assert token.as_authorization(asked, SHOP, APIS) == AuthorizationRequest("shop", scope=("openid", "read:orders"), audience=AUDIENCE)
    with pytest.raises(OAuthError):
        token.as_authorization(token.PasswordRequest("ann", "p", audience="https://other.example/"), SHOP, APIS)


def test_a_client_has_for_itself_what_it_was_granted_and_the_api_still_has() -> None:
    asked = token.ClientCredentialsRequest(AUDIENCE)
    assert token.machine_scope(asked, SHOP, APIS, GRANTED) == (API, ("read:orders",))
    named = token.ClientCredentialsRequest(AUDIENCE, ("read:orders",))
    assert token.machine_scope(named, SHOP, APIS, GRANTED) == (API, ("read:orders",))


@pytest.mark.parametrize(
    "asked, description",
    [
        (token.ClientCredentialsRequest(AUDIENCE, ("read:orders", "transfer:funds")), "Client has not been granted scopes: transfer:funds"),
        (token.ClientCredentialsRequest(AUDIENCE, ("gone:scope",)), "Client has not been granted scopes: gone:scope"),
        (token.ClientCredentialsRequest("https://other.example/"), "Service not found: https://other.example/"),
    ],
)
def test_and_nothing_beyond(asked: token.ClientCredentialsRequest, description: str) -> None:
    with pytest.raises(OAuthError) as caught:
        token.machine_scope(asked, SHOP, APIS, GRANTED)
    assert (caught.value.status, caught.value.code, caught.value.description) == (403, "access_denied", description)


def test_a_grant_of_another_client_or_without_an_api_is_none() -> None:
    other = (GRANTED[0]._replace(client="other"),)
    nowhere = (GRANTED[0]._replace(audience=""),)
    for audience, grants in ((AUDIENCE, other), ("", nowhere)):
        with pytest.raises(OAuthError) as caught:
            token.machine_scope(token.ClientCredentialsRequest(audience), SHOP, APIS, grants)
        assert caught.value.description.startswith("Client is not authorized to access")


def test_a_public_client_has_nothing_for_itself() -> None:
    with pytest.raises(OAuthError) as caught:
        token.machine_scope(token.ClientCredentialsRequest(AUDIENCE), SPA, APIS, (GRANTED[0]._replace(client="spa"),))
    assert caught.value.code == "unauthorized_client"


def test_the_grants_that_are_read_are_those_that_are_announced() -> None:
    assert (*ALL_GRANTS[:4], token.PASSWORD_REALM, token.MFA_OTP, token.MFA_OOB, token.MFA_RECOVERY, token.PASSWORDLESS, token.WEBAUTHN) == token.GRANTS


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.text(max_size=20), st.sampled_from(token.GRANTS))))
def test_whatever_is_sent_is_a_request_or_a_refusal_of_the_table(fields: dict[str, str]) -> None:
    try:
        token.parse(fields)
    except OAuthError as refusal:
        assert refusal.code in errors.STATUS  # noqa: PT017


def test_the_grant_of_keys_begins_a_login_or_goes_on_with_one() -> None:
    begins = {"grant_type": token.WEBAUTHN, "auth_session": "s", "authn_response": "{}"}
    assert token.parse({**begins, "scope": "a", "audience": AUDIENCE, "realm": "r"}) == token.PasskeyRequest("s", "{}", "r", ("a",), AUDIENCE)
    goes_on = {"grant_type": token.WEBAUTHN, "mfa_token": "m", "authn_response": "{}"}
    assert token.parse(goes_on) == token.MfaKeyRequest("m", "{}")
    for name in ("auth_session", "authn_response"):
        assert refused(**{**begins, name: ""}).description == f"Missing required parameter: {name}"
    assert token.parse({**begins, "authn_response": "x" * 32768}) == token.PasskeyRequest("s", "x" * 32768)
    assert refused(**{**begins, "authn_response": "x" * 32769}).code == "invalid_request"
    assert refused(**{**begins, "auth_session": "x" * 8193}).code == "invalid_request"


def test_the_grants_of_the_mfa_api_have_their_shapes() -> None:
    oob = {"grant_type": token.MFA_OOB, "mfa_token": "m", "oob_code": "o"}
    assert token.parse(oob) == token.MfaOobRequest("m", "o", "")
    assert token.parse({**oob, "binding_code": "b"}) == token.MfaOobRequest("m", "o", "b")
    assert token.parse({"grant_type": token.MFA_RECOVERY, "mfa_token": "m", "recovery_code": "r"}) == token.MfaRecoveryRequest("m", "r")
    first = {"grant_type": token.PASSWORDLESS, "username": "u", "otp": "o", "realm": "email"}
    assert token.parse({**first, "scope": "a", "audience": AUDIENCE}) == token.PasswordlessRequest("u", "o", "email", ("a",), AUDIENCE)
    for whole in (oob, {"grant_type": token.MFA_RECOVERY, "mfa_token": "m", "recovery_code": "r"}, first):
        for name in whole.keys() - {"grant_type"}:
            assert refused(**{**whole, name: ""}).description == f"Missing required parameter: {name}"
