"""Roles and permissions: who may do what at which API."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, select, update

from yett.adapters.sql import rows
from yett.adapters.sql.schema import account_permissions, account_roles, accounts, role_permissions, roles
from yett.adapters.sql.steps import Query, Steps, all_or_nothing, into, number, word
from yett.adapters.sql.writes import happened
from yett.domain.fact import Fact
from yett.domain.role import Permission, Role

_ROLE = rows.columns(roles, Role._fields)
_THIS_ROLE, _THIS_ACCOUNT = word("this_role"), word("this_account")
_PAGE = select(*_ROLE).order_by(roles.c.created_at, roles.c.id).limit(number("limit")).offset(number("offset"))
_NAMED = func.lower(roles.c.name).like(word("pattern"), escape="\\")
ALL = (_PAGE.where(_NAMED), select(func.count()).select_from(roles).where(_NAMED))
ONE = select(*_ROLE).where(roles.c.id == _THIS_ROLE)
OF_ACCOUNT = (
    select(*_ROLE)
    .select_from(roles.join(account_roles, account_roles.c.role == roles.c.id))
    .where(account_roles.c.account == _THIS_ACCOUNT)
    .order_by(roles.c.name)
)
MEMBERS = (
    select(*rows.ACCOUNT)
    .select_from(accounts.join(account_roles, account_roles.c.account == accounts.c.id))
    .where(account_roles.c.role == _THIS_ROLE, accounts.c.id > word("after"))
    .order_by(accounts.c.id)
    .limit(number("limit"))
    .offset(number("offset"))
)
COUNT = select(func.count()).select_from(account_roles).where(account_roles.c.role == _THIS_ROLE)
OF_ROLE = (
    select(role_permissions.c.audience, role_permissions.c.permission)
    .where(role_permissions.c.role == _THIS_ROLE)
    .order_by(role_permissions.c.audience, role_permissions.c.permission)
)
OWN = (
    select(account_permissions.c.audience, account_permissions.c.permission)
    .where(account_permissions.c.account == _THIS_ACCOUNT)
    .order_by(account_permissions.c.audience, account_permissions.c.permission)
)
# Asked each time that a token is made for an API that wants it: by primary keys alone.
HELD = (
    select(role_permissions.c.permission)
    .select_from(role_permissions.join(account_roles, account_roles.c.role == role_permissions.c.role))
    .where(account_roles.c.account == _THIS_ACCOUNT, role_permissions.c.audience == word("audience"))
    .union(select(account_permissions.c.permission).where(account_permissions.c.account == _THIS_ACCOUNT, account_permissions.c.audience == word("audience")))
)
OPEN = into(roles).on_conflict_do_nothing()
CHANGE = update(roles).values(name=word("new_name"), description=word("new_description")).where(roles.c.id == _THIS_ROLE)
CLOSE = delete(roles).where(roles.c.id == _THIS_ROLE)
ALLOW = into(role_permissions).on_conflict_do_nothing()
DENY = delete(role_permissions).where(
    role_permissions.c.role == _THIS_ROLE, role_permissions.c.audience == word("audience"), role_permissions.c.permission == word("permission")
)
PERMIT = into(account_permissions).on_conflict_do_nothing()
FORBID = delete(account_permissions).where(
    account_permissions.c.account == _THIS_ACCOUNT, account_permissions.c.audience == word("audience"), account_permissions.c.permission == word("permission")
)
ASSIGN = into(account_roles).on_conflict_do_nothing()
DISMISS = delete(account_roles).where(account_roles.c.account == _THIS_ACCOUNT, account_roles.c.role == _THIS_ROLE)


def listed(offset: int, limit: int, name: str) -> tuple[Query, Query]:
    """A page of the roles whose name contains `name`, and how many there are."""
    plain = name.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    wanted: dict[str, object] = {"pattern": f"%{plain}%"}
    return Query(ALL[0], {**wanted, "offset": offset, "limit": limit}), Query(ALL[1], wanted)


def open_role(role: Role, facts: Sequence[Fact]) -> Steps[bool]:
    """A new role."""
    return (yield from all_or_nothing([Query(OPEN, role._asdict(), lost="taken")], happened(facts)))


def change_role(role: Role, facts: Sequence[Fact]) -> Steps[bool]:
    """Another name or description."""
    values = {"this_role": role.id, "new_name": role.name, "new_description": role.description}
    return (yield from all_or_nothing([Query(CHANGE, values, lost="gone")], happened(facts)))


def close_role(id: str, facts: Sequence[Fact]) -> Steps[bool]:
    """A role goes, and nobody has it any longer."""
    return (yield from all_or_nothing([Query(CLOSE, {"this_role": id}, lost="gone")], happened(facts)))


def allow(role: str, these: Iterable[Permission], facts: Sequence[Fact], *, away: bool) -> Steps[bool]:
    """Permissions of a role, given or taken `away`. False where role or API is gone."""
    named = "this_role" if away else "role"
    step = [Query(DENY if away else ALLOW, {named: role, "audience": one.audience, "permission": one.name}) for one in sorted(set(these))]
    return (yield from all_or_nothing(step, happened(facts)))


def permit(account: str, these: Iterable[Permission], facts: Sequence[Fact], *, away: bool) -> Steps[bool]:
    """Permissions of an account's own, given or taken `away`. False where account or API is gone."""
    named = "this_account" if away else "account"
    step = [Query(FORBID if away else PERMIT, {named: account, "audience": one.audience, "permission": one.name}) for one in sorted(set(these))]
    return (yield from all_or_nothing(step, happened(facts)))


def assign(pairs: Iterable[tuple[str, str]], facts: Sequence[Fact], *, away: bool) -> Steps[bool]:
    """Roles of accounts, given or taken `away`: (account, role). False where one of them is gone."""
    prefix = "this_" if away else ""
    step = [Query(DISMISS if away else ASSIGN, {f"{prefix}account": account, f"{prefix}role": role}) for account, role in sorted(set(pairs))]
    return (yield from all_or_nothing(step, happened(facts)))
