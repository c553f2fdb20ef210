"""What codes may cost: nobody shall earn by making us send them (SMS pumping)."""

from yett.domain.tenant import Tenant

EVERYWHERE = "*"
# Countries in which a code is cheap, and a fraud with codes rare: where a tenant says nothing, codes are sent to these alone.
SAFE = (
    "AT", "AU", "BE", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS",
    "IT", "JP", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "US",
)  # fmt: skip


def served(tenant: Tenant, factor: str) -> tuple[str, ...]:
    """The countries (ISO 3166) to which codes of this factor are sent; ("*",): all."""
    said = tenant.factor_settings.get(factor, {}).get("countries")
    return tuple(str(one) for one in said) if isinstance(said, (list, tuple)) else SAFE
