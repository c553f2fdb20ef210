"""The end of an attempt: what it leaves behind, and the way back to the application."""

from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.account import Account
from yett.domain.assurance import counted
from yett.domain.attempt import Attempt
from yett.domain.client import OWN_PAGES
from yett.domain.outcome import Allow
from yett.domain.proof import Proof
from yett.domain.session import Conclusion, Device, Grant, Session, Token
from yett.domain.tenant import Catalogue
from yett.flows.gate import regime_of
from yett.flows.mint import Mint, digest
from yett.flows.own_key import signed_by
from yett.flows.signals import signals
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.response import CODE
from yett.policy.regimes import Regime, grant_ends
from yett.ports import Arrival

# A rotated token shown again within this time, in seconds, is a second tab or a lost answer, not theft.
OVERLAP = 60
CODE_LIVES = 60


class Handed(NamedTuple):
    """A conclusion, and the bearer values that belong to it: they leave only after its commit. No code: an ID token was asked for."""

    conclusion: Conclusion
    code: str = ""
    session: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Conclude:
    """Builds conclusions. Nothing here is written: the store does that, with the verdict or alone."""

    mint: Mint

    def browser(self, attempt: Attempt, allow: Allow, account: Account, arrival: Arrival, catalogue: Catalogue, request: AuthorizationRequest) -> Handed:
        """What a browser's attempt leaves: its session at the level reached, its device, a grant and its code.

        Our own pages stand on the session, and are granted nothing.
        """
        regime, now = regime_of(catalogue), self.mint.clock()
        session, session_token, raises = self._session(attempt, account, arrival, regime, now)
        session = session._replace(device=signed_by(attempt, arrival) or session.device)
        device, device_token, device_raises = self._device(attempt, allow, account, arrival, catalogue)
        if attempt.client == OWN_PAGES.id:
            return Handed(Conclusion(session, raises, device, device_raises), "", session_token, device_token)
        grant = self.grant(attempt, allow, account, request, regime, now, session)
        code = self.mint.token() if request.response_type == CODE else ""
        tokens = (Token(digest(code), "code", grant.id, now + CODE_LIVES),) if code else ()
        return Handed(Conclusion(session, raises, device, device_raises, grant, tokens), code, session_token, device_token)

    def grant(
        self, attempt: Attempt, allow: Allow, account: Account, request: AuthorizationRequest, regime: Regime, now: int, session: Session | None = None
    ) -> Grant:
        """What a token family rests on: the counted set of this event, for good."""
        return Grant(
            id=self.mint.name(),
            account=account.id,
            client=attempt.client,
            created_at=now,
            ends_at=grant_ends(regime, min(proof.completed_at for proof in allow.proofs), session.ends_at if session else None),
            proofs=allow.proofs,
            wants=allow.clauses,
            waivers=attempt.waivers,
            scope=request.scope,
            audience=request.audience or None,
            session=session.sid if session else None,
            request=attempt.request,
            transaction=attempt.transaction,
        )

    def _session(self, attempt: Attempt, account: Account, arrival: Arrival, regime: Regime, now: int) -> tuple[Session, str, bytes | None]:
        """A new id at each change of level; the id before stays good for a minute, at the level that the row says it had."""
        token = self.mint.token()
        live = {one.id: one.generation for one in arrival.enrolments}
        proofs = counted(attempt.proofs(now), now, live)
        seen = arrival.session
        if seen is None or seen.account != account.id:
            fresh = Session(digest(token), self.mint.name(), account.id, proofs, now, now + regime.session_idle, now + regime.session_absolute)
            came = signals(attempt)
            return fresh._replace(ip=came.ip, name=came.user_agent), token, None
        raised = seen._replace(
            id=digest(token),
            proofs=_together(proofs, seen.proofs, live, now),
            idle_at=min(now + regime.session_idle, seen.ends_at),
            old_until=now + OVERLAP,
        )
        return raised, token, seen.id

    def _device(self, attempt: Attempt, allow: Allow, account: Account, arrival: Arrival, catalogue: Catalogue) -> tuple[Device | None, str, bytes | None]:
        """A full MFA makes the browser known; a wish makes it remembered; use of either rotates its token."""
        now = self.mint.clock()
        own = arrival.device if arrival.device and arrival.device.account == account.id else None
        proved = bool(attempt.shown) and allow.assurance.mfa
        used = "remembered_browser" in attempt.waivers
        if not proved and not (used and own):
            return None, "", None
        token, policy = self.mint.token(), catalogue.tenant.remember
        key, may = attempt.browser_key, regime_of(catalogue).remembers and policy.offered
        wished = attempt.remember and proved and may and (key is not None or not policy.bound)
        # A record that has a key never loses it: where somebody is remembered without one, it is another record.
        own = None if own and own.key and wished and key is None else own
        device = own or Device(self.mint.name("dev_"), b"", account.id, now, now)
        device = device._replace(token=digest(token), used_at=now, old_until=now + OVERLAP if own else 0)
        device = device._replace(name=signals(attempt).user_agent or device.name)
        if wished:
            device = device._replace(remembered_until=now + policy.absolute, security_version=account.security_version, key=key)
        if device.remembered_until > now:
            device = device._replace(idle_until=now + policy.idle)
        return device, token, own.token if own else None


def _together(new: tuple[Proof, ...], old: tuple[Proof, ...], live: dict[str, int], now: int) -> tuple[Proof, ...]:
    """What the session will vouch for: the newest of both, none twice."""
    return counted((*old, *new), now, live)
