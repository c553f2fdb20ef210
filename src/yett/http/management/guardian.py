"""guardian/*: factors, policies, remembered browsers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.tenant import Remember
from yett.flows.manage.guardian import Guardian
from yett.flows.spending import MOST_HOURLY, Limits
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Body, Id, settled

Policy = Literal["all-applications", "confidence-score"]
Policies = Annotated[list[Policy], Meta(max_length=2, extra_json_schema={"uniqueItems": True})]


class CodeSettings(Body):
    """How long a sent code is, and how long it lives, in seconds."""

    otp_length: Annotated[int, Meta(ge=6, le=8)]
    otp_expiration_time: Annotated[int, Meta(ge=60, le=600)]


class FactorView(Struct, omit_defaults=True):
    """A factor, and whether it is on."""

    name: str
    enabled: bool
    settings: CodeSettings | UnsetType = UNSET


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


class GuardianApi:
    """Handlers of guardian/*."""

    def __init__(self, guardian: Guardian) -> None:
        self.guardian = guardian

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("GET", "/guardian/factors", self.factors),
            Route("PUT", "/guardian/factors/{name}", self.switch),
            Route("GET", "/guardian/factors/{name}/settings", self.codes),
            Route("PUT", "/guardian/factors/{name}/settings", self.set_codes),
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

    async def codes(self, name: Id) -> CodeSettings:
        """Length and expiry of the codes that `phone` or `email` send."""
        return CodeSettings(**settled(await self.guardian.codes(name)))

    async def set_codes(self, request: Asked, name: Id, data: JSONBody[CodeSettings]) -> CodeSettings:
        """Replace length and expiry of codes."""
        done = await self.guardian.set_codes(request.auth, name, data.otp_length, data.otp_expiration_time)
        return CodeSettings(**settled(done))

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
        )
        return _view(settled(await self.guardian.remember(request.auth, wanted)))


def _view(remember: Remember) -> RememberSettings:
    return RememberSettings(remember.offered, remember.ticked, remember.idle, remember.absolute)
