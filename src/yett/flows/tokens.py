"""/oauth/token: one story per grant, each through the gate."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.attempt import Attempt
from yett.domain.client import Api, Client
from yett.domain.outcome import Allow, Deny, Outcome, StepUp
from yett.domain.requirement import Clause
from yett.domain.session import Grant
from yett.domain.tenant import Catalogue
from yett.flows.authenticate_client import AuthenticateClient
from yett.flows.current import Current
from yett.flows.gate import Gate, within_regime
from yett.flows.issue import Issue
from yett.flows.mfa_api import MfaApi
from yett.flows.mfa_grants import MfaGrants
from yett.flows.mint import Mint, digest
from yett.flows.passkeys import Passkeys
from yett.flows.passwordless import Passwordless
from yett.flows.steps import Browser, asked_by, believed
from yett.oauth import claims, errors, pkce, token
from yett.oauth.consent import lacking, without_asking
from yett.ports import Redemption, Store

# What the request itself asked for is judged again at a refresh; its max_age and prompt are not (design: refresh).
OF_THE_REQUEST = frozenset({"essential", "client_acr", "par"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """Answers a token request with the token response; raises OAuthError for every refusal."""

    store: Store
    current: Current
    gate: Gate
    issue: Issue
    mfa: MfaApi
    grants: MfaGrants
    passwordless: Passwordless
    passkeys: Passkeys
    mint: Mint
    admit: AuthenticateClient

    async def __call__(self, fields: Mapping[str, str], authorization: str, browser: Browser) -> dict[str, object]:
        """Take the decoded fields of the body and the Authorization header."""
        match token.parse(fields):
            case token.CodeRequest() as asked:
                return await self._code(asked, fields, authorization)
            case token.RefreshRequest() as asked:
                return await self._refresh(asked, fields, authorization, browser)
            case token.ClientCredentialsRequest() as asked:
                return await self._machine(asked, fields, authorization)
            case token.PasswordRequest() as asked:
                catalogue = await self.current.latest()
                client = await self.client(fields, authorization, catalogue)
                return await self.mfa.password(asked, client, catalogue, believed(client, browser))
            case token.PasswordlessRequest() as asked:
                catalogue = await self.current.latest()
                client = await self.client(fields, authorization, catalogue)
                return await self.passwordless(asked, client, catalogue, believed(client, browser))
            case token.PasskeyRequest() as asked:
                catalogue = await self.current.latest()
                client = await self.client(fields, authorization, catalogue)
                return await self.passkeys(asked, client, catalogue, believed(client, browser))
            case asked:
                return await self.grants(asked, lambda catalogue: self.client(fields, authorization, catalogue), browser)

    async def client(self, fields: Mapping[str, str], authorization: str, catalogue: Catalogue) -> Client:
        """The client that the request is from. Raises OAuthError."""
        return await self.admit(fields, authorization, catalogue)

    async def _code(self, asked: token.CodeRequest, fields: Mapping[str, str], authorization: str) -> dict[str, object]:
        now = self.mint.clock()
        found = await self.store.token("code", digest(asked.code), now)
        catalogue = await self.current.at(found.version) if found else await self.current.latest()
        client = await self.client(fields, authorization, catalogue)
        if found is None or found.grant.client != client.id:
            raise errors.invalid_grant("Invalid authorization code")
        request = asked_by(found.grant)
        if asked.redirect_uri != request.redirect_uri:
            raise errors.invalid_grant("The redirect URI is not the one of the authorization request.")
        pkce.verify(asked.code_verifier, request.code_challenge)
        if found.token.expires_at <= now and found.token.used_at is None:
            raise errors.invalid_grant("Invalid authorization code")
        # A code is good for what was allowed when it was made, unless account, factor or policy have changed since.
        made = found.grant.created_at
        attempt = self._again(found.grant, (), made)._replace(id=_event(found.grant), via="browser", transaction=found.grant.transaction)
        if not isinstance(self._judge(attempt, found.grant.scope, found, catalogue, made), Allow):
            raise errors.invalid_grant("Invalid authorization code")
        await self._agreed(found, client, catalogue)
        return await self._hand_out(found, client, catalogue, now, leeway=0, refresh="offline_access" in found.grant.scope, event="acft")

    async def _refresh(self, asked: token.RefreshRequest, fields: Mapping[str, str], authorization: str, browser: Browser) -> dict[str, object]:
        now = self.mint.clock()
        found = await self.store.token("refresh", digest(asked.refresh_token), now)
        catalogue = await self.current.at(found.version) if found else await self.current.latest()
        client = await self.client(fields, authorization, catalogue)
        found = found._replace(grant=within_regime(found.grant, catalogue)) if found else None
        if found is None or found.grant.client != client.id or min(found.token.expires_at, found.grant.ends_at) <= now:
            raise errors.invalid_grant("Unknown or invalid refresh token.")
        attempt = self._again(found.grant, token.refresh_wants(asked), now)._replace(present_only=asked.max_age == 0)
        lapsed = claims.lapsed(found.grant, found.grant.scope, api_of(found.grant, catalogue), now)
        outcome = self._judge(attempt, tuple(name for name in found.grant.scope if name not in lapsed), found, catalogue, now)
        scope = _kept(asked, found.grant, lapsed)
        if isinstance(outcome, Deny) or (scope and _over(asked, outcome)):
            raise errors.invalid_grant("Unknown or invalid refresh token.")
        await self._agreed(found, client, catalogue)
        if not isinstance(outcome, Allow) or not scope:
            await self.mfa.require_for(attempt, found, client, catalogue, browser)
        leeway = client.leeway if client.rotating else found.grant.ends_at
        return await self._hand_out(found, client, catalogue, now, leeway=leeway, refresh=client.rotating, event="rtft", scope=scope)

    async def _machine(self, asked: token.ClientCredentialsRequest, fields: Mapping[str, str], authorization: str) -> dict[str, object]:
        catalogue = await self.current.latest()
        client = await self.client(fields, authorization, catalogue)
        api, scope = token.machine_scope(asked, client, catalogue.apis, catalogue.grants)
        await self.store.record((self.mint.fact("seccft", None, client.id, audience=api.identifier, scope=" ".join(scope)),))
        return self.issue.machine(client, api, scope, catalogue, self.mint.clock())

    async def _hand_out(
        self, found: Redemption, client: Client, catalogue: Catalogue, now: int, *, leeway: int, refresh: bool, event: str, scope: tuple[str, ...] = ()
    ) -> dict[str, object]:
        grant = found.grant
        scope, api = scope or grant.scope, api_of(grant, catalogue)
        issued = await self.issue.prepare(grant, scope, client, api, now, refresh=refresh)
        done = self.mint.fact(f"se{event}", grant.account, client.id, grant=grant.id, scope=" ".join(issued.scope))
        replayed = self.mint.fact(f"fe{event}", grant.account, client.id, grant=grant.id, reason="used before: the grant is revoked")
        if await self.store.redeem(found.token, issued.kept, leeway, now, {"done": (done,), "replayed": (replayed,)}) == "replayed":
            raise errors.invalid_grant("Invalid authorization code" if found.token.kind == "code" else "Unknown or invalid refresh token.")
        return self.issue.response(issued, grant, found.account, client, api, catalogue, now)

    async def _agreed(self, found: Redemption, client: Client, catalogue: Catalogue) -> None:
        """What somebody has taken back since is given no longer. Raises OAuthError."""
        wanted = without_asking(asked_by(found.grant), client, api_of(found.grant, catalogue))
        if wanted and lacking(wanted, (await self.store.consents(found.account.id, client.id))[0]):
            raise errors.consent_required()

    def _again(self, grant: Grant, wants: tuple[Clause, ...], now: int) -> Attempt:
        """The event that the grant came from, to be judged by what is in force now.

        What was declined then is not among the grant's wants; a wish of this request is a new one.
        """
        own = tuple(clause._replace(max_age=None) for clause in grant.wants if clause.source in OF_THE_REQUEST)
        waivers = tuple(name for name in grant.waivers if name != "declined")
        return Attempt(grant.id, "client", b"", grant.client, now, now, account=grant.account, base=grant.proofs, waivers=waivers, wants=(*own, *wants))

    def _judge(self, attempt: Attempt, scope: tuple[str, ...], found: Redemption, catalogue: Catalogue, now: int) -> Outcome:
        api = api_of(found.grant, catalogue)
        return self.gate.decide(self.gate.case(attempt, found.account, found.enrolments, catalogue, now, api, scope), now)


def api_of(grant: Grant, catalogue: Catalogue) -> Api | None:
    """The API of a grant, if it has one and it still exists."""
    return catalogue.apis.get(grant.audience) if grant.audience else None


def _event(grant: Grant) -> str:
    """The attempt that the grant came from, whose proofs are the last: whatever it proved was proven for this."""
    return max(reversed(grant.proofs), key=lambda proof: proof.completed_at).attempt


def _over(asked: token.RefreshRequest, outcome: Outcome) -> bool:
    """Whether a grant gives nothing any longer, for what stood first in it is void or too old, though nothing more than it had is asked for."""
    return isinstance(outcome, StepUp) and "first" in outcome.reasons and not asked.acr_values and asked.max_age is None


def _kept(asked: token.RefreshRequest, grant: Grant, lapsed: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes that a refresh still carries; empty where one that was asked for by name is over."""
    scope = token.narrowed(asked.scope, grant.scope)
    return () if set(lapsed).intersection(asked.scope) else tuple(name for name in scope if name not in lapsed)
