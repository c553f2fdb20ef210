"""An owner as flows.own knows one: an account of the world, and what its session vouches for."""

from typing import Any

from tests.world import World
from yett.domain.proof import Proof
from yett.flows.accounts import Births
from yett.flows.alarm import Alarm
from yett.flows.asking import Asking
from yett.flows.current import Current
from yett.flows.gate import Gate
from yett.flows.mint import Mint
from yett.flows.models import Models
from yett.flows.own import Enrolled, Offer, Own
from yett.flows.owner import Owner, Ownership
from yett.main import EMAIL, FACTORS, PASSWORD


class Generous:
    """A limiter that lets everything through and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def take(self, key: str, bucket: object, now: int) -> bool:
        self.asked.append(key)
        return True


def own(w: World, limiter: Any = None, mint: Mint | None = None) -> Own:
    """The changes of owners, over the store of this world."""
    mint, limiter = mint or w.ground.mint, limiter or Generous()
    births, wake = Births(mint, PASSWORD, EMAIL), w.carrier.wake
    asking = Asking(w.store, limiter, mint, wake)
    return Own(w.store, Ownership(Gate(FACTORS), mint), mint, births, asking, Alarm(w.store, limiter, mint, wake), Models(w.store))


async def owner(w: World, *kinds: str, ago: int = 0, name: str = "ada") -> Owner:
    """This person, with proofs of the enrolments of these kinds, given so many seconds ago."""
    account, has = await w.store.account(f"auth0|{name}")
    proven = [one for one in has if one.kind in kinds]
    proofs = tuple(Proof(FACTORS[one.kind].promise(one), one.id, one.generation, "earlier", w.clock.now - ago) for one in proven)
    return Owner(account, has, proofs, await Current(w.store).latest(), "web")


async def kinds(w: World, name: str = "ada") -> list[str]:
    """What the account has, by kind."""
    return sorted(one.kind for one in (await w.store.account(f"auth0|{name}"))[1] if one.status != "deleted")


async def enrolled(w: World, does: Own, who: Owner, kind: str = "totp", *, codes: bool = True, **more: Any) -> Enrolled:
    """A factor of this kind, begun and completed by its code."""
    offer = await does.begin(who, kind, **more)
    assert isinstance(offer, Offer), offer
    done = await does.confirm(who, offer.handle, await answer(w, offer), codes=codes)
    assert isinstance(done, Enrolled), done
    return done


async def answer(w: World, offer: Offer, name: str = "ada") -> str:
    """The right answer: of the app that has read the key, or of the message that has arrived."""
    if "secret" in offer.question.show:
        from base64 import b32decode

        secret = offer.question.show["secret"].replace(" ", "")
        w.secrets[name] = b32decode(secret + "=" * (-len(secret) % 8))
        return w.code(name)
    return str((await w.mail())[0]["data"]["code"])
