"""The doors beside /authorize and the token endpoint: owners, links, the MFA and My Account APIs."""

from typing import NamedTuple

from yett.adapters.keys.blocklist import common
from yett.flows.accounts import Births
from yett.flows.activity import Activity
from yett.flows.applications import Applications
from yett.flows.authenticators import Authenticators
from yett.flows.change_password import ChangePassword
from yett.flows.confirm_address import ConfirmAddress
from yett.flows.elsewhere import Elsewhere
from yett.flows.forgot import Forgot
from yett.flows.forward import Forward
from yett.flows.invitations import EnrolmentTickets, Invitations
from yett.flows.kept import Kept
from yett.flows.login import Login
from yett.flows.lost import Lost
from yett.flows.mfa_api import MfaApi
from yett.flows.mfa_bearer import Bearer
from yett.flows.mfa_grants import MfaGrants
from yett.flows.my_account import MyAccount
from yett.flows.own import Own
from yett.flows.owner import Ownership
from yett.flows.passkeys import Passkeys
from yett.flows.passwordless import Passwordless
from yett.flows.recognise import Recognise
from yett.flows.reporting import Reporting
from yett.flows.reset import Reset
from yett.flows.settings import Settings
from yett.flows.signup import SignUp
from yett.flows.tickets import Tickets
from yett.flows.visit import Visit
from yett.house.ground import Ground
from yett.http.account import Account
from yett.http.dbconnections import Dbconnections
from yett.http.edge import Edge
from yett.http.forward import ForwardAuth
from yett.http.links import Links
from yett.http.my_account import MyAccountApi
from yett.http.pages import Pages


def security_settings(ground: Ground, login: Login, recognise: Recognise, pages: Pages) -> Account:
    """What people see of their own account and change, by the same doors as a login."""
    store, mint, gate, wake = ground.store, ground.mint, login.whereabouts.gate, login.asking.post
    own = owners(ground, login)
    visit = Visit(store, recognise, login.leaving, login)
    kept = Kept(store, own.ownership, login.whereabouts.current, mint, wake, ground.config.issuer, login.prove.models)
    passwords = ChangePassword(store, own.ownership, own.births, mint, ground.hasher, common, wake)
    found = Settings(visit, own, Elsewhere(store, mint, wake), Activity(store, gate), kept, passwords, Applications(store, mint))
    lost = Lost(store, own.ownership, kept, mint, login.asking, login.prove.alarm)
    return Account(found, Reporting(found, lost), pages)


def behind_links(ground: Ground, login: Login, pages: Pages) -> Links:
    """What is done by whoever has a link out of their mailbox."""
    store, mint, asking, own = ground.store, ground.mint, login.asking, owners(ground, login)
    tickets = Tickets(store, login.whereabouts.current, mint, ground.config.issuer)
    reset = Reset(store, tickets, own.ownership, own.births, mint, asking, login.prove.alarm, ground.hasher, common)
    return Links(ConfirmAddress(store, tickets, mint, own.births), reset, Forgot(store, tickets, asking.limiter, mint, asking.post), pages)


def dbconnections(ground: Ground, links: Links, edge: Edge) -> Dbconnections:
    """Sign up, and forgotten passwords, as applications ask for them."""
    return Dbconnections(signing_up(ground, links), links.forgot, links.forgot.tickets.current, edge)


def signing_up(ground: Ground, links: Links) -> SignUp:
    """How people open accounts by themselves."""
    return SignUp(ground.store, links.forgot.tickets.current, links.reset.births, ground.hasher, links.reset.common, ground.mint, links.forgot)


def owners(ground: Ground, login: Login) -> Own:
    """What owners change of their own account, whichever door they come by."""
    return Own(
        ground.store,
        Ownership(login.whereabouts.gate, ground.mint, login.whereabouts.origin),
        ground.mint,
        Births(ground.mint, ground.password, ground.email),
        login.asking,
        login.prove.alarm,
        login.prove.models,
    )


def enrolment_tickets(ground: Ground, login: Login) -> EnrolmentTickets:
    """Links of the helpdesk."""
    return EnrolmentTickets(owners(ground, login), login.whereabouts.current, Invitations(ground.store, ground.mint, ground.config.issuer))


class MfaDoor(NamedTuple):
    """What an application without a browser comes by."""

    authenticators: "Authenticators"
    grants: "MfaGrants"
    passwordless: "Passwordless"
    passkeys: "Passkeys"


def mfa_door(ground: Ground, mfa: MfaApi, login: Login, links: Links) -> MfaDoor:
    """The MFA API: the same questions and the same changes, held by a token."""
    bearer = Bearer(ground.store, ground.signer, mfa, ground.config.issuer)
    grants = MfaGrants(mfa, bearer, Births(ground.mint, ground.password, ground.email), login.prove.models)
    authenticators = Authenticators(mfa, grants, bearer, login.asking, owners(ground, login))
    return MfaDoor(authenticators, grants, Passwordless(mfa, login.asking), Passkeys(mfa, signing_up(ground, links), login.prove.models))


def my_account(ground: Ground, login: Login, edge: Edge) -> MyAccountApi:
    """The My Account API: the same changes, with a token."""
    enter = MyAccount(ground.store, login.whereabouts.current, ground.signer, ground.mint, ground.config.issuer)
    return MyAccountApi(enter, owners(ground, login), edge)


def forward_auth(ground: Ground, login: Login, pages: Pages) -> ForwardAuth:
    """What proxies ask before they let anybody through to a protected host."""
    flow = Forward(ground.store, login.whereabouts.current, login.whereabouts.gate, ground.mint, ground.config.issuer)
    return ForwardAuth(flow, {one.origin: one for one in ground.config.protect}, pages.edge, pages)
