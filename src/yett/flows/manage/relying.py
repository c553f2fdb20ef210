"""Factors that are bound to our name (WebAuthn): what the tenant says of names, origins and authenticators."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from yett.domain.tenant import Tenant
from yett.flows.manage.access import Caller
from yett.flows.manage.configure import Configure, Edit
from yett.flows.manage.guardian import BOUND
from yett.flows.manage.refused import Refused, absent, invalid

USUAL = "discouraged"
# What an app of Android calls itself: the SHA-256 of the certificate that signed it.
ANDROID = re.compile("android:apk-key-hash:[A-Za-z0-9_-]{43}")


class RelyingParty(NamedTuple):
    """What holds for one use. `name` is the relying party's ("": the issuer's host), `origins` are related ones.

    `verification` is of security keys alone: the other uses always want it. `direct`: attestation is asked for, and `attested` demanded.
    `allowed` and `denied` are models (AAGUID); an empty `allowed`: any. `hardware`: only keys of
    which a maker vouches that they cannot leave their authenticator.
    """

    name: str = ""
    verification: str = USUAL
    origins: tuple[str, ...] = ()
    direct: bool = False
    attested: bool = False
    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    hardware: bool = False


@dataclass(frozen=True, slots=True)
class RelyingParties:
    """Reads and replaces them."""

    configure: Configure
    issuer: str

    async def of(self, factor: str) -> RelyingParty | Refused:
        """What is in force for this factor."""
        if factor not in BOUND:
            return absent("factor")
        tenant = (await self.configure.current.latest()).tenant
        return said_of(tenant.factor_settings.get(factor, {}))

    async def replace(self, caller: Caller, factor: str, said: Mapping[str, object]) -> RelyingParty | Refused:
        """Replace it. Credentials that were made under another name can no longer be used: their owners enrol anew.

        Whoever has moved to another domain goes on under the name of before where the issuer is one of its related origins.
        """
        if factor not in BOUND:
            return absent("factor")
        if unknown := ", ".join(sorted(said.keys() - SAYS)):
            return invalid(f"{unknown}: no setting of this factor.")
        wanted = wanted_by(said)
        if wanted.name and not self._may_use(wanted):
            return invalid(
                "relyingPartyIdentifier must be the issuer's host or a domain that it belongs to, or origins must name the issuer:"
                " browsers then look for it in https://IDENTIFIER/.well-known/webauthn."
            )
        if bad := next((one for one in wanted.origins if not (_is_origin(one) or ANDROID.fullmatch(one))), ""):
            return invalid(f"origins must be https://host[:port], or android:apk-key-hash:HASH for an app: {bad} is not.")

        def edit(tenant: Tenant) -> Tenant:
            return tenant._replace(factor_settings={**tenant.factor_settings, factor: settings_of(wanted)})

        told = {"factor": factor, "name": wanted.name, "origins": " ".join(wanted.origins), "attested": wanted.attested}
        mint = self.configure.mint
        change = await self.configure.change(
            lambda catalogue: Edit((edit(catalogue.tenant),), (caller.fact(mint, "gd_tenant_update", **told), caller.fact(mint, "sapi", **told)))
        )
        return change if isinstance(change, Refused) else wanted

    def _may_use(self, wanted: RelyingParty) -> bool:
        """Whether browsers let pages of the issuer use this name: their own, or one that they are related to (WebAuthn Level 3, 5.11)."""
        related = self.issuer.rstrip("/") in wanted.origins and "." in wanted.name and _is_origin(f"https://{wanted.name}")
        return related or _within(urlsplit(self.issuer).hostname or "", wanted.name)


# What may be said of one, by the names that the API has.
SAYS = frozenset(
    {"user_verification", "override_relying_party", "relying_party_identifier", "origins", "attestation", "attested", "allowed", "denied", "hardware"}
)


def wanted_by(said: Mapping[str, object]) -> RelyingParty:
    """As the API says it; what it does not say is as it is at first."""
    name = str(said.get("relying_party_identifier", "")) if said.get("override_relying_party") else ""
    lists = (_texts(said, one) for one in ("origins", "allowed", "denied"))
    origins, allowed, denied = lists
    verification = str(said.get("user_verification", USUAL))
    return RelyingParty(
        name, verification, origins, said.get("attestation") == "direct", bool(said.get("attested")), allowed, denied, bool(said.get("hardware"))
    )


def said_of(settings: Mapping[str, object]) -> RelyingParty:
    """As factors read it, as people say it."""
    return RelyingParty(
        str(settings.get("relyingPartyIdentifier", "")) if settings.get("overrideRelyingParty") else "",
        str(settings.get("userVerification", USUAL)),
        _texts(settings, "origins"),
        settings.get("attestation") == "direct",
        bool(settings.get("attested")),
        _texts(settings, "allowed"),
        _texts(settings, "denied"),
        bool(settings.get("hardware")),
    )


def settings_of(party: RelyingParty) -> Mapping[str, object]:
    """As people say it, as factors read it."""
    return {
        "overrideRelyingParty": bool(party.name),
        "relyingPartyIdentifier": party.name,
        "userVerification": party.verification,
        "origins": list(party.origins),
        "attestation": "direct" if party.direct or party.attested or party.allowed or party.hardware else "none",
        "attested": party.attested,
        "allowed": list(party.allowed),
        "denied": list(party.denied),
        "hardware": party.hardware,
    }


def related_origins(tenant: Tenant) -> tuple[str, ...]:
    """All origins that may use our name besides our own (WebAuthn Level 3, 5.11). An app is none: its system asks for it in another way."""
    said = (one for name in sorted(BOUND) for one in _texts(tenant.factor_settings.get(name, {}), "origins"))
    return tuple(dict.fromkeys(one for one in said if not ANDROID.fullmatch(one)))


def _texts(settings: Mapping[str, object], name: str) -> tuple[str, ...]:
    said = settings.get(name)
    return tuple(str(one) for one in said) if isinstance(said, (list, tuple)) else ()


def _within(host: str, name: str) -> bool:
    """Whether a browser at `host` may use `name`; a top-level domain alone it refuses by itself."""
    return host == name or ("." in name and host.endswith(f".{name}"))


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and text == f"https://{parts.netloc}" and "@" not in parts.netloc and (parts.port or 1) > 0
    except ValueError:
        return False
