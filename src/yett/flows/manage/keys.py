"""The keys that tokens are signed with: seen, rotated, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass

from yett.domain.tenant import Catalogue, SigningKey
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.refused import Refused, absent, invalid
from yett.ports import Signer


@dataclass(frozen=True, slots=True)
class Keys:
    """For each algorithm one key signs, one waits, and the ones before are still good for what they signed."""

    configure: Configure
    signer: Signer

    async def all(self) -> Sequence[SigningKey]:
        """All of them, the oldest first."""
        keys = (await self.configure.current.latest()).keys
        return sorted(keys, key=lambda one: (one.created_at, one.kid))

    async def one(self, kid: str) -> SigningKey | Refused:
        """The key of this name."""
        return _found(await self.configure.current.latest(), kid) or absent("signing key")

    async def rotate(self, caller: Caller) -> SigningKey | Refused:
        """The next key signs from now on, and a new one waits; answers with the one that signs (RS256 before others)."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            put = [key for alg in _algs(catalogue) for key in self._moved_on(catalogue, alg)]
            facts = (caller.fact(self.configure.mint, "sapi", kids=" ".join(key.kid for key in put)),)
            return Edit(put, facts)

        done = await self.configure.change(edited)
        if isinstance(done, Refused):
            return done
        signing = sorted((key for key in done.keys if key.use == "current"), key=lambda key: key.alg != "RS256")
        return signing[0] if signing else absent("signing key")

    async def revoke(self, caller: Caller, kid: str) -> SigningKey | Refused:
        """A key that signs no longer is good for nothing any more."""

        def edited(catalogue: Catalogue) -> Edit | Refused:
            key = _found(catalogue, kid)
            if key is None:
                return absent("signing key")
            if key.use in {"current", "next"}:
                return invalid("Rotate first: only a key that signs no longer can be revoked.", "operation_not_supported")
            revoked = key._replace(use="revoked", changed_at=self.configure.mint.clock())
            return Edit((revoked,), (caller.fact(self.configure.mint, "sapi", kid=kid),))

        done = await self.configure.change(edited)
        return done if isinstance(done, Refused) else _found(done, kid) or absent("signing key")

    def _moved_on(self, catalogue: Catalogue, alg: str) -> list[SigningKey]:
        now = self.configure.mint.clock()
        by_use = {key.use: key for key in catalogue.keys if key.alg == alg}
        moved = [by_use["current"]._replace(use="previous", changed_at=now)]
        waiting = by_use.get("next") or self.signer.new_key(alg, now, "next")
        return [*moved, waiting._replace(use="current", changed_at=now), self.signer.new_key(alg, now, "next")]


def missing(signer: Signer, catalogue: Catalogue, alg: str, now: int) -> tuple[SigningKey, ...]:
    """The key for an algorithm that somebody asks for as the first: it is made with what is made for them."""
    return () if alg in _algs(catalogue) else (signer.new_key(alg, now, "current"),)


def _algs(catalogue: Catalogue) -> list[str]:
    return sorted({key.alg for key in catalogue.keys if key.use == "current"})


def _found(catalogue: Catalogue, kid: str) -> SigningKey | None:
    return next((key for key in catalogue.keys if key.kid == kid), None)
