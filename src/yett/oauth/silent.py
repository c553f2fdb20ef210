"""prompt=none: what an application is told that asked us to ask nothing (OIDC Core 3.1.2.6, RFC 9470)."""

from yett.domain.outcome import Allow, Deny, Outcome
from yett.oauth import errors

# What a login that has merely lapsed lacks; any other reason is an acr or a policy.
LAPSED = frozenset({"first", "max_age"})


def silent(outcome: Outcome, *, has_session: bool, consented: bool = True) -> tuple[str, str] | None:
    """The error and its exact description; None where there is nothing to ask."""
    if isinstance(outcome, Allow):
        return None if consented else ("consent_required", errors.CONSENT_REQUIRED)
    if isinstance(outcome, Deny):
        return errors.denial(outcome.reason)
    lacks_more = has_session and not LAPSED.issuperset(outcome.reasons)
    return "login_required", errors.MFA_REQUIRED if lacks_more else errors.LOGIN_REQUIRED
