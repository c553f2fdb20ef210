"""The schema: one set of tables for SQLite and PostgreSQL. Times in seconds; `epoch` voids what a backup brought back."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

# The newest migration: a store that is at it needs no Alembic at start. PostgreSQL's schema is made by migrations alone, so
# its WHERE of an index stands only there: here it would have SQLAlchemy load the whole dialect at every start.
HEAD = "0001"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *more: object, null: bool = False, index: bool = False) -> Column[str]:
    return Column(name, Text, *more, nullable=null, index=index)  # type: ignore[arg-type]


def _bytes(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def _number(name: str, *, null: bool = False, index: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null, index=index)


def _truth(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _of(table: str) -> ForeignKey:
    return ForeignKey(f"{table}.id", ondelete="CASCADE")


def _key(name: str = "id") -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint(name)


# One row: which store this is, the version of its configuration, its epoch.
meta = Table("meta", metadata, _number("id"), _text("store"), _number("version"), _number("epoch"), _key())

# One row, apart from `meta`, which every load reads: the last number that a fact was given.
sequencer = Table("sequencer", metadata, _number("id"), _number("last"), _key())

data_keys = Table("data_keys", metadata, _number("id"), _bytes("wrapped"), _number("created_at"), _number("seals"), _key())

# The tenant document, and values of the store itself.
settings = Table("settings", metadata, _text("name"), _bytes("value"), _key("name"))

clients = Table("clients", metadata, _text("id"), _text("name"), _text("document"), _key())

apis = Table(
    "apis",
    metadata,
    _text("id"),
    _text("identifier"),
    _bytes("requirement", null=True),
    _bytes("scope_requirements"),
    _text("document"),
    _key(),
    UniqueConstraint("identifier"),
)

client_grants = Table("client_grants", metadata, _text("id"), _text("client"), _text("audience"), _bytes("scope"), _key())

signing_keys = Table(
    "signing_keys",
    metadata,
    _text("kid"),
    _text("alg"),
    _bytes("private"),
    _bytes("public"),
    _number("created_at"),
    _text("use"),
    _number("changed_at"),
    _number("sealed_by"),
    _key("kid"),
)

# The tenant's own providers: `credentials` are sealed.
contracts = Table(
    "contracts",
    metadata,
    _text("id"),
    _text("name"),
    _text("channels"),
    _text("settings"),
    _bytes("credentials"),
    _truth("disabled"),
    _number("created_at"),
    _number("updated_at"),
    _number("sealed_by"),
    _key(),
)

# `email_key` and `username_key` are canonical: no alias has counters of its own.
accounts = Table(
    "accounts",
    metadata,
    _text("id"),
    _text("email"),
    _truth("email_verified"),
    _text("username", null=True),
    _truth("blocked"),
    _number("security_version"),
    _bytes("profile"),
    _number("created_at"),
    _number("updated_at"),
    _number("paced_at"),
    _text("email_key", null=True),
    _text("username_key", null=True),
    _key(),
    UniqueConstraint("email_key"),
    UniqueConstraint("username_key"),
    Index("ix_accounts_created_at", "created_at", "id"),
)

# `secret` is sealed under the data key `sealed_by`; `rests_until` is when failures start anew (see tries.py).
enrolments = Table(
    "enrolments",
    metadata,
    _text("id"),
    _text("account", _of("accounts"), index=True),
    _text("kind"),
    _bytes("secret", null=True),
    _bytes("open"),
    _number("mark"),
    _text("status"),
    _number("generation"),
    _bytes("lookup", null=True),
    _text("link", null=True),
    _text("name"),
    _number("created_at"),
    _number("used_at", null=True),
    _number("failures"),
    _number("paced_at"),
    _number("locked_until"),
    _number("leaves_at", null=True),
    _number("rests_until"),
    _number("sealed_by", index=True),
    _key(),
    UniqueConstraint("lookup"),
    Index("ix_enrolments_leaves_at", "leaves_at", sqlite_where=text("leaves_at IS NOT NULL")),
)

attempts = Table(
    "attempts",
    metadata,
    _text("id"),
    _text("via"),
    _bytes("holder"),
    _text("client"),
    _number("arrived_at"),
    _number("expires_at", index=True),
    _number("version"),
    _text("account", null=True),
    _text("identifier"),
    _bytes("request"),
    _bytes("wants"),
    _truth("present_only"),
    _bytes("base"),
    _bytes("shown"),
    _bytes("waivers"),
    _bytes("signals"),
    _bytes("commands"),
    _text("resume_at"),
    _bytes("transaction", null=True),
    _truth("remember"),
    _truth("done"),
    _bytes("browser_key", null=True),
    _number("epoch"),
    _key(),
)

# `secret` and `show` are sealed. One question of an attempt is open at a time.
challenges = Table(
    "challenges",
    metadata,
    _text("id"),
    _text("attempt", _of("attempts"), index=True),
    _text("kind"),
    _text("channel"),
    _bytes("to"),
    _bytes("secret", null=True),
    _bytes("open"),
    _number("mark"),
    _bytes("show", null=True),
    _bytes("binds", null=True),
    _number("expires_at"),
    _truth("offer"),
    _number("tries"),
    _text("outcome"),
    _number("sealed_by"),
    _number("epoch"),
    _key(),
    Index(
        "ix_challenges_open",
        "attempt",
        unique=True,
        sqlite_where=text("outcome = 'open'"),
    ),
)

# `id` and `old` are digests of the cookie values that find a session.
sessions = Table(
    "sessions",
    metadata,
    _bytes("id"),
    _text("sid"),
    _text("account", _of("accounts"), index=True),
    _bytes("proofs"),
    _number("created_at"),
    _number("idle_at"),
    _number("ends_at", index=True),
    Column("old", LargeBinary, index=True),
    _number("old_until"),
    _bytes("old_proofs"),
    _text("ip"),
    _text("name"),
    _text("device"),
    _number("epoch"),
    _key(),
)

devices = Table(
    "devices",
    metadata,
    _bytes("token"),
    _text("id"),
    _text("account", _of("accounts"), index=True),
    _number("created_at"),
    _number("used_at", index=True),
    _number("remembered_until"),
    _number("idle_until"),
    _number("security_version"),
    Column("old", LargeBinary, index=True),
    _number("old_until"),
    _text("name"),
    _bytes("key", null=True),
    _number("epoch"),
    _key("token"),
)

# `rests_on` are the ids of the enrolments that proved it, each between spaces: removing one revokes it.
grants = Table(
    "grants",
    metadata,
    _text("id"),
    _text("account", _of("accounts"), index=True),
    _text("client"),
    _number("created_at"),
    _number("ends_at", index=True),
    _bytes("proofs"),
    _bytes("wants"),
    _bytes("waivers"),
    _bytes("scope"),
    _text("audience", null=True),
    _text("session", null=True),
    _bytes("request"),
    _bytes("transaction", null=True),
    _number("revoked_at", null=True),
    _text("rests_on"),
    _number("epoch"),
    _key(),
)

# What somebody lets an application have, once for each API ("" : what is told of them).
consents = Table(
    "consents",
    metadata,
    _text("id"),
    _text("account", _of("accounts")),
    _text("client", _of("clients"), index=True),
    _text("audience"),
    _bytes("scope"),
    _number("created_at"),
    _number("updated_at"),
    _number("epoch"),
    _key(),
    UniqueConstraint("account", "client", "audience"),
)

# No reference to the grant: a token whose grant is gone is found no more, and goes when its own time is over.
tokens = Table(
    "tokens",
    metadata,
    _bytes("digest"),
    _text("kind"),
    _text("grant"),
    _number("expires_at", index=True),
    _bytes("scope"),
    _number("used_at", null=True),
    _key("digest"),
    sqlite_with_rowid=False,
)

# Sessions that have ended, and the applications that rested on each: those that want to know are told, and the row goes.
endings = Table(
    "endings", metadata, _text("sid"), _text("client"), _text("account"), _text("why"), _number("at", index=True), PrimaryKeyConstraint("sid", "client")
)

# What is good once and was used: digests of names (a jti), kept until what they name is over.
spent = Table("spent", metadata, _bytes("name"), _number("expires_at", index=True), _key("name"), sqlite_with_rowid=False)

# `number` and `epoch` come later, from the sequencer.
facts = Table(
    "facts",
    metadata,
    _text("id"),
    _number("at"),
    _text("type"),
    _text("account", null=True),
    _text("client", null=True),
    _text("data"),
    _number("number", null=True),
    _number("epoch", null=True),
    _key(),
    UniqueConstraint("number"),
    Index("ix_facts_account", "account", "id"),
    sqlite_with_rowid=False,
)

# `content` is the sealed message; `due_at` is also the end of a lease.
outbox = Table(
    "outbox",
    metadata,
    _text("id"),
    _text("challenge", null=True),
    _text("account", null=True),
    _text("client", null=True),
    _text("channel"),
    _text("template"),
    _text("locale"),
    _bytes("to"),
    _bytes("data", null=True),
    _number("created_at"),
    _number("due_at", null=True),
    _number("tries"),
    _text("outcome"),
    _text("detail"),
    _number("sealed_by"),
    _key(),
    Index(
        "ix_outbox_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
    ),
)

# What has left, or was given up: neither whom it went to nor what it said. `challenge` is the question whose code it carried.
ledger = Table(
    "ledger",
    metadata,
    _text("id"),
    _text("channel"),
    _text("template"),
    _text("provider"),
    _text("reference"),
    _text("outcome"),
    _text("detail"),
    _text("price"),
    _text("country"),
    _text("account", null=True),
    _text("client", null=True),
    _text("challenge", null=True),
    _number("at", index=True),
    _number("updated_at"),
    _key(),
    Index("ix_ledger_reference", "provider", "reference"),
    Index("ix_ledger_country", "country", "at"),
)

# Tries of accounts that do not exist, counted like those of enrolments, and rate limits where the limiter keeps them in SQL: GCRA arrival times.
misses = Table("misses", metadata, _bytes("identifier"), _number("paced_at", index=True), _number("failures"), _number("rests_until"), _key("identifier"))
buckets = Table("buckets", metadata, _text("key"), _number("paced_at", index=True), _key("key"))

# What people may do at which API: by their roles, and by themselves. With an API, an account or a role goes what hangs on it.
roles = Table("roles", metadata, _text("id"), _text("name"), _text("description"), _number("created_at"), _key(), UniqueConstraint("name"))
role_permissions = Table(
    "role_permissions",
    metadata,
    _text("role", _of("roles")),
    _text("audience", ForeignKey("apis.identifier", ondelete="CASCADE"), index=True),
    _text("permission"),
    PrimaryKeyConstraint("role", "audience", "permission"),
)
account_roles = Table(
    "account_roles", metadata, _text("account", _of("accounts")), _text("role", _of("roles"), index=True), PrimaryKeyConstraint("account", "role")
)
account_permissions = Table(
    "account_permissions",
    metadata,
    _text("account", _of("accounts")),
    _text("audience", ForeignKey("apis.identifier", ondelete="CASCADE"), index=True),
    _text("permission"),
    PrimaryKeyConstraint("account", "audience", "permission"),
)

# `content` is sealed; `leased_until` is the end of a lease.
jobs = Table(
    "jobs",
    metadata,
    _text("id"),
    _text("type"),
    _text("client"),
    _text("status"),
    _truth("upsert"),
    _text("external_id"),
    _bytes("content", null=True),
    _number("total"),
    _number("done"),
    _number("inserted"),
    _number("updated"),
    _number("failed"),
    _bytes("errors"),
    _number("created_at"),
    _number("updated_at"),
    _number("leased_until"),
    _truth("tells"),
    _number("sealed_by"),
    _key(),
    Index("ix_jobs_created_at", "created_at", "id"),
)
