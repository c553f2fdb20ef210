"""APIs: what a token for them says, and what they demand of whoever asks for one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yett.domain.assurance import MEANS
from yett.domain.client import Api
from yett.domain.requirement import ONE_USE_LIVES
from yett.domain.tenant import Catalogue
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Drop, Edit
from yett.flows.manage.keys import missing
from yett.flows.manage.refused import Refused, absent, invalid
from yett.oauth import details
from yett.ports import Signer


@dataclass(frozen=True, slots=True)
class Apis:
    """APIs, found by id or identifier. Those under the issuer are our own, and not to be changed here."""

    configure: Configure
    issuer: str
    signer: Signer

    def ours(self, api: Api) -> bool:
        """Whether this is an API of this server itself."""
        return api.identifier.startswith(self.issuer)

    async def all(self) -> Sequence[Api]:
        """All of them, by id."""
        return sorted((await self.configure.current.latest()).apis.values(), key=lambda one: one.id)

    async def one(self, name: str) -> Api | Refused:
        """The API of this id or identifier."""
        return _found(await self.configure.current.latest(), name) or absent("resource server")

    async def create(self, caller: Caller, draft: Api) -> Api | Refused:
        """A new API; its identifier is its audience for good."""
        if self.ours(draft):
            return invalid("Identifiers that begin with the issuer belong to this server.")
        new = draft._replace(id=self.configure.mint.name(size=18))

        def edited(catalogue: Catalogue) -> Edit | Refused:
            if new.identifier in catalogue.apis:
                message = "A resource server with the same identifier already exists."
                return Refused("taken", message, "resource_already_exists")
            return self._edit(caller, new, catalogue)

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else new

    async def change(self, caller: Caller, name: str, edit: Callable[[Api], Api]) -> Api | Refused:
        """Change an API; its id and identifier stay as they are."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = self._own(catalogue, name)
            if isinstance(old, Refused):
                return old
            return self._edit(caller, edit(old)._replace(id=old.id, identifier=old.identifier), catalogue)

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else _found(done, name) or absent("resource server")

    async def delete(self, caller: Caller, name: str) -> Refused | None:
        """Delete an API and what was granted of it."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            old = self._own(catalogue, name)
            if isinstance(old, Refused):
                return old
            grants: list[Drop] = [("client_grant", one.id) for one in catalogue.grants if one.audience == old.identifier]
            facts = (caller.fact(self.configure.mint, "sapi", identifier=old.identifier),)
            return Edit((), facts, (("api", old.id), *grants))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else None

    def _own(self, catalogue: Catalogue, name: str) -> Api | Refused:
        api = _found(catalogue, name)
        if api is None:
            return absent("resource server")
        if self.ours(api):
            return invalid("A system API cannot be changed.", "operation_not_supported")
        return api

    def _edit(self, caller: Caller, new: Api, catalogue: Catalogue) -> Edit | Refused:
        loose = sorted(set(new.scope_requirements).difference(new.scopes))
        if loose:
            return invalid(f"There is a requirement for {', '.join(loose)}, but no such scope.")
        if fault := _fault_of_demands(new) or _fault_of_details(new):
            return invalid(fault)
        keys = missing(self.signer, catalogue, new.signing_alg, self.configure.mint.clock())
        return Edit((new, *keys), (caller.fact(self.configure.mint, "sapi", identifier=new.identifier),))


def _fault_of_demands(api: Api) -> str:
    """Why nobody could ever meet what is demanded; empty where somebody could."""
    for demand in (api.requirement, *api.scope_requirements.values()):
        if demand is None:
            continue
        if unknown := [acr for acr in demand.acrs if acr not in MEANS]:
            return f"There is no acr {unknown[0]}. Known are: {', '.join(MEANS)}."
        if demand.one_use and demand.lifetime is not None and demand.lifetime < ONE_USE_LIVES:
            return f"A token for one use lives {ONE_USE_LIVES} s: its lifetime must not be shorter."
    return ""


def _fault_of_details(api: Api) -> str:
    types = [one.type for one in api.details]
    twice = next((one for one in types if types.count(one) > 1), "")
    return f"The type {twice} is there twice." if twice else next(filter(None, map(details.fault, api.details)), "")


def _found(catalogue: Catalogue, name: str) -> Api | None:
    return catalogue.apis.get(name) or next((one for one in catalogue.apis.values() if one.id == name), None)
