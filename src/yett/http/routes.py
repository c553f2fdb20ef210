"""Every route outside the management API, each with the gate that stands before what it gives."""

from typing import TYPE_CHECKING

from yett.http.account import Account
from yett.http.app import Route, asset
from yett.http.asgi import Request, Response
from yett.http.brand import brand_css
from yett.http.dbconnections import Dbconnections
from yett.http.deliveries import Deliveries
from yett.http.enrolment_ticket import TicketPages
from yett.http.forward import ForwardAuth
from yett.http.health import Probes
from yett.http.links import Links
from yett.http.mfa import Mfa
from yett.http.my_account import MyAccountApi
from yett.http.oauth import OAuth
from yett.http.pages import Pages
from yett.http.passkeys import PasskeysApi

if TYPE_CHECKING:
    from yett.http.demo import Demo


def routes(
    pages: Pages,
    account: Account,
    oauth: OAuth,
    mfa: Mfa,
    passkeys: PasskeysApi,
    me: MyAccountApi,
    tickets: TicketPages,
    probes: Probes,
    demo: "Demo | None",
    deliveries: Deliveries,
    links: Links,
    people: Dbconnections,
    forward: ForwardAuth,
) -> tuple[Route, ...]:
    """The table. A path that ends in `/*` takes whatever follows."""
    read = {"GET": oauth.discovery, "OPTIONS": oauth.preflight}

    async def brand(_: Request) -> Response:
        body = brand_css((await pages.current.lately()).tenant.brand)
        return Response(200, body, "text/css; charset=utf-8", (("cache-control", "public, max-age=31536000, immutable"),))

    table = (
        Route("/authorize", {"GET": pages.authorize, "POST": pages.authorize}, "decide", page=True),
        Route("/u/email-verification", {"GET": links.address, "POST": links.address}, "token", page=True),
        Route("/u/reset-password", {"GET": links.password, "POST": links.password}, "token", page=True),
        Route("/u/reset-password-request", {"GET": links.request, "POST": links.request}, "none", page=True),
        Route("/dbconnections/signup", {"POST": people.signup}, "none"),
        Route("/dbconnections/change_password", {"POST": people.change_password}, "none"),
        Route("/u/*", {"GET": pages.page, "POST": pages.page}, "decide", page=True),
        Route("/account", {"GET": account.page}, "decide", page=True),
        Route("/account/log.json", {"GET": account.log}, "decide", page=True),
        Route("/lost", {"GET": account.keep, "POST": account.keep}, "token", page=True),
        Route("/account/*", {"GET": account.page, "POST": account.page}, "decide", page=True),
        Route("/oauth/token", {"POST": oauth.token, "OPTIONS": oauth.preflight}, "decide"),
        Route("/mfa/challenge", {"POST": mfa.challenge, "OPTIONS": mfa.preflight}, "none"),
        Route("/mfa/associate", {"POST": mfa.associate, "OPTIONS": mfa.preflight}, "token"),
        Route("/mfa/authenticators", {"GET": mfa.listed, "OPTIONS": mfa.preflight}, "token"),
        Route("/mfa/authenticators/*", {"DELETE": mfa.remove, "OPTIONS": mfa.preflight}, "token"),
        Route("/passkey/register", {"POST": passkeys.register, "OPTIONS": passkeys.preflight}, "none"),
        Route("/passkey/challenge", {"POST": passkeys.challenge, "OPTIONS": passkeys.preflight}, "none"),
        Route("/passwordless/start", {"POST": mfa.start, "OPTIONS": mfa.preflight}, "none"),
        Route("/userinfo", {"GET": oauth.userinfo, "POST": oauth.userinfo, "OPTIONS": oauth.preflight}, "token"),
        Route("/guardian/enroll", {"GET": tickets.show, "POST": tickets.answer}, "token", page=True),
        Route("/me/v1/factors", {"GET": me.factors, "OPTIONS": me.preflight}, "token"),
        Route("/me/v1/authentication-methods", {"GET": me.all, "POST": me.begin, "OPTIONS": me.preflight}, "token"),
        Route("/me/v1/authentication-methods/*", {"GET": me.one, "PATCH": me.change, "DELETE": me.remove, "POST": me.verify, "OPTIONS": me.preflight}, "token"),
        Route("/oauth/revoke", {"POST": oauth.revoke, "OPTIONS": oauth.preflight}, "none"),
        Route("/oauth/introspect", {"POST": oauth.introspect}, "client"),
        Route("/v2/logout", {"GET": oauth.logout}, "none", page=True),
        Route("/oidc/logout", {"GET": oauth.oidc_logout, "POST": oauth.oidc_logout}, "none", page=True),
        Route("/.well-known/openid-configuration", read, "none"),
        Route("/.well-known/oauth-authorization-server", read, "none"),
        Route("/.well-known/jwks.json", {"GET": oauth.jwks, "OPTIONS": oauth.preflight}, "none"),
        Route("/.well-known/webauthn", {"GET": oauth.related}, "none"),
        Route("/.well-known/passkey-endpoints", {"GET": oauth.passkeys}, "none"),
        Route("/deliveries/*", {"GET": deliveries.report, "POST": deliveries.report}, "none"),
        Route("/forward-auth", {"GET": forward.check}, "decide"),
        Route("/forward-auth/status", {"GET": forward.status}, "decide"),
        Route("/forward-auth/start", {"GET": forward.start}, "decide"),
        Route("/forward-auth/stopped", {"GET": forward.stopped}, "none", page=True),
        Route("/.yett/*", {"GET": forward.own}, "decide"),
        Route("/healthz", {"GET": probes.alive}, "none"),
        Route("/readyz", {"GET": probes.ready}, "none"),
        Route("/metrics", {"GET": probes.metrics}, "none"),
        Route("/assets/brand.css", {"GET": brand}, "none"),
        Route("/authenticators/*", {"GET": account.picture}, "none"),
        Route("/assets/*", {"GET": asset}, "none"),
    )
    return table if demo is None else (*table, *_demo(demo))


def _demo(demo: "Demo") -> tuple[Route, ...]:
    """The demo's own pages: a client like any other, and the dev outbox."""
    return (
        Route("/", {"GET": demo.to_home}, "none", page=True),
        Route("/demo", {"GET": demo.home, "POST": demo.home}, "none", page=True),
        Route("/demo/callback", {"GET": demo.callback}, "decide", page=True),
        Route("/dev/outbox", {"GET": demo.messages}, "none", page=True),
        Route("/dev/outbox.json", {"GET": demo.messages_json}, "none"),
    )
