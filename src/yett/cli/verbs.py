"""Verbs by the words that call them: on the command line and at the running server's door alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from yett.flows.event import Event

if TYPE_CHECKING:
    from yett.flows.doctor import Finding
    from yett.flows.metadata import ImportMetadata
    from yett.flows.operate import Operate
    from yett.flows.trial import Trial

Verb = Callable[[Mapping[str, object]], AsyncIterator[Event]]
CHUNK = 64 * 1024


class Making(NamedTuple):
    """What verbs are done by, each made (and loaded) for whoever asks for it: a server that starts is asked for none."""

    operate: "Callable[[], Operate]"
    doctor: "Callable[[], Awaitable[Sequence[Finding]]]"
    trial: "Callable[[], Trial]"
    metadata: "Callable[[], ImportMetadata]"


def verbs(by: Making, *, running: bool) -> Mapping[str, Verb]:
    """What can be done; while the server runs, all but what takes the ground from under it."""
    known: dict[str, Verb] = {
        "admin reset": lambda _: by.operate().reset_admin(),
        "regime set": lambda said: by.operate().set_regime(str(said["name"])),
        "users create": lambda said: by.operate().create_user(
            str(said["email"]), str(said["password"]), verified=said.get("verified") is True, connection=str(said["connection"])
        ),
        "users import": lambda said: _imported(by.operate(), Path(str(said["file"])), upsert=said.get("upsert") is True),
        "keys rotate": lambda _: by.operate().rotate_keys(),
        "keys rewrap": lambda _: by.operate().rewrap_keys(),
        "deliver try": lambda said: by.trial().told(str(said["channel"]), str(said["to"]), str(said.get("provider") or "")),
        "mds import": lambda said: _edition(by.metadata, Path(str(said["file"])), Path(str(said["root"])), str(said["signer"])),
        "doctor": lambda _: _examined(by.doctor),
    }
    return known if running else {**known, "db restored": lambda _: by.operate().restored()}


async def _imported(operate: "Operate", file: Path, *, upsert: bool) -> AsyncIterator[Event]:
    """The file is read where the store is: by the server, if it runs."""
    try:
        with file.open("rb") as opened:
            async for told in operate.import_users(iter(lambda: opened.read(CHUNK), b""), upsert=upsert):
                yield told
    except OSError as fault:
        yield Event("refused", f"{file}: {fault.strerror}")


async def _edition(metadata: "Callable[[], ImportMetadata]", file: Path, root: Path, signer: str) -> AsyncIterator[Event]:
    try:
        blob, anchor = await asyncio.to_thread(lambda: (file.read_bytes(), root.read_bytes()))
    except OSError as fault:
        yield Event("refused", f"{fault.filename}: {fault.strerror}")
        return
    async for told in metadata()(blob, anchor, signer):
        yield told


async def _examined(doctor: "Callable[[], Awaitable[Sequence[Finding]]]") -> AsyncIterator[Event]:
    yield Event("done", "", {"findings": [one._asdict() for one in await doctor()]})
