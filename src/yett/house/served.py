"""What is served: read from top to bottom, the whole house."""

import asyncio
from typing import TYPE_CHECKING

from yett import __version__
from yett.adapters.budget import ProcessLimiter, SqlLimiter, ValkeyLimiter
from yett.adapters.keys.assertions import AssertionKeys
from yett.domain.tries import Bucket
from yett.flows.alarm import Alarm
from yett.flows.asking import Asking
from yett.flows.authenticate_client import AuthenticateClient
from yett.flows.authorize import Authorize
from yett.flows.conclude import Conclude
from yett.flows.current import Current
from yett.flows.gate import Gate
from yett.flows.health import Health
from yett.flows.here import Whereabouts
from yett.flows.introspect import Introspect
from yett.flows.issue import Issue
from yett.flows.kept import Kept
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
from yett.house.doors import behind_links, dbconnections, enrolment_tickets, forward_auth, mfa_door, my_account, security_settings
from yett.house.goodbye import goodbye
from yett.house.ground import App, Ground
from yett.house.importing import importing
from yett.house.mail import mailing
from yett.http.app import App as Application
from yett.http.edge import Edge
from yett.http.enrolment_ticket import TicketPages
from yett.http.health import Probes
from yett.http.management.app import build
from yett.http.mfa import Mfa
from yett.http.oauth import OAuth
from yett.http.pages import Pages
from yett.http.passkeys import PasskeysApi
from yett.http.routes import routes
from yett.ports import Limiter

if TYPE_CHECKING:
    from yett.flows.deliver import Carrier
    from yett.flows.demo_seed import Demo
    from yett.http.demo import Demo as DemoPages
    from yett.http.management.verbs import Manage

SECOND, MINUTE = 1.0, 60.0


def house(ground: Ground, demo: "Demo | None") -> App:
    """Every flow, built with what it uses, and the application that speaks for them."""
    config, store, mint, signer, hasher = ground.config, ground.store, ground.mint, ground.signer, ground.hasher
    issuer, limiter, current = config.issuer, limits(ground), Current(store)
    gate, conclude, mail = Gate(ground.factors, issuer.rstrip("/")), Conclude(mint), mailing(ground, current)
    bucket = Bucket(config.address_burst, 1) if config.address_burst else None
    whereabouts = Whereabouts(store, current, gate, mint, ground.password, gate.origin)
    issue = Issue(mint, signer, issuer, store)
    leaving = Leaving(store, conclude, issue, mint, issuer)
    alarm = Alarm(store, limiter, mint, mail.carrier.wake)
    rehash = Rehash(store, hasher, mint)
    prove = Prove(store, whereabouts, leaving, hasher, limiter, mint, mail.carrier.wake, alarm, bucket, rehash, Models(store))
    asking = Asking(store, limiter, mint, mail.carrier.wake, by_address=bucket is not None)
    login = Login(store, whereabouts, prove, leaving, mint, asking, Showing(whereabouts, asking))
    recognise = Recognise(store, current, mint, mail.carrier.wake)
    authorize = Authorize(store, recognise, whereabouts, leaving, login, signer, mint, issuer)
    mfa = MfaApi(store, whereabouts, conclude, issue, hasher, limiter, mint, alarm, bucket, rehash)
    edge = Edge(issuer, config.trusted_proxies, demo=demo is not None)
    pages = Pages(authorize, login, current, edge)
    links = behind_links(ground, login, pages)
    door = mfa_door(ground, mfa, login, links)
    admit = AuthenticateClient(store, AssertionKeys(), mint, issuer)
    tokens = Tokens(store, current, gate, issue, mfa, door.grants, door.passwordless, door.passkeys, mint, admit)
    userinfo, signout = Userinfo(store, current, signer, mint, issuer), SignOut(store, current, signer, mint, admit)
    oauth = OAuth(tokens, userinfo, signout, Introspect(store, current, signer, admit, mint, issuer), current, signer, edge, pages)
    probes = Probes(Health(store, ground.clock.ahead), {}, mail.carrier.counts, config.metrics_token)
    shown = demo_pages(ground, tokens, current, edge, mail.carrier, demo) if demo else None
    account, spoken = security_settings(ground, login, recognise, pages), Mfa(door.authenticators, door.passwordless, tokens, edge)
    table = routes(
        pages,
        account,
        oauth,
        spoken,
        PasskeysApi(door.passkeys, spoken),
        my_account(ground, login, edge),
        TicketPages(enrolment_tickets(ground, login), pages),
        probes,
        shown,
        mail.reports,
        links,
        dbconnections(ground, links, edge),
        forward_auth(ground, login, pages),
    )
    jobs = importing(ground, current, mail.carrier.wake)

    def manage() -> "Manage":
        from yett.house.management import managing

        return managing(ground, current, mail, jobs, links.forgot)

    management = build(manage, __version__, config.trusted_proxies)
    served = Application(table, management, edge, pages.stopped, probes.counts)
    bye = goodbye(ground, current, mail.carrier)
    beside = (mail.carrier.run, bye.carrier.run, bye.run, jobs.run, lambda: number(ground), lambda: sweep(ground, account.settings.kept))
    return App(served, beside, mail.carrier)


def demo_pages(ground: Ground, tokens: Tokens, current: Current, edge: Edge, carrier: "Carrier", demo: "Demo") -> "DemoPages":
    """The demo's own application, and the dev outbox."""
    from yett.http.demo import Demo as DemoPages
    from yett.http.outbox import Outbox

    return DemoPages(tokens, current, ground.signer, ground.mint, edge, Outbox(carrier), demo.client_id, demo.client_secret)


def limits(ground: Ground) -> Limiter:
    """Where rate limits live: in Valkey where there is one, in SQL where there are several processes, else in this one."""
    if ground.config.valkey:
        return ValkeyLimiter(ground.config.valkey)
    return ProcessLimiter() if ground.config.embedded else SqlLimiter(ground.store.driver)


async def number(ground: Ground) -> None:
    """Give facts their numbers, off the hot path."""
    while await ground.store.number(500):
        pass
    await asyncio.sleep(SECOND)


async def sweep(ground: Ground, kept: Kept) -> None:
    """Remove what ended long ago, and what was reported lost and is not kept."""
    await ground.store.sweep(ground.clock())
    await kept.sweep()
    await asyncio.sleep(MINUTE)
