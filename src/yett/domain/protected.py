"""Hosts that forward authentication stands before: what is behind them knows nothing of us."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from yett.domain.assurance import MEANS
from yett.domain.client import Client

# Below this path of every protected host we speak ourselves.
OURS = "/.yett/"
CALLBACK, SIGN_OUT = OURS + "callback", OURS + "sign-out"
USUAL = {"https": ":443", "http": ":80"}
# A proof must be young enough for the way back, at least.
YOUNGEST = 30

_ORIGIN = re.compile(r"(https?)://([a-z0-9.\-]+(?::[1-9][0-9]{0,4})?|\[[0-9a-f:.]+\](?::[1-9][0-9]{0,4})?)/?")


class Protected(NamedTuple):
    """One of them: its origin, and what everything there demands: any of `acrs`, no proof older than `max_age` seconds."""

    origin: str
    acrs: tuple[str, ...] = ()
    max_age: int | None = None

    @property
    def host(self) -> str:
        """As a browser names it."""
        return self.origin.partition("://")[2]

    @property
    def secure(self) -> bool:
        """Whether its cookies may be Secure."""
        return self.origin.startswith("https:")

    @property
    def client(self) -> Client:
        """The application that it is to us. It has no secret, so nobody but this server redeems its codes."""
        return Client(
            f"forward-auth:{self.host}",
            self.host,
            callbacks=(self.origin + CALLBACK,),
            grant_types=("authorization_code",),
            require_pkce=True,
        )


def protected(url: str, acrs: Sequence[str] = (), max_age: int | None = None) -> Protected:
    """A host to be protected. Raises ValueError that says what is wrong: a typing error must not leave it open."""
    found = _ORIGIN.fullmatch(url.lower())
    if found is None:
        raise ValueError(f"{url!r} is not https://host[:port]")
    if wrong := unknown(acrs):
        raise ValueError(f"{', '.join(wrong)}: no acr that anything meets; there are {', '.join(MEANS)}")
    if max_age is not None and max_age < YOUNGEST:
        raise ValueError(f"a max_age below {YOUNGEST} seconds lets nobody in")
    return Protected(f"{found[1]}://{found[2].removesuffix(USUAL[found[1]])}", tuple(acrs), max_age)


def unknown(acrs: Sequence[str]) -> list[str]:
    """Those that nothing meets."""
    return [acr for acr in acrs if acr not in MEANS]
