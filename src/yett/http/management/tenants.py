"""tenants/settings."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from yett.domain.assurance import MEANS
from yett.domain.tenant import Tenant
from yett.flows.manage.tenant import TenantSettings
from yett.http.management.client_bodies import kept
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Fields, Flag, chosen, or_else, settled
from yett.policy.regimes import Regime

HOUR, MINUTE = 3600, 60
Url = Annotated[str, Meta(max_length=2000)]
Locale = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Hours = Annotated[float, Meta(ge=0.05, le=8760)]
Minutes = Annotated[int, Meta(ge=1, le=525600)]


class TenantKept(Body, kw_only=True):
    """What Auth0 knows of a tenant and nothing here acts upon yet: kept, and given back."""

    change_password: Any = UNSET
    guardian_mfa_page: Any = UNSET
    default_audience: Any = UNSET
    default_directory: Any = UNSET
    default_redirection_uri: Any = UNSET
    default_token_quota: Any = UNSET
    error_page: Any = UNSET
    device_flow: Any = UNSET
    flags: Any = UNSET
    ephemeral_session_lifetime: Any = UNSET
    idle_ephemeral_session_lifetime: Any = UNSET
    sandbox_version: Any = UNSET
    legacy_sandbox_version: Any = UNSET
    access_token: Any = UNSET
    security_headers: Any = UNSET
    session_cookie: Any = UNSET
    sessions: Any = UNSET
    oidc_logout: Any = UNSET
    allow_organization_name_in_authentication_api: Any = UNSET
    customize_mfa_in_postlogin_action: Any = UNSET
    mtls: Any = UNSET
    pushed_authorization_requests_supported: Any = UNSET
    authorization_response_iss_parameter_supported: Any = UNSET
    dpop_strict_refresh_token_binding: Any = UNSET
    skip_non_verifiable_callback_uri_confirmation_prompt: Any = UNSET
    resource_parameter_profile: Any = UNSET
    client_id_metadata_document_supported: Any = UNSET
    phone_consolidated_experience: Any = UNSET
    enable_ai_guide: Any = UNSET
    include_session_metadata_in_tenant_logs: Any = UNSET
    dynamic_client_registration_security_mode: Any = UNSET
    country_codes: Any = UNSET


class ChangedTenant(TenantKept, kw_only=True):
    """Changes to the tenant. Sessions live by hours or by minutes; the minutes win. `passwordless` is ours: the connections by which a code may stand first."""

    friendly_name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    picture_url: Url | UnsetType = UNSET
    support_email: Annotated[str, Meta(max_length=254)] | UnsetType = UNSET
    support_url: Url | UnsetType = UNSET
    allowed_logout_urls: Annotated[list[Url], Meta(max_length=500)] | UnsetType = UNSET
    enabled_locales: Annotated[list[Locale], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    session_lifetime: Hours | UnsetType = UNSET
    session_lifetime_in_minutes: Minutes | UnsetType = UNSET
    idle_session_lifetime: Hours | UnsetType = UNSET
    idle_session_lifetime_in_minutes: Minutes | UnsetType = UNSET
    disable_signup: bool | UnsetType = UNSET
    passwordless: list[Literal["email", "sms"]] | UnsetType = UNSET


class TenantView(TenantKept, kw_only=True, forbid_unknown_fields=False):
    """The tenant. Lifetimes are those in force, in hours; `regime` and `disable_signup` are ours."""

    friendly_name: str | UnsetType = UNSET
    picture_url: str | UnsetType = UNSET
    support_email: str | UnsetType = UNSET
    support_url: str | UnsetType = UNSET
    allowed_logout_urls: list[str] | UnsetType = UNSET
    enabled_locales: list[str] | UnsetType = UNSET
    session_lifetime: float | UnsetType = UNSET
    idle_session_lifetime: float | UnsetType = UNSET
    acr_values_supported: list[str] | UnsetType = UNSET
    regime: str | UnsetType = UNSET
    disable_signup: bool | UnsetType = UNSET
    passwordless: list[str] | UnsetType = UNSET


class TenantApi:
    """Handlers of tenants/settings."""

    def __init__(self, tenant: TenantSettings) -> None:
        self.tenant = tenant

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return Route("GET", "/tenants/settings", self.one), Route("PATCH", "/tenants/settings", self.change)

    async def one(self, *, fields: Fields = None, include_fields: Flag = True) -> TenantView:
        """The tenant's settings."""
        return chosen([view(*await self.tenant.now())], fields, include=include_fields)[0]

    async def change(self, request: Asked, data: JSONBody[ChangedTenant]) -> TenantView:
        """Change them. Nothing loosens a strict regime."""
        done = await self.tenant.change(request.auth, lambda tenant: changed(tenant, data), _figures(data))
        return view(*settled(done))


def changed(tenant: Tenant, body: ChangedTenant) -> Tenant:
    """The tenant with these changes."""
    brand = tenant.brand._replace(
        name=or_else(body.friendly_name, tenant.brand.name),
        logo=or_else(body.picture_url, tenant.brand.logo),
        support_email=or_else(body.support_email, tenant.brand.support_email),
        support_url=or_else(body.support_url, tenant.brand.support_url),
    )
    return tenant._replace(
        brand=brand,
        logout_urls=tuple(or_else(body.allowed_logout_urls, tenant.logout_urls)),
        locales=tuple(or_else(body.enabled_locales, tenant.locales)),
        signup=not or_else(body.disable_signup, not tenant.signup),
        extra=kept(tenant.extra, body, TenantKept),
        passwordless=tuple(dict.fromkeys(or_else(body.passwordless, list(tenant.passwordless)))),
    )


def _figures(body: ChangedTenant) -> Mapping[str, int]:
    asked = {
        "session_absolute": _seconds(body.session_lifetime, body.session_lifetime_in_minutes),
        "session_idle": _seconds(body.idle_session_lifetime, body.idle_session_lifetime_in_minutes),
    }
    return {name: value for name, value in asked.items() if value is not None}


def _seconds(hours: float | UnsetType, minutes: int | UnsetType) -> int | None:
    if minutes is not UNSET:
        return minutes * MINUTE
    return None if hours is UNSET else round(hours * HOUR)


def view(tenant: Tenant, regime: Regime) -> TenantView:
    """The tenant as Auth0 shows it."""
    extra = msgspec.json.decode(tenant.extra, type=dict[str, Any])
    return TenantView(
        friendly_name=tenant.brand.name,
        picture_url=tenant.brand.logo or UNSET,
        support_email=tenant.brand.support_email or UNSET,
        support_url=tenant.brand.support_url or UNSET,
        allowed_logout_urls=list(tenant.logout_urls),
        enabled_locales=list(tenant.locales),
        session_lifetime=regime.session_absolute / HOUR,
        idle_session_lifetime=regime.session_idle / HOUR,
        acr_values_supported=list(MEANS),
        regime=regime.name,
        disable_signup=not tenant.signup,
        passwordless=list(tenant.passwordless),
        **{name: value for name, value in extra.items() if name in TenantKept.__struct_fields__},
    )
