"""The tenant's own settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yett.domain.tenant import Catalogue, Tenant
from yett.flows.gate import regime_of
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.refused import Refused, invalid
from yett.oauth.redirects import well_formed
from yett.policy.regimes import Regime


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """What people see of the tenant, and how long its sessions live."""

    configure: Configure

    async def now(self) -> tuple[Tenant, Regime]:
        """The tenant, and the regime with its own figures."""
        catalogue = await self.configure.current.latest()
        return catalogue.tenant, regime_of(catalogue)

    async def change(self, caller: Caller, edit: Callable[[Tenant], Tenant], figures: Mapping[str, int]) -> tuple[Tenant, Regime] | Refused:
        """Change the tenant; `figures` are the operator's own, none looser than a strict regime's."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            tenant = edit(catalogue.tenant)
            tenant = tenant._replace(tightened={**tenant.tightened, **figures})
            regime = regime_of(catalogue._replace(tenant=tenant))
            for name, value in figures.items():
                if getattr(regime, name) != value:
                    message = f"The regime {tenant.regime} allows no {name} beyond {getattr(regime, name)} seconds."
                    return invalid(message, "regime_forbids")
            if regime.session_idle > regime.session_absolute:
                return invalid("A session cannot be idle for longer than it lives.")
            if not all(well_formed(url, native=False) for url in (*tenant.logout_urls, *filter(None, _links(tenant)))):
                return invalid("URLs must be absolute, without wildcard and fragment.")
            return Edit((tenant,), (caller.fact(self.configure.mint, "sapi"),))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else (done.tenant, regime_of(done))


def _links(tenant: Tenant) -> tuple[str, str]:
    return tenant.brand.logo, tenant.brand.support_url
