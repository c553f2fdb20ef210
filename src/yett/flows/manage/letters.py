"""Links as administrators have them made or mailed: to confirm an address, to choose a new password."""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from yett.domain.account import Account, canonical
from yett.domain.job import Job
from yett.domain.tenant import Catalogue
from yett.flows.forgot import Forgot
from yett.flows.manage.access import Caller
from yett.flows.manage.refused import Refused, absent, invalid
from yett.flows.tickets import Kind, Ticket
from yett.oauth.redirects import well_formed
from yett.ports import Store

# Five days, as Auth0 has it; thirty at most.
LIVES, LONGEST = 432000, 30 * 86400
MAILED = 86400
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Wanted(NamedTuple):
    """Whose link: by id, or by address. `result_url` is where its holder goes afterwards."""

    user_id: str = ""
    email: str = ""
    client: str = ""
    result_url: str = ""
    ttl: int = 0
    tells_address: bool = False
    verifies: bool = False


@dataclass(frozen=True, slots=True)
class Letters:
    """What a link leads to is judged when it is used; a helpdesk's link asks for a second factor like any other."""

    store: Store
    forgot: Forgot

    async def ticket(self, caller: Caller, kind: Kind, wanted: Wanted) -> str | Refused:
        """The address of the link."""
        account = await self._account(wanted)
        if isinstance(account, Refused):
            return account
        catalogue = await self.forgot.tickets.current.latest()
        if wanted.result_url and not leads_home(wanted.result_url, catalogue):
            return invalid("result_url must be https, without fragment, at the host of a registered application.")
        if wanted.client and wanted.client not in catalogue.clients:
            return absent("client")
        ticket = Ticket(canonical(account.email), wanted.result_url, wanted.tells_address, wanted.verifies)
        link = await self.forgot.tickets.issue(kind, account, wanted.client, ticket, min(wanted.ttl or LIVES, LONGEST))
        await self.store.record((caller.fact(self.forgot.mint, "sapi", account.id, ticket=kind),))
        return link

    async def mail(self, caller: Caller, wanted: Wanted) -> Job | Refused:
        """Mail a link that confirms the address of the account."""
        account = await self._account(wanted)
        if isinstance(account, Refused):
            return account
        catalogue, mint = await self.forgot.tickets.current.latest(), self.forgot.mint
        if wanted.client and wanted.client not in catalogue.clients:
            return absent("client")
        await self.forgot.send("verify-email", account, wanted.client, catalogue.tenant.locales[0], MAILED)
        job = Job(mint.name("job_", 12), "verification_email", caller.client, "completed", created_at=mint.clock(), updated_at=mint.clock())
        await self.store.open_job(job, (caller.fact(mint, "sapi", account.id, job=job.id),))
        return job

    async def _account(self, wanted: Wanted) -> Account | Refused:
        if wanted.user_id:
            found = await self.store.account(wanted.user_id)
            return found[0] if found else absent("user")
        known = await self.store.find(wanted.email) if wanted.email else None
        return known if known and canonical(known.email) == canonical(wanted.email) else absent("user")


def leads_home(url: str, catalogue: Catalogue) -> bool:
    """Whether a link of ours may lead on to this: else the mail of a bank would lead to whoever wrote the request."""
    if not well_formed(url, native=False):
        return False
    parts = urlsplit(url)
    registered = [one for client in catalogue.clients.values() for one in (*client.callbacks, *client.web_origins, *client.allowed_logout_urls)]
    hosts = {(urlsplit(one).scheme, urlsplit(one).netloc) for one in (*registered, *catalogue.tenant.logout_urls)}
    return (parts.scheme == "https" or parts.hostname in LOCAL) and (parts.scheme, parts.netloc) in hosts
