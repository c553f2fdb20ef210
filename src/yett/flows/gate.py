"""The gate as flows use it: a case made of what was loaded, put to policy.decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.client import Api
from yett.domain.enrolment import Enrolment
from yett.domain.outcome import Outcome
from yett.domain.proof import Shown
from yett.domain.session import Grant, Session
from yett.domain.tenant import Catalogue
from yett.factors.base import Bound, Factor, Modelled
from yett.oauth.claims import auth_time
from yett.policy.decide import Case, decide, permitted
from yett.policy.regimes import Regime, grant_ends, in_force


def regime_of(catalogue: Catalogue) -> Regime:
    """The regime in force, with the operator's own figures."""
    return in_force(catalogue.tenant.regime, catalogue.tenant.tightened)


def standing(session: Session | None, catalogue: Catalogue, now: int) -> Session | None:
    """The session, unless it is older than the regime in force lets any session be, whatever it was promised."""
    if session is None or now >= session.created_at + regime_of(catalogue).session_absolute:
        return None
    return session


def within_regime(grant: Grant, catalogue: Catalogue) -> Grant:
    """No grant outlives the regime in force, whatever it was promised under another."""
    ends_at = grant_ends(regime_of(catalogue), auth_time(grant), None)
    return grant._replace(ends_at=min(grant.ends_at, ends_at))


def stands(grant: Grant, account: Account, catalogue: Catalogue, now: int) -> bool:
    """Whether what was given for it opens anything still, here or elsewhere: its client is there, its account is not blocked, no regime has ended it."""
    return grant.client in catalogue.clients and not account.blocked and within_regime(grant, catalogue).ends_at > now


@dataclass(frozen=True, slots=True)
class Gate:
    """Knows the factors; every flow that may end in a token or a session asks here."""

    factors: Mapping[str, Factor]
    origin: str = ""
    """Where we are reached; "" where it does not matter."""

    def on(self, factor: Factor, catalogue: Catalogue) -> bool:
        """Whether the tenant has it switched on; what Auth0 has no switch for (a password) always is."""
        return not factor.words.factor or catalogue.tenant.factors.get(factor.words.factor, False)

    def known_as(self, kind: str) -> str:
        """The name under which people know a factor of this kind: Auth0's, where it has one."""
        factor = self.factors.get(kind)
        return (factor.words.factor if factor else "") or kind

    def case(
        self,
        attempt: Attempt,
        account: Account | None,
        enrolments: Sequence[Enrolment],
        catalogue: Catalogue,
        now: int,
        api: Api | None = None,
        scope: tuple[str, ...] = (),
    ) -> Case:
        """What the gate looks at, from what one load found."""
        regime = regime_of(catalogue)
        known = [self._trusted(one, catalogue) for one in enrolments if one.kind in self.factors and one.status != "deleted"]
        known.sort(key=lambda one: (-self.factors[one.kind].strength, -(one.used_at or 0)))
        promises = {one.id: self.factors[one.kind].promise(one) for one in known}
        usable = tuple(one.id for one in known if self._usable(one, promises[one.id], catalogue, regime, now))
        return Case(
            attempt=attempt,
            account=account,
            enrolments=known,
            promises=promises,
            usable=usable,
            offers=self._offers(known, catalogue, regime),
            regime=regime,
            policies=catalogue.tenant.policies,
            api=api,
            scope=scope,
        )

    def strayed(self, one: Enrolment, catalogue: Catalogue) -> str:
        """The name under which an enrolment works, where that is another than ours; "" where it works here."""
        factor = _bound(self.factors.get(one.kind)) if self.origin else None
        return factor.strayed(one, catalogue.tenant.factor_settings.get(factor.words.factor, {}), self.origin) if factor else ""

    def elsewhere(self, enrolments: Sequence[Enrolment], catalogue: Catalogue) -> str:
        """The name under which an account's keys work, where it has some and none of them works here."""
        keys = [one for one in enrolments if one.status == "active" and _bound(self.factors.get(one.kind))]
        names = [self.strayed(one, catalogue) for one in keys]
        return names[0] if names and all(names) else ""

    def decide(self, case: Case, now: int) -> Outcome:
        """The one question."""
        return decide(case, now)

    def _trusted(self, one: Enrolment, catalogue: Catalogue) -> Enrolment:
        """Suspended where its model is trusted no longer: an import overlooks what is kept in the same moment, and takes its time with the rest."""
        factor, distrusted = self.factors[one.kind], catalogue.tenant.distrusted
        if not (distrusted and one.status == "active" and factor.words.bound and isinstance(factor, Modelled)):
            return one
        return one._replace(status="suspended") if factor.model(one).hex() in distrusted else one

    def _usable(self, one: Enrolment, shown: Shown, catalogue: Catalogue, regime: Regime, now: int) -> bool:
        factor = self.factors[one.kind]
        can = one.status == "active" and one.locked_until <= now and not factor.spent(one)
        return can and self.on(factor, catalogue) and permitted(shown, regime) and not self.strayed(one, catalogue)

    def _offers(self, known: Sequence[Enrolment], catalogue: Catalogue, regime: Regime) -> dict[str, Shown]:
        held = {one.kind for one in known if one.status == "active"}
        new = (factor for kind, factor in self.factors.items() if kind not in held and factor.words.screen_enrol and not factor.words.companion)
        promised = {factor.kind: factor.promise(None) for factor in sorted(new, key=lambda factor: -factor.strength) if self.on(factor, catalogue)}
        return {kind: shown for kind, shown in promised.items() if permitted(shown, regime)}


def _bound(factor: Factor | None) -> Bound | None:
    """Every decision asks, and what a protocol wants is slow to look up: only what says so is looked at."""
    return factor if factor and factor.words.bound and isinstance(factor, Bound) else None
