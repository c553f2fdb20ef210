"""The Litestar application behind /api/v2: routes, the one door, errors, the document."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send

from yett.flows.invitations import Invitations
from yett.flows.manage.invitations import Enrollments
from yett.http.management.apis import ApisApi
from yett.http.management.clients import ClientsApi, GrantsApi
from yett.http.management.consents import ConsentsApi
from yett.http.management.credentials import CredentialsApi
from yett.http.management.document import document
from yett.http.management.enrollments import EnrollmentsApi
from yett.http.management.guardian import GuardianApi
from yett.http.management.jobs import JobsApi
from yett.http.management.keys import KeysApi
from yett.http.management.logs import LogsApi
from yett.http.management.methods import MethodsApi
from yett.http.management.providers import ProvidersApi
from yett.http.management.roles import RolesApi
from yett.http.management.routes import PATHS, Route, allowed, guard, handler, options
from yett.http.management.table import BASE
from yett.http.management.telephone import TelephoneApi
from yett.http.management.templates import TemplatesApi
from yett.http.management.tenants import TenantApi
from yett.http.management.tickets import TicketsApi
from yett.http.management.users import UsersApi
from yett.http.management.verbs import Manage
from yett.http.management.wire import Problem, Wire

LOG = logging.getLogger("yett.http.management")
BODY_LIMIT = 256 * 1024
TOLD = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "1"}}


def application(manage: Manage, version: str) -> Litestar:
    """The application. Its document is made when it is first asked for."""
    routes = _routes(manage)
    made: list[dict[str, Any]] = []

    async def openapi() -> dict[str, Any]:
        """This document."""
        if not made:
            made.append(await asyncio.to_thread(document, routes, manage.access.issuer, version))
        return made[0]

    return Litestar(
        [*map(options, PATHS), *map(handler, (*routes, Route("GET", "/openapi.json", openapi)))],
        path=BASE,
        guards=[guard(manage.access)],
        middleware=[_decoded],
        dto=Wire,  # type: ignore[arg-type]
        return_dto=None,
        exception_handlers={Problem: _problem, HTTPException: _refused, Exception: _broken},
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )


def _routes(manage: Manage) -> Sequence[Route]:
    return (
        *GuardianApi(manage.guardian, manage.parties).routes(),
        *EnrollmentsApi(Enrollments(manage.enrolments, Invitations(manage.enrolments.store, manage.enrolments.mint, manage.guardian.issuer))).routes(),
        *ClientsApi(manage.clients).routes(),
        *CredentialsApi(manage.clients.credentials).routes(),
        *GrantsApi(manage.grants).routes(),
        *ConsentsApi(manage.consents).routes(),
        *ApisApi(manage.apis).routes(),
        *UsersApi(manage.users, manage.enrolments).routes(),
        *MethodsApi(manage.enrolments).routes(),
        *LogsApi(manage.logs).routes(),
        *KeysApi(manage.keys).routes(),
        *TenantApi(manage.tenant).routes(),
        *TelephoneApi(manage.telephone).routes(),
        *ProvidersApi(manage.contracts).routes(),
        *TemplatesApi(manage.wording).routes(),
        *RolesApi(manage.roles).routes(),
        *JobsApi(manage.jobs).routes(),
        *TicketsApi(manage.letters).routes(),
    )


def _decoded(app: ASGIApp) -> ASGIApp:
    """Each parameter of a path is decoded once, after routing: so `auth0%7C1` and `https%3A%2F%2Fapi` are one name."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            params = {name: unquote(value, errors="strict") for name, value in scope["path_params"].items()}
        except UnicodeDecodeError:
            params = {"id": "\0"}
        if any("\0" in value for value in params.values()):
            raise Problem(404, "The resource does not exist.", "inexistent_resource")
        if b"%00" in scope["query_string"]:
            raise Problem(400, "Query validation error: 'A parameter holds a NUL'.", "invalid_query_string")
        scope["path_params"] = params
        await app(scope, receive, send)

    return middleware


def _problem(_: Request[Any, Any, Any], fault: Problem) -> Response[Any]:
    status = fault.error.status_code
    headers = TOLD.get(status, {})
    return Response(fault.error, status_code=status, media_type="application/json", headers=headers)


def _refused(request: Request[Any, Any, Any], fault: HTTPException) -> Response[Any]:
    """What Litestar refuses: an unknown path or method, a parameter or a body that does not fit."""
    extra = fault.extra if isinstance(fault.extra, list) else []
    said = "; ".join(f"{one.get('key')}: {one.get('message')}" for one in extra if isinstance(one, dict))
    match fault.status_code:
        case 400 if any(isinstance(one, dict) and one.get("key") == "data" for one in extra):
            problem = Problem(400, "Invalid input based on schemas. A body is required.", "invalid_body")
        case 400:
            problem = Problem(400, f"Query validation error: '{said or fault.detail}'.", "invalid_query_string")
        case status:
            problem = Problem(status, fault.detail)
    response = _problem(request, problem)
    if isinstance(fault, MethodNotAllowedException):
        response.headers["allow"] = allowed((fault.headers or {}).get("allow", "").split(", "))
    return response


def _broken(request: Request[Any, Any, Any], fault: Exception) -> Response[Any]:
    """A bug: logged whole, and shown as nothing but an error."""
    LOG.error("a request ended in a bug: %s %s", request.method, request.scope["path"], exc_info=fault)
    return _problem(request, Problem(500, "Internal error."))
