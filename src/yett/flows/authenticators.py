"""What the MFA API says of a person's authenticators: each listed, asked, added and removed by its own names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.client import Client
from yett.domain.enrolment import Enrolment
from yett.domain.outcome import StepUp
from yett.domain.tenant import Tenant
from yett.factors.base import Ask, Factor
from yett.flows.asking import Asker, Asking, Withheld, at_home
from yett.flows.here import Here
from yett.flows.mfa_api import MfaApi, ceremony, speaks
from yett.flows.mfa_bearer import ENROL, READ, REMOVE, Bearer
from yett.flows.mfa_grants import SHEET, Authenticate, MfaGrants, companion, pending
from yett.flows.own import Own, destination
from yett.flows.owner import Missing
from yett.flows.steps import Browser
from yett.oauth import errors

# What Auth0's MFA API asks for; and what takes a question that is kept until it is answered.
USUAL, ASKS = ("otp", "oob"), ("oob", "webauthn")
# Why an authenticator stays, as it is told.
STAYS = {
    "implicit": "This authenticator comes with the verified e-mail address and stays.",
    "last_factor": "The last authenticator stays: add another one first.",
}


class Asked(NamedTuple):
    """What /mfa/challenge is asked: any authenticator of these types, or one by its id, or those of one channel."""

    types: tuple[str, ...] = ()
    authenticator: str = ""
    channel: str = ""


class Association(NamedTuple):
    """What /mfa/associate is asked."""

    types: tuple[str, ...]
    channels: tuple[str, ...] = ()
    phone_number: str = ""
    email: str = ""


class Authenticator(NamedTuple):
    """An enrolment as the MFA API lists it: once for each channel."""

    id: str
    channel: str
    enrolment: Enrolment
    factor: Factor
    active: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Authenticators:
    """Every refusal is an OAuthError."""

    api: MfaApi
    grants: MfaGrants
    bearer: Bearer
    asking: Asking
    own: Own

    async def challenge(self, mfa_token: str, asked: Asked, authenticate: Authenticate, browser: Browser) -> dict[str, object]:
        """/mfa/challenge: puts the question to the strongest authenticator that the account can be asked and the client understands."""
        here = await self.api.find(mfa_token, authenticate)
        able = self._able(here)
        if asked.authenticator and not any(one.id == asked.authenticator for one in able):
            raise errors.no_authenticator() if able else errors.not_enrolled()
        found = next((one for one in able if _fits(one, asked)), None)
        if found is None:
            kinds = [one.factor.words.challenge_type or one.factor.words.authenticator for one in able]
            raise errors.unsupported_challenge_type(" ".join(asked.types) or asked.channel, kinds)
        if found.factor.words.challenge_type not in ASKS:
            await self.api.store.record((self.api.mint.fact("gd_start_auth", here.attempt.account, here.attempt.client, factor=found.factor.kind),))
            return {"challenge_type": found.factor.words.challenge_type}
        ask = at_home(self.api.whereabouts.ask(here, found.factor, channel=found.channel), here.client)
        to = [one.enrolment for one in able if one is found or (one.factor is found.factor and not (asked.authenticator or found.channel))]
        question = await self.asking.challenge(here.attempt, found.factor, to, ask, self._asker(here, browser))
        if isinstance(question, Withheld):
            raise withheld(question)
        if not found.channel:
            return {"challenge_type": found.factor.words.challenge_type, **ceremony(question)}
        return {"challenge_type": found.factor.words.challenge_type, "oob_code": f"{here.attempt.id}.{question.id}", "binding_method": "prompt"}

    async def associate(self, token: str, asked: Association, browser: Browser) -> dict[str, object]:
        """/mfa/associate: begin an enrolment; the grant of its kind completes it. Recovery codes come along with the first factor, shown this once."""
        here = await self.bearer.here(token, ENROL, begin=True)
        factor, channel = self._wanted(asked, here.client)
        self.grants.may_enrol(here, factor)
        if here.arrival.account and "sms" in factor.words.channels and not asked.phone_number:
            raise errors.missing("phone_number")
        target = asked.phone_number if "sms" in factor.words.channels else asked.email
        ask = at_home(self.api.whereabouts.ask(here, factor, channel=channel, target=target), here.client)
        if channel and destination(factor, ask.target, "") in self._reached(here, factor):
            raise errors.already_enrolled()
        codes, kept = self._sheet(here)
        question = await self.asking.offer(here.attempt, factor, here.arrival.enrolments, ask, self._asker(here, browser), kept=kept)
        if isinstance(question, Withheld):
            raise withheld(question)
        said: dict[str, object] = {"id": pending(factor, question), "authenticator_type": factor.words.authenticator}
        if channel:
            said |= {"oob_channel": question.channel, "oob_code": f"{here.attempt.id}.{question.id}", "binding_method": "prompt"}
        elif "ceremony" in question.show:
            said |= ceremony(question)
        else:
            said |= {"secret": question.show["secret"].replace(" ", ""), "barcode_uri": question.show["uri"]}
        return said | ({"recovery_codes": codes} if codes else {})

    async def listed(self, token: str) -> list[dict[str, object]]:
        """GET /mfa/authenticators: all of the account; what is not confirmed, or out of use, is not active."""
        here = await self.bearer.here(token, READ)
        return [view(one) for one in self._all(here)]

    async def remove(self, token: str, id: str, browser: Browser) -> None:
        """DELETE: with an access token, of a login that is fresh and strong enough (attacks: row 6, CVE-2026-3429); what is linked goes along."""
        owner = await self.bearer.owner(token, REMOVE, browser)
        here = await self.bearer.here(token, REMOVE)
        found = next((one for one in self._all(here) if one.id == id), None)
        done = await self.own.remove(owner, found.enrolment.id if found else "")
        if isinstance(done, Missing):
            raise errors.too_weak(done.acrs, done.max_age)
        if done in STAYS:
            raise errors.stays(STAYS[str(done)])
        if done is not None:
            raise errors.busy() if done == "busy" else errors.no_authenticator()

    def _wanted(self, asked: Association, client: Client) -> tuple[Factor, str]:
        """The factor that is asked for, and the channel of it. Raises OAuthError."""
        if not asked.types:
            raise errors.missing("authenticator_types")
        known = (one for one in self.api.whereabouts.gate.factors.values() if speaks(client, one.words) and not one.words.companion)
        factors = [one for one in known if one.words.authenticator in asked.types]
        if any(not one.words.channels for one in factors):
            return next(one for one in factors if not one.words.channels), ""
        if factors and not asked.channels:
            raise errors.missing("oob_channels")
        found = next(((one, channel) for channel in asked.channels for one in factors if channel in one.words.channels), None)
        if found is None:
            raise errors.invalid_request("Unsupported authenticator_types or oob_channels.")
        return found

    def _able(self, here: Here) -> list[Authenticator]:
        """Those that help and may be asked, the strongest first."""
        acceptable = here.outcome.acceptable if isinstance(here.outcome, StepUp) else ()
        order = {one: place for place, one in enumerate(acceptable)}
        able = [one for one in self._all(here) if one.enrolment.id in order and one.active]
        return sorted(able, key=lambda one: order[one.enrolment.id])

    def _all(self, here: Here) -> list[Authenticator]:
        found = [one for each in here.case.enrolments for one in self._each(here, each)]
        question = here.arrival.challenge
        if question is None or not question.offer:
            return found
        factor = self.api.whereabouts.gate.factors[question.kind]
        id, account = pending(factor, question), here.attempt.account or ""
        coming = Enrolment(id, account, factor.kind, question.remember, "pending")
        names = factor.words.channels or ("",)
        return found + [Authenticator(named(id, channel), channel, coming, factor, active=False, name=question.show.get("masked", "")) for channel in names]

    def _each(self, here: Here, one: Enrolment) -> Iterable[Authenticator]:
        """One by one channel each: a number that is texted and called is a pair."""
        factor = self.api.whereabouts.gate.factors[one.kind]
        if not speaks(here.client, factor.words):
            return
        rules = self._rules(here.catalogue.tenant, factor)
        for channel in factor.words.channels or ("",):
            question = factor.challenge((one,), Ask(bytes(64), 0, channel=channel, rules=rules)) if channel else None
            if question is None or question.channel == channel:
                yield Authenticator(named(one.id, channel), channel, one, factor, one.status == "active", question.show["masked"] if question else one.name)

    def _rules(self, tenant: Tenant, factor: Factor) -> Mapping[str, object]:
        return tenant.factor_settings.get(factor.words.factor, {})

    def _reached(self, here: Here, factor: Factor) -> set[str]:
        """Where codes of this kind go already."""
        mine = (one for one in here.case.enrolments if one.kind == factor.kind)
        return {message.to for one in mine for message in factor.challenge((one,), Ask(bytes(64), 0)).send}

    def _sheet(self, here: Here) -> tuple[Sequence[str], Mapping[str, str]]:
        """Recovery codes to show, and what the question keeps of them until it is answered: their hashes."""
        other = companion(here, self.api)
        if other is None:
            return (), {}
        offer = other.offer(self.api.whereabouts.ask(here, other), here.arrival.enrolments)
        return offer.show["codes"].replace("-", "").split("\n"), {SHEET: offer.remember.open.decode()}

    def _asker(self, here: Here, browser: Browser) -> Asker:
        return Asker(here.arrival.account, here.catalogue.tenant, here.client.name, browser.ip, pace=None)


def view(one: Authenticator) -> dict[str, object]:
    """As Auth0 lists it; the channel by both names, for its SDKs differ on which they read."""
    said: dict[str, object] = {"id": one.id, "authenticator_type": one.factor.words.authenticator, "type": one.factor.words.requirement, "active": one.active}
    if one.channel:
        said |= {"oob_channel": one.channel, "oob_channels": [one.channel]}
    return said | ({"name": one.name} if one.name else {})


def named(id: str, channel: str) -> str:
    """An authenticator's own id: by the channel, where an enrolment has several."""
    return f"{channel}|{id.partition('|')[2]}" if channel else id


def withheld(why: Withheld) -> errors.OAuthError:
    """Why no code was sent."""
    match why.why:
        case "paced":
            return errors.too_many_attempts()
        case "unserved":
            return errors.not_served()
        case "invalid":
            return errors.invalid_request("Invalid phone_number." if why.reason == "bad_number" else "Invalid email.")
        case _:
            return errors.malformed_mfa_token()


def _fits(one: Authenticator, asked: Asked) -> bool:
    """Whoever names neither type nor authenticator understands what Auth0 would ask, and nothing else."""
    kind = one.factor.words.challenge_type
    if not kind or kind not in (asked.types or (USUAL if not asked.authenticator else (kind,))):
        return False
    return asked.authenticator in {"", one.id} and asked.channel in {"", one.channel}
