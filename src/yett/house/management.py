"""The flows of the management API, which are built when it is first asked."""

from yett.adapters.deliver.templates import check
from yett.adapters.keys.assertions import AssertionKeys
from yett.adapters.keys.blocklist import common
from yett.flows.accounts import Births
from yett.flows.current import Current
from yett.flows.forgot import Forgot
from yett.flows.manage.access import Access
from yett.flows.manage.apis import Apis
from yett.flows.manage.clients import ClientGrants, Clients
from yett.flows.manage.configure import Configure
from yett.flows.manage.consents import Consents
from yett.flows.manage.contracts import Contracts
from yett.flows.manage.credentials import Credentials
from yett.flows.manage.enrolments import Enrolments
from yett.flows.manage.guardian import Guardian
from yett.flows.manage.jobs import Jobs
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
from yett.house.ground import Ground
from yett.house.mail import Mailing
from yett.http.management.verbs import Manage


def managing(ground: Ground, current: Current, mail: Mailing, jobs: Jobs, forgot: Forgot) -> Manage:
    """What the management API can do."""
    store, mint, issuer, births = ground.store, ground.mint, ground.config.issuer, Births(ground.mint, ground.password, ground.email)
    configure, trial = Configure(store, current, mint), Trial(mail.carrier)
    credentials = Credentials(configure, AssertionKeys())
    contracts, wording = Contracts(configure, mail.shelf, trial), Wording(configure, sayable, trial)
    return Manage(
        access=Access(store, current, ground.signer, mint, issuer),
        guardian=Guardian(configure, issuer),
        parties=RelyingParties(configure, issuer),
        clients=Clients(configure, credentials, ground.signer),
        grants=ClientGrants(configure),
        apis=Apis(configure, issuer, ground.signer),
        users=Users(store, current, mint, ground.hasher, births, common, mail.carrier.wake),
        enrolments=Enrolments(store, current, mint, ground.factors, births, mail.carrier.wake, issuer.rstrip("/")),
        logs=Logs(store),
        keys=Keys(configure, ground.signer),
        tenant=TenantSettings(configure),
        roles=Roles(store, current, mint),
        jobs=jobs,
        letters=Letters(store, forgot),
        contracts=contracts,
        wording=wording,
        telephone=Telephone(contracts, wording),
        consents=Consents(store, mint, issuer),
    )


def sayable(text: str, html: bool) -> None:  # noqa: FBT001 - of the flow's
    """Raises ValueError for a template that cannot be said."""
    check(text, html=html)
