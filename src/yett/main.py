"""The program: its factors, its first start, its verbs, its server and its command line; `yett.house` is what they serve.

What is slow to load is imported where it is used: `yett api` needs no database, and `yett serve` no command line.
"""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from yett import __version__
from yett.config import PORT, Config, Faulty, parse
from yett.factors.email import Email
from yett.factors.password import Password
from yett.factors.phone import Phone
from yett.factors.recovery import Recovery
from yett.factors.totp import Totp
from yett.factors.webauthn.factor import WebAuthn
from yett.flows.event import Event
from yett.house.ground import Ground

if TYPE_CHECKING:
    from pathlib import Path
    from ssl import SSLContext

    from yett.adapters.web.listen import Bound
    from yett.factors.base import Factor
    from yett.flows.administrator import Administrator, Refusal
    from yett.flows.deliver import Carrier
    from yett.flows.demo_seed import Demo
    from yett.flows.doctor import Finding, Found
    from yett.flows.first_start import Ready
    from yett.flows.metadata import ImportMetadata
    from yett.flows.operate import Operate
    from yett.flows.people import People
    from yett.flows.trial import Trial

    Pair = tuple[Path, Path]

Flags = Mapping[str, object]
LOG = logging.getLogger("yett.main")
# What one server loads at its first request, several load once, before the fork.
SHARED = ("yett.house.served", "yett.house.management", "yett.adapters.keys.jws", "yett.adapters.keys.signing", "jinja2")
AGAIN, SECOND, MINUTE, HALF_A_DAY = 5.0, 1.0, 60.0, 43200.0
# So many more objects, and circles among them are looked for.
YOUNG = 10_000

# The factors, all of them: a factor is one file and one line here.
PASSWORD, EMAIL = Password(), Email()
KEYS = (WebAuthn("passkey", 90), WebAuthn("webauthn-platform", 80), WebAuthn("webauthn-roaming", 70))
EVERY: tuple["Factor", ...] = (PASSWORD, *KEYS, Totp(), Phone(), EMAIL, Recovery())
FACTORS: Mapping[str, "Factor"] = {factor.kind: factor for factor in EVERY}


async def lay(config: Config) -> Ground:
    """Open the store."""
    from yett.adapters.clock import SteadyClock, random_bytes
    from yett.adapters.folder import Folder
    from yett.adapters.keys.hasher import Argon2
    from yett.adapters.keys.signer import JoseSigner
    from yett.adapters.sql.opening import open_store
    from yett.flows.mint import Mint

    folder, clock = Folder(config.dir), SteadyClock()
    folder.make()
    store = await open_store(config.database, directory=config.dir, kek=config.kek)
    return Ground(config, folder, store, clock, Mint(clock, random_bytes), JoseSigner(), Argon2(), FACTORS, PASSWORD, EMAIL)


# --- the first start, and the verbs -----------------------------------------------------------------------------------


def administrator(ground: Ground, issuer: str) -> "Administrator":
    """The client of admin.json."""
    from yett.flows.administrator import Administrator
    from yett.http.management.table import SCOPES

    return Administrator(ground.store, ground.mint, ground.folder, issuer, SCOPES)


def trial(ground: Ground, carrier: "Carrier | None") -> "Trial":
    """One message of an operator's own, by the carrier that runs, else by one like it."""
    from yett.flows.current import Current
    from yett.flows.trial import Trial
    from yett.house.mail import mailing

    return Trial(carrier or mailing(ground, Current(ground.store)).carrier)


def people(ground: Ground) -> "People":
    """Accounts, as an operator opens them."""
    from yett.adapters.keys.blocklist import common
    from yett.flows.accounts import Births
    from yett.flows.current import Current
    from yett.flows.people import People

    return People(ground.store, Current(ground.store), ground.hasher, Births(ground.mint, PASSWORD, EMAIL), ground.mint, common)


def metadata(ground: Ground) -> "ImportMetadata":
    """Editions of the metadata of authenticators."""
    from functools import partial

    from yett.adapters.mds import read
    from yett.factors.webauthn.certificates import trusted
    from yett.flows.gate import Gate
    from yett.flows.metadata import ImportMetadata
    from yett.flows.owner import Ownership

    return ImportMetadata(ground.store, partial(read, trusted), Ownership(Gate(FACTORS), ground.mint), ground.mint)


def operate(ground: Ground, issuer: str) -> "Operate":
    """The verbs."""
    from yett.flows.current import Current
    from yett.flows.operate import Operate
    from yett.house.importing import importing

    jobs = importing(ground, Current(ground.store), lambda: None)
    return Operate(ground.store, administrator(ground, issuer), people(ground), FACTORS, ground.mint, jobs)


async def begin(ground: Ground, issuer: str, *, demo: bool) -> "tuple[Ready | Refusal, Demo | None]":
    """The first start, or the checks of a later one; a demo has its application, its API and its user afterwards."""
    from yett.flows.administrator import Refusal
    from yett.flows.first_start import FirstStart

    start = FirstStart(ground.store, ground.signer, administrator(ground, issuer), asyncio.sleep)
    if not demo:
        return await start(ground.config.regime, demo=False), None
    from yett.flows.demo_seed import DemoSeed

    seed = DemoSeed(ground.store, people(ground), ground.mint, ground.folder, issuer)
    seeded = seed.demo()
    ready = await start(ground.config.regime, demo=True, seed=seed.changes(seeded))
    if not isinstance(ready, Refusal):
        await seed(seeded, ready.catalogue)
    return ready, seeded


async def doctor(ground: Ground, issuer: str, port: int) -> "Sequence[Finding]":
    """Judgements over the store, the files and what is around them."""
    from yett.flows.doctor import Doctor
    from yett.flows.gate import Gate

    found = await asyncio.to_thread(around, ground.config, issuer, port)
    found = found._replace(ahead=ground.clock.ahead(), providers=await complete(ground))
    return await Doctor(ground.store, ground.folder, found, Gate(ground.factors, issuer.rstrip("/")))()


async def complete(ground: Ground) -> "Mapping[str, str]":
    """Each provider that carries messages, by channel and name, and what keeps it from it ("": nothing)."""
    from yett.flows.current import Current
    from yett.flows.roster import Incomplete
    from yett.house.mail import CARRIED, mailing

    current = Current(ground.store)
    catalogue = await current.latest()
    roster = mailing(ground, current).carrier.roster
    seats = [(channel, one) for channel in CARRIED for _, one in roster.of(channel, catalogue)]
    return {f"{channel} {one.name}": one.why if isinstance(one, Incomplete) else "" for channel, one in seats}


def around(config: Config, issuer: str, port: int) -> "Found":
    """What a doctor sees without the store."""
    import time

    from yett.adapters.folder import Folder
    from yett.adapters.surroundings import certificate_ends, unreachable
    from yett.adapters.tls import CA_KEY, LEAF, LEAF_KEY
    from yett.flows.doctor import Found

    folder = Folder(config.dir)
    modes = {name: folder.mode(name) for name in ("admin.json", "demo.json", "kek", CA_KEY, LEAF_KEY, "yett.db")}
    certificate = (config.tls.certificate or config.dir / LEAF) if config.tls else None
    return Found(
        now=int(time.time()),
        issuer=issuer,
        listen_port=port,
        loopback=config.loopback,
        embedded=config.embedded,
        demo=config.demo,
        regime=config.regime,
        files={name: mode for name, mode in modes.items() if mode is not None},
        kek_from_file=config.kek is None,
        tls_ends=certificate_ends(certificate) if certificate else None,
        smtp={} if config.demo else {one.host: unreachable(one) for one in config.smtp},
    )


# --- serving ----------------------------------------------------------------------------------------------------------


def serve(argv: Sequence[str]) -> int:
    """`yett serve`: sockets first, then certificates, then one process or several."""
    from yett.adapters.log import log_to_stderr
    from yett.adapters.web.listen import bind
    from yett.adapters.web.server import run
    from yett.cli.options import serve_flags

    # Nothing of what is loaded now is ever garbage: looking for some would cost a tenth of the start.
    gc.disable()
    config = parse(serve_flags(argv), os.environ)
    log_to_stderr(config.log_level)
    bound = bind(config.listen)
    for note in bound.notes:
        tell(note)
    config = config.at(bound.port)
    pair = certificate(config)

    def work(number: int, served: Callable[[], None]) -> int:
        return spoken(lambda: run(attend(config, bound, pair, served, first=number == 0)))

    if config.workers == 1:
        return work(0, lambda: None)
    from importlib import import_module

    from yett.adapters.web.workers import supervise

    for name in SHARED:
        import_module(name)

    gc.freeze()
    return supervise(config.workers, work)


def certificate(config: Config) -> "Pair | None":
    """Chain and key, made where they are ours to make."""
    import time

    if config.tls is None:
        return None
    if config.tls.certificate and config.tls.key:
        return config.tls.certificate, config.tls.key
    from yett.adapters.folder import Folder
    from yett.adapters.tls import LocalAuthority

    return LocalAuthority(Folder(config.dir)).ensure(urlsplit(config.issuer).hostname or "localhost", int(time.time()))


async def attend(config: Config, bound: "Bound", pair: "Pair | None", served: Callable[[], None], *, first: bool) -> int:
    """One process from the opening of the store to its closing; `first`: the one that speaks for all."""
    from yett.adapters.web.server import server, tls_context
    from yett.flows.administrator import Refusal
    from yett.house.served import house

    async with AsyncExitStack() as closing:
        ground = await lay(config)
        closing.push_async_callback(ground.store.close)
        ready, demo = await begin(ground, config.issuer, demo=config.demo)
        if isinstance(ready, Refusal):
            tell(ready.reason)
            return 1
        if config.protect:
            from yett.flows.protect import Protect

            await Protect(ground.store, ground.mint)(config.protect)
        app = house(ground, demo)
        if app.carrier:
            closing.push_async_callback(app.carrier.roster.close)
        context = tls_context(*pair) if pair else None

        def up() -> None:
            served()
            announce(config, ready, demo, first=first)

        serving = server(app.asgi, context, up)
        if config.embedded:
            await closing.enter_async_context(door(ground, bound.port, app.carrier))
        tasks = [asyncio.create_task(forever(one)) for one in app.background]
        if context:
            tasks.append(asyncio.create_task(renew(config, context)))
        closing.push_async_callback(ended, tasks)
        gc.freeze()
        # A request makes next to no circles: at the usual 700 objects, looking for them was a fiftieth of a page.
        gc.set_threshold(YOUNG)
        gc.enable()
        await serving.serve(list(bound.sockets))
    return 0


def door(ground: Ground, port: int, carrier: "Carrier | None") -> AbstractAsyncContextManager[None]:
    """The verbs of the running server: SQLite is one process, so the command line comes through here."""
    from yett.cli.control import opened
    from yett.cli.verbs import Making, verbs

    issuer = ground.config.issuer
    by = Making(lambda: operate(ground, issuer), lambda: doctor(ground, issuer, port), lambda: trial(ground, carrier), lambda: metadata(ground))
    return opened(ground.folder.path, verbs(by, running=True))


async def forever(work: Callable[[], Awaitable[None]]) -> None:
    """What goes on beside the server goes on after a fault, too."""
    while True:
        try:
            await work()
        except Exception:
            LOG.exception("background work ended in a bug; it begins again")
            await asyncio.sleep(AGAIN)


async def renew(config: Config, context: "SSLContext") -> None:
    """A certificate that was renewed, by us or by somebody else, is served without a restart."""
    while True:
        await asyncio.sleep(HALF_A_DAY)
        try:
            if pair := certificate(config):
                context.load_cert_chain(*pair)
        except Exception:
            LOG.exception("the certificate could not be renewed")


async def ended(tasks: "Sequence[asyncio.Task[None]]") -> None:
    """Stop what went on beside the server."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def announce(config: Config, ready: "Ready", demo: "Demo | None", *, first: bool) -> None:
    """Say where it is. Standard output is for people, standard error for the log."""
    lines = []
    if ready.first:
        from yett.cli.api import home

        other = "" if home(None, os.environ) == config.dir else f" --dir {config.dir}"
        lines.append(f"First start: the administrator's credentials are in {config.dir / 'admin.json'}; try `yett api get guardian/factors{other}`")
    if first:
        lines += _surroundings(config, ready, demo)
        where = f"SQLite in {config.dir}" if config.embedded else "PostgreSQL"
        lines.append(f"Yett {__version__} serves {config.issuer} (regime {ready.catalogue.tenant.regime}, {where})")
    if lines:
        print("\n".join(lines), flush=True)  # noqa: T201 - this is the command line's own voice


def _surroundings(config: Config, ready: "Ready", demo: "Demo | None") -> list[str]:
    lines = [f"Note: {note}" for note in ready.notes]
    if config.tls and not config.tls.certificate:
        lines.append(f"Local certificate authority: {config.dir / 'ca.pem'}")
    if demo:
        lines += [
            "DEMO: nothing here is real, and every message is shown to whoever is on this machine.",
            f"  application  {config.issuer}demo  (client_id {demo.client_id})",
            f"  user         {demo.email}  password {demo.password}",
            f"  API          {demo.api}  scopes {' '.join(demo.scopes)}",
            f"  messages     {config.issuer}dev/outbox",
            f"  all of it    {config.dir / 'demo.json'}",
        ]
    return lines


# --- the command line -------------------------------------------------------------------------------------------------


def verb(flags: Flags, name: str, args: Mapping[str, object]) -> Iterator[Event]:
    """Have a verb done by the running server, else on the store itself."""
    from yett.cli.control import ask, knock

    config = parse(flags, os.environ).at(PORT)
    if connection := knock(config.dir):
        yield from ask(connection, name, args)
        return
    with asyncio.Runner() as runner:
        ground = runner.run(lay(config))
        try:
            events = alone(ground, name, args)
            while event := runner.run(anext(events, None)):
                yield event
        finally:
            runner.run(ground.store.close())


async def alone(ground: Ground, name: str, args: Mapping[str, object]) -> AsyncIterator[Event]:
    """A verb with no server running. A store that was never started is started first, but for a doctor's look."""
    from dataclasses import replace

    from yett.cli.verbs import Making, verbs
    from yett.flows.administrator import Refusal, issuer_in

    # Only `serve` is told that it is a demo; here the store says so.
    ground = ground._replace(config=replace(ground.config, demo=await ground.store.remembered("demo") == b"yes"))
    issuer = issuer_in(await ground.store.catalogue()) or ground.config.issuer
    if name != "doctor" and await ground.store.remembered("admin") is None:
        ready, _ = await begin(ground, issuer, demo=False)
        if isinstance(ready, Refusal):
            yield Event("refused", ready.reason)
            return
    by = Making(
        lambda: operate(ground, issuer),
        lambda: doctor(ground, issuer, ground.config.listen[0].port),
        lambda: trial(ground, None),
        lambda: metadata(ground),
    )
    async for event in verbs(by, running=False)[name](args):
        yield event


def upgrade(flags: Flags) -> Iterator[Event]:
    """`yett db upgrade`."""
    from yett.adapters.folder import Folder
    from yett.adapters.sql.opening import upgrade as migrated

    config = parse(flags, os.environ)
    Folder(config.dir).make()
    yield Event("done", f"the schema is at {asyncio.run(migrated(config.database))}")


def examine(flags: Flags) -> "Sequence[Finding]":
    """`yett doctor`, whatever state the store is in."""
    from yett.flows.doctor import Finding
    from yett.flows.doctor import examine as judged

    config = parse(flags, os.environ).at(PORT)
    try:
        (event,) = verb(flags, "doctor", {})
    except troubles() as fault:
        return judged(around(config, config.issuer, config.listen[0].port)._replace(store_says=plain(fault)))
    return [Finding(**one) for one in cast("Sequence[dict[str, Any]]", event.data["findings"])]


def entry() -> None:
    """`yett`."""
    argv = sys.argv[1:]
    sys.exit(spoken(lambda: serve(argv[1:]) if argv[:1] == ["serve"] else command()))


def spoken(work: Callable[[], int]) -> int:
    """The exit status; what is no bug is said in one line for each fault."""
    try:
        return work()
    except KeyboardInterrupt:
        return 130
    except Faulty as faulty:
        for fault in faulty.faults:
            tell(f"{fault.where}: {fault.says}")
        return 2
    except Exception as fault:
        if not isinstance(fault, troubles()):
            raise
        tell(plain(fault))
        return 1


def command() -> int:
    """Every command but `serve`."""
    from yett.cli.app import Doors, build

    build(Doors(serve, verb, upgrade, examine))()
    return 0


def troubles() -> tuple[type[Exception], ...]:
    """What is no bug but the state of the world: said in one line."""
    import sqlite3

    from yett.adapters.sql.seal import SealError
    from yett.adapters.sql.sqlite import InUse
    from yett.adapters.sql.steps import NotCommitted
    from yett.adapters.web.listen import Taken

    known: list[type[Exception]] = [Taken, InUse, SealError, NotCommitted, OSError, sqlite3.Error]
    if "psycopg" in sys.modules:
        from psycopg import Error

        known.append(Error)
    return tuple(known)


def plain(fault: Exception) -> str:
    """The fault in one line, without what it may quote."""
    from yett.adapters.log import redacted

    where = f": {fault.filename}" if isinstance(fault, OSError) and fault.filename else ""
    said = (fault.strerror or str(fault)) if isinstance(fault, OSError) else str(fault)
    return redacted(" ".join(f"{said}{where}".split())) or type(fault).__name__


def tell(says: str) -> None:
    """One line to whoever started us."""
    print(f"yett: {says}", file=sys.stderr, flush=True)  # noqa: T201 - this is the command line's own voice
