"""Discovery: OpenID Connect Discovery 1.0 and RFC 8414, of what is really there."""

from yett.domain.assurance import MEANS, implies
from yett.domain.client import CREDENTIALS
from yett.domain.tenant import Catalogue
from yett.oauth import authorize, claims, details, response, scopes
from yett.oauth.clients import METHODS, PROOFS
from yett.oauth.token import GRANTS

# What each acr value implies besides itself: yett-guard reads it (no standard has such a table).
IMPLIED = {have: tuple(want for want in MEANS if want != have and implies(have, want)) for have in MEANS}


def discovery(issuer: str, catalogue: Catalogue) -> dict[str, object]:
    """The document; the issuer ends in a slash. What is absent by default is denied by name (request_uri)."""
    current = [key.alg for key in catalogue.keys if key.use == "current"]
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + "authorize",
        "token_endpoint": issuer + "oauth/token",
        "userinfo_endpoint": issuer + "userinfo",
        "jwks_uri": issuer + ".well-known/jwks.json",
        "mfa_challenge_endpoint": issuer + "mfa/challenge",
        "revocation_endpoint": issuer + "oauth/revoke",
        "introspection_endpoint": issuer + "oauth/introspect",
        "end_session_endpoint": issuer + "oidc/logout",
        "response_types_supported": response.TYPES,
        "response_modes_supported": response.MODES,
        "grant_types_supported": (*GRANTS, response.IMPLICIT),
        "scopes_supported": scopes.OIDC,
        "claims_supported": claims.SUPPORTED,
        "acr_values_supported": tuple(MEANS),
        "acr_values_implied": IMPLIED,
        "prompt_values_supported": authorize.PROMPTS,
        "authorization_details_types_supported": details.supported(catalogue.apis.values()),
        "subject_types_supported": ("public",),
        "id_token_signing_alg_values_supported": tuple(dict.fromkeys(current)),
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": CREDENTIALS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": CREDENTIALS,
        "introspection_endpoint_auth_methods_supported": PROOFS,
        "introspection_endpoint_auth_signing_alg_values_supported": CREDENTIALS,
        "code_challenge_methods_supported": ("S256",),
        "display_values_supported": ("page", "popup", "touch"),
        "claim_types_supported": ("normal",),
        "ui_locales_supported": catalogue.tenant.locales,
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": False,
    }
