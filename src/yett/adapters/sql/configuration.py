"""The configuration: read whole, changed with a new version."""

from collections.abc import Mapping, Sequence

from msgspec import json
from sqlalchemy import delete, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import apis, client_grants, clients, contracts, meta, settings, signing_keys
from yett.adapters.sql.seal import Seal
from yett.adapters.sql.steps import UNDO, Query, Result, Row, Step, Steps, all_or_nothing, blob, into, lost, number, upsert, word
from yett.adapters.sql.writes import happened
from yett.domain.client import Api, Client, ClientGrant
from yett.domain.fact import Fact
from yett.domain.requirement import Requirement
from yett.domain.tenant import Catalogue, Contract, SigningKey, Tenant
from yett.ports import Change

TENANT = "tenant"
_requirement = json.Decoder(Requirement).decode
_requirements = json.Decoder(dict[str, Requirement]).decode
_strings = json.Decoder(dict[str, str]).decode

VERSION = select(meta.c.version)
NEW_VERSION = update(meta).values(version=meta.c.version + 1).returning(meta.c.version)
NEXT_VERSION = NEW_VERSION.where(meta.c.version == number("seen"))
REMEMBERED = select(settings.c.value).where(settings.c.name == word("name"))
KEEP = into(settings).on_conflict_do_nothing()
REPLACE = update(settings).values(value=blob("new_value")).where(settings.c.name == word("this_name"), settings.c.value == blob("expect"))

_READ: Step = [
    Query(select(meta.c.version, meta.c.epoch)),
    Query(REMEMBERED, {"name": TENANT}),
    Query(select(clients.c.document).order_by(clients.c.id)),
    Query(select(apis.c.document, apis.c.requirement, apis.c.scope_requirements).order_by(apis.c.id)),
    Query(select(client_grants.c.id, client_grants.c.client, client_grants.c.audience, client_grants.c.scope).order_by(client_grants.c.id)),
    Query(select(*rows.columns(signing_keys, SigningKey._fields)).order_by(signing_keys.c.created_at, signing_keys.c.kid)),
    Query(select(*rows.columns(contracts, Contract._fields)).order_by(contracts.c.created_at, contracts.c.id)),
]


_KEYS = ((settings, "name"), (clients, "id"), (apis, "id"), (client_grants, "id"), (signing_keys, "kid"), (contracts, "id"))
_PUT = {table.name: upsert(table, key) for table, key in _KEYS}
_DROP = {
    "client": delete(clients).where(clients.c.id == word("this")),
    "api": delete(apis).where(apis.c.id == word("this")),
    "client_grant": delete(client_grants).where(client_grants.c.id == word("this")),
    "contract": delete(contracts).where(contracts.c.id == word("this")),
    "key": delete(signing_keys).where(signing_keys.c.kid == word("this")),
}


def read() -> Steps[Sequence[Result]]:
    """All of it, as of one moment."""
    return (yield _READ)


def catalogue(found: Sequence[Result], seal: Seal) -> Catalogue:
    """What was read."""
    (version, epoch), *_ = found[0].rows
    tenant = rows.of_document(Tenant, found[1].rows[0][0].decode()) if found[1].rows else Tenant()
    known_clients = [rows.of_document(Client, document) for (document,) in found[2].rows]
    known_apis = [_api(*row) for row in found[3].rows]
    return Catalogue(
        version=version,
        epoch=epoch,
        tenant=tenant,
        clients={one.id: one for one in known_clients},
        apis={one.identifier: one for one in known_apis},
        grants=tuple(ClientGrant(id, client, audience, tuple(json.decode(scope))) for id, client, audience, scope in found[4].rows),
        keys=tuple(_key(row, seal) for row in found[5].rows),
        contracts=tuple(_contract(row, seal) for row in found[6].rows),
    )


def configure(seal: Seal, put: Sequence[Change], drop: Sequence[tuple[str, str]], facts: Sequence[Fact], seen: int | None) -> Steps[int]:
    """Write and drop under one new version; 0 where the version that was seen is no longer in force."""
    first = Query(NEW_VERSION) if seen is None else Query(NEXT_VERSION, {"seen": seen}, lost="stale")
    step = [first, *(Query(_DROP[kind], {"this": id}) for kind, id in drop), *(_put(one, seal) for one in put), *happened(facts)]
    results = yield step
    if lost(step, results):
        yield UNDO
        return 0
    version: int = results[0].rows[0][0]
    return version


def keep(name: str, expect: bytes | None, value: bytes, facts: Sequence[Fact]) -> Steps[bool]:
    """Compare-and-set of a value of the store itself."""
    if expect is None:
        query = Query(KEEP, {"name": kept(name), "value": value}, lost="taken")
    else:
        query = Query(REPLACE, {"this_name": kept(name), "expect": expect, "new_value": value}, lost="taken")
    return (yield from all_or_nothing([query], happened(facts)))


def kept(name: str) -> str:
    """Such values and the tenant document do not get in each other's way."""
    return f"kept:{name}"


def _put(one: Change, seal: Seal) -> Query:
    match one:
        case Tenant():
            return Query(_PUT["settings"], {"name": TENANT, "value": rows.document(one).encode()})
        case Client():
            return Query(_PUT["clients"], {"id": one.id, "name": one.name, "document": rows.document(one)})
        case Api():
            values = {
                "id": one.id,
                "identifier": one.identifier,
                "requirement": None if one.requirement is None else rows.to_json(one.requirement),
                "scope_requirements": rows.to_json(one.scope_requirements),
                "document": rows.document(one),
            }
            return Query(_PUT["apis"], values)
        case ClientGrant():
            return Query(_PUT["client_grants"], one._asdict() | {"scope": rows.to_json(one.scope)})
        case SigningKey():
            private = seal.close("", "signing_keys", one.kid, "private", one.private)
            return Query(_PUT["signing_keys"], one._asdict() | {"private": private, "sealed_by": seal.current})
        case Contract():
            told = {
                "channels": " ".join(one.channels),
                "settings": rows.to_json(one.settings).decode(),
                "credentials": seal.close("", "contracts", one.id, "credentials", rows.to_json(one.credentials)),
                "sealed_by": seal.current,
            }
            return Query(_PUT["contracts"], one._asdict() | told)


def _api(document: str, requirement: bytes | None, scope_requirements: bytes) -> Api:
    """The requirements have columns of their own, which win over the document."""
    known: Mapping[str, object] = {
        "requirement": None if requirement is None else _requirement(requirement),
        "scope_requirements": _requirements(scope_requirements),
    }
    return rows.of_document(Api, document, known)


def _key(row: Row, seal: Seal) -> SigningKey:
    one = SigningKey(*row)
    return one._replace(private=seal.open("", "signing_keys", one.kid, "private", one.private))


def _contract(row: Row, seal: Seal) -> Contract:
    id, name, channels, told, sealed, disabled, *times = row
    credentials = _strings(seal.open("", "contracts", id, "credentials", sealed))
    return Contract(id, name, tuple(channels.split()), _strings(told), credentials, bool(disabled), *times)
