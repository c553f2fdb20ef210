"""Factors, policies and remembered browsers of the tenant: guardian/* in Auth0's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue, Remember, Tenant
from yett.flows.first_start import is_number
from yett.flows.gate import regime_of
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.numbers import is_country
from yett.flows.spending import EVERYWHERE, MOST_HOURLY, Limits, limits

# Auth0's factors, and what it calls an enrolment of each under users/{id}/enrollments ("": it lists none). A setting
# of one that is not built is kept, and nothing offers it.
AUTH0: Mapping[str, str] = {
    "push-notification": "guardian",
    "sms": "sms",
    "email": "",
    "duo": "",
    "otp": "authenticator",
    "webauthn-roaming": "webauthn-roaming",
    "webauthn-platform": "webauthn-platform",
    "recovery-code": "",
    "passkey": "",
}
# Factors that are bound to the name of the issuer.
BOUND = frozenset({"webauthn-roaming", "webauthn-platform", "passkey"})
# Factors whose codes have a length and an expiry, by the name that their settings have in the path.
SENT = {"phone": "sms", "email": "email"}
# Those whose codes go to a number, by the names that they have in the path; and where what the tenant says of them stands.
NUMBERED, BY_TELEPHONE = frozenset({"phone", "sms"}), "sms"

HOUR, DAY = 3600, 86400
IDLE, OVERALL = range(HOUR, 30 * DAY + 1), range(HOUR, 90 * DAY + 1)
# A sent code lives ten minutes at most (NIST SP 800-63B-4, 3.1.3.2); codes have eight digits at most.
LENGTH, EXPIRY = range(6, 9), range(60, 601)
CODES = {"otp_length": 6, "otp_expiration_time": 300}


@dataclass(frozen=True, slots=True)
class Guardian:
    """Which factors are on, when they are asked for, and for how long a browser may be remembered."""

    configure: Configure
    issuer: str

    async def tenant(self) -> Tenant:
        """The tenant as it is now."""
        return (await self.configure.current.latest()).tenant

    async def factors(self) -> Mapping[str, bool]:
        """Each of Auth0's names, and whether it is on."""
        on = (await self.tenant()).factors
        return {name: on.get(name, False) for name in AUTH0}

    async def switch(self, caller: Caller, name: str, *, on: bool) -> bool | Refused:
        """Switch a factor on or off for everybody."""
        if name not in AUTH0:
            return absent("factor")
        if on and name in BOUND and is_number(self.issuer):
            return invalid("WebAuthn does not work under an issuer that is an IP address.", "operation_not_supported")

        def edited(catalogue: Catalogue) -> Edit | Refused:
            factors = {**catalogue.tenant.factors, name: on}
            if name in BOUND and not on and not offers(factors) and regime_of(catalogue).phishing_resistant != "optional":
                return invalid(f"The regime {catalogue.tenant.regime} wants a phishing-resistant factor offered: this is the last.", "regime_forbids")
            return Edit((catalogue.tenant._replace(factors=factors),), self._facts(caller, factor=name, enabled=on))

        change = await self.configure.change(edited)
        return change if isinstance(change, Refused) else on

    async def policies(self, caller: Caller, policies: tuple[str, ...]) -> tuple[str, ...] | Refused:
        """Replace the policies: all-applications, confidence-score, or none (step-up only)."""
        change = await self._tenant(caller, lambda tenant: tenant._replace(policies=policies), policies=" ".join(policies))
        return change if isinstance(change, Refused) else policies

    async def remembering(self) -> Remember:
        """What is in force: nothing is offered where the regime forbids it."""
        catalogue = await self.configure.current.latest()
        remember = catalogue.tenant.remember
        return remember if regime_of(catalogue).remembers else remember._replace(offered=False, ticked=False)

    async def remember(self, caller: Caller, wanted: Remember) -> Remember | Refused:
        """Replace how browsers are remembered."""
        if wanted.idle not in IDLE or wanted.absolute not in OVERALL or wanted.idle > wanted.absolute:
            return invalid(
                "mfa_session_inactivity_timeout must be 3600 to 2592000 seconds and no longer than "
                "mfa_session_overall_timeout, which must be 3600 to 7776000 seconds."
            )

        def edit(catalogue: Catalogue) -> Edit | Refused:
            if wanted.offered and not regime_of(catalogue).remembers:
                regime = catalogue.tenant.regime
                return invalid(f"The regime {regime} does not let a browser be remembered.", "regime_forbids")
            facts = self._facts(caller, remember=wanted.offered, idle=wanted.idle, overall=wanted.absolute, bound=wanted.bound)
            return Edit((catalogue.tenant._replace(remember=wanted),), facts)

        change = await self.configure.change(edit)
        return change if isinstance(change, Refused) else wanted

    async def codes(self, name: str) -> Mapping[str, int] | Refused:
        """Length and expiry of the codes that a factor sends."""
        if name not in SENT:
            return absent("factor")
        return _codes_of(await self.tenant(), SENT[name])

    async def set_codes(self, caller: Caller, name: str, said: Mapping[str, object]) -> Mapping[str, int] | Refused:
        """Replace length and expiry of the codes that a factor sends."""
        if name not in SENT:
            return absent("factor")
        length, expiry = said.get("otp_length"), said.get("otp_expiration_time")
        if said.keys() != CODES.keys() or length not in LENGTH or expiry not in EXPIRY:
            return invalid("otp_length must be 6 to 8 and otp_expiration_time 60 to 600 seconds, and there is no other setting.")
        factor, codes = SENT[name], {one: int(str(said[one])) for one in CODES}

        def edit(tenant: Tenant) -> Tenant:
            own = {**tenant.factor_settings.get(factor, {}), **codes}
            return tenant._replace(factor_settings={**tenant.factor_settings, factor: own})

        change = await self._tenant(caller, edit, factor=factor, **codes)
        return change if isinstance(change, Refused) else codes

    async def limits(self, name: str) -> Limits | Refused:
        """What codes by telephone may cost."""
        return limits(await self.tenant(), BY_TELEPHONE) if name in NUMBERED else absent("factor")

    async def limit(self, caller: Caller, name: str, wanted: Limits) -> Limits | Refused:
        """Replace it."""
        if name not in NUMBERED:
            return absent("factor")
        unknown = [one for one in wanted.countries if one != EVERYWHERE and not is_country(one)]
        if unknown:
            return invalid(f"countries must be ISO 3166 codes of countries that have telephone numbers, or *: there is no {unknown[0]}.")
        if not 0 < wanted.hourly <= MOST_HOURLY:
            return invalid(f"hourly must be 1 to {MOST_HOURLY}.")

        def edit(tenant: Tenant) -> Tenant:
            own = {**tenant.factor_settings.get(BY_TELEPHONE, {}), "countries": list(wanted.countries), "hourly": wanted.hourly}
            return tenant._replace(factor_settings={**tenant.factor_settings, BY_TELEPHONE: own})

        change = await self._tenant(caller, edit, factor=BY_TELEPHONE, countries=" ".join(wanted.countries), hourly=wanted.hourly)
        return change if isinstance(change, Refused) else wanted

    async def _tenant(self, caller: Caller, edit: Callable[[Tenant], Tenant], **told: object) -> Catalogue | Refused:
        return await self.configure.change(lambda catalogue: Edit((edit(catalogue.tenant),), self._facts(caller, **told)))

    def _facts(self, caller: Caller, **told: object) -> tuple[Fact, ...]:
        mint = self.configure.mint
        return caller.fact(mint, "gd_tenant_update", **told), caller.fact(mint, "sapi", **told)


def offers(factors: Mapping[str, bool]) -> bool:
    """Whether one of those that are on is phishing-resistant."""
    return any(factors.get(name) for name in BOUND)


def _codes_of(tenant: Tenant, factor: str) -> Mapping[str, int]:
    own = tenant.factor_settings.get(factor, {})
    return {name: value if isinstance(value := own.get(name), int) else usual for name, usual in CODES.items()}
