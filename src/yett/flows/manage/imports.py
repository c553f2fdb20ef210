"""Users of another system: each row of Auth0's import and export format becomes an account, or says what is wrong with it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from yett.domain.account import Account, canonical
from yett.domain.enrolment import Enrolment, Message
from yett.domain.imported import bcrypt_hash, custom_hash
from yett.flows.accounts import is_address, is_username
from yett.flows.manage.bindings import Bindings, Wanted
from yett.flows.manage.configure import ROUNDS
from yett.flows.manage.refused import Refused
from yett.flows.manage.users import PROVIDER, merged

# What an export says besides, and nothing here keeps.
EXPORTED = frozenset({
    "created_at", "updated_at", "identities", "last_login", "last_ip", "logins_count", "last_password_reset", "multifactor", "connection", "tenant",
    "password_set_date", "_tmp_is_unique", "version", "identifiers", "email_lowered", "username_lowered", "phone_number", "phone_verified",
})  # fmt: skip
# How support exports password hashes, and how imports name the same.
SPELT = {"passwordHash": "password_hash", "_id": "user_id"}
SECRET = frozenset({"password_hash", "custom_password_hash", "passwordHash", "mfa_factors"})
PROFILE = ("given_name", "family_name", "name", "nickname", "picture", "user_metadata", "app_metadata")
USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,128}")

Text = Annotated[str, Meta(max_length=300)]
Outcome = Literal["inserted", "updated"]


class Row(Struct, forbid_unknown_fields=True, kw_only=True):
    """One user."""

    email: str
    email_verified: bool | UnsetType = UNSET
    user_id: str | UnsetType | None = UNSET
    username: str | UnsetType | None = UNSET
    given_name: Text | UnsetType | None = UNSET
    family_name: Text | UnsetType | None = UNSET
    name: Text | UnsetType | None = UNSET
    nickname: Text | UnsetType | None = UNSET
    picture: Text | UnsetType | None = UNSET
    blocked: bool = False
    password_hash: str | UnsetType | None = UNSET
    custom_password_hash: dict[str, Any] | UnsetType | None = UNSET
    user_metadata: dict[str, Any] | UnsetType = UNSET
    app_metadata: dict[str, Any] | UnsetType = UNSET
    mfa_factors: Annotated[list[dict[str, dict[str, str]]], Meta(max_length=10)] = []


class Fault(NamedTuple):
    """Why a row was not taken: Auth0's code, words, and the field."""

    code: str
    message: str
    path: str = ""


class Origin(NamedTuple):
    """Which import this is: a row without an id has one of its own in it, so that a row taken twice is taken once."""

    job: str
    client: str | None
    upsert: bool


@dataclass(frozen=True, slots=True)
class Imports:
    """Takes rows. Passwords are never changed by an import, and a factor that is added to an account is told to it."""

    bindings: Bindings

    async def take(self, said: Mapping[str, object], number: int, origin: Origin) -> Outcome | Sequence[Fault]:
        """One row."""
        try:
            row = msgspec.convert(_plain(said), Row)
            made, enrolments = self._account(row, number, origin), self._factors(row)
            hashed = _hashed(row)
        except msgspec.ValidationError as fault:
            return [Fault("INVALID_FORMAT", *_where(str(fault)))]
        except _Faulty as fault:
            return [fault.fault]
        own = self.bindings.enrolments
        password = (own.births.password_of(made, hashed),) if hashed else ()
        born = (*password, *own.births.implicit(made), *(self._bound(one, made.id) for one in enrolments))
        told = own.mint.fact("sapi", made.id, origin.client, description="Import a User", job=origin.job)
        if await self._holder(made) is None and await own.store.open_account(made, born, (told,)):
            return "inserted"
        return await self._there(row, made, enrolments, origin)

    async def _there(self, row: Row, made: Account, enrolments: Sequence[Enrolment], origin: Origin) -> Outcome | Sequence[Fault]:
        """There is such an account: from a row that was taken already, or to be brought up to date."""
        for _ in range(ROUNDS):
            seen = await self._holder(made)
            if seen is not None and seen.id == made.id and row.user_id in (UNSET, None):
                return "inserted"
            if seen is None or not origin.upsert or (row.user_id not in (UNSET, None) and seen.id != made.id):
                return [Fault("DUPLICATED_USER", "User already exists", "email")]
            if await self._updated(row, seen, enrolments, origin):
                return "updated"
        return [Fault("INTERNAL_ERROR", "The user is being changed by others")]

    async def _updated(self, row: Row, seen: Account, wanted: Sequence[Enrolment], origin: Origin) -> bool:
        own = self.bindings.enrolments
        found = await own.store.account(seen.id)
        if found is None:
            return False
        seen, has = found
        profile = merged(msgspec.json.decode(seen.profile, type=dict[str, object]), _profile(row))
        verified = seen.email_verified if row.email_verified is UNSET else row.email_verified
        new = seen._replace(profile=msgspec.json.encode(profile), email_verified=verified)
        fresh = [self._bound(one, seen.id) for one in wanted if not any(self._same(one, each) for each in has)]
        put = (*own.births.implicit(new, has), *fresh)
        if new == seen and not put:
            return True
        locale = (await own.current.latest()).tenant.locales[0]
        notices = [Message("email", seen.email, "factor_added", locale, {"factor": own.factors[one.kind].words.factor}) for one in fresh]
        new = new._replace(updated_at=own.mint.clock(), security_version=seen.security_version + (1 if put else 0))
        told = own.mint.fact("sapi", seen.id, origin.client, description="Import a User", job=origin.job, factors=len(fresh))
        done = await own.store.change_account(seen, new, put, ends=False, now=own.mint.clock(), facts=(told,), notices=notices)
        if done and notices:
            own.post()
        return done

    def _account(self, row: Row, number: int, origin: Origin) -> Account:
        id = row.user_id.removeprefix(f"{PROVIDER}|") if isinstance(row.user_id, str) else _derived(origin.job, number)
        if not USER_ID.fullmatch(id):
            raise _Faulty("INVALID_FORMAT", "user_id has a character that no id may have", "user_id")
        email = canonical(row.email)
        if not is_address(email):
            raise _Faulty("INVALID_FORMAT", "email is no e-mail address", "email")
        username = row.username if isinstance(row.username, str) else None
        if username is not None and not is_username(username):
            raise _Faulty("INVALID_FORMAT", "username has a character that no username may have", "username")
        now, profile = self.bindings.enrolments.mint.clock(), msgspec.json.encode(merged({}, _profile(row)))
        return Account(f"{PROVIDER}|{id}", email, row.email_verified is True, username, row.blocked, profile=profile, created_at=now, updated_at=now)

    def _factors(self, row: Row) -> list[Enrolment]:
        made = []
        for said in row.mfa_factors:
            for name, told in said.items():
                value = told.get("secret", told.get("value", ""))
                one = self.bindings.made(Wanted(name, {self.bindings.told(name): value}))
                if isinstance(one, Refused):
                    raise _Faulty("INVALID_FORMAT", f"mfa_factors: {one.message}", "mfa_factors")
                made.append(one[1])
        return made

    def _bound(self, one: Enrolment, account: str) -> Enrolment:
        mint, words = self.bindings.enrolments.mint, self.bindings.enrolments.factors[one.kind].words
        return one._replace(id=f"{words.id_prefix or one.kind}|{mint.name('dev_', 12)}", account=account, created_at=mint.clock())

    def _same(self, new: Enrolment, held: Enrolment) -> bool:
        """A second import adds nothing."""
        if held.kind != new.kind or held.status == "deleted":
            return False
        return held.state.secret == new.state.secret and self.bindings.enrolments.about(held) == self.bindings.enrolments.about(new)

    async def _holder(self, made: Account) -> Account | None:
        """Whose id, address or name this is already."""
        store = self.bindings.enrolments.store
        found = await store.account(made.id)
        if found is not None:
            return found[0]
        by_email = await store.find(made.email)
        return by_email or (await store.find(made.username) if made.username else None)


class _Faulty(Exception):
    def __init__(self, code: str, message: str, path: str) -> None:
        super().__init__(message)
        self.fault = Fault(code, message, path)


def shown(said: Mapping[str, object]) -> dict[str, object]:
    """A row as an error may quote it."""
    return {str(name): "*****" if name in SECRET else value for name, value in said.items()}


def _plain(said: Mapping[str, object]) -> dict[str, object]:
    """A row of an export, in the words of an import."""
    row = {SPELT.get(name, name): value for name, value in said.items() if name not in EXPORTED}
    if isinstance(row.get("user_id"), Mapping):
        row["user_id"] = row["user_id"].get("$oid")  # type: ignore[attr-defined]
    return row


def _derived(job: str, number: int) -> str:
    return hashlib.sha256(f"{job}:{number}".encode()).hexdigest()[:24]


def _profile(row: Row) -> dict[str, object]:
    return {name: value for name in PROFILE if (value := getattr(row, name)) not in (UNSET, None)}


def _hashed(row: Row) -> bytes | None:
    plain, custom = row.password_hash, row.custom_password_hash
    if isinstance(plain, str) and isinstance(custom, dict):
        raise _Faulty("INVALID_FORMAT", "password_hash and custom_password_hash exclude each other", "custom_password_hash")
    try:
        if isinstance(plain, str):
            return bcrypt_hash(plain)
        return custom_hash(custom) if isinstance(custom, dict) else None
    except ValueError as fault:
        name = "password_hash" if isinstance(plain, str) else "custom_password_hash"
        raise _Faulty("INVALID_FORMAT", f"{name} {fault}", name) from None


def _where(fault: str) -> tuple[str, str]:
    message, _, path = fault.partition(" - at `$.")
    return message, path.rstrip("`").partition("[")[0]
