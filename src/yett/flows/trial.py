"""One message of an operator's own, sent at once and past the outbox: what each provider says, and how long that takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from yett.domain.enrolment import Message
from yett.domain.tenant import Catalogue, Template
from yett.flows.deliver import Asked, Carrier
from yett.flows.roster import Seat

Channel = Literal["email", "sms", "voice"]
# What it says: that it is a trial; or what a template says of a code that opens nothing.
WORDS = {"otp_verify": "mfa_code", "otp_enroll": "phone_verification", "blocked_account": "factors_locked"}
TRIAL, CODE = "delivery_trial", "123456"


@dataclass(frozen=True, slots=True)
class Trial:
    """Asks whoever would be asked, in the same order; nothing is kept, and nothing tried again."""

    carrier: Carrier

    async def __call__(self, channel: Channel, to: str, *, name: str = "", contract: str = "", template: Template | None = None) -> Sequence[Asked]:
        """What was said by all who were asked: those of this `name`, or of this contract alone, switched off or not."""
        catalogue = await self.carrier.current.latest()
        seats = self._of(channel, contract, catalogue) if contract else self.carrier.roster.of(channel, catalogue)
        message = Message(channel, to, TRIAL, "en", {})
        tenant, code = catalogue.tenant, ""
        if template is not None:
            message, code = message._replace(template=WORDS.get(template.name, "mfa_code"), data={"minutes": "5"}), CODE
            tenant = tenant._replace(templates=(template._replace(enabled=True),))
        letter = self.carrier.compose(message, code, tenant)._replace(id=self.carrier.mint.name("try_"))
        chosen = [seat for seat in seats if not name or seat.provider.name == name or seat.provider.name.startswith(f"{name}:")]
        return [asked async for asked in self.carrier.ask(chosen, letter, self._always)]

    def _of(self, channel: Channel, contract: str, catalogue: Catalogue) -> Sequence[Seat]:
        chosen = [one._replace(disabled=False) for one in catalogue.contracts if one.id == contract]
        own = len(self.carrier.roster.own.get(channel, ()))
        return self.carrier.roster.of(channel, catalogue._replace(contracts=tuple(chosen)))[own:]

    async def _always(self) -> float:
        return self.carrier.patience
