"""What everything stands on."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from yett.adapters.clock import SteadyClock
    from yett.adapters.folder import Folder
    from yett.adapters.sql.store import SqlStore
    from yett.adapters.web.server import Asgi
    from yett.config import Config
    from yett.factors.base import Factor
    from yett.flows.deliver import Carrier
    from yett.flows.mint import Mint
    from yett.ports import Hasher, Signer


class Ground(NamedTuple):
    """What everything stands on: the store, the factors, and what any flow may need besides."""

    config: "Config"
    folder: "Folder"
    store: "SqlStore"
    clock: "SteadyClock"
    mint: "Mint"
    signer: "Signer"
    hasher: "Hasher"
    factors: Mapping[str, "Factor"]
    password: "Factor"
    email: "Factor"


class App(NamedTuple):
    """What is served, and what goes on beside it for as long as it is."""

    asgi: "Asgi"
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    carrier: "Carrier | None" = None
