"""Who calls the management API, and whether what they ask for is theirs to do now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.fact import Fact
from yett.domain.tenant import Catalogue
from yett.flows.current import Current
from yett.flows.manage.refused import Refused
from yett.flows.mint import Mint
from yett.oauth.claims import judge_access
from yett.oauth.errors import OAuthError
from yett.ports import Signer, Tokens

TYPS = ("JWT", "at+jwt")
# What the tokens of people may do, whatever scopes they carry: read their own account. Else an application that may
# manage by itself would hand its power to whoever logs in to it.
OF_PEOPLE = frozenset({"read:current_user"})
LEEWAY = 60
SHOWN = 256
UNAUTHORIZED = Refused("unauthorized", "Invalid token.", "invalid_token")


class Call(NamedTuple):
    """A request as the log shall name it. `path` is as it came, percent-encoded, so no line of the log can be forged."""

    method: str
    path: str
    ip: str = ""
    user_agent: str = ""


class Caller(NamedTuple):
    """Whoever was admitted: an application, or (`account`) a person by one."""

    client: str
    account: str | None
    scopes: frozenset[str]
    call: Call

    def fact(self, mint: Mint, type: str, account: str | None = None, /, **data: object) -> Fact:
        """A fact of this call."""
        call = {name: value[:SHOWN] for name, value in self.call._asdict().items() if value}
        return mint.fact(type, account, self.client, **call, **data)


@dataclass(frozen=True, slots=True)
class Access:
    """Judges a bearer token by what is in force now, not by what was when it was made."""

    store: Tokens
    current: Current
    signer: Signer
    mint: Mint
    issuer: str

    @property
    def audience(self) -> str:
        """The identifier of the management API."""
        return f"{self.issuer}api/v2/"

    def refusal(self, caller: Caller, need: frozenset[str], account: str | None) -> Refused | None:
        """Why this caller may not do what wants any scope of `need`; a person may only where `account` is their own."""
        if caller.scopes & need and (caller.account is None or caller.account == account):
            return None
        return Refused("scope", f"Insufficient scope, expected any of: {','.join(sorted(need))}", "insufficient_scope")

    async def identify(self, token: str, call: Call) -> Caller | Refused:
        """Who this is, whatever they may do."""
        catalogue = await self.current.latest()
        said = self.signer.verify(catalogue, token, TYPS)
        now = self.mint.clock()
        try:
            scopes = frozenset(judge_access(said, self.issuer, self.audience, now))
        except OAuthError:
            return UNAUTHORIZED
        client = _client(said or {}, now)
        if client not in catalogue.clients:
            return UNAUTHORIZED
        if (said or {}).get("gty") == "client-credentials":
            return Caller(client, None, scopes & self._granted(client, catalogue), call)
        account = await self._person(said or {}, now)
        return Caller(client, account, scopes & OF_PEOPLE, call) if account else UNAUTHORIZED

    def _granted(self, client: str, catalogue: Catalogue) -> frozenset[str]:
        """What the client may have for itself now: a grant taken away voids tokens at once."""
        grants = (one.scope for one in catalogue.grants if one.client == client and one.audience == self.audience)
        return frozenset(scope for scopes in grants for scope in scopes)

    async def _person(self, said: Mapping[str, object], now: int) -> str:
        """Whom a person's token speaks of. It names its grant in front of its jti, and is worth nothing without it."""
        grant, dot, _ = str(said["jti"]).partition(".")
        return str(said["sub"]) if dot and await self.store.grant_live(grant, now) else ""


def _client(said: Mapping[str, object], now: int) -> str:
    """The client, if both names of it agree and the token has begun; "" otherwise."""
    begins = [value for name in ("iat", "nbf") if (value := said.get(name)) is not None]
    if any(not isinstance(value, int) or value > now + LEEWAY for value in begins):
        return ""
    return str(said["client_id"]) if said.get("azp", said["client_id"]) == said["client_id"] else ""
