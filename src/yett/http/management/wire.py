"""Bodies in, bodies out, refusals between: what every route of the management API has in common."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple, Self, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar._openapi.schema_generation import SchemaCreator
from litestar.datastructures import State
from litestar.openapi.spec import Reference, Schema
from litestar.params import FromQuery, PathParameter, QueryParameter
from litestar.typing import FieldDefinition
from msgspec import UNSET, Struct, UnsetType

from yett.flows.manage.access import Caller
from yett.flows.manage.refused import Refused, Why

T = TypeVar("T")
Asked = Request[Any, Caller, State]

FORM = "application/x-www-form-urlencoded"
PER_PAGE, FAR = 50, 2**31 - 1
STATUS: Mapping[Why, int] = {
    "unauthorized": 401,
    "scope": 403,
    "forbidden": 403,
    "absent": 404,
    "taken": 409,
    "invalid": 400,
    "busy": 429,
}

Id = Annotated[str, PathParameter(max_length=1000)]
Flag = FromQuery[bool]
Perhaps = FromQuery[bool | None]
Page = Annotated[int, QueryParameter(ge=0, le=FAR // 100)]
PerPage = Annotated[int, QueryParameter(ge=0, le=100)]
From = Annotated[str | None, QueryParameter(name="from", max_length=200)]
Take = Annotated[int | None, QueryParameter(ge=1, le=100)]
Fields = Annotated[str | None, QueryParameter(max_length=2000, description="Names of fields, separated by commas.")]
# Parameters whose name is a word of Python's.
ALIAS = {"from_": "from"}


class Error(Struct, rename="camel", omit_defaults=True):
    """An error, in Auth0's form."""

    status_code: int
    error: str
    message: str
    error_code: str = ""


class Body(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is sent to us: a field that is not known is refused, never ignored (mass assignment)."""


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.error = Error(status, HTTPStatus(status).phrase, message, code)


def settled(result: T | Refused) -> T:
    """What the flow answered. Raises Problem for a refusal."""
    if isinstance(result, Refused):
        raise Problem(STATUS[result.why], result.message, result.code)
    return result


class Wire:
    """Reads a body strictly by the handler's type; stands where Litestar expects a DTO.

    JSON is not bent into shape: "true" is no boolean. A form has only strings, so there it is.
    """

    def __init__(self, connection: Asked) -> None:
        self._connection = connection

    def __class_getitem__(cls, _: object) -> type[Self]:
        return cls

    @classmethod
    def is_supported_model_type_field(cls, _: object) -> bool:
        return True

    @classmethod
    def create_for_field_definition(cls, field_definition: object, handler_id: str, backend_cls: object = None) -> None:
        pass

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator) -> Reference | Schema:  # noqa: ARG003 Litestar names it
        """What the document says of the body: its type as it is."""
        return schema_creator.for_field_definition(field_definition)

    def decode_bytes(self, raw: bytes) -> object:
        """The body. Raises Problem."""
        signature = self._connection.route_handler.parsed_fn_signature
        media = self._connection.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        return decode(raw, media, signature.parameters["data"].annotation)


def decode(raw: bytes, media: str, type: Any) -> object:  # noqa: ANN401 a list is no class
    """A body of this media type as `type`. Raises Problem."""
    try:
        if media == "application/json":
            # PostgreSQL's text has no NUL, and nothing that people write has.
            if b"\\u0000" in raw:
                raise Problem(400, "Invalid input based on schemas. A string holds a NUL.", "invalid_body")
            return msgspec.json.decode(raw, type=type)
        if media == FORM:
            return msgspec.convert(_form(raw), type=type, strict=False)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise Problem(400, f"Invalid input based on schemas. {fault}", "invalid_body") from None
    raise Problem(415, f"Send application/json or {FORM}.")


def _form(raw: bytes) -> dict[str, object]:
    """`a=1`, `list[]=1` and `object[key]=1`; deeper things want JSON."""
    form: dict[str, Any] = {}
    for name, value in parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200):
        head, bracket, rest = name.partition("[")
        if "\0" in name or "\0" in value or (bracket and not rest.endswith("]")):
            raise ValueError(f"A name or value of the form cannot be read: {name[:50]!r}")
        if not bracket:
            form[head] = value
        elif rest == "]":
            form.setdefault(head, []).append(value)
        else:
            form.setdefault(head, {})[rest[:-1]] = value
    return form


class Window(NamedTuple):
    """Which part of a list: a page, or what follows a checkpoint."""

    page: int = 0
    per_page: int = PER_PAGE
    totals: bool = False
    after: str | None = None
    take: int | None = None

    @property
    def by_checkpoint(self) -> bool:
        """Whether `from` or `take` was sent."""
        return self.after is not None or self.take is not None

    @property
    def offset(self) -> int:
        """How many come before."""
        return self.page * self.per_page

    def of(self, items: "list[T]", key: Callable[[T], str]) -> tuple[list[T], str | None]:
        """The part of a whole list that is sorted by `key`, and the checkpoint after it, if more follow."""
        if not self.by_checkpoint:
            return items[self.offset : self.offset + self.per_page], None
        rest = [one for one in items if not self.after or key(one) > self.after]
        part = rest[: self.take or PER_PAGE]
        return part, key(part[-1]) if len(rest) > len(part) else None


class Paged(Struct, omit_defaults=True, kw_only=True):
    """The envelope of a list."""

    start: int | UnsetType = UNSET
    limit: int | UnsetType = UNSET
    length: int | UnsetType = UNSET
    total: int | UnsetType = UNSET
    next: str | UnsetType = UNSET


P = TypeVar("P", bound=Paged)


def listed(paged: type[P], name: str, items: list[Any], window: Window, total: int, after: str | None = None) -> list[Any] | P:
    """A bare list, or one in its envelope, as the request wants it."""
    said: dict[str, Any] = {name: items}
    if window.by_checkpoint:
        return paged(next=after or UNSET, **said)
    if not window.totals:
        return items
    return paged(start=window.offset, limit=window.per_page, total=total, length=len(items), **said)


S = TypeVar("S", bound=Struct)


def chosen(views: Iterable[S], fields: str | None, *, include: bool) -> list[S]:
    """The views with the named fields alone, or with all but those."""
    if not fields:
        return list(views)
    named = {name.strip() for name in fields.split(",")}
    return [_kept(view, named, include=include) for view in views]


def _kept(view: S, named: set[str], *, include: bool) -> S:
    known = dict(zip(view.__struct_fields__, view.__struct_encode_fields__, strict=True))
    gone = {name: UNSET for name, encoded in known.items() if (encoded in named) != include}
    return msgspec.structs.replace(view, **gone)


def given(body: Struct, names: Iterable[str]) -> dict[str, object]:
    """Those of these fields that were sent."""
    return {name: value for name in names if (value := getattr(body, name)) is not UNSET}


def or_else(value: "T | UnsetType", default: T) -> T:
    """The value, or what stands where none was sent."""
    return default if isinstance(value, UnsetType) else value


def iso(seconds: int) -> str:
    """A time as Auth0 writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
