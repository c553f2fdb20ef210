"""auth0-python as it is, over https with the local authority: nothing changed but the domain."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from auth0.authentication import GetToken
from auth0.authentication.exceptions import Auth0Error
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.types import (
    ClientAuthenticationMethod,
    ClientAuthenticationMethodPrivateKeyJwt,
    ClientOidcBackchannelLogoutSettings,
    ClientRefreshTokenConfiguration,
    CredentialId,
    EmailProviderCredentialsSchemaApiKey,
    PhoneTemplateBody,
    PhoneTemplateContent,
    ResourceServerScope,
    TwilioProviderConfiguration,
    TwilioProviderCredentials,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.assertions import pem, private
from tests.harness.process import unused_port
from tests.serving import serving

# Its docstrings have escapes that Python warns of when it first reads them.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")

CONNECTION = "Username-Password-Authentication"
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagementClient]:
    folder: Path = tmp_path_factory.mktemp("auth0-python")
    with serving(folder, unused_port(), "--tls", "auto"), pytest.MonkeyPatch.context() as patch:
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            patch.setenv(name, str(folder / "ca.pem"))
        admin = json.loads((folder / "admin.json").read_text())
        with httpx.Client(timeout=20) as client:
            yield ManagementClient(
                domain=admin["domain"],
                client_id=admin["client_id"],
                client_secret=admin["client_secret"],
                httpx_client=client,
            )


def status(call: Callable[[], object]) -> int | None:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.status_code


def test_factors_are_listed_and_switched(sdk: ManagementClient) -> None:
    names = [one.name for one in sdk.guardian.factors.list()]
    assert names[:2] == ["push-notification", "sms"]
    assert sdk.guardian.factors.set("otp", enabled=True).enabled
    assert {one.name: one.enabled for one in sdk.guardian.factors.list()}["otp"]


def test_policies_are_replaced(sdk: ManagementClient) -> None:
    assert sdk.guardian.policies.set(request=["all-applications"]) == ["all-applications"]
    assert sdk.guardian.policies.list() == ["all-applications"]
    assert sdk.guardian.policies.set(request=[]) == []


def test_remembering_is_replaced(sdk: ManagementClient) -> None:
    wanted: dict[str, Any] = {
        "display_remember_me_checkbox": True,
        "remember_me_default_value": False,
        "mfa_session_inactivity_timeout": 86400,
        "mfa_session_overall_timeout": 604800,
    }
    assert sdk.guardian.set(**wanted).model_dump() == wanted
    assert sdk.guardian.get().model_dump() == wanted


def test_codes_have_a_length_and_an_expiry(sdk: ManagementClient) -> None:
    sdk.guardian.factors.email.set(otp_length=8, otp_expiration_time=120)
    assert sdk.guardian.factors.email.get().otp_length == 8


def test_a_user_lives_and_dies(sdk: ManagementClient) -> None:
    made = sdk.users.create(connection=CONNECTION, email="ada@example.com", password="a long enough password", email_verified=True)
    assert made.user_id is not None
    assert made.user_id.startswith("auth0|")
    assert sdk.users.get(made.user_id).email == "ada@example.com"
    assert sdk.users.update(made.user_id, user_metadata={"theme": "dark"}).user_metadata == {"theme": "dark"}
    assert [one.user_id for one in sdk.users.list(q='email:"ada@example.com"', search_engine="v3")] == [made.user_id]
    assert [one.user_id for one in sdk.users.list_users_by_email(email="ada@example.com")] == [made.user_id]
    sdk.users.delete(made.user_id)
    assert status(lambda: sdk.users.get(made.user_id or "")) == 404


def test_lists_end(sdk: ManagementClient) -> None:
    """The pager asks until a page is empty."""
    ids = [sdk.users.create(connection=CONNECTION, email=f"u{number}@example.com", password="a long enough password").user_id for number in range(5)]
    assert {one.user_id for one in sdk.users.list(per_page=2)} >= set(ids)
    for id in ids:
        sdk.users.delete(id or "")


def test_what_a_user_has_enrolled_is_listed_and_removed(sdk: ManagementClient) -> None:
    made = sdk.users.create(connection=CONNECTION, email="eve@example.com", password="a long enough password", email_verified=True)
    user = made.user_id or ""
    (method,) = list(sdk.users.authentication_methods.list(user))
    assert (method.type, method.email, method.confirmed) == ("email", "eve@example.com", True)
    assert sdk.users.authentication_methods.get(user, method.id).id == method.id
    assert status(lambda: sdk.users.authentication_methods.delete(user, method.id)) == 400
    assert sdk.users.enrollments.get(user) == []
    sdk.users.authentication_methods.delete_all(user)
    sdk.users.authenticators.delete_all(user)
    sdk.users.multifactor.invalidate_remember_browser(user)
    assert list(sdk.users.sessions.list(user)) == []
    sdk.guardian.factors.set("recovery-code", enabled=True)
    assert sdk.users.regenerate_recovery_code(user).recovery_code
    assert "recovery-code" in {one.type for one in sdk.users.authentication_methods.list(user)}
    assert next(one.user_id for one in sdk.users.logs.list(user)) == user
    sdk.users.delete(user)


def test_an_application_lives_and_dies(sdk: ManagementClient) -> None:
    refresh = ClientRefreshTokenConfiguration(rotation_type="rotating", expiration_type="expiring", token_lifetime=1000)
    made = sdk.clients.create(name="Shop", callbacks=["https://shop.example/cb"], app_type="regular_web", refresh_token=refresh)
    id = made.client_id or ""
    assert made.client_secret
    shown = sdk.clients.get(id)
    assert (shown.client_secret, shown.callbacks) == (None, ["https://shop.example/cb"])
    assert shown.refresh_token is not None
    assert shown.refresh_token.token_lifetime == 1000
    assert sdk.clients.update(id, name="Store").name == "Store"
    assert sdk.clients.rotate_secret(id).client_secret not in {None, made.client_secret}
    assert id in {one.client_id for one in sdk.clients.list(per_page=1)}
    sdk.clients.delete(id)
    assert status(lambda: sdk.clients.get(id)) == 404


def test_an_api_and_a_grant_of_it(sdk: ManagementClient) -> None:
    api = sdk.resource_servers.create(identifier="https://api.example/", name="API", scopes=[ResourceServerScope(value="pay", description="Pay")])
    client = sdk.clients.create(name="Machine", app_type="non_interactive")
    grant = sdk.client_grants.create(client_id=client.client_id, audience="https://api.example/", scope=["pay"])
    assert [one.id for one in sdk.client_grants.list(client_id=client.client_id)] == [grant.id]
    assert sdk.client_grants.update(grant.id or "", scope=[]).scope == []
    assert sdk.resource_servers.get("https://api.example/").id == api.id
    assert sdk.resource_servers.update(api.id or "", token_lifetime=60).token_lifetime == 60
    assert api.id in {one.id for one in sdk.resource_servers.list(per_page=1)}
    sdk.client_grants.delete(grant.id or "")
    sdk.resource_servers.delete(api.id or "")
    sdk.clients.delete(client.client_id or "")


def test_what_people_let_applications_have_is_listed_and_taken_back(sdk: ManagementClient) -> None:
    assert list(sdk.user_grants.list(user_id="auth0|nobody")) == []
    sdk.user_grants.delete_by_user_id(user_id="auth0|nobody")
    assert status(lambda: sdk.user_grants.delete("con_nothing")) == 404


def test_the_log_is_read(sdk: ManagementClient) -> None:
    sdk.guardian.factors.set("otp", enabled=True)
    newest = next(iter(sdk.logs.list(per_page=100)))
    assert newest.type in {"sapi", "gd_tenant_update"}
    assert sdk.logs.get(newest.log_id or "").log_id == newest.log_id


def test_keys_are_rotated_and_the_token_in_hand_is_still_good(sdk: ManagementClient) -> None:
    before = sdk.keys.signing.list()
    rotated = sdk.keys.signing.rotate()
    assert rotated.cert.startswith("-----BEGIN CERTIFICATE-----")
    assert sdk.keys.signing.get(rotated.kid).current
    assert len(sdk.keys.signing.list()) > len(before)


def test_the_tenant_is_changed(sdk: ManagementClient) -> None:
    assert sdk.tenants.settings.update(friendly_name="ACME").friendly_name == "ACME"
    assert sdk.tenants.settings.get().friendly_name == "ACME"


def test_errors_are_raised_as_the_sdk_knows_them(sdk: ManagementClient) -> None:
    assert status(lambda: sdk.clients.get("nobody")) == 404
    assert status(lambda: sdk.users.create(connection="other", email="x@example.com")) == 400
    assert status(lambda: sdk.clients.create(name="")) == 400


SID = "AC" + "0" * 32


def test_a_phone_provider_lives_is_tried_and_dies(sdk: ManagementClient) -> None:
    told: dict[str, Any] = {"sid": SID, "default_from": "+15005550006", "delivery_methods": ["text", "voice"]}
    providers = sdk.branding.phone.providers
    # Other tests of this tenant may have left theirs, in whatever order they ran.
    for one in providers.list().providers or []:
        providers.delete(one.id)
    made = providers.create(name="twilio", configuration=TwilioProviderConfiguration(**told), credentials=TwilioProviderCredentials(auth_token="t"))
    assert made.id is not None
    assert (made.channel, made.disabled) == ("phone", False)
    assert [one.id for one in providers.list().providers or []] == [made.id]
    assert providers.get(made.id).configuration == made.configuration
    assert providers.update(made.id, disabled=True).disabled
    assert status(lambda: providers.test(str(made.id), to="not a number")) == 400
    providers.delete(made.id)
    assert status(lambda: providers.get(str(made.id))) == 404


def test_a_phone_template_lives_and_dies(sdk: ManagementClient) -> None:
    templates = sdk.branding.phone.templates
    for one in templates.list().templates or []:
        templates.delete(one.id)
    body = PhoneTemplateContent(syntax="liquid", body=PhoneTemplateBody(text="{{ code }}!", voice="{{ code }}"))
    made = templates.create(type="otp_verify", disabled=False, content=body)
    assert made.id is not None
    assert [one.id for one in templates.list().templates or []] == [made.id]
    assert templates.update(made.id, disabled=True).disabled
    assert "tenant.friendly_name" in str(templates.reset(made.id, request={}).content.body)
    templates.delete(made.id)
    assert status(lambda: templates.get(str(made.id))) == 404


def test_the_provider_for_mail_lives_and_dies(sdk: ManagementClient) -> None:
    provider = sdk.emails.provider
    key = EmailProviderCredentialsSchemaApiKey(api_key="SG.nobody")
    assert provider.create(name="sendgrid", credentials=key, default_from_address="a@example.test").enabled
    assert "SG.nobody" not in str(provider.get().model_dump())
    assert provider.update(enabled=False).enabled is False
    provider.delete()
    assert status(provider.get) == 404


def test_a_mail_has_words_of_the_tenants(sdk: ManagementClient) -> None:
    told: dict[str, Any] = {"body": "<p>{{ code }}</p>", "from_": "a@example.test", "subject": "{{ code }}", "syntax": "liquid", "enabled": True}
    assert sdk.email_templates.create(template="mfa_oob_code", **told).subject == "{{ code }}"
    assert sdk.email_templates.update("mfa_oob_code", enabled=False).enabled is False
    assert sdk.email_templates.set("mfa_oob_code", template="mfa_oob_code", **told).enabled
    assert sdk.email_templates.get("mfa_oob_code").body == "<p>{{ code }}</p>"
    assert status(lambda: sdk.email_templates.update("mfa_oob_code", body="{% for a in b %}{% endfor %}")) == 400


def test_guardian_knows_telephones_by_both_names(sdk: ManagementClient) -> None:
    phone, sms = sdk.guardian.factors.phone, sdk.guardian.factors.sms
    assert phone.set_message_types(message_types=["sms", "voice"]).message_types == ["sms", "voice"]
    assert phone.get_message_types().message_types == ["sms", "voice"]
    assert phone.set_twilio_provider(from_="+15005550006", sid=SID, auth_token="t").sid == SID
    assert sms.get_twilio_provider().from_ == "+15005550006"
    assert sms.get_twilio_provider().auth_token is None
    assert phone.set_provider(provider="twilio").provider == "twilio"
    assert sms.get_selected_provider().provider == "twilio"
    assert sms.set_provider(provider="auth0").provider == "auth0"
    texts = {"enrollment_message": "{{ code }} enrols", "verification_message": "{{ code }} logs in"}
    assert phone.set_templates(**texts).model_dump() == texts
    found = sms.get_templates()
    assert found is not None
    assert found.model_dump() == texts


def test_an_application_authenticates_itself_by_its_key(sdk: ManagementClient) -> None:
    api = sdk.resource_servers.create(identifier="https://keyed.example/", scopes=[ResourceServerScope(value="pay")])
    told_at = ClientOidcBackchannelLogoutSettings(backchannel_logout_urls=["https://app.example/logged-out"])
    client = sdk.clients.create(name="Keyed", app_type="non_interactive", oidc_logout=told_at).client_id or ""
    sdk.client_grants.create(client_id=client, audience=api.identifier or "", scope=["pay"])
    key = private("RS256")
    made = sdk.clients.credentials.create(client, credential_type="public_key", name="2027", pem=pem(key), alg="RS256")
    keyed = ClientAuthenticationMethod(private_key_jwt=ClientAuthenticationMethodPrivateKeyJwt(credentials=[CredentialId(id=made.id or "")]))
    shown = sdk.clients.update(client, client_authentication_methods=keyed)
    assert shown.client_authentication_methods == keyed
    assert [one.id for one in sdk.clients.credentials.list(client)] == [made.id]
    domain = json.loads((Path(os.environ["SSL_CERT_FILE"]).parent / "admin.json").read_text())["domain"]
    secret: str = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    tokens = GetToken(domain, client, client_assertion_signing_key=secret, client_assertion_signing_alg="RS256")
    assert tokens.client_credentials(api.identifier or "")["scope"] == "pay"
    assert sdk.clients.credentials.delete(client, made.id or "") is None
    with pytest.raises(Auth0Error, match="Unauthorized"):
        tokens.client_credentials(api.identifier or "")
