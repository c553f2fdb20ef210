"""Verbs by the words that call them: on the command line and at the running server's door alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from yett.flows.doctor import Finding
from yett.flows.event import Event
from yett.flows.metadata import ImportMetadata
from yett.flows.operate import Operate
from yett.flows.trial import Trial

Verb = Callable[[Mapping[str, object]], AsyncIterator[Event]]
CHUNK = 64 * 1024
Doctor = Callable[[], Awaitable[Sequence[Finding]]]


def verbs(operate: Operate, doctor: Doctor, trial: Callable[[], Trial], metadata: Callable[[], ImportMetadata], *, running: bool) -> Mapping[str, Verb]:
    """What can be done; while the server runs, all but what takes the ground from under it."""
    known: dict[str, Verb] = {
        "admin reset": lambda _: operate.reset_admin(),
        "regime set": lambda said: operate.set_regime(str(said["name"])),
        "users create": lambda said: operate.create_user(
            str(said["email"]), str(said["password"]), verified=said.get("verified") is True, connection=str(said["connection"])
        ),
        "users import": lambda said: _imported(operate, Path(str(said["file"])), upsert=said.get("upsert") is True),
        "keys rotate": lambda _: operate.rotate_keys(),
        "keys rewrap": lambda _: operate.rewrap_keys(),
        "deliver try": lambda said: trial().told(str(said["channel"]), str(said["to"]), str(said.get("provider") or "")),
        "mds import": lambda said: _edition(metadata, Path(str(said["file"])), Path(str(said["root"])), str(said["signer"])),
        "doctor": lambda _: _examined(doctor),
    }
    return known if running else {**known, "db restored": lambda _: operate.restored()}


async def _imported(operate: Operate, file: Path, *, upsert: bool) -> AsyncIterator[Event]:
    """The file is read where the store is: by the server, if it runs."""
    try:
        with file.open("rb") as opened:
            async for told in operate.import_users(iter(lambda: opened.read(CHUNK), b""), upsert=upsert):
                yield told
    except OSError as fault:
        yield Event("refused", f"{file}: {fault.strerror}")


async def _edition(metadata: Callable[[], ImportMetadata], file: Path, root: Path, signer: str) -> AsyncIterator[Event]:
    try:
        blob, anchor = await asyncio.to_thread(lambda: (file.read_bytes(), root.read_bytes()))
    except OSError as fault:
        yield Event("refused", f"{fault.filename}: {fault.strerror}")
        return
    async for told in metadata()(blob, anchor, signer):
        yield told


async def _examined(doctor: Doctor) -> AsyncIterator[Event]:
    yield Event("done", "", {"findings": [one._asdict() for one in await doctor()]})
