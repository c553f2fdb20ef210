"""jobs: imports of users, and what became of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from msgspec import UNSET, Struct, UnsetType

from yett.domain.account import CONNECTION
from yett.domain.job import Job
from yett.flows.manage.jobs import IMPORT, LARGEST, Jobs, Wanted
from yett.http.management.routes import Route
from yett.http.management.wire import Asked, Id, Problem, iso, settled

# There is one connection: by its name, and by the id that it has here.
CONNECTIONS = frozenset({CONNECTION, "con_yett"})
TOO_LARGE, LONGEST = 413, 200
FIELDS = frozenset({"users", "connection_id", "upsert", "external_id", "send_completion_email"})
TRUE, FALSE = "true", "false"
FORM = 16 * 1024


class Summary(Struct):
    """What became of the rows."""

    total: int
    inserted: int
    updated: int
    failed: int


class JobView(Struct, omit_defaults=True):
    """A job."""

    id: str
    type: str
    status: str
    created_at: str
    connection_id: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    percentage_done: int | UnsetType = UNSET
    summary: Summary | UnsetType = UNSET


class RowFault(Struct):
    """Why a row was not taken."""

    code: str
    message: str
    path: str = ""


class RowError(Struct):
    """A row that was not taken, without its secrets."""

    user: dict[str, Any]
    errors: list[RowFault]


class JobsApi:
    """Handlers of jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route("POST", "/jobs/users-imports", self.import_users, 202, form=UPLOAD, largest=LARGEST + FORM),
            Route("GET", "/jobs/{id}", self.one),
            Route("GET", "/jobs/{id}/errors", self.errors),
        )

    async def import_users(self, request: Asked) -> JobView:
        """Import a file of users, of 500 KB at most (`yett users import` takes any). With `upsert` update:users is needed besides.

        Rows are judged in the background; a password is never changed. With `send_completion_email` the tenant's `support_email` is told at the end.
        """
        if request.content_type[0] != "multipart/form-data":
            raise Problem(415, "Send multipart/form-data.")
        try:
            form = await request.form()
        except HTTPException as fault:
            if fault.status_code == TOO_LARGE:
                raise
            raise Problem(400, "The form cannot be read.", "invalid_body") from None
        said = {name: form.getall(name) for name in form}
        if unknown := sorted(set(said) - FIELDS):
            raise Problem(400, f"Invalid input based on schemas. There is no field {unknown[0][:50]!r}.", "invalid_body")
        (file, *more) = said.get("users") or [None]
        if more or not isinstance(file, UploadFile) or _word(said, "connection_id") not in CONNECTIONS:
            raise Problem(400, f"Invalid input based on schemas. users must be a file, and connection_id {CONNECTION}.", "invalid_body")
        content = await file.read()
        if len(content) > LARGEST:
            raise Problem(413, f"The file is larger than {LARGEST} bytes.")
        wanted = Wanted(content, _flag(said, "upsert"), _word(said, "external_id"), _flag(said, "send_completion_email"))
        return view(settled(await self.jobs.import_users(request.auth, wanted)))

    async def one(self, id: Id) -> JobView:
        """A job, and how far it is."""
        return view(settled(await self.jobs.one(id)))

    async def errors(self, id: Id) -> list[RowError]:
        """The rows that were not taken, and why."""
        return msgspec.json.decode(settled(await self.jobs.one(id)).errors, type=list[RowError])


UPLOAD: dict[str, Any] = {
    "type": "object",
    "required": ["users", "connection_id"],
    "properties": {
        "users": {"type": "string", "format": "binary"},
        "connection_id": {"type": "string", "enum": sorted(CONNECTIONS)},
        "upsert": {"type": "boolean"},
        "external_id": {"type": "string", "maxLength": 200},
        "send_completion_email": {"type": "boolean"},
    },
    "additionalProperties": False,
}


def view(job: Job) -> JobView:
    """A job as Auth0 shows it."""
    shown = JobView(job.id, job.type, job.status, iso(job.created_at), external_id=job.external_id or UNSET)
    if job.type != IMPORT:
        return shown
    shown.connection_id = CONNECTION
    if job.status != "pending":
        shown.percentage_done = 100 * job.done // job.total if job.total else 100
        shown.summary = Summary(job.total, job.inserted, job.updated, job.failed)
    return shown


def _word(said: dict[str, list[Any]], name: str) -> str:
    (value, *more) = said.get(name) or [""]
    if more or not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise Problem(400, f"Invalid input based on schemas. {name} must be one short text.", "invalid_body")
    return value


def _flag(said: dict[str, list[Any]], name: str) -> bool:
    word = _word(said, name).lower() or FALSE
    if word not in {TRUE, FALSE}:
        raise Problem(400, f"Invalid input based on schemas. {name} must be true or false.", "invalid_body")
    return word == TRUE
