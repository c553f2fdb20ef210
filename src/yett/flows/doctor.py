"""`yett doctor`: named judgements over what was found, each with the way to mend it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from yett.domain.model import UNKNOWN, Metadata
from yett.domain.tenant import Catalogue
from yett.factors.base import Bound
from yett.flows.administrator import held_in
from yett.flows.first_start import is_number
from yett.flows.gate import Gate, regime_of
from yett.flows.health import STEP
from yett.flows.manage.guardian import offers
from yett.flows.models import KEPT, opened
from yett.ports import Files, Store

DAY = 86400
KEYS = "docs/how-to/keys-and-passkeys.md"
IMPORT = f"`yett mds import`, see {KEYS}"
AT_ONCE = 500
KEYS_OLD = 365 * DAY
TLS_SOON = 14 * DAY
PRIVATE = 0o077


class Found(NamedTuple):
    """What the doctor sees. `catalogue` is None where the store cannot be reached, and `store_says` then says why.

    `files` has the permission bits of those that exist; `tls_ends` is when the served certificate ends (None: no TLS);
    `smtp` maps each mail server to what went wrong with it ("" nothing), and `providers` each channel and provider to what
    is missing; `stranded` counts keys by the name that they were made under, where that is not the one in force; `admin` is
    the client the store remembers, and `admin_held` the one in DIR/admin.json.
    """

    now: int
    issuer: str
    listen_port: int
    loopback: bool
    embedded: bool
    demo: bool
    regime: str = ""
    catalogue: Catalogue | None = None
    store_says: str = ""
    newest_fact: int = 0
    ahead: float = 0.0
    marked: bytes | None = None
    admin: str | None = None
    admin_held: str | None = None
    files: Mapping[str, int] = {}
    kek_from_file: bool = True
    tls_ends: int | None = None
    smtp: Mapping[str, str] = {}
    providers: Mapping[str, str] = {}
    metadata: Metadata = UNKNOWN
    stranded: Mapping[str, int] = {}


class Finding(NamedTuple):
    """One judgement. `mend` is what to do, where there is something to do."""

    name: str
    level: Literal["ok", "warn", "bad"]
    says: str
    mend: str = ""


def examine(found: Found) -> tuple[Finding, ...]:
    """Every judgement that can be made of what was found."""
    return tuple(check(found) for check in ALWAYS) + (tuple(check(found, found.catalogue) for check in OF_THE_STORE) if found.catalogue else ())


def store(found: Found) -> Finding:
    """The store answers, at the schema of this release."""
    if found.catalogue is None:
        return Finding("store", "bad", found.store_says or "the store does not answer", "see --database and --dir; after an upgrade: `yett db upgrade`")
    return Finding("store", "ok", f"{'SQLite' if found.embedded else 'PostgreSQL'}, configuration {found.catalogue.version}, epoch {found.catalogue.epoch}")


def issuer(found: Found) -> Finding:
    """The issuer is a name, and leads to the listener where it should."""
    parts = urlsplit(found.issuer)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if is_number(found.issuer):
        return Finding("issuer", "warn", f"{found.issuer} is an IP address: no WebAuthn under it", "give --issuer a name")
    if parts.hostname == "localhost" and found.listen_port and port != found.listen_port:
        return Finding(
            "issuer", "warn", f"{found.issuer} names port {port}, the listener has {found.listen_port}", "leave --issuer out, unless a proxy is between"
        )
    if parts.hostname == "localhost" and not found.loopback:
        return Finding("issuer", "bad", "the listener is open to other machines, which cannot reach localhost", "give --issuer the URL that they use")
    return Finding("issuer", "ok", found.issuer)


def files(found: Found) -> Finding:
    """What is secret is readable by its owner alone."""
    open_ = sorted(name for name, mode in found.files.items() if mode & PRIVATE)
    if open_:
        return Finding("files", "bad", f"others may read {', '.join(open_)}", f"chmod 600 {' '.join(open_)}")
    return Finding("files", "ok", "secrets are readable by their owner alone")


def kek(found: Found) -> Finding:
    """The key-encryption key is where a backup of the database is not."""
    if found.kek_from_file and "kek" not in found.files:
        return Finding("kek", "warn", "no key-encryption key yet: it is made at the first start", "")
    if found.kek_from_file:
        return Finding("kek", "ok", "in DIR/kek: back it up apart from the database, which is worthless without it")
    return Finding("kek", "ok", "from YETT_KEK")


def tls(found: Found) -> Finding:
    """The certificate does not end soon."""
    if found.tls_ends is None:
        if found.issuer.startswith("https:"):
            return Finding("tls", "ok", "in front of Yett (the issuer is https, the listener is not)")
        return Finding("tls", "ok", "none: a loopback issuer over http")
    left = (found.tls_ends - found.now) // DAY
    if left < 0:
        return Finding("tls", "bad", f"the certificate ended {-left} days ago", "renew it; `--tls auto` does so at start")
    if found.tls_ends - found.now < TLS_SOON:
        return Finding("tls", "warn", f"the certificate ends in {left} days", "renew it; `--tls auto` does so at start")
    return Finding("tls", "ok", f"good for {left} days")


def smtp(found: Found) -> Finding:
    """A mail provider can be reached."""
    broken = {name: wrong for name, wrong in found.smtp.items() if wrong}
    if found.demo:
        return Finding("smtp", "ok", "a demo sends to its own outbox")
    if not found.smtp and any(name.startswith("email ") for name in found.providers):
        return Finding("smtp", "ok", "none: mail leaves by other providers")
    if not found.smtp:
        return Finding("smtp", "warn", "no provider: no code and no notice leaves by e-mail", "add [[smtp]] to the config file, or YETT_SMTP")
    if broken:
        level: Literal["warn", "bad"] = "bad" if len(broken) == len(found.smtp) else "warn"
        return Finding("smtp", level, "; ".join(f"{name}: {wrong}" for name, wrong in broken.items()), "see host, port, security and credentials in [[smtp]]")
    return Finding("smtp", "ok", f"{', '.join(found.smtp)} can be reached")


def clock(found: Found, catalogue: Catalogue) -> Finding:
    """The clock agrees with what the store has seen."""
    behind = max(found.newest_fact, catalogue.keys[-1].created_at if catalogue.keys else 0) - found.now
    if behind > STEP or found.ahead > STEP:
        by = int(max(behind, found.ahead))
        return Finding("clock", "bad", f"this machine's clock is {by} s behind what the store has seen", "set it (NTP): codes are judged at the wrong time")
    return Finding("clock", "ok", datetime.fromtimestamp(found.now, UTC).isoformat())


def keys(found: Found, catalogue: Catalogue) -> Finding:
    """There is a signing key, and it is not old."""
    current = [key for key in catalogue.keys if key.use == "current"]
    if not current:
        return Finding("keys", "bad", "there is no current signing key", "`yett serve` makes one at the first start; else `yett api post keys/signing/rotate`")
    age = found.now - min(key.created_at for key in current)
    if age > KEYS_OLD:
        return Finding("keys", "warn", f"the signing key is {age // DAY} days old", "`yett api post keys/signing/rotate`")
    return Finding("keys", "ok", f"{', '.join(key.alg for key in current)}, {age // DAY} days old")


def admin(found: Found, _: Catalogue) -> Finding:
    """admin.json is the one that the store knows."""
    if found.admin is None:
        return Finding("admin", "warn", "never started: there is no administrator yet", "`yett serve`")
    if found.admin_held is None:
        return Finding("admin", "warn", "no admin.json here (another node may hold it)", "`yett admin reset` makes a new one")
    if found.admin_held != found.admin:
        return Finding("admin", "bad", "admin.json holds credentials that the store has replaced", "`yett admin reset` makes new ones")
    return Finding("admin", "ok", "admin.json is the one that the store knows")


def lockout(_: Found, catalogue: Catalogue) -> Finding:
    """A policy that demands a second factor has one to offer."""
    tenant = catalogue.tenant
    demands = [f"policy {name}" for name in tenant.policies] + ([f"regime {tenant.regime}"] if regime_of(catalogue).requires else [])
    if demands and not any(tenant.factors.values()):
        mend = "switch a factor on: `yett api put guardian/factors/otp --data '{\"enabled\":true}'`"
        return Finding("lockout", "bad", f"{' and '.join(demands)} demand a second factor, and none is switched on: nobody gets in", mend)
    on = ", ".join(sorted(name for name, switched in tenant.factors.items() if switched))
    return Finding("lockout", "ok", f"policies {', '.join(tenant.policies) or 'none'}; factors {on or 'none'}")


def demo(found: Found, _: Catalogue) -> Finding:
    """A demo's store is served as a demo, and no other is."""
    marked = found.marked == b"yes"
    if marked != found.demo:
        return Finding("demo", "bad", f"this store is {'' if marked else 'not '}a demo's", "`--demo` and its store belong together; give the right --dir")
    return Finding("demo", "warn" if marked else "ok", "a demo: whoever is on this machine reads its messages" if marked else "not a demo")


def regime(found: Found, catalogue: Catalogue) -> Finding:
    """The regime asked for is the store's, and what it wants offered is."""
    ours = catalogue.tenant.regime
    if found.regime and found.regime != ours:
        return Finding("regime", "bad", f"--regime {found.regime}, but the store's is {ours}", f"leave it out, or `yett regime set {found.regime}`")
    if regime_of(catalogue).phishing_resistant != "optional" and not offers(catalogue.tenant.factors):
        mend = "switch one on: `yett api put guardian/factors/webauthn-roaming --data '{\"enabled\":true}'`"
        return Finding("regime", "bad", f"{ours} wants a phishing-resistant factor offered, and none is on", mend)
    return Finding("regime", "ok", ours)


def webauthn(found: Found, catalogue: Catalogue) -> Finding:
    """WebAuthn works under the issuer's name."""
    on = sorted(name for name, switched in catalogue.tenant.factors.items() if switched and name.startswith("webauthn"))
    if on and is_number(found.issuer):
        return Finding("webauthn", "bad", f"{', '.join(on)} on, and the issuer is an IP address: the server does not start", "give --issuer a name")
    return Finding("webauthn", "ok", ", ".join(on) or "off")


def metadata(found: Found, catalogue: Catalogue) -> Finding:
    """Whoever vouches for authenticators has been heard of late; nobody need be, where nobody is asked."""
    held, party = found.metadata, catalogue.tenant.factor_settings
    due = datetime.fromtimestamp(held.next_update, UTC).date().isoformat()
    if held.no and not held.vouches(found.now):
        return Finding("metadata", "bad", f"edition {held.no} was to be replaced by {due}: it vouches for no new key any longer", IMPORT)
    if not held.no and any(one.get("attested") or one.get("hardware") for one in party.values()):
        return Finding("metadata", "bad", "only keys that somebody vouches for are taken, and nobody is known who does", IMPORT)
    return Finding("metadata", "ok", f"edition {held.no}, {len(held.models)} models, good until {due}" if held.no else "none")


def stranded(found: Found, _: Catalogue) -> Finding:
    """The keys that people have work under the name in force: after a move to another domain they do not."""
    if not found.stranded:
        return Finding("stranded", "ok", "no key was made under another name")
    name = max(found.stranded, key=lambda one: found.stranded[one])
    says = "; ".join(f"{count} key{'s' * (count > 1)} made under {name}" for name, count in sorted(found.stranded.items()))
    settings = {"overrideRelyingParty": True, "relyingPartyIdentifier": name, "origins": [found.issuer.rstrip("/")]}
    mend = f"go on under {name}: `yett api put guardian/factors/FACTOR/settings --data '{json.dumps(settings)}'`, with https://{name}/.well-known/webauthn"
    return Finding("stranded", "warn", f"of no use under the name in force: {says}", f"{mend} led here; or have owners enrol anew ({KEYS})")


def providers(found: Found, catalogue: Catalogue) -> Finding:
    """Whoever carries messages has been told all that they need, and telephones that are asked can be reached."""
    broken = {name: wrong for name, wrong in found.providers.items() if wrong}
    if broken:
        says = "; ".join(f"{name}: {wrong}" for name, wrong in broken.items())
        return Finding("providers", "bad", says, "see docs/how-to/deliver.md; `yett deliver try` sends one message")
    reached = {name.partition(" ")[0] for name in found.providers}
    if catalogue.tenant.factors.get("sms") and not reached & {"sms", "voice"}:
        return Finding("providers", "bad", "codes by SMS are on, and nobody carries a message to a telephone", "add [[sms]] to the config file, or a provider")
    return Finding("providers", "ok", ", ".join(found.providers) or "none")


@dataclass(frozen=True, slots=True)
class Doctor:
    """Looks at the store and the files, and judges. `around` is what is known without them."""

    store: Store
    files: Files
    around: Found
    gate: Gate

    async def __call__(self) -> tuple[Finding, ...]:
        """Every finding; a store that cannot be read is one."""
        catalogue = await self.store.catalogue()
        newest, _ = await self.store.facts(0, 1)
        admin = await self.store.remembered("admin")
        held = held_in(self.files)
        found = self.around._replace(
            catalogue=catalogue,
            newest_fact=newest[0].at if newest else 0,
            marked=await self.store.remembered("demo"),
            metadata=opened(await self.store.remembered(KEPT)),
            stranded=await self._stranded(catalogue),
            admin=admin.decode() if admin else None,
            admin_held=held.client_id if held else None,
        )
        return examine(found)

    async def _stranded(self, catalogue: Catalogue) -> Mapping[str, int]:
        names: Counter[str] = Counter()
        for kind in (kind for kind, factor in self.gate.factors.items() if isinstance(factor, Bound)):
            after: str | None = ""
            while after is not None:
                page = await self.store.alike(kind, after, AT_ONCE)
                names.update(name for one in page if (name := self.gate.strayed(one, catalogue)))
                after = page[-1].id if len(page) == AT_ONCE else None
        return names


ALWAYS: Sequence[Callable[[Found], Finding]] = (store, issuer, files, kek, tls, smtp)
OF_THE_STORE: Sequence[Callable[[Found, Catalogue], Finding]] = (clock, keys, admin, lockout, demo, regime, webauthn, stranded, metadata, providers)
