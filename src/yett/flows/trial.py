"""One message of an operator's own, sent at once and past the outbox: what each provider says, and how long that takes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from yett.domain.enrolment import Message
from yett.domain.tenant import Catalogue, Template
from yett.flows.accounts import is_address
from yett.flows.deliver import Asked, Carrier
from yett.flows.event import Event
from yett.flows.numbers import e164
from yett.flows.roster import Seat
from yett.ports import Sent, Undelivered

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

    async def told(self, channel: str, to: str, name: str) -> AsyncIterator[Event]:
        """`yett deliver try`: what each provider says, as it says it, and what came of it."""
        if channel not in {"email", "sms", "voice"}:
            yield Event("refused", f"there is no channel {channel!r}; there are email, sms and voice")
            return
        if not (is_address(to) if channel == "email" else e164(to)):
            yield Event("refused", f"{to!r} is no {'address' if channel == 'email' else 'telephone number (+ and country code)'} that can be reached")
            return
        heard = await self(channel, to, name=name)  # type: ignore[arg-type]
        for asked in heard:
            yield Event("progress", f"{asked.provider}: {_says(asked)}, in {asked.took:.2f} s")
        data = {"asked": [{"provider": one.provider, "taken": isinstance(one.said, Sent), "says": _says(one), "seconds": round(one.took, 3)} for one in heard]}
        if heard and isinstance(heard[-1].said, Sent):
            yield Event("done", f"taken by {heard[-1].provider}", data)
        elif heard:
            yield Event("refused", "nobody took it", data)
        else:
            yield Event("refused", f"there is no provider for {channel}{f' called {name}' if name else ''}", data)

    def _of(self, channel: Channel, contract: str, catalogue: Catalogue) -> Sequence[Seat]:
        chosen = [one._replace(disabled=False) for one in catalogue.contracts if one.id == contract]
        own = len(self.carrier.roster.own.get(channel, ()))
        return self.carrier.roster.of(channel, catalogue._replace(contracts=tuple(chosen)))[own:]

    async def _always(self) -> float:
        return self.carrier.patience


def _says(asked: Asked) -> str:
    match asked.said:
        case Sent(reference, price):
            return " ".join(filter(None, ("taken", reference and f"as {reference}", price and f"for {price}")))
        case Undelivered() as fault:
            return str(fault).removeprefix(f"{asked.provider}: ") + (", for good" if fault.permanent else "")
        case fault:
            return "no answer in time" if isinstance(fault, TimeoutError) else type(fault).__name__
