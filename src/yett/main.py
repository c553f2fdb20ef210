"""The composition root: the only file that knows all. Wiring is read here from top to bottom.

What is slow to load is imported where it is used: `yett api` needs no database, and `yett serve` no command line.
"""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from yett import __version__
from yett.config import PORT, Config, Fault, Faulty, is_loopback, parse
from yett.factors.email import Email
from yett.factors.password import Password
from yett.factors.phone import Phone
from yett.factors.recovery import Recovery
from yett.factors.totp import Totp
from yett.factors.webauthn import WebAuthn
from yett.flows.event import Event

if TYPE_CHECKING:
    from pathlib import Path
    from ssl import SSLContext

    from yett.adapters.clock import SteadyClock
    from yett.adapters.deliver.outbound import Outbound
    from yett.adapters.deliver.shelf import Shelf
    from yett.adapters.folder import Folder
    from yett.adapters.sql.store import SqlStore
    from yett.adapters.web.listen import Bound
    from yett.adapters.web.server import Asgi
    from yett.factors.base import Factor
    from yett.flows.administrator import Administrator, Refusal
    from yett.flows.authenticators import Authenticators
    from yett.flows.current import Current
    from yett.flows.deliver import Carrier
    from yett.flows.demo_seed import Demo
    from yett.flows.doctor import Finding, Found
    from yett.flows.first_start import Ready
    from yett.flows.forgot import Forgot
    from yett.flows.invitations import EnrolmentTickets
    from yett.flows.kept import Kept
    from yett.flows.login import Login
    from yett.flows.manage.jobs import Jobs
    from yett.flows.metadata import ImportMetadata
    from yett.flows.mfa_api import MfaApi
    from yett.flows.mfa_grants import MfaGrants
    from yett.flows.mint import Mint
    from yett.flows.operate import Operate
    from yett.flows.own import Own
    from yett.flows.passwordless import Passwordless
    from yett.flows.people import People
    from yett.flows.recognise import Recognise
    from yett.flows.trial import Trial
    from yett.http.account import Account
    from yett.http.dbconnections import Dbconnections
    from yett.http.deliveries import Deliveries
    from yett.http.edge import Edge
    from yett.http.links import Links
    from yett.http.my_account import MyAccountApi
    from yett.http.pages import Pages
    from yett.ports import Clock, Hasher, Limiter, Provider, Receipt, Signer

    Pair = tuple[Path, Path]

Flags = Mapping[str, object]
LOG = logging.getLogger("yett.main")
# What a demo keeps from leaving.
CARRIED = ("email", "sms", "voice", "push")
AGAIN, SECOND, MINUTE, HALF_A_DAY = 5.0, 1.0, 60.0, 43200.0

# The factors, all of them: a factor is one file and one line here.
PASSWORD, EMAIL = Password(), Email()
EVERY: tuple["Factor", ...] = (PASSWORD, WebAuthn("passkey", 90), WebAuthn("webauthn-platform", 80), WebAuthn("webauthn-roaming", 70), Totp(), Phone(), EMAIL, Recovery())
FACTORS: Mapping[str, "Factor"] = {factor.kind: factor for factor in EVERY}


class Ground(NamedTuple):
    """What everything stands on: the store, and what any flow may need besides."""

    config: Config
    folder: "Folder"
    store: "SqlStore"
    clock: "SteadyClock"
    mint: "Mint"
    signer: "Signer"
    hasher: "Hasher"


class App(NamedTuple):
    """What is served, and what goes on beside it for as long as it is."""

    asgi: "Asgi"
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    carrier: "Carrier | None" = None


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
    return Ground(config, folder, store, clock, Mint(clock, random_bytes), JoseSigner(), Argon2())


# --- what is served ---------------------------------------------------------------------------------------------------


def house(ground: Ground, demo: "Demo | None") -> App:
    """Every flow, built with what it uses, and the application that speaks for them."""
    from yett.domain.tries import Bucket
    from yett.flows.alarm import Alarm
    from yett.flows.asking import Asking
    from yett.flows.authorize import Authorize
    from yett.flows.conclude import Conclude
    from yett.flows.current import Current
    from yett.flows.gate import Gate
    from yett.flows.health import Health
    from yett.flows.here import Whereabouts
    from yett.flows.issue import Issue
    from yett.flows.leave import Leaving
    from yett.flows.login import Login
    from yett.flows.mfa_api import MfaApi
    from yett.flows.models import Models
    from yett.flows.prove import Prove
    from yett.flows.recognise import Recognise
    from yett.flows.rehash import Rehash
    from yett.flows.showing import Showing
    from yett.flows.signout import SignOut
    from yett.flows.tokens import Tokens
    from yett.flows.userinfo import Userinfo
    from yett.http.app import App as Application
    from yett.http.demo import Demo as DemoPages
    from yett.http.edge import Edge
    from yett.http.enrolment_ticket import TicketPages
    from yett.http.health import Probes
    from yett.http.mfa import Mfa
    from yett.http.oauth import OAuth
    from yett.http.outbox import Outbox
    from yett.http.pages import Pages
    from yett.http.routes import routes

    config, store, mint, signer, hasher = ground.config, ground.store, ground.mint, ground.signer, ground.hasher
    current, gate, conclude = Current(store), Gate(FACTORS), Conclude(mint)
    issuer, limiter, mail = config.issuer, limits(ground), mailing(ground, current)
    bucket = Bucket(config.address_burst, 1) if config.address_burst else None
    whereabouts = Whereabouts(store, current, gate, mint, PASSWORD, issuer.rstrip("/"))
    leaving, issue = Leaving(store, conclude, mint, issuer), Issue(mint, signer, issuer, store)
    alarm = Alarm(store, limiter, mint, mail.carrier.wake)
    rehash = Rehash(store, hasher, mint)
    prove = Prove(store, whereabouts, leaving, hasher, limiter, mint, mail.carrier.wake, alarm, bucket, rehash, Models(store))
    asking = Asking(store, limiter, mint, mail.carrier.wake, by_address=bucket is not None)
    login = Login(store, whereabouts, prove, leaving, mint, asking, Showing(whereabouts, asking))
    recognise = Recognise(store, current, mint, mail.carrier.wake)
    authorize = Authorize(store, recognise, whereabouts, leaving, login, signer, mint, issuer)
    mfa = MfaApi(store, whereabouts, conclude, issue, hasher, limiter, mint, alarm, bucket, rehash)
    door = mfa_door(ground, mfa, login)
    tokens = Tokens(store, current, gate, issue, mfa, door.grants, door.passwordless, mint)
    edge = Edge(issuer, config.trusted_proxies, demo=demo is not None)
    pages = Pages(authorize, login, current, edge)
    oauth = OAuth(tokens, Userinfo(store, current, signer, mint, issuer), SignOut(store, current, signer, mint), current, signer, edge, pages)
    probes = Probes(Health(store, ground.clock.ahead), {}, mail.carrier.counts)
    shown = DemoPages(tokens, current, signer, mint, edge, Outbox(mail.carrier), demo.client_id, demo.client_secret) if demo else None
    account = security_settings(ground, login, recognise, pages)
    links = behind_links(ground, login, pages)
    table = routes(pages, account, oauth, Mfa(door.authenticators, door.passwordless, tokens, edge), my_account(ground, login, edge), TicketPages(enrolment_tickets(ground, login), pages), probes, shown, mail.reports, links, dbconnections(ground, links, edge))
    jobs = importing(ground, current, mail.carrier.wake)
    served = Application(table, management(ground, current, mail, jobs, links.forgot), edge, pages.stopped, probes.counts)
    return App(served, (mail.carrier.run, jobs.run, lambda: number(ground), lambda: sweep(ground, account.settings.kept)), mail.carrier)


def security_settings(ground: Ground, login: "Login", recognise: "Recognise", pages: "Pages") -> "Account":
    """What people see of their own account and change, by the same doors as a login."""
    from yett.adapters.keys.blocklist import common
    from yett.flows.activity import Activity
    from yett.flows.change_password import ChangePassword
    from yett.flows.elsewhere import Elsewhere
    from yett.flows.kept import Kept
    from yett.flows.lost import Lost
    from yett.flows.reporting import Reporting
    from yett.flows.settings import Settings
    from yett.flows.visit import Visit
    from yett.http.account import Account

    store, mint, gate, wake = ground.store, ground.mint, login.whereabouts.gate, login.asking.post
    own = owners(ground, login)
    visit = Visit(store, recognise, login.leaving, login)
    kept = Kept(store, own.ownership, login.whereabouts.current, mint, wake, ground.config.issuer)
    passwords = ChangePassword(store, own.ownership, own.births, mint, ground.hasher, common, wake)
    found = Settings(visit, own, Elsewhere(store, mint, wake), Activity(store, gate), kept, passwords)
    lost = Lost(store, own.ownership, kept, mint, login.asking, login.prove.alarm)
    return Account(found, Reporting(found, lost), pages)


def behind_links(ground: Ground, login: "Login", pages: "Pages") -> "Links":
    """What is done by whoever has a link out of their mailbox."""
    from yett.adapters.keys.blocklist import common
    from yett.flows.confirm_address import ConfirmAddress
    from yett.flows.forgot import Forgot
    from yett.flows.reset import Reset
    from yett.flows.tickets import Tickets
    from yett.http.links import Links

    store, mint, asking, own = ground.store, ground.mint, login.asking, owners(ground, login)
    tickets = Tickets(store, login.whereabouts.current, mint, ground.config.issuer)
    reset = Reset(store, tickets, own.ownership, own.births, mint, asking, login.prove.alarm, ground.hasher, common)
    return Links(ConfirmAddress(store, tickets, mint, own.births), reset, Forgot(store, tickets, asking.limiter, mint, asking.post), pages)


def dbconnections(ground: Ground, links: "Links", edge: "Edge") -> "Dbconnections":
    """Sign up, and forgotten passwords, as applications ask for them."""
    from yett.flows.signup import SignUp
    from yett.http.dbconnections import Dbconnections

    reset, current = links.reset, links.forgot.tickets.current
    signup = SignUp(ground.store, current, reset.births, ground.hasher, reset.common, ground.mint, links.forgot)
    return Dbconnections(signup, links.forgot, current, edge)


def owners(ground: Ground, login: "Login") -> "Own":
    """What owners change of their own account, whichever door they come by."""
    from yett.flows.accounts import Births
    from yett.flows.own import Own
    from yett.flows.owner import Ownership

    return Own(ground.store, Ownership(login.whereabouts.gate, ground.mint, login.whereabouts.origin), ground.mint, Births(ground.mint, PASSWORD, EMAIL), login.asking, login.prove.alarm, login.prove.models)


def enrolment_tickets(ground: Ground, login: "Login") -> "EnrolmentTickets":
    """Links of the helpdesk."""
    from yett.flows.invitations import EnrolmentTickets, Invitations

    return EnrolmentTickets(owners(ground, login), login.whereabouts.current, Invitations(ground.store, ground.mint, ground.config.issuer))


class MfaDoor(NamedTuple):
    """What an application without a browser comes by."""

    authenticators: "Authenticators"
    grants: "MfaGrants"
    passwordless: "Passwordless"


def mfa_door(ground: Ground, mfa: "MfaApi", login: "Login") -> MfaDoor:
    """The MFA API: the same questions and the same changes, held by a token."""
    from yett.flows.accounts import Births
    from yett.flows.authenticators import Authenticators
    from yett.flows.mfa_bearer import Bearer
    from yett.flows.mfa_grants import MfaGrants
    from yett.flows.passwordless import Passwordless

    bearer = Bearer(ground.store, ground.signer, mfa, ground.config.issuer)
    grants = MfaGrants(mfa, bearer, Births(ground.mint, PASSWORD, EMAIL))
    return MfaDoor(Authenticators(mfa, grants, bearer, login.asking, owners(ground, login)), grants, Passwordless(mfa, login.asking))


def my_account(ground: Ground, login: "Login", edge: "Edge") -> "MyAccountApi":
    """The My Account API: the same changes, with a token."""
    from yett.flows.my_account import MyAccount
    from yett.http.my_account import MyAccountApi

    enter = MyAccount(ground.store, login.whereabouts.current, ground.signer, ground.mint, ground.config.issuer)
    return MyAccountApi(enter, owners(ground, login), edge)


def limits(ground: Ground) -> "Limiter":
    """Where rate limits live: in Valkey where there is one, in SQL where there are several processes, else in this one."""
    from yett.adapters.budget import ProcessLimiter, SqlLimiter, ValkeyLimiter

    if ground.config.valkey:
        return ValkeyLimiter(ground.config.valkey)
    return ProcessLimiter() if ground.config.embedded else SqlLimiter(ground.store.driver)


class Mailing(NamedTuple):
    """What carries messages out, what hears of them later, and what makes whoever they leave by."""

    carrier: "Carrier"
    reports: "Deliveries"
    shelf: "Shelf"


def mailing(ground: Ground, current: "Current") -> Mailing:
    """Messages leave by the configured providers in their order, then by the tenant's; in a demo they stay in the outbox."""
    from collections import Counter

    from yett.adapters.deliver.compose import compose
    from yett.adapters.deliver.dev import Dev
    from yett.adapters.deliver.outbound import LOOPBACK, Outbound
    from yett.flows.deliver import Carrier
    from yett.flows.receipts import Receipts
    from yett.flows.roster import Roster
    from yett.http.deliveries import Deliveries
    from yett.ports import Undelivered

    config, host = ground.config, urlsplit(ground.config.issuer).hostname or "localhost"

    def tell(says: str, fault: Exception) -> None:
        LOG.warning(says, exc_info=None if isinstance(fault, Undelivered) else fault, extra={"why": str(fault) or type(fault).__name__})

    def heard(name: str, receipt: "Receipt") -> None:
        receipts.heard(name, receipt)

    own = {channel: [Dev()] for channel in CARRIED} if config.demo else own_providers(config, ground.clock, heard)
    shelf = shelf_of(config, Outbound(LOOPBACK if is_loopback(host) else ()), ground.clock, heard)
    roster = Roster(own, None if config.demo else shelf.make)
    words = partial(compose, account=config.issuer + "account", host=host, warn=LOG.warning)
    carrier = Carrier(ground.store, roster, current, words, ground.mint, tell, counts=Counter())
    receipts = Receipts(ground.store, roster, current, ground.clock, tell, carrier.counts)
    return Mailing(carrier, Deliveries(receipts, config.issuer), shelf)


def own_providers(config: Config, clock: "Clock", heard: "Callable[[str, Receipt], None]") -> "Mapping[str, Sequence[Provider]]":
    """Those of the config file, by channel. Raises Faulty with all that is missing or wrong."""
    from yett.adapters.deliver.smtp import Smtp

    nobody = f"no-reply@{urlsplit(config.issuer).hostname or 'localhost'}"
    made: dict[str, list[Provider]] = {
        "email": [Smtp(one.host, one.port, one.sender or nobody, one.security, one.username, one.password) for one in config.smtp]
    }
    if not config.providers:
        return made
    from yett.adapters.deliver.outbound import Outbound
    from yett.adapters.deliver.shelf import HOUSE
    from yett.domain.tenant import Contract

    shelf, faults = shelf_of(config, Outbound(HOUSE), clock, heard), []
    for one in config.providers:
        try:
            contract = Contract("", one.name, (one.channel,), shelf.spelled(one.channel, one.name, one.told))
            made.setdefault(one.channel, []).append(shelf.make(one.channel, contract))
        except ValueError as fault:
            faults.append(Fault(f"config file, {one.channel}", f"{one.name}: {fault}"))
    if faults:
        raise Faulty(faults)
    return made


def shelf_of(config: Config, outbound: "Outbound", clock: "Clock", heard: "Callable[[str, Receipt], None]") -> "Shelf":
    """Providers report to us where they can reach us."""
    from yett.adapters.deliver.shelf import Shelf

    reachable = not is_loopback(urlsplit(config.issuer).hostname or "localhost")
    return Shelf(outbound, clock, f"{config.issuer}deliveries/" if reachable else "", heard)


def management(ground: Ground, current: "Current", mail: Mailing, jobs: "Jobs", forgot: "Forgot") -> "Asgi":
    """The management API."""
    from yett.adapters.keys.blocklist import common
    from yett.flows.accounts import Births
    from yett.flows.manage.access import Access
    from yett.flows.manage.apis import Apis
    from yett.flows.manage.clients import ClientGrants, Clients
    from yett.flows.manage.configure import Configure
    from yett.flows.manage.contracts import Contracts
    from yett.flows.manage.enrolments import Enrolments
    from yett.flows.manage.guardian import Guardian
    from yett.flows.manage.keys import Keys
    from yett.flows.manage.letters import Letters
    from yett.flows.manage.logs import Logs
    from yett.flows.manage.relying import RelyingParties
    from yett.flows.manage.roles import Roles
    from yett.flows.manage.telephone import Telephone
    from yett.flows.manage.tenant import TenantSettings
    from yett.flows.manage.users import Users
    from yett.flows.manage.wording import Wording
    from yett.flows.trial import Trial
    from yett.http.management.app import build
    from yett.http.management.verbs import Manage

    store, mint, issuer, births = ground.store, ground.mint, ground.config.issuer, Births(ground.mint, PASSWORD, EMAIL)
    configure, trial = Configure(store, current, mint), Trial(mail.carrier)
    contracts, wording = Contracts(configure, mail.shelf, trial), Wording(configure, sayable, trial)
    manage = Manage(
        access=Access(store, current, ground.signer, mint, issuer),
        guardian=Guardian(configure, issuer),
        parties=RelyingParties(configure, issuer),
        clients=Clients(configure),
        grants=ClientGrants(configure),
        apis=Apis(configure, issuer),
        users=Users(store, current, mint, ground.hasher, births, common, mail.carrier.wake),
        enrolments=Enrolments(store, current, mint, FACTORS, births, mail.carrier.wake),
        logs=Logs(store),
        keys=Keys(configure, ground.signer),
        tenant=TenantSettings(configure),
        roles=Roles(store, current, mint),
        jobs=jobs,
        letters=Letters(store, forgot),
        contracts=contracts,
        wording=wording,
        telephone=Telephone(contracts, wording),
    )
    return build(manage, __version__, ground.config.trusted_proxies)


def importing(ground: Ground, current: "Current", wake: Callable[[], None]) -> "Jobs":
    """What takes users of other systems."""
    from yett.flows.accounts import Births
    from yett.flows.manage.bindings import Bindings
    from yett.flows.manage.enrolments import Enrolments
    from yett.flows.manage.imports import Imports
    from yett.flows.manage.jobs import Jobs

    births = Births(ground.mint, PASSWORD, EMAIL)
    return Jobs(ground.store, Imports(Bindings(Enrolments(ground.store, current, ground.mint, FACTORS, births, wake))))


def sayable(text: str, html: bool) -> None:  # noqa: FBT001 - of the flow's
    """Raises ValueError for a template that cannot be said."""
    from yett.adapters.deliver.templates import check

    check(text, html=html)


async def number(ground: Ground) -> None:
    """Give facts their numbers, off the hot path."""
    while await ground.store.number(500):
        pass
    await asyncio.sleep(SECOND)


async def sweep(ground: Ground, kept: "Kept") -> None:
    """Remove what ended long ago, and what was reported lost and is not kept."""
    await ground.store.sweep(ground.clock())
    await kept.sweep()
    await asyncio.sleep(MINUTE)


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

    jobs = importing(ground, Current(ground.store), lambda: None)
    return Operate(ground.store, administrator(ground, issuer), people(ground), FACTORS, ground.mint, jobs)


async def begin(ground: Ground, issuer: str, *, demo: bool) -> "tuple[Ready | Refusal, Demo | None]":
    """The first start, or the checks of a later one; a demo has its application, its API and its user afterwards."""
    from yett.flows.administrator import Refusal
    from yett.flows.demo_seed import DemoSeed
    from yett.flows.first_start import FirstStart

    start = FirstStart(ground.store, ground.signer, administrator(ground, issuer), asyncio.sleep)
    if not demo:
        return await start(ground.config.regime, demo=False), None
    seed = DemoSeed(ground.store, people(ground), ground.mint, ground.folder, issuer)
    seeded = seed.demo()
    ready = await start(ground.config.regime, demo=True, seed=seed.changes(seeded))
    if not isinstance(ready, Refusal):
        await seed(seeded, ready.catalogue)
    return ready, seeded


async def doctor(ground: Ground, issuer: str, port: int) -> "Sequence[Finding]":
    """Judgements over the store, the files and what is around them."""
    from yett.flows.doctor import Doctor

    found = await asyncio.to_thread(around, ground.config, issuer, port)
    found = found._replace(ahead=ground.clock.ahead(), providers=await complete(ground))
    return await Doctor(ground.store, ground.folder, found)()


async def complete(ground: Ground) -> "Mapping[str, str]":
    """Each provider that carries messages, by channel and name, and what keeps it from it ("": nothing)."""
    from yett.flows.current import Current
    from yett.flows.roster import Incomplete

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
    import yett.adapters.sql
    import yett.http.routes  # noqa: F401 - both loaded once, before the fork, and shared by all
    from yett.adapters.web.workers import supervise

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

    async with AsyncExitStack() as closing:
        ground = await lay(config)
        closing.push_async_callback(ground.store.close)
        ready, demo = await begin(ground, config.issuer, demo=config.demo)
        if isinstance(ready, Refusal):
            tell(ready.reason)
            return 1
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
        gc.enable()
        await serving.serve(list(bound.sockets))
    return 0


def door(ground: Ground, port: int, carrier: "Carrier | None") -> AbstractAsyncContextManager[None]:
    """The verbs of the running server: SQLite is one process, so the command line comes through here."""
    from yett.cli.control import opened
    from yett.cli.verbs import verbs

    issuer = ground.config.issuer
    known = verbs(operate(ground, issuer), lambda: doctor(ground, issuer, port), lambda: trial(ground, carrier), lambda: metadata(ground), running=True)
    return opened(ground.folder.path, known)


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
        lines.append(f"First start: the administrator's credentials are in {config.dir / 'admin.json'}; try `yett api get guardian/factors`")
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

    from yett.cli.verbs import verbs
    from yett.flows.administrator import Refusal, issuer_in

    # Only `serve` is told that it is a demo; here the store says so.
    ground = ground._replace(config=replace(ground.config, demo=await ground.store.remembered("demo") == b"yes"))
    issuer = issuer_in(await ground.store.catalogue()) or ground.config.issuer
    if name != "doctor" and await ground.store.remembered("admin") is None:
        ready, _ = await begin(ground, issuer, demo=False)
        if isinstance(ready, Refusal):
            yield Event("refused", ready.reason)
            return
    known = verbs(operate(ground, issuer), lambda: doctor(ground, issuer, ground.config.listen[0].port), lambda: trial(ground, None), lambda: metadata(ground), running=False)
    async for event in known[name](args):
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
