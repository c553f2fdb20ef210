"""The tenant's own providers: who carries its messages, told once and never told back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yett.domain.tenant import Catalogue, Contract
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.trial import Channel, Trial
from yett.ports import Makes, Sent

EMAIL, GUARDIAN = "email", "guardian-twilio"
# Settings that say where credentials go.
PLACES = frozenset({"endpoint", "url", "smtp_host", "host"})


@dataclass(frozen=True, slots=True)
class Contracts:
    """Each is tried on before it is kept: one of which no provider can be made is refused, with what is missing."""

    configure: Configure
    makes: Makes
    trial: Trial

    async def phone(self) -> Sequence[Contract]:
        """Those that carry texts or calls, in the order in which they are asked; the one of guardian/* is seen there alone."""
        return [one for one in (await self.configure.current.latest()).contracts if EMAIL not in one.channels and one.id != GUARDIAN]

    async def one(self, id: str) -> Contract | Refused:
        """By its id."""
        return _found(await self.configure.current.latest(), id) or absent("provider")

    async def open(self, caller: Caller, one: Contract, told: Mapping[str, str]) -> Contract | Refused:
        """A new one; `told` is all that it is told, secret or not."""
        now = self.configure.mint.clock()
        wanted = one._replace(id=one.id or self.configure.mint.name("pro_"), created_at=now, updated_at=now)

        def edited(catalogue: Catalogue) -> Edit | Refused:
            if _found(catalogue, wanted.id):
                return Refused("taken", "There is a provider already.", "provider_conflict")
            return self._put(caller, wanted, told)

        return await self._done(edited, wanted.id)

    async def change(
        self,
        caller: Caller,
        id: str,
        edit: Callable[[Contract], Contract],
        settings: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Contract | Refused:
        """Settings or credentials that are given replace those before; credentials do not go along to another place."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            seen = _found(catalogue, id)
            if seen is None:
                return absent("provider")
            after = edit(seen)._replace(updated_at=self.configure.mint.clock())
            told = seen.settings if settings is None else settings
            moved = after.name != seen.name or any(told.get(place) != seen.settings.get(place) for place in PLACES)
            if moved and seen.credentials and not credentials:
                return invalid("Where the provider is another one, its credentials must be given anew.")
            return self._put(caller, after, {**told, **(credentials or seen.credentials)})

        return await self._done(edited, id)

    async def close(self, caller: Caller, id: str) -> Refused | None:
        """It carries nothing any longer."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            seen = _found(catalogue, id)
            if seen is None:
                return absent("provider")
            return Edit((), (caller.fact(self.configure.mint, "sapi", provider=seen.name, removed=True),), (("contract", id),))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else None

    async def attempt(self, id: str, channel: Channel, to: str) -> str | Refused:
        """Send one message by it, and say what came of that; its words quote neither the number nor the message."""
        seen = await self.one(id)
        if isinstance(seen, Refused):
            return seen
        if channel not in seen.channels:
            return invalid("The provider does not carry that.")
        heard = await self.trial(channel, to, contract=id)
        if heard and isinstance(heard[-1].said, Sent):
            return f"The message was taken by {heard[-1].provider}."
        return invalid(f"The message was not taken: {heard[-1].said if heard else 'a demo sends nothing'}.", "provider_error")

    def _put(self, caller: Caller, one: Contract, told: Mapping[str, str]) -> Edit | Refused:
        """What is secret of it goes among the credentials, wherever it was said."""
        try:
            secret = frozenset[str]().union(*(self.makes.secrets(channel, one.name) for channel in one.channels))
            kept = one._replace(
                settings={name: value for name, value in told.items() if name not in secret and value},
                credentials={name: value for name, value in told.items() if name in secret and value},
            )
            for channel in kept.channels:
                self.makes.make(channel, kept)
        except ValueError as fault:
            return invalid(f"Invalid input: {fault}.")
        return Edit((kept,), (caller.fact(self.configure.mint, "sapi", provider=kept.name, channels=" ".join(kept.channels), disabled=kept.disabled),))

    async def _done(self, edited: Callable[[Catalogue], Edit | Refused], id: str) -> Contract | Refused:
        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else _found(done, id) or absent("provider")


def _found(catalogue: Catalogue, id: str) -> Contract | None:
    return next((one for one in catalogue.contracts if one.id == id), None)
