"""Changing the configuration on the version that was read."""

from collections.abc import Sequence
from typing import Any, cast

from yett.domain.client import Client
from yett.domain.tenant import Catalogue, Tenant
from yett.flows.current import Current
from yett.flows.manage.configure import ROUNDS, Configure, Edit
from yett.flows.manage.refused import Refused
from yett.flows.mint import Mint


class Contended:
    """A store in which somebody else is faster, `losses` times."""

    def __init__(self, losses: int) -> None:
        self.losses, self.number, self.written = losses, 1, 0

    async def version(self) -> int:
        return self.number

    async def catalogue(self) -> Catalogue:
        return Catalogue(self.number, 1, Tenant(), {}, {}, (), ())

    async def configure(self, put: Sequence[Any], drop: Sequence[Any], facts: Sequence[Any], seen: int | None = None) -> int:
        if self.losses:
            self.losses -= 1
            self.number += 1
        if seen != self.number:
            return 0
        self.written += 1
        self.number += 1
        return self.number


def configure(store: Contended) -> Configure:
    any_store = cast("Any", store)
    return Configure(any_store, Current(any_store), Mint(lambda: 0, lambda size: b"\0" * size))


async def test_whoever_lost_starts_over_on_what_the_other_left() -> None:
    store, seen = Contended(3), []

    def edit(catalogue: Catalogue) -> Edit:
        seen.append(catalogue.version)
        return Edit((Client("a", "A"),), ())

    done = await configure(store).change(edit)
    assert isinstance(done, Catalogue)
    assert (seen, store.written, done.version) == ([1, 2, 3, 4], 1, 5)


async def test_whoever_always_loses_is_told_to_try_again() -> None:
    store = Contended(ROUNDS + 1)
    done = await configure(store).change(lambda _: Edit((), ()))
    assert isinstance(done, Refused)
    assert (done.why, store.written) == ("busy", 0)


async def test_a_refusal_writes_nothing() -> None:
    store = Contended(0)
    refused = Refused("invalid", "no")
    assert await configure(store).change(lambda _: refused) == refused
    assert store.written == 0
