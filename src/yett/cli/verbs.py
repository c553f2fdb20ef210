"""Verbs by the words that call them: on the command line and at the running server's door alike."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from yett.flows.doctor import Finding
from yett.flows.event import Event
from yett.flows.operate import Operate

Verb = Callable[[Mapping[str, object]], AsyncIterator[Event]]
Doctor = Callable[[], Awaitable[Sequence[Finding]]]


def verbs(operate: Operate, doctor: Doctor, *, running: bool) -> Mapping[str, Verb]:
    """What can be done; while the server runs, all but what takes the ground from under it."""
    known: dict[str, Verb] = {
        "admin reset": lambda _: operate.reset_admin(),
        "regime set": lambda said: operate.set_regime(str(said["name"])),
        "users create": lambda said: operate.create_user(
            str(said["email"]), str(said["password"]), verified=said.get("verified") is True, connection=str(said["connection"])
        ),
        "keys rotate": lambda _: operate.rotate_keys(),
        "doctor": lambda _: _examined(doctor),
    }
    return known if running else {**known, "db restored": lambda _: operate.restored()}


async def _examined(doctor: Doctor) -> AsyncIterator[Event]:
    yield Event("done", "", {"findings": [one._asdict() for one in await doctor()]})
