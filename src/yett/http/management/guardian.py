"""guardian/*: factors, policies, remembered browsers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, convert, field, structs

from yett.domain.tenant import Remember
from yett.flows.manage.guardian import BOUND, Guardian
from yett.flows.manage.relying import RelyingParties, RelyingParty
from yett.flows.spending import MOST_HOURLY, Limits
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Id, settled

Policy = Literal["all-applications", "confidence-score"]
Policies = Annotated[list[Policy], Meta(max_length=2, extra_json_schema={"uniqueItems": True})]


Model = Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class FactorSettings(Body):
    """Settings of one factor: of codes that are sent the first two, of keys the rest (those after the third are Yett's own)."""

    otp_length: Annotated[int, Meta(ge=6, le=8)] | UnsetType = UNSET
    otp_expiration_time: Annotated[int, Meta(ge=60, le=600)] | UnsetType = UNSET
    user_verification: Literal["discouraged", "preferred", "required"] | UnsetType = field(default=UNSET, name="userVerification")
    override_relying_party: bool | UnsetType = field(default=UNSET, name="overrideRelyingParty")
    relying_party_identifier: Annotated[str, Meta(max_length=253, pattern="^[a-z0-9.-]*$")] | UnsetType = field(default=UNSET, name="relyingPartyIdentifier")
    origins: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=20)] | UnsetType = UNSET
    attestation: Literal["none", "direct"] | UnsetType = UNSET
    attested: bool | UnsetType = UNSET
    allowed: Annotated[list[Model], Meta(max_length=1000)] | UnsetType = UNSET
    denied: Annotated[list[Model], Meta(max_length=1000)] | UnsetType = UNSET
    hardware: bool | UnsetType = UNSET


class FactorView(Struct, omit_defaults=True):
    """A factor, and whether it is on."""

    name: str
    enabled: bool
    settings: FactorSettings | UnsetType = UNSET


class Switch(Body):
    """On or off."""

    enabled: bool


class SpendingLimits(Body):
    """What codes by telephone may cost: the countries (ISO 3166; `*`: all) to which they are sent, and how many in an hour to each."""

    countries: Annotated[list[Annotated[str, Meta(pattern=r"^([A-Z]{2}|\*)$")]], Meta(max_length=300, extra_json_schema={"uniqueItems": True})]
    hourly: Annotated[int, Meta(ge=1, le=MOST_HOURLY)]


class RememberSettings(Body):
    """How browsers are remembered; times in seconds."""

    display_remember_me_checkbox: bool
    remember_me_default_value: bool
    mfa_session_inactivity_timeout: Annotated[int, Meta(ge=3600, le=2592000)]
    mfa_session_overall_timeout: Annotated[int, Meta(ge=3600, le=7776000)]
    require_browser_key: bool = False


class GuardianApi:
    """Handlers of guardian/*."""

    def __init__(self, guardian: Guardian, parties: RelyingParties) -> None:
        self.guardian, self.parties = guardian, parties

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/guardian/factors", self.factors),
            Route("PUT", "/guardian/factors/{name}", self.switch),
            Route("GET", "/guardian/factors/{name}/settings", self.settings),
            Route("PUT", "/guardian/factors/{name}/settings", self.set_settings),
            Route("GET", "/guardian/factors/{name}/limits", self.limits),
            Route("PUT", "/guardian/factors/{name}/limits", self.limit),
            Route("GET", "/guardian/policies", self.policies),
            Route("PUT", "/guardian/policies", self.set_policies),
            Route("PATCH", "/guardian/policies", self.set_policies),
            Route("GET", "/guardian/settings", self.remembering),
            Route("PUT", "/guardian/settings", self.remember),
        )

    async def factors(self) -> list[FactorView]:
        """All of Auth0's factors; one that is on and not built yet is offered to nobody."""
        factors = await self.guardian.factors()
        return [FactorView(name, on) for name, on in factors.items()]

    async def switch(self, request: Asked, name: Id, data: JSONBody[Switch]) -> Switch:
        """Switch a factor on or off."""
        return Switch(settled(await self.guardian.switch(request.auth, name, on=data.enabled)))

    async def settings(self, name: Id) -> FactorSettings:
        """Length and expiry of the codes that a factor sends, or what holds for keys."""
        if name in BOUND:
            return _bound(settled(await self.parties.of(name)))
        return convert(settled(await self.guardian.codes(name)), FactorSettings)

    async def set_settings(self, request: Asked, name: Id, data: JSONBody[FactorSettings]) -> FactorSettings:
        """Replace them all: what is not said is as it is at first."""
        said = {one: value for one, value in structs.asdict(data).items() if value is not UNSET}
        if name in BOUND:
            return _bound(settled(await self.parties.replace(request.auth, name, said)))
        return convert(settled(await self.guardian.set_codes(request.auth, name, said)), FactorSettings)

    async def limits(self, name: Id) -> SpendingLimits:
        """What codes by telephone may cost (`phone`, `sms`): against SMS pumping."""
        said = settled(await self.guardian.limits(name))
        return SpendingLimits(list(said.countries), said.hourly)

    async def limit(self, request: Asked, name: Id, data: JSONBody[SpendingLimits]) -> SpendingLimits:
        """Replace what codes by telephone may cost."""
        wanted = Limits(tuple(dict.fromkeys(data.countries)), data.hourly)
        said = settled(await self.guardian.limit(request.auth, name, wanted))
        return SpendingLimits(list(said.countries), said.hourly)

    async def policies(self) -> Policies:
        """When second factors are asked for; an empty list: only where an application or API asks."""
        return list((await self.guardian.tenant()).policies)  # type: ignore[arg-type]

    async def set_policies(self, request: Asked, data: JSONBody[Policies]) -> Policies:
        """Replace the policies."""
        wanted = tuple(dict.fromkeys(data))
        return list(settled(await self.guardian.policies(request.auth, wanted)))  # type: ignore[arg-type]

    async def remembering(self) -> RememberSettings:
        """How browsers are remembered."""
        return _view(await self.guardian.remembering())

    async def remember(self, request: Asked, data: JSONBody[RememberSettings]) -> RememberSettings:
        """Replace how browsers are remembered."""
        wanted = Remember(
            data.display_remember_me_checkbox,
            data.remember_me_default_value,
            data.mfa_session_inactivity_timeout,
            data.mfa_session_overall_timeout,
            data.require_browser_key,
        )
        return _view(settled(await self.guardian.remember(request.auth, wanted)))


def _bound(party: RelyingParty) -> FactorSettings:
    return FactorSettings(
        user_verification=party.verification,  # type: ignore[arg-type]
        override_relying_party=bool(party.name),
        relying_party_identifier=party.name,
        origins=list(party.origins),
        attestation="direct" if party.direct else "none",
        attested=party.attested,
        allowed=list(party.allowed),
        denied=list(party.denied),
        hardware=party.hardware,
    )


def _view(remember: Remember) -> RememberSettings:
    return RememberSettings(remember.offered, remember.ticked, remember.idle, remember.absolute, remember.bound)
