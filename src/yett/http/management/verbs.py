"""What the management API is built with."""

from dataclasses import dataclass

from yett.flows.manage.access import Access
from yett.flows.manage.apis import Apis
from yett.flows.manage.clients import ClientGrants, Clients
from yett.flows.manage.consents import Consents
from yett.flows.manage.contracts import Contracts
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


@dataclass(frozen=True, slots=True)
class Manage:
    """The verbs that the management API has."""

    access: Access
    guardian: Guardian
    parties: RelyingParties
    clients: Clients
    grants: ClientGrants
    apis: Apis
    users: Users
    enrolments: Enrolments
    logs: Logs
    keys: Keys
    tenant: TenantSettings
    roles: Roles
    jobs: Jobs
    letters: Letters
    contracts: Contracts
    wording: Wording
    telephone: Telephone
    consents: Consents
