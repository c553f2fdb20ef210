"""The first start of a store, and what every later start checks before anything is served."""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from yett.domain.tenant import Catalogue, Tenant
from yett.flows.administrator import Administrator, Refusal
from yett.policy.regimes import REGIMES
from yett.ports import Change, Configuration, Signer

# How long another node that began the first start may take: 100 looks, 50 ms apart.
LOOKS, PAUSE = 100, 0.05
# RS256 because every SDK knows it; ES256 for those who ask for it: a fourteenth of the work.
ALGS = ("RS256", "ES256")


class Ready(NamedTuple):
    """The store may be served. `first`: this was its first start, and it was ours."""

    catalogue: Catalogue
    first: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirstStart:
    """Opens a store: whoever wins one compare-and-set makes its key, its management API and its administrator."""

    store: Configuration
    signer: Signer
    administrator: Administrator
    wait: Callable[[float], Awaitable[object]]

    async def __call__(self, regime: str, *, demo: bool, seed: Sequence[Change] = ()) -> Ready | Refusal:
        """Begin the store or find it begun; refuse what must not be served. `seed` is written along at the first start."""
        if regime and regime not in REGIMES:
            return Refusal(f"there is no regime {regime!r}; there are {', '.join(REGIMES)}")
        if refused := await self._marked(demo=demo):
            return refused
        issuer = self.administrator.issuer
        first = await self._begin(regime, seed)
        catalogue = await self._begun(regime, seed)
        in_force = catalogue.tenant.regime
        if regime and in_force != regime:
            return Refusal(f"the store's regime is {in_force}, not {regime}: start without --regime, or change it by `yett regime set {regime}`")
        if refused := nameless(issuer, catalogue):
            return refused
        notes = (f"the issuer {issuer} is an IP address: WebAuthn cannot be switched on under it",) if is_number(issuer) else ()
        return Ready(await self.administrator.follow(catalogue), first, notes)

    async def _marked(self, *, demo: bool) -> Refusal | None:
        """A demo's store is marked, and so is every other: what is a toy today may not be trusted tomorrow."""
        ours = b"yes" if demo else b"no"
        mark = await self.store.remembered("demo")
        if mark is None and demo and await self.store.remembered("admin") is not None:
            mark = b"no"
        if mark is None:
            await self.store.keep("demo", None, ours)
            mark = await self.store.remembered("demo")
        if mark == ours:
            return None
        if demo:
            return Refusal("this store is not a demo's, and --demo shows its messages to anyone on this machine: give another --dir")
        return Refusal("this store was made by --demo, which shows its messages to anyone: serve it with --demo, or give another --dir")

    async def _begin(self, regime: str, seed: Sequence[Change]) -> bool:
        return await self.store.remembered("admin") is None and await self._take(None, regime, seed)

    async def _begun(self, regime: str, seed: Sequence[Change]) -> Catalogue:
        """What the first start left; where whoever began it died before it was done, it is done again."""
        for _ in range(LOOKS):
            catalogue = await self.store.catalogue()
            if catalogue.keys:
                return catalogue
            await self.wait(PAUSE)
        await self._take(await self.store.remembered("admin"), regime, seed)
        return await self.store.catalogue()

    async def _take(self, seen: bytes | None, regime: str, seed: Sequence[Change]) -> bool:
        """Win, then make everything in one commit; whoever loses writes nothing."""
        mint, new = self.administrator.mint, self.administrator.credentials()
        if not await self.store.keep("admin", seen, new.client_id.encode()):
            return False
        tenant = next((one for one in seed if isinstance(one, Tenant)), Tenant())
        others = [one for one in seed if not isinstance(one, Tenant)]
        keys = [self.signer.new_key(alg, mint.clock(), "current") for alg in ALGS]
        fact = mint.fact("sapi", None, new.client_id, description="The store was started for the first time", regime=regime or tenant.regime)
        put = (tenant._replace(regime=regime or tenant.regime), *keys, *self.administrator.changes(new), *others)
        await self.store.configure(put, (), (fact,))
        self.administrator.write(new)
        return True


def nameless(issuer: str, catalogue: Catalogue) -> Refusal | None:
    """An IP address is no relying party id: with WebAuthn on, such an issuer would lock its people out."""
    on = any(name.startswith("webauthn") and switched for name, switched in catalogue.tenant.factors.items())
    if on and is_number(issuer):
        return Refusal(f"WebAuthn is switched on and does not work under an IP address: give --issuer a name instead of {issuer}")
    return None


def is_number(issuer: str) -> bool:
    """Whether the issuer's host is an IP literal."""
    try:
        ipaddress.ip_address(urlsplit(issuer).hostname or "")
    except ValueError:
        return False
    return True
