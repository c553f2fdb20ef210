"""Discovery is a promise: the whole document, as it stands."""

import json

from tests.core.oauth.samples import ISSUER
from yett.domain.tenant import Catalogue, SigningKey, Tenant
from yett.oauth.metadata import discovery

PAPE, AAL = "http://schemas.openid.net/pape/policies/2007/06/", "http://idmanagement.gov/ns/assurance/aal/"
KEYS = tuple(
    SigningKey(f"k{n}", alg, b"", b"{}", 0, use)
    for n, (alg, use) in enumerate((("RS256", "current"), ("RS256", "previous"), ("PS256", "next"), ("ES256", "current")))
)
EMPTY = Catalogue(1, 0, Tenant(), {}, {}, (), KEYS)


def test_the_document_says_what_is_there_and_nothing_else() -> None:
    assert json.loads(json.dumps(discovery(ISSUER, EMPTY))) == {
        "issuer": "https://id.example/",
        "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/oauth/token",
        "userinfo_endpoint": "https://id.example/userinfo",
        "jwks_uri": "https://id.example/.well-known/jwks.json",
        "mfa_challenge_endpoint": "https://id.example/mfa/challenge",
        "revocation_endpoint": "https://id.example/oauth/revoke",
        "introspection_endpoint": "https://id.example/oauth/introspect",
        "end_session_endpoint": "https://id.example/oidc/logout",
        "response_types_supported": ["code", "id_token"],
        "response_modes_supported": ["query", "fragment", "form_post", "web_message"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "password",
            "http://auth0.com/oauth/grant-type/password-realm",
            "http://auth0.com/oauth/grant-type/mfa-otp",
            "http://auth0.com/oauth/grant-type/mfa-oob",
            "http://auth0.com/oauth/grant-type/mfa-recovery-code",
            "http://auth0.com/oauth/grant-type/passwordless/otp",
            "urn:okta:params:oauth:grant-type:webauthn",
            "implicit",
        ],
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"),
            *("name", "given_name", "family_name", "middle_name", "nickname", "picture", "profile", "website"),
            *("gender", "birthdate", "zoneinfo", "locale", "preferred_username", "updated_at", "email", "email_verified"),
            *("address", "phone_number", "phone_number_verified"),
        ],
        "authorization_details_types_supported": [],
        "acr_values_supported": [
            "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
            "http://schemas.openid.net/pape/policies/2007/06/phishing-resistant",
            "phr",
            "phrh",
            "http://schemas.openid.net/pape/policies/2007/06/multi-factor-physical",
            "http://idmanagement.gov/ns/assurance/aal/1",
            "http://idmanagement.gov/ns/assurance/aal/2",
            "http://idmanagement.gov/ns/assurance/aal/3",
        ],
        "acr_values_implied": {
            PAPE + "multi-factor": [],
            PAPE + "phishing-resistant": ["phr"],
            "phr": [PAPE + "phishing-resistant"],
            "phrh": [PAPE + "phishing-resistant", "phr"],
            PAPE + "multi-factor-physical": [PAPE + "multi-factor", PAPE + "phishing-resistant", "phr", "phrh"],
            AAL + "1": [],
            AAL + "2": [PAPE + "multi-factor", AAL + "1"],
            AAL + "3": [PAPE + "multi-factor", PAPE + "phishing-resistant", "phr", "phrh", PAPE + "multi-factor-physical", AAL + "1", AAL + "2"],
        },
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "PS256", "ES256", "EdDSA", "Ed25519"],
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page", "popup", "touch"],
        "claim_types_supported": ["normal"],
        "ui_locales_supported": ["en", "de"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": False,
    }
